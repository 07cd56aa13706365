//! A workshop that counts runs of some of its jobs, and clients of both eras.

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use futures_util::StreamExt;
use naftiko::store::{MemoryStore, Store, StoreFuture};
use naftiko::{Caller, Capability, Context, Error, Result, Stream, capability};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// A number that a parsed JSON number cannot hold.
pub(crate) const LONG: u128 = 340_282_366_920_938_463_463_374_607_431_768_211_455;

/// A size.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
struct Size {
    wide: u32,
}

/// Does jobs.
#[capability(
    exposes(mcp(port = 9090)),
    allow(unchecked_scopes, reason = "the server of the tests authenticates callers")
)]
pub trait Jobs {
    /// Returns a long number.
    #[tool(task)]
    async fn compute(&self) -> Result<u128>;

    /// Reports its progress, and waits.
    #[tool(task = "required")]
    #[scope("jobs")]
    async fn hold(&self, context: &Context, text: &str) -> Result<String>;

    /// Fails.
    #[tool(task)]
    async fn fail(&self) -> Result<u64>;

    /// Panics.
    #[tool(task)]
    async fn crash(&self) -> Result<u64>;

    /// Asks for two sizes.
    #[tool(task)]
    async fn measure(&self, context: &Context) -> Result<u32>;

    /// Asks for a size, waits only for a while, and then goes on.
    #[tool(task)]
    async fn hurry(&self, context: &Context) -> Result<String>;

    /// Asks for a size, waits, and asks for another size.
    #[tool(task = "required")]
    async fn cut(&self, context: &Context) -> Result<u32>;

    /// Asks for a size until it is large enough.
    #[tool(task)]
    async fn insist(&self, context: &Context) -> Result<u32>;

    /// Pays.
    #[tool(task, confirm)]
    async fn pay(&self) -> Result<u64>;

    /// Asks for a size, and buys it.
    #[tool(task, confirm)]
    async fn buy(&self, context: &Context) -> Result<u32>;

    /// Returns a long text.
    #[tool(task)]
    async fn write(&self, length: usize) -> Result<String>;

    /// Returns two long texts, and waits between them.
    #[tool(task)]
    async fn tell(&self) -> Result<Stream<String>>;

    /// Greets.
    #[tool]
    async fn greet(&self, name: &str) -> Result<String>;
}

/// Does jobs for others, with an adapter of the same namespace.
#[capability(exposes(mcp(namespace = "jobs-mcp", port = 9091)))]
pub trait OtherJobs {
    /// Returns a long number.
    #[tool(task)]
    async fn compute(&self) -> Result<u128>;
}

impl OtherJobs for Workshop {
    async fn compute(&self) -> Result<u128> {
        Jobs::compute(self).await
    }
}

/// The jobs of one test.
#[derive(Clone)]
pub(crate) struct Workshop {
    /// Permits for waiting jobs to finish.
    pub(crate) gate: Arc<Semaphore>,
    pub(crate) runs: Arc<AtomicU64>,
    /// How many calls of `hold` have ended or have been dropped.
    pub(crate) dropped: Arc<AtomicU64>,
}

impl Default for Workshop {
    fn default() -> Self {
        Self { gate: Arc::new(Semaphore::new(0)), runs: Arc::default(), dropped: Arc::default() }
    }
}

struct CountsDrops(Arc<AtomicU64>);

impl Drop for CountsDrops {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Workshop {
    pub(crate) fn runs(&self) -> u64 {
        self.runs.load(Ordering::SeqCst)
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::SeqCst)
    }
}

impl Jobs for Workshop {
    async fn compute(&self) -> Result<u128> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        Ok(LONG)
    }

    async fn hold(&self, context: &Context, text: &str) -> Result<String> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        let _counted = CountsDrops(self.dropped.clone());
        context.progress(1.0, Some(2.0), "holding").await;
        self.gate.acquire().await.map_err(|_| Error::internal("closed"))?.forget();
        Ok(format!("held {text}"))
    }

    async fn fail(&self) -> Result<u64> {
        Err(Error::internal("the saw is broken"))
    }

    async fn crash(&self) -> Result<u64> {
        panic!("a tooth is missing")
    }

    async fn measure(&self, context: &Context) -> Result<u32> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        // Without this line, a client of the newest revision would be asked before the task begins.
        tokio::task::yield_now().await;
        let (one, other) =
            tokio::join!(context.ask_as::<Size>("one", "How wide?"), context.ask_as::<Size>("other", "And this?"));
        Ok([one?, other?].into_iter().filter_map(naftiko::Reply::accepted).map(|size| size.wide).sum())
    }

    async fn hurry(&self, context: &Context) -> Result<String> {
        let permit = async || self.gate.acquire().await.map_err(|_| Error::internal("closed"));
        tokio::select! {
            reply = context.ask::<Size>("How wide?") => return Ok(format!("{:?}", reply?)),
            permit = permit() => permit?.forget(),
        }
        permit().await?.forget();
        Ok("without an answer".to_owned())
    }

    async fn cut(&self, context: &Context) -> Result<u32> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        let first = context.ask::<Size>("How wide?").await?.accepted();
        self.gate.acquire().await.map_err(|_| Error::internal("closed"))?.forget();
        let second = context.ask::<Size>("And the rest?").await?.accepted();
        Ok([first, second].into_iter().flatten().map(|size| size.wide).sum())
    }

    async fn insist(&self, context: &Context) -> Result<u32> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        loop {
            let size = context.ask_as::<Size>("size", "How wide?").await?.accepted();
            if let Some(size) = size.filter(|size| size.wide > 9) {
                return Ok(size.wide);
            }
        }
    }

    async fn buy(&self, context: &Context) -> Result<u32> {
        let size = context.ask::<Size>("How wide?").await?.accepted();
        self.runs.fetch_add(1, Ordering::SeqCst);
        Ok(size.map_or(0, |size| size.wide))
    }

    async fn pay(&self) -> Result<u64> {
        Ok(self.runs.fetch_add(1, Ordering::SeqCst) + 1)
    }

    async fn write(&self, length: usize) -> Result<String> {
        Ok("x".repeat(length))
    }

    async fn tell(&self) -> Result<Stream<String>> {
        let gate = self.gate.clone();
        let second = async move {
            gate.acquire().await.map_err(|_| Error::internal("closed"))?.forget();
            Ok::<_, Error>("é".repeat(2000))
        };
        let first = futures_util::stream::iter([Ok("é".repeat(2000))]);
        Ok(Stream::from_stream(first.chain(futures_util::stream::once(second))))
    }

    async fn greet(&self, name: &str) -> Result<String> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        Ok(format!("Hello, {name}!"))
    }
}

/// A store that counts how often the heads of tasks are read.
#[derive(Default)]
pub(crate) struct CountingStore {
    store: MemoryStore,
    heads: AtomicU64,
}

impl CountingStore {
    pub(crate) fn heads(&self) -> u64 {
        self.heads.load(Ordering::SeqCst)
    }
}

impl Store for CountingStore {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.heads.fetch_add(u64::from(key.ends_with(":head")), Ordering::SeqCst);
        self.store.get(key)
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, bool> {
        self.store.put_if_absent(key, value, lifetime)
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, ()> {
        self.store.put(key, value, lifetime)
    }

    fn take<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.store.take(key)
    }
}

/// A client over HTTP; the header `x-user` names the caller, `x-scopes` its scopes.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) url: String,
    pub(crate) http: reqwest::Client,
    user: Option<(&'static str, &'static str)>,
}

impl Client {
    pub(crate) async fn of(capability: &Capability) -> Self {
        Self::of_service(capability.mcp_service()).await
    }

    /// Serves MCP, and returns a client whose user is `ada`.
    pub(crate) async fn of_service(service: naftiko::McpService) -> Self {
        let identified = from_fn(async |mut request: Request, next: Next| {
            let caller = {
                let headers = request.headers();
                let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
                (header("x-user"), header("x-scopes"))
            };
            if let (Some(user), Some(scopes)) = caller {
                request.extensions_mut().insert(Caller::new(user).with_scopes(scopes.split(' ')));
            }
            next.run(request).await
        });
        let router = axum::Router::new().route_service("/mcp", service).layer(identified);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { url, http: reqwest::Client::new(), user: None }.user("ada")
    }

    pub(crate) fn user(&self, user: &'static str) -> Self {
        Self { user: Some((user, "jobs")), ..self.clone() }
    }

    pub(crate) fn without_scopes(&self) -> Self {
        Self { user: self.user.map(|(user, _)| (user, "none")), ..self.clone() }
    }

    pub(crate) fn anonymous(&self) -> Self {
        Self { user: None, ..self.clone() }
    }

    pub(crate) fn post(&self, message: &Value) -> reqwest::RequestBuilder {
        self.as_caller(self.http.post(&self.url).json(message))
    }

    /// Adds the headers that name the caller.
    pub(crate) fn as_caller(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match self.user {
            Some((user, scopes)) => request.header("x-user", user).header("x-scopes", scopes),
            None => request,
        }
    }

    /// Returns the text of the answer to a request of the revision 2025-11-25.
    pub(crate) async fn legacy_text(&self, method: &str, params: Value) -> String {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request =
            self.post(&message).header("accept", "application/json").header("mcp-protocol-version", "2025-11-25");
        request.send().await.unwrap().text().await.unwrap()
    }

    pub(crate) async fn legacy(&self, method: &str, params: Value) -> Value {
        serde_json::from_str(&self.legacy_text(method, params).await).unwrap()
    }

    /// Calls a tool as a task of the revision 2025-11-25, and returns the task.
    pub(crate) async fn legacy_task(&self, tool: &str, arguments: Value) -> Value {
        let params = json!({ "name": tool, "arguments": arguments, "task": { "ttl": 60_000 } });
        let mut answer = self.legacy("tools/call", params).await;
        assert!(answer["result"]["task"]["taskId"].is_string(), "{answer}");
        answer["result"]["task"].take()
    }

    /// Returns the text of the answer to a request of the revision 2026-07-28.
    pub(crate) async fn modern_text(&self, method: &str, mut params: Value, capabilities: &Value) -> String {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": capabilities,
        });
        let name = params["name"].as_str().or(params["taskId"].as_str()).unwrap_or_default().to_owned();
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request =
            self.post(&message).header("accept", "application/json").header("mcp-protocol-version", "2026-07-28");
        let request = request.header("mcp-method", method).header("mcp-name", name);
        request.send().await.unwrap().text().await.unwrap()
    }

    /// Returns the answer to a request of a client with tasks, of the revision 2026-07-28.
    pub(crate) async fn modern(&self, method: &str, params: Value) -> Value {
        serde_json::from_str(&self.modern_text(method, params, &with_tasks()).await).unwrap()
    }

    /// Calls a tool as a task of the revision 2026-07-28, and returns the task.
    pub(crate) async fn modern_task(&self, tool: &str, arguments: Value) -> Value {
        let mut answer = self.modern("tools/call", json!({ "name": tool, "arguments": arguments })).await;
        assert_eq!(answer["result"]["resultType"], "task", "{answer}");
        answer["result"].take()
    }

    /// Polls a task of the revision 2026-07-28 until `fits` accepts it.
    pub(crate) async fn modern_until(&self, id: &Value, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let mut answer = self.modern("tasks/get", json!({ "taskId": id })).await;
            assert!(answer["result"].is_object(), "{answer}");
            if fits(&answer["result"]) {
                return answer["result"].take();
            }
            tokio::task::yield_now().await;
        }
    }

    /// Polls a task of the revision 2025-11-25 until `fits` accepts it.
    pub(crate) async fn legacy_until(&self, id: &Value, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let mut answer = self.legacy("tasks/get", json!({ "taskId": id })).await;
            assert!(answer["result"].is_object(), "{answer}");
            if fits(&answer["result"]) {
                return answer["result"].take();
            }
            tokio::task::yield_now().await;
        }
    }
}

/// Returns the capabilities of a client that can ask its user, and knows tasks.
pub(crate) fn with_tasks() -> Value {
    json!({ "elicitation": {}, "extensions": { "io.modelcontextprotocol/tasks": {} } })
}

/// Returns whether a task has this status.
pub(crate) fn is(status: &str) -> impl Fn(&Value) -> bool {
    move |task| task["status"] == status
}
