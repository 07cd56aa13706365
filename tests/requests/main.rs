//! What a trait can say of a request, and what goes out: by client, REST and a tool, and the same of the trait's document.
#![cfg(all(feature = "client", feature = "rest", feature = "mcp", feature = "testing", feature = "document"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod bodies;
mod files;
mod queries;

use naftiko::document::{self, Settings};
use naftiko::testing::{Answer, Recorded, Upstream};
use naftiko::{Capability, http};
use serde_json::Value;

/// A capability of a trait and the same of its document, over one upstream.
struct Both {
    upstream: Upstream,
    of_trait: Capability,
    of_document: Capability,
}

impl Both {
    /// Makes both; `client` makes the one of the trait for a base URI.
    async fn new(namespace: &str, client: impl FnOnce(&str) -> Capability) -> Self {
        let upstream = Upstream::start().await;
        for method in ["GET", "POST", "PUT", "DELETE"] {
            for depth in 1..8 {
                let path = "/{any}".repeat(depth);
                upstream.answer(method, &path, Answer::json(200, Value::Null));
            }
        }
        let of_trait = client(upstream.url());
        let yaml = of_trait.document().to_yaml().unwrap();
        let loaded = naftiko::spec::load::load(&yaml, &naftiko::spec::load::Policy::default())
            .unwrap_or_else(|refused| panic!("{:#?}\n{yaml}", refused.diagnostics));
        let found: Vec<_> = loaded.to_report().map(|found| found.message.clone()).collect();
        assert!(found.is_empty(), "{found:#?}\n{yaml}");
        let settings = Settings::default().upstream(namespace, upstream.url());
        let binds = of_trait.document().all_binds();
        let settings = if binds.is_empty() { settings } else { settings.bind("env.TENANT", "acme") };
        let of_document = document::capability(loaded.document, loaded.lowered, settings).unwrap();
        Self { upstream, of_trait, of_document }
    }

    /// The request that a call leads to, the same from the trait and from its document.
    async fn request(&self, operation: &str, arguments: Value) -> String {
        let of_trait = self.sent(&self.of_trait, operation, &arguments).await;
        let of_document = self.sent(&self.of_document, operation, &arguments).await;
        assert_eq!(of_trait, of_document, "{operation} of the trait, and of its document");
        of_trait
    }

    async fn sent(&self, capability: &Capability, operation: &str, arguments: &Value) -> String {
        let before = self.upstream.requests().len();
        capability.call(operation, arguments.clone()).await.unwrap_or_else(|why| panic!("{operation}: {why:?}"));
        let requests = self.upstream.requests();
        assert_eq!(requests.len(), before + 1, "{operation}");
        shown(&requests[before])
    }

    /// What a REST request to both leads to.
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
        assert_eq!(seen[0], seen[1], "the trait, and its document");
        seen.remove(0)
    }
}

/// The URL of the capability's REST adapter.
async fn serve(capability: &Capability) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router: axum::Router = capability.rest_router();
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

/// A request as text: its line, the headers that are not the same for all, its body. A boundary is `B`.
fn shown(request: &Recorded) -> String {
    const ALWAYS: [http::HeaderName; 5] = [
        http::header::HOST,
        http::header::ACCEPT_ENCODING,
        http::header::USER_AGENT,
        http::header::CONTENT_LENGTH,
        http::header::TRANSFER_ENCODING,
    ];
    let mut text = format!("{} {}", request.method, request.path_and_query);
    for (name, value) in request.headers.iter().filter(|(name, _)| !ALWAYS.contains(name)) {
        let value = value.to_str().unwrap();
        if !(name == http::header::ACCEPT && value == "application/json") {
            text += &format!("\n{name}: {value}");
        }
    }
    if !request.body.is_empty() {
        text += &format!("\n\n{}", String::from_utf8_lossy(&request.body));
    }
    match text.split_once("boundary=").map(|(_, rest)| rest.lines().next().unwrap().to_owned()) {
        Some(boundary) => text.replace(&boundary, "B").replace("\r\n", "\n"),
        None => text,
    }
}
