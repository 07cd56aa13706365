//! Sessions over HTTP, for clients of the revisions up to 2025-11-25.

use crate::support::{Client, Fake, LEGACY, capability, serve};
use naftiko_runtime::Limits;
use serde_json::{Value, json};
use std::sync::Arc;

/// A client with a session.
#[derive(Clone)]
struct Session {
    client: Arc<Client>,
    id: String,
}

impl Session {
    async fn begin(fake: &Arc<Fake>) -> Self {
        let client = Arc::new(serve(capability(fake).mcp_service().with_sessions()).await);
        let info = json!({ "name": "test", "version": "1" });
        let params = json!({ "protocolVersion": LEGACY, "capabilities": {}, "clientInfo": info });
        let message = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        let begun = client.post(&[], message.to_string()).await;
        let id = begun.headers["mcp-session-id"].to_str().unwrap().to_owned();
        let session = Self { client, id };
        session.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        session
    }

    /// Sends a message, and returns the last message of the answer.
    async fn send(&self, message: &Value) -> Value {
        let headers = [("mcp-session-id", self.id.as_str()), ("mcp-protocol-version", LEGACY)];
        let answer = self.client.post(&headers, message.to_string()).await;
        let last =
            answer.text.lines().rev().find_map(|line| line.strip_prefix("data: ").filter(|data| !data.is_empty()));
        last.map_or(Value::Null, |last| serde_json::from_str(last).unwrap())
    }

    async fn call(&self, id: u64, tool: &str) -> Value {
        let params = json!({ "name": tool });
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })).await
    }
}

#[tokio::test]
async fn a_request_whose_id_is_in_use_is_refused_and_the_earlier_one_is_answered() {
    let fake = Arc::new(Fake::default());
    let session = Session::begin(&fake).await;
    let first = tokio::spawn({
        let session = session.clone();
        async move { session.call(5, "meets").await }
    });
    fake.gate.arrival(1).await;
    for tool in ["meets", "raw-tokens"] {
        let refused = session.call(5, tool).await;
        assert_eq!((&refused["id"], &refused["error"]["code"]), (&json!(5), &json!(-32600)), "{refused}");
        assert!(refused["error"]["message"].as_str().unwrap().contains("is in use"), "{refused}");
    }
    assert_eq!(session.call(6, "raw-tokens").await["result"]["isError"], false);
    fake.gate.open.add_permits(1);
    let first = first.await.unwrap();
    assert_eq!((&first["id"], &first["result"]["isError"]), (&json!(5), &json!(false)), "{first}");
    // Now the ID is free.
    assert_eq!(session.call(5, "raw-tokens").await["result"]["isError"], false);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_has_its_answer_may_use_the_id_again() {
    let session = Session::begin(&Arc::default()).await;
    for _ in 0..500 {
        let answer = session.call(5, "raw-tokens").await;
        assert_eq!(answer["result"]["isError"], false, "{answer}");
    }
}

#[tokio::test]
async fn the_id_of_a_cancelled_request_is_free() {
    let fake = Arc::new(Fake::default());
    let session = Session::begin(&fake).await;
    let hanging = tokio::spawn({
        let session = session.clone();
        async move { session.call(5, "hangs").await }
    });
    fake.begun.notified().await;
    let params = json!({ "requestId": 5 });
    session.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params })).await;
    fake.dropped.notified().await;
    assert_eq!(hanging.await.unwrap(), Value::Null);
    assert_eq!(session.call(5, "raw-tokens").await["result"]["isError"], false);
}

#[tokio::test]
async fn the_number_of_sessions_is_limited() {
    let limits = Limits { sessions: 2, ..Limits::default() };
    let client = serve(capability(&Arc::default()).with_limits(limits).mcp_service().with_sessions()).await;
    let params = json!({
        "protocolVersion": LEGACY, "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
    });
    let message = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }).to_string();
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(client.post(&[], message.clone()).await.headers["mcp-session-id"].clone());
    }
    let refused = client.post(&[], message.clone()).await;
    assert_eq!((refused.status, &refused.headers["retry-after"]), (503, &"60".parse().unwrap()));
    assert_eq!(refused.json()["id"], 0);
    // Clients without a session are served.
    assert_eq!(client.modern("tools/list", json!({})).await.status, 200);
    let end = client.http.delete(&client.url).header("mcp-session-id", &ids[0]);
    assert_eq!(end.send().await.unwrap().status(), 204);
    assert_eq!(client.post(&[], message).await.status, 200);
}

#[tokio::test]
async fn an_unknown_method_is_reported() {
    let session = Session::begin(&Arc::default()).await;
    for method in ["subscriptions/listen", "resources/subscribe", "no/such"] {
        let params = json!({ "uri": "a://b", "notifications": {} });
        let answer = session.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })).await;
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(&format!("unknown method `{method}`")), "{answer}");
    }
}

#[tokio::test]
async fn the_list_of_tools_is_the_same_with_and_without_a_session() {
    let session = Session::begin(&Arc::default()).await;
    let tools = |text: &str| text[text.find("\"tools\":").unwrap()..].lines().next().unwrap().replace("}}", "}");
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    let headers = [("mcp-session-id", session.id.as_str()), ("mcp-protocol-version", LEGACY)];
    let listed = session.client.post(&headers, message.to_string()).await;
    let expected = crate::support::start().await.legacy("tools/list", json!({})).await;
    assert_eq!(tools(&listed.text), tools(&expected.text));
}

#[tokio::test]
async fn a_client_that_accepts_only_json_gets_json() {
    let session = Session::begin(&Arc::default()).await;
    let headers =
        [("mcp-session-id", session.id.as_str()), ("mcp-protocol-version", LEGACY), ("accept", "application/json")];
    for (method, params) in
        [("ping", json!({})), ("tools/call", json!({ "name": "raw-tokens" })), ("no/such", json!({}))]
    {
        let message = json!({ "jsonrpc": "2.0", "id": 3, "method": method, "params": params });
        let answer = session.client.post(&headers, message.to_string()).await;
        assert_eq!((answer.status, &answer.json()["id"]), (200, &json!(3)), "{}", answer.text);
    }
    let notification = json!({ "jsonrpc": "2.0", "method": "notifications/x" });
    assert_eq!(session.client.post(&headers, notification.to_string()).await.status, 202);
}

#[tokio::test]
async fn a_handshake_with_invalid_params_is_refused_with_the_reason() {
    let client = serve(capability(&Arc::default()).mcp_service().with_sessions()).await;
    let info = json!({ "name": "test", "version": "1" });
    for (params, reason) in [
        (json!({ "protocolVersion": LEGACY, "capabilities": {} }), "missing field `clientInfo`"),
        (json!({ "protocolVersion": null, "capabilities": {}, "clientInfo": info }), "expected"),
        (json!({ "protocolVersion": LEGACY, "capabilities": {}, "clientInfo": info, "_meta": [] }), "expected a map"),
        (json!(null), "missing field `protocolVersion`"),
    ] {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
        let answer = client.post(&[], message.to_string()).await.json();
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(1), &json!(-32602)), "{answer}");
        let found = answer["error"]["message"].as_str().unwrap();
        assert!(found.starts_with("invalid params for `initialize`: ") && found.contains(reason), "{answer}");
    }
}

#[tokio::test]
async fn requests_without_a_message_are_refused_in_json() {
    let session = Session::begin(&Arc::default()).await;
    let Client { http, url } = &*session.client;
    for (request, status) in [
        (http.delete(url).header("mcp-session-id", "nope"), 404),
        (http.delete(url), 400),
        (http.get(url).header("accept", "text/event-stream"), 400),
        (http.get(url).header("accept", "text/event-stream").header("mcp-session-id", "nope"), 404),
        (http.put(url), 405),
        (http.delete(url).header("mcp-session-id", &session.id), 204),
        (http.delete(url).header("mcp-session-id", &session.id), 404),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status);
        let allowed: Vec<_> = answer.headers().get_all("allow").iter().collect();
        assert_eq!(allowed, if status == 405 { vec!["GET, POST, DELETE"] } else { vec![] });
        if status != 204 {
            assert_eq!(answer.headers()["content-type"], "application/json");
            assert!(answer.json::<Value>().await.unwrap()["error"]["message"].is_string());
        }
    }
}
