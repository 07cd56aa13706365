//! Connections: reused ones that the upstream closes, answers that are not HTTP, requests without a body.

use crate::common::{Open, Thing};
use crate::support::{capability, serve};
use crate::wire::Wire;
use naftiko_runtime::ErrorKind;
use naftiko_runtime::testing::{Answer, Upstream};
use serde_json::json;

const THING: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{\"id\":\"t\"}";

/// Returns a client with the built-in transport and, if the feature `reqwest` is on, one with a custom transport.
fn clients(url: &str) -> Vec<Open> {
    let builder = || Open::builder().base_uri(url);
    vec![
        builder().build().unwrap(),
        #[cfg(feature = "reqwest")]
        builder().http_client(reqwest::Client::new()).build().unwrap(),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idempotent_calls_survive_connections_that_the_upstream_closes() {
    for per_connection in [1, 3] {
        for at in 0..clients("http://localhost").len() {
            let wire = Wire::start(per_connection, THING).await;
            let client = &clients(&wire.url)[at];
            for n in 0..300 {
                assert_eq!(client.get("t").await.unwrap(), Thing::of("t"), "call {n}, closing after {per_connection}");
            }
            client.put("t", Some(&Thing::of("t"))).await.unwrap();
            let requests = wire.requests();
            assert_eq!(requests.len(), 301, "a request that was answered was sent again");
            let first = &requests[0];
            assert!(requests[..300].iter().all(|request| request == first), "a retry sent another request");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_idempotent_calls_survive_connections_that_the_upstream_closes() {
    let wire = Wire::start(2, THING).await;
    let client = &clients(&wire.url)[0];
    for _ in 0..30 {
        let calls: Vec<_> = (0..10).map(|_| tokio::spawn(client.get("t"))).collect();
        for call in calls {
            call.await.unwrap().unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_that_are_not_idempotent_are_never_sent_twice() {
    for at in 0..clients("http://localhost").len() {
        let wire = Wire::start(3, THING).await;
        let client = &clients(&wire.url)[at];
        let mut answered = 0;
        for _ in 0..300 {
            // `authorized` is a POST.
            match client.authorized(None).await {
                Ok(()) => answered += 1,
                Err(error) => assert_eq!(error.kind(), ErrorKind::BadAnswer, "{error:?}"),
            }
        }
        assert_eq!(wire.requests().len(), answered);
    }
}

#[tokio::test]
async fn a_request_on_a_new_connection_is_not_retried() {
    let wire = Wire::start(1, b"").await;
    let client = &clients(&wire.url)[0];
    let error = client.get("t").await.unwrap_err();
    assert!(error.to_string().contains("closed the connection without an answer"), "{error}");
    assert_eq!(wire.requests().len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_reported_as_such() {
    let malformed: [&[u8]; 6] = [
        b"SSH-2.0-OpenSSH_9.7\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad header\x01: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff1\r\n{}\r\n0\r\n\r\n",
    ];
    for answer in malformed {
        fails_with(answer, "sent an answer that is not valid HTTP").await;
    }
    let large = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(101));
    fails_with(large.leak().as_bytes(), "more than 100 headers, or more than 400 KiB").await;
    let truncated: [&[u8]; 4] = [
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"id\"",
    ];
    for answer in truncated {
        fails_with(answer, "closed the connection in the middle of its answer").await;
    }
}

/// Obsolete line folding (RFC 9112, section 5.2).
#[tokio::test]
async fn a_header_in_several_lines_is_one_line() {
    let folded: &[u8] =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json;\r\n\t charset=utf-8\r\nX-Note: a,\r\n b\r\n\
          Content-Length: 10\r\n\r\n{\"id\":\"t\"}";
    let wire = Wire::start(1, folded).await;
    assert_eq!(clients(&wire.url)[0].get("t").await.unwrap(), Thing::of("t"));
}

/// Checks the error of a typed call and of one with an unparsed answer.
async fn fails_with(answer: &'static [u8], expected: &str) {
    let wire = Wire::start(1, answer).await;
    let client = &clients(&wire.url)[0];
    let raw = match client.raw().await {
        Ok(raw) => raw.bytes().await.unwrap_err(),
        Err(error) => error,
    };
    for error in [client.get("t").await.unwrap_err(), raw] {
        assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::BadAnswer, 502));
        assert!(error.to_string().contains(expected), "{}: {error:?}", String::from_utf8_lossy(answer));
    }
}

#[tokio::test]
async fn a_write_without_a_body_declares_that_it_is_empty() {
    for at in 0..clients("http://localhost").len() {
        let upstream = Upstream::start().await;
        for method in ["PUT", "POST", "GET"] {
            upstream.answer(method, "/things/{id}", Answer::json(200, json!({ "id": "t" })));
            upstream.answer(method, "/things/{id}/", Answer::json(200, json!({ "id": "t" })));
            upstream.answer(method, "/authorized", Answer::status(204));
        }
        let client = &clients(upstream.url())[at];
        client.put("t", None).await.unwrap();
        client.authorized(None).await.unwrap();
        client.get("t").await.unwrap();
        let lengths: Vec<_> =
            upstream.requests().iter().map(|request| request.header("content-length").map(str::to_owned)).collect();
        assert_eq!(lengths, [Some("0".to_owned()), Some("0".to_owned()), None]);
    }
    let upstream = Upstream::start().await;
    upstream.answer("PATCH", "/x", Answer::status(204));
    let url = serve(&capability(&crate::forwards::document("[]"), &upstream)).await;
    reqwest::Client::new().patch(format!("{url}/proxy/x")).send().await.unwrap();
    assert_eq!(upstream.requests()[0].header("content-length"), Some("0"));
}
