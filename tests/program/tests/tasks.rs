//! Shutdown with running tasks: the program waits for them, up to the time limit, but not for tasks whose caller can no
//! longer answer.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, unreachable_pub, dead_code, reason = "tests")]

mod common;

use common::Served;
use reqwest::Client;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const WAITING: &str = "stopping after the running tasks have ended";

/// A time limit that only a hanging program reaches.
const LONG: Duration = Duration::from_secs(60);

fn ordering(command: &str, upstream: &TcpListener) -> Command {
    let mut program = common::command(env!("CARGO_BIN_EXE_ordering"));
    program.env_remove("NAFTIKO_STORE").env("RUST_LOG", "naftiko_runtime=info");
    program.args([command, "--upstream", &format!("shop=http://{}", upstream.local_addr().unwrap())]);
    program
}

/// Calls a tool of a server, or asks for a task.
async fn ask(url: &str, method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": { "elicitation": {}, "extensions": { "io.modelcontextprotocol/tasks": {} } },
    });
    let name = params["name"].as_str().or(params["taskId"].as_str()).unwrap().to_owned();
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let request = Client::new().post(url).json(&message).header("accept", "application/json");
    let request = request.header("mcp-protocol-version", "2026-07-28").header("mcp-method", method);
    let mut answer = request.header("mcp-name", name).send().await.unwrap().json::<Value>().await.unwrap();
    assert!(answer["result"].is_object(), "{answer}");
    answer["result"].take()
}

/// Accepts the next request of the program, without answering it.
async fn accept_request(upstream: &TcpListener) -> TcpStream {
    let (mut stream, _) = timeout(LONG, upstream.accept()).await.expect("the program sent no request").unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    stream
}

/// Answers a request, and closes its connection.
async fn answer(mut stream: TcpStream) {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 1\r\n\r\n";
    stream.write_all(format!("{head}1").as_bytes()).await.unwrap();
}

async fn ended(program: Served) -> (Option<i32>, String) {
    let waited = tokio::task::spawn_blocking(|| program.wait());
    let (status, _, log) = timeout(LONG, waited).await.expect("the program hangs").unwrap();
    (status.code(), log)
}

#[tokio::test]
async fn a_task_ends_before_its_program() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut command = ordering("serve", &upstream);
    command.args(["--port", "shop-rest=0", "--port", "shop-mcp=0"]);
    let program = Served::start(command, 2);
    let url = program.url("shop-mcp").to_owned();
    let task = ask(&url, "tools/call", json!({ "name": "order-two", "arguments": {} })).await;
    assert_eq!(task["resultType"], "task", "{task}");
    let first = accept_request(&upstream).await;
    program.signal("TERM");
    let address = url.strip_prefix("http://").unwrap().trim_end_matches("/mcp");
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    answer(first).await;
    answer(accept_request(&upstream).await).await;
    let (code, log) = ended(program).await;
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("cut off"), "{log}");
}

/// The store is in memory, so no other replica can deliver the caller's answer.
#[tokio::test]
async fn a_task_that_waits_for_its_caller_does_not_keep_the_program_running() {
    assert_ends_despite_waiting_task(|_| {}).await;
}

#[tokio::test]
async fn an_explicit_store_in_memory_does_not_keep_the_program_running() {
    assert_ends_despite_waiting_task(|command| _ = command.env("ORDERING_MEMORY", "1")).await;
}

async fn assert_ends_despite_waiting_task(set: impl FnOnce(&mut Command)) {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut command = ordering("serve", &upstream);
    command.args(["--port", "shop-rest=0", "--port", "shop-mcp=0"]);
    set(&mut command);
    let program = Served::start(command, 2);
    let url = program.url("shop-mcp").to_owned();
    let task = ask(&url, "tools/call", json!({ "name": "order-chosen", "arguments": {} })).await;
    let get = json!({ "taskId": task["taskId"] });
    while ask(&url, "tasks/get", get.clone()).await["status"] != "input_required" {}
    program.signal("TERM");
    let (code, log) = ended(program).await;
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("cut off"), "{log}");
}

/// A stream of notifications has no end, and no client can answer a question of a program that no longer accepts
/// connections.
#[tokio::test]
async fn streams_and_questions_do_not_keep_the_program_running() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut command = ordering("serve", &upstream);
    command.args(["--port", "shop-rest=0", "--port", "shop-mcp=0"]);
    let program = Served::start(command, 2);
    let url = program.url("shop-mcp").to_owned();
    let accept = ("accept", "application/json, text/event-stream");
    let post = |method: &str, params: Value| {
        let message = json!({ "jsonrpc": "2.0", "id": method, "method": method, "params": params });
        Client::new().post(&url).header(accept.0, accept.1).json(&message)
    };
    let client = json!({ "name": "t", "version": "1" });
    let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": { "elicitation": {} }, "clientInfo": client });
    let hello = post("initialize", hello).send().await.unwrap();
    let id = hello.headers()["mcp-session-id"].clone();
    let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    Client::new()
        .post(&url)
        .header(accept.0, accept.1)
        .header("mcp-session-id", &id)
        .json(&ready)
        .send()
        .await
        .unwrap();
    let notified = Client::new().get(&url).header("accept", "text/event-stream").header("mcp-session-id", &id);
    let notified = notified.send().await.unwrap();
    let call = post("tools/call", json!({ "name": "order-chosen" })).header("mcp-session-id", &id);
    let (mut asked, mut question) = (call.send().await.unwrap(), String::new());
    while !question.contains("elicitation/create") {
        question.push_str(&String::from_utf8_lossy(&asked.chunk().await.unwrap().unwrap()));
    }
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
    });
    let wanted = json!({ "notifications": { "toolsListChanged": true }, "_meta": meta });
    let listens = post("subscriptions/listen", wanted).header("mcp-protocol-version", "2026-07-28");
    let mut listens = listens.header("mcp-method", "subscriptions/listen").send().await.unwrap();
    // The acknowledgement.
    listens.chunk().await.unwrap().unwrap();
    assert_eq!((notified.status().as_u16(), listens.status().as_u16()), (200, 200));
    program.signal("TERM");
    let (code, log) = ended(program).await;
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("cut off"), "{log}");
}

#[tokio::test]
async fn tasks_that_run_at_the_time_limit_are_cut_off_and_counted() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut command = ordering("serve", &upstream);
    command.args(["--port", "shop-rest=0", "--port", "shop-mcp=0"]).env("ORDERING_LIMIT", "1");
    let program = Served::start(command, 2);
    ask(program.url("shop-mcp"), "tools/call", json!({ "name": "order-two", "arguments": {} })).await;
    let _never_answered = accept_request(&upstream).await;
    program.signal("TERM");
    let (code, log) = ended(program).await;
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("were cut off at the time limit") && log.contains("tasks=1"), "{log}");
}

/// Starts the command `mcp`, and returns it after its handshake and the beginning of a task.
fn begun(upstream: &TcpListener) -> Child {
    let mut program = ordering("mcp", upstream);
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let hello =
        json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
    let call = json!({ "name": "order-two", "arguments": {}, "task": {} });
    for (method, params) in [("initialize", hello), ("tools/call", call)] {
        writeln!(stdin, "{}", json!({ "jsonrpc": "2.0", "id": method, "method": method, "params": params })).unwrap();
        loop {
            let mut line = String::new();
            assert_ne!(stdout.read_line(&mut line).unwrap(), 0, "the program has ended");
            let message: Value = serde_json::from_str(&line).unwrap();
            if message["id"] == method {
                assert!(message["result"].is_object(), "{message}");
                break;
            }
        }
        if method == "initialize" {
            writeln!(stdin, "{}", json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).unwrap();
        }
    }
    child.stdin = Some(stdin);
    // Reads the rest of the output, so that the program does not block.
    std::thread::spawn(move || stdout.read_to_end(&mut Vec::new()));
    child
}

#[tokio::test]
async fn the_command_mcp_waits_for_its_tasks() {
    for by_signal in [false, true] {
        let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut child = begun(&upstream);
        let first = accept_request(&upstream).await;
        let stdin = child.stdin.take();
        if by_signal {
            assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
        } else {
            drop(stdin);
        }
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let log = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            while !line.contains(WAITING) {
                line.clear();
                assert_ne!(log.read_line(&mut line).unwrap(), 0, "the program does not wait for its task");
            }
            log
        });
        let mut log = log.await.unwrap();
        answer(first).await;
        answer(accept_request(&upstream).await).await;
        let ended = tokio::task::spawn_blocking(move || {
            let mut rest = String::new();
            log.read_to_string(&mut rest).unwrap();
            (child.wait().unwrap().code(), rest)
        });
        let (code, rest) = timeout(LONG, ended).await.expect("the program hangs").unwrap();
        assert!(code == Some(0) && !rest.contains("cut off"), "{code:?} {rest}");
    }
}
