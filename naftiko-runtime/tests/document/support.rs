//! Helpers for tests of documents: a document, its upstream, and a server for its routes and tools.

use naftiko_runtime::document::{self, Settings};
use naftiko_runtime::spec::lower::{Lowered, lower};
use naftiko_runtime::spec::model::Document;
use naftiko_runtime::testing::{Answer, Recorded, Upstream};
use naftiko_runtime::{Capability, Result};
use serde_json::{Value, json};

/// Indents the lines of a text.
pub(crate) fn indented(text: &str, by: usize) -> String {
    let pad = " ".repeat(by);
    text.trim_matches('\n').lines().flat_map(|line| [&pad, line, "\n"]).collect()
}

/// Returns a document with one API, `api`; the arguments are YAML: further keys of the API, its resources, and the
/// adapters.
pub(crate) fn yaml(more: &str, resources: &str, exposes: &str) -> String {
    format!(
        "naftiko: 1.0.0-alpha2\ninfo: {{ label: Things, description: Things. }}\ncapability:\n  consumes:\n  - type: http\n    \
         namespace: api\n    baseUri: http://api.example\n{}    resources:\n{}  exposes:\n{}",
        indented(more, 4),
        indented(resources, 4),
        indented(exposes, 2)
    )
}

/// Lowers a document, which must have no findings except repairs.
pub(crate) fn lowered(yaml: &str) -> (Document, Lowered) {
    let document = Document::from_yaml(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    let (lowered, diagnostics) = lower(&document);
    let faults: Vec<_> = diagnostics.iter().filter(|diagnostic| !diagnostic.rule.is_repair()).collect();
    assert!(faults.is_empty(), "{faults:?}");
    (document, lowered)
}

/// Returns the capability with that upstream as its API.
pub(crate) fn capability(yaml: &str, upstream: &Upstream) -> Capability {
    load(yaml, Settings::default().upstream("api", upstream.url())).unwrap()
}

pub(crate) fn load(yaml: &str, settings: Settings) -> Result<Capability> {
    let (document, lowered) = lowered(yaml);
    document::capability(document, lowered, settings)
}

/// Starts an upstream that answers these requests with `{"ok":true}`.
pub(crate) async fn upstream(routes: &[(&str, &str)]) -> Upstream {
    let upstream = Upstream::start().await;
    for (method, path) in routes {
        upstream.answer(method, path, Answer::json(200, json!({ "ok": true })));
    }
    upstream
}

/// Returns the only request that arrived.
pub(crate) fn only(upstream: &Upstream) -> Recorded {
    let requests = upstream.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    requests.into_iter().next().unwrap()
}

/// Calls an operation, and returns the request that it sends.
pub(crate) async fn sent(yaml: &str, upstream: &Upstream, operation: &str, arguments: Value) -> Recorded {
    capability(yaml, upstream).call(operation, arguments).await.unwrap();
    only(upstream)
}

/// Serves the capability's routes, and its tools at `/mcp`; returns the address.
pub(crate) async fn serve(capability: &Capability) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router: axum::Router = capability.rest_router();
    let router = router.route_service("/mcp", capability.mcp_service());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

/// Returns the result of a tool.
pub(crate) async fn tool(url: &str, name: &str, arguments: Value) -> Value {
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": name, "arguments": arguments } });
    let request = reqwest::Client::new()
        .post(format!("{url}/mcp"))
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-11-25")
        .json(&call);
    let text = request.send().await.unwrap().text().await.unwrap();
    let json = text.lines().find_map(|line| line.strip_prefix("data: ").filter(|data| data.starts_with('{')));
    let answer: Value = serde_json::from_str(json.unwrap_or(&text)).unwrap_or_else(|_| panic!("{text}"));
    answer.get("result").unwrap_or_else(|| panic!("{answer}")).clone()
}
