//! A folder of files as MCP resources.

// part: trait
use naftiko::{Result, capability};

/// Answers questions about tokens.
#[capability(exposes(mcp(
    port = 9090,
    resources(guide(uri = "docs://guide", location = "guide", description = "How to use tokens."))
)))]
pub trait Help {
    /// Returns the pages about a topic.
    #[tool]
    async fn pages(&self, topic: &str) -> Result<Vec<String>>;
}
// end: trait

struct Own;

impl Help for Own {
    async fn pages(&self, topic: &str) -> Result<Vec<String>> {
        Ok(vec![format!("docs://guide/{topic}.md")])
    }
}

// part: embedded
use axum::Router;

fn app() -> Result<Router> {
    let capability = Own.into_capability();
    capability.check_files()?;
    Ok(Router::new().route_service("/mcp", capability.mcp_service()))
}
// end: embedded

#[tokio::test]
async fn the_files_are_resources() {
    let ask = async |method: &str, params: &str| {
        let message = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        let post = naftiko::http::Request::post("/mcp")
            .header("host", "127.0.0.1")
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .body(message)
            .unwrap();
        crate::ask(&app().unwrap(), post).await.1
    };
    let listed = ask("resources/list", "{}").await;
    assert!(listed.contains(r#""uri":"docs://guide/start.md""#), "{listed}");
    let read = ask("resources/read", r#"{"uri":"docs://guide/start.md"}"#).await;
    assert!(read.contains("Ask for a token first."), "{read}");
    let outside = ask("resources/read", r#"{"uri":"docs://guide/../Cargo.toml"}"#).await;
    assert!(outside.contains(r#""code":-32002"#), "{outside}");
}
