//! Streamed answers that fail.

use crate::support::{capability, serve, tool, yaml};
use crate::wire::Wire;
use naftiko_runtime::document::Settings;
use naftiko_runtime::testing::{Answer, Upstream};
use serde_json::json;
use std::time::Duration;

fn document() -> String {
    let resources = "
- name: j
  path: /json
  operations: [{ name: json, method: GET }]
- name: b
  path: /bytes
  operations: [{ name: bytes, method: GET, outputRawFormat: binary }]
";
    let exposes = "
- type: rest
  namespace: rest
  resources:
  - { path: /json, operations: [{ method: GET, call: api.json }] }
  - { path: /bytes, operations: [{ method: GET, call: api.bytes }] }
  - { path: /proxy, forward: { targetNamespace: api } }
- type: mcp
  namespace: tools
  tools:
  - { name: json, description: Gets JSON., call: api.json }
  - { name: bytes, description: Gets bytes., call: api.bytes }
";
    yaml("", resources, exposes)
}

/// Returns the status that each of the routes answers with.
async fn statuses(url: &str) -> Vec<u16> {
    let mut all = Vec::new();
    for path in ["/json", "/bytes", "/proxy/json"] {
        let answer = reqwest::get(format!("{url}{path}")).await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        all.push(answer.status().as_u16());
    }
    all
}

#[tokio::test]
async fn a_failure_before_the_first_byte_is_a_bad_gateway() {
    for head in [
        &b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
    ] {
        let wire = Wire::start(1, head).await;
        let capability = crate::support::load(&document(), Settings::default().upstream("api", &wire.url)).unwrap();
        let url = serve(&capability).await;
        assert_eq!(statuses(&url).await, [502; 3]);
        for name in ["json", "bytes"] {
            let result = tool(&url, name, json!({})).await;
            assert_eq!(result["_meta"]["io.naftiko/error"]["status"], 502, "{result}");
        }
    }
}

#[tokio::test]
async fn a_hang_after_the_head_is_a_timeout() {
    let upstream = Upstream::start().await;
    for answer in [
        Answer::of(200, "application/json", "").then_stall(),
        Answer::of(200, "application/json", "").header("content-length", "7").then_stall(),
    ] {
        upstream.answer("GET", "/json", answer.clone()).answer("GET", "/bytes", answer);
        let settings = Settings::default().upstream("api", upstream.url()).timeout(Duration::from_millis(200));
        let url = serve(&crate::support::load(&document(), settings).unwrap()).await;
        for path in ["/json", "/bytes", "/proxy/json"] {
            assert_eq!(reqwest::get(format!("{url}{path}")).await.unwrap().status(), 504);
        }
    }
}

#[tokio::test]
async fn a_slowly_read_answer_ends_at_the_time_limit() {
    // The time limit applies to each chunk of a file, and to the whole of a forwarded answer.
    let (length, time) = (100_000_000, Duration::from_millis(500));
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/json", Answer::large(length)).answer("GET", "/bytes", Answer::large(length));
    let settings = Settings::default().upstream("api", upstream.url()).timeout(time).max_answer(length);
    let url = serve(&crate::support::load(&document(), settings).unwrap()).await;
    for path in ["/bytes", "/proxy/json"] {
        let mut answer = reqwest::get(format!("{url}{path}")).await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.chunk().await.unwrap();
        // Nothing may be read until the time limit has passed, and no event reports that it has.
        tokio::time::sleep(2 * time).await;
        // Bytes already sent still arrive; then the body ends with an error before it is complete.
        while answer.chunk().await.is_ok_and(|piece| {
            assert!(piece.is_some(), "{path}");
            true
        }) {}
    }
}

#[tokio::test]
async fn a_later_failure_cuts_the_answer_off() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/json", Answer::cut_off()).answer("GET", "/bytes", Answer::cut_off());
    let url = serve(&capability(&document(), &upstream)).await;
    // JSON is passed on once it has arrived completely.
    assert_eq!(reqwest::get(format!("{url}/json")).await.unwrap().status(), 502);
    for path in ["/bytes", "/proxy/json"] {
        let answer = reqwest::get(format!("{url}{path}")).await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.bytes().await.unwrap_err();
    }
}

#[tokio::test]
async fn an_event_that_is_not_utf8_keeps_its_type() {
    let upstream = Upstream::start().await;
    let events: &[u8] = b"data: {\"x\":\"\xff\"}\n\ndata: \xe9t\xe9\n\n";
    upstream.answer("GET", "/x", Answer::of(200, "text/event-stream;charset=iso-8859-1", events));
    let resources = "- { name: r, path: /x, operations: [{ name: get, method: GET, outputRawFormat: stream }] }\n";
    let exposes =
        "- { type: rest, namespace: rest, resources: [{ path: /x, operations: [{ method: GET, call: api.get }] }] }\n";
    let url = serve(&capability(&yaml("", resources, exposes), &upstream)).await;
    let items = reqwest::get(format!("{url}/x")).await.unwrap().text().await.unwrap();
    assert_eq!(items, "{\"x\":\"\u{fffd}\"}\n\"\u{fffd}t\u{fffd}\"\n");
}

#[tokio::test]
async fn an_invalid_first_item_is_a_bad_gateway() {
    let resources = "
- name: l
  path: /lines
  operations: [{ name: lines, method: GET, outputRawFormat: stream }]
";
    let exposes = "
- type: rest
  namespace: rest
  resources:
  - { path: /lines, operations: [{ method: GET, call: api.lines }] }
";
    let upstream = Upstream::start().await;
    let url = serve(&capability(&yaml("", resources, exposes), &upstream)).await;
    for (body, status, media_type) in [
        ("{oops\n1\n", 502, "application/problem+json"),
        ("", 200, "application/x-ndjson"),
        ("1\n2\n", 200, "application/x-ndjson"),
        ("1\n{oops\n", 200, "application/x-ndjson"),
    ] {
        upstream.answer("GET", "/lines", Answer::of(200, "application/x-ndjson", body));
        let answer = reqwest::get(format!("{url}/lines")).await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()),
            (status, media_type)
        );
        if body == "1\n2\n" {
            assert_eq!(answer.text().await.unwrap(), body);
        }
    }
}
