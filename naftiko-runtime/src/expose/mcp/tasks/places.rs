//! The numbered places of a caller's tasks in the store: each is a key. Running tasks have a limited number of places.
//! When ended tasks have no free place, the oldest is dropped.

use super::records::{
    LEASE, OpenQuestions, TaskEnd, TaskHead, TaskOutcome, TaskRecords, key, now, since_epoch, to_json,
};
use crate::error::Result;
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a process keeps the right to free a place: much longer than freeing takes. If the process ends without freeing the place,
/// another process can free the place afterwards.
const CLAIM: Duration = Duration::from_secs(60);

/// The maximum number of steps in which an ended task gets its place: other processes may take and free places at the same time.
const STEPS: usize = 1000;

/// An ended task whose result is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct EndedTask {
    id: String,
    /// When it ended, in nanoseconds since 1970: tasks that end in the same millisecond have an order, too.
    at: u64,
    /// The size of its result, in bytes.
    size: usize,
}

impl EndedTask {
    /// Returns the key by which tasks are sorted by their end, in the same order for all replicas.
    fn age(&self) -> (u64, &str) {
        (self.at, &self.id)
    }
}

impl TaskRecords {
    /// Takes a place for a running task, and returns the number of the place. If no place is free, frees the place of an ended task;
    /// `None` if running tasks have all places.
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
        // Only one process may free the place, since another task may take the place right after that.
        if self.id_at(&place).await?.is_some_and(|own| own == id)
            && self.store.put_if_absent(&key(id, "freed"), b"1".to_vec(), CLAIM).await?
        {
            self.store.take(&place).await?;
        }
        Ok(())
    }

    /// Gives an ended task a place among the results that are kept. Drops the oldest results if there are too many, or if their total size
    /// is too large. `size` is the size of the new result, in bytes.
    pub(super) async fn keep(&self, id: &str, head: &TaskHead, size: usize) -> Result<()> {
        let owner = &head.owner;
        // In later steps, this also contains tasks that have lost their places because replicas freed and took places at the same time.
        let mut unplaced = vec![EndedTask { id: id.to_owned(), at: 0, size }];
        for _ in 0..STEPS {
            let all = self.ended(owner).await?;
            let Some(mut task) = unplaced.pop() else {
                unplaced = self.drop_beyond(owner, all).await?;
                if unplaced.is_empty() {
                    return Ok(());
                }
                continue;
            };
            let mut lifetime = head.remaining();
            if task.at == 0 && all.iter().any(|(_, other)| other.id == id) {
                // Another replica has recorded the same end, and counted it.
                return Ok(());
            }
            if task.id == id {
                // Later than all others, even if the clocks of replicas differ.
                let newest = all.last().map_or(0, |(_, newest)| newest.at.saturating_add(1));
                task.at = u64::try_from(since_epoch().as_nanos()).unwrap_or(u64::MAX).max(newest);
            } else {
                let Some(head) = self.head(&task.id, owner).await? else { continue };
                lifetime = head.remaining();
            }
            let free = (0..self.limits.ended.max(1)).find(|number| all.iter().all(|(taken, _)| taken != number));
            let number = match (free, all.first()) {
                (Some(number), _) => number,
                (None, Some((_, oldest))) if task.age() < oldest.age() => {
                    self.drop_records(&task).await?;
                    continue;
                }
                (None, Some((number, oldest))) => {
                    unplaced.extend(self.drop_ended(owner, *number, oldest).await?);
                    *number
                }
                (None, None) => return Ok(()),
            };
            if !self.store.put_if_absent(&ended_key(owner, number), to_json(&task)?, lifetime).await? {
                unplaced.push(task);
            }
        }
        Ok(())
    }

    /// Drops the oldest of the ended tasks, which must be ordered by age, until the results of the others fit the size limit. All
    /// replicas drop the same tasks, and never the newest task. Returns the tasks that have lost their places.
    async fn drop_beyond(&self, owner: &str, mut all: Vec<(usize, EndedTask)>) -> Result<Vec<EndedTask>> {
        let mut size = all.iter().fold(0_usize, |sum, (_, task)| sum.saturating_add(task.size));
        all.pop();
        let mut unplaced = Vec::new();
        for (number, oldest) in all {
            if size <= self.limits.bytes {
                break;
            }
            unplaced.extend(self.drop_ended(owner, number, &oldest).await?);
            size = size.saturating_sub(oldest.size);
        }
        Ok(unplaced)
    }

    /// Drops an ended task. If a replica has given the place to another task in the meantime, and that task loses the place here,
    /// returns that task.
    async fn drop_ended(&self, owner: &str, number: usize, task: &EndedTask) -> Result<Option<EndedTask>> {
        let place = ended_key(owner, number);
        let Some(taken) = self.store.take(&place).await? else { return Ok(None) };
        match serde_json::from_slice::<EndedTask>(&taken) {
            Ok(other) if other != *task => {
                let is_back = self.store.put_if_absent(&place, taken, self.max_lifetime).await?;
                Ok(Some(other).filter(|_| !is_back))
            }
            _ => self.drop_records(task).await.map(|()| None),
        }
    }

    /// Drops the records of an ended task.
    async fn drop_records(&self, task: &EndedTask) -> Result<()> {
        let questions: Option<OpenQuestions> = self.read(&key(&task.id, "questions")).await?;
        for question in questions.unwrap_or_default().requests.keys() {
            self.drop_answer(&task.id, question).await?;
        }
        // Without its head, the task does not exist.
        for what in ["head", "note", "questions"] {
            self.store.take(&key(&task.id, what)).await?;
        }
        // The process that runs a cancelled task may not have seen yet that the task has ended.
        let end = to_json(&TaskEnd { at: now(), outcome: TaskOutcome::Cancelled })?;
        self.store.put(&key(&task.id, "end"), end, LEASE).await
    }

    /// Returns the IDs of a caller's tasks.
    pub(in super::super) async fn of_owner(&self, owner: &str) -> Result<Vec<String>> {
        let places: Vec<String> = (0..self.limits.running).map(|number| running_key(owner, number)).collect();
        let mut ids: Vec<String> =
            try_join_all(places.iter().map(|place| self.id_at(place))).await?.into_iter().flatten().collect();
        for (_, task) in self.ended(owner).await? {
            // The task may still have its place among the running tasks.
            if !ids.contains(&task.id) {
                ids.push(task.id);
            }
        }
        Ok(ids)
    }

    /// Returns the ended tasks of a caller, each with its place, the oldest first. Frees places whose records cannot be read, for example
    /// because another version of the program wrote them.
    async fn ended(&self, owner: &str) -> Result<Vec<(usize, EndedTask)>> {
        let places: Vec<String> = (0..self.limits.ended.max(1)).map(|number| ended_key(owner, number)).collect();
        let all = try_join_all(places.iter().map(|place| self.store.get(place))).await?;
        let mut tasks: Vec<(usize, EndedTask)> = Vec::new();
        for (number, (task, place)) in all.into_iter().zip(&places).enumerate() {
            match task.as_deref().map(serde_json::from_slice) {
                Some(Ok(task)) => tasks.push((number, task)),
                Some(Err(error)) => {
                    tracing::warn!(%error, "the record of an ended task cannot be read, and is dropped");
                    self.drop_unreadable(place).await?;
                }
                None => {}
            }
        }
        tasks.sort_by(|(_, one), (_, other)| one.age().cmp(&other.age()));
        Ok(tasks)
    }

    /// Frees the place of an ended task whose record cannot be read. A record that a replica has put there in the meantime is put back.
    async fn drop_unreadable(&self, place: &str) -> Result<()> {
        let Some(taken) = self.store.take(place).await? else { return Ok(()) };
        if serde_json::from_slice::<EndedTask>(&taken).is_ok() {
            self.store.put_if_absent(place, taken, self.max_lifetime).await?;
        }
        Ok(())
    }

    /// Returns the ID of the task that has a place among the running tasks; `None` if the place is free.
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
