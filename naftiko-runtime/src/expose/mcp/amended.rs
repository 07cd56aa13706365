//! Corrects the answers of rmcp, which lack the digits of numbers, the order of the members in the schemas of tools and questions, and
//! the tasks of MCP 2025-11-25.

use super::adapter::McpAdapter;
use super::digits::restore_structured_content;
use super::events::map_messages;
use super::head::is_json;
use super::refusal::{explained_in, is_rejected_by_name};
use super::rights::Rights;
use super::task_owner::lists_tasks;
use super::tasks::handshake;
use super::{listed, question_order};
use axum::body::Body;
use bytes::Bytes;
use http::Response;
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt;
use naftiko_spec::model::StructuredContent;
use rmcp::model::{
    ConstString, GetPromptRequestMethod, GetTaskMethod, InitializeResultMethod, ListToolsRequestMethod,
    ReadResourceRequestMethod,
};

/// The methods, besides tool calls, whose answers may contain questions.
const ASKING: [&str; 3] = [GetPromptRequestMethod::VALUE, ReadResourceRequestMethod::VALUE, GetTaskMethod::VALUE];

/// The changes to an answer of rmcp.
#[derive(Default)]
pub(super) struct Amendment {
    /// Restores the digits in the result of a tool. `Some(true)` also omits the text of the result; `None` changes no result.
    result: Option<bool>,
    /// The JSON that replaces the list of tools.
    tools: Option<Bytes>,
    /// Adds the tasks to the capabilities in the answer to `initialize`. `Some(true)` also declares that the client may list its
    /// tasks.
    tasks: Option<bool>,
    /// Whether the answer may contain questions to the user.
    asks: bool,
    /// Whether an error whose message is only the name of the method gets an explanation.
    explains_error: bool,
}

impl Amendment {
    /// Returns the changes to the answer to a message with this method. `has_result` is whether the answer may contain the result of
    /// a tool: the message is a call, or is about tasks.
    pub(super) fn of(method: &str, has_result: bool, adapter: &McpAdapter, rights: &Rights) -> Self {
        let only_structured = adapter.results == StructuredContent::Structured;
        Self {
            result: (has_result || method == GetTaskMethod::VALUE).then_some(only_structured),
            tools: (method == ListToolsRequestMethod::VALUE).then(|| adapter.listed_for(rights)),
            tasks: (method == InitializeResultMethod::VALUE && adapter.tasks.is_some()).then(|| lists_tasks(rights)),
            asks: has_result || ASKING.contains(&method),
            explains_error: is_rejected_by_name(method),
        }
    }

    /// Returns the changes to an answer whose method is unknown: a stream that a client resumes does not name the method of its
    /// request.
    pub(super) fn of_any(adapter: &McpAdapter, rights: &Rights) -> Self {
        Self {
            result: Some(adapter.results == StructuredContent::Structured),
            tools: Some(adapter.listed_for(rights)),
            tasks: adapter.tasks.is_some().then(|| lists_tasks(rights)),
            asks: true,
            // The transport of the session has explained the errors.
            explains_error: false,
        }
    }

    /// Applies the changes to a message. A change that concerns another kind of message has no effect.
    fn apply(&self, mut message: Bytes) -> Bytes {
        if self.explains_error {
            message = explained_in(message);
        }
        if self.asks {
            message = question_order::restore(message);
        }
        if let Some(only_structured) = self.result {
            message = restore_structured_content(message, only_structured);
        }
        if let Some(tools) = &self.tools {
            message = listed::replace_tools(message, tools);
        }
        if let Some(lists) = self.tasks {
            message = handshake::with_capability(message, lists);
        }
        message
    }

    /// Changes an answer, which is JSON or a stream of events.
    pub(super) async fn amend(self, answer: Response<Body>) -> Result<Response<Body>, axum::Error> {
        let changes_results = self.asks || self.result.is_some() || self.tools.is_some() || self.tasks.is_some();
        if !(self.explains_error || changes_results && answer.status().is_success()) {
            return Ok(answer);
        }
        if !is_json(answer.headers()) {
            return Ok(map_messages(answer, move |message| self.apply(message)));
        }
        let (mut parts, body) = answer.into_parts();
        parts.headers.remove(CONTENT_LENGTH);
        let body = self.apply(body.collect().await?.to_bytes());
        Ok(Response::from_parts(parts, body.into()))
    }
}
