//! Tests that the Content-Type of an operation determines the type of its body.

use super::{document, lowered_lines};
use serde_json::{Value, json};

/// Returns the body that an operation sends, or the error; the operation has this Content-Type, these other parameters
/// and this `body`.
fn body(content_type: &str, parameters: &Value, body: &Value) -> String {
    let mut all = vec![json!({ "name": "Content-Type", "in": "header", "value": content_type })];
    all.extend(parameters.as_array().unwrap().clone());
    let mut more = json!({ "inputParameters": all });
    if !body.is_null() {
        more["body"] = body.clone();
    }
    let line = lowered_lines(&document("/things", "POST", &more, "/things", &json!({}))).remove(0);
    line.split_once("Content-Type: ")
        .map_or(line.clone(), |(_, rest)| rest.replace(&format!("\"{content_type}\" "), ""))
}

const FORM: &str = "application/x-www-form-urlencoded";

#[test]
fn parameters_of_the_body_are_sent_in_the_type_of_the_content_type() {
    let members = json!([{ "name": "a", "in": "body" }, { "name": "l", "in": "body", "type": "array" }]);
    assert_eq!(body(FORM, &members, &Value::Null), "form {a: <a>, l: <l>}");
    assert_eq!(body("multipart/form-data", &members, &Value::Null), "parts {a: <a>, l: <l>}");
    assert_eq!(body("application/json", &members, &Value::Null), "json {a: <a>, l: <l>}");
    assert_eq!(body("text/plain", &members, &Value::Null), "json {a: <a>, l: <l>}");
    assert_eq!(
        body("application/xml", &members, &Value::Null),
        "error: a body with the Content-Type `application/xml` needs a template"
    );
}

#[test]
fn a_whole_body_is_sent_in_the_type_of_the_content_type() {
    let whole = |kind: &str| json!([{ "name": "body", "in": "body", "type": kind }]);
    assert_eq!(body(FORM, &whole("object"), &Value::Null), "form Repeated <body>");
    for content_type in [FORM, "text/plain", "text/csv", "application/vnd.example", "multipart/form-data; boundary=x"] {
        assert_eq!(body(content_type, &whole("string"), &Value::Null), "Text <body>", "{content_type}");
    }
    assert_eq!(body("application/soap+xml", &whole("string"), &Value::Null), "Xml <body>");
    assert_eq!(body("application/merge-patch+json", &whole("string"), &Value::Null), "json <body>");
    assert_eq!(body("application/vnd.example", &whole("object"), &Value::Null), "json <body>");
    let untyped = json!([{ "name": "body", "in": "body" }]);
    assert_eq!(body("text/plain", &untyped, &Value::Null), "Text <body>");
    assert_eq!(body("application/octet-stream", &untyped, &Value::Null), "json <body>");
    assert_eq!(
        body("multipart/form-data", &whole("object"), &Value::Null),
        "error: `body` is the whole body, but a multipart body consists of parts"
    );
    assert_eq!(
        body("text/xml", &whole("object"), &Value::Null),
        "error: a body with the Content-Type `text/xml` needs a template"
    );
}

#[test]
fn the_type_of_a_body_and_its_content_type_agree() {
    let wrong = |kind: &str, content_type: &str| {
        let found = body(content_type, &json!([]), &json!({ "type": kind, "data": { "a": "{{a}}" } }));
        found.starts_with(&format!("error: the type of the body is `{kind}`, but the Content-Type is `{content_type}`"))
    };
    assert!(wrong("json", FORM) && wrong("json", "multipart/form-data") && wrong("json", "text/xml"));
    assert!(wrong("formUrlEncoded", "application/json") && wrong("xml", "application/json"));
    assert!(!wrong("json", "text/plain") && !wrong("json", "application/merge-patch+json"));
    assert!(
        !wrong("multipartForm", "application/json")
            && !wrong("formUrlEncoded", FORM)
            && !wrong("binary", "image/svg+xml")
    );
}

#[test]
fn a_text_with_a_content_type_is_encoded_for_it() {
    let text =
        |data: &str, content_type: &str| body(content_type, &json!([]), &json!({ "type": "text", "data": data }));
    assert_eq!(text("a={{a}}&b=1", FORM), "text a=<a>&b=1");
    assert_eq!(text("<a>{{a}}</a>", "application/xml"), "Xml <a><a></a>");
    assert_eq!(text("{{a}}", FORM), "Text <a>");
    assert_eq!(text("Hello {{a}}", "text/markdown"), "Text Hello <a>");
    // JSON in another Content-Type is still JSON; other texts are not.
    assert_eq!(text("{\"a\": \"{{a}}\"}", "text/plain"), "text {\"a\": \"<a>\"}");
    assert_eq!(text("[{{a}}]", "text/plain;charset=UTF-8"), "text [<a>]");
    assert_eq!(text("{ {{a}}", "text/plain"), "Text { <a>");
    let other = |kind: &str, data: Value, content_type: &str| {
        body(content_type, &json!([]), &json!({ "type": kind, "data": data }))
    };
    assert_eq!(other("sparql", json!("query={{a}}"), FORM), "text query=<a>");
    assert_eq!(other("sparql", json!("SELECT {{a}}"), "application/sparql-query"), "Sparql SELECT <a>");
    assert_eq!(other("yaml", json!("{\"a\": \"{{a}}\"}"), "application/json"), "text {\"a\": \"<a>\"}");
    assert_eq!(other("text", json!({ "a": "{{a}}" }), "text/plain"), "text {\"a\":\"<a>\"}");
}

#[test]
fn the_default_of_a_content_type_determines_how_a_text_is_encoded() {
    let line = |inputs: Value, with: Value, data: &str| {
        let more = json!({ "inputParameters": inputs, "body": { "type": "text", "data": data } });
        let line = lowered_lines(&document("/things", "POST", &more, "/things", &with)).remove(0);
        line.split_once("Content-Type: ").map(|(_, rest)| rest.to_owned()).unwrap()
    };
    let declared = json!([{ "name": "Content-Type", "in": "header", "default": FORM }]);
    assert_eq!(line(declared.clone(), json!({}), "a={{a}}"), "<Content-Type> text a=<a>");
    assert_eq!(line(declared.clone(), json!({ "x": "FROM.x" }), "a={{a}}{{x}}"), format!("\"{FORM}\" text a=<a><x>"));
    let with = json!({ "Content-Type": "FROM.kind" });
    assert_eq!(line(declared, with.clone(), "a={{a}}"), "<kind> text a=<a>");
    let open = json!([{ "name": "Content-Type", "in": "header" }]);
    assert_eq!(line(open.clone(), with, "a={{a}}"), "<kind> Text a=<a>");
    assert_eq!(line(open, json!({ "Content-Type": FORM }), "a={{a}}"), format!("\"{FORM}\" text a=<a>"));
}
