//! What rmcp's answers lack: the digits of numbers, the order of the members of tools, and the tasks of 2025-11-25.

use super::digits::restore_structured_content;
use super::events::map_messages;
use super::head::is_json;
use super::listed;
use super::refusal::{explained_in, is_rejected_by_name};
use super::rights::Rights;
use super::tasks::{handshake, lists_tasks};
use super::tools::McpAdapter;
use axum::body::Body;
use bytes::Bytes;
use http::Response;
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt;
use naftiko_spec::model::StructuredContent;
use rmcp::model::{ConstString, GetTaskMethod, InitializeResultMethod, ListToolsRequestMethod};

/// What an answer of rmcp gets.
#[derive(Default)]
pub(super) struct Amendment {
    /// The digits of a result; `true` if its text is left out.
    result: Option<bool>,
    /// The list of tools.
    tools: Option<Bytes>,
    /// The tasks among the capabilities; `true` if the client may list them.
    tasks: Option<bool>,
    /// An explanation of an error that only names the method.
    is_explained: bool,
}

impl Amendment {
    /// Returns what the answer to a message gets, by its method. `has_result` is set for a call, and for messages about tasks.
    pub(super) fn of(method: &str, has_result: bool, adapter: &McpAdapter, rights: &Rights) -> Self {
        let only_structured = adapter.results == StructuredContent::Structured;
        Self {
            result: (has_result || method == GetTaskMethod::VALUE).then_some(only_structured),
            tools: (method == ListToolsRequestMethod::VALUE).then(|| adapter.listed_for(rights)),
            tasks: (method == InitializeResultMethod::VALUE && adapter.tasks.is_some()).then(|| lists_tasks(rights)),
            is_explained: is_rejected_by_name(method),
        }
    }

    /// Returns what any answer may get: a stream that a client resumes does not name the method of its request.
    pub(super) fn of_any(adapter: &McpAdapter, rights: &Rights) -> Self {
        Self {
            result: Some(adapter.results == StructuredContent::Structured),
            tools: Some(adapter.listed_for(rights)),
            tasks: adapter.tasks.is_some().then(|| lists_tasks(rights)),
            // Errors in the streams of sessions have been explained.
            is_explained: false,
        }
    }

    /// Amends a message. A message of another kind is not changed.
    fn apply(&self, mut message: Bytes) -> Bytes {
        if self.is_explained {
            message = explained_in(message);
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

    /// Amends an answer, which is JSON or a stream of events.
    pub(super) async fn amend(self, answer: Response<Body>) -> Result<Response<Body>, axum::Error> {
        let changes_results = self.result.is_some() || self.tools.is_some() || self.tasks.is_some();
        if !(self.is_explained || changes_results && answer.status().is_success()) {
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
