//! The requests that a client sends: every argument in its place; hostile values are escaped or refused.
#![cfg(all(feature = "client", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Bearer, Extras, Open, Thing};
use naftiko_runtime::ErrorKind;
use naftiko_runtime::testing::{Answer, Recorded, Upstream};
use proptest::prelude::*;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::{TcpListener, TcpStream};

/// Starts an upstream that always answers with a thing, and creates a client for it.
async fn things() -> (Upstream, Open) {
    let upstream = Upstream::start().await;
    for method in ["GET", "PUT", "DELETE", "HEAD"] {
        upstream.answer(method, "/things/{id}", Answer::json(200, json!({ "id": "t" })));
    }
    upstream.answer("PUT", "/things/{id}/", Answer::json(200, json!({ "id": "t" })));
    let client = Open::builder().base_uri(upstream.url()).build().unwrap();
    (upstream, client)
}

fn only(upstream: &Upstream) -> Recorded {
    let requests = upstream.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    requests.into_iter().next().unwrap()
}

#[tokio::test]
async fn every_argument_goes_to_its_place() {
    let (upstream, client) = things().await;
    let tags = ["a b".to_owned(), "c&d=e".to_owned()];
    let extras =
        Extras { page: Some(3), tags: Some(&tags), trace: Some("trace 1"), session: Some("s=1"), theme: Some("dark") };
    assert_eq!(client.get_with("t-1", extras).await.unwrap(), Thing::of("t"));
    let seen = only(&upstream);
    assert_eq!(seen.path_and_query, "/things/t-1?page%5Bsize%5D=3&tag=a%20b&tag=c%26d%3De");
    assert_eq!(seen.header("x-trace"), Some("trace 1"));
    assert_eq!(seen.header("cookie"), Some("session=s=1; theme=dark"));
    assert_eq!(seen.header("accept"), Some("application/json"));
    assert_eq!(seen.header("user-agent"), Some(concat!("naftiko/", env!("CARGO_PKG_VERSION"))));
    assert!(seen.body.is_empty());
    assert_eq!(seen.header("content-type"), None);
    assert_eq!(seen.header("accept-encoding"), Some("identity"));
}

#[tokio::test]
async fn an_absent_argument_is_not_sent() {
    let (upstream, client) = things().await;
    client.get("t-1").await.unwrap();
    let seen = only(&upstream);
    assert_eq!(seen.path_and_query, "/things/t-1");
    let mut names: Vec<_> = seen.headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "accept-encoding", "host", "user-agent"]);
}

#[tokio::test]
async fn a_body_is_json_or_nothing() {
    let (upstream, client) = things().await;
    client.put("t", Some(&Thing::of("new"))).await.unwrap();
    client.put("t", None).await.unwrap();
    let seen = upstream.requests();
    assert_eq!(seen[0].path_and_query, "/things/t/", "the slash at the end is missing");
    assert_eq!(seen[0].header("content-type"), Some("application/json"));
    assert_eq!(seen[0].json().unwrap(), json!({ "id": "new" }));
    assert_eq!(seen[1].header("content-type"), None);
    assert!(seen[1].body.is_empty());
}

#[tokio::test]
async fn a_base_uri_may_have_a_path_and_slashes_at_its_end() {
    let upstream = Upstream::start().await;
    upstream.answer("DELETE", "/api/v2/things/{id}", Answer::status(204));
    let client = Open::builder().base_uri(format!("{}/api/v2//", upstream.url())).build().unwrap();
    client.delete("t").await.unwrap();
    assert_eq!(only(&upstream).path_and_query, "/api/v2/things/t");
}

#[tokio::test]
async fn hostile_path_values_are_one_segment_or_refused() {
    let (upstream, client) = things().await;
    let long = "x".repeat(10 * 1024);
    let sent = [
        ("../admin", "/things/..%2Fadmin"),
        ("a/b", "/things/a%2Fb"),
        ("a?b#c", "/things/a%3Fb%23c"),
        ("\\", "/things/%5C"),
        ("..\\..", "/things/..%5C.."),
        ("%2f", "/things/%252f"),
        ("\r\nX-Evil: 1", "/things/%0D%0AX-Evil%3A%201"),
        ("\0", "/things/%00"),
        ("\t", "/things/%09"),
        ("naïve ☃", "/things/na%C3%AFve%20%E2%98%83"),
        ("...", "/things/..."),
        (";jsessionid=1", "/things/%3Bjsessionid%3D1"),
        (&long, &format!("/things/{long}")),
    ];
    for (value, expected) in sent {
        client.get(value).await.unwrap();
        assert_eq!(upstream.requests().last().unwrap().path_and_query, expected);
    }
    let before = upstream.requests().len();
    let too_long = "x".repeat(70_000);
    for value in ["", ".", "..", "%2e", "%2e%2e", ".%2E", "%2E.", &too_long] {
        let error = client.get(value).await.unwrap_err();
        assert_eq!((error.kind(), error.pointer()), (ErrorKind::Argument, Some("/thingId")), "{value}");
        assert_eq!(error.status(), 400);
        assert!(error.to_string().contains("`thingId`"), "{error}");
        assert_eq!(error.operation(), Some("get"));
    }
    assert_eq!(upstream.requests().len(), before, "a refused call sent a request");
}

#[tokio::test]
async fn headers_and_cookies_cannot_be_injected() {
    let (upstream, client) = things().await;
    for value in ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0b", "\u{7f}"] {
        let error = client.get_with("t", Extras { trace: Some(value), ..Extras::default() }).await.unwrap_err();
        assert_eq!((error.kind(), error.pointer()), (ErrorKind::Argument, Some("/X-Trace")), "{value:?}");
    }
    for value in ["a; admin=1", "a,b", "a b", "\"a\"", "a\\b", "a\r\nX-Evil: 1", "é"] {
        let error = client.get_with("t", Extras { session: Some(value), ..Extras::default() }).await.unwrap_err();
        assert_eq!((error.kind(), error.pointer()), (ErrorKind::Argument, Some("/session")), "{value:?}");
    }
    let tags = ["x".repeat(70_000)];
    let error = client.get_with("t", Extras { tags: Some(&tags), ..Extras::default() }).await.unwrap_err();
    assert_eq!(error.pointer(), Some("/tag"));
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn a_header_value_need_not_be_ascii() {
    let (upstream, client) = things().await;
    client.get_with("t", Extras { trace: Some("é"), ..Extras::default() }).await.unwrap();
    assert_eq!(only(&upstream).headers["x-trace"].as_bytes(), "é".as_bytes());
}

#[tokio::test]
async fn a_header_of_the_caller_replaces_the_credential() {
    let upstream = Upstream::start().await;
    upstream.answer("POST", "/authorized", Answer::status(204));
    let client = Bearer::builder().base_uri(upstream.url()).bind("TOKEN", "s3cret-token").build().unwrap();
    client.authorized(None).await.unwrap();
    client.authorized(Some("Bearer the-caller's")).await.unwrap();
    let seen = upstream.requests();
    assert_eq!(seen[0].header("authorization"), Some("Bearer s3cret-token"));
    assert_eq!(seen[1].header("authorization"), Some("Bearer the-caller's"));
    assert_eq!(seen[1].headers.get_all("authorization").iter().count(), 1);
}

#[tokio::test]
async fn a_client_and_its_clone_share_connections() {
    let (upstream, _) = things().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let target = upstream.url().trim_start_matches("http://").to_owned();
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut downstream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            let mut upstream = TcpStream::connect(&target).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut downstream, &mut upstream).await });
        }
    });
    let client = Open::builder().base_uri(url).build().unwrap();
    let clone = client.clone();
    for _ in 0..20 {
        client.exists("t").await.unwrap();
        clone.delete("t").await.unwrap();
    }
    assert_eq!(upstream.requests().len(), 40);
    // A call may open another connection before the one of the previous call is free again.
    let connections = connections.load(Ordering::SeqCst);
    assert!((1..10).contains(&connections), "{connections} connections for 40 calls");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn any_text_arrives_unchanged_or_is_refused(values in proptest::collection::vec(hostile(), 20..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (upstream, client) = things().await;
            for value in &values {
                let before = upstream.requests().len();
                let tags = [value.clone()];
                let result = client.get_with(value, Extras { tags: Some(&tags), ..Extras::default() }).await;
                let seen = upstream.requests();
                match result {
                    Ok(_) => {
                        let seen = seen.last().unwrap();
                        let segments: Vec<_> = seen.path().split('/').collect();
                        prop_assert_eq!(segments.len(), 3, "{}", seen.path());
                        let decoded = percent_encoding::percent_decode_str(segments[2]).decode_utf8().unwrap();
                        prop_assert_eq!(decoded.as_ref(), value);
                        let query = seen.query().unwrap().strip_prefix("tag=").unwrap();
                        let decoded = percent_encoding::percent_decode_str(query).decode_utf8().unwrap();
                        prop_assert_eq!(decoded.as_ref(), value);
                    }
                    Err(error) => {
                        prop_assert_eq!(error.kind(), ErrorKind::Argument, "{}", error);
                        prop_assert_eq!(error.pointer(), Some("/thingId"));
                        prop_assert_eq!(seen.len(), before);
                        let dots = percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned();
                        prop_assert!(matches!(dots.as_str(), "" | "." | ".."), "{value:?} was refused");
                    }
                }
            }
            Ok(())
        })?;
    }
}

/// Generates texts with special characters of URLs, and any other texts.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::collection::vec(
            prop_oneof![
                Just(".".to_owned()),
                Just("..".to_owned()),
                Just("/".to_owned()),
                Just("%2e".to_owned()),
                Just("%".to_owned()),
                Just("\\".to_owned()),
                Just("?#".to_owned()),
                Just("\r\n".to_owned()),
                Just("@:".to_owned()),
            ],
            0..4
        )
        .prop_map(|parts| parts.concat()),
        any::<String>(),
    ]
}
