//! Bodies that are not valid messages: each gets a JSON-RPC error, and the server keeps working.

use crate::support::{start, text};
use proptest::prelude::*;
use serde_json::{Value, json};

#[tokio::test]
async fn invalid_json_is_a_parse_error() {
    let client = start().await;
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}1{}}}"#,
        "[".repeat(9999),
        "]".repeat(9999)
    );
    let deep_arguments = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"raw-tokens","arguments":{}1{}}}}}"#,
        r#"{"a":"#.repeat(500),
        "}".repeat(500)
    );
    for body in [
        b"".to_vec(),
        b"{".to_vec(),
        b"<html>".to_vec(),
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"\xff\"}}".to_vec(),
        br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"} trailing"#.to_vec(),
        deep.into_bytes(),
        deep_arguments.into_bytes(),
    ] {
        let answer = client.post(&[], body.clone()).await;
        let json = answer.json();
        assert_eq!((answer.status, &json["error"]["code"]), (400, &json!(-32700)), "{json}");
        // If a body is valid up to its ID, the answer has that ID.
        let identified = body.starts_with(br#"{"jsonrpc":"2.0","id":1,"#);
        assert_eq!(json["id"].is_i64(), identified, "{json}");
        // Otherwise, the ID of the answer is null (JSON-RPC 2.0, section 5).
        assert!(json.get("id").is_some(), "{json}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_a_message_is_an_invalid_request() {
    let client = start().await;
    for (body, id) in [
        (json!(null), None),
        (json!("tools/list"), None),
        (json!([]), None),
        (json!([{ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }]), None),
        (json!({}), None),
        (json!({ "jsonrpc": "1.0", "id": 1, "method": "tools/list" }), Some(json!(1))),
        (json!({ "id": 1, "method": "tools/list" }), Some(json!(1))),
        (json!({ "jsonrpc": "2.0", "id": "x" }), Some(json!("x"))),
        (json!({ "jsonrpc": "2.0", "id": 1, "method": 5 }), Some(json!(1))),
        (json!({ "jsonrpc": "2.0", "id": null, "method": "tools/list" }), None),
        (json!({ "jsonrpc": "2.0", "id": {}, "method": "tools/list" }), None),
        (json!({ "jsonrpc": "2.0", "id": [1], "method": "tools/call", "params": { "name": "raw-tokens" } }), None),
        (json!({ "jsonrpc": "2.0", "id": 1.5, "method": "tools/list" }), None),
        (json!({ "jsonrpc": "2.0", "id": true, "method": "tools/list" }), None),
        (json!({ "jsonrpc": "2.0", "id": 9, "result": {} }), None),
    ] {
        let answer = client.post(&[], body.to_string()).await;
        let json = answer.json();
        assert_eq!((answer.status, &json["error"]["code"]), (400, &json!(-32600)), "{body}: {json}");
        assert_eq!(json.get("id"), Some(&id.unwrap_or_default()), "{body}: {json}");
    }
}

#[tokio::test]
async fn params_of_the_wrong_shape_are_invalid_params() {
    let client = start().await;
    for (method, params) in [
        ("tools/call", json!({})),
        ("tools/call", json!({ "name": 5 })),
        ("tools/call", json!({ "name": null })),
        ("tools/call", json!({ "name": "raw-tokens", "arguments": [] })),
        ("tools/call", json!({ "name": "raw-tokens", "arguments": "x" })),
        ("tools/call", json!({ "name": "raw-tokens", "_meta": 1 })),
        ("tools/call", json!([])),
        ("tools/call", json!("x")),
        ("tools/call", json!(null)),
        ("tools/list", json!([])),
        ("initialize", json!({})),
    ] {
        let message = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
        let answer = client.post(&[], message.to_string()).await;
        let json = answer.json();
        assert_eq!((&json["error"]["code"], &json["id"]), (&json!(-32602), &json!(7)), "{message}: {json}");
        assert!(answer.status == 200 || answer.status == 400, "{message}: {}", answer.status);
    }
}

#[tokio::test]
async fn internal_method_names_are_unknown_to_clients() {
    let client = start().await;
    for method in ["naftiko/2025-11-25/tools/call", "naftiko/2025-11-25/tasks/get", "naftiko/2025-11-25/tools/list"] {
        let answer = client.legacy(method, json!({ "name": "raw-tokens", "task": {} })).await.json();
        assert_eq!(answer["error"]["code"], -32601, "{answer}");
        assert_eq!(answer["error"]["message"], format!("unknown method `{method}`"));
    }
}

#[tokio::test]
async fn an_unusual_name_is_an_unknown_tool_and_ids_are_kept() {
    let client = start().await;
    for name in ["", "LIST-TOKENS", "list-tokens\u{0}", "../list-tokens", &"x".repeat(10_000), "\u{1f511}"] {
        let answer = client.legacy("tools/call", json!({ "name": name })).await.json();
        assert_eq!(answer["error"]["code"], -32602, "{name}");
    }
    for id in [json!(0), json!(-1), json!(i64::MAX), json!(""), json!("\u{0}\"\\"), json!("9".repeat(1000))] {
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": "raw-tokens" } });
        let answer = client.post(&[], message.to_string()).await.json();
        assert_eq!((&answer["id"], &answer["result"]["isError"]), (&id, &json!(false)));
    }
}

#[tokio::test]
async fn an_unknown_version_is_refused_in_json() {
    let client = start().await;
    let message = json!({ "jsonrpc": "2.0", "id": 4, "method": "tools/call", "params": { "name": "raw-tokens" } });
    let answer = client.post(&[("mcp-protocol-version", "1999-01-01")], message.to_string()).await;
    assert_eq!((answer.status, &answer.json()["id"]), (400, &json!(4)));
    assert!(answer.text.contains("1999-01-01"), "{}", answer.text);
}

#[tokio::test]
async fn two_different_versions_are_refused() {
    let client = start().await;
    let message = json!({ "jsonrpc": "2.0", "id": 4, "method": "tools/call", "params": { "name": "raw-tokens" } });
    for second in ["2024-11-05", "1999-01-01"] {
        let headers = [("mcp-protocol-version", "2025-06-18"), ("mcp-protocol-version", second)];
        let answer = client.post(&headers, message.to_string()).await;
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (400, &json!(-32600)), "{second}");
        assert!(answer.text.contains("given twice"), "{}", answer.text);
    }
}

/// Generates JSON with at most four levels of nesting.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    let name = prop_oneof!["userId", "page", "body", "id", "_meta", "\\PC{0,4}"];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

#[test]
fn every_message_is_answered() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = runtime.block_on(start());
    proptest!(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) }, |(
        arguments in any_json(), id in any_json(), tool in prop_oneof!["list-tokens", "create-token", "\\PC{0,9}"]
    )| {
        let params = json!({ "name": tool, "arguments": arguments });
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params });
        let answer = runtime.block_on(client.post(&[], message.to_string()));
        prop_assert!(matches!(answer.status, 200 | 400), "{}", answer.text);
        let json = answer.json();
        if let Some(result) = json.get("result") {
            prop_assert!(!text(result).is_empty());
            if let Some(number) = id.as_f64() {
                // `1.0` may come back as `1`.
                prop_assert_eq!(json["id"].as_f64(), Some(number));
            } else {
                prop_assert_eq!(&json["id"], &id);
            }
        } else {
            prop_assert!(json["error"]["code"].is_i64(), "{}", json);
        }
    });
}
