//! Optional content: it has the same form as content that a method always returns, and `None` is an empty list.

use super::{ask, serve};
use naftiko::{ContentBlock, Context, Result, capability};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// Draws charts.
#[capability(exposes(mcp(port = 9090)))]
pub trait Charts {
    /// Draws a chart.
    #[tool]
    async fn draw(&self, none: bool) -> Result<Option<ContentBlock>>;

    /// Draws several charts.
    #[tool]
    async fn draw_all(&self, none: bool) -> Result<Option<Vec<ContentBlock>>>;

    /// Says what a chart shows, and where it is.
    #[tool]
    async fn speak(&self) -> Result<Vec<ContentBlock>> {
        Ok(said())
    }

    /// Says it to a caller that waits.
    #[tool]
    async fn speak_slowly(&self, context: &Context) -> Result<Vec<ContentBlock>> {
        context.progress(1.0, None, "").await;
        Ok(said())
    }

    /// Asks for a sound.
    #[prompt]
    async fn listen(&self) -> Result<Vec<ContentBlock>> {
        Ok(said())
    }

    /// Explains a chart.
    #[prompt]
    async fn explain(&self, none: &str) -> Result<Option<ContentBlock>>;
}

struct Pen;

fn said() -> Vec<ContentBlock> {
    vec![ContentBlock::audio("audio/wav", b"RIFF"), ContentBlock::link("charts://1", "Chart 1")]
}

fn chart() -> ContentBlock {
    ContentBlock::image("image/png", b"\x89PNG")
}

impl Charts for Pen {
    async fn draw(&self, none: bool) -> Result<Option<ContentBlock>> {
        Ok((!none).then(chart))
    }

    async fn draw_all(&self, none: bool) -> Result<Option<Vec<ContentBlock>>> {
        Ok((!none).then(|| vec![chart(), ContentBlock::text("That is all.")]))
    }

    async fn explain(&self, none: &str) -> Result<Option<ContentBlock>> {
        Ok((none != "true").then(chart))
    }
}

#[tokio::test]
async fn optional_content_is_content_and_nothing_is_no_content() {
    let url = serve(Pen.into_capability()).await;
    let result = async |method: &str, params: Value| -> Value {
        let mut answer: Value = serde_json::from_str(&ask(&url, method, params).await).unwrap();
        answer["result"].take()
    };
    let image = json!({ "type": "image", "mimeType": "image/png", "data": "iVBORw==" });
    let text = json!({ "type": "text", "text": "That is all." });
    for (tool, none, content) in [
        ("draw", false, json!([image])),
        ("draw-all", false, json!([image, text])),
        ("draw", true, json!([])),
        ("draw-all", true, json!([])),
    ] {
        let done = result("tools/call", json!({ "name": tool, "arguments": { "none": none } })).await;
        assert_eq!((&done["content"], &done["isError"]), (&content, &json!(false)), "{done}");
        assert_eq!(done.get("structuredContent"), None, "{done}");
    }
    let listed = result("tools/list", json!({})).await;
    assert_eq!(listed["tools"][0].get("outputSchema"), None, "{listed}");
    let explained = result("prompts/get", json!({ "name": "explain", "arguments": { "none": "false" } })).await;
    assert_eq!(explained["messages"], json!([{ "role": "user", "content": image }]));
    let explained = result("prompts/get", json!({ "name": "explain", "arguments": { "none": "true" } })).await;
    assert_eq!(explained["messages"], json!([]), "{explained}");
}

/// `audio` came with 2025-03-26, `resource_link` with 2025-06-18.
#[tokio::test]
async fn a_client_of_an_older_revision_gets_text_for_content_that_it_does_not_know() {
    let url = serve(Pen.into_capability()).await;
    let audio = json!({ "type": "audio", "mimeType": "audio/wav", "data": "UklGRg==" });
    let link = json!({ "type": "resource_link", "uri": "charts://1", "name": "Chart 1" });
    let no_audio =
        json!({ "type": "text", "text": "[audio of the type audio/wav, which MCP 2024-11-05 cannot transfer]" });
    let no_link = json!({ "type": "text", "text": "Chart 1: charts://1" });
    for (version, expected) in [
        ("2024-11-05", json!([no_audio, no_link])),
        ("2025-03-26", json!([audio, no_link])),
        ("2025-06-18", json!([audio, link])),
        ("2025-11-25", json!([audio, link])),
    ] {
        let ask = async |method: &str, params: Value| -> Value {
            let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
            let request = reqwest::Client::new().post(&url).json(&message).header("mcp-protocol-version", version);
            let mut answer: Value =
                request.header("accept", "application/json").send().await.unwrap().json().await.unwrap();
            answer["result"].take()
        };
        for tool in ["speak", "speak-slowly"] {
            let said = ask("tools/call", json!({ "name": tool, "arguments": {} })).await;
            assert_eq!(said["content"], expected, "{version}: {said}");
        }
        let prompt = ask("prompts/get", json!({ "name": "listen" })).await;
        let messages = prompt["messages"].as_array().unwrap();
        let contents: Vec<&Value> = messages.iter().map(|message| &message["content"]).collect();
        assert_eq!(json!(contents), expected, "{version}: {prompt}");
        // Over pipes, `initialize` negotiates the revision.
        let hello =
            json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
        let (near, far) = tokio::io::duplex(64 * 1024);
        let service = Pen.into_capability().mcp_service();
        tokio::spawn(async move {
            let (input, output) = tokio::io::split(far);
            service.serve_pipes(input, output).await
        });
        let (output, mut input) = tokio::io::split(near);
        let mut lines = BufReader::new(output).lines();
        for message in [
            json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello }),
            json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
            json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": { "name": "speak", "arguments": {} } }),
        ] {
            input.write_all(format!("{message}\n").as_bytes()).await.unwrap();
        }
        lines.next_line().await.unwrap();
        let said: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
        assert_eq!(said["result"]["content"], expected, "{version}: {said}");
    }
}
