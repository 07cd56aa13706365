//! Tests of HTTP/2 requests that the peer does not process, and of bodies that fail. The peers write raw frames.

use super::*;
use crate::error::Error;
use crate::upload::{BodyPiece, Upload};
use bytes::Bytes;
use http::Method;
use tokio::time::timeout;

// Types of frames (RFC 9113, section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;

// Error codes (RFC 9113, section 7).
const NO_ERROR: u8 = 0;
const INTERNAL_ERROR: u8 = 2;
const REFUSED_STREAM: u8 = 7;

/// The peer of an HTTP/2 connection.
struct Peer(TcpStream);

impl Peer {
    async fn write(&mut self, kind: u8, flags: u8, of: u8, payload: &[u8]) {
        let length = u8::try_from(payload.len()).unwrap();
        let frame = [&[0, 0, length, kind, flags, 0, 0, 0, of][..], payload].concat();
        self.0.write_all(&frame).await.unwrap();
    }

    async fn reset(&mut self, of: u8, code: u8) {
        self.write(RST_STREAM, 0, of, &[0, 0, 0, code]).await;
    }

    async fn go_away(&mut self, last: u8, code: u8) {
        self.write(GOAWAY, 0, 0, &[0, 0, 0, last, 0, 0, 0, code]).await;
    }

    /// Reads frames until this number of requests has arrived completely.
    async fn requests(&mut self, number: usize) {
        let mut complete = 0;
        while complete < number {
            let mut head = [0; 9];
            self.0.read_exact(&mut head).await.unwrap();
            let [_, high, low, kind, flags, ..] = head;
            let mut payload = vec![0; usize::from(u16::from_be_bytes([high, low]))];
            self.0.read_exact(&mut payload).await.unwrap();
            match kind {
                SETTINGS if flags == 0 => self.write(SETTINGS, 1, 0, &[]).await,
                // END_STREAM is the lowest bit of the flags in both.
                DATA | HEADERS if flags & 1 == 1 => complete += 1,
                _ => {}
            }
        }
    }

    /// Waits until the client has closed the connection.
    async fn closed(mut self) {
        tokio::io::copy(&mut self.0, &mut tokio::io::sink()).await.unwrap();
    }
}

/// Opens an HTTP/2 connection to a listener, and puts it in a pool.
async fn kept(pool: &ConnectionPool, listener: &TcpListener) -> (SocketAddr, Peer) {
    let address = listener.local_addr().unwrap();
    let (stream, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
    let uri = request("GET", address).uri().clone();
    let sender = pool.multiplex(&uri, TokioIo::new(stream.unwrap())).await.unwrap();
    let mut peer = Peer(accepted.unwrap().0);
    peer.0.read_exact(&mut [0; 24]).await.unwrap();
    peer.write(SETTINGS, 0, 0, &[]).await;
    let connection = opened(sender);
    connection.streams().unwrap().settled().await;
    pool.put(&uri, connection);
    (address, peer)
}

fn with_body(method: &str, address: SocketAddr, body: Outgoing) -> Box<Request<Outgoing>> {
    let mut request = request(method, address);
    *request.body_mut() = body;
    request
}

fn bytes(text: &'static str) -> Outgoing {
    Bytes::from_static(text.as_bytes()).into()
}

fn streamed<E>(pieces: Vec<Result<&'static str, E>>) -> Outgoing
where
    E: Into<Box<dyn StdError + Send + Sync>> + Send + 'static,
{
    let pieces = pieces.into_iter().map(|piece| piece.map(|text| Bytes::from_static(text.as_bytes())));
    let file = Upload::stream(futures_util::stream::iter(pieces));
    Outgoing::of(vec![BodyPiece::File(file)]).unwrap()
}

/// Answers one request over HTTP/1.1 on the next connection; returns its first line and its body, which has 5 bytes or none.
async fn answers(listener: &TcpListener) -> (String, String) {
    let accepted = timeout(Duration::from_secs(30), listener.accept()).await.expect("the request was not sent again");
    let mut stream = accepted.unwrap().0;
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        read.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(read).unwrap();
    let mut body = vec![0; if head.contains("content-length: 5") { 5 } else { 0 }];
    stream.read_exact(&mut body).await.unwrap();
    stream.write_all(ANSWER).await.unwrap();
    (head.lines().next().unwrap().to_owned(), String::from_utf8(body).unwrap())
}

/// Sends a request over an HTTP/2 connection while the peer runs `peer_does`, and returns the failure. Panics if the
/// request is sent again.
async fn once(
    request: impl FnOnce(SocketAddr) -> Box<Request<Outgoing>>,
    peer_does: impl AsyncFnOnce(&mut Peer),
) -> Failure {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let pool = pool();
    let (address, mut peer) = kept(&pool, &listener).await;
    let sent = async {
        tokio::select! {
            biased;
            _ = listener.accept() => panic!("the request was sent again"),
            sent = pool.send(request(address), false) => sent.map(drop).unwrap_err(),
        }
    };
    let refuses = async {
        peer_does(&mut peer).await;
        peer
    };
    tokio::join!(sent, refuses).0
}

#[tokio::test]
async fn a_write_that_was_refused_unprocessed_is_sent_again_over_a_new_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    for (method, text) in [("POST", "hello"), ("PATCH", "hello"), ("PUT", "hello"), ("POST", ""), ("PATCH", "")] {
        for (code, goes_away) in
            [(REFUSED_STREAM, false), (NO_ERROR, true), (INTERNAL_ERROR, true), (REFUSED_STREAM, true)]
        {
            let pool = pool();
            let (address, mut peer) = kept(&pool, &listener).await;
            let sent = pool.send(with_body(method, address, bytes(text)), false);
            let served = async {
                peer.requests(1).await;
                if goes_away {
                    peer.go_away(0, code).await;
                } else {
                    peer.reset(1, code).await;
                }
                answers(&listener).await
            };
            let (answer, (line, body)) = tokio::join!(sent, served);
            assert_eq!(answer.unwrap().status().as_u16(), 200);
            assert_eq!(line, format!("{method} /things?page=2 HTTP/1.1"));
            assert_eq!(body, text);
        }
    }
}

#[tokio::test]
async fn a_goaway_sends_only_the_streams_that_it_excludes_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let pool = pool();
    let (address, mut peer) = kept(&pool, &listener).await;
    let send = |text| pool.send(with_body("POST", address, bytes(text)), false);
    let served = async {
        peer.requests(2).await;
        peer.go_away(1, NO_ERROR).await;
        let again = answers(&listener).await;
        // `:status: 204` of the static table of HPACK (RFC 7541, appendix A).
        peer.write(HEADERS, 5, 1, &[0x89]).await;
        peer.closed().await;
        again
    };
    let (first, second, (_, body)) = tokio::join!(send("first"), send("again"), served);
    assert_eq!(first.unwrap().status().as_u16(), 204);
    assert_eq!(second.unwrap().status().as_u16(), 200);
    assert_eq!(body, "again");
}

#[tokio::test]
async fn a_write_that_may_have_been_processed_is_not_sent_again() {
    for (code, sent) in [(NO_ERROR, "hello"), (INTERNAL_ERROR, "hello"), (REFUSED_STREAM, "hello"), (NO_ERROR, "")] {
        let post = |address| with_body("POST", address, bytes(sent));
        // The GOAWAY does not exclude the stream; then the connection closes.
        let failure = once(post, async |peer| {
            peer.requests(1).await;
            peer.go_away(1, code).await;
            peer.0.shutdown().await.unwrap();
        });
        assert!(matches!(failure.await, Failure::Stale(_)));
    }
    let post = |address| with_body("POST", address, bytes("hello"));
    let failure = once(post, async |peer| {
        peer.requests(1).await;
        peer.reset(1, INTERNAL_ERROR).await;
    });
    assert!(matches!(failure.await, Failure::Stale(_)));
}

#[tokio::test]
async fn a_refused_request_whose_streamed_body_was_read_is_not_sent_again() {
    let post = |address| with_body("POST", address, streamed(vec![Ok::<_, Error>("read "), Ok("once")]));
    let failure = once(post, async |peer| {
        peer.requests(1).await;
        peer.reset(1, REFUSED_STREAM).await;
    });
    assert!(matches!(failure.await, Failure::Stale(_)));
}

#[tokio::test]
async fn a_refused_read_is_left_to_its_sender_which_builds_it_again() {
    let get = |address| request("GET", address);
    for goes_away in [false, true] {
        let failure = once(get, async |peer| {
            peer.requests(1).await;
            if goes_away { peer.go_away(0, NO_ERROR).await } else { peer.reset(1, REFUSED_STREAM).await }
        });
        assert!(matches!(failure.await, Failure::Stale(_)));
    }
}

#[tokio::test]
async fn a_body_that_fails_is_not_blamed_on_the_api() {
    let body = || streamed(vec![Ok("a piece"), Err("the disk is gone")]);
    let failure = once(
        |address| with_body(Method::POST.as_str(), address, body()),
        async |peer| {
            // Waits until the client resets the stream.
            let mut kind = [0; 9];
            while kind[3] != RST_STREAM {
                peer.0.read_exact(&mut kind).await.unwrap();
                let mut payload = vec![0; usize::from(u16::from_be_bytes([kind[1], kind[2]]))];
                peer.0.read_exact(&mut payload).await.unwrap();
            }
        },
    );
    match failure.await {
        Failure::File(error) => assert!(format!("{error:?}").contains("the disk is gone"), "{error:?}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_answer_that_a_reset_cuts_off_is_broken_whatever_its_code() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    // With `ends`, the last DATA frame has END_STREAM: the answer is complete before the reset.
    for (pieces, ends, code) in [
        (&["half"][..], false, NO_ERROR),
        (&["half"], false, INTERNAL_ERROR),
        (&[], false, NO_ERROR),
        (&["ab", "cd"], true, NO_ERROR),
    ] {
        let pool = pool();
        let (address, mut peer) = kept(&pool, &listener).await;
        let read = async {
            let answer = pool.send(request("GET", address), false).await.unwrap();
            http_body_util::BodyExt::collect(answer.into_body()).await.map(http_body_util::Collected::to_bytes)
        };
        let served = async {
            peer.requests(1).await;
            // `:status: 200` of the static table of HPACK (RFC 7541, appendix A).
            peer.write(HEADERS, 4, 1, &[0x88]).await;
            for (number, piece) in pieces.iter().enumerate() {
                let is_last = ends && number + 1 == pieces.len();
                peer.write(DATA, u8::from(is_last), 1, piece.as_bytes()).await;
            }
            peer.reset(1, code).await;
            peer
        };
        match tokio::join!(read, served).0 {
            Ok(body) => assert!(ends && body == "abcd", "{body:?}"),
            Err(failure) => assert!(!ends && matches!(failure, Failure::Broken(_)), "{failure:?}"),
        }
    }
}
