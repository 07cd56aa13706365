//! An API over HTTP/2 that allows few streams per connection: further calls open further connections, and no call waits for another.

use crate::half_open::{self, DATA, END_STREAM, HEADERS, RST_STREAM, SETTINGS, acceptor};
use crate::tls::{Authority, Counted as _, CountedClient};
use naftiko::{RawJson, Result, capability};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::server::TlsStream;

/// How long a test waits for an event; shorter than the time limit of a call.
const LIMIT: Duration = Duration::from_secs(20);

/// Keeps notes behind a private authority.
#[capability(
    binds(env(CA)),
    consumes(namespace = "api", base_uri = "https://api.acme.io", tls(ca = "{{env.CA}}")),
    exposes(rest(port = 1))
)]
pub trait Limited {
    /// Reads the notes.
    #[get("/notes")]
    async fn read(&self) -> Result<RawJson>;

    /// Adds a note.
    #[post("/notes")]
    async fn add(&self, text: &str) -> Result<u64>;
}

/// What the API does with a request that has arrived.
#[derive(Clone, Copy, PartialEq)]
enum Answers {
    /// It answers the first request at once, and the others when this number of requests has arrived.
    After(usize),
    /// It sends the head of the answer, and never the end of its body.
    WithoutEnd,
}

/// An API that allows some streams per connection, and what it has seen.
struct Api {
    url: String,
    connections: Arc<AtomicUsize>,
    arrived: Arc<watch::Sender<usize>>,
    /// The largest number of open streams that a connection had.
    most: Arc<AtomicUsize>,
}

impl Api {
    async fn start(authority: &Authority, streams: u8, answers: Answers) -> Self {
        let acceptor = acceptor(authority, b"h2");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = Self {
            url: format!("https://localhost:{}", listener.local_addr().unwrap().port()),
            connections: Arc::default(),
            arrived: Arc::new(watch::Sender::new(0)),
            most: Arc::default(),
        };
        let (connections, arrived, most) = (api.connections.clone(), api.arrived.clone(), api.most.clone());
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (acceptor, connections) = (acceptor.clone(), connections.clone());
                let (arrived, most) = (arrived.clone(), most.clone());
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(connection).await else { return };
                    connections.fetch_add(1, Ordering::SeqCst);
                    let (read, write) = split(stream);
                    let write = Arc::new(tokio::sync::Mutex::new(write));
                    let connection = Served { write, open: Arc::default(), arrived, answers };
                    connection.serve(read, streams, &most).await;
                });
            }
        });
        api
    }

    /// Waits until `number` requests have arrived.
    async fn has_received(&self, number: usize) {
        let mut arrived = self.arrived.subscribe();
        let all = arrived.wait_for(|arrived| *arrived >= number);
        let seen = tokio::time::timeout(LIMIT, all).await.map(|seen| *seen.unwrap());
        assert!(seen.is_ok(), "{} of {number} requests have arrived", *self.arrived.borrow());
    }

    fn client(&self, authority: &Authority) -> LimitedClient {
        LimitedClient::builder().base_uri(self.url.clone()).bind("CA", authority.pem()).build().unwrap()
    }
}

/// A connection of the API.
#[derive(Clone)]
struct Served {
    write: Arc<tokio::sync::Mutex<WriteHalf<TlsStream<TcpStream>>>>,
    open: Arc<Mutex<HashSet<[u8; 4]>>>,
    arrived: Arc<watch::Sender<usize>>,
    answers: Answers,
}

impl Served {
    async fn serve(&self, mut read: ReadHalf<TlsStream<TcpStream>>, streams: u8, most: &AtomicUsize) {
        let mut preface = [0; 24];
        if read.read_exact(&mut preface).await.is_err() {
            return;
        }
        // SETTINGS_MAX_CONCURRENT_STREAMS (RFC 9113, section 6.5.2).
        self.write(SETTINGS, 0, [0; 4], &[0, 3, 0, 0, 0, streams]).await;
        while let Some((kind, flags, of, _)) = half_open::read(&mut read).await {
            match kind {
                SETTINGS if flags == 0 => self.write(SETTINGS, 1, [0; 4], &[]).await,
                RST_STREAM => drop(self.open.lock().unwrap().remove(&of)),
                HEADERS | DATA => {
                    let mut open = self.open.lock().unwrap();
                    open.insert(of);
                    most.fetch_max(open.len(), Ordering::SeqCst);
                    if flags & END_STREAM == END_STREAM {
                        let served = self.clone();
                        tokio::spawn(async move { served.answer(of).await });
                    }
                }
                _ => {}
            }
        }
    }

    async fn answer(&self, of: [u8; 4]) {
        let mut is_first = false;
        self.arrived.send_modify(|arrived| {
            is_first = *arrived == 0;
            *arrived += 1;
        });
        if let Answers::After(number) = self.answers
            && !is_first
        {
            self.arrived.subscribe().wait_for(|arrived| *arrived >= number).await.unwrap();
        }
        // `:status: 200` and `content-type` of the static table of HPACK (RFC 7541, appendix A).
        let fields = [&[0x88, 0x0f, 0x10, 0x10][..], b"application/json"].concat();
        self.write(HEADERS, 4, of, &fields).await;
        if self.answers == Answers::WithoutEnd {
            return self.write(DATA, 0, of, b"7").await;
        }
        self.open.lock().unwrap().remove(&of);
        self.write(DATA, END_STREAM, of, b"7").await;
    }

    async fn write(&self, kind: u8, flags: u8, of: [u8; 4], payload: &[u8]) {
        let length = u8::try_from(payload.len()).unwrap();
        let frame = [&[0, 0, length, kind, flags][..], &of, payload].concat();
        let mut write = self.write.lock().await;
        // The client may have closed the connection.
        if write.write_all(&frame).await.is_ok() {
            let _ = write.flush().await;
        }
    }
}

/// Starts five calls at the same time, reads and writes.
fn five(client: &LimitedClient) -> Vec<JoinHandle<Result<()>>> {
    let call = |number: usize| {
        let client = client.clone();
        tokio::spawn(async move {
            match number % 2 {
                0 => client.add("note").await.map(drop),
                _ => client.read().await?.bytes().await.map(drop),
            }
        })
    };
    (0..5).map(call).collect()
}

#[tokio::test]
async fn calls_beyond_the_streams_of_a_connection_open_another() {
    let authority = Authority::new();
    let api = Api::start(&authority, 2, Answers::After(6)).await;
    let client = api.client(&authority);
    client.add("note").await.unwrap();
    let calls = five(&client);
    api.has_received(6).await;
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!((*api.arrived.borrow(), api.most.load(Ordering::SeqCst)), (6, 2), "a request was sent twice");
    let opened = api.connections.load(Ordering::SeqCst);
    for _ in 0..5 {
        assert_eq!(client.add("note").await.unwrap(), 7);
    }
    assert_eq!(api.connections.load(Ordering::SeqCst), opened);
}

#[tokio::test]
async fn first_calls_do_not_open_more_streams_than_the_peer_will_allow() {
    let authority = Authority::new();
    let api = Api::start(&authority, 2, Answers::After(5)).await;
    let client = api.client(&authority);
    for call in five(&client) {
        call.await.unwrap().unwrap();
    }
    assert_eq!((*api.arrived.borrow(), api.most.load(Ordering::SeqCst)), (5, 2));
}

#[tokio::test]
async fn first_calls_share_a_connection() {
    let authority = Authority::new();
    let api = Api::start(&authority, 100, Answers::After(5)).await;
    let client = api.client(&authority);
    for call in five(&client) {
        call.await.unwrap().unwrap();
    }
    assert_eq!((*api.arrived.borrow(), api.connections.load(Ordering::SeqCst)), (5, 1));
}

#[tokio::test]
async fn an_answer_whose_body_is_open_uses_a_stream() {
    let authority = Authority::new();
    let api = Api::start(&authority, 2, Answers::WithoutEnd).await;
    let client = api.client(&authority);
    let first = client.read().await.unwrap();
    let mut open = vec![client.read().await.unwrap()];
    assert_eq!(api.connections.load(Ordering::SeqCst), 1);
    let third = tokio::time::timeout(LIMIT, client.read()).await.expect("the third call waits for a stream");
    open.push(third.unwrap());
    assert_eq!(api.connections.load(Ordering::SeqCst), 2);
    // Dropping an answer frees its stream.
    drop(first);
    open.push(tokio::time::timeout(LIMIT, client.read()).await.unwrap().unwrap());
    open.push(tokio::time::timeout(LIMIT, client.read()).await.unwrap().unwrap());
    assert_eq!((api.connections.load(Ordering::SeqCst), api.most.load(Ordering::SeqCst)), (2, 2));
}

/// Starts an API over HTTP/1.1 and TLS that closes its first `broken` connections, and answers when `number` requests have arrived.
async fn one_by_one(authority: &Authority, broken: usize, number: usize) -> String {
    let acceptor = acceptor(authority, b"http/1.1");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let arrived = Arc::new(watch::Sender::new(0));
    tokio::spawn(async move {
        for _ in 0..broken {
            drop(listener.accept().await.unwrap());
        }
        while let Ok((connection, _)) = listener.accept().await {
            let (acceptor, arrived) = (acceptor.clone(), arrived.clone());
            tokio::spawn(async move {
                let mut stream = acceptor.accept(connection).await.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = stream.read_u8().await else { return };
                    head.push(byte);
                }
                arrived.send_modify(|arrived| *arrived += 1);
                arrived.subscribe().wait_for(|arrived| *arrived >= number).await.unwrap();
                let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1\r\n\r\n7";
                stream.write_all(answer).await.unwrap();
                stream.flush().await.unwrap();
                std::future::pending::<()>().await;
            });
        }
    });
    url
}

#[tokio::test]
async fn first_calls_over_tls_have_a_connection_each_if_the_api_does_not_speak_http_2() {
    let authority = Authority::new();
    for broken in [0, 1] {
        let url = one_by_one(&authority, broken, 5 - broken).await;
        let client = CountedClient::builder().base_uri(url).bind("CA", authority.pem()).build().unwrap();
        let call = |_| {
            let client = client.clone();
            tokio::spawn(async move { client.count().await })
        };
        let calls: Vec<_> = (0..5).map(call).collect();
        let mut failed = 0;
        for call in calls {
            failed += usize::from(call.await.unwrap().is_err());
        }
        // A connection attempt that fails ends only its own call, not the calls that waited for it.
        assert_eq!(failed, broken);
    }
}
