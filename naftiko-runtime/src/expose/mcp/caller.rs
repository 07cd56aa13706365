//! The connection to the caller of an operation over MCP, for progress, log messages and questions (elicitation, sampling and roots).
#![allow(deprecated, reason = "the newest revision deprecates sampling, roots and logging; clients still use them")]

use super::changes::Changes;
use super::client_questions::{fits, input_request, method, unaskable, unless_ending};
use super::client_state::ClientState;
use super::request_state::{QUESTION, RequestState, StateApproval};
use crate::error::{Error, Result};
use crate::operation::{BoxFuture, CallerSide, Change, LogLevel, PendingCall, Question, QuestionKind, cannot_ask};
use futures_util::future::try_join_all;
use http::request::Parts;
use rmcp::RoleServer;
use rmcp::model::{
    CancelledNotificationParam, ClientCapabilities, ElicitationCapability, ErrorData, InputRequests, InputResponses,
    LoggingLevel, LoggingMessageNotificationParam, NotificationMetaObject, ProgressNotificationParam, ProgressToken,
    RequestId, ServerRequest,
};
use rmcp::service::{Peer, PeerRequestOptions, RequestContext};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::Notify;

/// A mark in the extensions of a request whose client accepts only JSON, so that the server can send no messages before the answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct JsonOnly;

/// The connection to the caller of one operation.
pub(super) struct McpCallerSide {
    request: RequestContext<RoleServer>,
    progress: Option<ProgressToken>,
    /// The progress that was sent last. The lock is held while progress is sent, so that concurrent parts of a call keep the order.
    sent_progress: tokio::sync::Mutex<Option<f64>>,
    /// The minimum level of log messages; `None` if the client gets none.
    level: Option<LogLevel>,
    capabilities: ClientCapabilities,
    /// Whether the client accepts messages before the answer.
    accepts_streams: bool,
    /// Whether questions are sent in an `InputRequiredResult` (2026-07-28) instead of requests to the client.
    asks_in_answers: bool,
    /// Whether the client can answer requests of the server.
    answers_requests: bool,
    questions: PendingQuestions,
    changes: Arc<Changes>,
}

/// The questions of a call for an `InputRequiredResult`, and the answers of the client so far.
#[derive(Default)]
struct PendingQuestions {
    /// The answers to the questions of earlier requests, by the names of the questions.
    given: InputResponses,
    /// The approval of the earlier call that this call continues.
    approval: Option<StateApproval>,
    names: QuestionNames,
    /// Notified when the call needs an answer.
    stopped: Notify,
    asked: Mutex<AskedQuestions>,
}

/// The names of the questions of a call. Each is unique, since it identifies the answer.
#[derive(Default)]
pub(super) struct QuestionNames {
    /// The number of questions without a name so far.
    unnamed: AtomicUsize,
    /// How often each name was used.
    used: Mutex<HashMap<String, usize>>,
}

/// The questions that a call has asked and that have no answer yet.
#[derive(Default)]
struct AskedQuestions {
    open: InputRequests,
    /// A capability that the client lacks, so that a question cannot be asked.
    missing: Option<ClientCapabilities>,
    approval: Option<CallApproval>,
}

/// A request to the client that has no answer yet. If its call ends before the answer arrives, it is dropped, and the client gets a
/// cancellation.
struct OpenRequest {
    peer: Peer<RoleServer>,
    id: Option<RequestId>,
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        // A call can also be dropped after its runtime has ended.
        if let (Some(id), Ok(runtime)) = (self.id.take(), Handle::try_current()) {
            let peer = self.peer.clone();
            runtime.spawn(async move {
                // The client may have disconnected.
                let _ = peer.notify_cancelled(CancelledNotificationParam::new(Some(id), None)).await;
            });
        }
    }
}

/// The state of the approval of a call that stops to ask a question.
pub(super) enum CallApproval {
    /// The client is asked for the approval.
    Asked(StateApproval),
    /// The call was approved.
    Given(PendingCall),
}

/// The reason why a call has no result yet.
pub(super) enum Stopped {
    /// The call needs answers to these questions. The other fields are the earlier answers and the approval.
    Asks(InputRequests, InputResponses, Option<CallApproval>),
    /// The client lacks a capability.
    Refused(ErrorData),
}

impl QuestionNames {
    /// Returns the name of the next question: `name`, with a number if it was used before. So a method that repeats a question gets a
    /// new answer, not the earlier one.
    pub(super) fn next(&self, name: Option<String>) -> String {
        let number = || format!("input-{}", self.unnamed.fetch_add(1, Ordering::Relaxed) + 1);
        let name = name.unwrap_or_else(number);
        let mut names = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let uses = names.entry(name.clone()).or_default();
            *uses += 1;
            let numbered = match *uses {
                1 => return name,
                uses => format!("{name}-{}", uses - 1),
            };
            if !names.contains_key(&numbered) {
                names.insert(numbered.clone(), 1);
                return numbered;
            }
        }
    }
}

impl McpCallerSide {
    /// Creates the connection to the caller of a request. `state` contains the answers that the client has given so far.
    pub(super) fn of(session: &ClientState, context: &RequestContext<RoleServer>, state: RequestState) -> Self {
        let version = context.protocol_version();
        let modern = version.is_some_and(|version| !version.has_initialize());
        let json_only = |parts: &Parts| parts.extensions.get::<JsonOnly>().is_some();
        Self {
            request: context.clone(),
            progress: context.meta.get_progress_token(),
            sent_progress: tokio::sync::Mutex::default(),
            level: if modern { context.meta.log_level().map(from_mcp) } else { Some(session.level()) },
            capabilities: context.client_capabilities().unwrap_or_default(),
            accepts_streams: !context.extensions.get::<Parts>().is_some_and(json_only),
            asks_in_answers: modern,
            answers_requests: session.has_session(),
            questions: PendingQuestions {
                given: state.answers,
                approval: state.approval,
                ..PendingQuestions::default()
            },
            changes: session.changes(),
        }
    }

    /// Waits until the call needs an answer from its caller.
    pub(super) async fn stopped(&self) -> Stopped {
        self.questions.stopped.notified().await;
        let mut asked = self.questions.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(missing) = asked.missing.take() {
            return Stopped::Refused(ErrorData::missing_required_client_capability(missing));
        }
        let mut given = self.questions.given.clone();
        // An approval is valid only for the question that it answers, so it is not kept for the next request. An answer that does
        // not fit its question is not kept either: the question is open again.
        given.retain(|name, _| name != QUESTION && !asked.open.contains_key(name));
        Stopped::Asks(std::mem::take(&mut asked.open), given, asked.approval.take())
    }

    /// Returns whether questions are sent in an `InputRequiredResult`.
    pub(super) fn asks_in_answers(&self) -> bool {
        self.asks_in_answers
    }

    /// Returns whether the client stays connected, and accepts messages after the answer.
    pub(super) fn stays_connected(&self) -> bool {
        self.answers_requests && !self.asks_in_answers
    }

    /// Returns the connection, if the client stays connected.
    pub(super) fn connection(&self) -> Option<Peer<RoleServer>> {
        self.stays_connected().then(|| self.request.peer.clone())
    }

    pub(super) fn changes(&self) -> Arc<Changes> {
        self.changes.clone()
    }

    /// Returns the approval of the earlier call that this call continues.
    pub(super) fn earlier_approval(&self) -> Option<&StateApproval> {
        self.questions.approval.as_ref()
    }

    /// Returns the answers to the questions of earlier requests, by the names of the questions.
    pub(super) fn given(&self) -> &InputResponses {
        &self.questions.given
    }

    /// Returns the reply of a person to a question of the earlier call.
    pub(super) fn reply(&self, name: &str) -> Option<&Value> {
        self.questions.given.get(name).filter(|given| fits(QuestionKind::Reply, given))
    }

    /// Sends progress, with the metadata of the notification, if the client wants progress. MCP requires that progress increases with each
    /// notification (2025-11-25, Progress), so other progress is not sent.
    pub(super) async fn send_progress(
        &self,
        done: f64,
        total: Option<f64>,
        message: &str,
        meta: Option<NotificationMetaObject>,
    ) {
        let Some(token) = self.progress.clone().filter(|_| self.accepts_streams) else { return };
        let mut sent = self.sent_progress.lock().await;
        if sent.is_some_and(|sent| done <= sent) {
            return;
        }
        *sent = Some(done);
        let mut progress = ProgressNotificationParam::new(token, done);
        (progress.total, progress.meta) = (total, meta);
        if !message.is_empty() {
            progress = progress.with_message(message);
        }
        // The client may have disconnected.
        let _ = self.request.peer.notify_progress(progress).await;
    }

    /// Sends a log message, with the metadata of the notification, if the client wants messages of this level.
    pub(super) async fn send_log(&self, level: LogLevel, data: Value, meta: Option<NotificationMetaObject>) {
        if self.accepts_streams && self.level.is_some_and(|minimum| level >= minimum) {
            let mut message = LoggingMessageNotificationParam::new(to_mcp(level), data);
            message.meta = meta;
            let _ = self.request.peer.notify_logging_message(message).await;
        }
    }

    /// Records that the call was approved.
    pub(super) fn approved(&self, call: PendingCall) {
        let mut asked = self.questions.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.approval = Some(CallApproval::Given(call));
    }

    /// Asks for approval in an `InputRequiredResult`.
    pub(super) fn ask_approval(&self, params: &Value, approval: StateApproval) -> Result<()> {
        let request = input_request(QuestionKind::Reply, params)?;
        {
            let mut asked = self.questions.asked.lock().unwrap_or_else(PoisonError::into_inner);
            asked.open.insert(QUESTION.to_owned(), request);
            asked.approval = Some(CallApproval::Asked(approval));
        }
        self.questions.stopped.notify_one();
        Ok(())
    }

    /// Returns the client's answer if an earlier request asked this question. Otherwise, the call ends here: the question is sent in an
    /// `InputRequiredResult`, and the client repeats the call with the answer.
    async fn ask_in_answer(&self, question: Question) -> Result<Value> {
        let name = self.questions.names.next(question.name);
        if let Some(given) = self.questions.given.get(&name).filter(|given| fits(question.wanted, given)) {
            return Ok(given.clone());
        }
        {
            let mut asked = self.questions.asked.lock().unwrap_or_else(PoisonError::into_inner);
            if self.can(question.wanted) {
                asked.open.insert(name, input_request(question.wanted, &question.params)?);
            } else {
                let missing = match question.wanted {
                    QuestionKind::Reply => ClientCapabilities::builder().enable_elicitation().build(),
                    QuestionKind::Text => ClientCapabilities::builder().enable_sampling().build(),
                    QuestionKind::Roots => ClientCapabilities::builder().enable_roots().build(),
                };
                asked.missing.get_or_insert(missing);
            }
        }
        self.questions.stopped.notify_one();
        std::future::pending().await
    }

    /// Asks a call's first questions in an `InputRequiredResult`, before the call becomes a task. That ends the call,
    /// so this returns only if asking fails.
    pub(super) async fn ask_early(&self, questions: Vec<Question>) -> Error {
        let asking = questions.into_iter().map(|question| self.ask_in_answer(question));
        match try_join_all(asking).await {
            Ok(_) => Error::internal("the questions of this call have been answered already"),
            Err(error) => error,
        }
    }

    /// Asks in a request to the client.
    async fn ask_by_request(&self, question: Question) -> Result<Value> {
        if !self.can(question.wanted) {
            return Err(cannot_ask(question.wanted));
        }
        let request = json!({ "method": method(question.wanted), "params": question.params });
        let request: ServerRequest = serde_json::from_value(request).map_err(unaskable)?;
        let refused = |error| {
            let message = "the client did not answer the question of this operation";
            Error::new(http::StatusCode::UNPROCESSABLE_ENTITY, message).because(error)
        };
        let answer = async {
            let asked = self.request.peer.send_cancellable_request(request, PeerRequestOptions::no_options());
            let asked = asked.await.map_err(refused)?;
            let mut open = OpenRequest { peer: asked.peer.clone(), id: Some(asked.id.clone()) };
            let answer = asked.await_response().await;
            open.id = None;
            serde_json::to_value(answer.map_err(refused)?).map_err(Error::internal)
        };
        unless_ending(answer).await
    }
}

impl CallerSide for McpCallerSide {
    fn progress<'a>(&'a self, done: f64, total: Option<f64>, message: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(self.send_progress(done, total, message, None))
    }

    fn log(&self, level: LogLevel, data: Value) -> BoxFuture<'_, ()> {
        Box::pin(self.send_log(level, data, None))
    }

    fn is_cancelled(&self) -> bool {
        self.request.ct.is_cancelled()
    }

    fn cancelled(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.request.ct.cancelled())
    }

    fn can(&self, wanted: QuestionKind) -> bool {
        (self.asks_in_answers || (self.answers_requests && self.accepts_streams))
            && match wanted {
                QuestionKind::Reply => self.capabilities.elicitation.as_ref().is_some_and(has_forms),
                QuestionKind::Text => self.capabilities.sampling.is_some(),
                QuestionKind::Roots => self.capabilities.roots.is_some(),
            }
    }

    fn ask(&self, question: Question) -> BoxFuture<'_, Result<Value>> {
        if self.asks_in_answers {
            Box::pin(self.ask_in_answer(question))
        } else {
            Box::pin(self.ask_by_request(question))
        }
    }

    fn changed(&self, change: Change) {
        self.changes.notify(&change);
    }
}

/// Returns whether a client shows forms. A client that names no mode shows forms (MCP 2025-11-25, Elicitation).
fn has_forms(capability: &ElicitationCapability) -> bool {
    capability.form.is_some() || capability.url.is_none()
}

fn to_mcp(level: LogLevel) -> LoggingLevel {
    match level {
        LogLevel::Debug => LoggingLevel::Debug,
        LogLevel::Info => LoggingLevel::Info,
        LogLevel::Notice => LoggingLevel::Notice,
        LogLevel::Warning => LoggingLevel::Warning,
        LogLevel::Error => LoggingLevel::Error,
        LogLevel::Critical => LoggingLevel::Critical,
        LogLevel::Alert => LoggingLevel::Alert,
        LogLevel::Emergency => LoggingLevel::Emergency,
    }
}

/// Converts a log level of MCP.
pub(super) fn from_mcp(level: LoggingLevel) -> LogLevel {
    match level {
        LoggingLevel::Debug => LogLevel::Debug,
        LoggingLevel::Info => LogLevel::Info,
        LoggingLevel::Notice => LogLevel::Notice,
        LoggingLevel::Warning => LogLevel::Warning,
        LoggingLevel::Error => LogLevel::Error,
        LoggingLevel::Critical => LogLevel::Critical,
        LoggingLevel::Alert => LogLevel::Alert,
        LoggingLevel::Emergency => LogLevel::Emergency,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    #[test]
    fn a_client_that_supports_only_the_url_mode_shows_no_forms() {
        for (capability, expected) in [
            (json!({}), true),
            (json!({ "form": {} }), true),
            (json!({ "form": {}, "url": {} }), true),
            (json!({ "url": {} }), false),
        ] {
            assert_eq!(
                super::has_forms(&serde_json::from_value(capability.clone()).unwrap()),
                expected,
                "{capability}"
            );
        }
    }
}
