//! Tests that request bodies are encoded.

use super::super::encode::{FormPart, Span, form, form_text, json_text, multipart, xml_text};
use crate::upload::BodyPiece;
use serde_json::{Value, json};
use std::borrow::Cow;

fn value(value: Value) -> Span<'static> {
    Span::Value(Some(Cow::Owned(value)))
}

#[test]
fn a_form_is_encoded_as_browsers_do() {
    let fields = [
        ("a b", json!("x y&z=é+*~")),
        ("list", json!([1, "two", null])),
        ("object", json!({ "k": 1 })),
        ("flag", json!(true)),
        ("empty", json!([])),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value));
    assert_eq!(
        form(&fields),
        "a+b=x+y%26z%3D%C3%A9%2B*%7E&list=1&list=two&list=null&object=%7B%22k%22%3A1%7D&flag=true"
    );
    let pieces = [Span::Literal("a=1&b="), value(json!("x&y")), Span::Literal("&c="), Span::Value(None)];
    assert_eq!(form_text(&pieces), "a=1&b=x%26y&c=");
}

#[test]
fn the_boundary_does_not_occur_in_any_part() {
    let part = |name, value, filename: Option<&'static str>, content_type: Option<&'static str>| FormPart {
        name,
        value: Cow::Owned(value),
        file: None,
        filename: filename.map(Cow::Borrowed),
        content_type: content_type.map(Cow::Borrowed),
    };
    let parts = [
        part("a\"b\r\n", json!("x"), None, None),
        part("file", json!("naftiko-boundary-000000000000"), Some("ä.txt"), None),
        part("data", json!({ "k": 1 }), None, Some("bad\r\nX-Injected: 1")),
        part("list", json!([1, 2]), None, Some("text/x")),
    ];
    let (content_type, pieces) = multipart(&parts);
    let [BodyPiece::Bytes(body)] = pieces.as_slice() else { panic!("expected one piece, since there is no file") };
    assert_eq!(content_type, "multipart/form-data; boundary=naftiko-boundary-000000000001");
    assert_eq!(
        String::from_utf8(body.to_vec()).unwrap().replace("naftiko-boundary-000000000001", "B").replace("\r\n", "\n"),
        "--B\nContent-Disposition: form-data; name=\"a%22b%0D%0A\"\n\nx\n\
         --B\nContent-Disposition: form-data; name=\"file\"; filename=\"ä.txt\"\nContent-Type: text/plain; charset=utf-8\n\n\
         naftiko-boundary-000000000000\n\
         --B\nContent-Disposition: form-data; name=\"data\"\nContent-Type: application/json\n\n{\"k\":1}\n\
         --B\nContent-Disposition: form-data; name=\"list\"\nContent-Type: text/x\n\n1\n\
         --B\nContent-Disposition: form-data; name=\"list\"\nContent-Type: text/x\n\n2\n--B--\n"
    );
}

#[test]
fn values_are_encoded_by_their_place_in_json() {
    let pieces = [
        Span::Literal(r#"{"q\"":""#),
        value(json!("say \"hi\"\n")),
        Span::Literal(r#"","n":"#),
        value(json!(5)),
        Span::Literal(r#","text":"#),
        value(json!("t")),
        Span::Literal(r#","in":"n="#),
        value(json!(5)),
        Span::Literal(r#"","gone":"#),
        Span::Value(None),
        Span::Literal(r#","empty":""#),
        Span::Value(None),
        Span::Literal("\"}"),
    ];
    let read: Value = serde_json::from_str(&json_text(&pieces)).unwrap();
    assert_eq!(read, json!({ "q\"": "say \"hi\"\n", "n": 5, "text": "t", "in": "n=5", "gone": null, "empty": "" }));
}

#[test]
fn values_are_escaped_in_xml() {
    let pieces = [Span::Literal("<a b='"), value(json!("<'\"&>\u{1}\n")), Span::Literal("'>"), Span::Value(None)];
    assert_eq!(xml_text(&pieces), "<a b='&lt;&#39;&quot;&amp;&gt;\u{FFFD}&#10;'>");
}
