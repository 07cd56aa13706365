//! Which tools need approval, in lists and in documents.

use super::support::{Books, ClientOnly, HostOnly, Ledger};
use serde_json::{Value, json};

/// Returns the tools that a capability lists.
async fn tools(capability: naftiko::Capability) -> Vec<Value> {
    let client = super::support::Client::of(&capability).await;
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    let request = client.http.post(format!("{}/mcp", client.url)).json(&message);
    let mut answer: Value = request.send().await.unwrap().json().await.unwrap();
    serde_json::from_value(answer["result"]["tools"].take()).unwrap()
}

#[tokio::test]
async fn tools_that_the_host_may_approve_take_the_token() {
    let arguments = |tool: &Value| {
        let members = tool["inputSchema"]["properties"].as_object().unwrap();
        members.keys().cloned().collect::<Vec<_>>().join(" ")
    };
    let tools = tools(Ledger::into_capability(Books::default())).await;
    let listed = tools.iter().map(|tool| (tool["name"].as_str().unwrap(), arguments(tool))).collect::<Vec<_>>();
    let expected = [
        ("pay", "amount approval invoice"),
        ("delete", "approval id"),
        ("read", "id"),
        ("archive", "id"),
        ("close", "approval approval_2"),
    ];
    assert_eq!(listed, expected.map(|(name, arguments)| (name, arguments.to_owned())));
    assert_eq!(tools[0]["inputSchema"]["required"], json!(["invoice", "amount"]), "the token is required");
    let client_only = super::listed::tools(ClientOnly::into_capability(Books::default())).await;
    assert_eq!(arguments(&client_only[0]), "amount");
}

#[test]
fn the_document_says_which_tools_need_approval() {
    let document = serde_json::to_value(Ledger::into_capability(Books::default()).document()).unwrap();
    let adapter = &document["capability"]["exposes"][1];
    assert_eq!((&adapter["confirm"], &adapter["approval"]), (&json!("destructive"), &Value::Null));
    let confirm = adapter["tools"].as_array().unwrap().iter().map(|tool| tool["confirm"].clone()).collect::<Vec<_>>();
    assert_eq!(json!(confirm), json!([true, null, null, false, true]));
    let document = serde_json::to_value(HostOnly::into_capability(Books::default()).document()).unwrap();
    assert_eq!(document["capability"]["exposes"][0]["approval"], "host");
}
