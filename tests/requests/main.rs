//! The requests that a trait describes, sent by calls, over REST and by tools. The capability from the trait's document
//! must send the same requests.
#![cfg(all(feature = "client", feature = "rest", feature = "mcp", feature = "testing", feature = "document"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod adapters;
mod bodies;
#[cfg(feature = "compression")]
mod compressed;
mod constraints;
mod files;
mod queries;
mod reference;
mod stripe;

use naftiko::document::{self, Settings};
use naftiko::testing::{Answer, Recorded, Upstream};
use naftiko::{Capability, http};
use serde_json::{Value, json};
use std::fmt::Write;

/// A trait's capability and the same capability from its document, over one upstream.
struct Both {
    upstream: Upstream,
    of_trait: Capability,
    of_document: Capability,
}

impl Both {
    /// Creates both; `client` creates the trait's capability for a base URI.
    async fn new(client: impl FnOnce(&str) -> Capability) -> Self {
        Self::of(client, None, &[("env.TENANT", "acme")], Value::Null).await
    }

    /// Creates both. `document` replaces the exported document, `binds` sets variables, and the API answers each
    /// request with `answer`.
    async fn of(
        client: impl FnOnce(&str) -> Capability,
        document: Option<&str>,
        binds: &[(&str, &str)],
        answer: Value,
    ) -> Self {
        let upstream = Upstream::start().await;
        for method in ["GET", "POST", "PUT", "DELETE"] {
            for depth in 1..8 {
                upstream.answer(method, &"/{any}".repeat(depth), Answer::json(200, answer.clone()));
            }
        }
        let of_trait = client(upstream.url());
        let exported = of_trait.document().to_yaml().unwrap();
        let yaml = document.unwrap_or(&exported);
        let loaded = naftiko::spec::load::load(yaml, &naftiko::spec::load::Policy::default())
            .unwrap_or_else(|refused| panic!("{:#?}\n{yaml}", refused.diagnostics));
        let found: Vec<_> = loaded.reportable().map(|found| found.message.clone()).collect();
        assert!(found.is_empty(), "{found:#?}\n{yaml}");
        let consumes = of_trait.document().all_consumes();
        let settings = consumes
            .iter()
            .fold(Settings::default(), |settings, api| settings.upstream(&api.namespace, upstream.url()));
        let binds = if of_trait.document().all_binds().is_empty() { &[] } else { binds };
        let settings = binds.iter().fold(settings, |settings, (name, value)| settings.bind(*name, *value));
        let of_document = document::capability(loaded.document, loaded.lowered, settings).unwrap();
        Self { upstream, of_trait, of_document }
    }

    /// Returns the request of a call, which must be equal for the trait and its document, and for their tools.
    async fn request(&self, operation: &str, arguments: Value) -> String {
        let of_trait = self.sent(&self.of_trait, operation, &arguments).await;
        let of_document = self.sent(&self.of_document, operation, &arguments).await;
        assert_eq!(of_trait, of_document, "{operation} of the trait, and of its document");
        assert_eq!(self.tool(operation, arguments).await, of_trait, "{operation} as a call, and as a tool");
        of_trait
    }

    async fn sent(&self, capability: &Capability, operation: &str, arguments: &Value) -> String {
        let before = self.upstream.requests().len();
        capability.call(operation, arguments.clone()).await.unwrap_or_else(|why| panic!("{operation}: {why:?}"));
        let requests = self.upstream.requests();
        assert_eq!(requests.len(), before + 1, "{operation}");
        shown(&requests[before])
    }

    /// Returns the request that a tool sends, which must be equal for the trait and its document.
    async fn tool(&self, name: &str, arguments: Value) -> String {
        let mut seen = Vec::new();
        for capability in [&self.of_trait, &self.of_document] {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}/mcp", listener.local_addr().unwrap());
            let router = axum::Router::new().route_service("/mcp", capability.mcp_service());
            tokio::spawn(axum::serve(listener, router).into_future());
            let before = self.upstream.requests().len();
            let params = json!({ "name": name, "arguments": arguments });
            let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
            let answer = reqwest::Client::new().post(url).json(&message).send().await.unwrap();
            let answer: Value = answer.json().await.unwrap();
            assert_eq!(answer["result"]["isError"], false, "{answer}");
            seen.push(shown(&self.upstream.requests()[before]));
        }
        assert_eq!(seen[0], seen[1], "the tools of the trait and of its document send different requests");
        seen.remove(0)
    }

    /// Returns the request that a REST call sends, which must be equal for the trait and its document.
    async fn rest(&self, request: impl Fn(&reqwest::Client, &str) -> reqwest::RequestBuilder) -> String {
        let mut seen = Vec::new();
        for capability in [&self.of_trait, &self.of_document] {
            let url = serve(capability).await;
            let before = self.upstream.requests().len();
            let answer = request(&reqwest::Client::new(), &url).send().await.unwrap();
            let (status, text) = (answer.status(), answer.text().await.unwrap());
            assert!(status.is_success(), "{status}: {text}");
            seen.push(shown(&self.upstream.requests()[before]));
        }
        assert_eq!(seen[0], seen[1], "the trait and its document send different requests");
        seen.remove(0)
    }
}

/// Serves the capability's REST adapter, and returns its URL.
async fn serve(capability: &Capability) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router: axum::Router = capability.rest_router();
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

/// Returns a request as text: the request line, the headers that not every request has, and the body. A multipart
/// boundary is shown as `B`.
fn shown(request: &Recorded) -> String {
    const ALWAYS: [http::HeaderName; 5] = [
        http::header::HOST,
        http::header::ACCEPT_ENCODING,
        http::header::USER_AGENT,
        http::header::CONTENT_LENGTH,
        http::header::TRANSFER_ENCODING,
    ];
    let mut text = format!("{} {}", request.method, request.path_and_query);
    let mut headers: Vec<_> = request.headers.iter().filter(|(name, _)| !ALWAYS.contains(name)).collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    for (name, value) in headers {
        let value = value.to_str().unwrap();
        if !(name == http::header::ACCEPT && value == "application/json") {
            let _ = write!(text, "\n{name}: {value}");
        }
    }
    if !request.body.is_empty() {
        let _ = write!(text, "\n\n{}", String::from_utf8_lossy(&request.body));
    }
    match text.split_once("boundary=").map(|(_, rest)| rest.lines().next().unwrap().to_owned()) {
        Some(boundary) => text.replace(&boundary, "B").replace("\r\n", "\n"),
        None => text,
    }
}
