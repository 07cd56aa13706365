//! The sessions in the store: replicas that share it serve each other's sessions.

use crate::digest::hex;
use crate::error::{Error, Result};
use crate::operation::LogLevel;
use crate::store::Store;
use rmcp::model::{Implementation, InitializeRequestParams, RequestId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

/// The minimum time between two renewals of a session in the store.
pub(super) const RENEWAL: Duration = Duration::from_secs(60);

/// How long a session is kept after its last renewal: rmcp ends idle sessions after five minutes.
const LIFETIME: Duration = Duration::from_secs(300 + RENEWAL.as_secs());

/// The maximum time for one change of a record.
const CHANGE: Duration = Duration::from_secs(4);

/// How long the lock on a record lasts, so that a replica that ends during a change does not block later changes. It lasts longer than
/// [`CHANGE`], since the last write of a change may still be on its way to the store.
const LOCK: Duration = Duration::from_secs(5);

/// How long a change waits before it tries again, if another replica changes the same record.
const RETRY: Duration = Duration::from_millis(10);

/// The maximum size of the stored part of a client's handshake, in bytes of JSON. Only what the adapter uses is stored.
const MAX_HANDSHAKE: usize = 8 * 1024;

/// How long a question counts as open after its replica last renewed it.
const LEASE: Duration = Duration::from_secs(15);

/// How long an answer is kept for the replica that asked.
const ANSWER: Duration = Duration::from_secs(60);

/// The maximum number of cancellations in a record. The oldest are dropped.
pub(super) const MAX_CANCELLED: usize = 32;

/// How long a record keeps a cancellation. Replicas with calls in flight read the record every few seconds.
const CANCELLATION: Duration = Duration::from_secs(60);

/// A session as it is in the store. It contains nothing that identifies its caller.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct SessionRecord {
    /// The client's part of the handshake.
    pub(super) client: InitializeRequestParams,
    pub(super) choices: ClientChoices,
    /// The requests whose cancellations arrived at a replica that does not run them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) cancelled: Vec<CancelledRequest>,
}

/// The cancellation of a request that another replica may run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CancelledRequest {
    /// A hash of the ID of the request, which may be long.
    request: String,
    /// A random number that distinguishes cancellations of the same ID.
    pub(super) number: u64,
    /// When it arrived, in milliseconds since 1970.
    at: u64,
}

impl CancelledRequest {
    fn new(id: &RequestId, at: u64) -> Result<Self> {
        let mut number = [0; 8];
        getrandom::fill(&mut number).map_err(|error| Error::internal(error.to_string()))?;
        Ok(Self { request: hash(id), number: u64::from_le_bytes(number), at })
    }

    /// Returns whether this is the cancellation of a request with that ID.
    pub(super) fn is_of(&self, id: &RequestId) -> bool {
        self.request == hash(id)
    }
}

/// Returns a hash of the ID of a request.
fn hash(id: &RequestId) -> String {
    let id = serde_json::to_vec(id).unwrap_or_default();
    hex(&Sha256::digest(id)).chars().take(32).collect()
}

/// The choices of a client in its session.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct ClientChoices {
    /// The minimum level of log messages.
    pub(super) level: LogLevel,
    /// The URIs of the resources that it has subscribed to.
    pub(super) resources: BTreeSet<String>,
}

impl Default for ClientChoices {
    fn default() -> Self {
        Self { level: LogLevel::Info, resources: BTreeSet::new() }
    }
}

impl SessionRecord {
    /// Creates the record of a new session; `None` if it would be too large. Metadata is omitted, since it may contain secrets, and
    /// so are members that only describe the client.
    pub(super) fn new(handshake: &InitializeRequestParams) -> Result<Option<Self>> {
        let mut client = handshake.clone();
        client.meta = None;
        client.capabilities.experimental = None;
        client.client_info = Implementation::new(client.client_info.name, client.client_info.version);
        let size = serde_json::to_vec(&client).map_err(Error::internal)?.len();
        let cancelled = Vec::new();
        Ok((size <= MAX_HANDSHAKE).then(|| Self { client, choices: ClientChoices::default(), cancelled }))
    }

    /// Adds a cancellation. The oldest ones are dropped.
    fn add_cancelled(&mut self, cancelled: CancelledRequest) {
        self.cancelled.push(cancelled);
        let surplus = self.cancelled.len().saturating_sub(MAX_CANCELLED);
        self.cancelled.drain(..surplus);
    }

    /// Drops old cancellations, which all replicas with calls in flight have read by now. `now` is in milliseconds
    /// since 1970.
    fn drop_old(&mut self, now: u64) {
        let lifetime = u64::try_from(CANCELLATION.as_millis()).unwrap_or(u64::MAX);
        self.cancelled.retain(|cancelled| now.abs_diff(cancelled.at) < lifetime);
    }
}

/// The records of the sessions of one adapter.
pub(super) struct SessionRecords {
    store: Arc<dyn Store>,
    /// The identity of the adapter: the session of one adapter is unknown to others.
    adapter: String,
    /// The cancellations that are not in the records yet, by session.
    waiting: Mutex<HashMap<String, WaitingCancellations>>,
}

/// The cancellations that one change writes to the record of a session.
struct WaitingCancellations {
    cancelled: VecDeque<CancelledRequest>,
    written: watch::Receiver<Option<Written>>,
}

/// The outcome of a change: whether the session exists, or why it could not be changed.
type Written = std::result::Result<bool, String>;

impl SessionRecords {
    pub(super) fn new(store: Arc<dyn Store>, adapter: &str) -> Self {
        Self { store, adapter: adapter.to_owned(), waiting: Mutex::default() }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<String, WaitingCancellations>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether other processes may use the store.
    pub(super) fn is_shared(&self) -> bool {
        self.store.is_shared()
    }

    /// Returns the key of a record of a session. Keys contain a hash of the ID, so that whoever can list the keys of a store cannot use
    /// a session.
    fn key(&self, id: &str, what: &str) -> String {
        let length = (self.adapter.len() as u64).to_be_bytes();
        let hashed = [&length, self.adapter.as_bytes(), id.as_bytes()].concat();
        format!("naftiko:session:{}:{what}", hex(&Sha256::digest(hashed)))
    }

    /// Stores the record of a session, which expires after [`LIFETIME`].
    pub(super) async fn create(&self, id: &str, record: &SessionRecord) -> Result<()> {
        self.store.put(&self.key(id, "state"), to_json(record)?, LIFETIME).await
    }

    /// Returns a session; `None` if it does not exist, has ended or has expired, or if its record cannot be read, for example because
    /// another version of the program wrote it: its client then begins another session.
    pub(super) async fn get(&self, id: &str) -> Result<Option<SessionRecord>> {
        let Some(record) = self.store.get(&self.key(id, "state")).await? else { return Ok(None) };
        let record = serde_json::from_slice(&record);
        let read = record
            .inspect_err(|error| tracing::warn!(%error, "the record of a session cannot be read, so the session ends"));
        Ok(read.ok())
    }

    /// Changes and renews a session, and returns it with what the change returns; `None` if the session does not exist.
    pub(super) async fn change<T>(
        &self,
        id: &str,
        change: impl FnOnce(&mut SessionRecord) -> T,
    ) -> Result<Option<(SessionRecord, T)>> {
        let change = async {
            let Some(mut record) = self.get(id).await? else { return Ok(None) };
            record.drop_old(now());
            let changed = change(&mut record);
            self.create(id, &record).await?;
            Ok(Some((record, changed)))
        };
        self.alone(id, change).await
    }

    /// Passes the cancellation of a request to the replica that runs it, if any. Returns whether the session exists. Cancellations that
    /// arrive while another one waits for the record are written with it: many separate changes would block all other changes.
    pub(super) async fn cancel(self: &Arc<Self>, id: &str, request: &RequestId) -> Result<bool> {
        let cancelled = CancelledRequest::new(request, now())?;
        let mut written = {
            let mut waiting = self.waiting();
            // A store that panics ends the task of a batch.
            if waiting.get(id).is_some_and(|batch| batch.written.has_changed().is_err()) {
                waiting.remove(id);
            }
            let batch = waiting.entry(id.to_owned()).or_insert_with(|| {
                let (sender, written) = watch::channel(None);
                let (records, id) = (self.clone(), id.to_owned());
                // In a Tokio task, since the client of the first cancellation may disconnect.
                tokio::spawn(async move { sender.send_replace(Some(records.write_cancelled(&id).await)) });
                WaitingCancellations { cancelled: VecDeque::new(), written }
            });
            batch.cancelled.push_back(cancelled);
            if batch.cancelled.len() > MAX_CANCELLED {
                batch.cancelled.pop_front();
            }
            batch.written.clone()
        };
        let written = written.wait_for(Option::is_some).await.map(|written| written.clone());
        let written = written.ok().flatten().unwrap_or_else(|| Err("the cancellation was not stored".to_owned()));
        written.map_err(Error::internal)
    }

    /// Writes the cancellations that wait for the record of a session.
    async fn write_cancelled(&self, id: &str) -> Written {
        let mut has_taken = false;
        let changed = self.change(id, |record| {
            has_taken = true;
            let waiting = self.waiting().remove(id);
            waiting.into_iter().flat_map(|batch| batch.cancelled).for_each(|cancelled| record.add_cancelled(cancelled));
        });
        let changed = changed.await;
        // The change has failed before it took this batch: later cancellations begin a new batch.
        if !has_taken {
            self.waiting().remove(id);
        }
        changed.map(|changed| changed.is_some()).map_err(|error| error.to_string())
    }

    #[cfg(test)]
    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting().is_empty()
    }

    /// Ends a session.
    pub(super) async fn remove(&self, id: &str) -> Result<()> {
        self.alone(id, async { self.store.take(&self.key(id, "state")).await.map(|_| ()) }).await
    }

    /// Changes a record while no other replica does, so that no change is lost, and no session comes back after its end.
    async fn alone<T>(&self, id: &str, change: impl Future<Output = Result<T>>) -> Result<T> {
        let lock = self.key(id, "lock");
        let begun = Instant::now();
        let until = loop {
            // The lock begins after this time, so it lasts at least until `asked + LOCK`.
            let asked = Instant::now();
            if self.store.put_if_absent(&lock, b"1".to_vec(), LOCK).await? {
                break asked + CHANGE;
            }
            if begun.elapsed() > LOCK * 2 {
                return Err(Error::internal("another replica does not finish its change of a session"));
            }
            sleep(RETRY).await;
        };
        let Ok(changed) = timeout_at(until, change).await else {
            // The lock is left to expire: a request to remove it might arrive when another replica has it.
            return Err(Error::internal("the store is too slow to change a session"));
        };
        // If this fails, the lock expires.
        let unlocked = self.store.take(&lock).await;
        changed.and_then(|changed| unlocked.map(|_| changed))
    }

    /// Opens a question to the client of a session, or keeps it open: this replica waits for its answer.
    pub(super) async fn ask(&self, id: &str, question: &str) -> Result<()> {
        self.store.put(&self.key(id, &format!("question:{question}")), b"1".to_vec(), LEASE).await
    }

    /// Closes a question.
    pub(super) async fn close(&self, id: &str, question: &str) -> Result<()> {
        self.store.take(&self.key(id, &format!("question:{question}"))).await.map(|_| ())
    }

    /// Passes an answer to the replica that asked. Returns whether its question was open.
    pub(super) async fn answer(&self, id: &str, question: &str, answer: Vec<u8>) -> Result<bool> {
        if self.store.get(&self.key(id, &format!("question:{question}"))).await?.is_none() {
            return Ok(false);
        }
        self.store.put_if_absent(&self.key(id, &format!("answer:{question}")), answer, ANSWER).await?;
        Ok(true)
    }

    /// Returns the answer that another replica has received.
    pub(super) async fn answered(&self, id: &str, question: &str) -> Result<Option<Vec<u8>>> {
        self.store.take(&self.key(id, &format!("answer:{question}"))).await
    }
}

/// Returns the time, in milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn to_json(record: &SessionRecord) -> Result<Vec<u8>> {
    serde_json::to_vec(record).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_record_has_only_the_last_cancellations_and_drops_them_after_a_minute() {
        let client = serde_json::json!({ "name": "test", "version": "1" });
        let params = serde_json::json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
        let mut record = SessionRecord::new(&serde_json::from_value(params).unwrap()).unwrap().unwrap();
        for at in 0..100 {
            record.add_cancelled(CancelledRequest::new(&RequestId::Number(0), at).unwrap());
        }
        assert_eq!(
            record.cancelled.iter().map(|cancelled| cancelled.at).collect::<Vec<_>>(),
            (68..100).collect::<Vec<_>>()
        );
        record.drop_old(60_089);
        assert_eq!(record.cancelled.len(), 10);
        record.drop_old(60_100);
        assert!(record.cancelled.is_empty());
    }
}
