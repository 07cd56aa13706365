//! How the client handles an upstream's answers, mainly broken ones.
#![cfg(all(feature = "client", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use bytes::Bytes;
use common::{Bearer, Open, Thing};
use naftiko_runtime::testing::{Answer, Upstream};
use naftiko_runtime::{Error, ErrorKind};
use serde_json::json;
use std::time::Duration;

const SECRET: &str = "s3cret/token+1";

async fn answering(path: &str, answer: Answer) -> (Upstream, Bearer) {
    let upstream = Upstream::start().await;
    for method in ["GET", "PUT", "DELETE", "HEAD", "POST"] {
        upstream.answer(method, path, answer.clone());
    }
    let client = Bearer::builder().base_uri(upstream.url()).bind("TOKEN", SECRET);
    let client = client.timeout(Duration::from_millis(300)).max_answer(1024 * 1024).build().unwrap();
    (upstream, client)
}

/// Returns the error of `get` for an answer, after checking that it shows no secret, address or argument.
async fn failing(answer: Answer) -> Error {
    let (upstream, client) = answering("/things/{id}", answer).await;
    let error = client.get("t-1").await.unwrap_err();
    assert_eq!(error.operation(), Some("get"));
    let (shown, debugged) = (error.to_string(), format!("{error:?}"));
    assert!(shown.contains("`things`") && !shown.contains("`get`"), "{shown}");
    assert!(debugged.contains(" (in get)"), "{debugged}");
    for text in [&shown, &debugged] {
        assert!(!text.contains(SECRET) && !text.contains(upstream.url()) && !text.contains("t-1"), "{text}");
    }
    error
}

#[tokio::test]
async fn a_4xx_keeps_its_status_and_its_body_without_secrets() {
    let body = json!({ "code": "gone", "echo": format!("Bearer {SECRET}") });
    let error = failing(Answer::json(410, body)).await;
    assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::Upstream, 410));
    assert_eq!(error.to_string(), "`things` answered with 410 Gone");
    let upstream = error.upstream().unwrap();
    assert_eq!(upstream.content_type.as_deref(), Some("application/json"));
    let masked = json!({ "code": "gone", "echo": "Bearer **************" });
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&upstream.body).unwrap(), masked);
}

#[tokio::test]
async fn the_beginning_of_an_error_body_is_kept_without_secrets() {
    let mut body = vec![b'x'; 64 * 1024 - 5];
    body.extend_from_slice(SECRET.as_bytes());
    body.extend_from_slice(&[b'y'; 5000]);
    let error = failing(Answer::of(400, "text/plain", body)).await;
    let body = &error.upstream().unwrap().body;
    assert_eq!(body.len(), 64 * 1024);
    assert!(body.ends_with(b"x*****"));
}

#[tokio::test]
async fn a_refused_credential_is_the_capabilitys_fault_unless_it_was_the_callers() {
    let error = failing(Answer::json(401, json!({ "error": "no" }))).await;
    assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::Credential, 502));
    assert!(error.to_string().contains("the bearer token (NAFTIKO_TEST_TOKEN)"), "{error}");
    assert!(error.upstream().is_none());
    let (_upstream, client) = answering("/authorized", Answer::status(401)).await;
    assert_eq!(client.authorized(None).await.unwrap_err().kind(), ErrorKind::Credential);
    let error = client.authorized(Some("Bearer mine")).await.unwrap_err();
    assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::Upstream, 401));
}

#[tokio::test]
async fn a_401_to_a_client_without_a_credential_is_passed_on() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/things/{id}", Answer::status(401));
    let client = Open::builder().base_uri(upstream.url()).build().unwrap();
    assert_eq!(client.get("t").await.unwrap_err().kind(), ErrorKind::Upstream);
}

#[tokio::test]
async fn the_retry_after_of_a_429_or_503_is_passed_on() {
    for status in [429, 503] {
        let error = failing(Answer::status(status).header("retry-after", "7")).await;
        assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::Throttled, status));
        assert_eq!(error.retry_after().unwrap().delay(), Some(Duration::from_secs(7)));
    }
    let date = "Wed, 21 Oct 2026 07:28:00 GMT";
    assert_eq!(failing(Answer::status(429).header("retry-after", date)).await.retry_after().unwrap().0, date);
    // A value that is neither seconds nor a date is not passed on.
    let error = failing(Answer::status(429).header("retry-after", &format!("{SECRET} 7"))).await;
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Throttled, None));
    assert_eq!(failing(Answer::status(429)).await.kind(), ErrorKind::Upstream);
    assert_eq!(failing(Answer::status(503)).await.kind(), ErrorKind::BadAnswer);
    assert_eq!(failing(Answer::status(500).header("retry-after", "7")).await.kind(), ErrorKind::BadAnswer);
}

#[tokio::test]
async fn an_unusable_answer_is_a_bad_gateway() {
    let thing = r#"{"id":"a"}"#;
    let cases = [
        (Answer::status(500), "answered with 500 Internal Server Error"),
        (Answer::json(502, json!({ "trace": "…" })), "answered with 502 Bad Gateway"),
        (Answer::status(304), "answered with 304 Not Modified to a request without a validator"),
        (Answer::cut_off(), "closed the connection in the middle of its answer"),
        (Answer::of(200, "text/html", "<html>sign in</html>"), "answered with text/html where JSON was expected"),
        (
            Answer::of(200, "application/json", "{\"id\":"),
            "sent an unexpected answer: it is not valid JSON, at `/id` (line 1 column 6)",
        ),
        (Answer::of(200, "application/json", "\0\u{1}garbage"), "it is not valid JSON"),
        (
            Answer::json(200, json!({ "id": 7 })),
            "sent an unexpected answer: expected a string, at `/id` (line 1 column 7)",
        ),
        (Answer::json(200, json!({})), "sent an unexpected answer: missing field `id`"),
        (Answer::json(200, json!(null)), "sent an unexpected answer: expected struct Thing"),
        (Answer::status(204), "answered without a body, but the operation returns a value"),
        (Answer::of(200, "application/json", "  "), "answered without a body"),
        (Answer::large(1024 * 1024 + 1), "answered with more than 1048576 bytes"),
        (Answer::large(20_000_000), "answered with more than 1048576 bytes"),
        (Answer::large(20_000_000).without_length(), "answered with more than 1048576 bytes"),
        (
            Answer::of(200, "application/json", thing).header("content-encoding", "gzip"),
            "does not match its Content-Encoding",
        ),
        (Answer::of(200, "application/json", "[".repeat(100_000)), "sent an unexpected answer"),
        (Answer::status(600), "answered with 600"),
    ];
    for (answer, expected) in cases {
        let error = failing(answer.clone()).await;
        assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::BadAnswer, 502), "{answer:?}: {error}");
        assert!(error.to_string().contains(expected), "{answer:?}: {error}");
        assert!(error.upstream().is_none());
    }
}

#[tokio::test]
async fn an_error_about_a_wrong_type_contains_no_data_of_the_answer() {
    let error = failing(Answer::json(200, json!({ "id": { "private": "data" } }))).await;
    assert!(!format!("{error:?}").contains("private"), "{error:?}");
    let error = failing(Answer::json(200, json!("private"))).await;
    assert!(!format!("{error:?}").contains("private"), "{error:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Upstream::start().await;
    let redirect = Answer::redirect(&format!("{}/things/x?key={SECRET}", elsewhere.url()));
    let (_upstream, client) = answering("/things/{id}", redirect).await;
    let error = client.get("t-1").await.unwrap_err();
    assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::BadAnswer, 502));
    assert!(!format!("{error:?}").contains(SECRET), "{error:?}");
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn an_upstream_that_does_not_answer_in_time_is_a_timeout() {
    for answer in [Answer::hang(), Answer::json(200, json!({ "id": "t" })).then_stall()] {
        let error = failing(answer).await;
        assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::Timeout, 504));
        assert!(error.to_string().contains("took longer than 300ms"), "{error}");
    }
}

#[tokio::test]
async fn the_time_limit_of_the_operation_takes_precedence() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/text", Answer::hang());
    let client = Open::builder().base_uri(upstream.url()).timeout(Duration::from_secs(3600)).build().unwrap();
    assert_eq!(client.text().await.unwrap_err().kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn the_longest_time_limit_is_accepted() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/things/{id}", Answer::json(200, json!({ "id": "t" })));
    let forever = Open::builder().base_uri(upstream.url()).timeout(Duration::MAX).connect_timeout(Duration::MAX);
    assert_eq!(forever.build().unwrap().get("t").await.unwrap(), Thing::of("t"));
}

#[tokio::test]
async fn a_refused_connection_is_unreachable() {
    let refusing = Upstream::refusing();
    let client = Open::builder().base_uri(refusing.url()).build().unwrap();
    let error = client.get("t").await.unwrap_err();
    assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::Unreachable, 502));
    assert!(error.to_string().contains("check its base URI"), "{error}");
    assert!(format!("{error:?}").contains("because: "), "{error:?}");
    assert!(!format!("{error:?}").contains(refusing.url()), "{error:?}");
}

#[tokio::test]
async fn an_answer_can_be_as_large_as_the_limit() {
    let (_upstream, client) = answering("/text", Answer::large(1024 * 1024)).await;
    assert_eq!(client.text().await.unwrap().len(), 1024 * 1024 - 2);
    let (_upstream, client) = answering("/text", Answer::large(1024 * 1024).without_length()).await;
    assert_eq!(client.text().await.unwrap().len(), 1024 * 1024 - 2);
}

#[tokio::test]
async fn json_is_accepted_with_any_content_type() {
    let body = r#"{"id":"t","unknown":1}"#;
    for answer in [
        Answer::of(200, "text/plain", body),
        Answer::of(203, "application/hal+json", body),
        Answer::status(200).body([Bytes::from(body)]),
        Answer::of(200, "application/json", body)
            .body([Bytes::from("{\"id\""), Bytes::from(":\"t\"}")])
            .without_length(),
    ] {
        let (_upstream, client) = answering("/things/{id}", answer).await;
        assert_eq!(client.get("t").await.unwrap(), Thing::of("t"));
    }
}

#[tokio::test]
async fn an_optional_result_may_be_empty_and_a_unit_result_ignores_the_body() {
    for answer in [Answer::status(204), Answer::of(200, "application/json", ""), Answer::json(200, json!(null))] {
        let (_upstream, client) = answering("/maybe", answer).await;
        assert_eq!(client.maybe().await.unwrap(), None);
    }
    for answer in [Answer::status(204), Answer::of(200, "text/html", "<p>done</p>"), Answer::large(2_000_000)] {
        let (_upstream, client) = answering("/things/{id}", answer).await;
        client.delete("t").await.unwrap();
        client.exists("t").await.unwrap();
    }
}

#[tokio::test]
async fn a_part_of_the_answer_is_picked() {
    let (_upstream, client) =
        answering("/list", Answer::json(200, json!({ "data": { "items": [{ "id": "a" }] } }))).await;
    assert_eq!(client.list().await.unwrap(), [Thing::of("a")]);
    let (_upstream, client) = answering("/list", Answer::json(200, json!({ "data": [] }))).await;
    let error = client.list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadAnswer);
    assert!(error.to_string().contains("$.data.items"), "{error}");
}

#[tokio::test]
async fn raw_json_is_passed_on_byte_for_byte() {
    let body = "{ \"b\": 1,\n  \"a\": [ 1.0, 1e3 ] }";
    let (_upstream, client) = answering("/raw", Answer::of(200, "application/json", body)).await;
    assert_eq!(client.raw().await.unwrap().bytes().await.unwrap(), body);
    let (_upstream, client) = answering("/raw", Answer::large(1_000_000).without_length()).await;
    assert_eq!(client.raw().await.unwrap().bytes().await.unwrap().len(), 1_000_000);
    for empty in [Answer::status(204), Answer::of(200, "application/json", "").without_length()] {
        let (_upstream, client) = answering("/raw", empty).await;
        assert_eq!(client.raw().await.unwrap().bytes().await.unwrap(), "null");
    }
}

#[tokio::test]
async fn raw_json_has_the_limits_and_errors_of_typed_answers() {
    let (_upstream, client) = answering("/raw", Answer::large(20_000_000)).await;
    assert_eq!(client.raw().await.unwrap_err().kind(), ErrorKind::BadAnswer);
    let (_upstream, client) = answering("/raw", Answer::of(200, "text/html", "<html>")).await;
    assert!(client.raw().await.unwrap_err().to_string().contains("text/html"));
    let cases = [
        (Answer::large(20_000_000).without_length(), ErrorKind::BadAnswer),
        (Answer::cut_off(), ErrorKind::BadAnswer),
        (Answer::json(200, json!({})).then_stall(), ErrorKind::Timeout),
    ];
    for (answer, kind) in cases {
        let (_upstream, client) = answering("/raw", answer).await;
        let error = client.raw().await.unwrap().bytes().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (kind, Some("raw")));
    }
}

#[tokio::test]
async fn a_secret_that_comes_back_is_masked() {
    let echo = json!({ "id": "t", "note": format!("you sent Bearer {SECRET}") });
    let (_upstream, client) = answering("/things/{id}", Answer::json(200, echo.clone())).await;
    let note = client.get("t").await.unwrap().note.unwrap();
    assert_eq!(note, "you sent Bearer **************");

    let whole = echo.to_string();
    let pieces: Vec<_> = whole.bytes().map(|byte| Bytes::from(vec![byte])).collect();
    for answer in [Answer::json(200, echo.clone()), Answer::json(200, echo).body(pieces).without_length()] {
        let (_upstream, client) = answering("/raw", answer).await;
        let bytes = client.raw().await.unwrap().bytes().await.unwrap();
        assert_eq!(bytes, whole.replace(SECRET, "**************"));
    }
}
