//! Connects an operation that runs as a task to its caller.

use super::caller::{McpCallerSide, QuestionNames};
use super::changes::Changes;
use super::client_questions::{fits, method};
use super::tasks::{RELATED, RunningTask};
use crate::error::Result;
use crate::operation::early_questions::EarlyQuestions;
use crate::operation::{BoxFuture, CallerSide, Change, Context, LogLevel, Question, QuestionKind, cannot_ask};
use rmcp::model::{InputResponses, NotificationMetaObject};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The caller of an operation that runs as a task.
struct TaskCallerSide {
    task: Arc<RunningTask>,
    /// The connection of a client that stays connected, up to the revision 2025-11-25.
    connected: Option<Arc<McpCallerSide>>,
    /// What the client can be asked for: a reply, text, its folders.
    can: [bool; 3],
    changes: Arc<Changes>,
    /// The beginning of the call, if its first questions are asked before it becomes a task.
    early: Option<Arc<EarlyQuestions>>,
    /// The answers to the first questions of the call, by the names of the questions.
    given: InputResponses,
    names: QuestionNames,
}

/// The kinds of questions, in the order in which [`TaskCallerSide`] records what the client can be asked for.
const KINDS: [QuestionKind; 3] = [QuestionKind::Reply, QuestionKind::Text, QuestionKind::Roots];

impl TaskCallerSide {
    fn new(task: Arc<RunningTask>, caller: &Arc<McpCallerSide>, early: Option<Arc<EarlyQuestions>>) -> Self {
        Self {
            task,
            connected: caller.stays_connected().then(|| caller.clone()),
            can: KINDS.map(|kind| caller.can(kind)),
            changes: caller.changes(),
            early,
            given: caller.given().clone(),
            names: QuestionNames::default(),
        }
    }

    /// Waits until the call is certain to become a task. Progress and log messages before that would be lost.
    async fn begun(&self) {
        if let Some(early) = &self.early {
            early.begun().await;
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
            self.begun().await;
            let amount = total.map_or_else(|| done.to_string(), |total| format!("{done} of {total}"));
            self.task.note(if message.is_empty() { amount } else { format!("{message} ({amount})") }).await;
            if let Some(caller) = &self.connected {
                caller.send_progress(done, total, message, Some(self.related())).await;
            }
        })
    }

    fn log(&self, level: LogLevel, data: Value) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.begun().await;
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
            let name = self.names.next(question.name.take());
            question.name = Some(name.clone());
            if let Some(given) = self.given.get(&name).filter(|given| fits(question.wanted, given)) {
                return Ok(given.clone());
            }
            if let Some(early) = &self.early {
                early.ask(&question).await;
            }
            let request = json!({ "method": method(question.wanted), "params": question.params });
            question.params["_meta"][RELATED] = json!({ "taskId": self.task.id });
            let given = self.connected.as_ref().map(|caller| caller.ask(question));
            self.task.ask(Some(name), request, given).await
        })
    }

    fn early_questions(&self) -> Option<Arc<EarlyQuestions>> {
        self.early.clone()
    }

    fn changed(&self, change: Change) {
        self.changes.notify(&change);
    }
}

/// Returns the context of an operation that runs as a task.
pub(super) fn context_of(
    task: &Arc<RunningTask>,
    context: &Context,
    caller: Option<&Arc<McpCallerSide>>,
    early: Option<Arc<EarlyQuestions>>,
) -> Context {
    let side = caller.map(|caller| Arc::new(TaskCallerSide::new(task.clone(), caller, early)) as Arc<dyn CallerSide>);
    let own = side.map_or_else(Context::none, Context::of).with_caller(context.caller().cloned());
    let own = own.with_headers(Some(context.headers().clone())).with_trace(context.trace().cloned());
    own.with_time_limit(Duration::from_millis(task.head.lifetime))
}
