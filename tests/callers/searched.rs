//! Scopes with `tool_list = "search"`: a caller finds, describes and calls only the tools that it may use.

use crate::scopes::{READER, WRITER, names, served};
use crate::support::{Reply, Served};
use naftiko::{Caller, Context, Result, capability};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Keeps notes.
#[capability(
    exposes(mcp(port = 9090, tool_list = "search")),
    allow(unchecked_scopes, reason = "the server of this test says who calls")
)]
pub trait Notes {
    /// Reads a note.
    #[tool(hints(read_only))]
    async fn read_note(&self, id: u32) -> Result<String> {
        Ok(format!("note {id}"))
    }

    /// Erases a note.
    #[tool]
    #[scope("notes:write")]
    async fn erase_note(&self, id: u32) -> Result<String>;

    /// Archives a note.
    #[tool]
    #[scope("notes:read", "notes:write")]
    async fn archive_note(&self, context: &Context, id: u32) -> Result<String>;
}

/// An implementation that counts what it erases and archives.
#[derive(Clone, Default)]
struct Counted(Arc<AtomicUsize>);

impl Notes for Counted {
    async fn erase_note(&self, id: u32) -> Result<String> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(format!("erased {id}"))
    }

    async fn archive_note(&self, context: &Context, id: u32) -> Result<String> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(format!("{} archived {id}", context.caller().and_then(Caller::subject).unwrap_or("somebody")))
    }
}

async fn counted() -> (Served, Counted) {
    let notes = Counted::default();
    (served(&notes.clone().into_capability()).await, notes)
}

fn assert_refused(refused: &Reply, scopes: &str) {
    assert_eq!(refused.status, 403, "{refused:?}");
    let how = format!("Bearer error=\"insufficient_scope\", scope=\"{scopes}\"");
    assert_eq!(refused.header("www-authenticate"), how);
    assert_eq!(refused.json()["id"], 1);
    let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("the caller needs the scope"), "{message}");
}

/// Returns the names of the tools that a search finds.
async fn found(served: &Served, query: &str, headers: &[(&str, &str)]) -> Vec<String> {
    let answer = served.tool("search", json!({ "query": query }), headers).await;
    let text =
        answer.json()["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned();
    let found: Value = serde_json::from_str(&text).unwrap();
    let tools = found["tools"].as_array().unwrap().iter();
    tools.map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_call_checks_the_scopes_of_its_target_before_anything_runs() {
    let (served, notes) = counted().await;
    for (tool, scopes) in [("erase-note", "notes:write"), ("archive-note", "notes:read notes:write")] {
        let arguments = json!({ "name": tool, "arguments": { "id": 1 } });
        for headers in [&READER[..], &[]] {
            let direct = served.tool(tool, json!({ "id": 1 }), headers).await;
            assert_refused(&direct, scopes);
            let called = served.tool("call", arguments.clone(), headers).await;
            assert_refused(&called, scopes);
            assert_eq!(called.text, direct.text);
            // Whatever the arguments are, and even with members of other MCP methods, the call is refused.
            assert_refused(
                &served.tool("call", json!({ "name": tool, "arguments": { "x": 1 } }), headers).await,
                scopes,
            );
            for other in [json!({ "uri": 5 }), json!({ "ref": { "name": "read-note" } }), json!({ "ref": 5 })] {
                let mut params = json!({ "name": "call", "arguments": arguments });
                params.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
                assert_refused(&served.mcp("tools/call", params.clone(), headers).await, scopes);
                params["name"] = json!(tool);
                params["arguments"] = json!({ "id": 1 });
                assert_refused(&served.mcp("tools/call", params, headers).await, scopes);
            }
        }
    }
    assert_eq!(notes.0.load(Ordering::Relaxed), 0);
    let own = served.tool("call", json!({ "name": "read-note", "arguments": { "id": 1 } }), &READER).await;
    assert!(own.text.contains("note 1"), "{own:?}");
    for (tool, done) in [("erase-note", "erased 1"), ("archive-note", "grace archived 1")] {
        let called = served.tool("call", json!({ "name": tool, "arguments": { "id": 1 } }), &WRITER).await;
        assert!(called.status == 200 && called.text.contains(done), "{called:?}");
    }
    assert_eq!(notes.0.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_search_finds_what_its_caller_may_use() {
    let (served, _) = counted().await;
    for (headers, all) in [(&READER[..], false), (&[], false), (&WRITER[..], true)] {
        let tools: &[&str] = if all { &["read-note", "erase-note", "archive-note"] } else { &["read-note"] };
        assert_eq!(found(&served, "", headers).await, tools);
        assert_eq!(found(&served, "notes", headers).await.len(), tools.len());
        let erasing: &[&str] = if all { &["erase-note"] } else { &[] };
        assert_eq!(found(&served, "erase", headers).await, erasing);
    }
}

#[tokio::test]
async fn only_what_a_caller_may_use_is_described_for_it() {
    let (served, _) = counted().await;
    for headers in [&READER[..], &[]] {
        assert_refused(&served.tool("describe", json!({ "name": "erase-note" }), headers).await, "notes:write");
        for (tool, arguments) in [
            ("describe", json!({ "name": "eras-note" })),
            ("call", json!({ "name": "eras-note" })),
            ("eras-note", json!({})),
        ] {
            let unknown = served.tool(tool, arguments, headers).await;
            assert!(unknown.text.contains("eras-note") && !unknown.text.contains("erase-note"), "{unknown:?}");
        }
        let described = served.tool("describe", json!({ "name": "read-note" }), headers).await;
        assert!(described.text.contains("Reads a note."), "{described:?}");
    }
    let described = served.tool("describe", json!({ "name": "erase-note" }), &WRITER).await;
    assert!(described.text.contains("Erases a note."), "{described:?}");
    let unknown = served.tool("describe", json!({ "name": "eras-note" }), &WRITER).await;
    assert!(unknown.text.contains("did you mean `erase-note`?"), "{unknown:?}");
}

#[tokio::test]
async fn the_three_tools_describe_what_their_caller_may_use() {
    let (served, _) = counted().await;
    for (headers, count, only_reads) in [(&READER[..], 1, true), (&[], 1, true), (&WRITER[..], 3, false)] {
        let listed = served.mcp("tools/list", json!({}), headers).await;
        assert_eq!(names(&listed, "tools"), ["search", "describe", "call"]);
        let tools = &listed.json()["result"]["tools"];
        let about = tools[0]["description"].as_str().unwrap();
        assert!(about.starts_with(&format!("Searches the {count} tool")), "{about}");
        assert_eq!(tools[2]["annotations"]["readOnlyHint"] == json!(true), only_reads, "{tools}");
    }
}
