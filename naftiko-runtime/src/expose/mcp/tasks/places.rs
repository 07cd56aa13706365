//! The places of a caller's tasks in the store: running tasks, whose number is limited, and ended tasks, of which the oldest are dropped.

use super::records::{
    LEASE, OpenQuestions, TaskEnd, TaskHead, TaskOutcome, TaskRecords, key, now, since_epoch, to_json,
};
use crate::error::Result;
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long the right to free a place is kept. It is much longer than freeing takes, and the place can be freed later if the process ends
/// in between.
const CLAIM: Duration = Duration::from_secs(60);

/// The maximum number of steps in which an ended task gets its place: others may take and free places at the same time.
const STEPS: usize = 1000;

/// How many tasks of one caller there may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct TaskLimits {
    /// The maximum number of running tasks.
    pub(super) running: usize,
    /// The maximum number of ended tasks.
    pub(super) ended: usize,
    /// The maximum total size of the results of ended tasks, in bytes. The newest result is kept, whatever its size.
    pub(super) bytes: usize,
}

/// An ended task whose result is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct EndedTask {
    id: String,
    /// When it ended, in nanoseconds since 1970: tasks that end in one millisecond have an order, too.
    at: u64,
    /// The size of its result, in bytes.
    size: usize,
}

impl TaskRecords {
    /// Takes a place for a running task, and returns its number; `None` if all are taken. Places of ended tasks are freed.
    pub(super) async fn take_place(&self, id: &str, owner: &str, lifetime: Duration) -> Result<Option<usize>> {
        for number in 0..self.limits.running {
            if self.store.put_if_absent(&running_key(owner, number), id.into(), lifetime).await? {
                return Ok(Some(number));
            }
        }
        for number in 0..self.limits.running {
            let place = running_key(owner, number);
            if let Some(other) = self.id_at(&place).await? {
                if self.is_running(&other).await? {
                    continue;
                }
                self.free_place(&other, owner, number).await?;
            }
            if self.store.put_if_absent(&place, id.into(), lifetime).await? {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    /// Frees the place of a task that has ended, unless it has been freed.
    pub(super) async fn free_place(&self, id: &str, owner: &str, number: usize) -> Result<()> {
        let place = running_key(owner, number);
        // Only one process may free it, since another task may have the place right after that.
        if self.id_at(&place).await?.is_some_and(|own| own == id)
            && self.store.put_if_absent(&key(id, "freed"), b"1".to_vec(), CLAIM).await?
        {
            self.store.take(&place).await?;
        }
        Ok(())
    }

    /// Gives an ended task a place among the results that are kept, and drops the oldest if there are too many of them.
    pub(super) async fn keep(&self, id: &str, head: &TaskHead, size: usize) -> Result<()> {
        let at = u64::try_from(since_epoch().as_nanos()).unwrap_or(u64::MAX);
        let task = EndedTask { id: id.to_owned(), at, size };
        let record = to_json(&task)?;
        let mut is_kept = false;
        for _ in 0..STEPS {
            let all = self.ended(&head.owner).await?;
            let free = (0..self.limits.ended.max(1)).find(|number| all.iter().all(|(taken, _)| taken != number));
            if let Some(number) = free.filter(|_| !is_kept) {
                let place = ended_key(&head.owner, number);
                is_kept = self.store.put_if_absent(&place, record.clone(), head.remaining()).await?;
                continue;
            }
            let size = all.iter().fold(0_usize, |sum, (_, task)| sum.saturating_add(task.size));
            if is_kept && size <= self.limits.bytes {
                return Ok(());
            }
            let others = all.into_iter().filter(|(_, other)| *other != task);
            let Some((number, oldest)) = others.min_by_key(|(_, task)| task.at) else { return Ok(()) };
            self.drop_ended(&head.owner, number, &oldest).await?;
        }
        Ok(())
    }

    /// Drops an ended task.
    async fn drop_ended(&self, owner: &str, number: usize, task: &EndedTask) -> Result<()> {
        let place = ended_key(owner, number);
        let Some(taken) = self.store.take(&place).await? else { return Ok(()) };
        if serde_json::from_slice::<EndedTask>(&taken).is_ok_and(|taken| taken != *task) {
            // Another process has dropped this task, and has given the place to one that is newer.
            self.store.put_if_absent(&place, taken, self.longest).await?;
            return Ok(());
        }
        let questions: Option<OpenQuestions> = self.read(&key(&task.id, "questions")).await?;
        for question in questions.unwrap_or_default().requests.keys() {
            self.drop_answer(&task.id, question).await?;
        }
        // Without its head, the task does not exist.
        for what in ["head", "note", "questions"] {
            self.store.take(&key(&task.id, what)).await?;
        }
        // The process that runs a cancelled task may not have seen yet that it has ended.
        let end = to_json(&TaskEnd { at: now(), outcome: TaskOutcome::Cancelled })?;
        self.store.put(&key(&task.id, "end"), end, LEASE).await
    }

    /// Returns the IDs of a caller's tasks.
    pub(super) async fn of_owner(&self, owner: &str) -> Result<Vec<String>> {
        let places: Vec<String> = (0..self.limits.running).map(|number| running_key(owner, number)).collect();
        let mut ids: Vec<String> =
            try_join_all(places.iter().map(|place| self.id_at(place))).await?.into_iter().flatten().collect();
        for (_, task) in self.ended(owner).await? {
            // Its place among the running tasks may not be free yet.
            if !ids.contains(&task.id) {
                ids.push(task.id);
            }
        }
        Ok(ids)
    }

    /// Returns the ended tasks of a caller, each with its place.
    async fn ended(&self, owner: &str) -> Result<Vec<(usize, EndedTask)>> {
        let places: Vec<String> = (0..self.limits.ended.max(1)).map(|number| ended_key(owner, number)).collect();
        let all = try_join_all(places.iter().map(|place| self.store.get(place))).await?;
        let tasks = all
            .into_iter()
            .enumerate()
            .filter_map(|(number, task)| Some((number, serde_json::from_slice(&task?).ok()?)));
        Ok(tasks.collect())
    }

    async fn id_at(&self, place: &str) -> Result<Option<String>> {
        Ok(self.store.get(place).await?.and_then(|id| String::from_utf8(id).ok()))
    }
}

fn running_key(owner: &str, number: usize) -> String {
    format!("naftiko:tasks:{owner}:{number}")
}

fn ended_key(owner: &str, number: usize) -> String {
    format!("naftiko:tasks:{owner}:ended:{number}")
}
