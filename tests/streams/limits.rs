//! Limits of streams: memory, and time without a byte. Streams are not joined or cached, and are retried only before they begin.

use crate::mcp::Client;
use crate::{Event, Live, Watcher, WatcherClient, client, event};
use axum::body::Bytes;
use futures_util::stream::{self, StreamExt};
use naftiko::testing::{Answer, Upstream};
use naftiko::{Error, ErrorKind, Result, Stream, capability};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

#[tokio::test]
async fn an_item_has_the_limit_of_an_answer_and_a_stream_has_none() {
    let upstream = Upstream::start().await;
    let client = WatcherClient::builder().base_uri(upstream.url()).bind("KEY", "k").max_answer(1000).build().unwrap();
    let line = Bytes::from("{\"id\":1,\"name\":\"n1\"}\n");
    let many = Answer::of(200, "application/x-ndjson", "").body(std::iter::repeat_n(line, 500));
    upstream.answer("GET", "/events/many", many);
    let mut stream = client.watch("many").await.unwrap();
    for _ in 0..500 {
        assert_eq!(stream.next().await.unwrap().unwrap(), event(1));
    }
    assert!(stream.next().await.is_none());

    let piece = Bytes::from(vec![b' '; 400]);
    for (topic, content_type) in [("line", "application/x-ndjson"), ("event", "text/event-stream")] {
        let long = Answer::of(200, content_type, "").body(std::iter::repeat_n(piece.clone(), 10)).without_length();
        upstream.answer("GET", &format!("/events/{topic}"), long.then_stall());
        let mut stream = client.watch(topic).await.unwrap();
        let error = stream.next().await.unwrap().unwrap_err();
        let expected = "`api` sent an item of more than 1000 bytes, the limit of the client (`max_answer`)";
        assert_eq!(error.to_string(), expected);
        assert!(stream.next().await.is_none());
    }
}

#[tokio::test]
async fn a_stream_may_last_longer_than_a_call() {
    let live = Live::start("application/x-ndjson").await;
    let answer = live.answer();
    let mut stream = client(&live.url).watch("all").await.unwrap();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(3600)).await;
    tokio::time::resume();
    answer.send(Ok("{\"id\":1,\"name\":\"n1\"}\n".into())).await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), event(1));
}

#[tokio::test]
async fn silence_ends_a_stream() {
    let upstream = Upstream::start().await;
    let limit = Duration::from_millis(50);
    let client = WatcherClient::builder().base_uri(upstream.url()).bind("KEY", "k").stream_idle(limit).build().unwrap();
    let silent = Answer::of(200, "text/event-stream", ": hello\n\n").without_length().then_stall();
    upstream.answer("GET", "/events/silent", silent);
    let mut stream = client.watch("silent").await.unwrap();
    let error = stream.next().await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "`api` sent nothing for 50ms, the limit within a stream (`stream_idle`)");
    assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::Timeout, 504));
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn the_limit_of_a_call_applies_until_the_stream_begins() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/events/never", Answer::hang());
    let limit = Duration::from_millis(50);
    let hasty = WatcherClient::builder().base_uri(upstream.url()).bind("KEY", "k").timeout(limit).build().unwrap();
    assert_eq!(hasty.watch("never").await.unwrap_err().kind(), ErrorKind::Timeout);
    // A client with the default limit still waits.
    let patient = client(upstream.url());
    tokio::time::timeout(limit, patient.watch("never")).await.unwrap_err();
}

/// Follows events.
#[capability(
    consumes(
        namespace = "api",
        base_uri = "https://api.acme.io",
        cache("1MiB"),
        resilience(retry(3, backoff = "1ms")),
    ),
    exposes(rest(port = 1))
)]
pub trait Follower {
    /// Follows events.
    #[get("/events/{topic}")]
    async fn follow(&self, topic: &str) -> Result<Stream<Event>>;
}

#[tokio::test]
async fn identical_streams_are_not_joined() {
    // The media type is not a streaming one, so the answer could be mistaken for one that identical calls share.
    let live = Live::start("application/json").await;
    let client = FollowerClient::builder().base_uri(&live.url).build().unwrap();
    let mut open = Vec::new();
    for id in 1..=2 {
        let answer = live.answer();
        let mut stream = client.follow("all").await.unwrap();
        answer.send(Ok(format!("{{\"id\":{id},\"name\":\"n{id}\"}}\n").into())).await.unwrap();
        assert_eq!(stream.next().await.unwrap().unwrap(), event(id));
        // Keeps this stream open while the next one begins.
        open.push((stream, answer));
    }
}

#[tokio::test]
async fn streams_are_not_cached_and_only_retried_before_they_begin() {
    let upstream = Upstream::start().await;
    let client = FollowerClient::builder().base_uri(upstream.url()).build().unwrap();
    let line = "{\"id\":1,\"name\":\"n1\"}\n";
    let kept = Answer::of(200, "application/x-ndjson", line).header("cache-control", "max-age=60");
    upstream.answer("GET", "/events/kept", kept);
    for requests in 1..=2 {
        let mut stream = client.follow("kept").await.unwrap();
        assert_eq!(stream.next().await.unwrap().unwrap(), event(1));
        assert!(stream.next().await.is_none());
        assert_eq!(upstream.requests().len(), requests);
    }
    let upstream = Upstream::start().await;
    let client = FollowerClient::builder().base_uri(upstream.url()).build().unwrap();
    upstream.answer("GET", "/events/busy", Answer::status(503));
    client.follow("busy").await.unwrap_err();
    assert_eq!(upstream.requests().len(), 3);
    upstream.answer("GET", "/events/cut", Answer::cut_off());
    let mut stream = client.follow("cut").await.unwrap();
    stream.next().await.unwrap().unwrap_err();
    assert_eq!(upstream.requests().len(), 4);
}

/// Returns items, and then waits.
#[capability(exposes(mcp(port = 1), rest(port = 2)))]
trait Slow {
    /// Many items.
    #[resource(uri = "slow://items")]
    #[rest(get = "/items")]
    async fn items(&self) -> Result<Stream<String>>;

    /// Changes something, and returns many items.
    #[tool]
    async fn change(&self) -> Result<Stream<String>> {
        self.items().await
    }
}

/// The permits of the streams of one test.
#[derive(Clone)]
struct Gate {
    arrived: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

impl Slow for Gate {
    async fn items(&self) -> Result<Stream<String>> {
        let Self { arrived, open } = self.clone();
        let items = stream::iter(std::iter::repeat_n("x".repeat(1000), 900).map(Ok::<_, Error>));
        let last = stream::once(async move {
            arrived.add_permits(1);
            open.acquire().await.map_err(|_| Error::internal("closed"))?.forget();
            Ok("end".to_owned())
        });
        Ok(Stream::from_stream(items.chain(last)))
    }
}

#[tokio::test]
async fn a_stream_that_is_buffered_counts_towards_the_memory_of_answers() {
    let gate = Gate { arrived: Arc::new(Semaphore::new(0)), open: Arc::new(Semaphore::new(0)) };
    let limits = naftiko::Limits { answers: 1 << 20, ..Default::default() };
    let capability = Slow::into_capability(gate.clone()).with_limits(limits);
    let client = Client::of(&capability).await;
    let read = async || {
        let answer = client.send("application/json", "resources/read", json!({ "uri": "slow://items" })).await;
        answer.json::<Value>().await.unwrap()
    };
    let refusals = async {
        gate.arrived.acquire().await.unwrap().forget();
        let refused = read().await;
        let called = capability.call("items", json!({})).await;
        let changed = capability.call("change", json!({})).await;
        gate.open.add_permits(1);
        (refused, called, changed)
    };
    let (first, (refused, called, changed)) =
        timeout(Duration::from_secs(30), futures_util::future::join(read(), refusals)).await.expect("the answers");
    assert!(first["result"].is_object(), "{first}");
    assert!(refused["error"]["message"].as_str().is_some_and(|why| why.contains("shared 1 MiB")), "{refused}");
    assert!(called.unwrap_err().to_string().contains("shared 1 MiB"));
    // Callers must not repeat the call.
    let changed = changed.unwrap_err();
    assert_eq!(changed.kind(), naftiko::ErrorKind::BadAnswer, "{changed}");
    assert!(changed.to_string().contains("the call may have taken effect"), "{changed}");
}
