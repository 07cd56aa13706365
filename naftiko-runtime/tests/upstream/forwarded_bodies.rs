//! The bodies of forwarded requests: JSON and short bodies are buffered, all others are streamed.

use crate::forwards::document;
use crate::support::{capability, indented, load, serve};
use crate::wire::Wire;
use naftiko_runtime::document::Settings;
use naftiko_runtime::testing::{Answer, Upstream};
use naftiko_runtime::{Capability, Limits};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// A time limit that only a hanging test reaches.
const HANG: Duration = Duration::from_secs(60);
/// The length of a body that is too long to be buffered.
const LONG: usize = 100_000;
const CHUNKED: &str = "transfer-encoding: chunked\r\n";
const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// One end of a connection.
struct Peer {
    stream: TcpStream,
    read: String,
}

impl Peer {
    fn of(stream: TcpStream) -> Self {
        Self { stream, read: String::new() }
    }

    /// Begins a PUT of text to the route, with these headers.
    async fn put(url: &str, headers: &str) -> Self {
        let mut peer = Self::of(TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap());
        peer.send(&format!("PUT /proxy/x HTTP/1.1\r\nhost: a\r\ncontent-type: text/plain\r\n{headers}\r\n")).await;
        peer
    }

    async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads until a text has arrived, and returns everything up to its end.
    async fn until(&mut self, text: &str) -> String {
        let reading = async {
            loop {
                if let Some(at) = self.read.find(text) {
                    return self.read.drain(..at + text.len()).collect();
                }
                let mut bytes = [0; 4096];
                let length = self.stream.read(&mut bytes).await.unwrap();
                assert!(length > 0, "expected {text:?}, found the end after {:?}", self.read);
                self.read.push_str(std::str::from_utf8(&bytes[..length]).unwrap());
            }
        };
        timeout(HANG, reading).await.unwrap_or_else(|_| panic!("{text:?} does not arrive"))
    }

    /// Reads until the peer closes or resets the connection, and returns everything.
    async fn rest(mut self) -> String {
        let mut bytes = std::mem::take(&mut self.read).into_bytes();
        let _ = timeout(HANG, self.stream.read_to_end(&mut bytes)).await.expect("the connection stays open");
        String::from_utf8(bytes).unwrap()
    }
}

/// A raw upstream, and the URL of a capability that forwards to it.
struct Forwarding {
    listener: TcpListener,
    url: String,
}

impl Forwarding {
    async fn to(limits: Limits, settings: Settings) -> Self {
        Self::of(&document("[]"), limits, settings).await
    }

    async fn of(yaml: &str, limits: Limits, settings: Settings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = format!("http://{}", listener.local_addr().unwrap());
        let capability = load(yaml, settings.upstream("api", api)).unwrap().with_limits(limits);
        Self { listener, url: serve(&capability).await }
    }

    async fn start() -> Self {
        Self::to(Limits::default(), Settings::default()).await
    }

    /// Accepts the connection of the next request.
    async fn accept(&self) -> Peer {
        Peer::of(timeout(HANG, self.listener.accept()).await.expect("nothing is forwarded").unwrap().0)
    }
}

fn with_keys(keys: &str) -> String {
    document("[]").replacen("    resources:", &format!("{}    resources:", indented(keys, 4)), 1)
}

#[tokio::test]
async fn the_upstream_receives_a_body_before_its_caller_has_sent_the_end() {
    let forwarding = Forwarding::start().await;
    let mut caller = Peer::put(&forwarding.url, CHUNKED).await;
    caller.send("5\r\nfirst\r\n").await;
    let mut upstream = forwarding.accept().await;
    let head = upstream.until("\r\n\r\n").await;
    assert!(head.contains(CHUNKED) && !head.contains("content-length"), "{head}");
    assert_eq!(upstream.until("first\r\n").await, "5\r\nfirst\r\n");
    caller.send("6\r\nsecond\r\n0\r\n\r\n").await;
    assert_eq!(upstream.until("0\r\n\r\n").await, "6\r\nsecond\r\n0\r\n\r\n");
    upstream.send(NO_CONTENT).await;
    assert!(caller.until("\r\n\r\n").await.starts_with("HTTP/1.1 204"));
}

#[tokio::test]
async fn a_declared_length_is_forwarded() {
    let forwarding = Forwarding::start().await;
    let mut caller = Peer::put(&forwarding.url, &format!("content-length: {LONG}\r\n")).await;
    caller.send("first").await;
    let mut upstream = forwarding.accept().await;
    let head = upstream.until("\r\n\r\n").await;
    assert!(head.contains(&format!("content-length: {LONG}\r\n")) && !head.contains("chunked"), "{head}");
    upstream.until("first").await;
    caller.send(&format!("{}z", "x".repeat(LONG - 6))).await;
    upstream.until("z").await;
    upstream.send(NO_CONTENT).await;
    assert!(caller.until("\r\n\r\n").await.starts_with("HTTP/1.1 204"));
}

#[tokio::test]
async fn a_body_that_grows_beyond_the_limit_ends_the_request() {
    let limits = Limits { body: 1000, ..Limits::default() };
    let forwarding = Forwarding::to(limits.clone(), Settings::default()).await;
    let mut caller = Peer::put(&forwarding.url, CHUNKED).await;
    caller.send("5\r\nfirst\r\n").await;
    let mut upstream = forwarding.accept().await;
    upstream.until("first\r\n").await;
    caller.send(&format!("3e8\r\n{}\r\n0\r\n\r\n", "x".repeat(1000))).await;
    assert!(caller.until("the limit is 1000 bytes").await.starts_with("HTTP/1.1 413"));
    let rest = upstream.rest().await;
    assert!(!rest.ends_with("0\r\n\r\n"), "the upstream gets a complete request: {rest}");
    // A declared length is refused before anything is forwarded.
    let forwarding = Forwarding::to(limits, Settings::default()).await;
    for expect in ["", "expect: 100-continue\r\n"] {
        let mut caller = Peer::put(&forwarding.url, &format!("content-length: {LONG}\r\n{expect}")).await;
        if expect.is_empty() {
            caller.send(&"x".repeat(LONG)).await;
        }
        assert!(caller.until("the limit is 1000 bytes").await.starts_with("HTTP/1.1 413"));
    }
    drop(Peer::of(TcpStream::connect(forwarding.listener.local_addr().unwrap()).await.unwrap()));
    assert_eq!(forwarding.accept().await.rest().await, "", "a refused request was forwarded");
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_an_incomplete_request() {
    for headers in [CHUNKED.to_owned(), format!("content-length: {LONG}\r\n")] {
        let forwarding = Forwarding::start().await;
        let mut caller = Peer::put(&forwarding.url, &headers).await;
        caller.send("5\r\nfirst\r\n").await;
        let mut upstream = forwarding.accept().await;
        upstream.until("first").await;
        drop(caller);
        let rest = upstream.rest().await;
        assert!(rest.len() < 10 && !rest.ends_with("0\r\n\r\n"), "the upstream gets a complete request: {rest}");
    }
}

#[tokio::test]
async fn an_upstream_may_answer_before_the_end_of_a_body() {
    let forwarding = Forwarding::start().await;
    let mut caller = Peer::put(&forwarding.url, CHUNKED).await;
    let mut upstream = forwarding.accept().await;
    upstream.until("\r\n\r\n").await;
    upstream.send("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    assert!(caller.until("\r\n\r\n").await.starts_with("HTTP/1.1 404"));
}

#[tokio::test]
async fn a_caller_is_asked_for_a_body_once_the_upstream_is_reached() {
    let forwarding = Forwarding::start().await;
    let headers = format!("{CHUNKED}expect: 100-continue\r\n");
    let mut caller = Peer::put(&forwarding.url, &headers).await;
    let mut upstream = forwarding.accept().await;
    assert_eq!(caller.until("\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
    caller.send("5\r\nfirst\r\n0\r\n\r\n").await;
    let request = upstream.until("0\r\n\r\n").await;
    assert!(!request.contains("expect"), "{request}");
    upstream.send(NO_CONTENT).await;
    assert!(caller.until("\r\n\r\n").await.starts_with("HTTP/1.1 204"));
    let Forwarding { listener, url } = forwarding;
    drop((listener, upstream));
    assert!(Peer::put(&url, &headers).await.until("\r\n\r\n").await.starts_with("HTTP/1.1 502"));
}

#[tokio::test]
async fn a_slow_caller_and_a_slow_upstream_are_distinguished() {
    let short = Duration::from_millis(200);
    for (limits, settings) in [
        (Limits { operation: short, ..Limits::default() }, Settings::default()),
        (Limits::default(), Settings::default().timeout(short)),
    ] {
        let forwarding = Forwarding::to(limits, settings).await;
        let mut caller = Peer::put(&forwarding.url, CHUNKED).await;
        caller.send("5\r\nfirst\r\n").await;
        let upstream = forwarding.accept().await;
        let answer = caller.until("the body did not arrive in time").await;
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        let rest = upstream.rest().await;
        assert!(!rest.ends_with("0\r\n\r\n"), "the upstream gets a complete request: {rest}");
    }
    let forwarding = Forwarding::to(Limits::default(), Settings::default().timeout(short)).await;
    let mut caller = Peer::put(&forwarding.url, CHUNKED).await;
    caller.send("5\r\nfirst\r\n0\r\n\r\n").await;
    let _upstream = forwarding.accept().await;
    assert!(caller.until("\r\n\r\n").await.starts_with("HTTP/1.1 504"));
}

#[tokio::test]
async fn only_a_buffered_body_is_sent_again() {
    let retry = with_keys("resilience: { retry: { tries: 3, backoff: 1ms } }\n");
    let upstream = Upstream::start().await;
    upstream.answer("PUT", "/x", Answer::status(503));
    let url = serve(&capability(&retry, &upstream)).await;
    let mut caller = Peer::put(&url, CHUNKED).await;
    caller.send("5\r\nfirst\r\n0\r\n\r\n").await;
    caller.until("\r\n\r\n").await;
    assert_eq!(upstream.requests().len(), 1);
    let mut caller = Peer::put(&url, "content-length: 5\r\n").await;
    caller.send("first").await;
    caller.until("\r\n\r\n").await;
    let requests = upstream.requests();
    assert_eq!(requests.len(), 4);
    assert!(requests.iter().all(|request| request.body == "first"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kept_connection_that_closes_neither_loses_nor_doubles_a_streamed_body() {
    let wire = Wire::start(3, NO_CONTENT.as_bytes()).await;
    let capability: Capability = load(&document("[]"), Settings::default().upstream("api", &wire.url)).unwrap();
    let url = serve(&capability).await;
    let (http, mut answered) = (reqwest::Client::new(), 0);
    for _ in 0..60 {
        let request = http.put(format!("{url}/proxy/x")).header("content-type", "text/plain");
        match request.body(vec![b'x'; LONG]).send().await.unwrap().status().as_u16() {
            204 => answered += 1,
            status => assert_eq!(status, 502),
        }
    }
    assert!(answered > 0);
    assert_eq!(wire.requests().len(), answered);
}

#[tokio::test]
async fn a_body_that_is_signed_is_buffered() {
    let signed = with_keys(
        "authentication: { type: aws-sig-v4, accessKeyId: AKID, secretKey: own-s3cret, region: eu-west-1, service: execute-api }\n",
    );
    let forwarding = Forwarding::of(&signed, Limits::default(), Settings::default()).await;
    let mut caller = Peer::put(&forwarding.url, CHUNKED).await;
    caller.send("5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n").await;
    let mut upstream = forwarding.accept().await;
    let request = upstream.until("firstsecond").await;
    assert!(request.contains("content-length: 11\r\n") && !request.contains("UNSIGNED-PAYLOAD"), "{request}");
    assert!(request.contains("authorization: AWS4-HMAC-SHA256"), "{request}");
}
