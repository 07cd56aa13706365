//! The forms of results: structured content, a text, or both; over HTTP and over pipes.

use naftiko::{Capability, McpService, Result, capability};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// Returns results of several kinds.
#[capability(exposes(
    mcp(namespace = "both", port = 9090),
    mcp(namespace = "texts", port = 9091, structured_content = "text"),
    mcp(namespace = "values", port = 9092, structured_content = "structured"),
))]
pub trait Forms {
    /// Returns numbers.
    #[tool]
    async fn numbers(&self) -> Result<Vec<u128>> {
        Ok(vec![1, u128::MAX])
    }

    /// Returns a text.
    #[tool]
    async fn words(&self) -> Result<String> {
        Ok("two \"words\"".to_owned())
    }

    /// Returns nothing.
    #[tool]
    async fn nothing(&self) -> Result<()> {
        Ok(())
    }

    /// Fails without its argument.
    #[tool]
    async fn fails(&self, number: u8) -> Result<u8> {
        Ok(number)
    }
}

struct Itself;

impl Forms for Itself {}

fn message(name: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{name}","arguments":{{}}}}}}"#)
}

/// Returns the answer over HTTP.
async fn by_http(service: McpService, name: &str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, axum::Router::new().route_service("/mcp", service)).into_future());
    let request = reqwest::Client::new().post(url).header("content-type", "application/json").body(message(name));
    request.send().await.unwrap().text().await.unwrap()
}

/// Returns the answer over pipes, which goes through rmcp.
async fn by_pipes(service: McpService, name: &str) -> String {
    let (here, there) = tokio::io::duplex(64 * 1024);
    let (input, output) = tokio::io::split(there);
    tokio::spawn(async move { service.serve_pipes(input, output).await });
    let (output, mut input) = tokio::io::split(here);
    let mut lines = BufReader::new(output).lines();
    let client = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    let hello = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
    input.write_all(format!("{hello}\n").as_bytes()).await.unwrap();
    lines.next_line().await.unwrap().unwrap();
    input.write_all(format!("{}\n", message(name)).as_bytes()).await.unwrap();
    lines.next_line().await.unwrap().unwrap()
}

#[tokio::test]
async fn results_have_the_form_that_the_adapter_declares() {
    let capability: Capability = Itself.into_capability();
    let numbers = format!("[1,{}]", u128::MAX);
    let wrapped = format!(r#"{{"result":{numbers}}}"#);
    let text = |text: &str| json!([{ "type": "text", "text": text }]);
    for (namespace, name, content, structured) in [
        ("both", "numbers", text(&wrapped), Some(wrapped.as_str())),
        ("texts", "numbers", text(&numbers), None),
        ("values", "numbers", json!([]), Some(wrapped.as_str())),
        ("both", "words", text("two \"words\""), Some(r#"{"result":"two \"words\""}"#)),
        ("texts", "words", text("two \"words\""), None),
        ("values", "words", json!([]), Some(r#"{"result":"two \"words\""}"#)),
        ("texts", "nothing", text("Done."), None),
        ("values", "nothing", text("Done."), None),
    ] {
        let service = capability.mcp_service_of(namespace).unwrap();
        for answer in [by_http(service.clone(), name).await, by_pipes(service, name).await] {
            let parsed: Value = serde_json::from_str(&answer).unwrap();
            assert_eq!(parsed["result"]["content"], content, "{namespace} {name}: {answer}");
            assert_eq!(parsed["result"]["structuredContent"].is_null(), structured.is_none(), "{namespace}: {answer}");
            if let Some(structured) = structured {
                // As text, since a parsed number has lost digits.
                assert!(answer.contains(&format!(r#""structuredContent":{structured}"#)), "{namespace}: {answer}");
            }
        }
    }
}

#[tokio::test]
async fn an_error_is_a_text_in_each_form() {
    let capability = Itself.into_capability();
    for namespace in ["both", "texts", "values"] {
        let service = capability.mcp_service_of(namespace).unwrap();
        for answer in [by_http(service.clone(), "fails").await, by_pipes(service, "fails").await] {
            let answer: Value = serde_json::from_str(&answer).unwrap();
            assert_eq!(answer["result"]["isError"], true, "{answer}");
            let text = answer["result"]["content"][0]["text"].as_str().unwrap();
            assert!(text.contains("`number` is missing"), "{namespace}: {answer}");
        }
    }
}

#[tokio::test]
async fn tools_that_return_texts_have_no_output_schema() {
    let capability = Itself.into_capability();
    let document = serde_json::to_value(capability.document()).unwrap();
    assert_eq!(document["capability"]["exposes"][1]["structuredContent"], "text");
    for (namespace, has) in [("both", true), ("texts", false), ("values", true)] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let router = axum::Router::new().route_service("/mcp", capability.mcp_service_of(namespace).unwrap());
        tokio::spawn(axum::serve(listener, router).into_future());
        let list: Value = serde_json::from_str(&super::ask(&url, "tools/list", json!({})).await).unwrap();
        assert_eq!(list["result"]["tools"][0]["outputSchema"].is_object(), has, "{namespace}: {list}");
    }
}
