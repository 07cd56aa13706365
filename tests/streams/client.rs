//! Streams in the Rust client, which reads items as they arrive.

use crate::{Event, Live, SECRET, Watcher, client, event};
use axum::body::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::{StreamExt, TryStreamExt};
use naftiko::testing::{Answer, Upstream};
use naftiko::{ErrorKind, Result, Stream};
use std::io::Write;

async fn all<T>(stream: Result<Stream<T>>) -> Vec<T> {
    stream.unwrap().try_collect().await.unwrap()
}

#[tokio::test]
async fn the_media_type_decides_how_items_are_read() {
    let upstream = Upstream::start().await;
    let client = client(upstream.url());
    let lines = "{\"id\":1,\"name\":\"n1\"}\n\n{\"id\":2.0,\"name\":\"n2\",\"more\":[]}";
    let events = "\u{feff}retry: 10\nid: 1\ndata: {\"id\":1,\ndata: \"name\":\"n1\"}\n\n: ping\n\nevent: add\r\ndata:{\"id\":2,\"name\":\"n2\"}\r\n\r\ndata: {";
    for (content_type, body) in [
        ("application/x-ndjson", lines.to_owned()),
        ("application/jsonl; charset=utf-8", format!("{lines}\r\n")),
        ("application/json-seq", "\u{1e}{\"id\":1,\"name\":\"n1\"}\n\u{1e}{\"id\":2,\"name\":\"n2\"}\n".to_owned()),
        ("application/json", lines.to_owned()),
        ("text/plain", lines.to_owned()),
        ("text/event-stream", events.to_owned()),
        ("text/plain", events.to_owned()),
        (
            "text/event-stream;charset=utf-8",
            format!("{}data: [DONE]\n\ndata: x\n\n", events.trim_end_matches("data: {")),
        ),
    ] {
        upstream.answer("GET", "/events/all", Answer::of(200, content_type, body));
        assert_eq!(all(client.watch("all").await).await, [event(1), event(2)], "{content_type}");
    }
    assert_eq!(upstream.requests()[0].header("accept"), Some("application/x-ndjson, text/event-stream"));
    upstream.answer("GET", "/events/none", Answer::status(204));
    assert!(all(client.watch("none").await).await.is_empty());
    upstream.answer("GET", "/texts", Answer::of(200, "text/event-stream", "data: a\ndata: \"b\n\ndata:\n\n"));
    assert_eq!(all(client.texts().await).await, ["a\n\"b", ""]);
    upstream.answer("GET", "/events/head", Answer::of(200, "application/jsonl", lines).header("x-topic", "t"));
    let head = client.names("head").await.unwrap();
    assert_eq!((head.status().as_u16(), head.headers()["x-topic"].to_str().unwrap()), (200, "t"));
    assert_eq!(all(Ok(head.into_body())).await, ["n1", "n2"]);
}

#[tokio::test]
async fn items_arrive_one_by_one_and_dropping_the_stream_ends_the_answer() {
    let live = Live::start("text/event-stream").await;
    let answer = live.answer();
    let mut stream = client(&live.url).watch("all").await.unwrap();
    for id in 1..=3 {
        let text = serde_json::to_string(&event(id)).unwrap();
        for piece in ["da", "ta: ", &text, "\n", "\n"] {
            answer.send(Ok(Bytes::copy_from_slice(piece.as_bytes()))).await.unwrap();
        }
        assert_eq!(stream.next().await.unwrap().unwrap(), event(id));
    }
    drop(stream);
    answer.closed().await;
}

#[tokio::test]
async fn an_item_that_cannot_be_decoded_does_not_end_the_stream() {
    let upstream = Upstream::start().await;
    let body =
        format!("{{\"id\":1,\"name\":\"n1\"}}\n{{\"id\":true,\"{SECRET}\":1}}\noops\n{{\"id\":2,\"name\":\"n2\"}}\n");
    upstream.answer("GET", "/events/all", Answer::of(200, "application/x-ndjson", body));
    let read: Vec<Result<Event>> = client(upstream.url()).watch("all").await.unwrap().collect().await;
    let [Ok(_), Err(unfit), Err(broken), Ok(last)] = &read[..] else { unreachable!("{read:?}") };
    assert_eq!(*last, event(2));
    assert_eq!(
        unfit.to_string(),
        "`api` sent an unexpected item (number 2): expected u64, at `/id` (line 1 column 10)"
    );
    assert!(broken.to_string().contains("(number 3): it is not valid JSON"), "{broken}");
    assert_eq!((unfit.kind(), unfit.status().as_u16()), (ErrorKind::BadAnswer, 502));
    assert!(!format!("{read:?}").contains(SECRET));
}

#[tokio::test]
async fn refusals_and_other_answers_are_errors_at_once() {
    let upstream = Upstream::start().await;
    let client = client(upstream.url());
    upstream.answer("GET", "/events/gone", Answer::json(410, serde_json::json!({ "error": "gone" })));
    assert_eq!(client.watch("gone").await.unwrap_err().status(), 410);
    upstream.answer("GET", "/events/page", Answer::of(200, "text/html", "<html>"));
    let error = client.watch("page").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`api` answered with text/html where a stream of items was expected (`application/x-ndjson` or \
         `text/event-stream`): check its base URI"
    );
}

#[tokio::test]
async fn a_broken_connection_is_an_error_after_the_items_before_it() {
    let live = Live::start("application/x-ndjson").await;
    let answer = live.answer();
    let mut stream = client(&live.url).watch("cut").await.unwrap();
    answer.send(Ok("{\"id\":1,\"name\":\"n1\"}\n{\"id\":2,".into())).await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), event(1));
    answer.send(Err(std::io::Error::other("cut off"))).await.unwrap();
    let error = stream.next().await.unwrap().unwrap_err();
    assert!(error.to_string().contains("closed the connection in the middle of its answer"), "{error}");
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn secrets_are_masked_in_items() {
    let upstream = Upstream::start().await;
    let event = format!("data: {{\"id\":1,\"name\":\"{SECRET}\"}}\n\n");
    upstream.answer("GET", "/events/all", Answer::of(200, "text/event-stream", event));
    upstream.answer("GET", "/texts", Answer::of(200, "text/event-stream", format!("data: the key {SECRET}\n\n")));
    let client = client(upstream.url());
    assert_eq!(all(client.watch("all").await).await[0].name, "*".repeat(SECRET.len()));
    assert_eq!(all(client.texts().await).await, [format!("the key {}", "*".repeat(SECRET.len()))]);
}

#[tokio::test]
async fn compressed_items_are_read_as_they_arrive() {
    let upstream = Upstream::start().await;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(b"{\"id\":1,\"name\":\"n1\"}\n").unwrap();
    encoder.flush().unwrap();
    let begun = std::mem::take(encoder.get_mut());
    let answer = Answer::of(200, "application/x-ndjson", begun.clone()).header("content-encoding", "gzip");
    upstream.answer("GET", "/events/open", answer.clone().without_length().then_stall());
    upstream.answer("GET", "/events/cut", answer);
    let client = client(upstream.url());
    let mut open = client.watch("open").await.unwrap();
    assert_eq!(open.next().await.unwrap().unwrap(), event(1));
    let mut cut = client.watch("cut").await.unwrap();
    assert_eq!(cut.next().await.unwrap().unwrap(), event(1));
    let error = cut.next().await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "`api` sent a compressed answer that ends early");
}

#[tokio::test]
async fn an_implementation_can_return_streams() {
    #[derive(Clone)]
    struct Fake;

    impl Watcher for Fake {
        async fn watch(&self, _: &str) -> Result<Stream<Event>> {
            Ok(vec![event(1)].into())
        }

        async fn texts(&self) -> Result<Stream<String>> {
            Ok(Stream::from_stream(futures_util::stream::iter([
                Ok("a".to_owned()),
                Err(naftiko::Error::internal("x")),
            ])))
        }

        async fn names(&self, _: &str) -> Result<naftiko::http::Response<Stream<String>>> {
            Ok(naftiko::http::Response::new(Stream::from_iter(["b".to_owned()])))
        }
    }
    assert_eq!(all(Fake.watch("x").await).await, [event(1)]);
    let capability = Fake.into_capability();
    let called = capability.call("names", serde_json::json!({ "topic": "x" })).await.unwrap();
    assert_eq!(called, serde_json::json!(["b"]));
    capability.call("texts", serde_json::json!({})).await.unwrap_err();
}
