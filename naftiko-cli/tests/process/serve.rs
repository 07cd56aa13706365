//! `serve`, `tools`, `call` and `mcp` over sockets and pipes.

use crate::common::{Folder, NOTES, Served, notes};
use axum::Router;
use axum::extract::Request;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

/// Starts an upstream that answers with the method and path of the request, and whether it has a credential.
async fn upstream() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let echo = |request: Request| async move {
        let token = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
        let answer =
            json!({ "method": request.method().as_str(), "path": request.uri().path(), "known": token.is_some() });
        axum::Json(answer)
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(echo)).await.unwrap() });
    url
}

/// `OTEL_PROPAGATORS` applies to documents as it does to programs.
#[tokio::test(flavor = "multi_thread")]
async fn the_trace_of_a_caller_is_passed_on_unless_the_environment_says_otherwise() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = format!("notes=http://{}", listener.local_addr().unwrap());
    let echo = |request: Request| async move {
        let trace = request.headers().get("traceparent").map(|value| value.to_str().unwrap().to_owned());
        axum::Json(json!({ "trace": trace }))
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(echo)).await.unwrap() });
    let folder = Folder::with(&[("notes.yaml", NOTES)]);
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for (propagators, expected) in [("", Some(trace)), ("baggage,tracecontext", Some(trace)), ("none", None)] {
        let ports = ["--port", "notes-rest=0", "--port", "notes-mcp=0"];
        let mut command = folder.command(&[&["serve", "notes.yaml", "--upstream", &upstream], &ports[..]].concat());
        command.env("NOTES_TOKEN", "t-1").env("OTEL_PROPAGATORS", propagators);
        let served = Served::start(command, 2);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.get(format!("{}/notes/a", served.urls["notes-rest"])).header("traceparent", trace);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["trace"].as_str().map(|sent| &sent[..35]), expected.map(|sent| &sent[..35]), "{propagators}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_served_over_rest_and_mcp() {
    let folder = Folder::with(&[("notes.yaml", NOTES)]);
    let upstream = format!("notes={}/v2", upstream().await);
    let mut command = folder.command(&[
        "serve",
        "notes.yaml",
        "--upstream",
        &upstream,
        "--port",
        "notes-rest=0",
        "--port",
        "notes-mcp=0",
    ]);
    command.env("NOTES_TOKEN", "t-1");
    let served = Served::start(command, 2);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer: Value =
        client.get(format!("{}/notes/a%20b", served.urls["notes-rest"])).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer, json!({ "method": "GET", "path": "/v2/notes/a%20b", "known": true }));
    let call = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "delete-note", "arguments": { "id": "7" } },
    });
    let answer: Value = client
        .post(&served.urls["notes-mcp"])
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-06-18")
        .json(&call)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert!(answer["result"]["content"][0]["text"].as_str().unwrap().contains("DELETE"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_control_adapter_of_a_document_is_served() {
    let document = NOTES.replacen("  exposes:\n", "  exposes:\n  - {type: control, port: 9}\n", 1);
    let folder = Folder::with(&[("notes.yaml", &document)]);
    let ports = ["notes-rest=0", "notes-mcp=0", "control=0"].map(|port| ["--port", port]).concat();
    let mut command = folder.command(&[&["serve", "notes.yaml"], ports.as_slice()].concat());
    command.env("NOTES_TOKEN", "t-1");
    let served = Served::start(command, 3);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(format!("{}/metrics", served.urls["control"])).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert!(answer.text().await.unwrap().contains("# TYPE naftiko_operations_in_flight gauge\n"));
    let status = client.get(format!("{}/status", served.urls["control"])).send().await.unwrap();
    let status: Value = status.json().await.unwrap();
    assert_eq!(status["capabilities"][0]["upstreams"][0]["namespace"], "notes", "{status}");
}

#[test]
fn missing_variables_of_all_files_are_one_error() {
    let more = NOTES.replace("notes", "more").replace("NOTES_TOKEN", "MORE_TOKEN");
    let folder = Folder::with(&[("notes.yaml", NOTES), ("more.yaml", &more)]);
    let ports = ["notes-rest=0", "notes-mcp=0", "more-rest=0", "more-mcp=0"].map(|port| ["--port", port]);
    let arguments = [&["serve", "notes.yaml", "more.yaml"], ports.as_flattened()].concat();
    let (code, out, err) = folder.run(&arguments);
    assert_eq!((code, out.as_str()), (4, ""));
    assert!(err.contains("NOTES_TOKEN is not set") && err.contains("MORE_TOKEN is not set"), "{err}");
}

#[test]
fn adapters_with_the_same_port_are_named_in_the_error() {
    let other = NOTES.replace("label: Notes", "label: More");
    let folder = Folder::with(&[("notes.yaml", NOTES), ("more.yaml", &other)]);
    let (code, _, err) = folder.run(&["serve", "notes.yaml", "more.yaml"]);
    assert_eq!(code, 4);
    assert!(err.contains("`notes-rest` (notes.yaml) and `notes-rest` (more.yaml) have the same port 8080"), "{err}");
}

#[test]
fn a_capability_that_cannot_be_created_is_named_among_several() {
    let other = NOTES.replace("NOTES_TOKEN", "MORE_TOKEN").replace("label: Notes", "label: More");
    let other = other.replace("8080", "8081").replace("9090", "9091");
    let folder = Folder::with(&[("notes.yaml", NOTES), ("more.yaml", &other)]);
    let output = folder.command(&["serve", "notes.yaml", "more.yaml"]).env("NOTES_TOKEN", "t-1").output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{err}");
    assert!(err.contains("more.yaml: ") && !err.contains("notes.yaml: "), "{err}");
}

#[test]
fn a_document_that_cannot_be_served_as_written_is_refused() {
    for (old, new, why) in [
        ("call: notes.get-note", "call: notes.get-notes", "error[unresolved_call]"),
        ("type: bearer\n      token:", "type: oauth1\n      token:", "error[unsupported_authentication]"),
    ] {
        let folder = Folder::with(&[("notes.yaml", &notes(old, new))]);
        let (code, out, err) = folder.run(&["serve", "notes.yaml"]);
        assert_eq!((code, out.as_str()), (3, ""));
        assert!(err.contains(why), "{err}");
    }
}

#[test]
fn each_omission_and_repair_is_one_line() {
    let text = notes("  - type: mcp\n", "  - type: skill\n    namespace: notes-skill\n  - type: mcp\n");
    let text = text.replace("      type: bearer\n      token:", "      type: apikey\n      key: X-Key\n      value:");
    let folder = Folder::with(&[("notes.yaml", &text)]);
    let (code, out, err) = folder.run(&["call", "notes.yaml", "get-note", "-a", "id=a/b", "--dry-run"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("GET https://notes.dev/notes/a%2Fb\n"), "{out}");
    let lines: Vec<_> = err.lines().collect();
    assert_eq!(lines.len(), 2, "{err}");
    assert!(lines[0].starts_with("notes.yaml:17:7: warning[R07]: "), "{err}");
    assert!(lines[1].contains("warning[not_served]: the skill adapter `notes-skill` has no skills"), "{err}");
}

#[test]
fn tools_needs_no_variable() {
    let folder = Folder::with(&[("notes.yaml", NOTES)]);
    let (code, out, err) = folder.run(&["tools", "notes.yaml"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let line = out.lines().find(|line| line.starts_with("delete-note ")).unwrap();
    assert!(line.ends_with("  id: string (required)  Removes one."), "{out}");
}

/// A tool whose argument has another name than the API's parameter, and a folder of files.
const NAMES: &str = r#"
naftiko: "1.0.0-alpha2"
info: { label: Things, description: Finds things. }
capability:
  consumes:
    - type: http
      namespace: things
      baseUri: https://things.dev
      resources:
        - path: /things
          name: things
          operations: [{ name: find, method: GET, inputParameters: [{ name: $filter, in: query, type: string }] }]
  exposes:
    - type: mcp
      namespace: things-mcp
      tools: [{ name: find, description: Finds some., call: things.find }]
      resources: [{ name: guide, uri: "docs://guide", location: guide }]
"#;

#[test]
fn tools_and_call_know_the_names_of_a_tools_arguments() {
    let folder = Folder::with(&[("things.yaml", NAMES), ("guide/start.md", "Hello.")]);
    let (code, out, err) = folder.run(&["tools", "things.yaml"]);
    // `tools` serves nothing, so it does not warn that the folder is not served.
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("  filter: string ") && !out.contains('$'), "{out}");
    for argument in ["filter=a", "$filter=a"] {
        let (code, out, err) = folder.run(&["call", "things.yaml", "find", "-a", argument, "--dry-run"]);
        assert!(code == 0 && out.starts_with("GET https://things.dev/things?%24filter=a\n"), "{out}{err}");
    }
}

#[test]
fn mcp_speaks_over_pipes() {
    let folder = Folder::with(&[("notes.yaml", NOTES)]);
    let mut command = folder.command(&["mcp", "notes.yaml"]);
    command.env("NOTES_TOKEN", "t-1").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut ask = |request: Value| {
        writeln!(stdin, "{request}").unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        serde_json::from_str::<Value>(&line).unwrap()
    };
    let hello = ask(json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": { "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } },
    }));
    assert_eq!(hello["id"], 1);
    let tools = ask(json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" }));
    assert_eq!(tools["result"]["tools"][0]["name"], "delete-note");
    drop(stdin);
    assert!(child.wait().unwrap().success());
}
