//! Converts the result of an operation to the content of a resource, the messages of a prompt, or the values of a completion.

use super::adapter::McpAdapter;
use super::file_content::{file_contents, read_file};
use crate::error::{Error, Result};
use crate::operation::call::{collect, time_limit, with_budget};
use crate::operation::{Content, ContentBlock, Context, EmbeddedResource, Operation, PromptMessage};
use crate::schema::{OwnedArgument, Shape};
use bytes::Bytes;
use http::StatusCode;
use naftiko_spec::model::is_json;
use rmcp::model::ResourceContents;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// The result of an operation, and how long clients may cache it.
struct FreshOutcome {
    outcome: Outcome,
    fresh: Duration,
}

/// The result of an operation.
enum Outcome {
    Nothing,
    Json(Bytes),
    File(String, Bytes),
}

/// Calls an operation, and reads its whole result.
async fn call(
    adapter: &McpAdapter,
    operation: &Arc<Operation>,
    given: Vec<OwnedArgument>,
    context: Context,
) -> Result<FreshOutcome> {
    let limit = time_limit(&adapter.capability, &context);
    let (output, call_budget) = with_budget(&adapter.capability, operation, given, context).await?;
    let fresh = output.fresh;
    let outcome = match output.content {
        Content::Empty => Outcome::Nothing,
        Content::Json(json) => Outcome::Json(json),
        Content::Raw(raw) => Outcome::Json(collect(operation, raw, limit).await?),
        Content::Items(items) => Outcome::Json(collect(operation, items.into_array(call_budget.clone()), limit).await?),
        Content::Download(file) => {
            let mime_type = file.content_type().to_owned();
            Outcome::File(
                mime_type,
                read_file(&adapter.capability, operation, *file, limit, &call_budget).await?.freeze(),
            )
        }
    };
    Ok(FreshOutcome { outcome, fresh })
}

/// Calls an operation, and returns its result as the content of a resource, and how long clients may cache the content.
/// `mime_type` is the declared media type.
pub(super) async fn resource_contents(
    adapter: &McpAdapter,
    operation: &Arc<Operation>,
    given: Vec<OwnedArgument>,
    context: Context,
    (uri, mime_type): (&str, Option<&str>),
) -> Result<(Vec<ResourceContents>, Duration)> {
    let FreshOutcome { outcome, fresh } = call(adapter, operation, given, context).await?;
    Ok((contents(operation, outcome, (uri, mime_type))?, fresh))
}

/// Returns the result of an operation as the content of a resource.
fn contents(
    operation: &Operation,
    outcome: Outcome,
    (uri, mime_type): (&str, Option<&str>),
) -> Result<Vec<ResourceContents>> {
    let as_text = |text: String, otherwise: &str| {
        ResourceContents::text(text, uri).with_mime_type(mime_type.unwrap_or(otherwise))
    };
    let json = match outcome {
        Outcome::Nothing => return Ok(vec![as_text(String::new(), "text/plain")]),
        Outcome::File(of_file, file) => return Ok(vec![file_contents(&file, uri, mime_type.unwrap_or(&of_file))]),
        Outcome::Json(json) => json,
    };
    if json.trim_ascii() == b"null" {
        return Err(Error::new(StatusCode::NOT_FOUND, "no resource found at this URI").in_operation(operation.name()));
    }
    if operation.output.shape == Shape::Blocks {
        let blocks = blocks(&json)?.into_iter();
        return Ok(blocks.map(|block| block_contents(block, uri, mime_type)).collect());
    }
    // A string is sent without its JSON quotes if the declared media type is not JSON.
    let is_string = json.trim_ascii_start().starts_with(b"\"") && mime_type.is_some_and(|declared| !is_json(declared));
    if is_text(operation) || is_string {
        return Ok(vec![as_text(read(&json)?, "text/plain")]);
    }
    let json = String::from_utf8(json.into()).map_err(Error::internal)?;
    Ok(vec![as_text(json, "application/json")])
}

/// Calls an operation, and returns its result as the messages of a prompt.
pub(super) async fn prompt_messages(
    adapter: &McpAdapter,
    operation: &Arc<Operation>,
    given: Vec<OwnedArgument>,
    context: Context,
) -> Result<Vec<PromptMessage>> {
    let json = match call(adapter, operation, given, context).await?.outcome {
        Outcome::Nothing => return Ok(Vec::new()),
        Outcome::File(mime_type, file) => {
            let uri = format!("file:///{}", operation.name());
            return Ok(vec![PromptMessage::user(ContentBlock::blob(uri, mime_type, file))]);
        }
        // An `Option` that is `None`.
        Outcome::Json(json) if json.trim_ascii() == b"null" => return Ok(Vec::new()),
        Outcome::Json(json) => json,
    };
    match operation.output.shape {
        Shape::Messages => one_or_many(&json),
        Shape::Blocks => Ok(blocks(&json)?.into_iter().map(PromptMessage::user).collect()),
        _ if is_text(operation) => Ok(vec![PromptMessage::user(read::<String>(&json)?)]),
        _ => Ok(vec![PromptMessage::user(String::from_utf8(json.into()).map_err(Error::internal)?)]),
    }
}

/// Calls an operation that completes an argument, and returns the values.
pub(super) async fn completions(
    adapter: &McpAdapter,
    operation: &Arc<Operation>,
    given: Vec<OwnedArgument>,
) -> Result<Vec<String>> {
    match call(adapter, operation, given, Context::none()).await?.outcome {
        Outcome::Json(json) => {
            let values: Vec<Value> = read::<Option<_>>(&json)?.unwrap_or_default();
            let text = |value: Value| match value {
                Value::String(text) => text,
                value => value.to_string(),
            };
            Ok(values.into_iter().map(text).collect())
        }
        Outcome::Nothing | Outcome::File(..) => Ok(Vec::new()),
    }
}

/// Converts a content block to the content of a resource.
fn block_contents(block: ContentBlock, uri: &str, declared: Option<&str>) -> ResourceContents {
    let blob = |data: String, mime_type: String| ResourceContents::blob(data, uri).with_mime_type(mime_type);
    match block {
        ContentBlock::Text { text } => {
            ResourceContents::text(text, uri).with_mime_type(declared.unwrap_or("text/plain"))
        }
        ContentBlock::Image { mime_type, data } | ContentBlock::Audio { mime_type, data } => blob(data, mime_type),
        ContentBlock::Resource { resource: EmbeddedResource { uri, mime_type, text, blob } } => {
            let content = match (text, blob) {
                (Some(text), _) => ResourceContents::text(text, uri),
                (None, blob) => ResourceContents::blob(blob.unwrap_or_default(), uri),
            };
            content.with_mime_type(mime_type)
        }
        ContentBlock::ResourceLink { uri: to, .. } => ResourceContents::text(to, uri).with_mime_type("text/uri-list"),
    }
}

/// Returns whether the result of an operation is a string or null.
fn is_text(operation: &Operation) -> bool {
    let types = operation.output.schema.get("type");
    match types {
        Some(Value::String(one)) => one == "string",
        Some(Value::Array(several)) => several.iter().all(|one| one == "string" || one == "null"),
        _ => false,
    }
}

fn blocks(json: &[u8]) -> Result<Vec<ContentBlock>> {
    one_or_many(json)
}

/// Parses a value or a list of values; null is an empty list.
fn one_or_many<T: DeserializeOwned>(json: &[u8]) -> Result<Vec<T>> {
    if json.trim_ascii_start().starts_with(b"[") { read(json) } else { read(json).map(Vec::from_iter::<Option<T>>) }
}

fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T> {
    serde_json::from_slice(json).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::operation::{Arguments, BoxFuture, Capability, Operations, Output, OutputType};
    use serde_json::json;

    /// An implementation whose operation returns `None`.
    struct Nothing;

    impl Operations for Nothing {
        fn call<'a>(&'a self, _: usize, _: &'a Arguments) -> Result<BoxFuture<'a, Result<Output>>> {
            Ok(Box::pin(async { Ok(Content::Json("null".into()).into()) }))
        }
    }

    #[tokio::test]
    async fn an_absent_result_is_no_message_and_no_value() {
        let exposes = json!([{ "type": "mcp", "namespace": "m" }]);
        let draft: naftiko_spec::Draft = serde_json::from_value(json!({
            "head": { "naftiko": "1.0.0-alpha2", "capability": { "exposes": exposes } },
            "fragments": [{ "name": "ask" }],
        }))
        .unwrap();
        for shape in [Shape::Value, Shape::Messages, Shape::Blocks] {
            let output = OutputType { shape, schema: json!({ "type": ["string", "null"] }) };
            let operation = Arc::new(Operation::new(0, "ask", draft.fragments[0].clone(), Vec::new(), output));
            let capability = Capability::assemble(Arc::new(draft.clone()), vec![operation.clone()], Arc::new(Nothing));
            let adapter = McpAdapter::of(&capability, Some(0));
            let messages = prompt_messages(&adapter, &operation, Vec::new(), Context::none()).await.unwrap();
            let values = completions(&adapter, &operation, Vec::new()).await.unwrap();
            assert!(messages.is_empty() && values.is_empty(), "{messages:?} {values:?}");
        }
    }
}
