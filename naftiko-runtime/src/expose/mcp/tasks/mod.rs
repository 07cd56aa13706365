//! Calls of tools that run as tasks: the caller gets an ID, and fetches the result later. The revision 2025-11-25 has tasks of its own;
//! with 2026-07-28 they are an extension (SEP-2663).

pub(super) mod handshake;
mod limits;
mod notices;
mod places;
mod records;
mod requests;
mod running;
mod side;
#[cfg(test)]
mod tests;
mod wire;

pub(super) use records::{TaskOutcome, TaskState};
pub(super) use requests::{TaskRequest, ToolResponse, lists_tasks};

use super::caller::McpCallerSide;
use super::rights::Rights;
use super::tools::McpAdapter;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{Limits, MAX_PLACES};
use crate::operation::early_questions::EarlyQuestions;
use crate::operation::{Approvals, BackgroundWork, CallerSide, Context, Question};
use futures_util::future::{Either, select};
use http::StatusCode;
use limits::TaskLimits;
use notices::TaskClient;
use records::{TaskHead, TaskRecords, now};
use rmcp::ErrorData;
use running::{BEAT, RunningTask};
use serde_json::Value;
use side::TaskCallerSide;
use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::sleep;

/// How long a call waits to see whether its method asks first.
const FIRST_POLL: Duration = Duration::from_secs(5);

/// The tasks of an MCP adapter.
pub(super) struct Tasks {
    records: TaskRecords,
    /// The tasks that run in this process, by ID.
    running: Mutex<HashMap<String, Arc<RunningTask>>>,
}

/// What a call says about its task.
struct WantedTask<'a> {
    /// A keyed digest of the caller.
    owner: String,
    tool: &'a str,
    /// The requested lifetime. Without it, the task gets the maximum lifetime.
    lifetime: Option<Duration>,
    /// The client to notify of changes.
    client: TaskClient,
}

/// What became of a call that was to run as a task.
enum StartedCall {
    Task(Box<TaskState>),
    /// The call asks these questions, and has ended.
    Asks(Vec<Question>),
}

/// The caller of a request about tasks.
struct TaskOwner {
    /// A keyed digest of the caller.
    digest: String,
    rights: Rights,
    adapter: Arc<McpAdapter>,
}

impl TaskOwner {
    /// Returns whether the caller may use a tool, and see its tasks.
    fn may_use(&self, tool: &str) -> bool {
        self.adapter.tool(tool).is_some_and(|entry| self.rights.include(entry.scopes()))
    }
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
    async fn start<F: Future<Output = TaskOutcome> + Send + 'static>(
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

    /// Starts a task, unless its method asks first: then there is no task, and the questions are returned. The place of the task is taken
    /// before the method runs, since a method that has sent a request must not be refused afterwards.
    ///
    /// # Errors
    /// Returns the errors of [`Self::start`].
    async fn start_or_ask<F: Future<Output = TaskOutcome> + Send + 'static>(
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

    /// Returns a task of a caller.
    async fn get(&self, id: &str, owner: &TaskOwner) -> Result<TaskState, ErrorData> {
        let head = self.head(id, owner).await?;
        let state = self.records.existing(id, head).await.map_err(|error| unavailable(&error))?;
        state.ok_or_else(unknown)
    }

    /// Waits until a task ends.
    async fn ended(&self, id: &str, owner: &TaskOwner) -> Result<TaskState, ErrorData> {
        loop {
            let running = self.running().get(id).cloned();
            let mut updates = running.map(|task| task.subscribe());
            let state = self.get(id, owner).await?;
            if state.has_ended() {
                return Ok(state);
            }
            // Another replica may run or cancel the task, so poll the store at each beat.
            match &mut updates {
                Some(updates) => {
                    select(pin!(updates.changed()), pin!(sleep(BEAT))).await;
                }
                None => sleep(BEAT).await,
            }
        }
    }

    /// Returns the tasks of a caller.
    async fn list(&self, owner: &TaskOwner) -> Result<Vec<TaskState>, ErrorData> {
        let ids = self.records.of_owner(&owner.digest).await.map_err(|error| unavailable(&error))?;
        let mut tasks = Vec::with_capacity(ids.len());
        for id in ids {
            match self.get(&id, owner).await {
                Ok(state) => tasks.push(state),
                // The task expired or was dropped, or has not been stored yet.
                Err(error) if error.code == ErrorData::invalid_params("", None).code => {}
                Err(error) => return Err(error),
            }
        }
        tasks.sort_by(|one, other| (one.head.created, &one.id).cmp(&(other.head.created, &other.id)));
        Ok(tasks)
    }

    /// Cancels a task. Returns whether the task was still running, and its state.
    async fn cancel(&self, id: &str, owner: &TaskOwner) -> Result<(bool, TaskState), ErrorData> {
        let head = self.head(id, owner).await?;
        let end = self.records.end(id, &head, TaskOutcome::Cancelled).await;
        let was_running = end.map_err(|error| unavailable(&error))?;
        if let Some(task) = self.running().get(id).filter(|_| was_running) {
            task.cancel();
        }
        if !was_running {
            return Ok((false, self.get(id, owner).await?));
        }
        let state = self.records.state(id, head).await.map_err(|error| unavailable(&error))?;
        Ok((true, state))
    }

    /// Passes the answers of a caller to its task. Answers to unknown questions are ignored.
    async fn answer(
        &self,
        id: &str,
        owner: &TaskOwner,
        answers: impl Iterator<Item = (String, Value)>,
    ) -> Result<(), ErrorData> {
        let state = self.get(id, owner).await?;
        for (name, answer) in answers.filter(|(name, _)| state.questions.requests.contains_key(name)) {
            let put = self.records.put_answer(id, &state.head, &name, &answer).await;
            put.map_err(|error| unavailable(&error))?;
        }
        if let Some(task) = self.running().get(id) {
            task.notify();
        }
        Ok(())
    }

    /// Returns the fixed properties of a task.
    ///
    /// # Errors
    /// Returns the error for an unknown task also if the task belongs to another caller, or if the caller may no longer use its tool.
    async fn head(&self, id: &str, owner: &TaskOwner) -> Result<TaskHead, ErrorData> {
        let head = self.records.head(id, &owner.digest).await.map_err(|error| unavailable(&error))?;
        head.filter(|head| owner.may_use(&head.tool)).ok_or_else(unknown)
    }

    fn running(&self) -> MutexGuard<'_, HashMap<String, Arc<RunningTask>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the context of an operation that runs as a task.
fn context_of(
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

/// Returns the error for a task that does not exist, or that this caller may not see.
fn unknown() -> ErrorData {
    let message = "unknown task: the ID is wrong, the task has expired, newer results have replaced it, or this caller may not see it";
    ErrorData::invalid_params(message, None)
}

/// Logs that the store failed, and returns the error for the client.
fn unavailable(error: &Error) -> ErrorData {
    crate::operation::call::log("tasks", error);
    ErrorData::internal_error("the tasks of this server cannot be reached; try again later", None)
}
