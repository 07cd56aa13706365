//! The replies of people to the questions of a method, and the progress of a method.

use super::serve;
use naftiko::{Context, Reply, Result, capability};
use serde_json::{Value, json};

/// How somebody liked it.
#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Review {
    #[schemars(range(min = 1, max = 5))]
    rating: u8,
    #[schemars(length(max = 3))]
    code: Option<String>,
}

/// Collects reviews.
#[capability(exposes(mcp(port = 9090)))]
pub trait Reviews {
    /// Asks for a review.
    #[tool]
    async fn review(&self, context: &Context) -> Result<String>;

    /// Counts reviews.
    #[tool]
    async fn count(&self, context: &Context) -> Result<u8>;
}

struct Desk;

impl Reviews for Desk {
    async fn review(&self, context: &Context) -> Result<String> {
        Ok(match context.ask::<Review>("How was it?").await? {
            Reply::Accepted(Review { rating, code }) => format!("{rating} {code:?}"),
            Reply::Declined => "declined".to_owned(),
            Reply::Cancelled => "cancelled".to_owned(),
        })
    }

    async fn count(&self, context: &Context) -> Result<u8> {
        for done in [1.0, 2.0, 2.0, 1.5, f64::NAN, 2.5] {
            context.progress(done, None, "").await;
        }
        Ok(3)
    }
}

/// Calls a tool with the revision 2026-07-28, and returns the unparsed answer.
async fn call(url: &str, tool: &str, mut params: Value) -> String {
    params["name"] = json!(tool);
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": { "elicitation": {} },
        "progressToken": "p",
    });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let request = reqwest::Client::new().post(url).header("mcp-protocol-version", "2026-07-28");
    let request = request.header("mcp-method", "tools/call").header("mcp-name", tool);
    let request = request.header("accept", "application/json, text/event-stream").json(&message);
    request.send().await.unwrap().text().await.unwrap()
}

/// Returns the text of the result, after the client has replied to the first question.
async fn replied(url: &str, reply: Value) -> String {
    let answer = call(url, "review", json!({ "inputResponses": { "input-1": reply } })).await;
    let json = answer.lines().find_map(|line| line.strip_prefix("data: {")).map(|rest| format!("{{{rest}"));
    let answer: Value = serde_json::from_str(&json.unwrap_or(answer)).unwrap();
    answer["result"]["content"][0]["text"].as_str().unwrap_or(&answer.to_string()).to_owned()
}

#[tokio::test]
async fn a_reply_must_match_the_schema_of_the_question() {
    let url = serve(Desk.into_capability()).await;
    let accepted = |content: Value| json!({ "action": "accept", "content": content });
    for (reply, expected) in [
        (accepted(json!({ "rating": 5, "code": "abc" })), "5 Some(\"abc\")"),
        (accepted(json!({ "rating": 5, "code": null })), "5 None"),
        (accepted(json!({ "rating": 1 })), "1 None"),
        (json!({ "action": "decline" }), "declined"),
        (json!({ "action": "cancel" }), "cancelled"),
    ] {
        assert_eq!(replied(&url, reply).await, expected);
    }
    for (reply, expected) in [
        (accepted(json!({ "rating": "5" })), "the reply cannot be used"),
        (accepted(json!({ "rating": 200 })), "the reply cannot be used: `/rating` is too large: at most 5 is allowed"),
        (accepted(json!({ "rating": 5, "code": "toolong" })), "the reply cannot be used: `/code`"),
        (accepted(json!({})), "the reply cannot be used"),
        (
            json!({ "action": "dance" }),
            "the client's answer has no known `action`: expected `accept`, `decline` or `cancel`",
        ),
    ] {
        let text = replied(&url, reply).await;
        assert!(text.contains(expected), "{text}");
    }
}

#[tokio::test]
async fn progress_only_increases() {
    let url = serve(Desk.into_capability()).await;
    let answer = call(&url, "count", json!({})).await;
    let messages = answer.lines().filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data:")?).ok());
    let done: Vec<f64> = messages.filter_map(|message| message["params"]["progress"].as_f64()).collect();
    assert_eq!(done, [1.0, 2.0, 2.5], "{answer}");
}
