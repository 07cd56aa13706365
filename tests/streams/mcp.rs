//! MCP clients: each item is reported as progress, and the result has all items.

use crate::{Live, SECRET, Watcher, client};
use naftiko::testing::{Answer, Upstream};
use naftiko::{Capability, McpService, Result, Stream, capability};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// An MCP client of a capability.
pub(crate) struct Client {
    pub(crate) url: String,
}

impl Client {
    pub(crate) async fn of(capability: &Capability) -> Self {
        Self::of_service(capability.mcp_service()).await
    }

    pub(crate) async fn of_service(service: McpService) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let router = axum::Router::new().route_service("/mcp", service);
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { url }
    }

    pub(crate) async fn send(&self, accept: &str, method: &str, params: Value) -> reqwest::Response {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request = reqwest::Client::new().post(&self.url).header("accept", accept).json(&message);
        request.send().await.unwrap()
    }

    async fn call(&self, tool: &str, arguments: Value) -> Value {
        let params = json!({ "name": tool, "arguments": arguments });
        self.send("application/json", "tools/call", params).await.json::<Value>().await.unwrap()["result"].take()
    }
}

#[tokio::test]
async fn all_items_are_the_result() {
    let upstream = Upstream::start().await;
    let body = "{\"id\":1,\"name\":\"n1\",\"more\":1}\n{\"id\":2,\"name\":\"n2\"}\n";
    upstream.answer("GET", "/events/all", Answer::of(200, "application/x-ndjson", body));
    let broken = format!("{{\"id\":1,\"name\":\"n1\"}}\n{{\"id\":\"{SECRET}\"}}\n");
    upstream.answer("GET", "/events/broken", Answer::of(200, "application/x-ndjson", broken));
    upstream.answer("GET", "/events/none", Answer::status(204));
    let client = Client::of(&client(upstream.url()).into_capability()).await;
    let expected = json!({ "result": [{ "id": 1, "name": "n1" }, { "id": 2, "name": "n2" }] });
    let result = client.call("watch", json!({ "topic": "all" })).await;
    assert_eq!((&result["structuredContent"], &result["isError"]), (&expected, &json!(false)));
    let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!((text, result["content"].as_array().unwrap().len()), (expected, 1));
    assert_eq!(
        client.call("names", json!({ "topic": "all" })).await["structuredContent"],
        json!({ "result": ["n1", "n2"] })
    );
    assert_eq!(client.call("watch", json!({ "topic": "none" })).await["structuredContent"], json!({ "result": [] }));
    let failed = client.call("watch", json!({ "topic": "broken" })).await;
    let text = failed["content"][0]["text"].as_str().unwrap();
    assert!(failed["isError"] == true && text.contains("sent an unexpected item (number 2)"), "{failed}");
    assert!(!failed.to_string().contains(SECRET));

    let tools: Value = client.send("application/json", "tools/list", json!({})).await.json().await.unwrap();
    let schema = &tools["result"]["tools"][0]["outputSchema"];
    assert_eq!((&schema["type"], &schema["properties"]["result"]["type"]), (&json!("object"), &json!("array")));
    assert_eq!(schema["properties"]["result"]["items"]["required"], json!(["id", "name"]));
}

#[tokio::test]
async fn each_item_is_progress_when_it_arrives() {
    let live = Live::start("text/event-stream").await;
    let client = Client::of(&client(&live.url).into_capability()).await;
    let answer = live.answer();
    let params = json!({ "name": "watch", "arguments": { "topic": "all" }, "_meta": { "progressToken": "p" } });
    let (mut text, mut messages) = (String::new(), Vec::new());
    let item = |id| Ok(format!("data: {{\"id\":{id},\"name\":\"n\"}}\n\n").into());
    answer.send(item(1)).await.unwrap();
    let mut caller = client.send("application/json, text/event-stream", "tools/call", params).await;
    for id in 1..=2 {
        // The item is reported before the next one is sent.
        while messages.len() < id {
            text.push_str(&String::from_utf8_lossy(&caller.chunk().await.unwrap().unwrap()));
            messages = parsed(&text);
        }
        if id == 1 {
            answer.send(item(2)).await.unwrap();
        }
    }
    let params = json!({ "progressToken": "p", "progress": 2.0, "message": "{\"id\":2,\"name\":\"n\"}" });
    assert_eq!((&messages[1]["method"], &messages[1]["params"]), (&json!("notifications/progress"), &params));
    drop(answer);
    while let Some(piece) = caller.chunk().await.unwrap() {
        text.push_str(&String::from_utf8_lossy(&piece));
    }
    let items = json!({ "result": [{ "id": 1, "name": "n" }, { "id": 2, "name": "n" }] });
    assert_eq!(parsed(&text)[2]["result"]["structuredContent"], items);
}

/// Returns the messages in the text of an event stream.
fn parsed(text: &str) -> Vec<Value> {
    let complete = text.rfind('\n').map_or("", |end| &text[..end]);
    complete.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data:")?.trim()).ok()).collect()
}

/// Counts.
#[capability(exposes(mcp(port = 1)))]
trait Counter {
    /// Counts for a long time.
    #[tool(max_output = "1KiB", hints(read_only))]
    async fn count(&self) -> Result<Stream<u32>> {
        Ok((1..=1000).collect())
    }

    /// Counts forever.
    #[tool]
    async fn forever(&self) -> Result<Stream<u32>> {
        let some = futures_util::stream::iter([Ok::<_, naftiko::Error>(1), Ok(2)]);
        Ok(Stream::from_stream(futures_util::StreamExt::chain(some, futures_util::stream::pending())))
    }
}

struct Own;

impl Counter for Own {}

/// Returns numbers that a parsed JSON number cannot hold, without an end.
#[capability(exposes(mcp(port = 1, structured_content = "structured")))]
trait Long {
    /// Counts.
    #[tool]
    async fn long(&self) -> Result<Stream<u128>> {
        let some = futures_util::stream::iter([Ok::<_, naftiko::Error>(u128::MAX - 1), Ok(u128::MAX)]);
        Ok(Stream::from_stream(futures_util::StreamExt::chain(some, futures_util::stream::pending())))
    }
}

struct Endless;

impl Long for Endless {}

/// Returns the line with the answer to a call over pipes.
async fn answer_over_pipes(capability: &Capability, call: &Value) -> String {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let service = capability.mcp_service();
    tokio::spawn(async move {
        let (input, output) = tokio::io::split(far);
        service.serve_pipes(input, output).await
    });
    let (output, mut input) = tokio::io::split(near);
    let hello =
        json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
    let message = |id: u8, method: &str, params: &Value| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let lines = format!("{}\n{ready}\n{}\n", message(1, "initialize", &hello), message(2, "tools/call", call));
    input.write_all(lines.as_bytes()).await.unwrap();
    let mut lines = BufReader::new(output).lines();
    loop {
        let line = lines.next_line().await.unwrap().unwrap();
        if serde_json::from_str::<Value>(&line).unwrap()["id"] == 2 {
            return line;
        }
    }
}

#[tokio::test]
async fn an_answer_after_messages_keeps_its_digits_and_its_note() {
    let limits = naftiko::Limits { operation: std::time::Duration::from_millis(50), ..Default::default() };
    let capability = Endless.into_capability().with_limits(limits);
    let client = Client::of(&capability).await;
    let call = json!({ "name": "long", "_meta": { "progressToken": "p" } });
    let events = client.send("application/json, text/event-stream", "tools/call", call.clone()).await;
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    let json = client.send("application/json", "tools/call", call.clone()).await;
    let answers =
        [events.text().await.unwrap(), json.text().await.unwrap(), answer_over_pipes(&capability, &call).await];
    for answer in answers {
        let numbers = format!(r#""structuredContent":{{"result":[{},{}]}}"#, u128::MAX - 1, u128::MAX);
        assert!(answer.contains(&numbers), "{answer}");
        let last = answer.lines().rfind(|line| line.contains("structuredContent")).unwrap();
        let last: Value = serde_json::from_str(last.strip_prefix("data: ").unwrap_or(last)).unwrap();
        let content = last["result"]["content"].as_array().unwrap();
        assert_eq!(content.len(), 1, "{last}");
        assert!(content[0]["text"].as_str().unwrap().starts_with("The stream did not end"), "{last}");
    }
}

#[tokio::test]
async fn a_long_stream_is_cut_and_an_endless_one_stopped() {
    let limits = naftiko::Limits { operation: std::time::Duration::from_millis(50), ..Default::default() };
    let client = Client::of(&Own.into_capability().with_limits(limits)).await;
    let part = client.call("count", json!({})).await;
    let text = part["content"][0]["text"].as_str().unwrap();
    assert!(text.len() < 1400 && part["structuredContent"]["result"][0] == 1, "{part}");
    assert!(part["structuredContent"]["result"].as_array().unwrap().len() < 1000, "{part}");
    let stopped = client.call("forever", json!({})).await;
    assert_eq!(stopped["structuredContent"], json!({ "result": [1, 2] }), "{stopped}");
    let note =
        "The stream did not end: it was stopped after 50ms, the time limit of this call. Items in this result: 2";
    assert_eq!(stopped["content"][1]["text"], note);
}
