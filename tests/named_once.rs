//! An error names the API, and names the operation at most once, by the name that the caller used.
#![cfg(all(feature = "client", feature = "rest", feature = "mcp", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test")]

use naftiko::testing::{Answer, Upstream};
use naftiko::{Capability, Result, capability};
use serde_json::{Value, json};

/// Keeps tokens.
#[capability(
    consumes(namespace = "vault", base_uri = "https://api.example.com"),
    exposes(rest(port = 1), mcp(port = 2))
)]
trait Tokens {
    /// Deletes a token.
    #[delete("/tokens/{id}", name = "deletetoken")]
    #[tool(name = "revoke-token")]
    async fn delete_token(&self, id: u32) -> Result<String>;

    /// Deletes two tokens.
    #[rest(delete = "/pairs/{id}")]
    async fn delete_two(&self, id: u32) -> Result<()> {
        self.delete_token(id).await?;
        self.delete_token(id + 1).await.map(drop)
    }
}

/// The paths for which the API fails, and the beginnings of the messages.
const FAULTS: [(&str, &str); 4] = [
    ("/tokens/1", "`vault` answered with 409 Conflict"),
    ("/tokens/2", "`vault` answered with 500 Internal Server Error"),
    ("/tokens/3", "`vault` asks its callers to wait (429 Too Many Requests, Retry-After: 7)"),
    ("/tokens/4", "`vault` sent an unexpected answer: expected a string"),
];

async fn upstream() -> Upstream {
    let upstream = Upstream::start().await;
    let answers = [
        Answer::json(409, json!({})),
        Answer::status(500),
        Answer::status(429).header("retry-after", "7"),
        Answer::json(200, json!([])),
    ];
    for ((path, _), answer) in FAULTS.into_iter().zip(answers) {
        upstream.answer("DELETE", path, answer);
    }
    upstream
}

fn client(upstream: &Upstream) -> TokensClient {
    TokensClient::builder().base_uri(upstream.url()).build().unwrap()
}

/// Counts how often a text names the operation, by any of its names.
fn names(text: &str) -> usize {
    ["deletetoken", "revoke-token", "delete_token", "delete-token", "delete_two", "delete-two"]
        .iter()
        .map(|name| text.matches(name).count())
        .sum()
}

async fn called_as(capability: &Capability, name: &str, id: u32) -> String {
    format!("{:?}", capability.call(name, json!({ "id": id })).await.unwrap_err())
}

#[tokio::test]
async fn a_client_error_names_the_method() {
    let upstream = upstream().await;
    for (id, (_, expected)) in (1..).zip(FAULTS) {
        let error = client(&upstream).delete_token(id).await.unwrap_err();
        let (shown, debugged) = (error.to_string(), format!("{error:?}"));
        assert!(shown.starts_with(expected) && names(&shown) == 0, "{shown}");
        assert!(debugged.contains("(in delete_token)") && names(&debugged) == 1, "{debugged}");
        assert_eq!(error.operation(), Some("delete_token"));
    }
}

#[tokio::test]
async fn an_error_of_a_call_by_name_has_that_name() {
    let upstream = upstream().await;
    let capability = client(&upstream).into_capability();
    for (id, (_, expected)) in (1..).zip(FAULTS) {
        for name in ["deletetoken", "revoke-token", "delete_token"] {
            let text = called_as(&capability, name, id).await;
            assert!(text.starts_with(expected), "{text}");
            assert!(text.contains(&format!("(in {name})")) && names(&text) == 1, "{text}");
        }
        // A failure of an inner call names the outer operation.
        let text = called_as(&capability, "delete_two", id).await;
        assert!(text.starts_with(expected) && text.contains("(in delete_two)") && names(&text) == 1, "{text}");
    }
    let error = capability.call_json("revoke-token", r#"{"id":"x"}"#).await.unwrap_err();
    assert_eq!(error.operation(), Some("revoke-token"));
}

#[tokio::test]
async fn a_tool_error_names_the_tool_and_a_route_error_no_operation() {
    let upstream = upstream().await;
    let capability = client(&upstream).into_capability();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().merge(capability.rest_router()).route_service("/mcp", capability.mcp_service());
    tokio::spawn(axum::serve(listener, router).into_future());
    let http = reqwest::Client::new();
    for (id, (_, expected)) in (1..).zip(FAULTS) {
        for tool in ["revoke-token", "delete-two"] {
            let params = json!({ "name": tool, "arguments": { "id": id } });
            let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
            let answer = http.post(format!("{url}/mcp")).json(&message).send().await.unwrap();
            let result = answer.json::<Value>().await.unwrap()["result"].take();
            let text = result["content"][0]["text"].as_str().unwrap();
            assert!(text.starts_with(&format!("{tool}: {expected}")) && names(text) == 1, "{text}");
            assert_eq!(result["_meta"]["io.naftiko/error"]["operation"], tool);
        }
        let problem = http.delete(format!("{url}/tokens/{id}")).send().await.unwrap().text().await.unwrap();
        assert!(problem.contains("`vault` ") && names(&problem) == 0, "{problem}");
    }
}
