//! Tests of calls to APIs: resilience, caches, redirects, credentials, TLS, and users' own layers.
#![cfg(all(feature = "client", feature = "rest", feature = "mcp", feature = "document", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod authenticate;
mod caching;
mod closed;
mod conditions;
mod earlier_attempts;
mod early_answers;
mod fallback;
mod half_open;
mod hedging;
mod http1_required;
mod layers;
mod multiplexed;
#[cfg(unix)]
mod nginx;
mod redirects;
#[cfg(feature = "redis")]
mod redis_tls;
#[cfg(unix)]
mod renewal;
mod replicas;
#[cfg(unix)]
mod rotation;
mod signed;
mod signed_redirects;
#[cfg(unix)]
mod sources;
mod tls;
mod tokens;
#[cfg(unix)]
mod vault;

use naftiko::document::Settings;
use naftiko::spec::{Policy, load::load};
use naftiko::testing::{Answer, Upstream};
use naftiko::{Capability, ErrorKind, Result, capability};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Keeps orders.
#[capability(
    consumes(
        namespace = "api",
        base_uri = "https://api.acme.io",
        resilience(retry(3, backoff = "1ms"), circuit_breaker(failures = 4, reset = "9m")),
    ),
    exposes(rest(port = 1), mcp(port = 2))
)]
pub trait Orders {
    /// Lists the orders.
    #[get("/orders")]
    async fn list(&self) -> Result<Vec<String>>;

    /// Places an order.
    #[post("/orders")]
    async fn place(&self, body: &str) -> Result<()>;

    /// Places an order, once.
    #[post("/keyed", resilience(retry(3, backoff = "1ms", idempotency_key)))]
    async fn place_once(&self, body: &str) -> Result<()>;

    /// Cancels an order.
    #[delete("/orders/{id}", resilience(retry(1)))]
    async fn cancel(&self, id: u64) -> Result<()>;

    /// Counts the orders, one count at a time.
    #[get("/count", resilience(concurrency(1, queue = 0)))]
    async fn count(&self) -> Result<u64>;

    /// Finds orders, once in nine minutes.
    #[get("/find", resilience(rate_limit(1, per = "9m", queue = 0)))]
    async fn find(&self) -> Result<u64>;

    /// Waits for an order.
    #[get("/wait", resilience(timeout = "20ms", retry(2, backoff = "1ms")))]
    async fn wait(&self) -> Result<u64>;
}

fn client(upstream: &Upstream) -> OrdersClient {
    OrdersClient::builder().base_uri(upstream.url()).build().unwrap()
}

/// Returns the same capability from its document, written as YAML and read again.
fn reopened(capability: &Capability, settings: Settings) -> Capability {
    let document = capability.document();
    let loaded = load(&document.to_yaml().unwrap(), &Policy { strict: true, ..Policy::default() }).unwrap();
    assert_eq!(loaded.document, *document);
    naftiko::document::capability(loaded.document, loaded.lowered, settings).unwrap()
}

/// Returns the capability of the document of `Orders`.
fn documented_with(upstream: &Upstream, set: impl FnOnce(Settings) -> Settings) -> Capability {
    reopened(&client(upstream).into_capability(), set(Settings::default().upstream("api", upstream.url())))
}

/// Returns the capabilities of the trait and of its document.
fn both(upstream: &Upstream) -> [Capability; 2] {
    [client(upstream).into_capability(), documented_with(upstream, |settings| settings)]
}

/// Answers a path with 503 `times` times, and then with `answer`.
fn fails(upstream: &Upstream, method: &str, path: &str, times: usize, answer: Value) {
    let left = Arc::new(AtomicUsize::new(times));
    upstream.answer_with(method, path, move |_| {
        let is_left = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if is_left { Answer::status(503) } else { Answer::json(200, answer.clone()) }
    });
}

#[tokio::test]
async fn a_read_is_tried_again_and_a_write_is_not() {
    for number in 0..2 {
        let upstream = Upstream::start().await;
        fails(&upstream, "GET", "/orders", 2, json!(["one"]));
        fails(&upstream, "POST", "/orders", 1, json!(null));
        fails(&upstream, "DELETE", "/orders/1", 1, json!(null));
        let capability = both(&upstream)[number].clone();
        assert_eq!(capability.call("list", json!({})).await.unwrap(), json!(["one"]));
        assert_eq!(upstream.requests().len(), 3);
        capability.call("place", json!({ "body": "one" })).await.unwrap_err();
        capability.call("cancel", json!({ "id": 1 })).await.unwrap_err();
        let writes: Vec<_> = upstream.requests()[3..].iter().map(|request| request.method.clone()).collect();
        assert_eq!(writes, ["POST", "DELETE"]);
        assert!(upstream.requests().iter().all(|request| request.header("idempotency-key").is_none()));
    }
}

#[tokio::test]
async fn all_tries_of_a_write_carry_one_key() {
    for number in 0..2 {
        let upstream = Upstream::start().await;
        fails(&upstream, "POST", "/keyed", 2, json!(null));
        let capability = both(&upstream)[number].clone();
        capability.call("place-once", json!({ "body": "one" })).await.unwrap();
        let keys: Vec<_> =
            upstream.requests().iter().map(|request| request.header("idempotency-key").unwrap().to_owned()).collect();
        assert_eq!((keys.len(), &keys[0], &keys[1]), (3, &keys[1], &keys[2]));
        capability.call("place-once", json!({ "body": "two" })).await.unwrap();
        assert_ne!(upstream.requests()[3].header("idempotency-key").unwrap(), keys[0]);
    }
}

#[tokio::test]
async fn a_call_fails_with_the_error_of_its_last_try() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/orders", Answer::json(429, json!({ "error": "slow down" })).header("retry-after", "60"));
    let error = client(&upstream).list().await.unwrap_err();
    // A wait of a minute exceeds the time limit of the call.
    assert_eq!((error.kind(), error.status().as_u16(), upstream.requests().len()), (ErrorKind::Throttled, 429, 1));
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/orders", Answer::json(500, json!("broken")));
    let error = client(&upstream).list().await.unwrap_err();
    assert_eq!((error.kind(), upstream.requests().len()), (ErrorKind::BadAnswer, 3));
}

#[tokio::test]
async fn a_breaker_refuses_calls_without_sending_them() {
    let upstream = Upstream::start().await;
    upstream.answer("POST", "/orders", Answer::status(500));
    upstream.answer("GET", "/orders", Answer::json(200, json!([])));
    for capability in both(&upstream) {
        let before = upstream.requests().len();
        for _ in 0..4 {
            assert_eq!(capability.call("place", json!({ "body": "one" })).await.unwrap_err().status().as_u16(), 502);
        }
        for (name, arguments) in [("place", json!({ "body": "one" })), ("list", json!({}))] {
            let error = capability.call(name, arguments).await.unwrap_err();
            assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::Throttled, 503));
            assert!(error.retry_after().unwrap().delay().unwrap() > Duration::from_secs(500));
            assert!(error.to_string().contains("`api` has failed several times in a row"), "{error}");
        }
        assert_eq!(upstream.requests().len(), before + 4);
    }
}

#[tokio::test]
async fn a_full_queue_refuses_calls_with_a_retry_after() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/count", Answer::hang()).answer("GET", "/find", Answer::json(200, json!(7)));
    for capability in both(&upstream) {
        let before = upstream.requests().len();
        let first = tokio::spawn({
            let capability = capability.clone();
            async move { capability.call("count", json!({})).await }
        });
        while upstream.requests().len() == before {
            tokio::task::yield_now().await;
        }
        let error = capability.call("count", json!({})).await.unwrap_err();
        assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::Throttled, 503));
        assert_eq!(error.retry_after().unwrap().0, "1");
        // A caller that disconnects frees its slot.
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        let again = tokio::spawn({
            let capability = capability.clone();
            async move { capability.call("count", json!({})).await }
        });
        while upstream.requests().len() < before + 2 {
            tokio::task::yield_now().await;
        }
        again.abort();

        assert_eq!(capability.call("find", json!({})).await.unwrap(), json!(7));
        let error = capability.call("find", json!({})).await.unwrap_err();
        assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::Throttled, 429));
        assert!(error.retry_after().unwrap().delay().unwrap() > Duration::from_secs(500));
    }
}

#[tokio::test]
async fn a_try_has_a_time_limit_of_its_own() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/wait", Answer::hang());
    let error = client(&upstream).wait().await.unwrap_err();
    assert_eq!((error.kind(), upstream.requests().len()), (ErrorKind::Timeout, 2));
}

#[tokio::test]
async fn a_call_whose_caller_disconnects_is_stopped() {
    let api = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", api.local_addr().unwrap());
    let client = OrdersClient::builder().base_uri(url).build().unwrap();
    let call = tokio::spawn(async move { client.list().await });
    let (mut connection, _) = api.accept().await.unwrap();
    let mut request = [0; 1024];
    assert!(connection.read(&mut request).await.unwrap() > 0);
    call.abort();
    // The connection is closed.
    assert_eq!(connection.read(&mut request).await.unwrap(), 0);
    drop(connection.shutdown().await);
}

#[test]
fn the_document_has_the_resilience_of_the_trait() {
    let client = OrdersClient::builder().base_uri("http://127.0.0.1:1").build();
    let document = serde_json::to_value(
        tokio::runtime::Runtime::new()
            .unwrap()
            .block_on(async { client.unwrap().into_capability().document().clone() }),
    )
    .unwrap();
    let api = &document["capability"]["consumes"][0];
    let expected =
        json!({ "retry": { "tries": 3, "backoff": "1ms" }, "circuitBreaker": { "failures": 4, "reset": "9m" } });
    assert_eq!(api["resilience"], expected);
    let operations =
        api["resources"].as_array().unwrap().iter().flat_map(|resource| resource["operations"].as_array().unwrap());
    let words: Vec<_> = operations.filter_map(|operation| operation.get("resilience")).cloned().collect();
    let expected = [
        json!({ "retry": { "tries": 3, "backoff": "1ms", "idempotencyKey": "Idempotency-Key" } }),
        json!({ "retry": { "tries": 1 } }),
        json!({ "concurrency": { "calls": 1, "queue": 0 } }),
        json!({ "rateLimit": { "calls": 1, "per": "9m", "queue": 0 } }),
        json!({ "timeout": "20ms", "retry": { "tries": 2, "backoff": "1ms" } }),
    ];
    assert_eq!(words, expected);
}
