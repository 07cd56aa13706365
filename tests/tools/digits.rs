//! Numbers keep their digits over each transport and in tasks, whether the answer is truncated or not.

use super::ask;
use naftiko::testing::{Answer, Upstream};
use naftiko::{Capability, McpService, Result, Value, capability};
use serde_json::json;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, split};
use tokio::sync::Semaphore;

/// Knows sums.
#[capability(
    consumes(namespace = "bank", base_uri = "https://bank.example"),
    exposes(
        mcp(namespace = "both", port = 9090),
        mcp(namespace = "values", port = 9091, structured_content = "structured"),
        mcp(namespace = "texts", port = 9092, structured_content = "text"),
    )
)]
pub trait Bank {
    /// Lists sums, some at a time.
    #[get("/sums")]
    #[tool(name = "cut", max_output = "1KiB", task)]
    async fn cut(&self) -> Result<Vec<Value>>;

    /// Lists all sums.
    #[get("/sums")]
    #[tool(name = "whole", task)]
    async fn whole(&self) -> Result<Vec<Value>>;
}

/// Returns numbers whose digits a parsed number would not keep.
fn numbers() -> Vec<String> {
    vec![
        "9".repeat(300),
        "340282366920938463463374607431768211455".to_owned(),
        "0.1234567890123456789012345678901234567890".to_owned(),
        "-12345678901234567890.5".to_owned(),
        "1.50".to_owned(),
    ]
}

/// Returns the unparsed answers to a call: plain, in a session, over pipes and as a task.
async fn answers(capability: &Capability, namespace: &str, tool: &str) -> Vec<(&'static str, String)> {
    let service = || capability.mcp_service_of(namespace).unwrap();
    let call = json!({ "name": tool, "arguments": {} });
    let direct = served(service()).await;
    let plain = ask(&direct, "tools/call", call.clone()).await;
    let session = in_session(&served(service().with_sessions()).await, &call).await;
    let pipes = over_pipes(service(), &call).await;
    let as_task = json!({ "name": tool, "arguments": {}, "task": {} });
    let started: Value = serde_json::from_str(&legacy(&direct, "tools/call", as_task).await).unwrap();
    let id = &started["result"]["task"]["taskId"];
    let task = legacy(&direct, "tasks/result", json!({ "taskId": id })).await;
    vec![("plain", plain), ("session", session), ("pipes", pipes), ("task", task)]
}

async fn served(service: McpService) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let router = axum::Router::new().route_service("/mcp", service);
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

fn hello() -> Value {
    json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } })
}

async fn legacy(url: &str, method: &str, params: Value) -> String {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let request = reqwest::Client::new().post(url).json(&message).header("mcp-protocol-version", "2025-11-25");
    request.send().await.unwrap().text().await.unwrap()
}

fn post(url: &str, message: &Value) -> reqwest::RequestBuilder {
    let request = reqwest::Client::new().post(url).json(message);
    request.header("accept", "application/json, text/event-stream")
}

/// Begins a session, and returns its ID.
async fn session_of(url: &str) -> reqwest::header::HeaderValue {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello() });
    let answer = post(url, &request).send().await.unwrap();
    let session = answer.headers()["mcp-session-id"].clone();
    let request = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    post(url, &request).header("mcp-session-id", &session).send().await.unwrap();
    session
}

async fn in_session(url: &str, call: &Value) -> String {
    let session = session_of(url).await;
    let request = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call });
    post(url, &request).header("mcp-session-id", &session).send().await.unwrap().text().await.unwrap()
}

async fn over_pipes(service: McpService, call: &Value) -> String {
    let (near, far) = tokio::io::duplex(64 * 1024);
    tokio::spawn(async move {
        let (input, output) = split(far);
        service.serve_pipes(input, output).await
    });
    let (output, mut input) = split(near);
    let mut lines = BufReader::new(output).lines();
    let mut messages = [
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello() }),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call }),
    ]
    .into_iter();
    let mut answer = String::new();
    for answered in [true, false, true] {
        input.write_all(format!("{}\n", messages.next().unwrap()).as_bytes()).await.unwrap();
        if answered {
            answer = lines.next_line().await.unwrap().unwrap();
        }
    }
    answer
}

#[tokio::test]
async fn each_transport_keeps_the_digits() {
    let upstream = Upstream::start().await;
    let items: Vec<String> = numbers().iter().map(|number| format!(r#"{{"sum":{number},"by":"ada"}}"#)).collect();
    // The last item does not fit into the first part of a truncated answer.
    let body = format!(r#"[{},{{"note":"{}"}}]"#, items.join(","), "x".repeat(1000));
    upstream.answer("GET", "/sums", Answer::of(200, "application/json", body));
    let capability = BankClient::builder().base_uri(upstream.url()).build().unwrap().into_capability();
    for (namespace, tool) in
        [("both", "whole"), ("both", "cut"), ("values", "whole"), ("values", "cut"), ("texts", "cut")]
    {
        for (way, answer) in answers(&capability, namespace, tool).await {
            for number in numbers() {
                let text = answer.matches(&format!(r#"\"sum\":{number}}}"#)).count();
                let structured = answer.matches(&format!(r#""sum":{number}}}"#)).count();
                let expected = match namespace {
                    "both" => (1, 1),
                    "values" => (0, 1),
                    _ => (1, 0),
                };
                assert_eq!((text, structured), expected, "{namespace} {tool} {way} {number}: {answer}");
            }
            assert_eq!(answer.contains("1 more item") || answer.contains(r#""left":1"#), tool == "cut", "{answer}");
        }
    }
}

/// Counts slowly.
#[capability(exposes(
    mcp(namespace = "both", port = 9090),
    mcp(namespace = "values", port = 9091, structured_content = "structured")
))]
pub trait Counter {
    /// Counts to a large number.
    #[tool]
    async fn count(&self) -> Result<Vec<u128>>;
}

#[derive(Clone)]
struct Slow(Arc<Semaphore>);

impl Counter for Slow {
    async fn count(&self) -> Result<Vec<u128>> {
        self.0.acquire().await.map_err(naftiko::Error::internal)?.forget();
        Ok(vec![u128::MAX])
    }
}

#[tokio::test]
async fn a_resumed_stream_keeps_the_digits() {
    for (namespace, times) in [("both", 2), ("values", 1)] {
        let slow = Slow(Arc::new(Semaphore::new(0)));
        let capability = slow.clone().into_capability();
        let url = served(capability.mcp_service_of(namespace).unwrap().with_sessions()).await;
        let session = session_of(&url).await;
        let request = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": { "name": "count" } });
        let mut lost = post(&url, &request).header("mcp-session-id", &session).send().await.unwrap();
        let first = lost.chunk().await.unwrap().unwrap();
        let first = std::str::from_utf8(&first).unwrap();
        let event = first.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned();
        drop(lost);
        let request = reqwest::Client::new().get(&url).header("accept", "text/event-stream");
        let resumed = request.header("mcp-session-id", &session).header("last-event-id", event).send().await.unwrap();
        slow.0.add_permits(1);
        let answer = resumed.text().await.unwrap();
        assert_eq!(answer.matches(&u128::MAX.to_string()).count(), times, "{namespace}: {answer}");
    }
}
