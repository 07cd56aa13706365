//! Tests with hostile input: oversized documents are refused with a location, no text makes the reader panic, and
//! documents survive a round trip.
#![cfg(feature = "yaml")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "tests")]

use naftiko_spec::load::{Policy, load};
use naftiko_spec::read::{read, show};
use naftiko_spec::{Diagnostic, Location};
use proptest::prelude::*;
use std::fmt::Write as _;

const DOCUMENTS: [&str; 5] = [
    include_str!("documents/everything.yaml"),
    include_str!("documents/humanitec-tokeninfo.yaml"),
    include_str!("documents/label-studio-subpackage-tokens.yaml"),
    include_str!("documents/logto-subject-tokens.yaml"),
    include_str!("documents/stackrox-apitokenservice.yaml"),
];

/// Returns the first error of a text.
fn refused(text: &str) -> Diagnostic {
    match read(text) {
        Ok(_) => panic!("expected an error, but this was read: {}", text.chars().take(200).collect::<String>()),
        Err(errors) => errors.into_iter().next().expect("return at least one error for a refused text"),
    }
}

#[track_caller]
fn refuses(text: &str, line: u64, column: u64, message: &str) {
    let error = refused(text);
    assert_eq!((error.location, error.message.as_str()), (Some(Location { line, column }), message));
    assert!(error.fix.is_some());
}

#[test]
fn oversized_documents_are_refused_with_a_location() {
    let large = "a: b\n".repeat(25_000_000);
    refuses(&large, 1, 1, "the document has 125000000 bytes, but the maximum is 8388608");
    drop(large);
    let deep = "the document is nested more than 64 levels deep";
    refuses(&format!("naftiko: {}", "[".repeat(1_000_000)), 1, 82, deep);
    let mut blocks = String::new();
    (0..1000).for_each(|depth| writeln!(blocks, "{}a:", " ".repeat(depth)).unwrap());
    refuses(&blocks, 65, 65, deep);
    refuses(&"- ".repeat(100_000), 1, 129, deep);
    refuses(&format!("? {}", "{".repeat(1000)), 1, 75, deep);
    refuses(&"- a\n".repeat(1_000_000), 250_001, 3, "the document has more than 250000 values");
    refuses(&format!("? {}\n: b", "k".repeat(300)), 1, 3, "this key is longer than 256 bytes");
}

#[test]
fn aliases_do_not_nest_deeper_than_written_values() {
    let nested = |levels: usize, inner: &str| format!("{}{inner}{}", "[".repeat(levels), "]".repeat(levels));
    let chain = |anchors: usize, levels: usize| {
        let mut text = format!("k0: &k0 {}\n", nested(levels, "x"));
        for anchor in 1..anchors {
            writeln!(text, "k{anchor}: &k{anchor} {}", nested(levels, &format!("*k{}", anchor - 1))).unwrap();
        }
        text
    };
    let deep = "the document is nested more than 64 levels deep";
    refuses(&chain(100, 58), 2, 67, deep);
    refuses(&chain(2, 32), 2, 41, deep);
    // 64 levels: an object and 63 lists.
    assert!(read(&format!("{}l: {}\n", chain(2, 31), nested(1, "*k1"))).is_ok());
    refuses(&format!("{}l: {}\n", chain(2, 31), nested(2, "*k1")), 3, 6, deep);
}

#[test]
fn expanding_aliases_and_many_repairs_are_limited() {
    // Nine levels of nine aliases each expand to more than three billion words.
    let mut laughs = "a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n".to_owned();
    for level in 1..10 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        writeln!(laughs, "a{level}: &a{level} [{aliases}]").unwrap();
    }
    let error = refused(&laughs);
    assert_eq!(error.message, "the document has more than 250000 values");
    // One long string, ninety times.
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(4_000_000), "*a, ".repeat(90));
    refuses(&long, 2, 9, "the anchors and aliases expand to more than 8388608 bytes");
    // Each nested anchor is stored once, not once for each anchor around it, so this document is below the limits.
    let nested = format!("{}x{}", "&a [".repeat(60), "]".repeat(60));
    refuses(&nested, 1, 4, "expected an object for a document, found a list");
    refuses("a: &a [*a]", 1, 8, "this alias contains itself");
    let many = format!("a: &a 1\nb: [{}]", "*a, ".repeat(101));
    refuses(&many, 2, 405, "the document has more than 100 aliases");
    // Every key is unknown.
    let mut strange = "naftiko: 1.0.0-alpha2\ninfo:\n  label: a\n".to_owned();
    (0..100_000).for_each(|key| writeln!(strange, "  k{key}: v").unwrap());
    refuses(&strange, 10_004, 3, "this document needs more than 10000 repairs");
    // Every entry is wrong; only a hundred errors are reported.
    let wrong = format!("naftiko: 1.0.0-alpha2\nbinds:\n{}", "- 1\n".repeat(50_000));
    assert_eq!(read(&wrong).unwrap_err().len(), 100);
}

/// If loading a document took quadratic time, this test would run for minutes.
#[test]
fn long_paths_and_many_names_are_loaded_or_refused() {
    let document = |base_uri: &str, path: &str, route: &str, operation: &str| {
        format!(
            "naftiko: 1.0.0-alpha2\ninfo: {{ label: L, description: D. }}\ncapability:\n  consumes:\n  - type: http\n    \
             namespace: n\n    baseUri: 'https://a.b{base_uri}'\n    resources:\n    - name: r\n      path: '/{path}'\n      \
             operations: [{{ name: get, method: GET{operation} }}]\n  exposes:\n  - type: rest\n    namespace: api\n    port: 8080\n    \
             resources: [{{ path: '/{route}', operations: [{{ method: GET, name: get, call: n.get }}] }}]\n"
        )
    };
    let numbered = |write: fn(usize) -> String| (0..30_000).map(write).collect::<String>();
    for part in ["<", "{", "{a b", "${", "[:", "{{a", ":"] {
        let long = part.repeat(400_000 / part.len());
        for (base_uri, path, route) in [(&*format!("/{long}"), "", ""), ("", &*long, ""), ("", "", &*long)] {
            let _ = load(&document(base_uri, path, route, ""), &Policy::default());
        }
    }
    // Each `?` is in a brace that is not closed.
    let _ = load(&document("", &"{?".repeat(2_000_000), "", ""), &Policy::default());
    let names = numbered(|index| format!("{{a{index}}}/"));
    for (path, route) in [(&*names, ""), ("", &*names), (&*names, &*names)] {
        let loaded = load(&document("", path, route, ""), &Policy::default());
        assert!(loaded.is_ok(), "{:?}", loaded.err().map(|refused| refused.diagnostics.into_iter().next()));
    }
    let parameters = numbered(|index| format!("{{ name: p{index}, in: query }}, "));
    let loaded = load(&document("", "", "", &format!(", inputParameters: [{parameters}]")), &Policy::default());
    assert!(loaded.is_ok());
}

/// Returns a document with these keys of its operation `n.o`, and these tools.
fn with_tools(operation: &str, tools: &str) -> String {
    format!(
        "naftiko: 1.0.0-alpha2\ninfo: {{ label: L, description: D. }}\ncapability:\n  consumes:\n  - type: http\n    \
         namespace: n\n    baseUri: 'https://a.b'\n    resources: [{{ name: r, path: '/r', operations: [{{ name: o{operation} }}] }}]\n  \
         exposes:\n  - {{ type: mcp, namespace: m, port: 9090, transport: http, tools: [{tools}] }}\n"
    )
}

fn numbered(n: usize, entry: &str) -> String {
    (0..n).map(|index| entry.replace('#', &index.to_string())).collect()
}

#[test]
fn lists_whose_entries_are_compared_with_everything_are_limited() {
    let head = "naftiko: 1.0.0-alpha2\n";
    let help = "split it into several capabilities";
    for (key, most, entry) in [
        ("binds", 100, "{ namespace: n#, keys: { A: A } }, "),
        ("exposes", 100, "{ type: rest }, "),
        ("consumes", 1000, "{ type: http, namespace: n#, baseUri: 'https://a.b' }, "),
    ] {
        let text = |n| format!("{head}capability: {{ {key}: [{}] }}\n", numbered(n, entry));
        assert!(read(&text(most)).is_ok());
        let error = refused(&text(most + 1));
        assert_eq!(error.message, format!("`{key}` has more than {most} entries"));
        assert_eq!(error.fix.map(|fix| fix.to_string()).as_deref(), Some(help));
    }
    let named = format!("{head}binds: {{ {} }}\n", numbered(101, "n#: [A], "));
    assert_eq!(refused(&named).message, "`binds` has more than 100 entries");
    // Variables that no bind declares are added to binds.
    let undeclared = |n| {
        let token = numbered(n, "{{n#.A}}");
        let api = "type: http, namespace: n, baseUri: 'https://a.b'";
        format!(
            "{head}capability: {{ consumes: [{{ {api}, authentication: {{ type: bearer, token: '{token}' }} }}] }}\n"
        )
    };
    assert!(read(&undeclared(100)).is_ok());
    let errors = read(&undeclared(20_000)).unwrap_err();
    let messages: Vec<_> = errors.iter().map(|error| error.message.as_str()).collect();
    assert_eq!(messages, ["`binds` has more than 100 entries"]);
    // Only the tool with too many steps is left out.
    for (key, entry) in
        [("steps", "{ type: call, name: s#, call: n.o }, "), ("mappings", "{ targetName: t#, value: $.s }, ")]
    {
        let tool = |n| {
            format!(
                "{{ name: t, description: D., steps: [{{ type: call, name: s, call: n.o }}], {key}: [{}] }}, ",
                numbered(n, entry)
            )
        };
        let tool = |n| {
            if key == "steps" { tool(n).replace("steps: [{ type: call, name: s, call: n.o }], ", "") } else { tool(n) }
        };
        assert!(read(&with_tools(", method: GET", &tool(1000))).is_ok());
        assert_eq!(
            refused(&with_tools(", method: GET", &tool(1001))).message,
            format!("`{key}` has more than 1000 entries")
        );
    }
    let headers = |n| with_tools(&format!(", method: GET, callerHeaders: [{}]", numbered(n, "X-#, ")), "");
    assert!(read(&headers(100)).is_ok());
    assert_eq!(refused(&headers(101)).message, "`callerHeaders` has more than 100 entries");
}

/// If loading a document took quadratic time, this test would run for minutes.
#[test]
fn many_parameters_and_long_texts_are_loaded_or_refused() {
    let holes = "{{a}} ".repeat(100_000);
    let parameters = numbered(10_000, "{ name: p#, in: body }, ");
    let body = format!(", method: POST, body: '{holes}', inputParameters: [{parameters}]");
    assert!(load(&with_tools(&body, ""), &Policy::default()).is_ok());
    // Each parameter without `in` is searched for in the path.
    let path = "/{a}".repeat(100_000);
    let parameters = numbered(9000, "{ name: p# }, ");
    let operation = format!(", method: GET, path: '{path}', inputParameters: [{parameters}]");
    assert!(load(&with_tools(&operation, ""), &Policy::default()).is_ok());
    // Each key of `with` is compared with each mapping.
    let with = numbered(100_000, "k#: a, ");
    let mappings = numbered(1000, "{ targetName: s.p#, value: a }, ");
    let step = format!("{{ type: call, name: s, call: n.o, with: {{ {with} }} }}");
    let tool = format!("{{ name: t, description: D., steps: [{step}], mappings: [{mappings}] }}");
    let _ = load(&with_tools(", method: GET", &tool), &Policy::default());
    // The texts of a called operation are read once for all numbers that are sent as text.
    let body = format!(", method: POST, body: '{}'", "{{a}} ".repeat(10_000));
    let tools = numbered(5000, "{ name: t#, description: D., call: n.o, with: { a: 01 } }, ");
    let refused = load(&with_tools(&body, &tools), &Policy::default()).unwrap_err();
    let message = "the parameters, texts and placeholders of all operations are more than 250000 values";
    assert!(refused.diagnostics.iter().any(|found| found.message == message));
}

#[test]
fn invalid_yaml_is_refused_with_its_location() {
    refuses("a: 1\nb: 2\na: 3\n", 3, 1, "the key `a` is given twice");
    refuses("a: {b: 1, c: 2, 'b': 3}", 1, 17, "the key `b` is given twice");
    refuses("a: b: c", 1, 5, "invalid YAML: mapping values are not allowed in this context");
    refuses("a: !secret b", 1, 12, "unknown tag `!secret`");
    refuses("[a, b]: c", 1, 1, "a list or an object cannot be a key");
    refuses("", 1, 1, "the document is empty");
    refuses("# nothing\n---\n", 1, 1, "the document is empty");
    refuses("naftiko: a\n---\nnaftiko: b\n", 3, 1, "a second document starts here");
    refuses(
        "naftiko: a\ninfo:\n\tlabel: b\n",
        3,
        2,
        "invalid YAML: tabs disallowed within this context (block indentation)",
    );
    assert!(read("naftiko: 1.0.0-alpha2\ninfo: {label: a, description: b}\n---\n...\n").is_ok());
    let text = "naftiko: 1.0.0-alpha2\ncapability:\n  exposes:\n  - {type: rest, namespace: a, port: eighty}\n";
    assert_eq!(
        refused(text).show("notes.yaml", text),
        "notes.yaml:4:38: error: expected an integer from 0 to 65535 for `port`, found \"eighty\"\n    \
         4 |   - {type: rest, namespace: a, port: eighty}\n      |                                      ^\n      \
         = help: write `port: 8080`"
    );
    let keys = "a: 1\nb: 2\na: 3\n";
    assert_eq!(
        refused(keys).show("notes.yaml", keys),
        "notes.yaml:3:1: error: the key `a` is given twice\n    3 | a: 3\n      | ^\n      \
         = help: it is also on line 1; remove one of them"
    );
}

#[test]
fn anchors_aliases_and_merges_are_resolved() {
    let text = "naftiko: 1.0.0-alpha2\n\
                info: {label: &l Notes, description: *l}\n\
                capability:\n  exposes:\n  - &a {type: rest, namespace: a, port: 1}\n  - <<: *a\n    port: 2\n    namespace: b\n";
    let reading = read(text).unwrap();
    assert_eq!(reading.repairs, []);
    assert_eq!(reading.document.info.description, "Notes");
    let ports: Vec<_> = reading.document.capability.exposes.iter().map(naftiko_spec::model::Expose::port).collect();
    assert_eq!(ports, [Some(1), Some(2)]);
    assert_eq!(reading.places.of("/capability/exposes/1/port"), Some(Location { line: 7, column: 11 }));
    assert_eq!(reading.places.of("/capability/exposes/1/resources/7"), Some(Location { line: 6, column: 5 }));
}

/// Mutates a document the way people and programs do.
fn mutated(text: &str, changes: &[(usize, u8, String)]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (at, how, what) in changes {
        if lines.is_empty() {
            break;
        }
        let at = at % lines.len();
        let line = lines[at].clone();
        match how % 10 {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, line),
            2 => lines.truncate(at + 1),
            3 => lines[at] = line.chars().rev().collect(),
            4 => lines[at] = line.replacen(": ", &format!(": {what}"), 1),
            5 => lines[at] = line.chars().take(line.chars().count() / 2).collect(),
            6 => lines[at] = line.split(": ").next().unwrap_or_default().to_owned() + ":",
            7 => lines[at] = format!("  {line}"),
            8 => lines[at] = line.replacen(char::is_alphabetic, what, 1),
            _ => lines[at] = line.replacen('-', &format!("- {what}:"), 1),
        }
    }
    lines.join("\n")
}

/// Checks that a document is unchanged after it is written and read again, or that each error has a location and a message.
fn comes_back(text: &str) -> Result<(), TestCaseError> {
    match read(text) {
        Ok(reading) => {
            let written = reading.document.to_yaml().unwrap();
            let again = read(&written).map_err(|errors| TestCaseError::fail(format!("{errors:?}\n{written}")))?;
            prop_assert_eq!(&again.repairs, &[], "{}\n{}", text, &written);
            prop_assert_eq!(&again.document, &reading.document, "{}", text);
            for repair in reading.repairs.iter().chain(&reading.kept) {
                prop_assert!(repair.location.is_some() && reading.places.of(&repair.at).is_some());
            }
        }
        Err(errors) => {
            prop_assert!(!errors.is_empty());
            for error in errors {
                prop_assert!(error.location.is_some(), "{error:?}");
                prop_assert!(!error.message.is_empty() && !error.show("a", text).is_empty());
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn changed_documents_are_read_or_refused(
        which in 0..DOCUMENTS.len(),
        changes in prop::collection::vec((0_usize..400, any::<u8>(), "[a-z{}\\[\\]:0-9 \"'$<>*&!-]{0,6}"), 1..6),
    ) {
        comes_back(&mutated(DOCUMENTS[which], &changes))?;
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(naftiko: a\n)?([a-z]{0,4}: ?|- |\\{|\\}|\\[|\\]|\"|'|\n  |\n|&a |\\*a|<<: |\\PC){0,40}") {
        comes_back(&text)?;
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        comes_back(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn shown_text_has_no_controls(text in "\\PC{0,200}|[\\x00-\\x20\n\t\u{202e}é]{0,300}", line in 0_u64..20, column in 0_u64..400) {
        let shown = show("a\u{1b}", &text, line, column, "error", &text, Some(&text));
        prop_assert!(shown.chars().all(|c| c == '\n' || !(c.is_control() || c == '\u{202e}')), "{shown:?}");
    }
}
