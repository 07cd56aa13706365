//! Null and nothing: members that can be cleared, results with nulls, statuses without a body.

use super::{Values, bodies, client, serve, upstream};
use naftiko::Value;
use serde_json::json;

#[tokio::test]
async fn a_clearable_member_is_published_and_cleared() {
    let upstream = upstream().await;
    let served = serve(client(&upstream).into_capability()).await;
    served.rest("PATCH", "/things", r#"{"note":null}"#).await;
    served.tool("change", r#"{"body":{"note":null}}"#).await;
    served.rest("PATCH", "/things", r#"{"count":null}"#).await;
    assert_eq!(bodies(&upstream), [r#"{"note":null}"#, r#"{"note":null}"#, "{}"]);
    let tools = served.tools().await;
    let change = tools.as_array().unwrap().iter().find(|tool| tool["name"] == "change").unwrap();
    let members = &change["inputSchema"];
    let text = members.to_string();
    assert!(text.contains(r#"["string","null"]"#), "{text}");
    assert!(!text.contains(r#"["integer","null"]"#), "{text}");

    let cleared = served.rest("POST", "/large", r#"{"large":1,"note":null}"#).await;
    assert_eq!(cleared, (200, r#"["1","Some(None)"]"#.to_owned()));
    let large = tools.as_array().unwrap().iter().find(|tool| tool["name"] == "large").unwrap();
    assert_eq!(large["inputSchema"]["properties"]["note"]["type"], json!(["string", "null"]));
}

#[tokio::test]
async fn outputs_match_their_schemas_if_types_write_null() {
    let upstream = upstream().await;
    let served = serve(client(&upstream).into_capability()).await;
    let tools = served.tools().await;
    let numbers = tools.as_array().unwrap().iter().find(|tool| tool["name"] == "numbers").unwrap();
    let validator = jsonschema::validator_for(&numbers["outputSchema"]).unwrap();
    let answer: Value = serde_json::from_str(&served.tool("numbers", r#"{"by":2}"#).await).unwrap();
    let content = &answer["result"]["structuredContent"];
    assert_eq!(content["label"], Value::Null);
    assert!(validator.is_valid(content), "{content} {numbers}");
}

#[tokio::test]
async fn a_declared_202_without_a_body_is_served_and_published() {
    let upstream = upstream().await;
    let capability = client(&upstream).into_capability();
    let served = serve(capability.clone()).await;
    assert_eq!(served.rest("POST", "/jobs", "").await, (202, String::new()));
    let openapi = capability.openapi();
    let answers = &openapi["paths"]["/jobs"]["post"]["responses"];
    assert_eq!(answers["202"], json!({ "description": "Accepted" }), "{answers}");
    assert!(answers.get("204").is_none());
}
