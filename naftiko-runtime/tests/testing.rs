//! Tests of `testing::Upstream`, the mock upstream for tests of users, over real sockets.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use naftiko_runtime::testing::{Answer, Upstream};
use serde_json::{Value, json};

#[tokio::test]
async fn an_upstream_gives_planned_answers_and_records_requests() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/users/{id}", Answer::json(200, json!({ "id": "u-1" })));
    upstream.answer_with("POST", "/echo", |request| Answer::json(201, request.json().unwrap()));
    let http = reqwest::Client::new();
    let url = |path: &str| format!("{}{path}", upstream.url());

    let user: Value = http.get(url("/users/a%2Fb?x=%20")).send().await.unwrap().json().await.unwrap();
    assert_eq!(user, json!({ "id": "u-1" }));
    let echo = http.post(url("/echo")).header("x-one", "1").json(&json!([1])).send().await.unwrap();
    assert_eq!(echo.status(), 201);
    assert_eq!(echo.json::<Value>().await.unwrap(), json!([1]));
    let missing = http.get(url("/users")).send().await.unwrap();
    assert_eq!(missing.status(), Upstream::UNPLANNED);
    let text = missing.text().await.unwrap();
    assert_eq!(text, "no answer is planned for GET /users; planned: GET /users/{id}, POST /echo");

    let seen = upstream.requests();
    let lines: Vec<_> = seen.iter().map(|request| format!("{} {}", request.method, request.path_and_query)).collect();
    assert_eq!(lines, ["GET /users/a%2Fb?x=%20", "POST /echo", "GET /users"]);
    assert_eq!(seen[1].header("x-one"), Some("1"));
    assert_eq!(seen[1].json().unwrap(), json!([1]));
}

#[tokio::test]
async fn the_last_planned_answer_wins() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/{any}", Answer::status(200)).answer("GET", "/x", Answer::status(503));
    let status = async |path: &str| reqwest::get(format!("{}{path}", upstream.url())).await.unwrap().status().as_u16();
    assert_eq!((status("/x").await, status("/y").await), (503, 200));
}

#[tokio::test]
async fn an_upstream_misbehaves_on_request() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/cut-off", Answer::cut_off());
    upstream.answer("GET", "/large", Answer::large(200_000));
    upstream.answer("GET", "/chunked", Answer::large(2).without_length());
    let get = async |path: &str| reqwest::get(format!("{}{path}", upstream.url())).await.unwrap();

    let cut_off = get("/cut-off").await;
    assert_eq!(cut_off.content_length(), Some(1000));
    assert!(cut_off.bytes().await.is_err());
    let large = get("/large").await;
    assert_eq!(large.content_length(), Some(200_000));
    assert_eq!(large.json::<String>().await.unwrap().len(), 199_998);
    let chunked = get("/chunked").await;
    assert_eq!(chunked.content_length(), None);
    assert_eq!(chunked.text().await.unwrap(), "\"\"");

    let refused = reqwest::get(Upstream::refusing().url()).await.unwrap_err();
    assert!(refused.is_connect());
}

#[tokio::test]
async fn dropping_an_upstream_ends_hanging_answers() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/hang", Answer::hang());
    upstream.answer("GET", "/stall", Answer::json(200, json!({})).then_stall());
    let stalled = reqwest::get(format!("{}/stall", upstream.url())).await.unwrap();
    let hanging = tokio::spawn(reqwest::get(format!("{}/hang", upstream.url())));
    while upstream.requests().len() < 2 {
        tokio::task::yield_now().await;
    }
    drop(upstream);
    assert!(stalled.bytes().await.is_err());
    assert!(hanging.await.unwrap().is_err());
}
