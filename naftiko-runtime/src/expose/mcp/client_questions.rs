//! Converts the questions of operations to MCP requests (elicitation, sampling and roots), and checks the kind of an answer.

use crate::error::{Error, Result};
use crate::operation::{ProgramShutdown, QuestionKind};
use futures_util::future::{Either, select};
use rmcp::model::InputRequest;
use serde_json::{Value, json};
use std::pin::pin;

/// Returns the MCP method of a question.
pub(super) fn method(wanted: QuestionKind) -> &'static str {
    match wanted {
        QuestionKind::Reply => "elicitation/create",
        QuestionKind::Text => "sampling/createMessage",
        QuestionKind::Roots => "roots/list",
    }
}

/// Returns a question as it is in an `InputRequiredResult`.
pub(super) fn input_request(wanted: QuestionKind, params: &Value) -> Result<InputRequest> {
    serde_json::from_value(json!({ "method": method(wanted), "params": params })).map_err(unaskable)
}

/// Returns whether an answer matches the kind of a question.
pub(super) fn fits(wanted: QuestionKind, given: &Value) -> bool {
    match wanted {
        QuestionKind::Reply => given.get("action").is_some_and(Value::is_string),
        QuestionKind::Text => given.get("content").is_some(),
        QuestionKind::Roots => given.get("roots").is_some_and(Value::is_array),
    }
}

/// Waits for the answer to a question. Returns an error when the program begins to stop, since nobody can answer then.
pub(super) async fn unless_ending(answer: impl Future<Output = Result<Value>>) -> Result<Value> {
    match select(pin!(answer), pin!(ProgramShutdown::begun())).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(Error::new(
            http::StatusCode::SERVICE_UNAVAILABLE,
            "the server is stopping, so this question cannot be answered",
        )),
    }
}

/// Returns the error for a question that MCP cannot ask.
pub(super) fn unaskable(error: impl std::fmt::Display) -> Error {
    Error::internal(format!("a question can only ask for strings, numbers, booleans and choices: {error}"))
}
