//! A server with both adapters of a capability, and methods that call it.

use naftiko::Capability;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) async fn of(request: reqwest::RequestBuilder) -> Self {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Self { status, headers, text: answer.text().await.unwrap() }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A capability that is served: REST at the root, MCP at `/mcp`.
pub(crate) struct Served {
    pub(crate) url: String,
    pub(crate) http: reqwest::Client,
}

impl Served {
    pub(crate) async fn new(capability: &Capability) -> Self {
        let router: axum::Router = capability.rest_router();
        Self::with(router.route_service("/mcp", capability.mcp_service())).await
    }

    /// Serves a router.
    pub(crate) async fn with(router: axum::Router) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, http: reqwest::Client::new() }
    }

    /// Gets a path, with these headers.
    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        let request = self.http.get(format!("{}{path}", self.url));
        Reply::of(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
    }

    /// Sends an MCP request, with these headers.
    pub(crate) async fn mcp(&self, method: &str, params: Value, headers: &[(&str, &str)]) -> Reply {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request = self.http.post(format!("{}/mcp", self.url)).json(&message);
        let request = request.header("accept", "application/json, text/event-stream");
        Reply::of(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
    }

    /// Calls a tool.
    pub(crate) async fn tool(&self, name: &str, arguments: Value, headers: &[(&str, &str)]) -> Reply {
        self.mcp("tools/call", json!({ "name": name, "arguments": arguments }), headers).await
    }
}
