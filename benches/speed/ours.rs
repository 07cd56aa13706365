//! The same as a capability.

use super::peers::Token;
use axum::Router;
use naftiko::{RawJson, Result, capability};

/// Lists, typed and raw.
#[capability(
    consumes(namespace = "lists", base_uri = "http://127.0.0.1:1"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
trait Lists {
    /// A list, typed.
    #[get("/lists/{size}")]
    #[rest(path = "/typed/{size}")]
    async fn typed(&self, size: usize) -> Result<Vec<Token>>;

    /// A list, as it comes.
    #[get("/lists/{size}", name = "raw")]
    #[rest(path = "/raw/{size}")]
    async fn raw(&self, size: usize) -> Result<RawJson>;
}

pub(crate) fn router(upstream: u16) -> Router {
    let client = ListsClient::builder().base_uri(format!("http://127.0.0.1:{upstream}")).build().expect("a client");
    let capability = client.into_capability();
    Router::new().merge(capability.rest_router()).route_service("/mcp", capability.mcp_service())
}
