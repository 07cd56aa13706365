//! Tests that no input of an upstream or an author causes a panic, a hang or unbounded growth.

use super::super::{CompiledShaping, fuzz};
use super::decode;
use naftiko_spec::lower::{Format, Shaping, output_schema};
use naftiko_spec::model::OutputParameter;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fmt::Write as _;

#[test]
fn an_answer_that_needs_too_much_memory_is_refused() {
    let wide = format!("{}\n{}", "x".repeat(10_000), "1\n".repeat(10_000));
    let ragged = format!("a\n{}", ",".repeat(200_000));
    let spans = format!("<table><tr>{}", format!("<td colspan=64>{}</td>", "x".repeat(10_000)).repeat(20));
    let header = format!("|{}|\n|-|\n{}", "x".repeat(10_000), "|1|\n".repeat(10_000));
    // The memory is used up by the second copy.
    let copies = format!("a: &a\n{}b: *a\n", "- {}\n".repeat(8_000));
    let (maps, documents) = ("- {a: 1}\n".repeat(20_000), "--- {a: 1, b: 2}\n".repeat(9_999));
    for (format, text) in [
        (Format::Csv, &wide),
        (Format::Csv, &ragged),
        (Format::Html, &spans),
        (Format::Markdown, &header),
        (Format::Yaml, &maps),
        (Format::Yaml, &copies),
        (Format::Yaml, &documents),
    ] {
        let error = decode(format, text.as_bytes(), None).unwrap_err();
        assert_eq!(error, "it would take more than 8 MiB of memory");
    }
}

#[test]
fn yaml_bombs_are_refused() {
    let level = |level: usize| {
        let below = level.checked_sub(1).map_or("lol, ".to_owned(), |below| format!("*a{below}, "));
        format!("a{level}: &a{level} [{}]\n", below.repeat(9))
    };
    let laughs = (0..40).map(level).collect::<Vec<_>>().concat();
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1_000_000), "*a, ".repeat(900));
    for yaml in [&laughs, &long, &"[".repeat(100_000), &"- ".repeat(50_000)] {
        decode(Format::Yaml, yaml.as_bytes(), None).unwrap_err();
    }
}

#[test]
fn aliases_in_yaml_do_not_nest_without_bound() {
    let nested = |inner: &str| format!("{}{inner}{}", "[".repeat(28), "]".repeat(28));
    let mut chain = format!("k0: &k0 {}\n", nested("x"));
    for anchor in 1..900 {
        writeln!(chain, "k{anchor}: &k{anchor} {}", nested(&format!("*k{}", anchor - 1))).unwrap();
    }
    decode(Format::Yaml, chain.as_bytes(), None).unwrap_err();
}

#[test]
fn a_stream_of_yaml_documents_cannot_contain_aliases() {
    let document = "---\na: &a [x, x]\nb: [*a]\n";
    let value = json!({ "a": ["x", "x"], "b": [["x", "x"]] });
    assert_eq!(decode(Format::Yaml, document.as_bytes(), None).unwrap(), value);
    let commented = format!("# generated\n{document}");
    assert_eq!(decode(Format::Yaml, commented.as_bytes(), None).unwrap(), value);
    decode(Format::Yaml, document.repeat(3).as_bytes(), None).unwrap_err();
    let bare = format!("{}...\n", document.trim_start_matches("---\n"));
    decode(Format::Yaml, bare.repeat(2).as_bytes(), None).unwrap_err();
}

#[test]
fn a_deep_answer_needs_little_stack() {
    let nested = |open: &str, close: &str, depth: usize| open.repeat(depth) + "x" + &close.repeat(depth);
    let deepest = [
        (Format::Json, nested("[", "]", 126).replace('x', "0")),
        (Format::Xml, nested("<a>", "</a>", 63)),
        (Format::Yaml, nested("[", "]", 31)),
        (Format::Yaml, nested("{a: ", "}", 31)),
        (Format::Html, nested("<table><tr><td>", "</table>", 32)),
        (Format::Markdown, nested("> ", "", 10_000)),
    ];
    // Half of the stack of the serving threads.
    let thread = std::thread::Builder::new().stack_size(1024 * 1024);
    let decode =
        move || deepest.iter().for_each(|(format, text)| drop(decode(*format, text.as_bytes(), None).unwrap()));
    thread.spawn(decode).unwrap().join().unwrap();
}

#[test]
fn a_deep_answer_is_refused_or_bounded() {
    for (format, open) in [(Format::Json, "["), (Format::Xml, "<a>"), (Format::Html, "<table><tr><td>")] {
        decode(format, open.repeat(50_000).as_bytes(), None).unwrap_err();
    }
    decode(Format::Markdown, ">".repeat(50_000).as_bytes(), None).unwrap();
    decode(Format::Markdown, "[".repeat(50_000).as_bytes(), None).unwrap();
}

#[test]
fn many_columns_or_attributes_are_decoded() {
    let header = "a,".repeat(50_000);
    assert_eq!(decode(Format::Csv, format!("{header}\n1").as_bytes(), None).unwrap(), json!([{ "a": "1" }]));
    let attributes = (0..50_000).map(|number| format!(" a{number}='1'")).collect::<Vec<_>>().concat();
    decode(Format::Xml, format!("<r{attributes}/>").as_bytes(), None).unwrap();
    decode(Format::Html, format!("<table><tr><td{attributes}>1</table>").as_bytes(), None).unwrap();
}

#[test]
fn an_output_that_repeats_the_answer_is_bounded() {
    let members: serde_json::Map<String, Value> =
        (0..2000).map(|number| (format!("m{number}"), json!({ "type": "object", "mapping": "$.large" }))).collect();
    let parameter = serde_json::from_value(json!({ "type": "object", "properties": members })).unwrap();
    let answer = json!({ "large": { "text": "x".repeat(100_000) } });
    let error = CompiledShaping::new(&Shaping::One(parameter), &[], Format::Json).unwrap().apply(answer).unwrap_err();
    assert_eq!(error, "it would take more than 8 MiB of memory");
}

/// Generates JSON as upstreams return it, with the names that the paths below select.
fn answers() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z0-9 .é]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-d]", inner, 0..4).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

fn paths() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop::sample::select(vec![".a", ".b", ".c", "[0]", "[-1]", "[*]", "..a", ".length", "[?@.a]", "[0,1]", ".*"]),
        0..4,
    )
    .prop_map(|segments| format!("${}", segments.concat()))
}

/// Generates nested output parameters of every kind.
fn outputs() -> impl Strategy<Value = OutputParameter> {
    let kinds = prop::sample::select(vec!["string", "number", "integer", "boolean", "array", "object"]);
    let mapping = prop::option::of(paths());
    let value = prop::option::weighted(0.1, prop::sample::select(vec!["5", "true", "x", "[1]", "{}"]));
    let leaf = (kinds, mapping, value, prop::option::of(0..4_u64)).prop_map(|(kind, mapping, value, max_length)| {
        OutputParameter {
            kind: kind.to_owned(),
            mapping,
            value: value.map(str::to_owned),
            max_length,
            ..OutputParameter::default()
        }
    });
    leaf.prop_recursive(3, 20, 4, |inner| {
        let members = prop::collection::btree_map("[a-c]", inner.clone(), 0..4);
        prop_oneof![
            (prop::option::of(paths()), members).prop_map(|(mapping, members)| OutputParameter {
                kind: "object".to_owned(),
                mapping,
                properties: Some(members.into_iter().collect()),
                ..OutputParameter::default()
            }),
            (prop::option::of(paths()), inner).prop_map(|(mapping, items)| OutputParameter {
                kind: "array".to_owned(),
                mapping,
                items: Some(Box::new(items)),
                ..OutputParameter::default()
            }),
        ]
    })
}

/// Pieces of text that have a meaning in some format.
const MARKUP: &[&str] = &[
    "<a>",
    "</a>",
    "<a/>",
    "<a b='&lt;'>",
    "<table>",
    "</table>",
    "<tr>",
    "</tr>",
    "<td colspan=9>",
    "<td>",
    "<th rowspan=3>",
    "<thead>",
    "<script>",
    "</script>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE a [",
    "<?xml",
    "?>",
    "&#x1F600;",
    "&#0;",
    "&amp;",
    "&a",
    "*a",
    "|",
    "\n",
    "-",
    "---",
    ": ",
    ",",
    "\"",
    "'",
    "[",
    "]",
    "{",
    "}",
    "<<",
    "? ",
    "!!str",
    "a",
    " ",
    "é",
];

proptest! {
    #[test]
    fn a_shaped_answer_matches_the_published_schema(output in outputs(), answer in answers(), name in "[a-c]", path in paths()) {
        let named = OutputParameter { name: Some(name), value: Some(path), ..OutputParameter::default() };
        let whole = OutputParameter { name: Some("w".into()), ..output.clone() };
        for shaping in [Shaping::One(output), Shaping::Named(vec![whole])] {
            let schema = output_schema(&shaping);
            let compiled = CompiledShaping::new(&shaping, std::slice::from_ref(&named), Format::Json).unwrap();
            let Ok(shaped) = compiled.apply(answer.clone()) else { continue };
            prop_assert!(jsonschema::is_valid(&schema, &shaped), "the schema {} does not accept {}", schema, shaped);
        }
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(first in any::<u8>(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzz::formats(&[&[first], bytes.as_slice()].concat());
    }

    #[test]
    fn no_markup_makes_a_decoder_panic(
        first in any::<u8>(),
        pieces in prop::collection::vec(prop::sample::select(MARKUP.to_vec()), 0..60),
    ) {
        fuzz::formats(&[&[first], pieces.concat().as_bytes()].concat());
    }

    #[test]
    fn no_text_can_break_out_of_a_body(text in any::<String>()) {
        fuzz::encode(text.as_bytes());
    }

    #[test]
    fn rows_survive_a_round_trip(rows in prop::collection::vec(prop::collection::vec("[ -~é\n]{1,8}", 3), 1..8)) {
        let quoted = |field: &String| format!("\"{}\"", field.replace('"', "\"\""));
        let line = |row: &Vec<String>| row.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n";
        let text = "a,b,c\n".to_owned() + &rows.iter().map(line).collect::<String>();
        let expected: Vec<Value> = rows.iter().map(|row| json!({ "a": row[0], "b": row[1], "c": row[2] })).collect();
        prop_assert_eq!(decode(Format::Csv, text.as_bytes(), None).unwrap(), Value::Array(expected));
    }
}
