//! Hostile requests: each gets the documented answer, and the adapter keeps working.

use super::{adapter, adapter_with, capability};
use crate::Limits;
use axum::body::Body;
use http::Request;
use proptest::prelude::*;
use serde_json::json;
use tower::ServiceExt;

#[tokio::test]
async fn a_body_must_be_declared_as_json() {
    let rest = adapter().await;
    let post = |media_type: &'static str| {
        rest.send(rest.request("POST", "/v1/any").header("content-type", media_type).body("[]"))
    };
    for media_type in
        ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json", "a/b+JSON ; x=y"]
    {
        post(media_type).await.is(201, json!([]));
    }
    for media_type in
        ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "json", "+json", "", "é+json"]
    {
        post(media_type).await.problem(415);
    }
    rest.send(rest.request("POST", "/v1/any").body("[]")).await.problem(415);
    for (codings, is_supported) in [
        (&["compress"][..], false),
        (&["Identity"], true),
        (&["identity, IDENTITY", ""], true),
        (&["identity, compress"], false),
        (&["identity", "compress"], false),
    ] {
        let mut request = rest.request("POST", "/v1/any").header("content-type", "application/json");
        for coding in codings {
            request = request.header("content-encoding", *coding);
        }
        let answer = rest.send(request.body("[]")).await;
        if is_supported { answer.is(201, json!([])) } else { drop(answer.problem(415)) }
    }
    // Chunked, so that the length is unknown.
    let chunked = "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n[]\r\n0\r\n\r\n";
    rest.raw(format!("POST /v1/any HTTP/1.1\r\nHost: localhost\r\n{chunked}")).await.problem(415);
    // An empty body needs no type.
    let nothing = "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n";
    rest.raw(format!("POST /v1/refresh HTTP/1.1\r\nHost: localhost\r\n{nothing}")).await.is(201, json!(null));
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_while_it_arrives() {
    let rest = adapter_with(Limits { body: 1000, ..Limits::default() }).await;
    let of = |size: usize| format!("\"{}\"", "x".repeat(size - 2));
    assert_eq!(rest.post("/v1/any", of(1000)).await.status, 201);
    let detail = "the body is too large: the limit is 1000 bytes";
    assert_eq!(rest.post("/v1/any", of(1001)).await.problem(413)["detail"], detail);
    assert_eq!(rest.post("/v1/any", of(100_000)).await.problem(413)["detail"], detail);
    let pieces = futures_util::stream::iter((0..20).map(|_| Ok::<_, std::io::Error>("x".repeat(100))));
    let endless = futures_util::stream::StreamExt::chain(pieces, futures_util::stream::pending());
    assert_eq!(
        rest.post(
            "/v1/any",
            reqwest::Body::wrap(http_body_util::StreamBody::new(futures_util::StreamExt::map(endless, |piece| piece
                .map(|text| http_body::Frame::data(bytes::Bytes::from(text)))),))
        )
        .await
        .problem(413)["detail"],
        detail
    );
    // A client that waits for 100 gets the answer before it sends the body.
    let asks = "POST /v1/any HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1001\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n";
    rest.raw(asks).await.problem(413);
}

#[tokio::test]
async fn the_default_limit_of_a_body_is_two_mebibytes() {
    let rest = adapter().await;
    let limit = 2 * 1024 * 1024;
    let of = |size: usize| format!("\"{}\"", "x".repeat(size - 2));
    assert_eq!(rest.post("/v1/any", of(limit)).await.status, 201);
    rest.post("/v1/any", of(limit + 1)).await.problem(413);
}

#[tokio::test]
async fn a_body_that_is_nested_too_deeply_is_refused() {
    let rest = adapter().await;
    let detail = "the body is nested too deeply: the limit is 127 levels";
    for depth in [128, 50_000] {
        let lists = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        rest.post("/v1/any", lists).await.refuses("/body", detail);
        let children = format!("{}{}", r#"{"name":"n","children":["#.repeat(depth), "]}".repeat(depth));
        let moves = format!(r#"{{"from":"a","to":{children}}}"#);
        let answer = rest.post("/v1/moves", moves).await.problem(400);
        assert_eq!(answer["detail"], "the body is nested too deeply: the limit is 127 levels");
    }
    let fine = format!("{}{}", "[".repeat(127), "]".repeat(127));
    assert_eq!(rest.post("/v1/any", fine).await.status, 201);
}

#[tokio::test]
async fn long_names_and_values_are_not_quoted() {
    let rest = adapter().await;
    let long = "k".repeat(10_000);
    for body in [json!({ &*long: 1 }), json!({ "from": "a", "to": { &*long: 1 } }), json!({ "from": [long], "to": 1 })]
    {
        let answer = rest.post("/v1/moves", body.to_string()).await;
        answer.problem(400);
        assert!(answer.body.len() < 400, "{}", answer.body);
    }
}

/// Generates request targets.
fn target() -> impl Strategy<Value = String> {
    let segment = prop_oneof![
        Just("v1".to_owned()),
        Just("users".to_owned()),
        Just("tokens".to_owned()),
        Just("latest".to_owned()),
        Just("moves".to_owned()),
        Just("any".to_owned()),
        Just("refresh".to_owned()),
        Just("echo".to_owned()),
        "[a-zA-Z0-9%+.~_!$&'()*,;=:@\\\\-]{0,12}",
    ];
    let routes = prop_oneof![
        prop::collection::vec(segment.clone(), 0..6).prop_map(|segments| segments.join("/")),
        segment.clone().prop_map(|user| format!("v1/users/{user}/tokens")),
        (segment.clone(), segment).prop_map(|(user, token)| format!("v1/users/{user}/tokens/{token}")),
    ];
    (routes, "(\\?[a-zA-Z0-9%+&=]{0,30}|\\?(page|tag)=[0-9%a-f.-]{0,8}(&page=1)?)?")
        .prop_map(|(path, query)| format!("/{path}{query}"))
}

/// Generates bodies: text like JSON, or random bytes.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?[0-9]{1,25}(\\.[0-9]{1,3})?(e[0-9]{1,3})?",
        "\"[a-z\\\\\"]{0,8}\"",
        ".{0,4}",
    ];
    let json = leaf.prop_recursive(4, 32, 4, |inner| {
        let name = prop_oneof![
            Just("name"),
            Just("ttl"),
            Just("tags"),
            Just("from"),
            Just("to"),
            Just("dryRun"),
            Just("children"),
            Just("x")
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((name, inner), 0..5).prop_map(|members| {
                let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    });
    prop_oneof![json.prop_map(String::into_bytes), prop::collection::vec(any::<u8>(), 0..64)]
}

proptest! {
    #[test]
    fn no_request_causes_a_server_error(
        target in target(),
        method in prop_oneof!["GET", "POST", "DELETE", "HEAD", "PUT", "[A-Z]{1,8}"],
        body in body(),
        media_type in prop_oneof![Just("application/json".to_owned()), "[ -~]{0,20}"],
        trace in prop::option::of("[ -~]{0,20}"),
        cookie in prop::option::of("[ -~]{0,20}"),
    ) {
        let mut request = Request::builder().method(method.as_str()).uri(&target).header("content-type", &media_type);
        for (name, value) in [("x-trace", trace), ("cookie", cookie)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        // hyper rejects invalid requests before they get here.
        let Ok(request) = request.body(Body::from(body)) else { return Ok(()) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let router: axum::Router = capability().rest_router();
        let response = runtime.block_on(router.oneshot(request)).unwrap();
        prop_assert!(response.status().as_u16() < 500, "{target} {response:?}");
        if response.status().is_client_error() && response.status() != 404 {
            prop_assert_eq!(&response.headers()["content-type"], "application/problem+json");
        }
    }
}
