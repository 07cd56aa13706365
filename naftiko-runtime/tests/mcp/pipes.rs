//! Tests of the server over two pipes, as over standard input and output.

use crate::protocol::REMOVED;
use crate::support::{Fake, LEGACY, MODERN, capability, text};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) struct Pipes {
    output: Lines<BufReader<ReadHalf<DuplexStream>>>,
    input: WriteHalf<DuplexStream>,
    server: JoinHandle<naftiko_runtime::Result<()>>,
    stop: Option<watch::Sender<bool>>,
}

pub(crate) fn open(fake: &Arc<Fake>) -> Pipes {
    let (stop, stopped) = watch::channel(false);
    let mut pipes = open_until(fake, stopped);
    pipes.stop = Some(stop);
    pipes
}

/// Opens pipes to a server that runs until `stop`.
fn open_until(fake: &Arc<Fake>, stop: watch::Receiver<bool>) -> Pipes {
    let (here, there) = tokio::io::duplex(64 * 1024);
    let service = capability(fake).mcp_service();
    let (input, output) = tokio::io::split(there);
    let server = tokio::spawn(async move { service.serve_pipes_until(input, output, stop).await });
    let (output, input) = tokio::io::split(here);
    Pipes { output: BufReader::new(output).lines(), input, server, stop: None }
}

impl Pipes {
    pub(crate) async fn say(&mut self, line: &str) {
        self.send(line.as_bytes()).await;
    }

    async fn send(&mut self, line: &[u8]) {
        self.input.write_all(line).await.unwrap();
        self.input.write_all(b"\n").await.unwrap();
    }

    pub(crate) async fn hear(&mut self) -> Value {
        serde_json::from_str(&self.line().await).unwrap()
    }

    async fn line(&mut self) -> String {
        self.output.next_line().await.unwrap().unwrap()
    }

    pub(crate) async fn ask(&mut self, id: i64, method: &str, params: Value) -> Value {
        self.say(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()).await;
        let answer = self.hear().await;
        assert_eq!(answer["id"], id, "{answer}");
        answer
    }

    pub(crate) async fn initialize(&mut self) -> Value {
        let client = json!({ "name": "test", "version": "1" });
        let params = json!({ "protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client });
        let answer = self.ask(0, "initialize", params).await;
        self.say(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
        answer
    }

    pub(crate) async fn close(mut self) -> naftiko_runtime::Result<()> {
        self.input.shutdown().await.unwrap();
        self.server.await.unwrap()
    }
}

#[tokio::test]
async fn a_session_works_from_handshake_to_end() {
    let mut pipes = open(&Arc::default());
    assert_eq!(pipes.initialize().await["result"]["serverInfo"]["name"], "humanitec-mcp");
    let list = pipes.ask(1, "tools/list", json!({})).await;
    assert_eq!(list["result"]["tools"].as_array().unwrap().len(), 11);
    let params = json!({ "name": "list-tokens", "arguments": { "userId": "u" } });
    let result = pipes.ask(2, "tools/call", params).await["result"].take();
    assert_eq!(result["structuredContent"], json!({ "result": [{ "id": "u-0" }] }));
    assert_eq!(text(&result), r#"{"result":[{"id":"u-0"}]}"#);
    let missing = pipes.ask(3, "tools/call", json!({ "name": "list-tokens" })).await;
    assert_eq!(missing["result"]["isError"], true);
    let unknown = pipes.ask(4, "tools/call", json!({ "name": "lst-tokens" })).await;
    assert_eq!(unknown["error"]["code"], -32602);
    pipes.close().await.unwrap();
}

#[tokio::test]
async fn the_newest_revision_needs_no_handshake() {
    let mut pipes = open(&Arc::default());
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {},
    });
    let info = pipes.ask(1, "server/discover", json!({ "_meta": meta })).await;
    assert_eq!(info["result"]["resultType"], "complete", "{info}");
    let result = pipes.ask(2, "tools/call", json!({ "name": "raw-tokens", "_meta": meta })).await;
    assert_eq!(result["result"]["isError"], false, "{result}");
    pipes.close().await.unwrap();
}

#[tokio::test]
async fn a_removed_method_is_refused_with_advice() {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {},
    });
    for (method, advice) in REMOVED.into_iter().filter(|(method, _)| *method != "initialize") {
        let mut pipes = open(&Arc::default());
        let params = json!({ "_meta": meta, "uri": "a://b", "level": "info", "taskId": "t" });
        pipes.ask(1, "server/discover", json!({ "_meta": meta })).await;
        let answer = pipes.ask(2, method, params).await;
        let error = &answer["error"];
        assert_eq!(error["code"], -32601, "{method}: {answer}");
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with(&format!("`{method}` is not a method of 2026-07-28: ")), "{message}");
        assert!(message.contains(advice), "{message}");
        pipes.close().await.unwrap();
    }
}

#[tokio::test]
async fn only_clients_of_older_revisions_may_ping() {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {},
    });
    let mut pipes = open(&Arc::default());
    assert_eq!(pipes.ask(1, "ping", json!({})).await["result"], json!({}));
    assert_eq!(pipes.ask(2, "ping", json!({ "_meta": meta })).await["error"]["code"], -32601);
    pipes.ask(3, "server/discover", json!({ "_meta": meta })).await;
    // The connection keeps its revision, even if a request does not name one.
    let refused = pipes.ask(4, "ping", json!({})).await;
    assert_eq!(refused["error"]["code"], -32601, "{refused}");
    assert!(refused["error"]["message"].as_str().unwrap().contains("any answer shows"), "{refused}");
    pipes.ask(5, "tools/list", json!({ "_meta": meta })).await;
    assert_eq!(pipes.ask(6, "ping", json!({ "_meta": meta })).await["error"], refused["error"]);
    pipes.close().await.unwrap();
    // A client that also supports older revisions may go on with the handshake.
    let mut pipes = open(&Arc::default());
    pipes.ask(1, "server/discover", json!({ "_meta": meta })).await;
    pipes.initialize().await;
    assert_eq!(pipes.ask(2, "ping", json!({})).await["result"], json!({}));
    pipes.close().await.unwrap();
}

#[tokio::test]
async fn a_request_with_the_id_of_a_cancelled_one_gets_its_own_answer() {
    let fake = Arc::new(Fake::default());
    let mut pipes = open(&fake);
    pipes.initialize().await;
    let cancelled = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":6}}"#;
    let hangs = r#"{"jsonrpc":"2.0","id":6,"method":"tools/call","params":{"name":"hangs"}}"#;
    let list = r#"{"jsonrpc":"2.0","id":6,"method":"tools/list"}"#;
    pipes.say(hangs).await;
    for _ in 0..3 {
        fake.begun.notified().await;
        // The server reads both messages at once, before the cancelled call has ended.
        pipes.say(&format!("{cancelled}\n{hangs}")).await;
        fake.dropped.notified().await;
    }
    fake.begun.notified().await;
    pipes.say(&format!("{cancelled}\n{list}")).await;
    let answer = pipes.hear().await;
    assert_eq!(answer["id"], 6, "{answer}");
    assert!(answer["result"]["tools"].is_array(), "{answer}");
    assert_eq!(pipes.ask(6, "ping", json!({})).await["result"], json!({}));
    pipes.close().await.unwrap();
}

#[tokio::test]
async fn a_request_whose_id_is_in_use_is_refused_and_the_earlier_one_is_answered() {
    let fake = Arc::new(Fake::default());
    let mut pipes = open(&fake);
    pipes.initialize().await;
    pipes.say(r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"meets"}}"#).await;
    fake.gate.arrival(1).await;
    for second in [r#"{"name":"meets"}"#, r#"{"name":"raw-tokens"}"#] {
        pipes.say(&format!(r#"{{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{second}}}"#)).await;
        let refused = pipes.hear().await;
        assert_eq!((&refused["id"], &refused["error"]["code"]), (&json!(5), &json!(-32600)), "{refused}");
        assert!(refused["error"]["message"].as_str().unwrap().contains("is in use"), "{refused}");
    }
    // A string is not the same ID as a number.
    pipes.say(r#"{"jsonrpc":"2.0","id":"5","method":"tools/call","params":{"name":"raw-tokens"}}"#).await;
    assert_eq!(pipes.hear().await["id"], "5");
    fake.gate.open.add_permits(1);
    let first = pipes.hear().await;
    assert_eq!((&first["id"], &first["result"]["isError"]), (&json!(5), &json!(false)), "{first}");
    // Now the ID is free, and so is the ID of a cancelled request.
    pipes.ask(5, "tools/list", json!({})).await;
    pipes.say(r#"{"jsonrpc":"2.0","id":6,"method":"tools/call","params":{"name":"hangs"}}"#).await;
    fake.begun.notified().await;
    pipes.say(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":6}}"#).await;
    fake.dropped.notified().await;
    let answer = pipes.ask(6, "tools/list", json!({})).await;
    assert!(answer["result"]["tools"].is_array(), "{answer}");
    pipes.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_has_its_answer_may_use_the_id_again() {
    let mut pipes = open(&Arc::default());
    pipes.initialize().await;
    for _ in 0..500 {
        let answer = pipes.ask(5, "tools/call", json!({ "name": "raw-tokens" })).await;
        assert_eq!(answer["result"]["isError"], false, "{answer}");
    }
    pipes.close().await.unwrap();
}

#[tokio::test]
async fn a_panicking_or_cancelled_call_affects_no_other() {
    let fake = Arc::new(Fake::default());
    let mut pipes = open(&fake);
    pipes.initialize().await;
    let panicked = pipes.ask(1, "tools/call", json!({ "name": "panics" })).await;
    assert_eq!(panicked["result"]["isError"], true, "{panicked}");
    pipes.say(r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"hangs"}}"#).await;
    fake.begun.notified().await;
    pipes.say(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}"#).await;
    fake.dropped.notified().await;
    let result = pipes.ask(3, "tools/call", json!({ "name": "raw-tokens" })).await;
    assert_eq!(result["result"]["isError"], false, "{result}");
    pipes.close().await.unwrap();
}

#[tokio::test]
async fn a_message_can_have_as_many_bytes_as_the_limit() {
    let fake = Arc::default();
    let limit = capability(&fake).limits().body;
    let mut pipes = open(&fake);
    pipes.initialize().await;
    let list = r#"{"jsonrpc":"2.0","id":7,"method":"tools/list"}"#;
    for (length, code) in [(limit, Value::Null), (limit + 1, json!(-32600)), (limit, Value::Null)] {
        pipes.say(&format!("{list}{}", " ".repeat(length - list.len()))).await;
        let answer = pipes.hear().await;
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(7), &code));
    }
    pipes.close().await.unwrap();
}

#[tokio::test]
async fn every_line_that_is_not_a_message_is_answered_with_an_error() {
    let fake = Arc::default();
    let longest = capability(&fake).limits().body;
    let mut pipes = open(&fake);
    pipes.initialize().await;
    let call = |name: &str, argument: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{{"name":"{name}","arguments":{{"a":{argument}}}}}}}"#
        )
    };
    let cut = call("raw-tokens", "1");
    let list = r#"{"jsonrpc":"2.0","id":7,"method":"tools/list"}"#;
    for (line, code, id) in [
        ("{".as_bytes().to_vec(), -32700, Value::Null),
        ("<html>".into(), -32700, Value::Null),
        ("\u{feff}".into(), -32700, Value::Null),
        (format!("\u{feff}{list}").into(), -32700, 7.into()),
        ("[".repeat(9999).into(), -32700, Value::Null),
        (cut[..cut.len() - 9].into(), -32700, 7.into()),
        (cut[..cut.find("tools").unwrap()].into(), -32700, 7.into()),
        (cut[..20].into(), -32700, Value::Null),
        (format!("{list} {list}").into(), -32700, 7.into()),
        (call("raw-tokens", "1e999").into(), -32700, 7.into()),
        (call("raw-tokens", r#""\ud800""#).into(), -32700, 7.into()),
        (call("raw-tokens", &format!("{}{}", "[".repeat(500), "]".repeat(500))).into(), -32700, 7.into()),
        (call("raw-tokens", "\"\u{1}\"").into(), -32700, 7.into()),
        (b"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"\xff\"}".into(), -32700, 7.into()),
        (b"\xff\xfe{".into(), -32700, Value::Null),
        (call("raw-tokens", &format!("\"{}\"", "x".repeat(longest))).into(), -32600, 7.into()),
        ("x".repeat(longest + 1).into(), -32600, Value::Null),
        ("[]".into(), -32600, Value::Null),
        (format!("[{list}]").into(), -32600, Value::Null),
        ("7".into(), -32600, Value::Null),
        (r#"{"jsonrpc":"2.0","id":{},"method":"tools/list"}"#.into(), -32600, Value::Null),
        (r#"{"jsonrpc":"2.0","id":7,"id":8,"method":"tools/list"}"#.into(), -32600, 7.into()),
        (r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":5}}"#.into(), -32602, 7.into()),
    ] {
        pipes.send(&line).await;
        let shown = String::from_utf8_lossy(&line[..line.len().min(120)]).into_owned();
        let answer = pipes.hear().await;
        assert_eq!((&answer["error"]["code"], answer.get("id")), (&json!(code), Some(&id)), "{shown}: {answer}");
        // The next line is handled.
        assert!(pipes.ask(8, "tools/list", json!({})).await["result"].is_object(), "{shown}");
    }
    pipes.close().await.unwrap();
}

#[tokio::test]
async fn blank_lines_answers_and_notifications_are_not_answered() {
    let mut pipes = open(&Arc::default());
    pipes.initialize().await;
    // A server whose output is its own input must not answer itself forever.
    for line in [
        "",
        " \t\r",
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}"#,
        r#"{"jsonrpc":"2.0","id":4,"error":{"code":-32700,"message":"x"}}"#,
        r#"{"jsonrpc":"2.0","id":4,"result":{}}"#,
        r#"{"jsonrpc":"1.0","id":4,"result":{}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/unknown"}"#,
    ] {
        pipes.say(line).await;
        pipes.ask(8, "tools/list", json!({})).await;
    }
    pipes.close().await.unwrap();
}

#[tokio::test]
async fn the_last_line_may_have_no_line_break() {
    for (last, code) in [(r#"{"jsonrpc":"2.0","id":3,"method":"tools/ca"#, json!(-32700)), ("{", json!(-32700))] {
        let mut pipes = open(&Arc::default());
        pipes.initialize().await;
        pipes.input.write_all(last.as_bytes()).await.unwrap();
        pipes.input.shutdown().await.unwrap();
        assert_eq!(pipes.hear().await["error"]["code"], code);
        pipes.server.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_client_without_requests_is_not_a_failure() {
    open(&Arc::default()).close().await.unwrap();
    let mut pipes = open(&Arc::default());
    // Both messages refer to an earlier server process.
    pipes.say(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}"#).await;
    pipes.say(r#"{"jsonrpc":"2.0","id":7,"result":{}}"#).await;
    assert_eq!(pipes.initialize().await["result"]["protocolVersion"], LEGACY);
    pipes.close().await.unwrap();
}

#[tokio::test]
async fn an_invalid_notification_is_not_answered() {
    let mut pipes = open(&Arc::default());
    pipes.initialize().await;
    pipes.say(r#"{"jsonrpc":"2.0","method":"notifications/x","params":[1]}"#).await;
    assert_eq!(pipes.ask(1, "ping", json!({})).await["result"], json!({}));
    pipes.close().await.unwrap();
}

#[tokio::test]
async fn a_first_request_without_a_revision_is_refused_with_advice() {
    let mut pipes = open(&Arc::default());
    for (method, code, expected) in [
        ("tools/list", -32602, "expected `initialize` as the first request, or a request of 2026-07-28"),
        ("initialize", -32602, "invalid params for `initialize`: missing field"),
    ] {
        let answer = pipes.ask(1, method, json!({})).await;
        assert_eq!(answer["error"]["code"], code, "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().starts_with(expected), "{answer}");
    }
    pipes.initialize().await;
    assert!(pipes.ask(2, "tools/list", json!({})).await["result"]["tools"].is_array());
    pipes.close().await.unwrap();
}

#[tokio::test]
async fn a_client_that_names_the_revision_in_requests_cannot_initialize_later() {
    let mut pipes = open(&Arc::default());
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {},
    });
    pipes.ask(1, "tools/list", json!({ "_meta": meta })).await;
    let client = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client });
    let refused = pipes.ask(2, "initialize", params).await;
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("`initialize` is not a method of 2026-07-28"), "{refused}");
    assert!(pipes.ask(3, "tools/list", json!({ "_meta": meta })).await["result"]["tools"].is_array());
    pipes.close().await.unwrap();
}

#[tokio::test]
async fn a_server_that_stops_answers_the_calls_in_flight() {
    let fake = Arc::new(Fake::default());
    let mut pipes = open(&fake);
    pipes.initialize().await;
    pipes.say(r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"hangs"}}"#).await;
    fake.begun.notified().await;
    pipes.say(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}}"#).await;
    fake.dropped.notified().await;
    pipes.say(r#"{"jsonrpc":"2.0","id":6,"method":"tools/call","params":{"name":"meets"}}"#).await;
    fake.gate.arrival(1).await;
    pipes.stop.as_ref().unwrap().send_replace(true);
    fake.gate.open_for(1).await;
    assert_eq!(pipes.hear().await["id"], 6);
    // The server ends although its input is still open, and does not wait for the cancelled call.
    pipes.server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_server_that_stops_before_a_handshake_ends() {
    let pipes = open(&Arc::default());
    pipes.stop.as_ref().unwrap().send_replace(true);
    pipes.server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_line_that_cannot_be_read_may_come_before_the_handshake() {
    let mut pipes = open(&Arc::default());
    for line in ["{", r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"a":"\ud800"}}"#] {
        pipes.say(line).await;
        assert_eq!(pipes.hear().await["error"]["code"], -32700, "{line}");
    }
    pipes.initialize().await;
    pipes.close().await.unwrap();
}

#[tokio::test]
async fn structured_content_is_the_last_member_over_pipes() {
    let mut pipes = open(&Arc::default());
    pipes.initialize().await;
    for id in 0..3 {
        let params = json!({ "name": "list-tokens", "arguments": { "userId": "12345678901234567890123" } });
        pipes.say(&json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }).to_string()).await;
        let line = pipes.line().await;
        assert!(line.starts_with(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content""#)), "{line}");
        assert!(line.ends_with(r#""structuredContent":{"result":[{"id":"12345678901234567890123-0"}]}}}"#), "{line}");
    }
    pipes.close().await.unwrap();
}
