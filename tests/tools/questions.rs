//! Questions to users: clients show the members in the declared order.

use super::serve;
use naftiko::{Context, Result, capability};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// Where to send a parcel.
#[derive(Debug, Deserialize, JsonSchema)]
struct Address {
    street: String,
    city: Option<String>,
    country: String,
    area: Option<String>,
}

/// Sends parcels.
#[capability(exposes(mcp(port = 9090)))]
pub trait Parcels {
    /// Sends a parcel, and asks for the address.
    #[tool(task)]
    async fn send(&self, context: &Context) -> Result<String> {
        let address = context.ask::<Address>("Where to?").await?.accepted();
        Ok(address.map_or_else(String::new, |address| {
            format!("{}, {:?}, {}, {:?}", address.street, address.city, address.country, address.area)
        }))
    }

    /// Sends a parcel, and asks for the address once the task has begun.
    #[tool(task)]
    async fn collect(&self, context: &Context) -> Result<String> {
        tokio::task::yield_now().await;
        self.send(context).await
    }

    /// Asks for the address, too.
    #[prompt]
    async fn label(&self, context: &Context) -> Result<String> {
        self.send(context).await
    }
}

struct Post;

impl Parcels for Post {}

/// Checks that a message asks for the members in their declared order, and returns the message.
#[track_caller]
fn in_order(message: &str) -> Value {
    let (_, members) = message.split_once("\"requestedSchema\":").unwrap_or_else(|| panic!("{message}"));
    let (_, members) = members.split_once("\"properties\":{").unwrap();
    let at = ["street", "city", "country", "area"].map(|name| members.find(&format!("\"{name}\":{{")).unwrap());
    assert!(at.is_sorted(), "{message}");
    assert!(!message.contains("io.naftiko/"), "{message}");
    serde_json::from_str(message).unwrap()
}

/// Returns the unparsed answer to a request of the revision 2026-07-28.
pub(super) async fn modern(url: &str, method: &str, mut params: Value, capabilities: Value) -> String {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let request = reqwest::Client::new().post(url).json(&message).header("accept", "application/json");
    let request = request.header("mcp-protocol-version", "2026-07-28").header("mcp-method", method);
    let name = params["name"].as_str().or_else(|| params["taskId"].as_str()).unwrap();
    request.header("mcp-name", name).send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn a_question_in_an_answer_keeps_the_declared_order() {
    let url = serve(Post.into_capability()).await;
    for (method, name) in [("tools/call", "send"), ("prompts/get", "label")] {
        let answer = modern(&url, method, json!({ "name": name }), json!({ "elicitation": {} })).await;
        let question = in_order(&answer)["result"]["inputRequests"]["input-1"]["params"].take();
        assert_eq!((&question["message"], question.get("_meta")), (&json!("Where to?"), None), "{question}");
        assert_eq!(question["requestedSchema"]["required"], json!(["street", "country"]));
    }
}

#[tokio::test]
async fn the_question_of_a_task_keeps_the_declared_order() {
    let url = serve(Post.into_capability()).await;
    let capabilities = json!({ "elicitation": {}, "extensions": { "io.modelcontextprotocol/tasks": {} } });
    in_order(&modern(&url, "tools/call", json!({ "name": "send" }), capabilities.clone()).await);
    let started = modern(&url, "tools/call", json!({ "name": "collect" }), capabilities.clone()).await;
    let started: Value = serde_json::from_str(&started).unwrap();
    let task = started["result"]["taskId"].as_str().unwrap_or_else(|| panic!("{started}"));
    loop {
        let answer = modern(&url, "tasks/get", json!({ "taskId": task }), capabilities.clone()).await;
        if answer.contains("\"input_required\"") {
            in_order(&answer);
            break;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_question_in_a_request_keeps_the_declared_order() {
    let (ours, theirs) = tokio::io::duplex(4096);
    let (input, output) = tokio::io::split(theirs);
    let service = Post.into_capability().mcp_service();
    tokio::spawn(async move { service.serve_pipes(input, output).await });
    let (input, mut output) = tokio::io::split(ours);
    let mut lines = BufReader::new(input).lines();
    let client = json!({ "name": "t", "version": "1" });
    let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": { "elicitation": {} }, "clientInfo": client });
    let call = json!({ "name": "send", "arguments": {} });
    for message in [
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello }),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call }),
    ] {
        output.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }
    lines.next_line().await.unwrap();
    let question = in_order(&lines.next_line().await.unwrap().unwrap());
    let content = json!({ "street": "Main", "country": "x" });
    let reply = json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": "accept", "content": content } });
    output.write_all(format!("{reply}\n").as_bytes()).await.unwrap();
    let answer = lines.next_line().await.unwrap().unwrap();
    assert!(answer.contains("Main, None, x, None"), "{answer}");
}
