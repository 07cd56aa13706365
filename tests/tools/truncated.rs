//! Truncated answers: a long answer ends after an item or a line, and has a cursor for the rest.

use super::clients::call as call_with_text;
use super::{ask, serve};
use naftiko::{Capability, ContentBlock, Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A row of a table.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    number: u128,
    text: String,
}

/// A page of rows.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_field_names, reason = "`rows` is a member of the answer")]
pub struct Rows {
    total: usize,
    rows: Vec<Row>,
    more: bool,
}

/// Reads long tables.
#[capability(exposes(
    mcp(namespace = "both", port = 9090),
    mcp(namespace = "texts", port = 9091, structured_content = "text"),
    mcp(namespace = "values", port = 9092, structured_content = "structured"),
    mcp(namespace = "found", port = 9093, tool_list = "search"),
))]
pub trait Tables {
    /// Lists rows.
    #[tool(max_output = "1KiB", hints(read_only))]
    async fn list(&self, count: u32) -> Result<Vec<Row>>;

    /// Lists rows in an object.
    #[tool(max_output = "1KiB", hints(read_only))]
    async fn page(&self, count: u32, cursor: Option<u32>) -> Result<Rows>;

    /// Returns lines.
    #[tool(max_output = "1KiB", hints(read_only))]
    async fn lines(&self, count: u32) -> Result<String>;

    /// Returns lines, with a schema that allows any value, as the schemas of documents do.
    #[tool(max_output = "1KiB", hints(read_only))]
    async fn any(&self, count: u32) -> Result<Value>;

    /// Returns blocks.
    #[tool(max_output = "1KiB", hints(read_only))]
    async fn blocks(&self, count: u32) -> Result<Vec<ContentBlock>>;
}

struct Itself;

fn rows(count: u32) -> Vec<Row> {
    (0..u128::from(count)).map(|number| Row { number: u128::MAX - number, text: format!("row \"{number}\"") }).collect()
}

impl Tables for Itself {
    async fn list(&self, count: u32) -> Result<Vec<Row>> {
        Ok(rows(count))
    }

    async fn page(&self, count: u32, cursor: Option<u32>) -> Result<Rows> {
        Ok(Rows { total: count as usize, rows: rows(count), more: cursor.is_some() })
    }

    async fn lines(&self, count: u32) -> Result<String> {
        let lines: Vec<String> = rows(count).into_iter().map(|row| format!("{}: {}\n", row.number, row.text)).collect();
        Ok(lines.concat())
    }

    async fn any(&self, count: u32) -> Result<Value> {
        self.lines(count).await.map(Value::from)
    }

    async fn blocks(&self, count: u32) -> Result<Vec<ContentBlock>> {
        Ok(rows(count).into_iter().map(|row| ContentBlock::text(row.text.repeat(5))).collect())
    }
}

async fn serve_of(namespace: &str) -> String {
    let capability: Capability = Itself.into_capability();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let router = axum::Router::new().route_service("/mcp", capability.mcp_service_of(namespace).unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

/// Calls a tool, and returns the unparsed answer and its result.
async fn call(url: &str, name: &str, arguments: Value) -> (String, Value) {
    let answer = ask(url, "tools/call", json!({ "name": name, "arguments": arguments })).await;
    let result = serde_json::from_str::<Value>(&answer).unwrap()["result"].clone();
    (answer, result)
}

/// Returns the cursor in a note.
fn cursor(note: &str) -> Option<String> {
    Some(note.split_once("`: \"")?.1.split_once("\")")?.0.to_owned())
}

#[tokio::test]
async fn a_cut_list_can_be_read_to_its_end() {
    let url = serve(Itself.into_capability()).await;
    let tools: Value = serde_json::from_str(&ask(&url, "tools/list", json!({})).await).unwrap();
    let tool = &tools["result"]["tools"][0];
    assert_eq!(tool["inputSchema"]["properties"]["cursor"]["type"], "string", "{tool}");
    assert_eq!(tool["inputSchema"]["required"], json!(["count"]), "{tool}");
    let validator = jsonschema::validator_for(&tool["outputSchema"]).unwrap();
    let (mut arguments, mut found, mut parts) = (json!({ "count": 50 }), Vec::new(), 0);
    loop {
        let (answer, result) = call(&url, "list", arguments.clone()).await;
        let structured = &result["structuredContent"];
        assert!(validator.is_valid(structured), "{structured}");
        // The text equals the structured content, and long numbers are not rounded to floats.
        let number = u128::MAX - found.len() as u128;
        assert_eq!(answer.matches(&number.to_string()).count(), 2, "{answer}");
        let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
        assert_eq!(&text, structured);
        let rows = structured["result"].as_array().unwrap();
        assert!(!rows.is_empty() && serde_json::to_string(rows).unwrap().len() <= 1024, "{answer}");
        found.extend(rows.iter().map(|row| row["text"].as_str().unwrap().to_owned()));
        parts += 1;
        let Some(more) = structured.get("more") else { break };
        assert_eq!(more["left"], 50 - found.len());
        arguments["cursor"] = more["cursor"].clone();
    }
    assert_eq!(found, rows(50).into_iter().map(|row| row.text).collect::<Vec<_>>());
    assert!(parts > 2);
    // A short answer has no cursor.
    let (_, result) = call(&url, "list", json!({ "count": 2 })).await;
    assert!(result["structuredContent"].get("more").is_none() && result["structuredContent"]["result"][1].is_object());
}

#[tokio::test]
async fn a_tool_with_its_own_cursor_and_more_gets_other_names() {
    let url = serve(Itself.into_capability()).await;
    let tools: Value = serde_json::from_str(&ask(&url, "tools/list", json!({})).await).unwrap();
    let tool = &tools["result"]["tools"][1];
    let validator = jsonschema::validator_for(&tool["outputSchema"]).unwrap();
    let (_, first) = call(&url, "page", json!({ "count": 50, "cursor": 7 })).await;
    let first = &first["structuredContent"];
    assert!(validator.is_valid(first), "{first}");
    assert_eq!((&first["total"], &first["more"]), (&json!(50), &json!(true)));
    let shown = first["rows"].as_array().unwrap().len();
    let arguments = json!({ "count": 50, "cursor": 7, "cursor_2": first["more_2"]["cursor"] });
    let (_, second) = call(&url, "page", arguments).await;
    let second = &second["structuredContent"];
    assert!(validator.is_valid(second), "{second}");
    assert_eq!(second["rows"][0]["text"], format!("row \"{shown}\""));
}

#[tokio::test]
async fn a_text_is_cut_between_lines() {
    for (namespace, tool) in [("both", "lines"), ("texts", "lines"), ("both", "any"), ("texts", "any")] {
        let url = serve_of(namespace).await;
        let (mut arguments, mut whole) = (json!({ "count": 50 }), String::new());
        loop {
            let (answer, result) = call(&url, tool, arguments.clone()).await;
            let text = result["content"][0]["text"].as_str().unwrap();
            let Some((part, note)) = text.rsplit_once("\n\n(") else {
                whole.push_str(text);
                break;
            };
            assert!(part.len() <= 1024 && note.contains("more bytes"), "{answer}");
            whole.push_str(part);
            whole.push('\n');
            let next = cursor(note).unwrap();
            if namespace == "both" {
                assert_eq!(result["structuredContent"]["more"]["cursor"], next, "{answer}");
                assert_eq!(result["structuredContent"]["result"], format!("{part}\n"));
            }
            arguments["cursor"] = next.into();
        }
        assert_eq!(whole, Itself.lines(50).await.unwrap());
    }
}

#[tokio::test]
async fn each_form_of_results_says_what_is_left() {
    let url = serve_of("values").await;
    let (_, result) = call(&url, "list", json!({ "count": 50 })).await;
    assert_eq!(result["content"], json!([]));
    assert!(result["structuredContent"]["more"]["left"].is_u64(), "{result}");
    let url = serve_of("texts").await;
    let (_, result) = call(&url, "list", json!({ "count": 50 })).await;
    let (list, note) = result["content"][0]["text"].as_str().unwrap().rsplit_once("\n\n(").unwrap();
    let shown = serde_json::from_str::<Vec<Value>>(list).unwrap().len();
    assert!(note.starts_with(&format!("{} more items: call again", 50 - shown)), "{note}");
    let arguments = json!({ "count": 50, "cursor": cursor(note).unwrap() });
    let (_, result) = call(&url, "list", arguments).await;
    assert!(result["content"][0]["text"].as_str().unwrap().contains(&format!("row \\\"{shown}\\\"")), "{result}");
    let (_, result) = call(&url, "blocks", json!({ "count": 50 })).await;
    let blocks = result["content"].as_array().unwrap();
    let next = cursor(blocks.last().unwrap()["text"].as_str().unwrap()).unwrap();
    let (_, rest) = call(&url, "blocks", json!({ "count": 50, "cursor": next })).await;
    let first = format!("row \"{}\"", blocks.len() - 1).repeat(5);
    assert_eq!(rest["content"][0]["text"], first, "{rest}");
}

#[tokio::test]
async fn a_cursor_is_valid_only_for_its_call() {
    let url = serve(Itself.into_capability()).await;
    let (_, result) = call(&url, "list", json!({ "count": 50 })).await;
    let cursor = result["structuredContent"]["more"]["cursor"].as_str().unwrap();
    let (offset, digest) = cursor.split_once('.').unwrap();
    let other = offset.parse::<u32>().unwrap() + 1;
    let wrong = [
        ("list", json!({ "count": 51, "cursor": cursor })),
        ("lines", json!({ "count": 50, "cursor": cursor })),
        ("list", json!({ "count": 50, "cursor": format!("{other}.{digest}") })),
        ("list", json!({ "count": 50, "cursor": format!("{cursor}x") })),
        ("list", json!({ "count": 50, "cursor": "0" })),
        ("list", json!({ "count": 50, "cursor": 7 })),
    ];
    for (name, arguments) in wrong {
        let (answer, result) = call(&url, name, arguments).await;
        assert_eq!(result["isError"], true, "{answer}");
        assert!(answer.contains("`cursor` is not valid for this call; omit it"), "{answer}");
    }
    // Null is the same as no cursor.
    let (_, first) = call(&url, "list", json!({ "count": 50, "cursor": null })).await;
    assert_eq!(first["structuredContent"], result["structuredContent"]);
    // The order of the arguments has no effect. The text is sent as it is: `json!` would sort them.
    let answer = call_with_text(&url, "list", &format!(r#"{{"cursor":"{cursor}", "count" :50}}"#)).await;
    assert!(answer.contains("\"isError\":false"), "{answer}");
}

#[tokio::test]
async fn the_cut_answer_of_a_tool_behind_search_can_be_continued() {
    let url = serve_of("found").await;
    let (_, first) = call(&url, "call", json!({ "name": "list", "arguments": { "count": 50 } })).await;
    let cursor = &first["structuredContent"]["more"]["cursor"];
    let shown = first["structuredContent"]["result"].as_array().unwrap().len();
    let (_, second) =
        call(&url, "call", json!({ "name": "list", "arguments": { "count": 50, "cursor": cursor } })).await;
    assert_eq!(second["structuredContent"]["result"][0]["text"], format!("row \"{shown}\""));
}

#[test]
fn the_document_has_the_maximum_output() {
    let document = serde_json::to_value(Itself.into_capability().document()).unwrap();
    assert_eq!(document["capability"]["exposes"][0]["tools"][0]["maxOutput"], 1024);
}
