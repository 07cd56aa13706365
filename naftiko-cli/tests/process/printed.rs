//! Output and logs contain no credentials, no forged lines, and no terminal control characters.

use crate::common::{Folder, NOTES, notes};
use axum::Router;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

const HOSTILE: &str = "x\u{1b}[2J\u{202e}y\n2026-01-01T00:00:00Z ERROR fake";

/// The same text in double-quoted YAML.
const QUOTED: &str = r"x\e[2J\u202ey\n2026-01-01T00:00:00Z ERROR fake";

fn assert_harmless(text: &str, what: &str) {
    let forged = text.lines().any(|line| line.starts_with("2026-01-01T00:00:00Z ERROR fake"));
    assert!(!forged && !text.contains(['\u{1b}', '\u{202e}']), "{what}: {text:?}");
}

/// Starts an upstream that always gives this answer.
async fn upstream(status: u16, body: &'static str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let status = axum::http::StatusCode::from_u16(status).unwrap();
    let router = Router::new().fallback(move || async move { (status, [("content-type", "application/json")], body) });
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

/// Returns [`NOTES`] with a tool that accepts the caller's own credential.
fn with_authorization() -> String {
    let inputs = "        - name: id\n          in: path\n          type: string\n  exposes:";
    let more = "        - name: id\n          in: path\n          type: string\n        - name: Authorization\n          in: header\n          type: string\n  exposes:";
    notes(inputs, more)
        .replace("        id: tools.id\n", "        id: tools.id\n        Authorization: tools.Authorization\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_level_shows_a_credential() {
    let folder = Folder::with(&[("notes.yaml", &with_authorization())]);
    let upstream = format!("notes={}", upstream(200, r#"{"ok":true}"#).await);
    for level in ["debug", "info", "trace", "rmcp=trace", "rmcp::service=trace,warn"] {
        let mut command = folder.command(&["mcp", "notes.yaml", "--upstream", &upstream]);
        command.env("NOTES_TOKEN", "own-SECRET").env("RUST_LOG", level);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut log = String::new();
            stderr.read_to_string(&mut log).unwrap();
            log
        });
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut ask = |message: Value| {
            writeln!(stdin, "{message}").unwrap();
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            line
        };
        ask(json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
        } }));
        for (method, params) in [
            ("notifications/initialized", json!({})),
            ("notifications/cancelled", json!({ "requestId": 9, "reason": "their-SECRET" })),
            ("notifications/progress", json!({ "progressToken": "their-SECRET", "progress": 1 })),
            ("notifications/other", json!({ "Authorization": "their-SECRET" })),
        ] {
            writeln!(stdin, "{}", json!({ "jsonrpc": "2.0", "method": method, "params": params })).unwrap();
        }
        let mut ask = |message: Value| {
            writeln!(stdin, "{message}").unwrap();
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            line
        };
        let arguments = json!({ "id": "7", "Authorization": "Bearer their-SECRET" });
        let call = json!({ "name": "delete-note", "arguments": arguments });
        let answer = ask(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call }));
        assert!(answer.contains(r#""isError":false"#), "{answer}");
        drop(stdin);
        child.wait().unwrap();
        let log = log.join().unwrap();
        assert!(!log.contains("SECRET"), "{level}: {log}");
        assert!(!level.starts_with("debug") || log.contains("DEBUG"), "{level} logs nothing at DEBUG: {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_prints_control_characters() {
    let text = NOTES
        .replace("description: Removes one.", &format!("description: \"{QUOTED}\""))
        .replace("label: Notes", &format!("label: \"{QUOTED}\""))
        .replace("tags: [notes]", &format!("tags: [notes]\n  \"{QUOTED}\": 1"));
    let folder = Folder::with(&[("notes.yaml", &text), ("broken.yaml", &format!("{text}\n? {HOSTILE}"))]);
    for arguments in [
        &["tools", "notes.yaml"][..],
        &["check", "notes.yaml"],
        &["check", "broken.yaml"],
        &["serve", "broken.yaml"],
        &["call", "notes.yaml", HOSTILE],
        &["call", "notes.yaml", "get-note", "-a", &format!("{HOSTILE}=1")],
        &["check", HOSTILE],
        &["explain", HOSTILE],
        &[HOSTILE],
        &["serve", "notes.yaml", "--port", &format!("{HOSTILE}=1")],
        &["serve", "notes.yaml", &format!("--port={HOSTILE}=1")],
        &["check", "notes.yaml", &format!("--format={HOSTILE}")],
        &["check", "notes.yaml", &format!("--{HOSTILE}=1")],
        &["call", "notes.yaml", "get-note", &format!("-a{HOSTILE}")],
    ] {
        let (_, out, err) = folder.run(arguments);
        assert!(format!("{out}{err}").contains(r"x\u{1b}[2J"), "{arguments:?} hides the text: {out}{err}");
        assert_harmless(&out, &format!("{arguments:?}"));
        assert_harmless(&err, &format!("{arguments:?}"));
    }
}

#[test]
fn reports_and_exports_have_the_same_values_without_control_characters() {
    const SHOWN: &str = "x\u{1b}[2J\u{202e}y\u{9b}2J\u{2028}\u{2066}\u{200f}\u{e0041}'z";
    const WRITTEN: &str = r"x\e[2J\u202ey\x9b2J\u2028\u2066\u200f\U000e0041'z";
    let text = NOTES
        .replace("description: Removes one.", &format!("description: \"{WRITTEN}\\nsecond line {WRITTEN}\""))
        .replace("label: Notes", &format!("label: \"{WRITTEN}\""))
        .replace("tags: [notes]", &format!("tags: [\"{WRITTEN}\"]\n  \"{WRITTEN}\": 1"));
    let folder = Folder::with(&[("notes.yaml", &text)]);
    let run = |arguments: &[&str]| {
        let (_, out, err) = folder.run(arguments);
        let raw = |c: char| c != '\n' && (c.is_control() || SHOWN.contains(c) && !c.is_ascii());
        assert!(!out.contains(raw), "{arguments:?}: {out:?}");
        assert!(!out.is_empty(), "{arguments:?}: {err}");
        out
    };
    let json: Value = serde_json::from_str(&run(&["check", "notes.yaml", "--format", "json"])).unwrap();
    assert_eq!(json["files"][0]["findings"][0]["at"], format!("/info/{SHOWN}"));
    let sarif: Value = serde_json::from_str(&run(&["check", "notes.yaml", "--format", "sarif"])).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 1, "{sarif:#}");
    let openapi: Value = serde_json::from_str(&run(&["export", "notes.yaml", "--to", "openapi"])).unwrap();
    assert_eq!(openapi["info"]["title"], SHOWN);
    let yaml: Value = serde_saphyr::from_str(&run(&["export", "notes.yaml", "--to", "naftiko"])).unwrap();
    assert_eq!((&yaml["info"]["label"], &yaml["info"]["tags"]), (&json!(SHOWN), &json!([SHOWN])));
    let tool = &yaml["capability"]["exposes"][1]["tools"];
    let described = |tool: &Value| tool["description"] == format!("{SHOWN}\nsecond line {SHOWN}");
    assert!(tool.as_array().unwrap().iter().any(described), "{tool:#}");
    let markdown = folder.run(&["export", "notes.yaml", "--to", "skill"]).1;
    assert!(!markdown.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{2028}', '\u{2066}']), "{markdown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_prints_its_error_once_and_no_control_characters() {
    let folder = Folder::with(&[("notes.yaml", NOTES)]);
    for (status, body) in [(500, "{}"), (404, "{\"e\":\"x\u{9b}2J\u{202e}y\"}"), (401, "{}")] {
        let upstream = format!("notes={}", upstream(status, body).await);
        let mut command = folder.command(&["call", "notes.yaml", "get-note", "-a", "id=1", "--upstream", &upstream]);
        let output = command.env("NOTES_TOKEN", "t-1").output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{status}");
        assert_eq!(err.matches("`notes`").count(), 1, "{status}: {err}");
        assert!(!err.contains(['\u{9b}', '\u{202e}']), "{err:?}");
    }
    // An answer is printed as the same JSON, with the control characters escaped.
    let upstream = format!("notes={}", upstream(200, "{\"e\":\"x\u{9b}2J\u{202e}y\"}").await);
    let mut command = folder.command(&["call", "notes.yaml", "get-note", "-a", "id=1", "--upstream", &upstream]);
    let out = String::from_utf8(command.env("NOTES_TOKEN", "t-1").output().unwrap().stdout).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), json!({ "e": "x\u{9b}2J\u{202e}y" }));
    assert!(!out.contains(['\u{9b}', '\u{202e}']), "{out:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_prints_a_file_unchanged() {
    let notes = notes("        method: GET\n", "        method: GET\n        outputRawFormat: binary\n");
    let folder = Folder::with(&[("notes.yaml", &notes)]);
    let upstream = format!("notes={}", upstream(200, "a\r\n\u{1}b").await);
    let mut command = folder.command(&["call", "notes.yaml", "get-note", "-a", "id=1", "--upstream", &upstream]);
    let output = command.env("NOTES_TOKEN", "t-1").output().unwrap();
    assert_eq!(output.stdout, b"a\r\n\x01b", "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_prints_the_items_of_a_stream_line_by_line() {
    let notes = notes("        method: GET\n", "        method: GET\n        outputRawFormat: stream\n");
    let folder = Folder::with(&[("notes.yaml", &notes)]);
    let upstream = format!("notes={}", upstream(200, "{\"e\":\"x\u{9b}2J\"}\n{\"e\":2}\noops\n").await);
    let mut command = folder.command(&["call", "notes.yaml", "get-note", "-a", "id=1", "--upstream", &upstream]);
    let output = command.env("NOTES_TOKEN", "t-1").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "{\"e\":\"x\\u009b2J\"}\n{\"e\":2}\n");
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && err.contains("sent an unexpected item (number 3)"), "{err}");
}
