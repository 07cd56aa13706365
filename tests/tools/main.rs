//! Tests of tools, as clients and models get them: their lists, hints and schemas, and the forms of their results.
#![cfg(all(feature = "client", feature = "rest", feature = "mcp", feature = "cli"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod budget;
mod clients;
mod content;
mod deep_arguments;
mod digits;
mod examples;
mod freshness;
mod hints;
mod keywords;
mod ordered;
mod providers;
mod questions;
mod replies;
mod search;
mod structured_content;
mod truncated;

use naftiko::Capability;
use serde_json::{Value, json};

macro_rules! examples {
    ($($name:ident $path:literal),* $(,)?) => {$(
        #[allow(dead_code, unused_imports, reason = "the example's program and demo are not used here")]
        #[path = $path]
        mod $name;
    )*};
}

examples! {
    humanitec_tokeninfo "../../examples/humanitec_tokeninfo.rs",
    label_studio_tokens "../../examples/label_studio_tokens.rs",
    logto_create_resource "../../examples/logto_create_resource.rs",
    logto_subject_tokens "../../examples/logto_subject_tokens.rs",
    stackrox_apitokens "../../examples/stackrox_apitokens.rs",
}

/// Serves the first MCP adapter of a capability, and returns its URL.
async fn serve(capability: Capability) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let router = axum::Router::new().route_service("/mcp", capability.mcp_service());
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

/// Returns the unparsed answer to a request.
async fn ask(url: &str, method: &str, params: Value) -> String {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    reqwest::Client::new().post(url).json(&message).send().await.unwrap().text().await.unwrap()
}

/// Returns the tools of a capability.
async fn tools(capability: Capability) -> Vec<Value> {
    let answer: Value = serde_json::from_str(&ask(&serve(capability).await, "tools/list", json!({})).await).unwrap();
    answer["result"]["tools"].as_array().unwrap().clone()
}
