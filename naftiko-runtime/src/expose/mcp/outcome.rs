//! The result of one tool call: as rmcp's type, or directly as the bytes of the answer.

use super::adapter::McpAdapter;
use super::approval::Approved;
use super::file_content::read_file;
use super::json_string;
use super::message::RawArguments;
use super::next_page;
use super::rights::Rights;
use super::streamed;
use super::tools::{ToolEntry, ToolKind};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::CallBudget;
use crate::numbers::parse_finite;
use crate::operation::call::{time_limit, unanswered};
use crate::operation::{Content, Context, Download, Shape};
use bytes::Bytes;
use http::StatusCode;
use naftiko_spec::model::StructuredContent;
use rmcp::model::{CallToolResult, ContentBlock, RequestId, ResourceContents};
use std::time::Duration;

/// The text that a client gets when a method returns nothing.
const DONE: &str = "Done.";

/// The result of a successful tool call.
pub(super) struct Success {
    text: Bytes,
    /// JSON for `structuredContent`: the same as the text, unless the result is a string. The text is then the string itself, with a note
    /// if it was truncated.
    structured: Option<Bytes>,
    /// Whether the text is omitted, because there is structured content.
    only_structured: bool,
    /// Whether the text is the JSON of a content block, or of a list of content blocks.
    blocks: bool,
    /// A file, which replaces the text.
    file: Option<Box<ContentBlock>>,
    /// A note in a block of its own: how to get the next page, or why a stream was stopped.
    note: Option<String>,
    /// An upper bound for the length of the answer without a file, in bytes.
    length: usize,
    /// The memory budget for this result and for the answer built from it.
    call_budget: CallBudget,
}

/// Calls a tool. The scopes of the caller and the approval of the call have been checked.
pub(super) async fn call(
    adapter: &McpAdapter,
    entry: &ToolEntry,
    arguments: &RawArguments,
    context: Context,
    rights: &Rights,
    _: Approved,
) -> Result<Success> {
    let given = adapter.bind(entry, arguments)?;
    if entry.kind != ToolKind::Operation {
        let (text, call_budget) = (adapter.search_or_describe(entry, &given, rights)?, CallBudget::default());
        return Ok(Success::new(text, None, false, call_budget));
    }
    let (progress, limit) = (context.clone(), time_limit(&adapter.capability, &context));
    let (output, call_budget) =
        crate::operation::call::with_budget(&adapter.capability, &entry.operation, given, context).await?;
    let next = output.next?;
    let mut stopped = None;
    let (text, structured) = match output.content {
        // A tool with an output schema always has structured content.
        Content::Empty if entry.operation.output.shape == Shape::Value => (Bytes::from_static(b"null"), true),
        Content::Empty => (Bytes::from_static(DONE.as_bytes()), false),
        Content::Json(json) if entry.operation.output.shape != Shape::Blocks => (json, true),
        // An `Option` of a block that is `None`.
        Content::Json(json) if json.as_ref() == b"null" => (Bytes::from_static(b"[]"), false),
        Content::Json(blocks) => (blocks, false),
        Content::Raw(raw) => {
            let structured = entry.operation.output.shape == Shape::Value;
            (crate::operation::call::collect(&entry.operation, raw, limit).await?, structured)
        }
        Content::Items(items) => {
            let text;
            (text, stopped) = streamed::array(&entry.operation, items, &progress, limit, &call_budget).await?;
            (text, true)
        }
        Content::Download(file) => {
            // In a box, so that the future of a call without a file stays small.
            let embedded = Box::pin(embedded_file(adapter, entry, *file, limit, &call_budget));
            let file = Some(Box::new(embedded.await?));
            let note = next.map(|next| next_page::note(entry, &next, false));
            return Ok(Success { file, ..Success::new(Bytes::new(), None, false, call_budget) }.with_note(note));
        }
    };
    let called = (&*entry.tool.name, arguments, arguments.offset);
    let is_string = entry.is_string(&text);
    let (text, remainder) = match &entry.limit {
        Some(limit) => limit.cut(&adapter.seal, called, text, is_string)?,
        None => (text, None),
    };
    // A truncated page has no note about the next page: the agent must fetch the rest of this page first.
    let note = next.filter(|_| remainder.is_none()).map(|next| next_page::note(entry, &next, arguments.offset > 0));
    let note = note.or(stopped);
    let remainder = entry.limit.as_ref().zip(remainder.as_ref());
    let as_text = adapter.results == StructuredContent::Text;
    let blocks = entry.operation.output.shape == Shape::Blocks;
    let with_note = |text: Bytes| match remainder {
        Some((limit, remainder)) => limit.with_note(&text, remainder, blocks),
        None => text,
    };
    let (text, structured) = if structured {
        let plain = is_string.then(|| serde_json::from_slice::<String>(&text).ok()).flatten();
        // The remainder is a member of the JSON of an object, and a note in any other text.
        let needs_note = plain.is_some() || as_text;
        let mut json = if entry.wrapped && !as_text { wrap(&text) } else { text };
        if let Some((limit, remainder)) = remainder.filter(|_| !as_text) {
            json = limit.with_remainder(&json, remainder);
        }
        let text = plain.map_or_else(|| json.clone(), Bytes::from);
        (if needs_note { with_note(text) } else { text }, Some(json))
    } else {
        (with_note(text), None)
    };
    let structured = structured.filter(|_| !as_text);
    let only_structured = structured.is_some() && adapter.results == StructuredContent::Structured;
    let success = Success { blocks, ..Success::new(text, structured, only_structured, call_budget) }.with_note(note);
    success.call_budget.reserve(success.length).map_err(|error| unanswered(&entry.operation, error))?;
    Ok(success)
}

/// Returns a file as an embedded resource, if it is within the limit.
async fn embedded_file(
    adapter: &McpAdapter,
    entry: &ToolEntry,
    file: Download,
    time_limit: Duration,
    call_budget: &CallBudget,
) -> Result<ContentBlock> {
    let (mime_type, name) = (file.content_type().to_owned(), file.file_name());
    let bytes = read_file(&adapter.capability, &entry.operation, file, time_limit, call_budget).await?;
    let name = name.unwrap_or_else(|| entry.tool.name.to_string());
    let uri = format!("file:///{}", crate::operation::encoded(&name));
    let resource = ResourceContents::blob(crate::operation::base64(&bytes), uri);
    Ok(ContentBlock::resource(resource.with_mime_type(mime_type)))
}

/// Wraps JSON as `{"result": …}`.
fn wrap(json: &[u8]) -> Bytes {
    const BEFORE: &[u8] = br#"{"result":"#;
    let mut wrapped = Vec::with_capacity(BEFORE.len() + json.len() + 1);
    wrapped.extend_from_slice(BEFORE);
    wrapped.extend_from_slice(json);
    wrapped.push(b'}');
    wrapped.into()
}

impl Success {
    fn new(text: Bytes, structured: Option<Bytes>, only_structured: bool, call_budget: CallBudget) -> Self {
        // The answer contains the text as a JSON string, and possibly again as JSON.
        let length = 256 + text.len() + added_by_escapes(&text) + structured.as_ref().map_or(0, Bytes::len);
        Self { text, structured, only_structured, blocks: false, file: None, note: None, length, call_budget }
    }

    /// Adds a note about the next page, or about a stream that was stopped.
    fn with_note(self, note: Option<String>) -> Self {
        let added = note.as_ref().map_or(0, |note| 32 + note.len() + added_by_escapes(note.as_bytes()));
        Self { note, length: self.length + added, ..self }
    }

    fn text(&self) -> Result<&str> {
        std::str::from_utf8(&self.text).map_err(|error| {
            let message = "the answer is not UTF-8";
            Error::of(ErrorKind::BadAnswer, StatusCode::BAD_GATEWAY, message).because(error)
        })
    }

    fn into_result(mut self) -> Result<CallToolResult> {
        let note = self.note.take().map(ContentBlock::text);
        let mut result = self.without_note()?;
        result.content.extend(note);
        Ok(result)
    }

    /// Returns the result without the note.
    fn without_note(self) -> Result<CallToolResult> {
        if let Some(file) = self.file {
            return Ok(CallToolResult::success(vec![*file]));
        }
        if self.blocks {
            let text = self.text()?.trim_start();
            let list = if text.starts_with('[') { text.to_owned() } else { format!("[{text}]") };
            let blocks: Vec<ContentBlock> = serde_json::from_str(&list).map_err(Error::internal)?;
            return Ok(CallToolResult::success(blocks));
        }
        let mut result = CallToolResult::success(vec![ContentBlock::text(self.text()?)]);
        if let Some(json) = &self.structured {
            let json = std::str::from_utf8(json).map_err(Error::internal)?;
            result.structured_content = Some(parse_finite(json).map_err(Error::internal)?);
        }
        Ok(result)
    }

    /// Appends the JSON of [`Self::into_result`] to `answer`, without building the value, and without the text if `only_structured` is
    /// set. `modern` is whether the client uses MCP 2026-07-28, in which a result names its type.
    fn write(&self, modern: bool, answer: &mut Vec<u8>) -> Result<()> {
        let text = self.text()?;
        answer.push(b'{');
        if modern {
            answer.extend_from_slice(br#""resultType":"complete","#);
        }
        answer.extend_from_slice(br#""content":["#);
        let start = answer.len();
        if let Some(file) = &self.file {
            serde_json::to_writer(&mut *answer, file).map_err(Error::internal)?;
        } else if self.blocks {
            let list = text.trim_start().strip_prefix('[').and_then(|list| list.trim_end().strip_suffix(']'));
            answer.extend_from_slice(list.unwrap_or(text).as_bytes());
        } else if !self.only_structured {
            answer.extend_from_slice(br#"{"type":"text","text":"#);
            json_string::push(answer, text);
            answer.push(b'}');
        }
        if let Some(note) = &self.note {
            let separator: &[u8] = if answer.len() > start { b"," } else { b"" };
            answer.extend_from_slice(separator);
            answer.extend_from_slice(br#"{"type":"text","text":"#);
            json_string::push(answer, note);
            answer.push(b'}');
        }
        answer.push(b']');
        if let Some(json) = &self.structured {
            answer.extend_from_slice(br#","structuredContent":"#);
            answer.extend_from_slice(json);
        }
        answer.extend_from_slice(br#","isError":false}"#);
        Ok(())
    }
}

/// Returns an upper bound for the bytes that JSON escapes add to a text.
fn added_by_escapes(text: &[u8]) -> usize {
    let mut added = 0;
    let mut count = |piece: &[u8]| {
        let mut here = 0_u8;
        for byte in piece {
            here += u8::from(*byte == b'"') + u8::from(*byte == b'\\') + 5 * u8::from(*byte < 32);
        }
        added += usize::from(here);
    };
    // The count of each piece fits in a byte, so that the compiler can compare many bytes at once.
    let pieces = text.chunks_exact(32);
    count(pieces.remainder());
    pieces.for_each(count);
    added
}

/// Returns the result of a call as rmcp's type.
pub(super) fn result(outcome: Result<Success>, entry: &ToolEntry) -> CallToolResult {
    outcome.and_then(Success::into_result).unwrap_or_else(|error| entry.failed(error))
}

/// Writes the whole JSON-RPC answer of a call. A test checks that it equals what clients get for
/// [`result`] through rmcp.
pub(super) fn answer(
    outcome: Result<Success>,
    entry: &ToolEntry,
    id: &RequestId,
    modern: bool,
) -> serde_json::Result<Bytes> {
    let (size, call_budget) =
        outcome.as_ref().map_or_else(|_| Default::default(), |success| (success.length, success.call_budget.clone()));
    let mut answer = Vec::with_capacity(size);
    answer.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    serde_json::to_writer(&mut answer, id)?;
    answer.extend_from_slice(br#","result":"#);
    let start = answer.len();
    if let Err(error) = outcome.and_then(|success| success.write(modern, &mut answer)) {
        answer.truncate(start);
        let mut result = entry.failed(error);
        if !modern {
            result.result_type = None;
        }
        serde_json::to_writer(&mut answer, &result)?;
    }
    answer.push(b'}');
    // The memory for these bytes has been reserved.
    let answer = Bytes::from(answer);
    Ok(call_budget.keep(answer.clone()).unwrap_or(answer))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn the_estimated_length_of_an_answer_is_sufficient() {
        let long = "\"\\\u{1}\n\u{e9}".repeat(1000);
        for (text, structured) in [("{}", true), ("\"\"", false), (&*long, false), (&json!([long]).to_string(), true)] {
            let text = Bytes::copy_from_slice(text.as_bytes());
            let structured = structured.then(|| text.clone());
            let success = Success::new(text.clone(), structured, false, CallBudget::default());
            let mut answer = Vec::new();
            success.write(true, &mut answer).unwrap();
            assert!(answer.len() <= success.length && success.length <= answer.len() + 4500, "{text:?}");
            serde_json::from_slice::<Value>(&answer).unwrap();
        }
    }
}
