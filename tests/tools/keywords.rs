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
