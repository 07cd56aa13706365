//! The records of tasks in the store. Until a task is dropped, each record is written once, or only by the process that runs the task,
//! so that replicas agree.

use super::limits::TaskLimits;
use crate::digest::hex;
use crate::error::{Error, Result};
use crate::store::Store;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rmcp::ErrorData;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// How long a task is kept after its lifetime, so that its caller sees how it ended.
const GRACE: Duration = Duration::from_secs(60);

/// How long a task counts as running after its process last renewed the lease.
pub(super) const LEASE: Duration = Duration::from_secs(15);

/// The length of an ID, in bytes before base64.
const ID: usize = 32;

/// The fixed properties of a task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in super::super) struct TaskHead {
    /// A keyed digest of the caller that created it.
    pub(super) owner: String,
    pub(in super::super) tool: String,
    /// When it was created, in milliseconds since 1970.
    pub(in super::super) created: u64,
    /// How long it can run, in milliseconds; it is kept for [`GRACE`] longer.
    pub(in super::super) lifetime: u64,
    /// Its place among the running tasks of its caller.
    pub(super) place: usize,
}

/// The end of a task: how it ended, and when.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct TaskEnd {
    /// In milliseconds since 1970.
    pub(super) at: u64,
    pub(super) outcome: TaskOutcome,
}

/// The outcome of a task.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum TaskOutcome {
    /// The tool answered, possibly with an error of its own.
    Result(Box<RawValue>),
    /// The call failed.
    Error(ErrorData),
    Cancelled,
}

/// The latest message about a running task.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct TaskNote {
    /// When the message was written, in milliseconds since 1970.
    pub(super) at: u64,
    pub(super) text: String,
}

/// The questions of a task to its caller that have no answer yet.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in super::super) struct OpenQuestions {
    /// When the questions last changed, in milliseconds since 1970.
    pub(super) at: u64,
    pub(in super::super) requests: BTreeMap<String, Value>,
}

/// A task as it is in the store.
#[derive(Debug)]
pub(in super::super) struct TaskState {
    pub(in super::super) id: String,
    pub(in super::super) head: TaskHead,
    pub(super) note: TaskNote,
    pub(in super::super) questions: OpenQuestions,
    pub(super) end: Option<TaskEnd>,
}

/// The records of all tasks.
#[derive(Clone)]
pub(in super::super) struct TaskRecords {
    pub(super) store: Arc<dyn Store>,
    pub(super) limits: TaskLimits,
    /// The maximum lifetime of a task.
    pub(super) max_lifetime: Duration,
}

impl TaskHead {
    /// Returns how long its records are still kept.
    pub(super) fn remaining(&self) -> Duration {
        let end = Duration::from_millis(self.created.saturating_add(self.lifetime)) + GRACE;
        end.saturating_sub(Duration::from_millis(now())).max(Duration::from_secs(1))
    }
}

impl TaskRecords {
    pub(super) fn new(store: Arc<dyn Store>, limits: TaskLimits, max_lifetime: Duration) -> Self {
        Self { store, limits, max_lifetime }
    }

    /// Returns whether other processes may use the store, and so answer the questions of a task.
    pub(super) fn is_shared(&self) -> bool {
        self.store.is_shared()
    }

    /// Stores a new task, and returns its ID and the time from which its lease counts; `None` if its caller already has the
    /// maximum number of running tasks.
    pub(super) async fn create(&self, head: &mut TaskHead) -> Result<Option<(String, Instant)>> {
        let mut id = [0; ID];
        getrandom::fill(&mut id).map_err(|error| Error::internal(error.to_string()))?;
        let id = URL_SAFE_NO_PAD.encode(id);
        // The lease comes first, so that no other process regards the new task as ended.
        self.renew(&id).await?;
        let Some(place) = self.take_place(&id, &head.owner, head.remaining()).await? else {
            self.drop_lease(&id).await?;
            return Ok(None);
        };
        head.place = place;
        // Finding a place may have taken a long time.
        let renewed = Instant::now();
        let stored = async {
            self.renew(&id).await?;
            self.store.put(&key(&id, "head"), to_json(head)?, head.remaining()).await
        };
        if let Err(error) = stored.await {
            // If this fails too, the place can be freed once the lease has expired.
            let _ = self.free_place(&id, &head.owner, head.place).await;
            return Err(error);
        }
        Ok(Some((id, renewed)))
    }

    /// Drops the records of a new task that does not run after all, and whose place is free.
    pub(super) async fn discard(&self, id: &str) {
        for what in ["head", "alive"] {
            if let Err(error) = self.store.take(&key(id, what)).await {
                // Nobody knows the ID of the task, and its records expire.
                tracing::debug!(%error, "a record of a call that asks before it becomes a task could not be dropped");
            }
        }
    }

    /// Returns the fixed properties of a task; `None` if it does not exist or belongs to another caller.
    pub(in super::super) async fn head(&self, id: &str, owner: &str) -> Result<Option<TaskHead>> {
        if !is_id(id) {
            return Ok(None);
        }
        let head: Option<TaskHead> = self.read(&key(id, "head")).await?;
        Ok(head.filter(|head| head.owner == owner))
    }

    /// Renews the lease of a task: its process is alive.
    pub(super) async fn renew(&self, id: &str) -> Result<()> {
        self.store.put(&key(id, "alive"), b"1".to_vec(), LEASE).await
    }

    /// Drops the lease of a task.
    pub(super) async fn drop_lease(&self, id: &str) -> Result<()> {
        self.store.take(&key(id, "alive")).await.map(|_| ())
    }

    /// Records how a task ended, unless an end was already recorded. Returns whether this end was recorded.
    pub(in super::super) async fn end(&self, id: &str, head: &TaskHead, outcome: TaskOutcome) -> Result<bool> {
        self.end_at(now(), id, head, outcome).await
    }

    /// Records how a task ended, like [`Self::end`], with the time of the end in milliseconds since 1970.
    async fn end_at(&self, at: u64, id: &str, head: &TaskHead, outcome: TaskOutcome) -> Result<bool> {
        let end = to_json(&TaskEnd { at, outcome })?;
        let is_first = match self.put_end(id, head, end.clone()).await {
            // The store may have stored the end, although it answered with an error. An end that is not counted would stay until it
            // expires.
            Err(error) if !self.has_end(id, &end).await.unwrap_or(false) => return Err(error),
            put => put.unwrap_or(true),
        };
        if is_first {
            self.count_end(id, head, end.len()).await;
        }
        Ok(is_first)
    }

    /// Stores the end of a task, unless an end was already stored. Returns whether this end was stored.
    pub(super) async fn put_end(&self, id: &str, head: &TaskHead, end: Vec<u8>) -> Result<bool> {
        self.store.put_if_absent(&key(id, "end"), end, head.remaining()).await
    }

    /// Returns whether this is the stored end of a task.
    pub(super) async fn has_end(&self, id: &str, end: &[u8]) -> Result<bool> {
        Ok(self.store.get(&key(id, "end")).await?.is_some_and(|stored| stored == end))
    }

    /// Counts a task, whose end is stored, as one of the ended tasks of its caller.
    pub(super) async fn count_end(&self, id: &str, head: &TaskHead, size: usize) {
        if let Err(error) = self.keep(id, head, size).await {
            // The end is stored, and expires with the task.
            tracing::warn!(tool = head.tool, %error, "an ended task could not be added to the ended tasks of its caller");
        }
    }

    pub(super) async fn has_ended(&self, id: &str) -> Result<bool> {
        Ok(self.store.get(&key(id, "end")).await?.is_some())
    }

    /// Returns whether a task has no end, and its process is alive.
    pub(super) async fn is_running(&self, id: &str) -> Result<bool> {
        Ok(self.store.get(&key(id, "alive")).await?.is_some() && self.store.get(&key(id, "end")).await?.is_none())
    }

    pub(super) async fn put_note(&self, id: &str, head: &TaskHead, note: &TaskNote) -> Result<()> {
        self.store.put(&key(id, "note"), to_json(note)?, head.remaining()).await
    }

    pub(super) async fn put_questions(&self, id: &str, head: &TaskHead, questions: &OpenQuestions) -> Result<()> {
        self.store.put(&key(id, "questions"), to_json(questions)?, head.remaining()).await
    }

    /// Stores the caller's answer to a question. Only the first answer counts.
    pub(in super::super) async fn put_answer(
        &self,
        id: &str,
        head: &TaskHead,
        name: &str,
        answer: &Value,
    ) -> Result<()> {
        self.store.put_if_absent(&answer_key(id, name), to_json(answer)?, head.remaining()).await.map(|_| ())
    }

    /// Drops the answer to a question that is closed.
    pub(super) async fn drop_answer(&self, id: &str, name: &str) -> Result<()> {
        self.store.take(&answer_key(id, name)).await.map(|_| ())
    }

    /// Returns the stored answer to a question; `None` if there is none yet.
    pub(super) async fn answer(&self, id: &str, name: &str) -> Result<Option<Value>> {
        self.read(&answer_key(id, name)).await
    }

    /// Returns a task as it is now. A task whose process has ended fails.
    pub(in super::super) async fn state(&self, id: &str, head: TaskHead) -> Result<TaskState> {
        let mut end: Option<TaskEnd> = self.read(&key(id, "end")).await?;
        if end.is_none() && self.store.get(&key(id, "alive")).await?.is_none() {
            // Nobody knows when the process of the task ended. So the end of the task gets the time of its last record: all replicas
            // report the same time, even if this end cannot be stored.
            let note: TaskNote = self.read(&key(id, "note")).await?.unwrap_or_default();
            let questions: OpenQuestions = self.read(&key(id, "questions")).await?.unwrap_or_default();
            let at = head.created.max(note.at).max(questions.at);
            // If the task has ended in the meantime, this has no effect.
            let stored = self.end_at(at, id, &head, TaskOutcome::Error(lost())).await;
            end = self.read(&key(id, "end")).await?;
            if end.is_none() {
                if let Err(error) = stored {
                    tracing::warn!(tool = head.tool, %error, "the outcome of a task could not be stored; the task is reported as failed");
                }
                // The process that ran the task no longer stores its end, so later answers report the same failure. The same is true
                // of an end that cannot be read.
                end = Some(TaskEnd { at, outcome: TaskOutcome::Error(lost()) });
            }
        }
        let note = self.read(&key(id, "note")).await?.unwrap_or_default();
        let mut questions = OpenQuestions::default();
        if end.is_none() {
            questions = self.read(&key(id, "questions")).await?.unwrap_or_default();
            for name in questions.requests.keys().cloned().collect::<Vec<_>>() {
                if self.store.get(&answer_key(id, &name)).await?.is_some() {
                    questions.requests.remove(&name);
                }
            }
        }
        Ok(TaskState { id: id.to_owned(), head, note, questions, end })
    }

    /// Returns a task as it is now; `None` if it has been dropped since its head was read. The only record that remains of a dropped
    /// task says that the task was cancelled, regardless of how the task ended.
    pub(in super::super) async fn existing(&self, id: &str, head: TaskHead) -> Result<Option<TaskState>> {
        let owner = head.owner.clone();
        let state = self.state(id, head).await?;
        let is_cancelled = matches!(&state.end, Some(TaskEnd { outcome: TaskOutcome::Cancelled, .. }));
        // The head is dropped before the end is replaced.
        Ok(if is_cancelled && self.head(id, &owner).await?.is_none() { None } else { Some(state) })
    }

    /// Returns a record; `None` if it does not exist, or if it cannot be read, for example because another version of the program wrote
    /// it.
    pub(super) async fn read<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let Some(record) = self.store.get(key).await? else { return Ok(None) };
        let record = serde_json::from_slice(&record);
        Ok(record.inspect_err(|error| tracing::warn!(%error, "a record of a task cannot be read, and is ignored")).ok())
    }
}

/// Returns the error of a task whose process has ended, or could not store its result.
pub(super) fn lost() -> ErrorData {
    let message =
        "the server that ran this task has ended, or could not store its result; the call may have taken effect";
    ErrorData::internal_error(message, None)
}

/// Returns the time, in milliseconds since 1970.
pub(super) fn now() -> u64 {
    u64::try_from(since_epoch().as_millis()).unwrap_or(u64::MAX)
}

/// Returns the time since 1970.
pub(super) fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

pub(super) fn to_json(record: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(record).map_err(Error::internal)
}

/// Returns whether a string can be an ID: other strings are not looked up.
fn is_id(text: &str) -> bool {
    text.len() == (ID * 4).div_ceil(3) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Returns the key of a record of a task. Keys contain a hash of the ID, so that whoever can list the keys of a store cannot read,
/// answer or cancel a task.
pub(super) fn key(id: &str, what: &str) -> String {
    format!("naftiko:task:{}:{what}", hex(&Sha256::digest(id.as_bytes())))
}

fn answer_key(id: &str, question: &str) -> String {
    key(id, &format!("answer:{question}"))
}
