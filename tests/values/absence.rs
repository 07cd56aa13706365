//! Null and absence: members that can be cleared, results with nulls, statuses without a body.

use super::{Values, bodies, client, serve, upstream};
use naftiko::Value;
use naftiko::spec::openapi::OpenapiVersion;
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

#[tokio::test]
async fn openapi_allows_null_where_it_clears_and_nowhere_else() {
    let upstream = upstream().await;
    let capability = client(&upstream).into_capability();
    for (version, text) in [
        (OpenapiVersion::V3_1, json!({ "type": ["string", "null"] })),
        (OpenapiVersion::V3_0, json!({ "type": "string", "nullable": true })),
    ] {
        let document = capability.openapi_as(version);
        let body =
            |path: &str| document.pointer(&format!("/paths/{path}/requestBody/content/application~1json/schema"));
        assert_eq!(body("~1things/patch"), Some(&json!({ "$ref": "#/components/schemas/Patch" })));
        let patch = &document["components"]["schemas"]["Patch"];
        let of_type = |schema: &Value| {
            let mut own = schema.clone();
            own.as_object_mut().unwrap().retain(|key, _| key == "type" || key == "nullable");
            own
        };
        assert_eq!(of_type(&patch["properties"]["note"]), text, "the field `note` does not accept null");
        for (member, kind) in [("count", "integer"), ("factor", "number"), ("parts", "array")] {
            assert_eq!(of_type(&patch["properties"][member]), json!({ "type": kind }), "{member}");
        }
        assert!(patch["required"].is_null(), "a field is required: {patch}");
        let large = body("~1large/post").unwrap();
        assert_eq!(of_type(&large["properties"]["note"]), text, "the argument `note` does not accept null");
        assert_eq!(of_type(&large["properties"]["large"]), json!({ "type": "integer" }));
        assert_eq!(large["required"], json!(["large"]));
    }
}
