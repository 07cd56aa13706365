//! `mcp` and other commands as processes with pipes.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, unreachable_pub, dead_code, reason = "tests")]

mod common;

use common::tokens;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

fn start() -> Child {
    let mut command = tokens();
    // Regardless of the log level, stdout contains only the protocol.
    command.args(["mcp", "--demo"]).env("RUST_LOG", "trace");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

fn initialize() -> Value {
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
    } })
}

#[test]
fn mcp_speaks_over_stdin_and_stdout() {
    let mut child = start();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut ask = |message: Value| {
        writeln!(stdin, "{message}").unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        serde_json::from_str::<Value>(&line).unwrap()
    };
    assert_eq!(ask(initialize())["result"]["serverInfo"]["name"], "naftiko-program-tests");
    let tools = ask(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }));
    assert_eq!(tools["result"]["tools"].as_array().unwrap().len(), 3);
    let call = json!({ "name": "list-tokens", "arguments": { "userId": "u-1", "limit": 1 } });
    let answer = ask(json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call }));
    assert_eq!(answer["result"]["structuredContent"]["result"][0]["id"], "ci", "{answer}");
    // When the client closes its pipe, the server ends without further output.
    drop(stdin);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_signal_stops_mcp_while_it_waits_for_input() {
    let mut child = start();
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "{}", initialize()).unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_body_comes_from_stdin() {
    let mut command = tokens();
    command.args(["call", "create_token", "--demo", "-a", "userId=u", "-a", "body=@-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(br#"{"id":"piped"}"#).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), json!({ "id": "piped" }));
}

#[test]
fn a_closed_pipe_does_not_panic() {
    for command in ["document", "openapi", "tools"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut child = tokens();
        let child = child.arg(command).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{command}");
    }
}

#[test]
fn a_refused_request_is_logged_at_debug_level_in_our_words() {
    for (level, wanted) in [("warn", ""), ("debug", "refused: unknown method `prompts/get`")] {
        let mut command = tokens();
        command.args(["mcp", "--demo"]).env("RUST_LOG", level);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let get = json!({ "jsonrpc": "2.0", "id": 1, "method": "prompts/get", "params": { "name": "nobody" } });
        for message in [initialize(), get] {
            writeln!(stdin, "{message}").unwrap();
            stdout.read_line(&mut String::new()).unwrap();
        }
        drop(stdin);
        let mut log = String::new();
        child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        child.wait().unwrap();
        assert!(!log.contains("ErrorData") && !log.contains("response error"), "{log}");
        assert!(if wanted.is_empty() { log.is_empty() } else { log.contains(wanted) }, "{level}: {log}");
    }
}
