//! `notifications/tasks/status` of the revision 2025-11-25, on the streams of sessions.

use super::messages::Messages;
use super::support::{Client, Jobs, Workshop};
use serde_json::{Value, json};

const BOTH: &str = "application/json, text/event-stream";
const STATUS: &str = "notifications/tasks/status";

impl Messages {
    /// Returns the next status of a task.
    async fn status(&mut self) -> Value {
        loop {
            let mut message = self.next().await.unwrap();
            if message["method"] == STATUS {
                return message["params"].take();
            }
        }
    }
}

/// A session of one caller.
struct Session {
    client: Client,
    id: String,
}

impl Session {
    async fn of(client: Client) -> Self {
        let hello = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": { "elicitation": {} },
            "clientInfo": { "name": "t", "version": "1" },
        });
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello });
        let begun = client.post(&message).header("accept", BOTH).send().await.unwrap();
        assert_eq!(begun.status(), 200);
        let session = Self { id: begun.headers()["mcp-session-id"].to_str().unwrap().to_owned(), client };
        drop(begun.text().await.unwrap());
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert!(session.post(&ready).await.status().is_success());
        session
    }

    async fn post(&self, message: &Value) -> reqwest::Response {
        let request = self.client.post(message).header("accept", BOTH);
        let request = request.header("mcp-session-id", &self.id).header("mcp-protocol-version", "2025-11-25");
        request.send().await.unwrap()
    }

    /// Opens the stream for messages of the server.
    async fn listen(&self) -> Messages {
        let request = self.client.as_caller(self.client.http.get(&self.client.url));
        let request = request.header("accept", "text/event-stream").header("mcp-session-id", &self.id);
        Messages::of(request.header("mcp-protocol-version", "2025-11-25").send().await.unwrap())
    }

    /// Starts a task, and returns its ID.
    async fn start(&self, tool: &str, arguments: Value) -> Value {
        let params = json!({ "name": tool, "arguments": arguments, "task": {} });
        let message = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params });
        let response = self.post(&message).await;
        if response.headers()["content-type"] == "application/json" {
            let mut answer: Value = response.json().await.unwrap();
            return answer["result"]["task"]["taskId"].take();
        }
        let mut messages = Messages::of(response);
        loop {
            let mut message = messages.next().await.unwrap();
            if message["id"] == 2 {
                return message["result"]["task"]["taskId"].take();
            }
        }
    }
}

#[tokio::test]
async fn a_session_is_notified_of_its_own_tasks_only() {
    let workshop = Workshop::default();
    let client = Client::of_service(Jobs::into_capability(workshop.clone()).mcp_service().with_sessions()).await;
    let (ada, eve) = (Session::of(client.clone()).await, Session::of(client.user("eve")).await);
    let (mut to_ada, mut to_eve) = (ada.listen().await, eve.listen().await);
    let id = ada.start("hold", json!({ "text": "it" })).await;
    let working = to_ada.status().await;
    assert_eq!((&working["taskId"], &working["status"]), (&id, &json!("working")), "{working}");
    assert_eq!(working["statusMessage"], "holding (1 of 2)", "{working}");
    workshop.gate.add_permits(1);
    let done = to_ada.status().await;
    assert_eq!((&done["taskId"], &done["status"]), (&id, &json!("completed")), "{done}");
    assert!(done["createdAt"].is_string() && done["lastUpdatedAt"].is_string() && done["ttl"].is_u64(), "{done}");
    // The first task that the other caller is notified of is its own.
    let own = eve.start("fail", json!({})).await;
    let heard = to_eve.status().await;
    assert_eq!((&heard["taskId"], &heard["status"]), (&own, &json!("failed")), "{heard}");
}

#[tokio::test]
async fn a_cancelled_task_is_announced() {
    let workshop = Workshop::default();
    let client = Client::of_service(Jobs::into_capability(workshop.clone()).mcp_service().with_sessions()).await;
    let ada = Session::of(client).await;
    let mut heard = ada.listen().await;
    let id = ada.start("hold", json!({ "text": "it" })).await;
    assert_eq!(heard.status().await["status"], "working");
    let cancel = json!({ "jsonrpc": "2.0", "id": 3, "method": "tasks/cancel", "params": { "taskId": id } });
    drop(ada.post(&cancel).await);
    let cancelled = heard.status().await;
    assert_eq!((&cancelled["taskId"], &cancelled["status"]), (&id, &json!("cancelled")), "{cancelled}");
}

#[tokio::test]
async fn a_session_declares_tasks() {
    let client = Client::of_service(Jobs::into_capability(Workshop::default()).mcp_service().with_sessions()).await;
    let params = json!({
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" },
    });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
    let begun = client.post(&message).header("accept", BOTH).send().await.unwrap();
    let begun = Messages::of(begun).next().await.unwrap();
    assert_eq!(begun["result"]["capabilities"]["tasks"]["requests"], json!({ "tools": { "call": {} } }), "{begun}");
    let list = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {} });
    let list = Messages::of(Session::of(client).await.post(&list).await).next().await.unwrap();
    let support = |name: &str| {
        let mut tools = list["result"]["tools"].as_array().unwrap().iter();
        tools.find(|tool| tool["name"] == name).map(|tool| tool["execution"]["taskSupport"].clone())
    };
    assert_eq!((support("compute"), support("hold")), (Some(json!("optional")), Some(json!("required"))), "{list}");
}
