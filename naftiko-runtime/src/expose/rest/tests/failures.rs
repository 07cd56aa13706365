//! The answers of failed operations, without a real upstream.

use super::{adapter, adapter_with};
use crate::Limits;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn the_answer_of_the_upstream_is_included() {
    let rest = adapter().await;
    let problem = rest.get("/v1/fail/missing").await.problem(404);
    assert_eq!(problem["title"], "Not Found");
    assert_eq!(problem["detail"], "the upstream answered 404");
    assert_eq!(problem["upstream"], json!({ "status": 404, "body": { "message": "no such user" } }));
    let problem = rest.get("/v1/fail/teapot").await.problem(418);
    assert_eq!(problem["upstream"], json!({ "status": 418, "body": "<h1>short and stout</h1>" }));
}

#[tokio::test]
async fn each_failure_has_its_status() {
    let rest = adapter().await;
    for (how, status, detail) in [
        ("application", 409, "there is already a token with this name"),
        ("no%20error", 500, "this is not an error"),
        ("credential", 502, "the upstream refused this capability's own credential"),
        ("bad%20answer", 502, "the upstream's answer is not JSON"),
        ("unreachable", 502, "the upstream cannot be reached"),
        ("slow", 504, "the upstream took longer than 30 s"),
    ] {
        assert_eq!(rest.get(&format!("/v1/fail/{how}")).await.problem(status)["detail"], detail);
    }
    let throttled = rest.get("/v1/fail/throttled").await;
    throttled.problem(429);
    assert_eq!(throttled.headers["retry-after"], "17");
    // A delay that is not a valid header value is not passed on; the rest of the answer is.
    let odd = rest.get("/v1/fail/odd%20delay").await;
    odd.problem(503);
    assert!(!odd.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn internal_errors_are_hidden() {
    let rest = adapter().await;
    for how in ["panic", "internal", "configuration"] {
        let answer = rest.get(&format!("/v1/fail/{how}")).await;
        let hidden = json!({
            "type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": "the operation failed",
        });
        assert_eq!(answer.problem(500), hidden);
        // The failure affects only its call: the next call succeeds.
        rest.get("/v1/fail/no").await.is(200, json!("fine"));
    }
}

#[tokio::test]
async fn a_hang_affects_only_its_call() {
    let rest = adapter_with(Limits { operation: Duration::from_millis(50), ..Limits::default() }).await;
    let (hung, fine) = tokio::join!(rest.get("/v1/fail/hang"), rest.get("/v1/fail/no"));
    assert_eq!(hung.problem(504)["detail"], "the operation took longer than 0.05 s");
    fine.is(200, json!("fine"));
}

#[tokio::test]
async fn an_unfinished_body_is_a_timeout() {
    let rest = adapter_with(Limits { operation: Duration::from_millis(50), ..Limits::default() }).await;
    let head =
        "POST /v1/any HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n[";
    rest.raw(head).await.problem(408);
}
