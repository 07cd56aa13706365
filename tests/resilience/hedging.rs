//! Hedging: what the API gets when a read is slow, and which answer the caller gets.

use super::reopened;
use futures_util::TryStreamExt;
use naftiko::document::Settings;
use naftiko::testing::{Answer, Upstream};
use naftiko::{Capability, ErrorKind, Result, Stream, capability};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Keeps prices.
#[capability(
    consumes(
        namespace = "api",
        base_uri = "https://api.acme.io",
        resilience(timeout = "200ms", hedge = "5ms", circuit_breaker(failures = 2, reset = "9m")),
    ),
    exposes(rest(port = 1), mcp(port = 2))
)]
pub trait Prices {
    /// Reads a price.
    #[get("/prices/{id}", resilience(timeout = "20s"))]
    async fn price(&self, id: u64, currency: &str) -> Result<u64>;

    /// Streams the prices.
    #[get("/prices", resilience(timeout = "20s"))]
    async fn follow(&self) -> Result<Stream<u64>>;

    /// Reads a price that never comes.
    #[get("/never")]
    async fn never(&self) -> Result<u64>;

    /// Writes a report, which takes long.
    #[get("/report", resilience(hedge(off)))]
    async fn report(&self) -> Result<u64>;

    /// Sets a price.
    #[post("/prices")]
    async fn set(&self, body: u64) -> Result<()>;

    /// Replaces a price.
    #[put("/prices/{id}")]
    async fn replace(&self, id: u64, body: u64) -> Result<()>;
}

fn client(url: &str) -> PricesClient {
    PricesClient::builder().base_uri(url).build().unwrap()
}

/// Returns the capability of the trait, and the capability of its document.
fn both(upstream: &Upstream) -> [Capability; 2] {
    let capability = client(upstream.url()).into_capability();
    let settings = Settings::default().upstream("api", upstream.url());
    let document = reopened(&capability, settings);
    [capability, document]
}

/// Starts an API that hangs on its first request.
async fn hangs_once(path: &'static str, answer: fn() -> Answer) -> Upstream {
    let (upstream, requests) = (Upstream::start().await, AtomicUsize::new(0));
    upstream.answer_with("GET", path, move |_| match requests.fetch_add(1, Ordering::SeqCst) {
        0 => Answer::hang(),
        _ => answer(),
    });
    upstream
}

#[tokio::test]
async fn a_slow_read_is_sent_again() {
    for number in 0..2 {
        let upstream = hangs_once("/prices/7", || Answer::json(200, json!(12))).await;
        let capability = both(&upstream)[number].clone();
        assert_eq!(capability.call("price", json!({ "id": 7, "currency": "EUR" })).await.unwrap(), json!(12));
        let requests = upstream.requests();
        let [first, second] = requests.as_slice() else { unreachable!("{requests:?}") };
        assert_eq!((second.path(), second.query()), ("/prices/7", Some("currency=EUR")));
        assert_eq!((&first.method, first.path(), first.query()), (&second.method, second.path(), second.query()));
        assert_eq!(first.headers, second.headers);
    }
}

#[tokio::test]
async fn a_stream_that_does_not_begin_is_hedged() {
    let upstream = hangs_once("/prices", || Answer::of(200, "application/x-ndjson", "1\n2\n3\n")).await;
    let prices: Vec<u64> = client(upstream.url()).follow().await.unwrap().try_collect().await.unwrap();
    assert_eq!((prices, upstream.requests().len()), (vec![1, 2, 3], 2));
}

#[tokio::test]
async fn writes_and_reads_without_a_hedge_are_sent_once() {
    let upstream = Upstream::start().await;
    upstream.answer("POST", "/prices", Answer::hang()).answer("PUT", "/prices/7", Answer::hang());
    upstream.answer("GET", "/report", Answer::hang());
    for (name, arguments) in
        [("set", json!({ "body": 9 })), ("replace", json!({ "id": 7, "body": 9 })), ("report", Value::Null)]
    {
        for capability in both(&upstream) {
            let before = upstream.requests().len();
            let error = capability.call(name, arguments.clone()).await.unwrap_err();
            assert_eq!((error.kind(), upstream.requests().len()), (ErrorKind::Timeout, before + 1), "{name}");
        }
    }
}

#[tokio::test]
async fn the_breaker_sees_both_requests_as_one_call() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/never", Answer::hang());
    let client = client(upstream.url());
    for requests in [2, 4] {
        assert_eq!(client.never().await.unwrap_err().kind(), ErrorKind::Timeout);
        assert_eq!(upstream.requests().len(), requests);
    }
    assert_eq!(client.never().await.unwrap_err().kind(), ErrorKind::Throttled);
    assert_eq!(upstream.requests().len(), 4);
}

/// Accepts a connection and reads the request on it.
async fn request_to(api: &TcpListener) -> TcpStream {
    let (mut connection, _) = api.accept().await.unwrap();
    let mut request = [0; 1024];
    let length = connection.read(&mut request).await.unwrap();
    assert!(request[..length].starts_with(b"GET /prices/7?currency=EUR HTTP/1.1\r\n"));
    connection
}

async fn answer(connection: &mut TcpStream, status: &str, body: &str) {
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    connection.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
}

#[tokio::test]
async fn the_request_that_loses_is_cancelled() {
    let api = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(&format!("http://{}", api.local_addr().unwrap()));
    for first_wins in [true, false] {
        let call = tokio::spawn({
            let client = client.clone();
            async move { client.price(7, "EUR").await }
        });
        let (first, second) = (request_to(&api).await, request_to(&api).await);
        let (mut winner, mut loser) = if first_wins { (first, second) } else { (second, first) };
        answer(&mut winner, "200 OK", "12").await;
        assert_eq!(call.await.unwrap().unwrap(), 12);
        // The other request is cancelled: its connection is closed, although nothing was answered on it.
        assert_eq!(loser.read(&mut [0; 1]).await.unwrap(), 0);
        drop(winner);
    }
}

#[tokio::test]
async fn a_failed_request_does_not_end_the_other_one() {
    let api = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(&format!("http://{}", api.local_addr().unwrap()));
    for (early, late, expected) in [
        (Some("503 Service Unavailable"), "200 OK", Ok(12)),
        // The second connection is closed without an answer.
        (None, "200 OK", Ok(12)),
        (Some("429 Too Many Requests"), "404 Not Found", Err(404)),
    ] {
        let call = tokio::spawn({
            let client = client.clone();
            async move { client.price(7, "EUR").await }
        });
        let (mut first, mut second) = (request_to(&api).await, request_to(&api).await);
        if let Some(status) = early {
            answer(&mut second, status, "1").await;
        }
        drop(second);
        answer(&mut first, late, "12").await;
        assert_eq!(call.await.unwrap().map_err(|error| error.status().as_u16()), expected);
    }
}
