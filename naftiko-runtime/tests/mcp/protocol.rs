//! Revisions of the protocol with and without a handshake: the server's description, its tools, and their results.

use crate::support::{Client, LEGACY, MODERN, capability, serve, start, text};
use serde_json::{Value, json};
use std::sync::Arc;

async fn initialize(client: &Client, version: &str) -> Value {
    let params = json!({
        "protocolVersion": version, "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
    });
    let message = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
    let answer = client.post(&[], message.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(!answer.headers.contains_key("mcp-session-id"), "the server began a session");
    answer.json()["result"].take()
}

#[tokio::test]
async fn every_revision_with_a_handshake_is_supported() {
    let client = start().await;
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", LEGACY] {
        let info = initialize(&client, version).await;
        assert_eq!(info["protocolVersion"], version);
        assert_eq!(info["capabilities"], json!({ "tools": {} }));
        assert_eq!(info["serverInfo"]["name"], "humanitec-mcp");
        assert_eq!(info["serverInfo"]["title"], "Humanitec tokens");
        assert_eq!(info["instructions"], "Lists, creates and deletes tokens.");

        let arguments = json!({ "name": "list-tokens", "arguments": { "userId": "u" } });
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": arguments });
        let called = client.post(&[("mcp-protocol-version", version)], message.to_string()).await.json();
        assert_eq!(called["result"]["structuredContent"], json!({ "result": [{ "id": "u-0" }] }));
    }
    assert_eq!(initialize(&client, "2099-01-01").await["protocolVersion"], LEGACY);
}

#[tokio::test]
async fn a_client_can_send_initialized_after_the_handshake() {
    let client = start().await;
    let answer = client.post(&[], r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    assert_eq!((answer.status, &*answer.text), (202, ""));
    assert_eq!(client.legacy("ping", json!({})).await.json()["result"], json!({}));
}

#[tokio::test]
async fn the_revision_without_a_handshake_is_supported() {
    let client = start().await;
    let info = client.modern("server/discover", json!({})).await.json()["result"].take();
    assert!(info["supportedVersions"].as_array().unwrap().contains(&json!(MODERN)), "{info}");
    assert_eq!(info["capabilities"], json!({ "tools": {} }));

    let list = client.modern("tools/list", json!({})).await.json()["result"].take();
    assert_eq!((&list["resultType"], &list["ttlMs"]), (&json!("complete"), &json!(300_000)));
    assert_eq!(list["tools"].as_array().unwrap().len(), 11);

    let params = json!({ "name": "list-tokens", "arguments": { "userId": "u", "page": 3 } });
    let answer = client.modern("tools/call", params).await;
    assert_eq!(
        answer.text,
        r#"{"jsonrpc":"2.0","id":"a","result":{"resultType":"complete","content":[{"type":"text","text":"{\"result\":[{\"id\":\"u-3\"}]}"}],"structuredContent":{"result":[{"id":"u-3"}]},"isError":false}}"#
    );
}

#[tokio::test]
async fn headers_of_the_newest_revision_are_compared_with_the_body() {
    let client = start().await;
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({ "name": "raw-tokens", "_meta": meta });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string();
    let version = ("mcp-protocol-version", MODERN);
    let method = ("mcp-method", "tools/call");
    assert_eq!(client.post(&[version, method, ("mcp-name", "raw-tokens")], body.clone()).await.status, 200);
    for headers in [
        &[][..],
        &[version],
        &[version, method],
        &[version, method, ("mcp-name", "delete-token")],
        &[version, ("mcp-method", "tools/list"), ("mcp-name", "raw-tokens")],
        &[("mcp-protocol-version", LEGACY), method, ("mcp-name", "raw-tokens")],
    ] {
        let answer = client.post(headers, body.clone()).await;
        assert_eq!((answer.status, answer.json()["error"]["code"].as_i64()), (400, Some(-32020)), "{headers:?}");
    }
}

#[tokio::test]
async fn arguments_that_a_schema_mirrors_in_headers_are_compared_too() {
    let client = start().await;
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({ "name": "mirrors", "arguments": { "region": "eu" }, "_meta": meta });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string();
    let usual = [("mcp-protocol-version", MODERN), ("mcp-method", "tools/call"), ("mcp-name", "mirrors")];
    for (mirrored, status) in [(Some("eu"), 200), (Some("us"), 400), (None, 400)] {
        let mut headers = usual.to_vec();
        headers.extend(mirrored.map(|region| ("mcp-param-region", region)));
        let answer = client.post(&headers, body.clone()).await;
        assert_eq!(answer.status, status, "{mirrored:?}: {}", answer.text);
        assert_eq!(answer.json()["error"]["code"].as_i64(), (status == 400).then_some(-32020));
    }
    assert_eq!(client.call("mirrors", json!({ "region": "eu" })).await["structuredContent"], json!({ "result": "eu" }));
}

#[tokio::test]
async fn the_list_of_tools_follows_the_specification() {
    let client = start().await;
    let list = client.legacy("tools/list", json!({})).await.json()["result"].take();
    assert_eq!(list.as_object().unwrap().keys().collect::<Vec<_>>(), ["tools"], "found members of later revisions");
    insta::assert_json_snapshot!("tools", list);

    for tool in list["tools"].as_array().unwrap() {
        let name = &tool["name"];
        assert_eq!(tool["inputSchema"]["type"], "object", "{name}");
        // Hints that repeat a default of the specification are left out.
        for (hint, default) in [("readOnlyHint", false), ("idempotentHint", false)] {
            assert_ne!(tool["annotations"][hint], default, "{name} {hint}");
        }
        let (reads, destroys) = (&tool["annotations"]["readOnlyHint"], &tool["annotations"]["destructiveHint"]);
        assert_ne!(*reads == true, destroys.is_boolean(), "{name}: a tool reads, or says whether it destroys");
        assert_ne!(tool["annotations"]["openWorldHint"], true, "{name}");
        assert!(tool.get("outputSchema").is_none_or(|schema| schema["type"] == "object"), "{name}");
    }
    let second_page = client.legacy("tools/list", json!({ "cursor": "2" })).await.json();
    assert_eq!(second_page["error"]["code"], -32602);
    for (cursor, found) in [(json!(2), "an integer"), (json!(0.5), "a number"), (json!(["2"]), "an array")] {
        let refused = client.legacy("tools/list", json!({ "cursor": cursor })).await.json();
        let message = format!("invalid params for `tools/list`: expected a string as `cursor`, found {found}");
        assert_eq!(refused["error"], json!({ "code": -32602, "message": message }), "{cursor}");
    }
}

#[tokio::test]
async fn results_are_text_and_structured_content() {
    let client = start().await;
    for (tool, arguments, value) in [
        ("list-tokens", json!({ "userId": "ü\n\"", "page": 7 }), json!({ "result": [{ "id": "ü\n\"-7" }] })),
        ("create-token", json!({ "userId": "u", "body": { "id": "\u{1f511}" } }), json!({ "id": "\u{1f511}" })),
        ("maybe", json!({}), json!({ "result": null })),
    ] {
        let result = client.call(tool, arguments).await;
        assert_eq!(result["isError"], false, "{result}");
        assert_eq!(result["structuredContent"], value);
        assert_eq!(serde_json::from_str::<Value>(text(&result)).unwrap(), value);
    }
}

#[tokio::test]
async fn unparsed_json_is_unchanged_text_and_an_empty_result_is_a_sentence() {
    let client = start().await;
    let raw = client.call("raw-tokens", json!({})).await;
    assert_eq!(text(&raw), "{ \"é\" :[1, 2.50] }\n");
    let nothing = client.call("delete-token", json!({ "userId": "u" })).await;
    assert_eq!(text(&nothing), "Done.");
    for result in [raw, nothing] {
        assert_eq!((result.get("structuredContent"), &result["isError"]), (None, &json!(false)));
    }
}

#[tokio::test]
async fn arguments_can_be_omitted_if_none_is_required() {
    let client = start().await;
    for params in [json!({ "name": "raw-tokens" }), json!({ "name": "raw-tokens", "arguments": null })] {
        assert_eq!(client.legacy("tools/call", params).await.json()["result"]["isError"], false);
    }
    let result = client.call("list-tokens", json!({ "userId": "u", "page": null })).await;
    assert_eq!(result["structuredContent"], json!({ "result": [{ "id": "u-0" }] }), "null was not read as absent");
}

#[tokio::test]
async fn each_adapter_has_its_own_tools() {
    let capability = capability(&Arc::default());
    let client = serve(capability.mcp_service_of("second-mcp").unwrap()).await;
    let list = client.legacy("tools/list", json!({})).await.json();
    let names: Vec<_> = list["result"]["tools"].as_array().unwrap().iter().map(|tool| &tool["name"]).collect();
    assert_eq!(names, ["remove"]);
    assert_eq!(initialize(&client, LEGACY).await["instructions"], "A second adapter.");
    assert!(capability.mcp_service_of("humanitec-rest").is_none(), "a REST adapter has an MCP service");
    assert!(capability.mcp_service_of("nowhere").is_none());
}

#[tokio::test]
async fn undeclared_features_are_unknown_methods() {
    let client = start().await;
    for method in [
        "resources/list",
        "resources/templates/list",
        "prompts/list",
        "logging/setLevel",
        "completion/complete",
        "tasks/list",
        "no/such",
    ] {
        let params = json!({
            "level": "info", "ref": { "type": "ref/prompt", "name": "x" }, "argument": { "name": "x", "value": "y" },
        });
        let answer = client.legacy(method, params.clone()).await;
        let error = json!({ "code": -32601, "message": format!("unknown method `{method}`") });
        assert_eq!(answer.json()["error"], error);
        let answer = client.modern(method, params).await;
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &json!(-32601)), "{method}");
    }
}

/// The methods that 2026-07-28 has removed, each with an excerpt of the advice in its error message.
pub(crate) const REMOVED: [(&str, &str); 7] = [
    ("initialize", "`server/discover`"),
    ("ping", "any answer shows that the server can be reached"),
    ("logging/setLevel", "`io.modelcontextprotocol/logLevel`"),
    ("resources/subscribe", "`subscriptions/listen`"),
    ("resources/unsubscribe", "`subscriptions/listen`"),
    ("tasks/list", "IDs"),
    ("tasks/result", "`tasks/get`"),
];

#[tokio::test]
async fn a_method_that_a_revision_has_removed_is_refused_with_advice() {
    let client = start().await;
    let params = || json!({ "uri": "a://b", "level": "info", "taskId": "t" });
    for (method, advice) in REMOVED {
        let answer = client.modern(method, params()).await;
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &json!(-32601)), "{method}");
        let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with(&format!("`{method}` is not a method of 2026-07-28: ")), "{message}");
        assert!(message.contains(advice), "{message}");
    }
    for method in ["tasks/get", "tasks/update", "tasks/cancel", "skills/list", "subscriptions/listen"] {
        let params = json!({ "taskId": "t", "inputResponses": {}, "notifications": {} });
        for answer in [client.legacy(method, params.clone()).await, client.modern(method, params).await] {
            let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
            assert!(message.starts_with(&format!("unknown method `{method}`")), "{message}");
        }
    }
}
