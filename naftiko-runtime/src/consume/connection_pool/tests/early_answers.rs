//! Tests of HTTP/1.1 APIs that answer before they have read the whole request, and then reset the connection.

use super::*;
use crate::error::Error;
use crate::upload::{BodyPiece, Upload};
use bytes::Bytes;
use futures_util::stream;
use http_body_util::BodyExt as _;
use std::io::{Read as _, Write as _};
use std::net::TcpListener as Listener;
use std::sync::mpsc;

const TOO_LARGE: &[u8] = b"HTTP/1.1 413 Payload Too Large\r\ncontent-length: 9\r\n\r\ntoo large";

/// Reads the head of a request.
fn read_head(stream: &mut impl std::io::Read) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
}

/// Sends a body while the API resets the connection: the next write fails before the answer can be read. If `warm` is
/// set, the connection has already served a request.
async fn reset(pool: &ConnectionPool, warm: bool, answer: &'static [u8]) -> Result<(u16, Bytes), Failure> {
    let listener = Listener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (head_is_read, has_read_head) = oneshot::channel();
    let (resets, is_reset) = mpsc::channel();
    let (proceed, may_proceed) = mpsc::channel();
    std::thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        if warm {
            read_head(&mut stream);
            stream.write_all(ANSWER).unwrap();
        }
        read_head(&mut stream);
        // Closing a socket with unread data makes the system reset the connection.
        stream.read_exact(&mut [0]).unwrap();
        head_is_read.send(()).unwrap();
        may_proceed.recv().unwrap();
        stream.write_all(answer).unwrap();
        drop(stream);
        resets.send(()).unwrap();
    });
    if warm {
        let first = pool.send(request("GET", address), false).await?;
        first.into_body().collect().await.unwrap();
        while pool.origins().get(request("GET", address).uri()).is_none_or(|origin| origin.idle.is_empty()) {
            tokio::task::yield_now().await;
        }
    }
    let first = stream::iter([Ok::<_, Error>(Bytes::from_static(&[b'x'; 1024]))]);
    let second = stream::once(async move {
        has_read_head.await.unwrap();
        // Blocks the thread, so that the task of the connection cannot read the answer before the next write fails.
        proceed.send(()).unwrap();
        is_reset.recv().unwrap();
        Ok(Bytes::from_static(&[b'x'; 1024]))
    });
    let body = Upload::stream(Box::pin(futures_util::StreamExt::chain(first, second)));
    let mut post = request("POST", address);
    *post.body_mut() = Outgoing::of(vec![BodyPiece::File(body)]).unwrap();
    let answer = pool.send(post, false).await?;
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.map_err(|error| Failure::Broken(error.into()))?;
    // The connection is not used again.
    assert!(pool.origins().take(request("GET", address).uri()).is_none());
    Ok((status, body.to_bytes()))
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_answer_that_arrived_before_a_reset_is_passed_on() {
    let pool = pool();
    for warm in [false, true] {
        let (status, body) = reset(&pool, warm, TOO_LARGE).await.unwrap();
        assert_eq!((status, &*body), (413, &b"too large"[..]));
    }
}

#[tokio::test]
async fn a_reset_without_an_answer_is_a_closed_connection() {
    let pool = pool();
    assert!(matches!(reset(&pool, false, b"").await, Err(Failure::Closed(_))));
    assert!(matches!(reset(&pool, true, b"").await, Err(Failure::Stale(_))));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_answer_that_a_reset_cuts_off_is_broken() {
    let pool = pool();
    for answer in [&b"HTTP/1.1 413 Payload"[..], b"HTTP/1.1 413 Payload Too Large\r\n\r\ntoo", &TOO_LARGE[..50]] {
        let broken = reset(&pool, false, answer).await;
        assert!(matches!(broken, Err(Failure::Broken(_))), "{:?}", broken.map(|(status, _)| status));
    }
}
