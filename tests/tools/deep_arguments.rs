//! Arguments that are nested too deeply are refused, whatever else is wrong with them.

use naftiko::testing::{Answer, Upstream};
use naftiko::{Result, Value, capability};
use serde_json::json;

/// Stores notes.
#[capability(
    consumes(namespace = "notes", base_uri = "https://notes.example"),
    exposes(mcp(namespace = "notes-mcp", port = 9090))
)]
pub trait Notes {
    /// Lists the notes that a filter selects.
    #[post("/search")]
    #[tool(
        name = "search",
        max_output = "1KiB",
        hints(read_only = true),
        allow(understated_hint, reason = "a search writes nothing")
    )]
    async fn search(&self, #[body] filter: Value) -> Result<Vec<Value>>;
}

#[tokio::test]
async fn deep_arguments_are_refused_with_and_without_a_cursor_and_duplicates() {
    let upstream = Upstream::start().await;
    upstream.answer("POST", "/search", Answer::json(200, json!([])));
    let client = NotesClient::builder().base_uri(upstream.url()).build().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let router = axum::Router::new().route_service("/mcp", client.into_capability().mcp_service());
    tokio::spawn(axum::serve(listener, router).into_future());
    let call = async |arguments: &str| {
        let params = format!(r#"{{"name":"search","arguments":{arguments}}}"#);
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
        let request = reqwest::Client::new().post(&url).header("content-type", "application/json");
        let request = request.header("mcp-protocol-version", "2025-11-25").body(body);
        request.send().await.unwrap().json::<Value>().await.unwrap()
    };
    let too_deep = "the body is nested too deeply: the limit is 127 levels";
    for levels in [200, 100_000] {
        let deep = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        for (arguments, expected) in [
            (format!(r#"{{"filter":{deep}}}"#), too_deep),
            (format!(r#"{{"filter":{deep},"cursor":"1.x"}}"#), too_deep),
            (format!(r#"{{"filter":1,"filter":{deep},"cursor":"1.x"}}"#), "`/filter` is given twice"),
            (format!(r#"{{"cursor":"1.x","filter":{deep},"filter":1}}"#), too_deep),
            (format!(r#"{{"cursor":{deep},"filter":1}}"#), too_deep),
        ] {
            let answer = call(&arguments).await;
            let found = answer["error"]["message"].as_str().or(answer["result"]["content"][0]["text"].as_str());
            assert!(found.unwrap().contains(expected), "{}: {answer}", arguments.replace(&deep, "…"));
        }
    }
    let answer = call(r#"{"filter":[]}"#).await;
    assert_eq!(answer["result"]["isError"], false, "{answer}");
}
