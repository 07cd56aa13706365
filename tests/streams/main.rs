//! Streams of items, from an API to clients, REST callers and MCP clients.
#![cfg(all(feature = "client", feature = "rest", feature = "mcp", feature = "document", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
mod documents;
mod limits;
mod mcp;
mod panics;
mod rest;

use axum::body::{Body, Bytes};
use axum::routing::get;
use naftiko::{Result, Stream, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::io;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

const SECRET: &str = "s3cret-t0ken-0123";

/// An event of the tests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    id: u64,
    name: String,
}

/// Watches things.
#[capability(
    consumes(namespace = "api", base_uri = "https://api.acme.io", authentication(bearer = "{{env.KEY}}")),
    binds(env(KEY)),
    exposes(rest(port = 1), mcp(port = 2))
)]
pub trait Watcher {
    /// Watches events.
    #[get("/events/{topic}")]
    async fn watch(&self, topic: &str) -> Result<Stream<Event>>;

    /// Reads texts.
    #[get("/texts")]
    async fn texts(&self) -> Result<Stream<String>>;

    /// Watches the names of events, with the head of the answer.
    #[get("/events/{topic}", response_headers("X-Topic"))]
    #[output("$.name")]
    #[rest(path = "/names/{topic}")]
    async fn names(&self, topic: &str) -> Result<naftiko::http::Response<Stream<String>>>;

    /// Counts.
    #[rest(get = "/numbers")]
    async fn numbers(&self) -> Result<Stream<u32>> {
        Ok(Stream::from_iter([1, 2, 3]))
    }
}

/// Returns an event of the tests.
fn event(id: u64) -> Event {
    Event { id, name: format!("n{id}") }
}

/// Returns a client of an API at this URL.
fn client(url: &str) -> WatcherClient {
    WatcherClient::builder().base_uri(url).bind("KEY", SECRET).build().unwrap()
}

/// An API whose answers are sent piece by piece.
#[derive(Clone)]
struct Live {
    url: String,
    answers: Arc<Mutex<Vec<mpsc::Receiver<io::Result<Bytes>>>>>,
}

impl Live {
    async fn start(content_type: &'static str) -> Self {
        let answers: Arc<Mutex<Vec<mpsc::Receiver<io::Result<Bytes>>>>> = Arc::default();
        let planned = answers.clone();
        let answer = move || {
            let pieces = planned.lock().unwrap().pop().unwrap();
            let pieces =
                futures_util::stream::unfold(pieces, |mut pieces| async move { Some((pieces.recv().await?, pieces)) });
            std::future::ready(([("content-type", content_type)], Body::from_stream(pieces)))
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = axum::Router::new().route("/events/{topic}", get(answer));
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { url, answers }
    }

    /// Plans an answer, and returns the channel for its pieces. An error in the channel breaks the answer off. The
    /// channel closes when the client stops reading the answer.
    fn answer(&self) -> mpsc::Sender<io::Result<Bytes>> {
        let (sender, pieces) = mpsc::channel(1);
        self.answers.lock().unwrap().push(pieces);
        sender
    }
}
