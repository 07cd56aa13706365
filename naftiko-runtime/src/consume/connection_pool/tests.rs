//! Tests of pooled connections: which request gets one, and when it is closed. The peers are in memory or real servers.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::attempt::Attempt;
use super::origins::{Origin, UNUSED_ROUNDS, Waiting};
use super::*;
use crate::consume::tls::Certificates;
use crate::consume::transport::Transport;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

mod early_answers;
mod http2_refusals;
mod http2_streams;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn pool() -> ConnectionPool {
    match Transport::new(Duration::from_secs(5), Certificates::default(), false).unwrap() {
        Transport::Hyper(client) => client.connections,
        #[cfg(feature = "reqwest")]
        Transport::Reqwest(_) => unreachable!("the built-in client was created"),
    }
}

fn uri() -> Uri {
    Uri::from_static("http://api.test/things")
}

fn request(method: &str, address: SocketAddr) -> Box<Request<Outgoing>> {
    let uri = format!("http://{address}/things?page=2");
    Box::new(Request::builder().method(method).uri(uri).body(Outgoing::default()).unwrap())
}

/// Wraps a hyper sender in an open, unused connection.
fn opened(sender: Sender) -> Connection {
    let host = HeaderValue::from_static("api.test");
    Connection { sender, traffic: Traffic::default(), host, forwards: false, is_reused: false, call: None }
}

/// Returns an open HTTP/1.1 connection and its peer.
async fn connection() -> (Connection, DuplexStream) {
    let (stream, peer) = duplex(1024);
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender.ready().await.unwrap();
    (opened(Sender::Http1(sender)), peer)
}

/// Adds a waiting request with this number, and returns the attempt that is made for it.
fn waiting(pool: &ConnectionPool, number: u64) -> (Attempt, oneshot::Receiver<Result<Connection, Failure>>) {
    let (sender, receiver) = oneshot::channel();
    let mut origins = pool.origins();
    let origin = origins.entry(&uri());
    origin.waiting.push_back(Waiting { number, sender, has_attempt: true });
    origin.attempts += 1;
    (Attempt { pool: pool.clone(), uri: uri(), number, is_counted: true, is_over: false }, receiver)
}

fn refused() -> Result<Connection, Failure> {
    Err(Failure::Connect("refused".into()))
}

/// Waits until the client has closed a connection.
async fn closed(mut peer: DuplexStream) {
    assert_eq!(peer.read(&mut [0; 64]).await.unwrap(), 0, "the client sent something");
}

#[tokio::test]
async fn the_request_that_has_waited_longest_gets_a_connection() {
    let pool = pool();
    let (_attempt, cancelled) = waiting(&pool, 1);
    drop(cancelled);
    let (_attempt, mut first) = waiting(&pool, 2);
    let (_attempt, mut second) = waiting(&pool, 3);
    pool.put(&uri(), connection().await.0);
    assert!(first.try_recv().unwrap().unwrap().is_reused);
    assert!(second.try_recv().is_err());
}

#[tokio::test]
async fn the_connection_used_last_is_taken_first_and_closed_ones_never() {
    let pool = pool();
    let ((one, _peer), (two, _other), (three, closing)) = (connection().await, connection().await, connection().await);
    for (mut connection, name) in [(one, "one"), (two, "two"), (three, "three")] {
        connection.host = HeaderValue::from_static(name);
        pool.put(&uri(), connection);
    }
    drop(closing);
    // Waits until the task of the connection has noticed that its peer has disconnected.
    while pool.origins().get(&uri()).unwrap().idle.iter().filter(|(connection, _)| connection.is_ready()).count() > 2 {
        tokio::task::yield_now().await;
    }
    let taken = || pool.origins().take(&uri()).map(|connection| connection.host);
    assert_eq!(taken().unwrap(), "two");
    assert_eq!(taken().unwrap(), "one");
    assert!(taken().is_none());
    assert!(pool.origins().take(&Uri::from_static("https://api.test/")).is_none());
}

#[tokio::test]
async fn an_attempt_serves_its_own_request_or_else_the_next() {
    let pool = pool();
    let (first_attempt, mut first) = waiting(&pool, 1);
    let (second_attempt, mut second) = waiting(&pool, 2);
    second_attempt.finish(Ok(connection().await.0));
    assert!(!second.try_recv().unwrap().unwrap().is_reused);
    assert!(first.try_recv().is_err());
    // Another request has finished before the first attempt, whose connection is then for the third request.
    pool.put(&uri(), connection().await.0);
    assert!(first.try_recv().unwrap().is_ok());
    let (third_attempt, mut third) = waiting(&pool, 3);
    first_attempt.finish(Ok(connection().await.0));
    assert!(third.try_recv().unwrap().unwrap().is_reused);
    // Nobody waits for the third attempt any more.
    third_attempt.finish(Ok(connection().await.0));
    assert!(pool.origins().take(&uri()).is_some());
}

#[tokio::test]
async fn a_failed_or_aborted_attempt_fails_its_own_request_alone() {
    let pool = pool();
    let (first_attempt, mut first) = waiting(&pool, 1);
    let (second_attempt, mut second) = waiting(&pool, 2);
    let (_third_attempt, mut third) = waiting(&pool, 3);
    second_attempt.finish(refused());
    assert!(matches!(second.try_recv().unwrap(), Err(Failure::Connect(_))));
    drop(first_attempt);
    assert_eq!(first.try_recv().err(), Some(oneshot::error::TryRecvError::Closed));
    assert_eq!(third.try_recv().err(), Some(oneshot::error::TryRecvError::Empty));
}

#[tokio::test]
async fn unused_connections_are_closed_and_used_ones_kept() {
    let pool = pool();
    let ((unused, peer), (used, _used_peer)) = (connection().await, connection().await);
    let (shared, _shared_peer) = http2_streams::multiplexed(&pool, 100).await;
    pool.put(&uri(), unused);
    pool.put(&uri(), used);
    pool.put(&Uri::from_static("https://api.test"), shared);
    for _ in 0..=UNUSED_ROUNDS {
        let used = pool.origins().take(&uri()).unwrap();
        pool.origins().sweep();
        pool.put(&uri(), used);
    }
    closed(peer).await;
    assert!(pool.origins().https.is_empty());
    for _ in 0..=UNUSED_ROUNDS {
        assert!(!pool.origins().http.is_empty());
        pool.origins().sweep();
    }
    assert!(pool.origins().http.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_closed_when_it_has_been_unused_for_some_time() {
    let pool = pool();
    for _ in 0..2 {
        let (unused, peer) = connection().await;
        let before = tokio::time::Instant::now();
        pool.put(&uri(), unused);
        closed(peer).await;
        let after = before.elapsed().as_secs();
        assert!((90..=120).contains(&after), "closed after {after} s");
        // The sweeps end with the last connection, and the next connection starts them again.
        while pool.origins().is_swept {
            tokio::task::yield_now().await;
        }
    }
}

/// Answers the requests of a connection; returns how many there were and the last one.
async fn serve(stream: &mut TcpStream, answers: usize) -> (usize, String) {
    let (mut read, mut last) = (0, Vec::new());
    while read < answers {
        last.clear();
        while !last.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => last.push(byte),
                Err(_) => return (read, String::new()),
            }
        }
        stream.write_all(ANSWER).await.unwrap();
        read += 1;
    }
    (read, String::from_utf8(last).unwrap())
}

#[tokio::test]
async fn requests_one_after_another_use_one_connection_and_parallel_ones_no_more_than_they_need() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let opened = Arc::new(AtomicUsize::new(0));
    let count = opened.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move { serve(&mut stream, usize::MAX).await });
        }
    });
    let pool = pool();
    let send = async || {
        let answer = pool.send(request("POST", address), false).await.unwrap();
        http_body_util::BodyExt::collect(answer.into_body()).await.unwrap();
    };
    for _ in 0..20 {
        send().await;
        // Waits until the connection's task has seen the end of the answer.
        while pool.origins().get(request("GET", address).uri()).unwrap().idle.is_empty() {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(opened.load(Ordering::Relaxed), 1);
    for _ in 0..5 {
        futures_util::future::join_all((0..10).map(|_| send())).await;
    }
    let opened = opened.load(Ordering::Relaxed);
    assert!(opened <= 10, "{opened} connections for 10 requests at a time");
}

#[tokio::test]
async fn a_request_has_its_path_and_host_and_is_sent_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let pool = pool();
    // The server closes each connection after its answer, without `Connection: close`.
    for _ in 0..5 {
        let served = async { serve(&mut listener.accept().await.unwrap().0, 1).await };
        let (answer, (read, head)) = tokio::join!(pool.send(request("POST", address), false), served);
        assert_eq!((answer.unwrap().status().as_u16(), read), (200, 1));
        assert!(head.starts_with("POST /things?page=2 HTTP/1.1\r\n"), "{head}");
        assert!(head.contains(&format!("\r\nhost: {address}\r\n")), "{head}");
        // Waits until the closed connection has been noticed.
        while pool.origins().take(request("GET", address).uri()).is_some() {}
    }
}

#[tokio::test]
async fn a_fresh_connection_is_opened_although_one_is_kept() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let pool = pool();
    let mut streams = Vec::new();
    for fresh in [false, true] {
        let served = async {
            let mut stream = listener.accept().await.unwrap().0;
            serve(&mut stream, 1).await;
            stream
        };
        let both = async { tokio::join!(pool.send(request("GET", address), fresh), served) };
        let (answer, stream) = tokio::time::timeout(Duration::from_secs(20), both).await.expect("no second connection");
        answer.unwrap();
        streams.push(stream);
        while pool.origins().get(request("GET", address).uri()).is_none_or(|origin| origin.idle.is_empty()) {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn an_attempt_goes_on_after_its_request_was_cancelled() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let pool = pool();
    tokio::select! {
        biased;
        _ = pool.send(request("GET", address), false) => unreachable!("nobody answers"),
        () = std::future::ready(()) => {}
    }
    while pool.origins().get(request("GET", address).uri()).is_none_or(|origin| origin.idle.is_empty()) {
        tokio::task::yield_now().await;
    }
    let mut first = listener.accept().await.unwrap().0;
    let (answer, (read, _)) = tokio::join!(pool.send(request("GET", address), false), serve(&mut first, 1));
    assert_eq!((answer.unwrap().status().as_u16(), read), (200, 1));
}

#[tokio::test]
async fn a_write_that_meets_a_closed_connection_is_sent_over_a_new_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let pool = pool();
    // The connection's task has not seen yet that it is closed, so the pool takes it, and the request comes back unsent.
    let (closed, peer) = connection().await;
    pool.put(request("POST", address).uri(), closed);
    drop(peer);
    let served = tokio::spawn(async move { serve(&mut listener.accept().await.unwrap().0, 1).await });
    assert_eq!(pool.send(request("POST", address), false).await.unwrap().status().as_u16(), 200);
    let (read, head) = served.await.unwrap();
    assert_eq!(read, 1);
    assert!(head.starts_with("POST /things?page=2 HTTP/1.1\r\n"), "{head}");
}

/// If another thread spawns a task on a runtime that is shutting down, the runtime drops the task at once.
#[test]
fn a_connection_can_be_kept_while_the_runtime_shuts_down() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let handle = runtime.handle().clone();
    let (pool, (connection, _peer)) = runtime.block_on(async { (pool(), connection().await) });
    drop(runtime);
    let (kept, is_kept) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let _context = handle.enter();
        pool.put(&uri(), connection);
        kept.send(pool.origins().is_swept)
    });
    assert_eq!(is_kept.recv_timeout(Duration::from_secs(20)), Ok(false), "the thread still waits for a lock");
}

/// The connection was opened for a request that then got another connection. The peer closes it when a request arrives.
#[tokio::test]
async fn a_kept_connection_that_was_never_used_may_be_closed_by_the_upstream() {
    let pool = pool();
    let (unused, mut peer) = connection().await;
    pool.put(&uri(), unused);
    let closing = tokio::spawn(async move { peer.read(&mut [0; 1024]).await.unwrap() });
    let request = Box::new(Request::builder().uri(uri()).body(Outgoing::default()).unwrap());
    assert!(matches!(pool.send(request, false).await, Err(Failure::Stale(_))));
    assert!(closing.await.unwrap() > 0);
}

#[tokio::test]
async fn an_attempt_that_ends_after_the_last_sweep_starts_the_sweeps_again() {
    let pool = pool();
    let (attempt, cancelled) = waiting(&pool, 1);
    drop(cancelled);
    assert!(!pool.origins().sweep());
    attempt.finish(Ok(connection().await.0));
    assert!(pool.origins().is_swept);
    assert!(pool.origins().take(&uri()).is_some());
}
