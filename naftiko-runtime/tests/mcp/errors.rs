//! Failed calls and disconnected clients: what the errors say, and that other calls are not affected.

use crate::support::{Client, Fake, LEGACY, THROUGH_RMCP, capability, hasty, serve, start, text};
use serde_json::{Value, json};
use std::sync::Arc;

/// Returns the text of a tool error, and its machine-readable part (`_meta`).
async fn error(client: &Client, tool: &str, arguments: Value) -> (String, Value) {
    let result = client.call(tool, arguments).await;
    assert_eq!(result["isError"], true, "{result}");
    assert!(result.get("structuredContent").is_none(), "an error has structured content");
    (text(&result).to_owned(), result["_meta"]["io.naftiko/error"].clone())
}

#[tokio::test]
async fn invalid_arguments_are_named() {
    let client = start().await;
    for (arguments, pointer) in [
        (json!({}), "/userId"),
        (json!({ "userId": 5 }), "/userId"),
        (json!({ "userId": null }), "/userId"),
        (json!({ "userId": "u", "page": "many" }), "/page"),
        (json!({ "userId": "u", "page": -1 }), "/page"),
        (json!({ "userId": "u", "page": 1e300 }), "/page"),
        (json!({ "userId": "u", "page": [1] }), "/page"),
    ] {
        let (words, facts) = error(&client, "list-tokens", arguments.clone()).await;
        assert!(words.contains(pointer), "{arguments}: {words}");
        assert_eq!((&facts["kind"], &facts["pointer"]), (&json!("argument"), &json!(pointer)), "{arguments}");
        assert_eq!((&facts["status"], &facts["operation"]), (&json!(400), &json!("list-tokens")));
    }
}

#[tokio::test]
async fn unknown_arguments_are_refused_with_the_nearest_name() {
    let client = start().await;
    let (words, facts) = error(&client, "list-tokens", json!({ "userId": "u", "user_id": "u" })).await;
    assert!(words.contains("`user_id`") && words.contains("`userId`"), "{words}");
    assert_eq!(facts["kind"], "argument");
}

#[tokio::test]
async fn an_unknown_tool_is_refused_and_the_nearest_is_suggested() {
    let client = start().await;
    let params = json!({ "name": "list-token", "arguments": {} });
    for answer in [client.legacy("tools/call", params.clone()).await, client.modern("tools/call", params).await] {
        let error = answer.json()["error"].take();
        assert_eq!((answer.status, &error["code"]), (200, &json!(-32602)));
        assert!(error["message"].as_str().unwrap().contains("`list-tokens`"), "{error}");
    }
}

#[tokio::test]
async fn an_error_of_the_application_is_passed_on() {
    let client = start().await;
    let (words, facts) = error(&client, "conflicts", json!({})).await;
    assert_eq!(words, "conflicts: there is such a token already.");
    let expected = json!({
        "kind": "application", "status": 409, "message": "there is such a token already", "operation": "conflicts",
    });
    assert_eq!(facts, expected);
}

#[tokio::test]
async fn a_panic_or_an_internal_error_affects_only_its_call_and_shows_no_details() {
    let client = start().await;
    for tool in ["panics", "fails"] {
        for _ in 0..3 {
            let (words, facts) = error(&client, tool, json!({})).await;
            assert!(!words.contains("secret") && !facts.to_string().contains("secret"), "{words} {facts}");
            assert_eq!(facts["status"], 500);
        }
    }
    assert_eq!(client.call("raw-tokens", json!({})).await["isError"], false);
}

#[tokio::test]
async fn a_hanging_method_affects_only_its_call() {
    let fake = Arc::new(Fake::default());
    let client = serve(hasty(&fake).mcp_service()).await;
    let (words, facts) = error(&client, "hangs", json!({})).await;
    assert_eq!((&facts["kind"], &facts["status"]), (&json!("timeout"), &json!(504)), "{words}");
    fake.dropped.notified().await;
    assert_eq!(client.call("raw-tokens", json!({})).await["isError"], false);
}

#[tokio::test]
async fn a_client_that_disconnects_cancels_its_call() {
    let fake = Arc::new(Fake::default());
    let client = serve(capability(&fake).mcp_service()).await;
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "hangs" } });
    for headers in [&[("mcp-protocol-version", LEGACY)][..], &THROUGH_RMCP] {
        tokio::select! {
            answer = client.post(headers, message.to_string()) => panic!("answered {}", answer.text),
            () = fake.begun.notified() => {}
        }
        fake.dropped.notified().await;
    }
}

#[tokio::test]
async fn many_calls_run_at_the_same_time() {
    let fake = Arc::new(Fake::default());
    let client = serve(capability(&fake).mcp_service()).await;
    // None of them ends before all of them have begun.
    let calls = (0..64).map(|_| client.call("meets", json!({})));
    let (results, ()) = tokio::join!(futures_util::future::join_all(calls), fake.gate.open_for(64));
    assert!(results.iter().all(|result| result["isError"] == false), "{results:?}");
}
