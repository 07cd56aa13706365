//! Tests of the streams of HTTP/2 connections: which connection a request gets, and when it is closed.

use super::*;

/// Writes the SETTINGS of a peer that allows this number of streams.
async fn settle(peer: &mut DuplexStream, streams: u8) {
    // SETTINGS_MAX_CONCURRENT_STREAMS (RFC 9113, section 6.5.2).
    peer.write_all(&[0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, streams]).await.unwrap();
}

/// Returns an open HTTP/2 connection whose peer has not sent its SETTINGS, and the peer.
async fn unsettled(pool: &ConnectionPool) -> (Connection, DuplexStream) {
    let (stream, peer) = duplex(65_536);
    (opened(pool.multiplex(&uri(), TokioIo::new(stream)).await.unwrap()), peer)
}

/// Returns an open HTTP/2 connection whose peer allows this number of streams, and the peer.
pub(super) async fn multiplexed(pool: &ConnectionPool, streams: u8) -> (Connection, DuplexStream) {
    let (connection, mut peer) = unsettled(pool).await;
    settle(&mut peer, streams).await;
    connection.streams().unwrap().settled().await;
    (connection, peer)
}

/// Takes a stream of a connection. Also returns the index of the connection in the pool.
fn take(pool: &ConnectionPool) -> Option<(usize, Connection)> {
    let mut origins = pool.origins();
    let taken = origins.take(&uri())?;
    let all = &origins.get(&uri())?.multiplexed;
    let place = all.iter().position(|(kept, _)| Arc::ptr_eq(kept.streams().unwrap(), taken.streams().unwrap()));
    Some((place.unwrap(), taken))
}

/// Adds a waiting request for which no attempt is made.
fn relying(pool: &ConnectionPool, number: u64) -> oneshot::Receiver<Result<Connection, Failure>> {
    let (sender, receiver) = oneshot::channel();
    let mut origins = pool.origins();
    origins.entry(&uri()).waiting.push_back(Waiting { number, sender, has_attempt: false });
    origins.serve(&uri());
    receiver
}

fn kept(pool: &ConnectionPool) -> usize {
    pool.origins().get(&uri()).unwrap().multiplexed.len()
}

#[tokio::test]
async fn one_request_gets_a_connection_before_the_peer_says_how_many_streams_it_allows() {
    let pool = pool();
    let (attempt, mut first) = waiting(&pool, 1);
    let second = relying(&pool, 2);
    let mut third = relying(&pool, 3);
    let (connection, mut peer) = unsettled(&pool).await;
    attempt.finish(Ok(connection));
    let first = first.try_recv().unwrap().unwrap();
    assert!(!first.is_reused);
    assert!(pool.origins().take(&uri()).is_none());
    settle(&mut peer, 2).await;
    let second = second.await.unwrap().unwrap();
    assert!(second.is_reused);
    assert!(third.try_recv().is_err());
    // A call that ends gives its stream to the request that waits.
    drop(first);
    assert!(third.await.unwrap().is_ok());
}

#[tokio::test]
async fn a_request_gets_a_stream_of_the_fullest_connection_that_has_one() {
    let pool = pool();
    let mut peers = Vec::new();
    let mut calls = Vec::new();
    for _ in 0..3 {
        let (connection, peer) = multiplexed(&pool, 2).await;
        peers.push(peer);
        pool.put(&uri(), connection);
        calls.push([take(&pool).unwrap(), take(&pool).unwrap()]);
        assert!(take(&pool).is_none());
    }
    assert_eq!(calls.iter().map(|[(one, _), (two, _)]| (*one, *two)).collect::<Vec<_>>(), [(0, 0), (1, 1), (2, 2)]);
    // Now the first connection has no calls, the second has one, and the third is full.
    calls.remove(0);
    let [_, second] = calls.remove(0);
    let third = take(&pool).unwrap();
    assert_eq!(third.0, 1);
    let fourth = take(&pool).unwrap();
    assert_eq!(fourth.0, 0);
    drop((second, third));
    assert_eq!(take(&pool).unwrap().0, 0);
}

#[tokio::test]
async fn a_connection_is_kept_only_if_the_others_have_no_room() {
    let pool = pool();
    let (first, _first_peer) = multiplexed(&pool, 1).await;
    let (second, mut second_peer) = multiplexed(&pool, 1).await;
    let (third, _third_peer) = multiplexed(&pool, 1).await;
    pool.put(&uri(), first);
    pool.put(&uri(), second);
    assert_eq!(kept(&pool), 1);
    // The client closes the second connection.
    second_peer.read_to_end(&mut Vec::new()).await.unwrap();
    let _call = take(&pool).unwrap();
    pool.put(&uri(), third);
    assert_eq!(kept(&pool), 2);
}

#[tokio::test]
async fn a_connection_without_calls_is_closed_and_one_with_a_long_call_is_kept() {
    let pool = pool();
    let (first, _first_peer) = multiplexed(&pool, 1).await;
    let (second, mut second_peer) = multiplexed(&pool, 1).await;
    pool.put(&uri(), first);
    let (_, long) = take(&pool).unwrap();
    pool.put(&uri(), second);
    for _ in 0..=UNUSED_ROUNDS {
        assert_eq!(kept(&pool), 2);
        pool.origins().sweep();
    }
    assert_eq!(kept(&pool), 1);
    second_peer.read_to_end(&mut Vec::new()).await.unwrap();
    drop(long);
    for _ in 0..=UNUSED_ROUNDS {
        assert_eq!(kept(&pool), 1);
        pool.origins().sweep();
    }
    assert!(pool.origins().http.is_empty());
}

#[tokio::test]
async fn a_connection_that_allows_no_calls_is_not_kept_for_a_call_that_waits() {
    let pool = pool();
    let (attempt, mut receiver) = waiting(&pool, 1);
    let (connection, _peer) = multiplexed(&pool, 0).await;
    attempt.finish(Ok(connection));
    let _call = receiver.try_recv().unwrap().unwrap();
    assert_eq!(kept(&pool), 1);
    for _ in 0..=UNUSED_ROUNDS {
        pool.origins().sweep();
    }
    assert_eq!(kept(&pool), 0);
    drop(attempt);
    assert!(!pool.origins().sweep() && pool.origins().http.is_empty());
}

#[tokio::test]
async fn a_request_gets_a_stream_as_soon_as_the_peer_allows_more() {
    let pool = pool();
    let (connection, mut peer) = multiplexed(&pool, 1).await;
    pool.put(&uri(), connection);
    let _first = take(&pool).unwrap();
    let second = relying(&pool, 2);
    settle(&mut peer, 2).await;
    let second = tokio::time::timeout(Duration::from_secs(20), second).await;
    assert!(second.expect("the request still waits").unwrap().is_ok());
}

#[tokio::test]
async fn a_request_does_not_rely_on_an_attempt_that_is_stuck() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri: Uri = format!("https://{}/things", listener.local_addr().unwrap()).parse().unwrap();
    let pool = pool();
    let send = || {
        let request = Box::new(Request::builder().uri(uri.clone()).body(Outgoing::default()).unwrap());
        let pool = pool.clone();
        tokio::spawn(async move { pool.send(request, false).await.map(drop) })
    };
    let first = send();
    let _stuck = listener.accept().await.unwrap();
    while pool.origins().get(&uri).unwrap().attempts > 0 {
        tokio::task::yield_now().await;
    }
    let second = send();
    let _other = listener.accept().await.unwrap();
    assert!(!first.is_finished(), "the second request has waited until the first attempt ended");
    first.abort();
    second.abort();
}

#[tokio::test]
async fn an_origin_that_speaks_http_1_over_tls_is_remembered() {
    let pool = pool();
    let uri = Uri::from_static("https://api.test/things");
    pool.origins().entry(&uri).served = Some(1);
    assert!(!pool.origins().sweep(), "nothing is left to close");
    assert_eq!(pool.origins().get(&uri).map(|origin| origin.served), Some(Some(1)));
    for number in 0..1001 {
        pool.origins().entry(&format!("https://{number}.test/").parse().unwrap()).served = Some(1);
    }
    pool.origins().sweep();
    assert!(pool.origins().https.is_empty());
}

#[tokio::test]
async fn a_request_waits_for_a_stream_if_no_other_connection_can_be_opened() {
    let pool = pool();
    let (connection, _peer) = multiplexed(&pool, 1).await;
    pool.put(&uri(), connection);
    let _call = take(&pool).unwrap();
    let (attempt, mut receiver) = waiting(&pool, 1);
    attempt.finish(refused());
    assert_eq!(receiver.try_recv().unwrap().unwrap().streams().unwrap().open(), 2);
}

#[tokio::test]
async fn as_many_attempts_are_made_as_the_waiting_requests_need() {
    for (served, each, expected) in
        [(None, false, 1), (Some(1), false, 5), (Some(2), false, 3), (Some(100), false, 1), (Some(100), true, 5)]
    {
        let mut origin = Origin { served, ..Origin::default() };
        let receivers: Vec<_> = (0..5)
            .map(|number| {
                let (sender, receiver) = oneshot::channel();
                origin.waiting.push_back(Waiting { number, sender, has_attempt: false });
                receiver
            })
            .collect();
        assert_eq!(origin.new_attempts(each), (0..expected).collect::<Vec<_>>(), "{served:?} {each}");
        assert!(origin.new_attempts(each).is_empty(), "{served:?} {each}");
        drop(receivers);
    }
}

#[tokio::test]
async fn requests_that_rely_on_an_aborted_attempt_try_again() {
    let pool = pool();
    let (attempt, _own) = waiting(&pool, 1);
    let (_other_attempt, mut other) = waiting(&pool, 2);
    let mut relying = relying(&pool, 3);
    drop(attempt);
    assert_eq!(relying.try_recv().err(), Some(oneshot::error::TryRecvError::Closed));
    assert_eq!(other.try_recv().err(), Some(oneshot::error::TryRecvError::Empty));
}

/// Answers `/endless` with a body that never ends, and counts its pieces; answers anything else with two bytes.
#[cfg(feature = "cli")]
async fn http2_server(stream: DuplexStream, sent: std::sync::Arc<AtomicUsize>) {
    use futures_util::stream::{StreamExt, repeat};
    use http_body_util::{BodyExt, Full, StreamBody};
    use std::convert::Infallible;

    let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
        let sent = sent.clone();
        let piece = move |()| {
            sent.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(http_body::Frame::data(bytes::Bytes::from_static(&[b'x'; 16_384])))
        };
        let body = match request.uri().path() {
            "/endless" => BodyExt::boxed(StreamBody::new(repeat(()).map(piece))),
            _ => Full::from("ok").boxed(),
        };
        async move { Ok::<_, Infallible>(Response::new(body)) }
    });
    let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

#[cfg(feature = "cli")]
#[tokio::test]
async fn answers_that_nobody_reads_do_not_stop_the_others_on_their_http2_connection() {
    use http_body_util::BodyExt;

    let (stream, peer) = duplex(65_536);
    let sent = std::sync::Arc::new(AtomicUsize::new(0));
    tokio::spawn(http2_server(peer, sent.clone()));
    let (sender, connection) = http2_builder().handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let get = async |path: &str| {
        let request = Request::builder().uri(format!("http://api.test{path}")).body(Outgoing::default()).unwrap();
        sender.clone().send_request(request).await.unwrap()
    };
    // The windows of these streams add up to more than a connection has by default.
    let mut unread = Vec::new();
    for _ in 0..2 * (5 << 20) / STREAM_WINDOW {
        unread.push(get("/endless").await);
    }
    // Waits until all windows are full.
    let mut before = 0;
    while before != sent.load(Ordering::Relaxed) {
        before = sent.load(Ordering::Relaxed);
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
    }
    let short = async { get("/short").await.into_body().collect().await.unwrap().to_bytes() };
    let answer = tokio::time::timeout(Duration::from_secs(20), short).await;
    assert_eq!(answer.expect("the answers that nobody reads use the whole window"), "ok");
    drop(unread);
}
