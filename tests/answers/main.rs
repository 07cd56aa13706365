//! What Rust clients, REST callers and MCP clients get from a call: nothing, text, decoded formats, files, headers,
//! errors.
#![cfg(all(feature = "client", feature = "rest", feature = "mcp", feature = "document", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod callers;
mod codings;
mod errors;
#[cfg(feature = "document")]
mod exported;
mod files;
mod formats;
mod github;
mod heads;
mod nothing;
mod reference;
mod remedies;
mod texts;

use naftiko::Capability;
use naftiko::document::Settings;
use naftiko::spec::{Diagnostic, Policy, Severity};
use naftiko::testing::Upstream;
use serde_json::{Value, json};

const SECRET: &str = "s3cret-t0ken-0123";

/// Returns the URL of a capability: its routes, and its tools at `/mcp`.
async fn serve(capability: Capability) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().merge(capability.rest_router()).route_service("/mcp", capability.mcp_service());
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

/// Returns the status and the JSON of a GET.
async fn get(url: &str, path: &str) -> (u16, Value) {
    let response = reqwest::get(format!("{url}{path}")).await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// Returns the result of a tool.
async fn tool(url: &str, name: &str, arguments: Value) -> Value {
    let params = json!({ "name": name, "arguments": arguments });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let answer = reqwest::Client::new().post(format!("{url}/mcp")).json(&message).send().await.unwrap();
    answer.json::<Value>().await.unwrap()["result"].take()
}

/// Returns the tools that clients see.
async fn tools(url: &str) -> Value {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let answer = reqwest::Client::new().post(format!("{url}/mcp")).json(&message).send().await.unwrap();
    answer.json::<Value>().await.unwrap()["result"]["tools"].take()
}

/// Returns the same capability from its document, which must have no findings other than infos and `nothing_to_do`.
fn documented(capability: &Capability, upstream: &Upstream) -> Capability {
    let text = serde_json::to_string(capability.document()).unwrap();
    let loaded = naftiko::spec::load::load(&text, &Policy { strict: true, ..Policy::default() }).unwrap();
    // A document does not contain the body of an orchestration, so the rule `nothing_to_do` reports it.
    let is_unexpected = |found: &&Diagnostic| found.severity != Severity::Info && found.rule.name != "nothing_to_do";
    let found: Vec<_> = loaded.diagnostics.iter().filter(is_unexpected).collect();
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(loaded.document, *capability.document());
    let settings = Settings::default().upstream("api", upstream.url());
    let settings = if loaded.document.binds.is_empty() { settings } else { settings.bind("KEY", SECRET) };
    naftiko::document::capability(loaded.document, loaded.lowered, settings).unwrap()
}
