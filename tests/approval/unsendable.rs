//! Calls that cannot be sent to the API: they are refused before anybody is asked to approve them.

use super::support::{Client, assert_refused, token};
use naftiko::{Result, capability};
use serde_json::json;

/// Keeps things.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(mcp(port = 9090, approval = "host"))
)]
pub trait Things {
    /// Removes a thing.
    #[delete("/things/{id}")]
    #[tool(confirm)]
    async fn remove(&self, id: &str, #[header("X-Reason")] reason: Option<&str>) -> Result<()>;
}

#[tokio::test]
async fn nobody_is_asked_to_approve_a_call_that_cannot_be_sent() {
    let capability = ThingsClient::builder().build().unwrap().into_capability();
    let client = Client::of(&capability).await;
    let mut requests = capability.approvals().requests();
    for (arguments, why) in [
        (json!({ "id": "7", "X-Reason": "a\nb" }), "control character"),
        (json!({ "id": "..", "X-Reason": "a" }), "the argument `id` cannot be sent"),
    ] {
        assert_refused(&client.legacy("remove", arguments).await, why);
    }
    let first = token(&client.legacy("remove", json!({ "id": "7", "X-Reason": "a" })).await);
    assert_eq!(requests.next().await.unwrap().0, first);
}
