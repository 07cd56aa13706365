//! A panic in a stream or a file after its method has returned: every client gets an answer, and can go on.

use crate::mcp::Client;
use futures_util::StreamExt;
use futures_util::stream::{self, Stream as AnyStream};
use naftiko::{Capability, Download, Error, Result, Stream, capability};
use serde_json::{Value, json};
use std::io::Read;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf};
use tokio::time::timeout;

/// How long an answer may take before a test fails.
const HANG: Duration = Duration::from_secs(30);

/// Returns these items, and panics afterwards.
fn broken<T: Send + 'static>(items: Vec<T>) -> impl AnyStream<Item = Result<T, Error>> + Send {
    stream::iter(items.into_iter().map(Ok)).chain(stream::poll_fn(|_| panic!("with a secret")))
}

/// Returns content that cannot be read to its end.
#[capability(exposes(rest(port = 1), mcp(port = 2)))]
trait Broken {
    /// Returns one item.
    #[rest(get = "/items")]
    #[tool(hints(read_only))]
    async fn items(&self) -> Result<Stream<u32>> {
        Ok(Stream::from_stream(broken(vec![1])))
    }

    /// Returns no item.
    #[rest(get = "/nothing")]
    #[tool(hints(read_only))]
    async fn nothing(&self) -> Result<Stream<u32>> {
        Ok(Stream::from_stream(broken(vec![])))
    }

    /// Returns one piece.
    #[rest(get = "/file")]
    #[tool(hints(read_only))]
    async fn file(&self) -> Result<Download> {
        Ok(Download::from_stream("text/plain", broken(vec!["piece".into()])))
    }

    /// Returns one item, in a task.
    #[tool(task = "required", hints(read_only))]
    async fn later(&self) -> Result<Stream<u32>> {
        Ok(Stream::from_stream(broken(vec![1])))
    }

    /// One item.
    #[resource(uri = "broken://items")]
    async fn resource_items(&self) -> Result<Stream<u32>> {
        Ok(Stream::from_stream(broken(vec![1])))
    }

    /// One piece.
    #[resource(uri = "broken://file")]
    async fn resource_file(&self) -> Result<Download> {
        Ok(Download::from_stream("text/plain", broken(vec!["piece".into()])))
    }

    /// One piece.
    #[prompt]
    async fn review(&self) -> Result<Download> {
        Ok(Download::from_stream("text/plain", broken(vec!["piece".into()])))
    }
}

struct Own;

impl Broken for Own {}

/// Returns each request that fails, and whether its answer is the result of a tool.
fn requests() -> Vec<(&'static str, Value, bool)> {
    let tools = ["items", "nothing", "file"].map(|tool| ("tools/call", json!({ "name": tool }), true));
    let resources =
        ["items", "file"].map(|path| ("resources/read", json!({ "uri": format!("broken://{path}") }), false));
    let prompt = ("prompts/get", json!({ "name": "review" }), false);
    tools.into_iter().chain(resources).chain([prompt]).collect()
}

/// Checks that an answer says that the request failed, without details.
fn check(answer: &Value, of_tool: bool) {
    assert_eq!(answer["result"]["isError"] == true, of_tool, "{answer}");
    assert_eq!(answer["error"].is_object(), !of_tool, "{answer}");
    assert!(answer.to_string().contains("the operation failed") && !answer.to_string().contains("secret"), "{answer}");
}

/// A client over pipes.
struct Pipes {
    output: Lines<BufReader<ReadHalf<DuplexStream>>>,
    input: WriteHalf<DuplexStream>,
}

impl Pipes {
    async fn open(capability: &Capability) -> Self {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let service = capability.mcp_service();
        tokio::spawn(async move {
            let (input, output) = tokio::io::split(far);
            service.serve_pipes(input, output).await
        });
        let (output, input) = tokio::io::split(near);
        let mut pipes = Self { output: BufReader::new(output).lines(), input };
        pipes.ask("initialize", &hello()).await;
        pipes.say(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        pipes
    }

    async fn say(&mut self, message: &Value) {
        self.input.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    /// Sends a request, whose ID is always the same, and returns the answer.
    async fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.say(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })).await;
        let line = timeout(HANG, self.output.next_line()).await.expect("an answer").unwrap().unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

/// Returns the parameters of `initialize`.
fn hello() -> Value {
    json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } })
}

#[tokio::test]
async fn every_request_over_http_is_answered() {
    let client = Client::of(&Broken::into_capability(Own)).await;
    for (method, mut params, of_tool) in requests() {
        // With a progress token, rmcp answers the request.
        for token in [Value::Null, json!({ "progressToken": "p" })] {
            if !token.is_null() {
                params["_meta"] = token;
            }
            let answer = timeout(HANG, client.send("application/json", method, params.clone())).await;
            check(&answer.expect("an answer").json().await.unwrap(), of_tool);
        }
    }
}

#[tokio::test]
async fn every_request_over_pipes_is_answered_and_its_id_is_free_again() {
    let mut pipes = Pipes::open(&Broken::into_capability(Own)).await;
    for (method, params, of_tool) in requests().iter().chain(&requests()) {
        check(&pipes.ask(method, params).await, *of_tool);
    }
}

#[tokio::test]
async fn every_request_of_a_session_is_answered_and_its_id_is_free_again() {
    let client = Client::of_service(Broken::into_capability(Own).mcp_service().with_sessions()).await;
    let begun = client.send("application/json, text/event-stream", "initialize", hello()).await;
    let session = begun.headers()["mcp-session-id"].to_str().unwrap().to_owned();
    let post = async |message: Value| {
        let request = reqwest::Client::new().post(&client.url).header("mcp-session-id", &session);
        request.header("accept", "application/json").json(&message).send().await.unwrap()
    };
    post(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
    for (method, params, of_tool) in requests().into_iter().chain(requests()) {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer = timeout(HANG, post(message)).await.expect("an answer");
        check(&answer.json().await.unwrap(), of_tool);
    }
}

#[tokio::test]
async fn a_task_fails() {
    let client = Client::of(&Broken::into_capability(Own)).await;
    let ask = async |method: &str, params: Value| {
        client.send("application/json", method, params).await.json::<Value>().await.unwrap()["result"].take()
    };
    let begun = ask("tools/call", json!({ "name": "later", "task": {} })).await;
    let id = &begun["task"]["taskId"];
    let ended = async {
        loop {
            let task = ask("tasks/get", json!({ "taskId": id })).await;
            if task["status"] != "working" {
                return task;
            }
            tokio::task::yield_now().await;
        }
    };
    let task = timeout(HANG, ended).await.expect("the end of the task");
    assert_eq!((&task["status"], &task["statusMessage"]), (&json!("failed"), &json!("the operation failed")), "{task}");
}

#[tokio::test]
async fn a_route_fails_or_is_cut_off_and_the_panic_is_logged() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, Broken::into_capability(Own).rest_router()).into_future());
    // If there is only one subscriber, `tracing` asks the thread that logs a line first whether anyone needs the line.
    let _second = tracing::Dispatch::new(tracing_subscriber::fmt().finish());
    for (path, accept, status, expected) in [
        ("items", "application/x-ndjson", 200, None),
        ("items", "text/event-stream", 200, Some("event: error")),
        ("nothing", "application/x-ndjson", 500, Some("the operation failed")),
        ("file", "*/*", 200, None),
    ] {
        let (mut log, writer) = std::io::pipe().unwrap();
        let subscriber = tracing_subscriber::fmt().with_writer(move || writer.try_clone().unwrap()).finish();
        let guard = tracing::subscriber::set_default(subscriber);
        let request = reqwest::Client::new().get(format!("{url}/{path}")).header("accept", accept);
        let answer = async {
            let answer = request.send().await?;
            assert_eq!(answer.status().as_u16(), status, "{path}");
            answer.text().await
        };
        let text = timeout(HANG, answer).await.expect("the end of the answer");
        drop(guard);
        match expected {
            Some(expected) => assert!(text.unwrap().contains(expected), "{path}"),
            None => drop(text.unwrap_err()),
        }
        let mut lines = String::new();
        log.read_to_string(&mut lines).unwrap();
        assert!(lines.contains("the operation panicked") && lines.contains("with a secret"), "{path}: {lines}");
    }
}

#[tokio::test]
async fn a_call_by_name_fails() {
    let capability = Broken::into_capability(Own);
    for operation in ["items", "nothing", "file"] {
        let error = capability.call(operation, json!({})).await.unwrap_err();
        assert_eq!((error.kind(), error.status().as_u16()), (naftiko::ErrorKind::Panic, 500), "{operation}");
    }
}
