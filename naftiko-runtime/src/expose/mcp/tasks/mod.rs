//! Calls of tools that run as tasks: the caller gets an ID, and fetches the result later. The revision 2025-11-25 has tasks of its own;
//! with 2026-07-28 they are an extension (SEP-2663).

pub(super) mod handshake;
mod limits;
mod notices;
mod places;
mod records;
mod running;
#[cfg(test)]
mod tests;
mod wire;

pub(super) use notices::TaskClient;
pub(super) use records::{TaskHead, TaskOutcome, TaskState};
pub(super) use running::{BEAT, RunningTask};
pub(super) use wire::RELATED;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::{Limits, MAX_PLACES};
use crate::operation::early_questions::EarlyQuestions;
use crate::operation::{Approvals, BackgroundWork, Question};
use futures_util::future::{Either, select};
use http::StatusCode;
use limits::TaskLimits;
use records::{TaskRecords, now};
use rmcp::model::{CallToolResult, InputRequiredResult};
use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::sleep;

/// How long a call waits to see whether its method asks questions before it becomes a task.
const FIRST_POLL: Duration = Duration::from_secs(5);

/// The tasks of an MCP adapter.
pub(super) struct Tasks {
    pub(super) records: TaskRecords,
    /// The tasks that run in this process, by ID.
    running: Mutex<HashMap<String, Arc<RunningTask>>>,
}

/// The properties of a task that a call requests.
pub(super) struct WantedTask<'a> {
    /// A keyed digest of the caller.
    pub(super) owner: String,
    pub(super) tool: &'a str,
    /// The requested lifetime. Without it, the task gets the maximum lifetime.
    pub(super) lifetime: Option<Duration>,
    /// The client to notify of changes.
    pub(super) client: TaskClient,
}

/// The outcome of starting a call as a task.
pub(super) enum StartedCall {
    Task(Box<TaskState>),
    /// The call asks these questions, and has ended.
    Asks(Vec<Question>),
}

/// The response to a tool call.
pub(super) enum ToolResponse {
    Result(CallToolResult),
    Asks(InputRequiredResult),
    Task(TaskState),
}

impl Tasks {
    pub(super) fn new(approvals: &Approvals, limits: &Limits) -> Arc<Self> {
        let of_caller = TaskLimits {
            running: limits.tasks.min(MAX_PLACES),
            ended: limits.ended_tasks.min(MAX_PLACES),
            bytes: limits.task_results,
        };
        let records = TaskRecords::new(approvals.store().clone(), of_caller, limits.task);
        Arc::new(Self { records, running: Mutex::default() })
    }

    /// Starts a task for a caller. `work` returns the future of the task, which is spawned, so that it outlives this call.
    ///
    /// # Errors
    /// Returns an error if the caller has too many running tasks, or if the store fails.
    pub(super) async fn start<F: Future<Output = TaskOutcome> + Send + 'static>(
        self: &Arc<Self>,
        wanted: WantedTask<'_>,
        work: impl FnOnce(Arc<RunningTask>) -> F,
    ) -> Result<TaskState> {
        let task = self.create(wanted).await?;
        let (tasks, state, work) = (self.clone(), task.new_state(), work(task.clone()));
        let background = BackgroundWork::begin();
        tokio::spawn(async move {
            let _background = background;
            tasks.drive(&task, async { Some(work.await) }).await;
        });
        Ok(state)
    }

    /// Starts a task, or returns the first questions of its method, without a task. The task's place is reserved before
    /// the method runs, since a method that has sent a request must not be refused afterwards.
    ///
    /// # Errors
    /// Returns the errors of [`Self::start`].
    pub(super) async fn start_or_ask<F: Future<Output = TaskOutcome> + Send + 'static>(
        self: &Arc<Self>,
        wanted: WantedTask<'_>,
        early: Arc<EarlyQuestions>,
        work: impl FnOnce(Arc<RunningTask>) -> F,
    ) -> Result<StartedCall> {
        let task = self.create(wanted).await?;
        let (tasks, state, work) = (self.clone(), task.new_state(), work(task.clone()));
        let background = BackgroundWork::begin();
        let (asking, asked) = oneshot::channel();
        let own = early.clone();
        tokio::spawn(async move {
            let _background = background;
            let unless_asking = async {
                match select(pin!(work), pin!(own.asks())).await {
                    Either::Left((outcome, _)) => Some(outcome),
                    Either::Right(_) => None,
                }
            };
            tasks.drive(&task, unless_asking).await;
            if let Some(questions) = own.take() {
                tasks.records.discard(&task.id).await;
                // The client may have disconnected.
                let _ = asking.send(questions);
            }
        });
        let begun = pin!(early.begun());
        let mut decided = select(begun, asked);
        let first = match select(&mut decided, pin!(sleep(FIRST_POLL))).await {
            Either::Left((first, _)) => first,
            // The method blocks its thread. The client gets its task now.
            Either::Right(_) if early.begin() => return Ok(StartedCall::Task(Box::new(state))),
            Either::Right(_) => decided.await,
        };
        Ok(match first {
            Either::Right((Ok(questions), _)) => StartedCall::Asks(questions),
            _ => StartedCall::Task(Box::new(state)),
        })
    }

    /// Runs the work of a task until it ends.
    async fn drive(&self, task: &Arc<RunningTask>, work: impl Future<Output = Option<TaskOutcome>>) {
        task.drive(work).await;
        self.running().remove(&task.id);
    }

    /// Stores a new task, whose work has not begun.
    async fn create(&self, wanted: WantedTask<'_>) -> Result<Arc<RunningTask>> {
        let WantedTask { owner, tool, lifetime, client } = wanted;
        let max_lifetime = self.records.max_lifetime;
        let lifetime = lifetime.unwrap_or(max_lifetime).min(max_lifetime).max(BEAT);
        let milliseconds = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
        let mut head = TaskHead { owner, tool: tool.to_owned(), created: now(), lifetime: milliseconds, place: 0 };
        let Some((id, renewed)) = self.records.create(&mut head).await? else {
            let most = self.records.limits.running;
            let tasks = if most == 1 { "task" } else { "tasks" };
            let message = format!(
                "this caller has {most} running {tasks}, which is the limit; call again when a running task has ended"
            );
            return Err(Error::of(ErrorKind::Throttled, StatusCode::SERVICE_UNAVAILABLE, message));
        };
        let task = Arc::new(RunningTask::new(id.clone(), head, self.records.clone(), client, renewed));
        self.running().insert(id, task.clone());
        Ok(task)
    }

    pub(super) fn running(&self) -> MutexGuard<'_, HashMap<String, Arc<RunningTask>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
