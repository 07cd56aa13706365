//! `serve --page`: the page on the port of the REST adapter, and the index of several capabilities.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, unreachable_pub, dead_code, reason = "tests")]

mod common;

use common::{Served, several, tokens};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

const DEMO: [&str; 6] = ["serve", "--demo", "--port", "tokens-rest=0", "--port", "tokens-mcp=0"];

async fn get(url: &str) -> (StatusCode, String) {
    let response = reqwest::get(url).await.unwrap();
    (response.status(), response.text().await.unwrap())
}

#[tokio::test]
async fn a_page_is_served_only_with_the_option() {
    let mut command = tokens();
    command.args(DEMO);
    let program = Served::start(command, 2);
    let (status, _) = get(&format!("{}/", program.url("tokens-rest"))).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "the page is on by default");

    let mut command = tokens();
    command.args(DEMO).arg("--page");
    let program = Served::start(command, 2);
    let rest = program.url("tokens-rest");
    let (status, page) = get(&format!("{rest}/")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("id=\"tool-list-tokens\"") && page.contains("/v1/users/"), "{page}");
    let (_, openapi) = get(&format!("{rest}/openapi.json")).await;
    assert!(serde_json::from_str::<Value>(&openapi).unwrap()["paths"].is_object());
    // The page does not change the adapter's own routes and problems.
    assert_eq!(get(&format!("{rest}/v1/users/u-1/tokens")).await.0, StatusCode::OK);
    assert_eq!(get(&format!("{rest}/nothing")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(get(&format!("{}/", program.url("tokens-mcp").trim_end_matches("/mcp"))).await.0, StatusCode::NOT_FOUND);
    // The origin of the page also serves MCP, so the page can call the tools.
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "list-tokens", "arguments": { "userId": "u-1" } } });
    let post = Client::new().post(format!("{rest}/mcp")).header("accept", "application/json, text/event-stream");
    let answer = post.json(&call).send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(answer["result"]["isError"], json!(false), "{answer}");
}

#[tokio::test]
async fn the_hosts_and_origins_of_the_adapter_apply_to_its_page() {
    let mut command = tokens();
    command.args(DEMO).arg("--page");
    let program = Served::start(command, 2);
    for path in ["/", "/openapi.json", "/capability.yaml", "/mcp"] {
        let url = format!("{}{path}", program.url("tokens-rest"));
        let answer = Client::new().get(&url).header("host", "evil.example").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
        let answer = Client::new().get(&url).header("origin", "https://evil.example").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn several_capabilities_share_an_index() {
    let mut command = several();
    command.args(["serve", "--page", "--upstream", "tokens=http://upstream.example:1"]);
    command
        .args(["tokens-rest=0", "tokens-mcp=0", "echo-rest=0", "echo-mcp=0"].iter().flat_map(|port| ["--port", port]));
    command.env("TOKENS_KEY", "s3cret-of-the-environment");
    let program = Served::start(command, 4);
    let (tokens, echo) = (program.url("tokens-rest"), program.url("echo-rest"));
    let (_, index) = get(&format!("{tokens}/capabilities")).await;
    assert!(index.contains("<title>Capabilities</title>") && index.contains(&format!("href=\"{echo}/\"")), "{index}");
    let (_, page) = get(&format!("{echo}/")).await;
    assert!(page.contains("2 capabilities on this server"), "{page}");
    for path in ["/", "/capability.yaml", "/openapi.json", "/capabilities"] {
        let (status, text) = get(&format!("{tokens}{path}")).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(!text.contains("s3cret") && !text.contains("upstream.example"), "{text}");
    }
}
