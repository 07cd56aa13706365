//! The control port of a program: what its metrics count, what it answers, and to whom.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, unreachable_pub, dead_code, reason = "tests")]

mod common;

use common::{Served, run, tokens};
use naftiko::testing::{Answer, Upstream};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

const SECRET: &str = "k3y-of-the-shop";

fn measured() -> Command {
    common::command(env!("CARGO_BIN_EXE_measured"))
}

/// Starts the program, which calls `upstream`, with a control port.
fn program(upstream: &Upstream) -> Served {
    let mut command = measured();
    command.args(["serve", "--control", "0", "--upstream", &format!("shop={}", upstream.url())]);
    Served::start(with_key(command), 3)
}

fn with_key(mut command: Command) -> Command {
    command.env("SHOP_KEY", SECRET);
    command
}

async fn get(url: String) -> Response {
    reqwest::get(url).await.unwrap()
}

async fn page(program: &Served, path: &str) -> (StatusCode, String) {
    let answer = get(format!("{}{path}", program.url("control"))).await;
    (answer.status(), answer.text().await.unwrap())
}

async fn metrics(program: &Served) -> String {
    let (status, text) = page(program, "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    text
}

/// Returns the value of a series; `None` if it does not exist.
fn value<'a>(metrics: &'a str, series: &str) -> Option<&'a str> {
    metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
}

/// Calls a tool.
async fn tool(program: &Served, name: &str) -> Value {
    let params = json!({ "name": name, "arguments": { "itemId": "7" } });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let request = Client::new().post(program.url("shop-mcp"));
    let request = request.header("accept", "application/json, text/event-stream").json(&call);
    request.send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn each_request_to_the_api_and_each_answer_is_counted() {
    let upstream = Upstream::start().await;
    let calls = AtomicUsize::new(0);
    upstream.answer_with("GET", "/items/{id}", move |_| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => Answer::status(503),
        _ => Answer::json(200, json!("an item")),
    });
    upstream.answer("GET", "/stock", Answer::status(404));
    let program = program(&upstream);
    let rest = program.url("shop-rest");
    assert_eq!(get(format!("{rest}/items/7")).await.status(), StatusCode::OK);
    assert_eq!(get(format!("{rest}/stock")).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(get(format!("{rest}/secrets/of/somebody")).await.status(), StatusCode::NOT_FOUND);
    let brew = Method::from_bytes(b"BREW").unwrap();
    Client::new().request(brew, format!("{rest}/items/7")).send().await.unwrap();
    tool(&program, "read-item").await;
    tool(&program, "no-such-tool").await;
    let metrics = metrics(&program).await;
    let item = r#"naftiko_operation="read-item",naftiko_upstream="shop""#;
    let sent = |labels: &str| {
        format!("http_client_request_duration_seconds_count{{{item},http_request_method=\"GET\",{labels}}}")
    };
    let answered = |labels: &str| format!("http_server_request_duration_seconds_count{{{labels}}}");
    let called = |labels: &str| {
        format!("mcp_server_operation_duration_seconds_count{{mcp_method_name=\"tools/call\",{labels}}}")
    };
    for (series, expected) in [
        (sent(r#"http_response_status_code="503",error_type="503""#), "1"),
        (sent(r#"http_response_status_code="200""#), "2"),
        (format!("naftiko_retries_total{{{item}}}"), "1"),
        (answered(r#"http_request_method="GET",http_route="/items/{itemid}",http_response_status_code="200""#), "1"),
        (answered(r#"http_request_method="GET",http_route="/stock",http_response_status_code="404""#), "1"),
        (answered(r#"http_request_method="GET",http_response_status_code="404""#), "1"),
        (called(r#"gen_ai_tool_name="read-item""#), "1"),
        (called(r#"gen_ai_tool_name="_OTHER",error_type="-32602""#), "1"),
        (r#"naftiko_operations_in_flight{naftiko_operation="read-item"}"#.to_owned(), "0"),
        (r#"naftiko_breaker_open{naftiko_upstream="shop"}"#.to_owned(), "0"),
    ] {
        assert_eq!(value(&metrics, &series), Some(expected), "{series}\n{metrics}");
    }
    assert!(metrics.contains(r#"http_request_method="_OTHER""#), "{metrics}");
    for text in ["BREW", "secrets", "somebody", "no-such-tool"] {
        assert!(!metrics.contains(text), "{text} comes from the caller\n{metrics}");
    }
}

#[tokio::test]
async fn retries_that_the_budget_refuses_are_counted() {
    let upstream = Upstream::start().await;
    let calls = AtomicUsize::new(0);
    upstream.answer_with("GET", "/items/{id}", move |_| match calls.fetch_add(1, Ordering::SeqCst) % 3 {
        2 => Answer::json(200, json!("an item")),
        _ => Answer::status(503),
    });
    let program = program(&upstream);
    let item = format!("{}/items/7", program.url("shop-rest"));
    // Each call takes two retries from the budget of ten, and adds 0.2.
    for _ in 0..5 {
        assert_eq!(get(item.clone()).await.status(), StatusCode::OK);
    }
    assert_eq!(get(item).await.status(), StatusCode::BAD_GATEWAY);
    let metrics = metrics(&program).await;
    let labels = r#"{naftiko_operation="read-item",naftiko_upstream="shop"}"#;
    assert_eq!(value(&metrics, &format!("naftiko_retries_total{labels}")), Some("11"), "{metrics}");
    assert_eq!(value(&metrics, &format!("naftiko_refused_retries_total{labels}")), Some("1"), "{metrics}");
}

#[tokio::test]
async fn calls_that_run_as_tasks_of_2025_11_25_are_counted() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/stock", Answer::json(200, json!("7")));
    let program = program(&upstream);
    let ask = async |method: &str, params: Value| -> Value {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request = Client::new().post(program.url("shop-mcp")).header("mcp-protocol-version", "2025-11-25");
        let request = request.header("accept", "application/json, text/event-stream").json(&message);
        request.send().await.unwrap().json().await.unwrap()
    };
    let started = ask("tools/call", json!({ "name": "read-stock", "task": {} })).await;
    let id = started["result"]["task"]["taskId"].clone();
    let result = ask("tasks/result", json!({ "taskId": id })).await;
    assert_eq!(result["result"]["content"][0]["text"], "7", "{result}");
    ask("tasks/get", json!({ "taskId": id })).await;
    ask("tasks/get", json!({ "taskId": "x" })).await;
    for name in ["read-price", "no-such-tool"] {
        let refused = ask("tools/call", json!({ "name": name, "task": {} })).await;
        assert!(refused["error"].is_object(), "{refused}");
    }
    let metrics = metrics(&program).await;
    for labels in [
        r#"mcp_method_name="tools/call",gen_ai_tool_name="read-stock""#,
        r#"mcp_method_name="tools/call",gen_ai_tool_name="read-price",error_type="-32601""#,
        r#"mcp_method_name="tools/call",gen_ai_tool_name="_OTHER",error_type="-32602""#,
        r#"mcp_method_name="tasks/get""#,
        r#"mcp_method_name="tasks/get",error_type="-32602""#,
    ] {
        let series = format!("mcp_server_operation_duration_seconds_count{{{labels}}}");
        assert_eq!(value(&metrics, &series), Some("1"), "{series}\n{metrics}");
    }
}

#[tokio::test]
async fn both_requests_of_a_hedged_read_are_counted() {
    let upstream = Upstream::start().await;
    let calls = AtomicUsize::new(0);
    upstream.answer_with("GET", "/rating", move |_| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => Answer::hang(),
        _ => Answer::json(200, json!("good")),
    });
    let program = program(&upstream);
    assert_eq!(get(format!("{}/rating", program.url("shop-rest"))).await.status(), StatusCode::OK);
    let metrics = metrics(&program).await;
    let rating = r#"naftiko_operation="read-rating",naftiko_upstream="shop""#;
    let sent = format!("http_client_request_duration_seconds_count{{{rating},http_request_method=\"GET\"");
    for series in [
        format!("naftiko_hedges_total{{{rating}}}"),
        format!("{sent},http_response_status_code=\"200\"}}"),
        format!("{sent},error_type=\"cancelled\"}}"),
    ] {
        assert_eq!(value(&metrics, &series), Some("1"), "{series}\n{metrics}");
    }
}

#[tokio::test]
async fn a_refused_connection_is_an_error_type() {
    let program = program(&Upstream::refusing());
    get(format!("{}/stock", program.url("shop-rest"))).await;
    let series = "http_client_request_duration_seconds_count{naftiko_operation=\"read-stock\",naftiko_upstream=\"shop\",\
                  http_request_method=\"GET\",error_type=\"connect\"}";
    let metrics = metrics(&program).await;
    assert_eq!(value(&metrics, series), Some("1"), "{metrics}");
}

#[tokio::test]
async fn stored_answers_are_counted_by_result() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/price", Answer::json(200, json!("7")).header("cache-control", "max-age=600"));
    let program = program(&upstream);
    for _ in 0..3 {
        assert_eq!(get(format!("{}/price", program.url("shop-rest"))).await.status(), StatusCode::OK);
    }
    let metrics = metrics(&program).await;
    for (result, expected) in [("miss", Some("1")), ("hit", Some("2")), ("revalidated", None), ("coalesced", None)] {
        let labels = r#"naftiko_operation="read-price",naftiko_upstream="shop""#;
        let series = format!("naftiko_cache_total{{{labels},result=\"{result}\"}}");
        assert_eq!(value(&metrics, &series), expected, "{series}\n{metrics}");
    }
}

/// Returns the number of answers of `read-price` with this cache result.
fn answered_price(metrics: &str, result: &str) -> Option<String> {
    let labels = r#"naftiko_operation="read-price",naftiko_upstream="shop""#;
    value(metrics, &format!("naftiko_cache_total{{{labels},result=\"{result}\"}}")).map(str::to_owned)
}

/// Waits until a condition about the metrics holds.
async fn metrics_with(program: &Served, holds: impl Fn(&str) -> bool) -> String {
    loop {
        let metrics = metrics(program).await;
        if holds(&metrics) {
            return metrics;
        }
    }
}

/// Calls a route several times without waiting for the answers.
fn begin(program: &Served, path: &str, calls: usize) -> Vec<tokio::task::JoinHandle<Response>> {
    (0..calls).map(|_| tokio::spawn(get(format!("{}{path}", program.url("shop-rest"))))).collect()
}

#[tokio::test]
async fn a_validated_answer_is_counted_as_revalidated() {
    let upstream = Upstream::start().await;
    upstream.answer_with("GET", "/price", |request| {
        let answer = match request.header("if-none-match") {
            Some(tag) => Answer::status(304).header("etag", tag),
            None => Answer::json(200, json!("7")).header("etag", "\"v1\""),
        };
        answer.header("cache-control", "no-cache")
    });
    let program = program(&upstream);
    for _ in 0..3 {
        assert_eq!(get(format!("{}/price", program.url("shop-rest"))).await.status(), StatusCode::OK);
    }
    let metrics = metrics(&program).await;
    let results = ["miss", "revalidated", "hit"].map(|result| answered_price(&metrics, result));
    assert_eq!(results, [Some("1".to_owned()), Some("2".to_owned()), None], "{metrics}");
}

#[tokio::test]
async fn a_call_that_joins_another_is_counted_as_coalesced() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/price", Answer::hang());
    let program = program(&upstream);
    let calls = begin(&program, "/price", 3);
    // Two calls may have joined before the request of the first has arrived.
    metrics_with(&program, |metrics| {
        answered_price(metrics, "coalesced").as_deref() == Some("2") && !upstream.requests().is_empty()
    })
    .await;
    assert_eq!(upstream.requests().len(), 1);
    calls.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn refused_calls_are_counted_by_reason() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/count", Answer::hang()).answer("GET", "/price", Answer::hang());
    upstream.answer("GET", "/find", Answer::json(200, json!("7")));
    let program = program(&upstream);
    let status = async |path: &str| get(format!("{}{path}", program.url("shop-rest"))).await.status();
    let in_flight = |metrics: &str, operation: &str| {
        let series = format!("naftiko_operations_in_flight{{naftiko_operation=\"{operation}\"}}");
        value(metrics, &series).map(str::to_owned)
    };
    assert_eq!(status("/find").await, StatusCode::OK);
    assert_eq!(status("/find").await, StatusCode::TOO_MANY_REQUESTS);
    let mut calls = begin(&program, "/count", 1);
    metrics_with(&program, |_| upstream.requests().len() == 2).await;
    assert_eq!(status("/count").await, StatusCode::SERVICE_UNAVAILABLE);
    // With the call of `/count`, these are as many operations as the program allows.
    calls.extend(begin(&program, "/price", 3));
    metrics_with(&program, |metrics| in_flight(metrics, "read-price").as_deref() == Some("3")).await;
    assert_eq!(status("/stock").await, StatusCode::SERVICE_UNAVAILABLE);
    let metrics = metrics(&program).await;
    for labels in [
        r#"reason="rate",naftiko_upstream="shop""#,
        r#"reason="concurrency",naftiko_upstream="shop""#,
        r#"reason="in_flight""#,
    ] {
        let series = format!("naftiko_refused_total{{{labels}}}");
        assert_eq!(value(&metrics, &series), Some("1"), "{series}\n{metrics}");
    }
    calls.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn an_open_breaker_is_in_metrics_status_and_readiness() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/stock", Answer::status(500));
    let program = program(&upstream);
    assert_eq!(page(&program, "/ready").await.0, StatusCode::OK);
    for _ in 0..3 {
        get(format!("{}/stock", program.url("shop-rest"))).await;
    }
    let metrics = metrics(&program).await;
    assert_eq!(value(&metrics, r#"naftiko_breaker_open{naftiko_upstream="shop"}"#), Some("1"), "{metrics}");
    assert_eq!(value(&metrics, r#"naftiko_refused_total{reason="breaker",naftiko_upstream="shop"}"#), Some("1"));
    for path in ["/ready", "/health/ready"] {
        let (status, reasons) = page(&program, path).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        let expected = json!({ "status": "not ready", "reasons": ["the circuit breaker of `shop` is open"] });
        assert_eq!(serde_json::from_str::<Value>(&reasons).unwrap(), expected);
    }
    assert_eq!(page(&program, "/health").await.0, StatusCode::OK);
    let status: Value = serde_json::from_str(&page(&program, "/status").await.1).unwrap();
    assert_eq!(status["capabilities"][0]["label"], "Measured");
    assert_eq!(status["capabilities"][0]["upstreams"], json!([{ "namespace": "shop", "breaker": "open" }]));
    assert_eq!(status["capabilities"][0]["adapters"][0]["type"], "rest");
}

#[tokio::test]
async fn an_access_token_that_cannot_be_fetched_makes_a_program_not_ready() {
    let upstream = Upstream::start().await;
    let asked = AtomicUsize::new(0);
    upstream.answer_with("POST", "/token", move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => Answer::json(400, json!({ "error": "invalid_client" })),
        _ => Answer::json(200, json!({ "access_token": "t-1", "token_type": "bearer" })),
    });
    upstream.answer("GET", "/door", Answer::json(200, json!("open")));
    let mut command = common::command(env!("CARGO_BIN_EXE_locked"));
    command.args(["serve", "--control", "0", "--upstream", &format!("vault={}", upstream.url())]);
    command.env("SERVER", upstream.url()).env("CLIENT_SECRET", SECRET);
    let program = Served::start(command, 2);
    assert_eq!(page(&program, "/ready").await.0, StatusCode::OK);
    let door = || get(format!("{}/door", program.url("vault-rest")));
    assert_eq!(door().await.status(), StatusCode::BAD_GATEWAY);
    let (status, reasons) = page(&program, "/ready").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let expected = json!({ "status": "not ready", "reasons": ["the access token of `vault` cannot be fetched"] });
    assert_eq!(serde_json::from_str::<Value>(&reasons).unwrap(), expected);
    assert_eq!(door().await.status(), StatusCode::OK);
    assert_eq!(page(&program, "/ready").await.0, StatusCode::OK);
    for path in ["/metrics", "/status"] {
        let (_, text) = page(&program, path).await;
        assert!(!text.contains(SECRET) && !text.contains("t-1"), "{path}: {text}");
    }
}

#[tokio::test]
async fn the_control_port_has_no_secret_and_no_address_of_an_api() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/stock", Answer::status(500));
    let program = program(&upstream);
    for _ in 0..3 {
        get(format!("{}/stock", program.url("shop-rest"))).await;
    }
    let port = upstream.url().rsplit(':').next().unwrap();
    for path in ["/metrics", "/health", "/health/live", "/ready", "/status", "/nothing"] {
        let (_, text) = page(&program, path).await;
        let ports = [format!(":{port}"), format!("\"{port}\"")];
        assert!(!text.contains(SECRET) && !ports.iter().any(|port| text.contains(port)), "{path}: {text}");
    }
}

#[tokio::test]
async fn hostile_hosts_and_origins_are_refused() {
    let program = program(&Upstream::refusing());
    for path in ["/metrics", "/status", "/ready", "/health"] {
        for (name, text) in [("host", "evil.example"), ("origin", "https://evil.example")] {
            let request = Client::new().get(format!("{}{path}", program.url("control"))).header(name, text);
            assert_eq!(request.send().await.unwrap().status(), StatusCode::FORBIDDEN, "{path} {name}");
        }
        let request = Client::new().post(format!("{}{path}", program.url("control")));
        assert_eq!(request.send().await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
}

/// Kubernetes probes a pod by its IP address, and Prometheus reads it by that address.
#[tokio::test]
async fn the_control_port_listens_on_the_given_address_and_accepts_ip_addresses_as_hosts() {
    let mut command = measured();
    command.args(["serve", "--control", "0.0.0.0:0"]);
    let program = Served::start(with_key(command), 3);
    for host in ["10.1.2.3:9100", "[2001:db8::1]"] {
        let request = Client::new().get(format!("{}/ready", program.url("control"))).header("host", host);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK, "{host}");
    }
    for wrong in ["pods", "example.com:1", "0.0.0.0", "70000"] {
        let mut command = measured();
        command.args(["serve", "--control", wrong]);
        let output = run(with_key(command));
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains("expected a port, or an IP address and a port"), "{error}");
    }
}

#[tokio::test]
async fn there_is_no_control_port_unless_it_is_asked_for() {
    let mut command = tokens();
    command.args(["serve", "--port", "tokens-rest=0", "--port", "tokens-mcp=0", "--demo"]);
    let program = Served::start(command, 2);
    for adapter in ["tokens-rest", "tokens-mcp"] {
        let url = program.url(adapter).trim_end_matches("/mcp");
        assert_eq!(get(format!("{url}/metrics")).await.status(), StatusCode::NOT_FOUND);
    }
    program.signal("TERM");
    let (_, out, _) = program.wait();
    assert_eq!(out, "");
}

#[test]
fn a_port_in_use_is_an_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = measured();
    command.args(["serve", "--control", &taken.local_addr().unwrap().port().to_string()]);
    let output = run(with_key(command));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("of the adapter `control` is already in use") && error.contains("--control PORT"),
        "{error}"
    );
}

/// The dashboard shows each metric, and no others.
#[tokio::test]
async fn the_dashboard_and_the_program_have_the_same_metrics() {
    let program = program(&Upstream::refusing());
    let metrics = metrics(&program).await;
    let types = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let ours: BTreeSet<String> = types.map(|(name, _)| name.to_owned()).collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/dashboards/naftiko.json");
    let dashboard: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let targets = dashboard["panels"].as_array().unwrap().iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let mut shown = BTreeSet::new();
    for expression in targets.map(|target| target["expr"].as_str().unwrap()) {
        for word in expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            let parts = ["_bucket", "_sum", "_count"];
            let name = parts.iter().find_map(|part| word.strip_suffix(part)).unwrap_or(word);
            let is_metric = ["_seconds", "_total", "_in_flight", "_open"].iter().any(|end| name.ends_with(end));
            shown.extend(is_metric.then(|| name.to_owned()));
        }
    }
    assert_eq!(ours, shown);
    assert_eq!(ours.len(), 11);
}
