//! Tests that each format is decoded, and that bytes are decoded to text.

use super::decode;
use naftiko_spec::lower::Format;
use serde_json::{Value, json};

fn decoded(format: Format, text: &str) -> Value {
    decode(format, text.as_bytes(), None).unwrap()
}

#[test]
fn json_is_decoded_to_its_value() {
    assert_eq!(decoded(Format::Json, "{\"a\": [1, 2.5]}"), json!({ "a": [1, 2.5] }));
    assert_eq!(decoded(Format::Json, "\u{feff} null "), Value::Null);
    assert_eq!(decoded(Format::Json, "  "), Value::Null);
    assert_eq!(decode(Format::Json, b"{\n oops", None).unwrap_err(), "it is not valid JSON, at line 2, column 2");
}

#[test]
fn xml_is_decoded_as_jackson_does() {
    for (xml, expected) in [
        ("<a>text</a>", json!("text")),
        ("<a/>", json!("")),
        ("<?xml version='1.0'?>\n<r><a>1</a><b>x &amp; y &#233;</b></r>\n", json!({ "a": "1", "b": "x & y é" })),
        ("<r><i>1</i><i>2</i><i/></r>", json!({ "i": ["1", "2", ""] })),
        ("<r id='7'>text</r>", json!({ "id": "7", "": "text" })),
        ("<r id='7'><i n='1'/></r>", json!({ "id": "7", "i": { "n": "1" } })),
        ("<r>\n  <i>\n 1 </i>\n</r>", json!({ "i": "\n 1 " })),
        ("<r>one<b>two</b>three</r>", json!({ "": ["one", "three"], "b": "two" })),
        ("<r><![CDATA[<a> & b]]><!-- no -->!</r>", json!("<a> & b!")),
        ("<s:Envelope xmlns:s='urn:s' xmlns='urn:d'><s:Body s:k='v'/></s:Envelope>", json!({ "Body": { "k": "v" } })),
        ("<!DOCTYPE html [<!ENTITY e 'x'>]><r>1</r>", json!("1")),
        ("<r a='1 &lt; 2'/>", json!({ "a": "1 < 2" })),
        ("<r><i><n>1</n></i><i><n>2</n></i></r>", json!({ "i": [{ "n": "1" }, { "n": "2" }] })),
    ] {
        assert_eq!(decoded(Format::Xml, xml), expected, "{xml}");
    }
}

#[test]
fn invalid_xml_is_reported_with_its_line() {
    let deep = "<a>".repeat(5000);
    for (xml, message) in [
        ("", "it has no root element"),
        ("plain", "there is text outside the root element, at line 1"),
        ("<a>\n<b></a>", "there is a syntax error, at line 2"),
        ("<a>", "it ends inside an element"),
        ("<a/><b/>", "there is a second root element, at line 1"),
        ("<a>\n\n&e;</a>", "there is an undeclared entity, at line 3"),
        ("<!DOCTYPE a [<!ENTITY e 'lol'>]><a>&e;</a>", "there is an undeclared entity, at line 1"),
        ("<a b='&e;'/>", "there is a syntax error, at line 1"),
        (&deep, "its elements are nested deeper than 63 levels"),
    ] {
        assert_eq!(decode(Format::Xml, xml.as_bytes(), None).unwrap_err(), message, "{xml}");
    }
}

#[test]
fn rows_become_objects_with_names_from_the_first_row() {
    for (format, text, expected) in [
        (
            Format::Csv,
            "id,name\n1,Ann\n2,\"Bo, \"\"b\"\"\nb\"\n",
            json!([
                { "id": "1", "name": "Ann" }, { "id": "2", "name": "Bo, \"b\"\nb" },
            ]),
        ),
        (Format::Tsv, "id\tname\r\n1\tAnn, A\r\n", json!([{ "id": "1", "name": "Ann, A" }])),
        (Format::Psv, "id|name\n1|Ann", json!([{ "id": "1", "name": "Ann" }])),
        (Format::Csv, "a,b\n1\n1,2,3\n\n", json!([{ "a": "1" }, { "a": "1", "b": "2", "column3": "3" }])),
        (Format::Csv, "a,a, ,a_2\n1,2,3,4\n", json!([{ "a": "1", "a_2": "2", "column3": "3", "a_2_2": "4" }])),
        (Format::Csv, "a,b\n", json!([])),
        (Format::Csv, "", json!([])),
        (Format::Csv, "\u{feff}a\n1", json!([{ "a": "1" }])),
    ] {
        assert_eq!(decoded(format, text), expected, "{text:?}");
    }
}

#[test]
fn rows_without_a_header_get_names_from_their_columns() {
    for (format, text) in [(Format::Csv, "1,2\n3,4\n"), (Format::Tsv, "1\t2\n3\t4\n"), (Format::Psv, "1|2\n3|4")] {
        let rows = json!([{ "column1": "1", "column2": "2" }, { "column1": "3", "column2": "4" }]);
        for absent in ["text/csv; header=absent", "text/csv;charset=utf-8; Header=\"Absent\""] {
            assert_eq!(decode(format, text.as_bytes(), Some(absent)).unwrap(), rows, "{absent}");
        }
        let rows = json!([{ "1": "3", "2": "4" }]);
        assert_eq!(decode(format, text.as_bytes(), Some("text/csv; header=present")).unwrap(), rows);
    }
    assert_eq!(decode(Format::Csv, b"", Some("text/csv; header=absent")).unwrap(), json!([]));
}

#[test]
fn unclosed_quotes_are_refused() {
    for (format, text) in
        [(Format::Csv, "a,b\n\"1,2\n"), (Format::Csv, "a,b\n1,\"2 \"\""), (Format::Psv, "a|b\n\"x\"|\"")]
    {
        let why = decode(format, text.as_bytes(), None).unwrap_err();
        assert_eq!(why, "the quotes that begin at line 2 are not closed", "{text:?}");
    }
    // These quotes do not begin a field, or are closed.
    for (text, expected) in [
        ("a,b\n5\",6\n", json!([{ "a": "5\"", "b": "6" }])),
        ("a\n\"x\" y\n", json!([{ "a": "x y" }])),
        ("a\n\"\"\"x\"\"\"\r\n", json!([{ "a": "\"x\"" }])),
        ("a\n\"\"", json!([{ "a": "" }])),
    ] {
        assert_eq!(decoded(Format::Csv, text), expected, "{text:?}");
    }
}

#[test]
fn incorrect_quotes_enclose_no_rows() {
    for (text, expected) in [
        // Spreadsheets quote the fields of TSV, too.
        ("a\tb\n\"x\ty\"\t\"1\n2\"\n", json!([{ "a": "x\ty", "b": "1\n2" }])),
        ("a\tb\n\"5\"\"\"\t6\"\n", json!([{ "a": "5\"", "b": "6\"" }])),
        // In text/tab-separated-values, a quote is a character like any other.
        ("a\tb\n1\t\"2", json!([{ "a": "1", "b": "\"2" }])),
        ("a\tb\n\"x\t1\n\"y\t2\n", json!([{ "a": "\"x", "b": "1" }, { "a": "\"y", "b": "2" }])),
        ("a\tb\n\"x\" y\t1\n", json!([{ "a": "\"x\" y", "b": "1" }])),
    ] {
        assert_eq!(decoded(Format::Tsv, text), expected, "{text:?}");
    }
    for (format, text) in [(Format::Csv, "a,b\n\"x,1\n\"y,2\n"), (Format::Psv, "a|b\n\"x|1\r\"y\"|2")] {
        let why = decode(format, text.as_bytes(), None).unwrap_err();
        let expected = "expected a separator after the quotes that begin at line 2, found text";
        assert_eq!(why, expected, "{text:?}");
    }
}

#[test]
fn numbers_of_yaml_follow_the_core_schema() {
    for (text, expected) in [
        ("0o17", json!(15)),
        ("0x1F", json!(31)),
        ("+7", json!(7)),
        ("-7", json!(-7)),
        ("1e3", json!(1000.0)),
        (".5", json!(0.5)),
        // The core schema has no underscores, and no eight in octal numbers.
        ("0o8", json!("0o8")),
        ("1_000", json!("1_000")),
        ("0x1_F", json!("0x1_F")),
        ("1_0.5", json!("1_0.5")),
        ("1:30", json!("1:30")),
        ("1_000e3", json!("1_000e3")),
    ] {
        assert_eq!(decoded(Format::Yaml, &format!("a: {text}\n")), json!({ "a": expected }), "{text}");
    }
}

#[test]
fn yaml_is_decoded_to_json_values() {
    for (yaml, expected) in [
        ("pin: 0042\nneg: -0123\nunder: 1_000\n", json!({ "pin": "0042", "neg": "-0123", "under": "1_000" })),
        ("a: 1\nb: [x, yes, null, 2.5]\n", json!({ "a": 1, "b": ["x", "yes", null, 2.5] })),
        ("base: &b { x: 1 }\none: *b\n", json!({ "base": { "x": 1 }, "one": { "x": 1 } })),
        ("---\na: 1\n---\na: 2\n", json!([{ "a": 1 }, { "a": 2 }])),
        ("1: one\ntrue: two\n", json!({ "1": "one", "true": "two" })),
        ("b: !!str 1\nc: {}\nd: ~\n", json!({ "b": "1", "c": {}, "d": null })),
        ("$serde_json::private::RawValue: '[1]'\n", json!({ "$serde_json::private::RawValue": "[1]" })),
        ("", Value::Null),
        ("just text", json!("just text")),
    ] {
        assert_eq!(decoded(Format::Yaml, yaml), expected, "{yaml}");
    }
    let error = decode(Format::Yaml, b"a: 1\na: 2\n", None).unwrap_err();
    assert!(error.starts_with("a key is given twice, at line 2"), "{error}");
}

#[test]
fn html_is_decoded_to_its_tables() {
    for (html, expected) in [
        ("<p>no table</p>", json!([])),
        (
            "<table><tr><th>Id<th>Full <b>name</b><tr><td>1<td> Ann &amp;\n Bo <tr><td>2</table>",
            json!([{ "Id": "1", "Full name": "Ann & Bo" }, { "Id": "2" }]),
        ),
        ("<table><tr><td>1</td><td>2</td></tr></table>", json!([{ "column1": "1", "column2": "2" }])),
        ("<table><tr><th>Name</th><td>Ann</td></tr></table>", json!([{ "column1": "Name", "column2": "Ann" }])),
        (
            "<table><thead><tr><td>A</td></tr></thead><tbody><tr><td>1</td></tr></tbody></table><table></table>",
            json!([[{ "A": "1" }], []]),
        ),
        (
            "<table><tr><th colspan=2>A<th>B<tr><td rowspan=2>1<td>2<td>3<tr><td>4</table>",
            json!([{ "A": "1", "A_2": "2", "B": "3" }, { "A": "1", "A_2": "4" }]),
        ),
        (
            "<table><tr><th>A<tr><td>out<table><tr><td>in</table>er</table>",
            json!([[{ "column1": "in" }], [{ "A": "outer" }]]),
        ),
        (
            "<table><tr><th>A<tr><td>x<script>document.write('<td>evil')</script><br>y<style>td {}</style></table>",
            json!([{ "A": "x y" }]),
        ),
        ("<table><tr><th>A<tr><td>never closed", json!([{ "A": "never closed" }])),
    ] {
        assert_eq!(decoded(Format::Html, html), expected, "{html}");
    }
}

#[test]
fn markdown_is_decoded_to_front_matter_tables_and_text() {
    let text = "# Title\n\n| Id | Name |\n|----|------|\n| 1 | *Ann* `x` |\n| 2 |\n\nEnd.\n";
    let tables = json!([[{ "Id": "1", "Name": "Ann x" }, { "Id": "2", "Name": "" }]]);
    assert_eq!(decoded(Format::Markdown, text), json!({ "tables": tables, "text": text }));
    let with_front = format!("---\ntitle: T\ntags: [a]\n---\n\n{text}");
    assert_eq!(
        decoded(Format::Markdown, &with_front),
        json!({ "frontMatter": { "title": "T", "tags": ["a"] }, "tables": tables, "text": text })
    );
    let rule = "---\nno front matter\n---\n";
    assert_eq!(decoded(Format::Markdown, rule), json!({ "tables": [], "text": rule }));
    assert_eq!(decoded(Format::Markdown, "---\nopen"), json!({ "tables": [], "text": "---\nopen" }));
}

#[test]
fn text_is_a_string_and_bytes_are_base64() {
    assert_eq!(decoded(Format::Text, " as it is\n"), json!(" as it is\n"));
    assert_eq!(decode(Format::Binary, &[0, 255, 16], None).unwrap(), json!("AP8Q"));
}

#[test]
fn bytes_are_decoded_in_their_encoding() {
    let latin1 = Some("text/csv; header=present; Charset=\"ISO-8859-1\"");
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain("<a>é</a>".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for (format, bytes, content_type, expected) in [
        (Format::Text, &b"caf\xE9 \x80"[..], latin1, json!("café €")),
        (Format::Text, b"caf\xE9", None, json!("café")),
        (Format::Text, "café".as_bytes(), Some("text/plain; charset=utf-8"), json!("café")),
        (Format::Json, b"\"caf\xE9\"", latin1, json!("café")),
        (Format::Xml, b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE9</a>", None, json!("é")),
        (Format::Xml, &utf16, None, json!("é")),
        (Format::Text, b"\xEF\xBB\xBFx", latin1, json!("x")),
    ] {
        assert_eq!(decode(format, bytes, content_type).unwrap(), expected, "{bytes:?}");
    }
    for (bytes, content_type, message) in [
        (&b"\"\xE9\""[..], None, "it is not UTF-8, at byte 1"),
        (b"\xFF\xFE\0", None, "it has a UTF-16 byte-order mark, but is not valid UTF-16"),
        (
            b"\xE9",
            Some("a/b;charset=koi8-r"),
            "its encoding is not supported; use UTF-8, ISO-8859-1, or UTF-16 with a byte-order mark",
        ),
    ] {
        assert_eq!(decode(Format::Json, bytes, content_type).unwrap_err(), message);
    }
}
