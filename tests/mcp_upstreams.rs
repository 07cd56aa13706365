//! What an MCP client gets from tools in front of an upstream: its results, a tool error for each failure, and never the secret.
#![cfg(all(feature = "client", feature = "mcp", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use axum::Router;
use naftiko::testing::{Answer, Upstream};
use naftiko::{RawJson, Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

const SECRET: &str = "s3cret-t0ken";

/// A token.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    id: String,
}

/// Reads tokens.
#[capability(
    binds(env(API_KEY)),
    consumes(namespace = "tokens", base_uri = "https://tokens.example", authentication(bearer = "{{env.API_KEY}}"),),
    exposes(mcp(port = 9090))
)]
pub trait Tokens {
    /// Reads a token.
    #[get("/tokens/{tokenId}")]
    async fn read_token(&self, token_id: &str) -> Result<Token>;

    /// Reads a token as it comes.
    #[get("/raw/{tokenId}")]
    async fn raw_token(&self, token_id: &str) -> Result<RawJson>;

    /// Deletes a token.
    #[delete("/tokens/{tokenId}")]
    async fn delete_token(&self, token_id: &str) -> Result<()>;
}

/// Returns the URL of an MCP server in front of an upstream.
async fn serve(upstream: &Upstream) -> String {
    let client = TokensClient::builder()
        .base_uri(upstream.url())
        .bind("API_KEY", SECRET)
        .timeout(Duration::from_millis(300))
        .max_answer(1024 * 1024)
        .build()
        .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let router = Router::new().route_service("/mcp", client.into_capability().mcp_service());
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

/// Calls a tool, and returns its result.
async fn call(url: &str, tool: &str) -> Value {
    let params = json!({ "name": tool, "arguments": { "tokenId": "t 1" } });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let response = reqwest::Client::new().post(url).json(&message).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let text = response.text().await.unwrap();
    assert!(!text.contains(SECRET), "{text}");
    let mut answer: Value = serde_json::from_str(&text).unwrap();
    answer["result"].take()
}

/// Returns the text and the `io.naftiko/error` metadata of the tool error for an answer. Checks that both tools report
/// the same status.
async fn tool_error(answer: Answer) -> (String, Value) {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/tokens/t%201", answer.clone()).answer("GET", "/raw/t%201", answer);
    let url = serve(&upstream).await;
    let result = call(&url, "read-token").await;
    let (typed, raw) = (error(&result), error(&call(&url, "raw-token").await));
    assert_eq!(typed.1["status"], raw.1["status"]);
    assert_eq!(upstream.requests().len(), 2, "a request was retried");
    assert!(result.get("structuredContent").is_none(), "a tool error has structured content");
    typed
}

fn error(result: &Value) -> (String, Value) {
    assert_eq!(result["isError"], true, "{result}");
    (result["content"][0]["text"].as_str().unwrap().to_owned(), result["_meta"]["io.naftiko/error"].clone())
}

#[tokio::test]
async fn successes_are_passed_on() {
    let upstream = Upstream::start().await;
    upstream
        .answer("GET", "/tokens/t%201", Answer::json(200, json!({ "id": "t 1", "hidden": true })))
        .answer("GET", "/raw/t%201", Answer::of(200, "application/json", " {\"id\" :\"t 1\"}"))
        .answer("DELETE", "/tokens/t%201", Answer::status(204));
    let url = serve(&upstream).await;
    let typed = call(&url, "read-token").await;
    assert_eq!(typed["structuredContent"], json!({ "id": "t 1" }));
    assert_eq!(typed["content"][0]["text"], r#"{"id":"t 1"}"#);
    let raw = call(&url, "raw-token").await;
    assert_eq!((raw.get("structuredContent"), &raw["content"][0]["text"]), (None, &json!(" {\"id\" :\"t 1\"}")));
    assert_eq!(call(&url, "delete-token").await["isError"], false);
    let authorized =
        |request: &naftiko::testing::Recorded| request.header("authorization") == Some(&format!("Bearer {SECRET}"));
    assert!(upstream.requests().iter().all(authorized));
}

#[tokio::test]
async fn an_error_status_is_reported_with_its_body() {
    let (words, facts) = tool_error(Answer::json(404, json!({ "code": "none", "echo": SECRET }))).await;
    assert!(words.contains("404 Not Found") && words.contains(r#""code":"none""#), "{words}");
    assert_eq!((&facts["kind"], &facts["status"]), (&json!("upstream"), &json!(404)));
    assert_eq!((&facts["upstream"]["status"], &facts["upstream"]["body"]["code"]), (&json!(404), &json!("none")));
    let (words, facts) = tool_error(Answer::of(422, "text/plain", "no such thing")).await;
    assert!(words.contains("no such thing"), "{words}");
    assert_eq!(facts["upstream"]["body"], "no such thing");
}

#[tokio::test]
async fn a_refused_credential_is_the_servers_fault() {
    let (words, facts) = tool_error(Answer::json(401, json!({ "error": SECRET }))).await;
    assert!(words.contains("credential") && words.contains("401"), "{words}");
    assert_eq!((&facts["kind"], &facts["status"]), (&json!("credential"), &json!(502)));
}

#[tokio::test]
async fn a_forbidden_call_is_not_blamed_on_the_credential() {
    let (words, facts) = tool_error(Answer::json(403, json!({ "why": "not yours" }))).await;
    assert!(words.contains("not yours") && !words.contains("credential"), "{words}");
    assert_eq!((&facts["kind"], &facts["status"]), (&json!("upstream"), &json!(403)));
}

#[tokio::test]
async fn the_delay_of_a_retry_after_is_reported() {
    for status in [403, 429, 503] {
        let (words, facts) = tool_error(Answer::status(status).header("retry-after", "17")).await;
        assert!(words.contains("Call again in 17 seconds."), "{words}");
        assert_eq!((&facts["kind"], &facts["retryAfter"]), (&json!("throttled"), &json!("17")));
        assert_eq!(facts["status"], status);
    }
}

#[tokio::test]
async fn answers_that_cannot_be_used_are_bad_gateways() {
    for answer in [
        Answer::status(500),
        Answer::status(503),
        Answer::redirect("https://elsewhere.example/"),
        Answer::large(2 * 1024 * 1024),
        Answer::cut_off(),
    ] {
        let (words, facts) = tool_error(answer).await;
        assert_eq!((&facts["kind"], &facts["status"]), (&json!("bad_answer"), &json!(502)), "{words}");
    }
}

#[tokio::test]
async fn a_client_is_not_advised_to_repeat_a_call_whose_answer_is_too_large() {
    let upstream = Upstream::start().await;
    for path in ["/tokens/t%201", "/raw/t%201"] {
        upstream.answer("GET", path, Answer::large(2 * 1024 * 1024));
    }
    let url = serve(&upstream).await;
    for tool in ["read-token", "raw-token"] {
        let (words, _) = error(&call(&url, tool).await);
        assert!(words.contains("Request less data") && !words.contains("later"), "{words}");
    }
}

#[tokio::test]
async fn answers_of_the_wrong_type_are_bad_gateways() {
    for answer in [
        Answer::of(200, "application/json", "{"),
        Answer::of(200, "text/html", "<html>"),
        Answer::json(200, json!({ "name": "no id" })),
        Answer::status(204),
        Answer::of(200, "application/json", "[".repeat(100_000)),
    ] {
        let upstream = Upstream::start().await;
        upstream.answer("GET", "/tokens/t%201", answer);
        let (words, facts) = error(&call(&serve(&upstream).await, "read-token").await);
        assert_eq!((&facts["kind"], &facts["status"]), (&json!("bad_answer"), &json!(502)), "{words}");
    }
}

#[tokio::test]
async fn slow_and_unreachable_upstreams_have_different_errors() {
    for answer in [Answer::hang(), Answer::json(200, json!({ "id": "t 1" })).then_stall()] {
        let (words, facts) = tool_error(answer).await;
        assert_eq!((&facts["kind"], &facts["status"]), (&json!("timeout"), &json!(504)), "{words}");
    }
    let refusing = Upstream::refusing();
    let (words, facts) = error(&call(&serve(&refusing).await, "read-token").await);
    assert_eq!((&facts["kind"], &facts["status"]), (&json!("unreachable"), &json!(502)), "{words}");
}
