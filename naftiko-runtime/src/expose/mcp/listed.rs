//! The list of tools as it is sent, with members in the declared order, which rmcp's types do not preserve.

use crate::schema::{Order, Ordered};
use bytes::Bytes;
use naftiko_spec::model::TaskSupport;
use rmcp::model::{Tool, ToolAnnotations};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The approximate number of bytes of JSON in a token.
#[cfg(any(feature = "cli", feature = "page"))]
const BYTES_OF_TOKEN: usize = 4;

/// A tool in the list of tools.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListedTool<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    input_schema: Ordered<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_schema: Option<Ordered<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<&'a ToolAnnotations>,
    #[serde(skip_serializing_if = "Option::is_none")]
    execution: Option<ToolExecution>,
}

/// The execution of a tool, with or without tasks (MCP 2025-11-25, `ToolExecution`).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToolExecution {
    task_support: TaskSupport,
}

/// Returns the JSON of a tool, with the members of its schemas in these orders.
pub(super) fn tool_json(tool: &Tool, task: Option<TaskSupport>, arguments: &Order, result: &Order) -> String {
    let input = Value::Object(tool.input_schema.as_ref().clone());
    let output = tool.output_schema.as_ref().map(|schema| Value::Object(schema.as_ref().clone()));
    let written = ListedTool {
        name: &tool.name,
        title: tool.title.as_deref(),
        description: tool.description.as_deref(),
        input_schema: arguments.schema(&input),
        output_schema: output.as_ref().map(|schema| result.schema(schema)),
        annotations: tool.annotations.as_ref(),
        execution: task.map(|task_support| ToolExecution { task_support }),
    };
    // Serializing these types cannot fail.
    serde_json::to_string(&written).unwrap_or_default()
}

/// Returns the method of a message.
pub(super) fn method_of(message: &[u8]) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Request<'a> {
        #[serde(borrow)]
        method: Cow<'a, str>,
    }

    serde_json::from_slice::<Request<'_>>(message).ok().map(|request| request.method)
}

/// Replaces the tools of an answer; an answer without tools is returned unchanged.
pub(super) fn replace_tools(answer: Bytes, tools: &[u8]) -> Bytes {
    #[derive(Deserialize)]
    struct ListAnswer<'a> {
        #[serde(borrow)]
        result: Listed<'a>,
    }

    #[derive(Deserialize)]
    struct Listed<'a> {
        #[serde(borrow)]
        tools: &'a RawValue,
    }

    let Ok(ListAnswer { result }) = serde_json::from_slice::<ListAnswer<'_>>(&answer) else { return answer };
    let replaced = result.tools.get();
    let start = replaced.as_ptr().addr() - answer.as_ptr().addr();
    let (before, rest) = answer.split_at(start);
    let after = rest.get(replaced.len()..).unwrap_or_default();
    [before, tools, after].concat().into()
}

/// Estimates how many tokens of a model's context a JSON text takes.
#[cfg(any(feature = "cli", feature = "page"))]
pub(super) fn tokens_of(json: &str) -> usize {
    json.len().div_ceil(BYTES_OF_TOKEN)
}

#[cfg(test)]
mod tests {
    use super::replace_tools;

    #[test]
    fn only_the_tools_are_replaced() {
        let replaced = |answer: &'static str| replace_tools(answer.as_bytes().into(), b"[1]");
        assert_eq!(
            replaced(r#"{"id":1,"result":{"ttlMs":0,"tools":[{"name":"[]"}],"more":"x"}}"#),
            r#"{"id":1,"result":{"ttlMs":0,"tools":[1],"more":"x"}}"#
        );
        assert_eq!(replaced(r#"{"id":1,"error":{}}"#), r#"{"id":1,"error":{}}"#);
    }
}
