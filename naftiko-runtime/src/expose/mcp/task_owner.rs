//! The tasks of one caller, which only this caller may see, answer and cancel.

use super::adapter::McpAdapter;
use super::rights::Rights;
use super::tasks::{BEAT, TaskHead, TaskOutcome, TaskState, Tasks};
use crate::error::Error;
use futures_util::future::select;
use rmcp::ErrorData;
use serde_json::Value;
use std::pin::pin;
use std::sync::Arc;
use tokio::time::sleep;

/// The caller of a request about tasks.
pub(super) struct TaskOwner {
    /// A keyed digest of the caller.
    pub(super) digest: String,
    pub(super) rights: Rights,
    pub(super) adapter: Arc<McpAdapter>,
}

impl TaskOwner {
    /// Returns whether the caller may use a tool, and see its tasks.
    fn may_use(&self, tool: &str) -> bool {
        self.adapter.tool(tool).is_some_and(|entry| self.rights.include(entry.scopes()))
    }
}

impl Tasks {
    /// Returns a task of a caller.
    pub(super) async fn get(&self, id: &str, owner: &TaskOwner) -> Result<TaskState, ErrorData> {
        let head = self.head(id, owner).await?;
        let state = self.records.existing(id, head).await.map_err(|error| unavailable(&error))?;
        state.ok_or_else(unknown)
    }

    /// Waits until a task ends.
    pub(super) async fn ended(&self, id: &str, owner: &TaskOwner) -> Result<TaskState, ErrorData> {
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
    pub(super) async fn list(&self, owner: &TaskOwner) -> Result<Vec<TaskState>, ErrorData> {
        let ids = self.records.of_owner(&owner.digest).await.map_err(|error| unavailable(&error))?;
        let mut tasks = Vec::with_capacity(ids.len());
        for id in ids {
            match self.get(&id, owner).await {
                Ok(state) => tasks.push(state),
                // The task expired or was dropped, has not been stored yet, or its tool may no longer be used.
                Err(error) if error.code == ErrorData::invalid_params("", None).code => {}
                Err(error) => return Err(error),
            }
        }
        tasks.sort_by(|one, other| (one.head.created, &one.id).cmp(&(other.head.created, &other.id)));
        Ok(tasks)
    }

    /// Cancels a task. Returns whether the task was still running, and its state.
    pub(super) async fn cancel(&self, id: &str, owner: &TaskOwner) -> Result<(bool, TaskState), ErrorData> {
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
    pub(super) async fn answer(
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
    /// Returns the error for an unknown task, also for a task that belongs to another caller, or whose tool the caller may no longer
    /// use.
    async fn head(&self, id: &str, owner: &TaskOwner) -> Result<TaskHead, ErrorData> {
        let head = self.records.head(id, &owner.digest).await.map_err(|error| unavailable(&error))?;
        head.filter(|head| owner.may_use(&head.tool)).ok_or_else(unknown)
    }
}

/// Returns whether a caller can list its tasks: over stdio always, over HTTP only with a subject, since other callers cannot be
/// distinguished.
pub(super) fn lists_tasks(rights: &Rights) -> bool {
    match rights {
        Rights::All => true,
        Rights::Of(caller) => caller.as_ref().is_some_and(|caller| caller.subject().is_some()),
    }
}

/// Returns the error for a task that does not exist, or that this caller may not see.
fn unknown() -> ErrorData {
    let message = "unknown task: the ID is wrong, the task has expired, newer results have replaced it, or this caller may not see it";
    ErrorData::invalid_params(message, None)
}

/// Logs that the store failed, and returns the error for the client.
pub(super) fn unavailable(error: &Error) -> ErrorData {
    crate::operation::call::log("tasks", error);
    ErrorData::internal_error("the task store of this server cannot be reached; try again later", None)
}
