//! Keywords at the root of a tool's input schema: published as they are, and enforced.

use super::{ask, serve};
use naftiko::{Result, capability};
use serde_json::{Value, json};

/// Calls people back.
#[capability(exposes(mcp(port = 9090)))]
pub trait Desk {
    /// Asks for a call.
    #[tool(input_schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": { "number": { "$anchor": "number", "type": "string", "minLength": 3 } },
        "properties": { "phone": { "$ref": "#number" } },
        "if": { "properties": { "by": { "const": "phone" } }, "required": ["by"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["mail"] }
    })]
    async fn call_back(&self, by: Option<&str>, phone: Option<&str>, mail: Option<&str>) -> Result<String>;
}

struct Person;

impl Desk for Person {
    async fn call_back(&self, by: Option<&str>, phone: Option<&str>, mail: Option<&str>) -> Result<String> {
        Ok(format!("{by:?} {phone:?} {mail:?}"))
    }
}

#[tokio::test]
async fn keywords_are_published_and_enforced() {
    let capability = Person.into_capability();
    let written = capability.document().to_yaml().unwrap();
    assert!(written.contains("$anchor: number"), "{written}");
    let url = serve(capability).await;
    let result = async |method: &str, params: Value| -> Value {
        let mut answer: Value = serde_json::from_str(&ask(&url, method, params).await).unwrap();
        answer["result"].take()
    };
    let listed = result("tools/list", json!({})).await;
    let schema = &listed["tools"][0]["inputSchema"];
    for (keyword, value) in [
        ("$schema", json!("https://json-schema.org/draft/2020-12/schema")),
        ("$defs", json!({ "number": { "$anchor": "number", "type": "string", "minLength": 3 } })),
        ("if", json!({ "properties": { "by": { "const": "phone" } }, "required": ["by"] })),
        ("then", json!({ "required": ["phone"] })),
        ("else", json!({ "required": ["mail"] })),
        ("type", json!("object")),
    ] {
        assert_eq!(schema[keyword], value, "{schema}");
    }
    assert_eq!(schema["properties"]["phone"], json!({ "$ref": "#number" }), "{schema}");
    assert_eq!(schema["properties"]["mail"]["type"], "string", "{schema}");
    let call = async |arguments| result("tools/call", json!({ "name": "call-back", "arguments": arguments })).await;
    let done = call(json!({ "by": "phone", "phone": "112" })).await;
    assert_eq!(done["isError"], false, "{done}");
    let done = call(json!({ "mail": "a@b" })).await;
    assert_eq!(done["isError"], false, "{done}");
    for arguments in [
        json!({}),
        json!({ "by": "phone", "mail": "a@b" }),
        json!({ "by": "phone", "phone": null }),
        json!({ "by": "phone", "phone": "1" }),
    ] {
        let refused = call(arguments.clone()).await;
        assert_eq!(refused["isError"], true, "{arguments}: {refused}");
        let text = refused["content"][0]["text"].as_str().unwrap();
        assert!(text.contains("do not match the input schema of the tool"), "{text}");
    }
}

/// Finds records. Its tools accept no other arguments than their own.
#[capability(exposes(mcp(port = 9090)))]
pub trait Records {
    /// Finds a record.
    #[tool(input_schema = { "additionalProperties": false })]
    async fn find(&self, a: i64) -> Result<i64>;

    /// Finds a record of a kind.
    #[tool(input_schema = { "unevaluatedProperties": false, "dependentRequired": { "b": ["a"] } })]
    async fn find_kind(&self, a: Option<i64>, b: Option<&str>) -> Result<i64>;

    /// Finds the records between two.
    #[tool(max_output = "4KiB", hints(read_only), input_schema = {
        "additionalProperties": false,
        "allOf": [{ "properties": { "until": { "$ref": "#/properties/since" } } }],
        "if": { "required": ["until"] },
        "then": { "properties": { "limit": false } }
    })]
    async fn find_between(&self, since: u8, until: Option<i64>, limit: Option<i64>) -> Result<i64>;
}

struct Archive;

impl Records for Archive {
    async fn find(&self, a: i64) -> Result<i64> {
        Ok(a)
    }

    async fn find_kind(&self, a: Option<i64>, _: Option<&str>) -> Result<i64> {
        Ok(a.unwrap_or_default())
    }

    async fn find_between(&self, since: u8, _: Option<i64>, _: Option<i64>) -> Result<i64> {
        Ok(i64::from(since))
    }
}

#[tokio::test]
async fn keywords_apply_together_with_the_arguments() {
    let url = serve(Archive.into_capability()).await;
    let call = async |tool: &str, arguments: Value| -> Value {
        let params = json!({ "name": tool, "arguments": arguments });
        let mut answer: Value = serde_json::from_str(&ask(&url, "tools/call", params).await).unwrap();
        answer["result"].take()
    };
    for (tool, arguments) in [
        ("find", json!({ "a": 1 })),
        ("find-kind", json!({ "a": 1, "b": "x" })),
        ("find-between", json!({ "since": 1, "limit": 5 })),
        ("find-between", json!({ "since": 1, "until": 255, "limit": null })),
    ] {
        let done = call(tool, arguments.clone()).await;
        assert_eq!(done["isError"], false, "{tool} {arguments}: {done}");
    }
    for (tool, arguments, expected) in [
        ("find", json!({ "a": 1, "zz": 1 }), "unknown argument `zz`"),
        ("find-kind", json!({ "zz": 1 }), "unknown argument `zz`"),
        ("find-kind", json!({ "b": "x" }), "\"a\" is a required property"),
        ("find-between", json!({ "since": 1, "until": 256 }), "greater than the maximum of 255 (at /until)"),
        ("find-between", json!({ "since": 1, "until": 2, "limit": 5 }), "`limit` is not allowed"),
    ] {
        let refused = call(tool, arguments.clone()).await;
        assert_eq!(refused["isError"], true, "{tool} {arguments}: {refused}");
        let text = refused["content"][0]["text"].as_str().unwrap();
        assert!(text.contains(expected), "{text}");
    }
}
