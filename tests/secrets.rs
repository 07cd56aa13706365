//! What an upstream sends back of a credential reaches nobody: not by REST, not by MCP, however it is written.
#![cfg(all(feature = "client", feature = "rest", feature = "mcp"))]

use naftiko::testing::{Answer, Upstream};
use naftiko::{Result, capability};
use serde_json::{Value, json};

const KEY: &str = "Bearer tok-SECRET/x+y==9";
/// The same without its scheme, as URLs and JSON may write it.
const ECHOES: [&str; 5] =
    ["tok-SECRET/x+y==9", "tok-SECRET/x%2By%3D%3D9", "tok-SECRET%2fx%2by%3d%3d9", "tok-SECRET\\/x+y==9", KEY];

/// An API whose key is held with its scheme, and whose callers may bring their own.
#[capability(
    binds(env(ECHO_API_KEY)),
    consumes(
        namespace = "echo",
        base_uri = "https://api.example.com",
        authentication(apikey(key = "Authorization", value = "{{env.ECHO_API_KEY}}", placement = "header"))
    ),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
trait Echo {
    /// With the capability's key.
    #[get("/own")]
    async fn own(&self) -> Result<()>;

    /// With the caller's.
    #[get("/theirs")]
    async fn theirs(&self, #[header("Authorization")] authorization: &str) -> Result<()>;
}

/// Everything that callers are told, in one text: REST's head and body, and the tool's result.
async fn told(upstream: &Upstream) -> String {
    let client = EchoClient::builder().base_uri(upstream.url()).bind("ECHO_API_KEY", KEY).build().unwrap();
    let capability = client.into_capability();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().merge(capability.rest_router()).route_service("/mcp", capability.mcp_service());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let http = reqwest::Client::new();
    let mut told = String::new();
    for (path, tool, arguments) in [("own", "own", json!({})), ("theirs", "theirs", json!({ "Authorization": KEY }))] {
        let answer = http.get(format!("http://{address}/{path}")).header("authorization", KEY).send().await.unwrap();
        let headers = answer.headers().iter().map(|(name, value)| format!("{name}: {value:?}\n"));
        told.extend(headers);
        told += &answer.text().await.unwrap();
        let params = json!({ "name": tool, "arguments": arguments });
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let answer = http.post(format!("http://{address}/mcp")).json(&message).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        told += &answer.to_string();
    }
    told
}

#[tokio::test]
async fn an_error_holds_no_credential() {
    for echo in ECHOES {
        let upstream = Upstream::start().await;
        for path in ["/own", "/theirs"] {
            upstream.answer("GET", path, Answer::of(400, "text/plain", format!("you sent {echo}, which is bad")));
        }
        let told = told(&upstream).await;
        assert!(told.contains("you sent *"), "the rest of the answer is told: {told}");
        assert!(!told.contains("SECRET"), "{echo}: {told}");
    }
}

#[tokio::test]
async fn a_retry_after_that_is_none_is_not_passed_on() {
    let upstream = Upstream::start().await;
    for path in ["/own", "/theirs"] {
        upstream.answer("GET", path, Answer::status(429).header("retry-after", "soon tok-SECRET/x+y==9"));
    }
    let told = told(&upstream).await;
    assert!(!told.contains("SECRET") && !told.contains("retry-after"), "{told}");
}
