//! An API that answers requests over HTTP/2 with `HTTP_1_1_REQUIRED` (RFC 9113, section 7): later requests are sent over HTTP/1.1, and so
//! is the refused one if it can be sent again.

use crate::half_open::{DATA, END_STREAM, HEADERS, RST_STREAM, SETTINGS, acceptor_of, read, write};
use crate::tls::Authority;
use naftiko::{Result, capability};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::server::TlsStream;

const GOAWAY: u8 = 7;
const HTTP_1_1_REQUIRED: [u8; 4] = [0, 0, 0, 13];

/// Keeps notes behind a private authority.
#[capability(
    binds(env(CA)),
    consumes(namespace = "api", base_uri = "https://api.acme.io", tls(ca = "{{env.CA}}")),
    exposes(rest(port = 1))
)]
pub trait Plain {
    /// Counts the notes.
    #[get("/count")]
    async fn count(&self) -> Result<u64>;

    /// Replaces the notes.
    #[put("/notes")]
    async fn replace(&self, body: &str) -> Result<u64>;

    /// Adds a note.
    #[post("/notes")]
    async fn add(&self, body: &str) -> Result<u64>;
}

/// An API that accepts HTTP/2, and processes requests over HTTP/1.1 only.
struct Api {
    client: PlainClient,
    /// The request lines over HTTP/1.1; `h2` for a request over HTTP/2.
    received: Arc<Mutex<Vec<String>>>,
}

impl Api {
    /// Starts an API that refuses a request over HTTP/2 with `GOAWAY`, which ends the connection, or else with
    /// `RST_STREAM`, which ends only its stream.
    async fn start(ends_connection: bool) -> Self {
        let authority = Authority::new();
        let acceptor = acceptor_of(&authority, &[b"h2", b"http/1.1"]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let received: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = received.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (acceptor, seen) = (acceptor.clone(), seen.clone());
                tokio::spawn(async move {
                    let stream = acceptor.accept(connection).await.unwrap();
                    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                    if is_http2 { refuse(stream, ends_connection, &seen).await } else { answer(stream, &seen).await }
                });
            }
        });
        let client = PlainClient::builder().base_uri(url).bind("CA", authority.pem()).build().unwrap();
        Self { client, received }
    }

    fn received(&self) -> Vec<String> {
        std::mem::take(&mut *self.received.lock().unwrap())
    }
}

/// Refuses each request over HTTP/2.
async fn refuse(mut stream: TlsStream<TcpStream>, ends_connection: bool, seen: &Mutex<Vec<String>>) {
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await.unwrap();
    write(&mut stream, SETTINGS, 0, [0; 4], &[]).await;
    while let Some((kind, flags, of, _)) = read(&mut stream).await {
        if kind == SETTINGS && flags == 0 {
            write(&mut stream, SETTINGS, 1, [0; 4], &[]).await;
        } else if matches!(kind, HEADERS | DATA) && flags & END_STREAM == END_STREAM {
            seen.lock().unwrap().push("h2".to_owned());
            if ends_connection {
                // No stream was processed.
                let payload = [[0; 4], HTTP_1_1_REQUIRED].concat();
                return write(&mut stream, GOAWAY, 0, [0; 4], &payload).await;
            }
            write(&mut stream, RST_STREAM, 0, of, &HTTP_1_1_REQUIRED).await;
        }
    }
}

/// Answers each request over HTTP/1.1 with `7`.
async fn answer(mut stream: TlsStream<TcpStream>, seen: &Mutex<Vec<String>>) {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else { return };
            head.push(byte);
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        stream.read_exact(&mut vec![0; length.map_or(0, |length| length.parse().unwrap())]).await.unwrap();
        seen.lock().unwrap().push(head.lines().next().unwrap().to_owned());
        let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1\r\n\r\n7";
        stream.write_all(answer).await.unwrap();
        stream.flush().await.unwrap();
    }
}

#[tokio::test]
async fn an_idempotent_request_is_sent_again_over_http_1() {
    for ends_connection in [false, true] {
        let api = Api::start(ends_connection).await;
        assert_eq!(api.client.count().await.unwrap(), 7);
        assert_eq!(api.received(), ["h2", "GET /count HTTP/1.1"], "{ends_connection}");
        // The protocol of the API is remembered.
        assert_eq!(api.client.count().await.unwrap(), 7);
        assert_eq!(api.received(), ["GET /count HTTP/1.1"], "{ends_connection}");
        let api = Api::start(ends_connection).await;
        assert_eq!(api.client.replace("a").await.unwrap(), 7);
        assert_eq!(api.received(), ["h2", "PUT /notes HTTP/1.1"], "{ends_connection}");
    }
}

#[tokio::test]
async fn another_write_is_sent_again_over_http_1_only_if_it_was_not_processed() {
    let api = Api::start(true).await;
    assert_eq!(api.client.add("a").await.unwrap(), 7);
    assert_eq!(api.received(), ["h2", "POST /notes HTTP/1.1"]);
    let api = Api::start(false).await;
    let error = api.client.add("a").await.unwrap_err();
    assert!(error.to_string().contains("reset the HTTP/2 stream without an answer"), "{error}");
    assert_eq!(api.received(), ["h2"]);
    assert_eq!(api.client.add("a").await.unwrap(), 7);
    assert_eq!(api.received(), ["POST /notes HTTP/1.1"]);
}

#[tokio::test]
async fn calls_at_the_same_time_are_all_answered() {
    let api = Api::start(false).await;
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let client = api.client.clone();
            tokio::spawn(async move { client.count().await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), 7);
    }
    let received = api.received();
    assert_eq!(received.iter().filter(|request| *request == "GET /count HTTP/1.1").count(), 20, "{received:?}");
}
