//! The HTTP requirements on a request: host, origin, method, types, size.

use crate::support::{Answer, Client, capability, hasty, serve, start};
use axum::Router;
use naftiko_runtime::Limits;
use serde_json::json;
use std::sync::Arc;

const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"raw-tokens"}}"#;
const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;

/// Returns the status of `tools/call`; the status of `tools/list`, which other code handles, must be equal.
async fn status(client: &Client, headers: &[(&str, &str)]) -> u16 {
    let called = client.post(headers, CALL).await;
    let listed = client.post(headers, LIST).await;
    assert_eq!(called.status, listed.status, "{headers:?}");
    let called_status = called.status;
    for Answer { status, headers, text } in [called, listed] {
        assert_eq!(headers["content-type"], "application/json");
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json.get("error").is_some(), status != 200, "{text}");
    }
    called_status
}

#[tokio::test]
async fn hosts_are_refused_until_they_are_allowed() {
    let service = capability(&Arc::default()).mcp_service();
    let client = serve(service.clone()).await;
    assert_eq!(status(&client, &[]).await, 200);
    assert_eq!(status(&client, &[("host", "localhost:1")]).await, 200);
    assert_eq!(status(&client, &[("host", "tools.example.com")]).await, 403);
    assert_eq!(status(&client, &[("host", "not a host")]).await, 400);
    let client = serve(service.allow_hosts(["tools.example.com"])).await;
    assert_eq!(status(&client, &[("host", "tools.example.com")]).await, 200);
    assert_eq!(status(&client, &[("host", "evil.example.com")]).await, 403);
    assert_eq!(status(&client, &[]).await, 200, "the loopback host is refused");
}

#[tokio::test]
async fn origins_are_refused_until_they_are_allowed() {
    let service = capability(&Arc::default()).mcp_service();
    let client = serve(service.clone()).await;
    assert_eq!(status(&client, &[("origin", "http://localhost:5173")]).await, 200);
    assert_eq!(status(&client, &[("origin", "https://app.example.com")]).await, 403);
    assert_eq!(status(&client, &[("origin", "null")]).await, 403);
    let client = serve(service.allow_origins(["https://app.example.com"])).await;
    assert_eq!(status(&client, &[("origin", "https://app.example.com")]).await, 200);
    assert_eq!(status(&client, &[("origin", "http://app.example.com")]).await, 403);
}

#[tokio::test]
async fn clients_must_accept_json_and_need_accept_nothing_else() {
    let client = start().await;
    for accept in ["application/json", "*/*", "application/*", "text/event-stream, application/json;q=0.5"] {
        assert_eq!(status(&client, &[("accept", accept)]).await, 200, "{accept}");
    }
    for accept in ["text/event-stream", "text/html", "application/json;q=0", ""] {
        assert_eq!(status(&client, &[("accept", accept)]).await, 406, "{accept}");
    }
    // Names and weights are case-insensitive. The most specific range decides, even in a later header line (RFC 9110,
    // section 12.5.1).
    for (accept, expected) in [
        (&["application/json;Q=0"][..], 406),
        (&["application/json; q = 0.000"], 406),
        (&["application/json;q=0, */*"], 406),
        (&["*/*", "application/json;Q=0"], 406),
        (&["application/*;q=0, */*;q=0.5"], 406),
        (&["*/*;q=0, Application/JSON;Q=0.5"], 200),
        (&["text/html", "APPLICATION/*"], 200),
    ] {
        let headers: Vec<_> = accept.iter().map(|line| ("accept", *line)).collect();
        assert_eq!(status(&client, &headers).await, expected, "{accept:?}");
    }
    let silent = client.http.post(&client.url).header("content-type", "application/json").body(CALL);
    assert_eq!(silent.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn bodies_must_be_declared_as_json() {
    let client = start().await;
    assert_eq!(status(&client, &[("content-type", "application/json; charset=utf-8")]).await, 200);
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"] {
        assert_eq!(status(&client, &[("content-type", content_type)]).await, 415, "{content_type}");
    }
    for (codings, expected) in [
        (&["gzip"][..], 415),
        (&["identity"], 200),
        (&["Identity"], 200),
        (&["identity, IDENTITY", ""], 200),
        (&["identity, gzip"], 415),
        (&["identity", "gzip"], 415),
    ] {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(codings.iter().map(|coding| ("content-encoding", *coding)));
        assert_eq!(status(&client, &headers).await, expected, "{codings:?}");
    }
}

#[tokio::test]
async fn there_are_no_streams_and_no_sessions() {
    let client = start().await;
    for method in [reqwest::Method::GET, reqwest::Method::DELETE, reqwest::Method::PUT] {
        let request = client.http.request(method.clone(), &client.url).header("accept", "text/event-stream");
        let answer = request.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["allow"].as_bytes()), (405, &b"POST"[..]), "{method}");
    }
    assert_eq!(status(&client, &[("mcp-session-id", "of another replica")]).await, 200);
}

#[tokio::test]
async fn bodies_have_a_limit() {
    let limits = Limits { body: 1000, ..Limits::default() };
    let client = serve(capability(&Arc::default()).with_limits(limits).mcp_service()).await;
    let padded = |size: usize| format!("{CALL}{}", " ".repeat(size - CALL.len()));
    assert_eq!(client.post(&[], padded(1000)).await.status, 200);
    for size in [1001, 5000, 1_000_000] {
        let answer = client.post(&[], padded(size)).await;
        assert_eq!(answer.status, 413, "{size}");
        assert!(answer.json()["error"]["message"].as_str().unwrap().contains("1000 bytes"));
    }
    // Chunked, without a length.
    let chunks = (0..200).map(|_| Ok::<_, std::io::Error>("          "));
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    assert_eq!(client.post(&[], body).await.status, 413);
    let halves = [&CALL[..40], &CALL[40..]].map(Ok::<_, std::io::Error>);
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(halves));
    assert_eq!(client.post(&[], body).await.json()["result"]["isError"], json!(false));
}

#[tokio::test]
async fn an_unfinished_body_times_out() {
    let client = serve(hasty(&Arc::default()).mcp_service()).await;
    let begun = futures_util::stream::iter([Ok::<_, std::io::Error>(&CALL[..40])]);
    let stalled = futures_util::StreamExt::chain(begun, futures_util::stream::pending());
    let answer = client.post(&[], reqwest::Body::wrap_stream(stalled)).await;
    assert_eq!((answer.status, answer.json()["error"]["code"].as_i64()), (408, Some(-32600)));
}

#[tokio::test]
async fn the_service_works_in_a_router_with_layers() {
    use tower::ServiceExt;
    use tower_service::Service;

    let mut service = capability(&Arc::default()).mcp_service();
    let router: Router = Router::new().route_service("/mcp", service.clone()).layer(axum::middleware::map_response(
        |mut response: axum::response::Response| async move {
            response.headers_mut().insert("x-layer", "seen".parse().unwrap());
            response
        },
    ));
    let request = || {
        axum::extract::Request::post("/mcp")
            .header("host", "localhost")
            .header("content-type", "application/json")
            .body(axum::body::Body::from(CALL))
            .unwrap()
    };
    let response = router.clone().oneshot(request()).await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["x-layer"]), (200, &"seen".parse().unwrap()));
    let mut elsewhere = request();
    *elsewhere.uri_mut() = "/mcp/anything".parse().unwrap();
    assert_eq!(router.oneshot(elsewhere).await.unwrap().status(), 404);
    // Without a router, with another body type.
    let request = request().map(|_| CALL.to_owned());
    assert_eq!(service.call(request).await.unwrap().status(), 200);
}
