//! The capabilities under test, a store for their replicas, and a client with a session.

use super::messages::Messages;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use naftiko::store::{MemoryStore, Store, StoreFuture};
use naftiko::{Caller, Capability, Context, Error, Reply, Result, capability};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) const REVISION: &str = "2025-11-25";

/// A name.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
struct Named {
    name: String,
}

/// Keeps notes.
#[capability(exposes(mcp(port = 9090, sessions)))]
pub trait Notes {
    /// The note of today.
    #[resource(uri = "notes://today")]
    async fn today(&self) -> Result<String> {
        Ok("none".to_owned())
    }

    /// All notes of a day.
    #[resource(uri = "notes://{day}")]
    async fn of_day(&self, day: &str) -> Result<String> {
        Ok(day.to_owned())
    }

    /// Changes notes, and returns how many.
    #[tool]
    async fn change(&self, context: &Context, uris: Vec<String>) -> Result<usize> {
        for uri in &uris {
            context.resource_changed(uri);
        }
        context.log(naftiko::LogLevel::Debug, "changed").await;
        Ok(uris.len())
    }

    /// Asks for a name.
    #[tool]
    async fn greet(&self, context: &Context) -> Result<String> {
        match context.ask::<Named>("Who?").await? {
            Reply::Accepted(Named { name }) => Ok(format!("Hello, {name}!")),
            _ => Ok("Hello!".to_owned()),
        }
    }
}

struct Paper;

impl Notes for Paper {}

/// Keeps lists.
#[capability(exposes(mcp(port = 9091, sessions)))]
pub trait Lists {
    /// Counts the lists.
    #[tool]
    async fn count(&self) -> Result<usize> {
        Ok(0)
    }
}

impl Lists for Paper {}

/// Keeps drafts, with an adapter that has the namespace of the adapter of the notes.
#[capability(exposes(mcp(namespace = "notes-mcp", port = 9092, sessions)))]
pub trait Drafts {
    /// Counts the drafts.
    #[tool]
    async fn count(&self) -> Result<usize> {
        Ok(0)
    }
}

impl Drafts for Paper {}

/// Returns a capability whose adapter has the namespace of the adapter of the notes.
pub(crate) fn drafts() -> Capability {
    Drafts::into_capability(Paper)
}

/// Returns another capability of the same crate.
pub(crate) fn lists() -> Capability {
    Lists::into_capability(Paper)
}

pub(crate) fn notes() -> Capability {
    Notes::into_capability(Paper)
}

/// A store that other processes could use. It records what is written, and can fail or panic.
#[derive(Default)]
pub(crate) struct SharedMemory {
    store: MemoryStore,
    written: Mutex<Vec<String>>,
    pub(crate) fails: AtomicBool,
    pub(crate) panics: AtomicBool,
}

impl SharedMemory {
    /// Returns the keys and values that have been written.
    pub(crate) fn written(&self) -> String {
        self.written.lock().unwrap().join("\n")
    }

    fn usable(&self) -> Option<&MemoryStore> {
        assert!(!self.panics.load(Ordering::SeqCst), "out of luck");
        (!self.fails.load(Ordering::SeqCst)).then_some(&self.store)
    }

    fn record(&self, key: &str, value: &[u8]) {
        self.written.lock().unwrap().push(format!("{key} {}", String::from_utf8_lossy(value)));
    }
}

fn failed<'a, T: Send + 'a>() -> StoreFuture<'a, T> {
    Box::pin(async { Err(Error::internal("the store fails")) })
}

impl Store for SharedMemory {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.usable().map_or_else(failed, |store| store.get(key))
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, bool> {
        self.record(key, &value);
        self.usable().map_or_else(failed, |store| store.put_if_absent(key, value, lifetime))
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, ()> {
        self.record(key, &value);
        self.usable().map_or_else(failed, |store| store.put(key, value, lifetime))
    }

    fn take<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.usable().map_or_else(failed, |store| store.take(key))
    }
}

/// Serves a replica, and returns its URL. The header `x-user` names the caller.
pub(crate) async fn serve(capability: &Capability) -> String {
    let identified = from_fn(async |mut request: Request, next: Next| {
        let user = request.headers().get("x-user").and_then(|user| user.to_str().ok()).map(str::to_owned);
        if let Some(user) = user {
            request.extensions_mut().insert(Caller::new(user));
        }
        next.run(request).await
    });
    let router: axum::Router = axum::Router::new().route_service("/mcp", capability.mcp_service()).layer(identified);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

/// Serves two replicas with one store.
pub(crate) async fn two(store: impl Fn() -> Arc<dyn Store>) -> [String; 2] {
    [serve(&notes().with_store(store())).await, serve(&notes().with_store(store())).await]
}

/// Advances the clock.
pub(crate) async fn pass(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

/// A client with a session.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) http: reqwest::Client,
    pub(crate) id: String,
    pub(crate) user: &'static str,
}

impl Session {
    /// Begins a session, and returns the answer to `initialize`.
    pub(crate) async fn try_begin(url: &str) -> reqwest::Response {
        let params = json!({
            "protocolVersion": REVISION,
            "capabilities": { "elicitation": {}, "experimental": { "key": { "secret": "s3cret" } } },
            "clientInfo": { "name": "test", "version": "1", "icons": [{ "src": "data:image/png;base64,s3cret" }] },
            "_meta": { "authorization": "s3cret" },
        });
        let message = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        let request = reqwest::Client::new().post(url).header("x-user", "ada").header("authorization", "s3cret");
        request.header("accept", "application/json, text/event-stream").json(&message).send().await.unwrap()
    }

    pub(crate) async fn begin(url: &str) -> Self {
        let begun = Self::try_begin(url).await;
        assert_eq!(begun.status(), 200);
        let id = begun.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        let session = Self { http: reqwest::Client::new(), id, user: "ada" };
        let ready = session.post(url, &json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        assert_eq!(ready.status(), 202);
        session
    }

    /// Returns the session in the hands of another caller.
    pub(crate) fn stolen(&self, user: &'static str) -> Self {
        Self { user, ..self.clone() }
    }

    fn with_session(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        let request = request.header("x-user", self.user).header("authorization", "s3cret");
        request.header("mcp-session-id", &self.id).header("mcp-protocol-version", REVISION)
    }

    pub(crate) async fn post(&self, url: &str, message: &Value) -> reqwest::Response {
        let request = self.with_session(self.http.post(url));
        request.header("accept", "application/json, text/event-stream").json(message).send().await.unwrap()
    }

    /// Sends a request, and returns the messages of the answer.
    pub(crate) async fn request(&self, url: &str, method: &str, params: Value) -> Messages {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        Messages::of(self.post(url, &message).await)
    }

    /// Sends a request, and returns the status and the answer.
    pub(crate) async fn ask(&self, url: &str, method: &str, params: Value) -> (u16, Value) {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let response = self.post(url, &message).await;
        let status = response.status().as_u16();
        if status != 200 {
            return (status, response.json().await.unwrap());
        }
        let mut messages = Messages::of(response);
        loop {
            let message = messages.next().await.unwrap();
            if message["id"] == 1 && message["method"].is_null() {
                return (status, message);
            }
        }
    }

    /// Changes notes.
    pub(crate) async fn change(&self, url: &str, uris: Value) -> u16 {
        let (status, answer) =
            self.ask(url, "tools/call", json!({ "name": "change", "arguments": { "uris": uris } })).await;
        assert!(status != 200 || answer["result"]["isError"] == false, "{answer}");
        status
    }

    pub(crate) async fn get(&self, url: &str, after: Option<&str>) -> reqwest::Response {
        let request = self.with_session(self.http.get(url)).header("accept", "text/event-stream");
        let request = after.into_iter().fold(request, |request, after| request.header("last-event-id", after));
        request.send().await.unwrap()
    }

    /// Listens for notifications.
    pub(crate) async fn listen(&self, url: &str) -> Messages {
        Messages::of(self.get(url, None).await)
    }

    pub(crate) async fn end(&self, url: &str) -> u16 {
        self.with_session(self.http.delete(url)).send().await.unwrap().status().as_u16()
    }
}

impl Messages {
    /// Returns the URI of the next change.
    pub(crate) async fn changed(&mut self) -> Value {
        let mut message = self.next().await.unwrap();
        assert_eq!(message["method"], "notifications/resources/updated", "{message}");
        message["params"]["uri"].take()
    }
}
