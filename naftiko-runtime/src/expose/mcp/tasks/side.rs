//! Connects an operation that runs as a task to its caller.

use super::running::RunningTask;
use super::wire::RELATED;
use crate::error::Result;
use crate::expose::mcp::caller::{McpCallerSide, method};
use crate::expose::mcp::changes::Changes;
use crate::operation::{BoxFuture, CallerSide, Change, LogLevel, Question, QuestionKind, cannot_ask};
use rmcp::model::NotificationMetaObject;
use serde_json::{Value, json};
use std::sync::Arc;

/// The caller of an operation that runs as a task.
pub(super) struct TaskCallerSide {
    task: Arc<RunningTask>,
    /// The connection of a client that stays connected, up to the revision 2025-11-25.
    connected: Option<Arc<McpCallerSide>>,
    /// What the client can be asked for: a reply, text, its folders.
    can: [bool; 3],
    changes: Arc<Changes>,
}

impl TaskCallerSide {
    pub(super) fn new(task: Arc<RunningTask>, caller: &Arc<McpCallerSide>) -> Self {
        let kinds = [QuestionKind::Reply, QuestionKind::Text, QuestionKind::Roots];
        Self {
            task,
            connected: caller.stays_connected().then(|| caller.clone()),
            can: kinds.map(|kind| caller.can(kind)),
            changes: caller.changes(),
        }
    }

    /// Returns the metadata that each message about the task has in the revision 2025-11-25.
    fn related(&self) -> NotificationMetaObject {
        let mut meta = NotificationMetaObject::new();
        meta.0.0.insert(RELATED.to_owned(), json!({ "taskId": self.task.id }));
        meta
    }
}

impl CallerSide for TaskCallerSide {
    fn progress<'a>(&'a self, done: f64, total: Option<f64>, message: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let amount = total.map_or_else(|| done.to_string(), |total| format!("{done} of {total}"));
            self.task.note(if message.is_empty() { amount } else { format!("{message} ({amount})") }).await;
            if let Some(caller) = &self.connected {
                caller.send_progress(done, total, message, Some(self.related())).await;
            }
        })
    }

    fn log(&self, level: LogLevel, data: Value) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if let Some(caller) = &self.connected {
                caller.send_log(level, data, Some(self.related())).await;
            }
        })
    }

    fn is_cancelled(&self) -> bool {
        self.task.is_cancelled()
    }

    fn cancelled(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.task.until_cancelled())
    }

    fn can(&self, wanted: QuestionKind) -> bool {
        let [reply, text, roots] = self.can;
        match wanted {
            QuestionKind::Reply => reply,
            QuestionKind::Text => text,
            QuestionKind::Roots => roots,
        }
    }

    fn ask(&self, mut question: Question) -> BoxFuture<'_, Result<Value>> {
        Box::pin(async move {
            if !self.can(question.wanted) {
                return Err(cannot_ask(question.wanted));
            }
            let request = json!({ "method": method(question.wanted), "params": question.params });
            let name = question.name.clone();
            question.params["_meta"][RELATED] = json!({ "taskId": self.task.id });
            let given = self.connected.as_ref().map(|caller| caller.ask(question));
            self.task.ask(name, request, given).await
        })
    }

    fn changed(&self, change: Change) {
        self.changes.notify(&change);
    }
}
