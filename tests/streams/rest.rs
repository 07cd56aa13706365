//! REST callers: NDJSON or events, written as the items arrive.

use crate::{Live, SECRET, Watcher, client};
use naftiko::testing::{Answer, Upstream};
use naftiko::{Capability, Error};
use reqwest::Response;
use serde_json::json;

/// Serves a capability's routes, and returns their URL.
async fn serve(capability: &Capability) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, axum::Router::new().merge(capability.rest_router())).into_future());
    url
}

async fn get(url: &str, path: &str, accept: &str) -> Response {
    reqwest::Client::new().get(format!("{url}{path}")).header("accept", accept).send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn the_caller_chooses_lines_or_events() {
    let upstream = Upstream::start().await;
    let body = "data: {\"id\":1,\ndata: \"name\":\"n1\",\"more\":1}\n\ndata: {\"id\":2,\"name\":\"n2\"}\n\n";
    upstream.answer("GET", "/events/all", Answer::of(200, "text/event-stream", body).header("x-topic", "t"));
    let url = serve(&client(upstream.url()).into_capability()).await;
    let lines = get(&url, "/events/all", "*/*").await;
    assert_eq!((lines.status().as_u16(), header(&lines, "content-type")), (200, "application/x-ndjson"));
    assert_eq!((header(&lines, "vary"), header(&lines, "content-length")), ("accept", ""));
    assert_eq!(lines.text().await.unwrap(), "{\"id\":1,\"name\":\"n1\"}\n{\"id\":2,\"name\":\"n2\"}\n");
    let events = get(&url, "/events/all", "text/event-stream").await;
    assert_eq!(header(&events, "content-type"), "text/event-stream");
    assert_eq!((header(&events, "cache-control"), header(&events, "x-accel-buffering")), ("no-cache", "no"));
    let expected = "data: {\"id\":1,\"name\":\"n1\"}\n\ndata: {\"id\":2,\"name\":\"n2\"}\n\n";
    assert_eq!(events.text().await.unwrap(), expected);
    let names = get(&url, "/names/all", "application/x-ndjson").await;
    assert_eq!(header(&names, "x-topic"), "t");
    assert_eq!(names.text().await.unwrap(), "\"n1\"\n\"n2\"\n");
    assert_eq!(
        get(&url, "/numbers", "text/event-stream").await.text().await.unwrap(),
        "data: 1\n\ndata: 2\n\ndata: 3\n\n"
    );
}

#[tokio::test]
async fn items_are_written_as_they_arrive_and_a_caller_that_goes_ends_the_answer() {
    let live = Live::start("application/x-ndjson").await;
    let url = serve(&client(&live.url).into_capability()).await;
    for accept in ["application/x-ndjson", "text/event-stream"] {
        let answer = live.answer();
        let mut caller = get(&url, "/events/all", accept).await;
        for id in 1..=3 {
            let json = format!("{{\"id\":{id},\"name\":\"n\"}}");
            answer.send(Ok(format!("{json}\n").into())).await.unwrap();
            let piece = caller.chunk().await.unwrap().unwrap();
            assert!(String::from_utf8_lossy(&piece).contains(&json));
        }
        drop(caller);
        answer.closed().await;
    }
}

#[tokio::test]
async fn an_error_in_the_middle_is_noticed() {
    let upstream = Upstream::start().await;
    let body = format!("{{\"id\":1,\"name\":\"n1\"}}\n{{\"id\":\"{SECRET}\"}}\n");
    upstream.answer("GET", "/events/all", Answer::of(200, "application/x-ndjson", body));
    let url = serve(&client(upstream.url()).into_capability()).await;
    // The answer is cut off: its chunked body has no last chunk.
    let mut lines = get(&url, "/events/all", "*/*").await;
    assert_eq!(lines.status().as_u16(), 200);
    let mut text = Vec::new();
    let cut_off = loop {
        match lines.chunk().await {
            Ok(piece) => text.extend_from_slice(&piece.expect("the body ends without an error")),
            Err(error) => break error,
        }
    };
    assert!(cut_off.is_body() || cut_off.is_decode(), "{cut_off:?}");
    assert_eq!(text, b"{\"id\":1,\"name\":\"n1\"}\n");
    let events = get(&url, "/events/all", "text/event-stream").await.text().await.unwrap();
    let (item, error) = events.split_once("\n\n").unwrap();
    assert_eq!(item, "data: {\"id\":1,\"name\":\"n1\"}");
    let problem = error.strip_prefix("event: error\ndata: ").unwrap().strip_suffix("\n\n").unwrap();
    let problem: serde_json::Value = serde_json::from_str(problem).unwrap();
    assert_eq!((&problem["status"], &problem["title"]), (&json!(502), &json!("Bad Gateway")));
    assert!(problem["detail"].as_str().unwrap().contains("sent an unexpected item (number 2)"), "{problem}");
    assert!(!events.contains(SECRET));
}

#[tokio::test]
async fn an_error_before_the_first_item_is_an_answer_of_its_own() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/events/all", Answer::json(410, json!({ "error": "gone" })));
    let url = serve(&client(upstream.url()).into_capability()).await;
    let gone = get(&url, "/events/all", "text/event-stream").await;
    assert_eq!((gone.status().as_u16(), header(&gone, "content-type")), (410, "application/problem+json"));
}

#[tokio::test]
async fn a_stream_is_an_operation_in_flight_until_it_ends() {
    let live = Live::start("application/x-ndjson").await;
    let limits = naftiko::Limits { operations: 1, ..Default::default() };
    let url = serve(&client(&live.url).into_capability().with_limits(limits)).await;
    let answer = live.answer();
    let first = get(&url, "/events/all", "*/*").await;
    assert_eq!(get(&url, "/numbers", "*/*").await.status(), 503);
    drop(first);
    answer.closed().await;
    // The permit is released with the stream, shortly after the connection is closed.
    while get(&url, "/numbers", "*/*").await.status() == 503 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn openapi_describes_both_media_types() {
    let openapi = client("http://127.0.0.1:1").into_capability().openapi();
    let answer = |path: &str| openapi["paths"][path]["get"]["responses"]["200"]["content"].clone();
    let item = json!({ "schema": { "$ref": "#/components/schemas/Event" } });
    assert_eq!(answer("/events/{topic}"), json!({ "application/x-ndjson": item, "text/event-stream": item }));
    let text = json!({ "schema": { "type": "string" } });
    assert_eq!(answer("/names/{topic}"), json!({ "application/x-ndjson": text, "text/event-stream": text }));
    assert_eq!(openapi["components"]["schemas"]["Event"]["required"], json!(["id", "name"]));
}

#[tokio::test]
async fn an_internal_error_in_a_stream_is_not_shown() {
    /// Fails.
    #[naftiko::capability(exposes(rest(port = 1)))]
    trait Faulty {
        /// Fails.
        #[rest(get = "/fails")]
        async fn fails(&self) -> naftiko::Result<naftiko::Stream<u8>> {
            let failed = futures_util::stream::iter([Ok(1), Err(Error::internal("a password"))]);
            Ok(naftiko::Stream::from_stream(failed))
        }
    }

    struct Own;
    impl Faulty for Own {}
    let url = serve(&Own.into_capability()).await;
    let text = get(&url, "/fails", "text/event-stream").await.text().await.unwrap();
    assert!(text.contains("\"status\":500") && !text.contains("password"), "{text}");
}
