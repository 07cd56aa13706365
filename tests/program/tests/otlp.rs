//! The spans that a program exports to a collector.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, unreachable_pub, dead_code, reason = "tests")]

mod common;

use common::Served;
use naftiko::testing::{Answer, Upstream};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value as AnyValue};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode as SpanStatus};
use prost::Message;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::timeout;

const SECRET: &str = "k3y-of-the-shop";
const ITEM: &str = "s3cret-item";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// Starts the program, which calls `upstream` and exports to `collector`.
fn program(upstream: &Upstream, collector: &str, variables: &[(&str, &str)]) -> Served {
    let mut command: Command = common::command(env!("CARGO_BIN_EXE_measured"));
    command.args(["serve", "--upstream", &format!("shop={}", upstream.url())]).env("SHOP_KEY", SECRET);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector).envs(variables.iter().copied());
    Served::start(command, 2)
}

async fn collector() -> Upstream {
    let collector = Upstream::start().await;
    collector.answer("POST", "/v1/traces", Answer::status(200));
    collector
}

async fn get(program: &Served, path: &str, traceparent: Option<&str>) -> StatusCode {
    let request = Client::new().get(format!("{}{path}", program.url("shop-rest")));
    let request = traceparent.into_iter().fold(request, |request, value| request.header("traceparent", value));
    request.send().await.unwrap().status()
}

/// Ends the program, waiting in another thread so that the collector can answer; returns its log.
async fn end(program: Served) -> String {
    program.signal("TERM");
    let (status, _, log) = tokio::task::spawn_blocking(|| program.wait()).await.unwrap();
    assert!(status.success(), "{log}");
    log
}

fn texts(attributes: &[KeyValue]) -> BTreeMap<&str, String> {
    let text = |value: &KeyValue| match value.value.as_ref().unwrap().value.as_ref().unwrap() {
        AnyValue::StringValue(text) => text.clone(),
        AnyValue::IntValue(number) => number.to_string(),
        other => panic!("{other:?}"),
    };
    attributes.iter().map(|attribute| (attribute.key.as_str(), text(attribute))).collect()
}

/// Returns the spans that the collector got, in the order in which they began, and the attributes of their resource.
fn received(collector: &Upstream) -> (Vec<Span>, BTreeMap<String, String>) {
    let (mut spans, mut resource) = (Vec::new(), BTreeMap::new());
    for sent in collector.requests() {
        assert_eq!(sent.header("content-type"), Some("application/x-protobuf"));
        assert_eq!(sent.header("traceparent"), None);
        let message = ExportTraceServiceRequest::decode(sent.body).unwrap();
        for of_resource in message.resource_spans {
            let attributes = of_resource.resource.unwrap().attributes;
            resource.extend(texts(&attributes).into_iter().map(|(key, value)| (key.to_owned(), value)));
            spans.extend(of_resource.scope_spans.into_iter().flat_map(|of_scope| of_scope.spans));
        }
    }
    spans.sort_by_key(|span| span.start_time_unix_nano);
    (spans, resource)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn assert_span(span: &Span, name: &str, kind: SpanKind, attributes: &[(&str, &str)]) {
    assert_eq!((span.name.as_str(), span.kind()), (name, kind));
    let expected = attributes.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
    assert_eq!(texts(&span.attributes), expected, "{name}");
    let is_error = span.status.as_ref().is_some_and(|status| status.code() == SpanStatus::Error);
    assert_eq!(is_error, attributes.iter().any(|(key, _)| *key == "error.type"), "{name}");
    assert!(span.end_time_unix_nano >= span.start_time_unix_nano);
}

#[tokio::test]
async fn each_call_and_each_request_is_a_span() {
    let (upstream, collector) = (Upstream::start().await, collector().await);
    let calls = AtomicUsize::new(0);
    upstream.answer_with("GET", "/items/{id}", move |_| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => Answer::status(503),
        _ => Answer::json(200, json!("an item")),
    });
    let program = program(&upstream, collector.url(), &[("OTEL_SERVICE_NAME", "the-shop")]);
    let parent = format!("00-{TRACE}-{CALLER}-01");
    assert_eq!(get(&program, &format!("/items/{ITEM}"), Some(&parent)).await, StatusCode::OK);
    end(program).await;
    let (spans, resource) = received(&collector);
    assert_eq!(resource["service.name"], "the-shop");
    let [call, first, second] = &spans[..] else { panic!("{spans:#?}") };
    let operation = [("naftiko.operation", "read-item"), ("http.request.method", "GET")];
    let route = [("http.route", "/items/{itemid}"), ("http.response.status_code", "200")];
    assert_span(call, "GET /items/{itemid}", SpanKind::Server, &[operation, route].concat());
    let api = [("naftiko.upstream", "shop"), ("url.template", "/items/{itemId}")];
    let failed = [("http.response.status_code", "503"), ("error.type", "503")];
    assert_span(first, "GET /items/{itemId}", SpanKind::Client, &[operation, api, failed].concat());
    let again = [("http.response.status_code", "200"), ("http.request.resend_count", "1")];
    assert_span(second, "GET /items/{itemId}", SpanKind::Client, &[operation, api, again].concat());
    assert!(spans.iter().all(|span| hex(&span.trace_id) == TRACE));
    assert_eq!(hex(&call.parent_span_id), CALLER);
    let sent = upstream.requests();
    assert_eq!(sent.len(), 2);
    for (span, sent) in [first, second].into_iter().zip(sent) {
        assert_eq!(span.parent_span_id, call.span_id);
        assert_eq!(sent.header("traceparent"), Some(&*format!("00-{TRACE}-{}-01", hex(&span.span_id))));
    }
}

#[tokio::test]
async fn spans_contain_no_secrets_arguments_or_answers() {
    let (upstream, collector) = (Upstream::start().await, collector().await);
    upstream.answer("GET", "/items/{id}", Answer::json(200, json!("an-answer")));
    let program = program(&upstream, collector.url(), &[]);
    get(&program, &format!("/items/{ITEM}"), None).await;
    tool(&program, "read-item").await;
    tool(&program, "no-such-tool").await;
    end(program).await;
    let (spans, resource) = received(&collector);
    assert_eq!(resource["service.name"], "measured");
    let text = format!("{spans:?}");
    let port = upstream.url().rsplit(':').next().unwrap();
    // The digits of the port alone can occur in a timestamp.
    let ports = [format!(":{port}"), format!("({port})"), format!("\"{port}\"")];
    for value in [SECRET, ITEM, "an-answer", "no-such-tool"].into_iter().chain(ports.iter().map(String::as_str)) {
        assert!(!text.contains(value), "{value}: {text}");
    }
}

/// Calls a tool, in a trace.
async fn tool(program: &Served, name: &str) -> Value {
    mcp(program, "tools/call", json!({ "name": name, "arguments": { "itemId": ITEM } })).await
}

/// Sends a request of an MCP client, in a trace.
async fn mcp(program: &Served, method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({ "traceparent": format!("00-{TRACE}-{CALLER}-01") });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let request = Client::new().post(program.url("shop-mcp"));
    let request = request.header("accept", "application/json, text/event-stream").json(&call);
    request.send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn tool_calls_are_spans_in_the_trace_of_the_client() {
    let (upstream, collector) = (Upstream::start().await, collector().await);
    upstream.answer("GET", "/items/{id}", Answer::json(200, json!("an item")));
    let program = program(&upstream, collector.url(), &[]);
    tool(&program, "read-item").await;
    tool(&program, "no-such-tool").await;
    end(program).await;
    let (spans, _) = received(&collector);
    let [call, request, unknown] = &spans[..] else { panic!("{spans:#?}") };
    let tool = [("mcp.method.name", "tools/call"), ("gen_ai.operation.name", "execute_tool")];
    let named = [("gen_ai.tool.name", "read-item")];
    assert_span(call, "tools/call read-item", SpanKind::Server, &[&tool[..], &named].concat());
    assert_span(
        unknown,
        "tools/call",
        SpanKind::Server,
        &[&tool[..], &[("gen_ai.tool.name", "_OTHER")], &REFUSED].concat(),
    );
    assert!(spans.iter().all(|span| hex(&span.trace_id) == TRACE));
    assert_eq!((hex(&call.parent_span_id), &request.parent_span_id), (CALLER.to_owned(), &call.span_id));
}

/// The attributes of a request that is answered with a JSON-RPC error.
const REFUSED: [(&str, &str); 2] = [("error.type", "-32602"), ("rpc.response.status_code", "-32602")];

#[tokio::test]
async fn requests_for_prompts_are_spans_with_the_names_of_the_prompts() {
    let (upstream, collector) = (Upstream::start().await, collector().await);
    let program = program(&upstream, collector.url(), &[]);
    for name in ["review", ITEM] {
        mcp(&program, "prompts/get", json!({ "name": name, "arguments": { "item": ITEM } })).await;
    }
    end(program).await;
    let (spans, _) = received(&collector);
    let [known, unknown] = &spans[..] else { panic!("{spans:#?}") };
    let method = ("mcp.method.name", "prompts/get");
    assert_span(known, "prompts/get review", SpanKind::Server, &[method, ("gen_ai.prompt.name", "review")]);
    let refused = [&[method, ("gen_ai.prompt.name", "_OTHER")][..], &REFUSED].concat();
    assert_span(unknown, "prompts/get", SpanKind::Server, &refused);
}

/// The method has no context to pass on; its requests still belong to the span of the call.
#[tokio::test]
async fn the_requests_of_a_method_belong_to_the_span_of_its_call() {
    let (upstream, collector) = (Upstream::start().await, collector().await);
    upstream.answer("GET", "/stock", Answer::json(200, json!("7")));
    let program = program(&upstream, collector.url(), &[]);
    assert_eq!(get(&program, "/twice", None).await, StatusCode::OK);
    end(program).await;
    let (spans, _) = received(&collector);
    let [call, first, second] = &spans[..] else { panic!("{spans:#?}") };
    assert_eq!((call.name.as_str(), call.parent_span_id.as_slice()), ("GET /twice", &[][..]));
    for request in [first, second] {
        assert_eq!((&request.trace_id, &request.parent_span_id), (&call.trace_id, &call.span_id));
    }
    for (request, sent) in [first, second].into_iter().zip(upstream.requests()) {
        let expected = format!("00-{}-{}-01", hex(&call.trace_id), hex(&request.span_id));
        assert_eq!(sent.header("traceparent"), Some(&*expected));
    }
}

#[tokio::test]
async fn the_sampler_and_the_propagators_come_from_the_environment() {
    let (upstream, collector) = (Upstream::start().await, collector().await);
    upstream.answer("GET", "/stock", Answer::json(200, json!("7")));
    let unsampled = program(&upstream, collector.url(), &[("OTEL_TRACES_SAMPLER", "always_off")]);
    assert_eq!(get(&unsampled, "/stock", None).await, StatusCode::OK);
    end(unsampled).await;
    let sent = upstream.requests().pop().unwrap();
    assert!(sent.header("traceparent").unwrap().ends_with("-00"), "{sent:?}");
    assert_eq!(received(&collector).0, []);
    let alone = program(&upstream, collector.url(), &[("OTEL_PROPAGATORS", "none")]);
    assert_eq!(get(&alone, "/stock", Some(&format!("00-{TRACE}-{CALLER}-01"))).await, StatusCode::OK);
    end(alone).await;
    assert_eq!(upstream.requests().pop().unwrap().header("traceparent"), None);
    let (spans, _) = received(&collector);
    let [call, request] = &spans[..] else { panic!("{spans:#?}") };
    assert_ne!(hex(&call.trace_id), TRACE);
    assert_eq!(request.parent_span_id, call.span_id);
}

#[tokio::test]
async fn a_collector_that_is_down_is_logged_once_and_calls_are_answered() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/stock", Answer::json(200, json!("7")));
    let down = Upstream::refusing();
    // Each span is exported alone.
    let program = program(&upstream, down.url(), &[("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")]);
    for _ in 0..5 {
        assert_eq!(get(&program, "/stock", None).await, StatusCode::OK);
    }
    let log = end(program).await;
    let lines = log.lines().filter(|line| line.contains("spans cannot be sent to the collector")).count();
    assert_eq!(lines, 1, "{log}");
}

/// With these limits, the exporter waits longer than the test does, so only the limit for the last spans or a second signal
/// can end the program.
const PATIENT: [(&str, &str); 2] = [("OTEL_EXPORTER_OTLP_TIMEOUT", "60000"), ("OTEL_BSP_SCHEDULE_DELAY", "60000")];

#[tokio::test]
async fn a_collector_that_hangs_does_not_keep_a_program_from_ending() {
    let (upstream, collector) = (Upstream::start().await, Upstream::start().await);
    upstream.answer("GET", "/stock", Answer::json(200, json!("7")));
    collector.answer("POST", "/v1/traces", Answer::hang());
    let program = program(&upstream, collector.url(), &PATIENT);
    assert_eq!(get(&program, "/stock", None).await, StatusCode::OK);
    timeout(Duration::from_secs(30), end(program)).await.expect("the program hangs");
    assert_eq!(collector.requests().len(), 1);
}

#[tokio::test]
async fn a_second_signal_ends_a_program_that_exports_its_last_spans() {
    let (upstream, collector) = (Upstream::start().await, Upstream::start().await);
    upstream.answer("GET", "/stock", Answer::json(200, json!("7")));
    collector.answer("POST", "/v1/traces", Answer::hang());
    let program = program(&upstream, collector.url(), &PATIENT);
    assert_eq!(get(&program, "/stock", None).await, StatusCode::OK);
    program.signal("TERM");
    while collector.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    program.signal("TERM");
    let (status, _, log) = tokio::task::spawn_blocking(|| program.wait()).await.unwrap();
    assert_eq!(status.code(), Some(143), "{log}");
}

#[test]
fn an_endpoint_that_is_not_a_url_is_reported_without_its_value() {
    for endpoint in ["127.0.0.1:4318", "localhost:4318", "https://user:s3cret@[::", "grpc://127.0.0.1:4317"] {
        let mut command: Command = common::command(env!("CARGO_BIN_EXE_measured"));
        let output = command.arg("serve").env("SHOP_KEY", SECRET).env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint).output();
        let (status, log) = output.map(|output| (output.status, String::from_utf8(output.stderr).unwrap())).unwrap();
        assert!(!status.success());
        let expected = "expected the URL of a collector, such as `http://127.0.0.1:4318`";
        assert_eq!(log, format!("Error: OTEL_EXPORTER_OTLP_ENDPOINT is not valid: {expected}\n"));
    }
}
