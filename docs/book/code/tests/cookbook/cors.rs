//! Calls from web pages of other origins.

use naftiko::{Result, capability};

/// Greets people.
#[capability(exposes(rest(port = 8080), mcp(port = 9090)))]
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
        naftiko::run(|| Ok(Polite.into_capability())).allow_origins(["https://app.example.com"]).await
    }
    // end: program
}

// part: embedded
use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use naftiko::http::{HeaderValue, Method, StatusCode};

const ORIGIN: HeaderValue = HeaderValue::from_static("https://app.example.com");

/// Lets pages of one origin call the REST router.
async fn cors(request: Request, next: Next) -> Response {
    let known = request.headers().get("origin") == Some(&ORIGIN);
    let preflight = request.method() == Method::OPTIONS;
    let mut answer = if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = answer.headers_mut();
    headers.append("vary", HeaderValue::from_static("Origin"));
    if known {
        headers.insert("access-control-allow-origin", ORIGIN);
        headers.insert("access-control-allow-methods", HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE"));
        headers.insert("access-control-allow-headers", HeaderValue::from_static("authorization, content-type"));
    }
    answer
}

fn app() -> Router {
    let capability = Polite.into_capability();
    Router::new()
        .merge(capability.rest_router().layer(middleware::from_fn(cors)))
        // The MCP service answers preflight requests itself.
        .route_service("/mcp", capability.mcp_service().allow_origins(["https://app.example.com"]))
}
// end: embedded

#[tokio::test]
async fn only_pages_of_the_allowed_origin_may_read_answers() {
    let request = |origin: &str| {
        naftiko::http::Request::get("/greetings/Ada").header("origin", origin).body(String::new()).unwrap()
    };
    let allowed = |answer: &Response| answer.headers().get("access-control-allow-origin").cloned();
    let answer = crate::send(&app(), request("https://app.example.com")).await;
    assert_eq!((answer.status(), allowed(&answer)), (StatusCode::OK, Some(ORIGIN)));
    assert_eq!(allowed(&crate::send(&app(), request("https://evil.example")).await), None);

    for (path, status) in [("/greetings/Ada", 204), ("/mcp", 204)] {
        let preflight = naftiko::http::Request::options(path)
            .header("host", "127.0.0.1")
            .header("origin", "https://app.example.com")
            .header("access-control-request-method", "POST")
            .body(String::new())
            .unwrap();
        let answer = crate::send(&app(), preflight).await;
        assert_eq!((answer.status().as_u16(), allowed(&answer)), (status, Some(ORIGIN)), "{path}");
    }
}
