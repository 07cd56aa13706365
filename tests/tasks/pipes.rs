//! Tasks over pipes.

use super::support::{CountingStore, Jobs, LONG, Workshop, with_tasks};
use naftiko::Result;
use naftiko::store::{MemoryStore, Store};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf, split};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The key of `_meta` that names the task of a message.
const RELATED: &str = "io.modelcontextprotocol/related-task";

struct Pipe {
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    input: WriteHalf<DuplexStream>,
    /// The notifications and requests that arrived before an answer.
    notified: Vec<Value>,
}

impl Pipe {
    fn of<S: Store>(workshop: &Workshop, store: &Arc<S>) -> Self {
        let (never, stop) = watch::channel(false);
        let (pipe, server) = Self::until(workshop, store, stop);
        tokio::spawn(async move {
            let _never = never;
            server.await
        });
        pipe
    }

    /// Returns a pipe to a server that runs until `stop`.
    fn until<S: Store>(
        workshop: &Workshop,
        store: &Arc<S>,
        stop: watch::Receiver<bool>,
    ) -> (Self, JoinHandle<Result<()>>) {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let service = Jobs::into_capability(workshop.clone()).with_store(store.clone()).mcp_service();
        let server = tokio::spawn(async move {
            let (input, output) = split(far);
            service.serve_pipes_until(input, output, stop).await
        });
        let (output, input) = split(near);
        (Self { lines: BufReader::new(output).lines(), input, notified: Vec::new() }, server)
    }

    async fn send(&mut self, message: &Value) {
        self.input.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    async fn handshake(&mut self) -> Value {
        self.handshake_with(json!({})).await
    }

    async fn handshake_with(&mut self, capabilities: Value) -> Value {
        let client = json!({ "name": "t", "version": "1" });
        let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": client });
        let answer = self.legacy("initialize", hello).await;
        self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        serde_json::from_str(&answer).unwrap()
    }

    /// Returns the line with the answer to a request.
    async fn legacy(&mut self, method: &str, params: Value) -> String {
        self.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })).await;
        loop {
            let line = self.lines.next_line().await.unwrap().unwrap();
            let message: Value = serde_json::from_str(&line).unwrap();
            if message["id"] == 1 && message.get("method").is_none() {
                return line;
            }
            self.notified.push(message);
        }
    }

    async fn modern(&mut self, method: &str, mut params: Value) -> String {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { "name": "t", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": with_tasks(),
        });
        self.legacy(method, params).await
    }
}

fn parsed(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

#[tokio::test]
async fn tasks_outlive_the_connection_and_progress_is_sent() {
    let (workshop, store) = (Workshop::default(), Arc::new(MemoryStore::default()));
    let mut pipe = Pipe::of(&workshop, &store);
    let hello = pipe.handshake().await;
    assert_eq!(hello["result"]["capabilities"]["tasks"]["list"], json!({}), "{hello}");
    let call = json!({ "name": "hold", "arguments": { "text": "it" }, "task": {}, "_meta": { "progressToken": "p" } });
    let started = parsed(&pipe.legacy("tools/call", call).await);
    let id = started["result"]["task"]["taskId"].clone();
    assert!(id.is_string(), "{started}");
    while !pipe.notified.iter().any(|notified| notified["method"] == "notifications/progress") {
        pipe.legacy("tasks/get", json!({ "taskId": id })).await;
    }
    let told = |pipe: &Pipe, method: &str| pipe.notified.iter().find(|told| told["method"] == method).cloned();
    let progress = told(&pipe, "notifications/progress").unwrap();
    assert_eq!(progress["params"]["progressToken"], "p", "{progress}");
    assert_eq!(progress["params"]["_meta"], json!({ RELATED: { "taskId": id } }), "{progress}");
    while told(&pipe, "notifications/tasks/status").is_none() {
        pipe.legacy("tasks/get", json!({ "taskId": id })).await;
    }
    let status = told(&pipe, "notifications/tasks/status").unwrap();
    assert!(status["params"].get("_meta").is_none(), "`_meta` repeats the task of the params: {status}");
    assert_eq!((&status["params"]["taskId"], &status["params"]["status"]), (&id, &json!("working")), "{status}");
    drop(pipe);
    workshop.gate.add_permits(1);
    let mut pipe = Pipe::of(&workshop, &store);
    pipe.handshake().await;
    let listed = parsed(&pipe.legacy("tasks/list", json!({})).await);
    assert_eq!(listed["result"]["tasks"][0]["taskId"], id, "{listed}");
    let answer = parsed(&pipe.legacy("tasks/result", json!({ "taskId": id })).await);
    assert_eq!(answer["result"]["content"][0]["text"], "held it", "{answer}");
    assert_eq!(workshop.runs(), 1);
}

#[tokio::test]
async fn a_question_of_a_task_names_the_task() {
    // `cut` asks at once, and still becomes a task: in this revision, the result of a call cannot contain a question.
    for tool in ["measure", "cut"] {
        let mut pipe = Pipe::of(&Workshop::default(), &Arc::new(MemoryStore::default()));
        pipe.handshake_with(json!({ "elicitation": {} })).await;
        let started = parsed(&pipe.legacy("tools/call", json!({ "name": tool, "task": {} })).await);
        let id = &started["result"]["task"]["taskId"];
        assert!(id.is_string(), "{started}");
        let asked = |pipe: &Pipe| pipe.notified.iter().find(|told| told["method"] == "elicitation/create").cloned();
        while asked(&pipe).is_none() {
            pipe.legacy("tasks/get", json!({ "taskId": id })).await;
        }
        let asked = asked(&pipe).unwrap();
        assert_eq!(asked["params"]["_meta"][RELATED], json!({ "taskId": id }), "{asked}");
    }
}

#[tokio::test]
async fn digits_are_kept_in_both_eras() {
    let (workshop, store) = (Workshop::default(), Arc::new(MemoryStore::default()));
    let exact = format!(r#""structuredContent":{{"result":{LONG}}}"#);
    let mut pipe = Pipe::of(&workshop, &store);
    pipe.handshake().await;
    let started = parsed(&pipe.legacy("tools/call", json!({ "name": "compute", "task": {} })).await);
    let id = &started["result"]["task"]["taskId"];
    let answer = pipe.legacy("tasks/result", json!({ "taskId": id })).await;
    assert!(answer.contains(&exact), "{answer}");
    let mut pipe = Pipe::of(&workshop, &store);
    let started = parsed(&pipe.modern("tools/call", json!({ "name": "compute" })).await);
    assert_eq!(started["result"]["resultType"], "task", "{started}");
    let id = &started["result"]["taskId"];
    loop {
        let answer = pipe.modern("tasks/get", json!({ "taskId": id })).await;
        if parsed(&answer)["result"]["status"] == "completed" {
            assert!(answer.contains(&exact), "{answer}");
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_request_for_a_result_no_longer_reads_the_store() {
    let (workshop, store) = (Workshop::default(), Arc::new(CountingStore::default()));
    let mut pipe = Pipe::of(&workshop, &store);
    pipe.handshake().await;
    let call = json!({ "name": "hold", "arguments": { "text": "it" }, "task": {} });
    let id = parsed(&pipe.legacy("tools/call", call).await)["result"]["task"]["taskId"].clone();
    let before = store.heads();
    pipe.send(&json!({ "jsonrpc": "2.0", "id": 2, "method": "tasks/result", "params": { "taskId": id } })).await;
    while store.heads() < before + 2 {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    pipe.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 2 } })).await;
    pipe.legacy("ping", json!({})).await;
    let cancelled = store.heads();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(store.heads(), cancelled);
    assert_eq!(parsed(&pipe.legacy("tasks/get", json!({ "taskId": id })).await)["result"]["status"], "working");
}

#[tokio::test]
async fn a_client_that_sends_nothing_more_gets_the_answer_of_a_call_that_asked_it() {
    let mut pipe = Pipe::of(&Workshop::default(), &Arc::new(MemoryStore::default()));
    pipe.handshake_with(json!({ "elicitation": {} })).await;
    pipe.send(&json!({ "jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": { "name": "measure" } })).await;
    for _ in 0..2 {
        let question = parsed(&pipe.lines.next_line().await.unwrap().unwrap());
        assert_eq!(question["method"], "elicitation/create", "{question}");
    }
    pipe.input.shutdown().await.unwrap();
    let answer = parsed(&pipe.lines.next_line().await.unwrap().expect("an answer"));
    assert_eq!((&answer["id"], &answer["result"]["isError"]), (&json!(5), &json!(true)), "{answer}");
    assert_eq!(pipe.lines.next_line().await.unwrap(), None);
}

#[tokio::test]
async fn a_client_that_sends_nothing_more_gets_the_progress_and_the_answer_of_a_call() {
    let workshop = Workshop::default();
    let mut pipe = Pipe::of(&workshop, &Arc::new(MemoryStore::default()));
    pipe.handshake().await;
    let call = json!({ "name": "tell", "_meta": { "progressToken": "p" } });
    pipe.send(&json!({ "jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": call })).await;
    pipe.input.shutdown().await.unwrap();
    for done in [1.0, 2.0] {
        let progress = parsed(&pipe.lines.next_line().await.unwrap().expect("progress"));
        assert_eq!(progress["params"]["progress"], done, "{progress}");
        workshop.gate.add_permits(1);
    }
    let answer = parsed(&pipe.lines.next_line().await.unwrap().expect("an answer"));
    assert_eq!(answer["id"], 5, "{answer}");
}

#[tokio::test]
async fn a_server_that_stops_waits_neither_for_subscriptions_nor_for_answers_to_questions() {
    for modern in [true, false] {
        let (stop, stopped) = watch::channel(false);
        let store = Arc::new(MemoryStore::default());
        let (mut pipe, server) = Pipe::until(&Workshop::default(), &store, stopped);
        let (method, mut params) = if modern {
            ("subscriptions/listen", json!({ "notifications": { "toolsListChanged": true } }))
        } else {
            pipe.handshake_with(json!({ "elicitation": {} })).await;
            ("tools/call", json!({ "name": "measure" }))
        };
        if modern {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
            });
        }
        pipe.send(&json!({ "jsonrpc": "2.0", "id": 5, "method": method, "params": params })).await;
        // The acknowledgement, or the question.
        pipe.lines.next_line().await.unwrap().unwrap();
        stop.send_replace(true);
        server.await.unwrap().unwrap();
    }
}
