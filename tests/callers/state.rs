//! State that outlives a request belongs to its caller: subscriptions, the answers to questions, sessions.

use crate::scopes::{READER, WRITER, identify};
use crate::support::{Reply, Served};
use axum::middleware;
use naftiko::{Context, McpService, Reply as Answer, Result, capability};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// Whether to continue.
#[derive(Debug, Deserialize, JsonSchema)]
struct Confirmed {
    /// Whether the person is sure.
    sure: bool,
}

/// Keeps plans.
#[capability(exposes(mcp(port = 9090)), allow(unchecked_scopes, reason = "the server of this test says who calls"))]
pub trait Plans {
    /// The open plans.
    #[resource(uri = "plans://open")]
    async fn open(&self) -> Result<String> {
        Ok("none".to_owned())
    }

    /// The secret plans.
    #[resource(uri = "plans://secret")]
    #[scope("notes:write")]
    async fn secret(&self) -> Result<String> {
        Ok("many".to_owned())
    }

    /// Changes all plans.
    #[tool]
    async fn change(&self, context: &Context) -> Result<String> {
        context.resource_changed("plans://secret");
        context.resource_changed("plans://open");
        Ok("changed".to_owned())
    }

    /// Deletes the plans of the caller, if it is sure.
    #[tool]
    async fn delete(&self, context: &Context) -> Result<String> {
        let Answer::Accepted(first) = context.ask::<Confirmed>("Delete?").await? else { return Ok("kept".to_owned()) };
        let second = context.ask::<Confirmed>("Really?").await?.accepted();
        Ok(format!("{} {}", first.sure, second.is_some_and(|second| second.sure)))
    }

    /// Asks for a plan.
    #[prompt]
    #[scope("notes:write")]
    async fn conspire(&self, topic: &str) -> Result<Vec<naftiko::PromptMessage>> {
        Ok(vec![naftiko::PromptMessage::user(format!("Conspire about {topic}."))])
    }
}

struct Memory;

impl Plans for Memory {}

async fn served(service: McpService) -> Served {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router: axum::Router = axum::Router::new();
    let router = router.route_service("/mcp", service).layer(middleware::from_fn(identify));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Served { url, http: reqwest::Client::new() }
}

/// Prepares a request of the revision 2026-07-28.
fn modern(
    served: &Served,
    method: &str,
    name: Option<&str>,
    mut params: Value,
    who: (&str, &str),
) -> reqwest::RequestBuilder {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": { "elicitation": {} },
    });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let request = served.http.post(format!("{}/mcp", served.url)).header("mcp-protocol-version", "2026-07-28");
    let request = request.header("mcp-method", method).header("accept", "application/json, text/event-stream");
    let request = name.into_iter().fold(request, |request, name| request.header("mcp-name", name));
    request.header(who.0, who.1).json(&message)
}

/// Reads a stream until it contains a text.
async fn until(stream: &mut reqwest::Response, text: &str) -> String {
    let mut read = String::new();
    let all = async {
        while !read.contains(text) {
            let Some(chunk) = stream.chunk().await.unwrap() else { break };
            read.push_str(&String::from_utf8_lossy(&chunk));
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(30), all).await;
    assert!(found.is_ok() && read.contains(text), "expected {text}, found {read}");
    read
}

#[tokio::test]
async fn a_caller_is_notified_only_of_changes_to_what_it_may_read() {
    let served = served(Memory.into_capability().mcp_service()).await;
    let wanted =
        json!({ "notifications": { "resourceSubscriptions": ["plans://secret", "plans://none", "plans://open"] } });
    for (who, all) in [(READER[0], false), (WRITER[0], true)] {
        let mut stream = modern(&served, "subscriptions/listen", None, wanted.clone(), who).send().await.unwrap();
        assert_eq!(stream.status(), 200);
        let mut received = until(&mut stream, "]").await;
        let accepted = if all { r#"["plans://secret","plans://open"]"# } else { r#"["plans://open"]"# };
        assert!(received.contains("subscriptions/acknowledged") && received.contains(accepted), "{received}");
        // The subscription begins after its acknowledgment, so the first changes can be missed.
        let change = async { while served.tool("change", json!({}), &[who]).await.text.contains("changed") {} };
        // Between two updates of `plans://open`, a whole call has announced both of its changes.
        let updates = async {
            for _ in 0..2 {
                received.push_str(&until(&mut stream, "\"uri\":\"plans://open\"").await);
            }
        };
        tokio::select! {
            () = change => panic!("a call failed"),
            () = updates => {}
        }
        let notices: Vec<&str> = received.lines().filter(|line| line.contains("resources/updated")).collect();
        assert!(notices.iter().any(|line| line.contains("plans://open")), "{received}");
        assert_eq!(notices.iter().any(|line| line.contains("plans://secret")), all, "{received}");
    }
}

#[tokio::test]
async fn a_caller_cannot_use_the_answers_of_another() {
    let served = served(Memory.into_capability().mcp_service()).await;
    let call = async |params, who| Reply::of(modern(&served, "tools/call", Some("delete"), params, who)).await.json();
    let accepted = json!({ "action": "accept", "content": { "sure": true } });
    let first = call(json!({ "name": "delete" }), READER[0]).await["result"]["requestState"].clone();
    let second = json!({ "name": "delete", "requestState": first, "inputResponses": { "input-1": accepted } });
    let second = call(second, READER[0]).await["result"]["requestState"].clone();
    let third = json!({ "name": "delete", "requestState": second, "inputResponses": { "input-2": accepted } });
    let stolen = call(third.clone(), WRITER[0]).await;
    assert_eq!(stolen["error"]["code"], -32602, "{stolen}");
    assert_eq!(call(third, READER[0]).await["result"]["structuredContent"]["result"], "true true");
}

#[tokio::test]
async fn the_name_of_a_prompt_is_not_suggested_to_a_caller_that_may_not_use_it() {
    let served = served(Memory.into_capability().mcp_service()).await;
    for (who, suggested) in [(READER[0], false), (WRITER[0], true)] {
        let reference = json!({ "type": "ref/prompt", "name": "conspira" });
        for (method, params) in [
            ("prompts/get", json!({ "name": "conspira" })),
            ("completion/complete", json!({ "ref": reference, "argument": { "name": "topic", "value": "" } })),
        ] {
            let refused = served.mcp(method, params, &[who]).await;
            let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
            assert!(message.contains("unknown prompt `conspira`"), "{method}: {message}");
            assert_eq!(message.contains("conspire"), suggested, "{method}: {message}");
        }
    }
}

#[tokio::test]
async fn a_session_belongs_to_the_caller_that_began_it() {
    let served = served(Memory.into_capability().mcp_service().with_sessions()).await;
    let params = json!({
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
    });
    let begun = served.mcp("initialize", params, &READER).await;
    assert_eq!(begun.status, 200, "{begun:?}");
    let id = begun.header("mcp-session-id").to_owned();
    let with =
        |who: (&'static str, &'static str)| [who, ("mcp-session-id", &*id), ("mcp-protocol-version", "2025-11-25")];
    assert_eq!(served.mcp("tools/list", json!({}), &with(READER[0])).await.status, 200);
    let url = format!("{}/mcp", served.url);
    for who in [WRITER[0], ("x-nobody", "")] {
        let other = served.mcp("tools/list", json!({}), &with(who)).await;
        assert_eq!(other.status, 404, "{other:?}");
        let send = |request: reqwest::RequestBuilder| {
            let request = request.header("accept", "text/event-stream");
            with(who).into_iter().fold(request, |request, (name, value)| request.header(name, value)).send()
        };
        assert_eq!(send(served.http.get(&url)).await.unwrap().status(), 404);
        // The answer is the same as for an unknown session, so it does not reveal that the session exists.
        assert_eq!(send(served.http.delete(&url)).await.unwrap().status(), 404);
    }
    assert_eq!(served.mcp("tools/list", json!({}), &with(READER[0])).await.status, 200);
    let end = with(READER[0]).into_iter().fold(served.http.delete(&url), |end, (name, value)| end.header(name, value));
    assert_eq!(end.send().await.unwrap().status(), 204);
    assert_eq!(served.mcp("tools/list", json!({}), &with(READER[0])).await.status, 404);
}
