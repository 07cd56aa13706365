//! A program behind a reverse proxy.

use naftiko::{Result, capability};

/// Greets people.
#[capability(exposes(rest(port = 8080, prefix = "/v1"), mcp(port = 9090)))]
pub trait Greetings {
    /// Greets somebody by name.
    #[rest(get = "/greetings/{name}")]
    async fn greet(&self, name: &str) -> Result<String> {
        Ok(format!("Hello, {name}!"))
    }
}

struct Polite;

impl Greetings for Polite {}

#[allow(dead_code, reason = "compiled is enough: it is a program")]
mod program {
    use super::*;

    // part: program
    #[tokio::main]
    async fn main() -> Result<()> {
        naftiko::run(|| Ok(Polite.into_capability())).allow_hosts(["api.example.com"]).await
    }
    // end: program
}

// part: nested
use axum::Router;

/// Serves the capability at `https://example.com/greetings-api/v1/…` and `https://example.com/greetings-api/mcp`.
fn app() -> Router {
    let capability = Polite.into_capability();
    let own = Router::new()
        .merge(capability.rest_router())
        .route_service("/mcp", capability.mcp_service().allow_hosts(["example.com"]));
    Router::new().nest("/greetings-api", own)
}
// end: nested

#[tokio::test]
async fn routes_and_tools_are_below_the_path() {
    let (status, text) = crate::ask(&app(), crate::get("/greetings-api/v1/greetings/Ada")).await;
    assert_eq!((status, text.as_str()), (200, "\"Hello, Ada!\""));
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet","arguments":{"name":"Ada"}}}"#;
    for (host, expected) in [("example.com", 200), ("evil.example", 403)] {
        let post = naftiko::http::Request::post("/greetings-api/mcp")
            .header("host", host)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .body(call.to_owned())
            .unwrap();
        let (status, text) = crate::ask(&app(), post).await;
        assert_eq!(status, expected, "{text}");
    }
}
