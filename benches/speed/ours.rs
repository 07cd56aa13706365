//! The naftiko server: the same lists as a trait and as a document.

use super::load::TOKEN;
use super::peers::Token;
use axum::Router;
use naftiko::document::{self, Settings};
use naftiko::{CallerAuthentication, RawJson, Result, capability};

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

    /// A list, unparsed.
    #[get("/lists/{size}", name = "raw")]
    #[rest(path = "/raw/{size}")]
    async fn raw(&self, size: usize) -> Result<RawJson>;
}

/// The raw list as a document.
const DOCUMENT: &str = r"
naftiko: 1.0.0-alpha2
info: { label: Lists, description: Lists as they come. }
capability:
  consumes:
  - type: http
    namespace: lists
    baseUri: http://127.0.0.1:1
    resources:
    - { name: lists, path: '/lists/{size}', operations: [{ name: list, method: GET }] }
  exposes:
  - type: rest
    namespace: lists-rest
    port: 8080
    resources:
    - { path: '/document/{size}', operations: [{ method: GET, name: list, call: lists.list }] }
";

/// Returns the document's routes.
fn document(upstream: u16) -> Router {
    let reading = naftiko::spec::read::read(DOCUMENT).expect("a document");
    let (lowered, _) = naftiko::spec::lower::lower(&reading.document);
    let settings = Settings::default().upstream("lists", format!("http://127.0.0.1:{upstream}"));
    document::capability(reading.document, lowered, settings).expect("a capability").rest_router()
}

pub(crate) fn router(upstream: u16) -> Router {
    let client = ListsClient::builder().base_uri(format!("http://127.0.0.1:{upstream}")).build().expect("a client");
    let capability = client.into_capability();
    Router::new()
        .merge(capability.rest_router())
        .merge(document(upstream))
        .route_service("/mcp", capability.mcp_service())
        .route_service("/bearer", capability.with_authentication(CallerAuthentication::bearer(TOKEN)).mcp_service())
}
