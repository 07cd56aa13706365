//! Content that a method may leave out: it has the same form as content that is always there, and `None` is an empty list.

use super::{ask, serve};
use naftiko::{ContentBlock, Result, capability};
use serde_json::{Value, json};

/// Draws charts.
#[capability(exposes(mcp(port = 9090)))]
pub trait Charts {
    /// Draws a chart.
    #[tool]
    async fn draw(&self, none: bool) -> Result<Option<ContentBlock>>;

    /// Draws several charts.
    #[tool]
    async fn draw_all(&self, none: bool) -> Result<Option<Vec<ContentBlock>>>;

    /// Explains a chart.
    #[prompt]
    async fn explain(&self, none: &str) -> Result<Option<ContentBlock>>;
}

struct Pen;

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
