//! Approval over pipes, for clients of MCP revisions with a handshake: the server sends them a request to ask their
//! user.

use super::support::{Books, Ledger, PAID, assert_refused, text, token};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf};

struct Pipes {
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    output: WriteHalf<DuplexStream>,
}

impl Pipes {
    async fn of(books: &Books, capabilities: Value) -> Self {
        let (ours, theirs) = tokio::io::duplex(4096);
        let (input, output) = tokio::io::split(theirs);
        let service = Ledger::into_capability(books.clone()).mcp_service();
        tokio::spawn(async move { service.serve_pipes(input, output).await });
        let (input, output) = tokio::io::split(ours);
        let mut pipes = Self { lines: BufReader::new(input).lines(), output };
        let params = json!({
            "protocolVersion": "2025-11-25", "capabilities": capabilities,
            "clientInfo": { "name": "t", "version": "1" },
        });
        pipes.send(json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params })).await;
        pipes.next().await;
        pipes.send(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        pipes
    }

    async fn send(&mut self, message: Value) {
        self.output.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    async fn next(&mut self) -> Value {
        serde_json::from_str(&self.lines.next_line().await.unwrap().unwrap()).unwrap()
    }

    async fn call(&mut self, name: &str, arguments: Value) {
        let params = json!({ "name": name, "arguments": arguments });
        self.send(json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params })).await;
    }
}

#[tokio::test]
async fn the_reply_of_the_user_decides() {
    let books = Books::default();
    let mut pipes = Pipes::of(&books, json!({ "elicitation": {} })).await;
    let mut before = 0;
    for (action, changes) in [("decline", 0), ("cancel", 0), ("accept", 1), ("accept", 2)] {
        pipes.call("pay", json!({ "invoice": "i-1", "amount": 5 })).await;
        let question = pipes.next().await;
        assert_eq!(question["method"], "elicitation/create", "{question}");
        assert_eq!(question["params"]["requestedSchema"], json!({ "type": "object", "properties": {} }));
        assert_eq!(books.changes(), before);
        pipes.send(json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": action } })).await;
        let result = pipes.next().await["result"].take();
        match action {
            "accept" => assert_eq!(text(&result), PAID),
            _ => assert_refused(&result, "the user"),
        }
        assert_eq!(books.changes(), changes);
        before = changes;
    }
}

#[tokio::test]
async fn a_call_that_is_cancelled_while_the_user_is_asked_does_not_run() {
    let books = Books::default();
    let mut pipes = Pipes::of(&books, json!({ "elicitation": {} })).await;
    pipes.call("pay", json!({ "invoice": "i-1", "amount": 5 })).await;
    let question = pipes.next().await;
    let cancelled = json!({ "requestId": 2, "reason": "no" });
    pipes.send(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancelled })).await;
    pipes.send(json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": "accept" } })).await;
    // The answer to the next call shows that both messages have been handled.
    let params = json!({ "name": "read", "arguments": { "id": 7 } });
    pipes.send(json!({ "jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": params })).await;
    while pipes.next().await["id"] != 3 {}
    assert_eq!(books.changes(), 0);
}

#[tokio::test]
async fn a_client_that_cannot_ask_gets_a_token() {
    let books = Books::default();
    let mut pipes = Pipes::of(&books, json!({})).await;
    pipes.call("pay", json!({ "invoice": "i-1", "amount": 5 })).await;
    let result = pipes.next().await["result"].take();
    assert_eq!(token(&result).len(), 43);
    assert_eq!(books.changes(), 0);
}
