//! A ledger that counts its changes, and a client for MCP revisions with and without a handshake.

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use naftiko::store::{MemoryStore, Store, StoreFuture};
use naftiko::{Caller, Capability, Context, Result, capability};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Whether to round up.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
struct Rounded {
    up: bool,
}

/// Keeps the books.
#[capability(exposes(rest(port = 8080), mcp(port = 9090, confirm = "destructive")))]
pub trait Ledger {
    /// Pays an invoice.
    #[rest(post = "/payments/{invoice}")]
    #[tool(confirm, hints(destructive = false))]
    async fn pay(&self, invoice: &str, amount: u64) -> Result<u64>;

    /// Deletes an invoice.
    #[rest(delete = "/invoices/{id}")]
    async fn delete(&self, id: u32) -> Result<()>;

    /// Reads an invoice.
    #[rest(get = "/invoices/{id}")]
    async fn read(&self, id: u32) -> Result<String>;

    /// Moves an invoice to the archive.
    #[rest(delete = "/archive/{id}")]
    #[tool(confirm = false)]
    async fn archive(&self, id: u32) -> Result<()>;

    /// Closes a month, and may ask how to round.
    #[tool(confirm)]
    async fn close(&self, context: &Context, approval: u8) -> Result<String>;
}

/// The books of one test.
#[derive(Default, Clone)]
pub(crate) struct Books(Arc<AtomicU64>);

impl Books {
    /// Returns how many times something was changed.
    pub(crate) fn changes(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Ledger for Books {
    async fn pay(&self, invoice: &str, amount: u64) -> Result<u64> {
        assert!(!invoice.is_empty());
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(amount)
    }

    async fn delete(&self, _: u32) -> Result<()> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    async fn read(&self, id: u32) -> Result<String> {
        Ok(id.to_string())
    }

    async fn archive(&self, _: u32) -> Result<()> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    async fn close(&self, context: &Context, approval: u8) -> Result<String> {
        if !context.can_ask() {
            return Ok(format!("closed {approval}"));
        }
        let up = context.ask::<Rounded>("Round up?").await?.accepted().is_some_and(|rounded| rounded.up);
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(format!("closed {approval}, up: {up}"))
    }
}

/// Keeps the books of another company. Its MCP adapter has the namespace that the adapter of `Ledger` has by default.
#[capability(exposes(rest(port = 8081), mcp(namespace = "ledger-mcp", port = 9091)))]
pub trait OtherLedger {
    /// Pays an invoice.
    #[rest(post = "/payments/{invoice}")]
    #[tool(confirm, hints(destructive = false))]
    async fn pay(&self, invoice: &str, amount: u64) -> Result<u64>;
}

impl OtherLedger for Books {
    async fn pay(&self, invoice: &str, amount: u64) -> Result<u64> {
        Ledger::pay(self, invoice, amount).await
    }
}

/// A tool that only the person at the client can approve.
#[capability(exposes(mcp(port = 9090, approval = "client")))]
pub trait ClientOnly {
    /// Pays an invoice.
    #[tool(confirm)]
    async fn pay(&self, amount: u64) -> Result<u64>;
}

impl ClientOnly for Books {
    async fn pay(&self, amount: u64) -> Result<u64> {
        Ledger::pay(self, "x", amount).await
    }
}

/// A tool that only the host can approve: the program that serves it.
#[capability(exposes(mcp(port = 9090, approval = "host", tool_list = "search")))]
pub trait HostOnly {
    /// Pays an invoice.
    #[tool(confirm)]
    async fn pay(&self, amount: u64) -> Result<u64>;
}

impl HostOnly for Books {
    async fn pay(&self, amount: u64) -> Result<u64> {
        Ledger::pay(self, "x", amount).await
    }
}

/// A store that yields before each `get`, `put_if_absent` and `take`, so that concurrent calls interleave.
#[derive(Default)]
pub(crate) struct Yielding(MemoryStore);

impl Store for Yielding {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            self.0.get(key).await
        })
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            self.0.put_if_absent(key, value, lifetime).await
        })
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, ()> {
        self.0.put(key, value, lifetime)
    }

    fn take<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            self.0.take(key).await
        })
    }
}

/// An MCP client over HTTP, which names its user in the header `x-user`.
pub(crate) struct Client {
    pub(crate) url: String,
    pub(crate) http: reqwest::Client,
    pub(crate) user: Option<&'static str>,
}

impl Client {
    pub(crate) async fn of(capability: &Capability) -> Self {
        let identified = from_fn(async |mut request: Request, next: Next| {
            let user = request.headers().get("x-user").and_then(|user| user.to_str().ok()).map(str::to_owned);
            if let Some(user) = user {
                request.extensions_mut().insert(Caller::new(user));
            }
            next.run(request).await
        });
        let router: axum::Router = capability.rest_router();
        let router = router.route_service("/mcp", capability.mcp_service()).layer(identified);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { url, http: reqwest::Client::new(), user: None }
    }

    pub(crate) fn user(&self, user: &'static str) -> Self {
        Self { url: self.url.clone(), http: self.http.clone(), user: Some(user) }
    }

    fn post(&self, message: &Value) -> reqwest::RequestBuilder {
        let request = self.http.post(format!("{}/mcp", self.url)).header("accept", "application/json").json(message);
        self.user.iter().fold(request, |request, user| request.header("x-user", *user))
    }

    /// Calls a tool as a client of an MCP revision with a handshake, and returns the result.
    pub(crate) async fn legacy(&self, name: &str, arguments: Value) -> Value {
        let params = json!({ "name": name, "arguments": arguments });
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let mut answer: Value = self.post(&message).send().await.unwrap().json().await.unwrap();
        assert!(answer["result"].is_object(), "{answer}");
        answer["result"].take()
    }

    /// Calls a tool as a client of the revision 2026-07-28 that can ask its user, and returns the answer.
    pub(crate) async fn modern(&self, params: Value) -> Value {
        self.modern_with(params, json!({ "elicitation": {} })).await
    }

    pub(crate) async fn modern_with(&self, mut params: Value, capabilities: Value) -> Value {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": capabilities,
        });
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let request = self.post(&message).header("mcp-protocol-version", "2026-07-28");
        let request = request.header("mcp-method", "tools/call").header("mcp-name", params["name"].as_str().unwrap());
        request.send().await.unwrap().json().await.unwrap()
    }
}

/// Returns the token of a call that waits for the host.
pub(crate) fn token(result: &Value) -> String {
    assert_eq!(result["isError"], true, "{result}");
    result["_meta"]["io.naftiko/approval"]["token"].as_str().unwrap_or_else(|| panic!("{result}")).to_owned()
}

/// Returns the text of a result.
pub(crate) fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{result}"))
}

/// Checks that a call was refused, and why.
#[track_caller]
pub(crate) fn assert_refused(result: &Value, why: &str) {
    assert_eq!(result["isError"], true, "{result}");
    assert!(text(result).contains(why), "{result}");
    assert!(result["_meta"]["io.naftiko/approval"].is_null(), "{result}");
}

/// The text of the result of `pay` for the amount 5.
pub(crate) const PAID: &str = r#"{"result":5}"#;
