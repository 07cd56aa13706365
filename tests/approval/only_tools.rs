//! Operations that need approval are only tools: clients read resources and get prompts without it.

use super::support::Client;
use naftiko::{Result, capability};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Keeps switches. The effects of its methods are not known.
#[capability(exposes(mcp(port = 9090, confirm = "destructive")))]
trait Switches {
    /// Switches the light.
    #[tool]
    #[resource(uri = "light://all")]
    #[prompt]
    async fn switch(&self) -> Result<String>;

    /// Looks at a light.
    #[tool(hints(read_only))]
    #[resource(uri = "light://one")]
    async fn look(&self) -> Result<String>;
}

#[derive(Clone, Default)]
struct Wall(Arc<AtomicU64>);

impl Switches for Wall {
    async fn switch(&self) -> Result<String> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok("on".to_owned())
    }

    async fn look(&self) -> Result<String> {
        Ok("on".to_owned())
    }
}

#[tokio::test]
async fn an_operation_that_needs_approval_is_neither_a_resource_nor_a_prompt() {
    let wall = Wall::default();
    let client = Client::of(&wall.clone().into_capability()).await;
    let ask = async |method: &str, params: Value| -> Value {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        client.http.post(format!("{}/mcp", client.url)).json(&message).send().await.unwrap().json().await.unwrap()
    };
    let listed = ask("resources/list", json!({})).await;
    let uris: Vec<&Value> =
        listed["result"]["resources"].as_array().unwrap().iter().map(|resource| &resource["uri"]).collect();
    assert_eq!(uris, ["light://one"]);
    for (method, params) in
        [("resources/read", json!({ "uri": "light://all" })), ("prompts/get", json!({ "name": "switch" }))]
    {
        let answer = ask(method, params).await;
        assert!(answer["error"].is_object(), "{method}: {answer}");
    }
    assert_eq!(client.legacy("switch", json!({})).await["isError"], true);
    assert_eq!(wall.0.load(Ordering::SeqCst), 0, "it ran without approval");
    let look = ask("resources/read", json!({ "uri": "light://one" })).await;
    assert_eq!(look["result"]["contents"][0]["text"], "on", "{look}");
}
