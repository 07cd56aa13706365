//! Restores the digits of numbers in structured content: rmcp parses numbers, which loses digits.

use super::message::is_json_of;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Replaces the structured content of an answer with the JSON of its first text, if both have the same values: parsed numbers
/// have lost digits. With `only_structured`, that text is left out, unless the result is an error.
pub(super) fn restore_structured_content(answer: Bytes, only_structured: bool) -> Bytes {
    #[derive(Deserialize)]
    struct CallAnswer<'a> {
        #[serde(borrow)]
        result: ToolResult<'a>,
    }

    /// An answer to a request about a task; it contains the result of the task's call.
    #[derive(Deserialize)]
    struct TaskAnswer<'a> {
        #[serde(borrow)]
        result: CallAnswer<'a>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct ToolResult<'a> {
        #[serde(borrow)]
        content: &'a RawValue,
        #[serde(borrow, rename = "structuredContent")]
        structured: &'a RawValue,
        #[serde(default)]
        is_error: bool,
    }

    #[derive(Deserialize)]
    struct TextBlock {
        text: String,
    }

    let of_task = || serde_json::from_slice(&answer).map(|TaskAnswer { result }| result);
    let Ok(CallAnswer { result }) = serde_json::from_slice(&answer).or_else(|_| of_task()) else { return answer };
    let (content, structured) = (result.content.get(), result.structured.get());
    // The blocks after the first one are notes, for example about the next page.
    let blocks: Vec<&RawValue> = serde_json::from_str(content).unwrap_or_default();
    let Some((first, notes)) = blocks.split_first() else { return answer };
    let Ok(TextBlock { text }) = serde_json::from_str(first.get()) else { return answer };
    let is_same = is_json_of(&text, serde_json::from_str(structured).ok().as_ref());
    let notes = format!("[{}]", notes.iter().map(|note| note.get()).collect::<Vec<_>>().join(","));
    let mut parts = [
        (content, if only_structured && !result.is_error { notes.as_str() } else { content }),
        (structured, if is_same { text.as_str() } else { structured }),
    ];
    parts.sort_by_key(|(old, _)| old.as_ptr().addr());
    let mut written = Vec::with_capacity(answer.len());
    let mut at = 0;
    for (old, new) in parts {
        let start = old.as_ptr().addr() - answer.as_ptr().addr();
        written.extend_from_slice(answer.get(at..start).unwrap_or_default());
        written.extend_from_slice(new.as_bytes());
        at = start + old.len();
    }
    written.extend_from_slice(answer.get(at..).unwrap_or_default());
    written.into()
}
