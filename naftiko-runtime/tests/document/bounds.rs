//! Limits for the size of answers, for concurrent calls and for time, and the patterns of inputs.

use crate::support::{capability, load, serve, upstream, yaml};
use naftiko_runtime::Limits;
use naftiko_runtime::document::Settings;
use naftiko_runtime::testing::{Answer, Upstream};
use serde_json::{Value, json};
use std::time::Duration;

fn document(format: &str) -> String {
    let resources = format!(
        "
- {{ name: r, path: /r, operations: [{{ name: get, method: GET, outputRawFormat: {format} }}, {{ name: make, method: POST }}] }}
- {{ name: slow, path: /slow, operations: [{{ name: slow, method: GET }}] }}
"
    );
    let exposes = "
- type: rest
  namespace: rest
  resources:
  - { path: /r, operations: [{ method: GET, call: api.get, outputParameters: [{ type: array, mapping: $., items: { type: object, properties: { id: { type: string, mapping: $.id } } } }] }] }
  - { path: /proxy, forward: { targetNamespace: api } }
  - { path: /slow, operations: [{ method: GET, call: api.slow }] }
  - { path: /made, operations: [{ method: POST, call: api.make }] }
  - { path: /both, operations: [{ method: GET, name: both, steps: [{ name: a, type: call, call: api.get }, { name: b, type: call, call: api.slow }] }] }
";
    yaml("", &resources, exposes)
}

/// Returns the answer to a GET: its status, its `Retry-After`, and its text.
async fn get(url: &str) -> (u16, Option<String>, String) {
    let answer = reqwest::get(url).await.unwrap();
    let after = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    (answer.status().as_u16(), after, answer.text().await.unwrap())
}

#[tokio::test]
async fn an_answer_of_many_small_objects_is_refused_if_it_needs_too_much_memory() {
    let times = 600_000;
    for (format, content_type, text) in [
        ("json", "application/json", format!("{{\"l\":[{}]}}", vec!["{\"id\":\"a\"}"; times].join(","))),
        ("csv", "text/csv", format!("id\n{}", "a\n".repeat(times))),
        ("html", "text/html", format!("<table><tr><th>id</th></tr>{}</table>", "<tr><td>a".repeat(times))),
        ("xml", "application/xml", format!("<r>{}</r>", "<i d='a'/>".repeat(times))),
        ("yaml", "application/yaml", "- {id: a}\n".repeat(450_000)),
    ] {
        let upstream = Upstream::start().await;
        upstream.answer("GET", "/r", Answer::of(200, content_type, text));
        let (status, _, body) = get(&format!("{}/r", serve(&capability(&document(format), &upstream)).await)).await;
        assert_eq!(status, 502, "{format}: {}", body.get(..200).unwrap_or(&body));
        assert!(body.len() < 1000, "{format}");
        assert!(body.contains("256 MiB"), "{format}: {body}");
    }
}

#[tokio::test]
async fn a_long_list_of_small_objects_can_be_shaped() {
    let upstream = Upstream::start().await;
    let list = |item: &str| format!("[{}]", vec![item; 400_000].join(","));
    upstream.answer("GET", "/r", Answer::of(200, "application/json", list("{\"id\":\"a\", \"b\": null}")));
    let (status, _, body) = get(&format!("{}/r", serve(&capability(&document("json"), &upstream)).await)).await;
    assert_eq!(status, 200, "{}", body.get(..200).unwrap_or(&body));
    assert!(body == list("{\"id\":\"a\"}"));
}

#[tokio::test]
async fn a_large_answer_of_large_texts_is_served() {
    let upstream = Upstream::start().await;
    let items = vec![json!({ "id": "x".repeat(1_000_000) }); 12];
    upstream.answer("GET", "/r", Answer::json(200, items.clone().into()));
    let (status, _, body) = get(&format!("{}/r", serve(&capability(&document("json"), &upstream)).await)).await;
    assert_eq!((status, serde_json::from_str::<Value>(&body).unwrap()), (200, items.into()));
}

/// Waits until a request for that path has arrived.
async fn called(upstream: &Upstream, path: &str) {
    while !upstream.requests().iter().any(|request| request.path() == path) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn callers_beyond_the_limit_of_concurrent_operations_are_asked_to_wait() {
    let upstream = upstream(&[("GET", "/r")]).await;
    upstream.answer("GET", "/slow", Answer::hang());
    let capability = load(&document("json"), Settings::default().upstream("api", upstream.url())).unwrap();
    let url = serve(&capability.with_limits(Limits { operations: 1, ..Limits::default() })).await;
    assert_eq!(get(&format!("{url}/r")).await.0, 200);
    let slow = tokio::spawn(reqwest::get(format!("{url}/slow")));
    called(&upstream, "/slow").await;
    let (status, after, body) = get(&format!("{url}/r")).await;
    assert_eq!((status, after.as_deref()), (503, Some("1")), "{body}");
    slow.abort();
    // When the connection of the slow call is closed, its slot becomes free.
    while get(&format!("{url}/r")).await.0 == 503 {}
}

#[tokio::test]
async fn forwards_and_unfinished_answers_count_as_in_flight() {
    for path in ["/slow", "/proxy/slow"] {
        let upstream = upstream(&[("GET", "/r")]).await;
        upstream.answer("GET", "/slow", Answer::of(200, "application/json", "[1,").then_stall());
        let capability = load(&document("json"), Settings::default().upstream("api", upstream.url())).unwrap();
        let url = serve(&capability.with_limits(Limits { operations: 1, ..Limits::default() })).await;
        let slow = tokio::spawn(reqwest::get(format!("{url}{path}")));
        called(&upstream, "/slow").await;
        for other in ["/r", "/proxy/r"] {
            let (status, after, body) = get(&format!("{url}{other}")).await;
            assert_eq!((status, after.as_deref()), (503, Some("1")), "{path}, {other}: {body}");
        }
        // Only `/proxy/slow` may have returned an answer by now; dropping that answer closes its connection.
        slow.abort();
        drop(slow.await);
        while get(&format!("{url}/proxy/r")).await.0 == 503 {}
    }
}

#[tokio::test]
async fn an_answer_reserves_memory_while_it_arrives() {
    let upstream = Upstream::start().await;
    let text = "x".repeat(700_000);
    let cut = format!("[\"{text}");
    upstream.answer("GET", "/r", Answer::of(200, "application/json", cut).without_length().then_stall());
    upstream.answer("GET", "/slow", Answer::json(200, json!([text])));
    let capability = load(&document("json"), Settings::default().upstream("api", upstream.url())).unwrap();
    let url = serve(&capability.with_limits(Limits { answers: 1024 * 1024, ..Limits::default() })).await;
    let route = format!("{url}/r");
    let mut one = std::pin::pin!(get(&route));
    let mut other = std::pin::pin!(get(&route));
    // The memory is enough for one of the answers, so the other one is refused while the first arrives.
    let (status, after, body) = tokio::select! { refused = &mut one => refused, refused = &mut other => refused };
    assert_eq!((status, after.as_deref()), (503, Some("1")), "{body}");
    // A streamed answer needs no reservation.
    assert_eq!(get(&format!("{url}/proxy/slow")).await.0, 200);
}

#[tokio::test]
async fn an_answer_without_free_memory_asks_its_caller_to_wait() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/r", Answer::json(200, json!([{ "id": "x".repeat(400_000) }])));
    upstream.answer("GET", "/slow", Answer::hang());
    let capability = load(&document("json"), Settings::default().upstream("api", upstream.url())).unwrap();
    let url = serve(&capability.with_limits(Limits { answers: 1024 * 1024, ..Limits::default() })).await;
    for _ in 0..3 {
        assert_eq!(get(&format!("{url}/r")).await.0, 200, "the reserved memory was not released");
    }
    let both = tokio::spawn(reqwest::get(format!("{url}/both")));
    called(&upstream, "/slow").await;
    let (status, after, body) = get(&format!("{url}/r")).await;
    assert_eq!((status, after.as_deref()), (503, Some("1")), "{body}");
    assert!(body.contains("1 MiB"), "{body}");
    // A POST may have taken effect, so its caller is not asked to retry.
    upstream.answer("POST", "/r", Answer::json(201, json!([{ "id": "x".repeat(400_000) }])));
    let made = reqwest::Client::new().post(format!("{url}/made")).send().await.unwrap();
    assert_eq!((made.status().as_u16(), made.headers().get("retry-after")), (502, None));
    let body = made.text().await.unwrap();
    assert!(body.contains("may have taken effect") && !body.contains("try again"), "{body}");
    both.abort();
}

#[tokio::test]
async fn small_rows_reserve_the_memory_of_their_values() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/r", Answer::of(200, "text/csv", format!("id\n{}", "a\n".repeat(5_000))));
    upstream.answer("GET", "/slow", Answer::hang());
    let capability = load(&document("csv"), Settings::default().upstream("api", upstream.url())).unwrap();
    let url = serve(&capability.with_limits(Limits { answers: 1024 * 1024, ..Limits::default() })).await;
    let both = tokio::spawn(reqwest::get(format!("{url}/both")));
    called(&upstream, "/slow").await;
    let (status, after, body) = get(&format!("{url}/r")).await;
    assert_eq!((status, after.as_deref()), (503, Some("1")), "{}", body.get(..200).unwrap_or(&body));
    both.abort();
}

#[test]
fn an_invalid_pattern_is_reported_at_start() {
    let resources = "- { name: r, path: /r, operations: [{ name: get, method: GET, inputParameters: [{ name: code, in: query, type: string, pattern: '([A-Z' }] }] }";
    let exposes = "- { type: mcp, namespace: mcp, tools: [{ name: get, call: api.get }] }";
    let error = load(&yaml("", resources, exposes), Settings::default()).unwrap_err().to_string();
    assert!(error.contains("the pattern of `code` is not a regular expression"), "{error}");
}

#[tokio::test]
async fn a_long_pattern_is_not_repeated_in_full() {
    let upstream = upstream(&[("GET", "/r")]).await;
    let pattern = format!("^({})$", vec!["abcdefghij"; 2_000].join("|"));
    let resources = format!(
        "- {{ name: r, path: /r, operations: [{{ name: get, method: GET, inputParameters: [{{ name: code, in: query, type: string, pattern: '{pattern}' }}] }}] }}"
    );
    let exposes =
        "- { type: rest, namespace: rest, resources: [{ path: /r, operations: [{ method: GET, call: api.get }] }] }";
    let url = serve(&capability(&yaml("", &resources, exposes), &upstream)).await;
    let (status, _, body) = get(&format!("{url}/r?code=x")).await;
    assert!(status == 400 && body.contains("code") && body.len() < 1_000, "{status} {}", body.len());
}

#[tokio::test]
async fn a_call_ends_at_the_time_limit_of_its_operation_or_else_of_its_api() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/slow", Answer::hang());
    let resources = "
- name: slow
  path: /slow
  operations: [{ name: slow, method: GET }, { name: slower, method: GET, timeout: 25ms }]
";
    let exposes = "
- type: rest
  namespace: rest
  resources:
  - { path: /api, operations: [{ method: GET, call: api.slow }] }
  - { path: /own, operations: [{ method: GET, call: api.slower }] }
  - { path: /proxy, forward: { targetNamespace: api } }
";
    let url = serve(&capability(&yaml("timeout: 50ms", resources, exposes), &upstream)).await;
    for (path, limit) in [("/api", "50ms"), ("/own", "25ms"), ("/proxy/slow", "50ms")] {
        let (status, _, body) = get(&format!("{url}{path}")).await;
        assert_eq!(status, 504, "{path}: {body}");
        assert!(body.contains(limit), "{path}: {body}");
    }
}

#[tokio::test]
async fn a_call_by_name_reads_its_answer_within_the_time_limit_of_an_operation() {
    let upstream = Upstream::start().await;
    let silent = |kind: &str, sent: &'static str| Answer::of(200, kind, sent).without_length().then_stall();
    upstream.answer("GET", "/events", silent("text/event-stream", ": nothing yet\n\n"));
    upstream.answer("GET", "/file", silent("image/png", "a"));
    let resources = "
- { name: events, path: /events, operations: [{ name: watch, method: GET, outputRawFormat: stream }] }
- { name: file, path: /file, operations: [{ name: read, method: GET, outputRawFormat: binary }] }
";
    let exposes = "
- type: rest
  namespace: rest
  resources:
  - { path: /events, operations: [{ name: watch, method: GET, call: api.watch }] }
  - { path: /file, operations: [{ name: read, method: GET, call: api.read }] }
";
    let capability = capability(&yaml("", resources, exposes), &upstream);
    let capability = capability.with_limits(Limits { operation: Duration::from_millis(200), ..Limits::default() });
    for operation in ["watch", "read"] {
        let error = capability.call(operation, json!({})).await.unwrap_err();
        assert_eq!(error.to_string(), "the operation took longer than 0.2 s", "{operation}");
    }
}
