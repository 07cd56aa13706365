//! A task that runs in this process: its lease, its messages, its questions, and its end.

use super::notices::TaskClient;
use super::records::{
    LEASE, OpenQuestions, TaskEnd, TaskHead, TaskNote, TaskOutcome, TaskRecords, TaskState, lost, now, to_json,
};
use crate::error::{Error, Result};
use crate::expose::mcp::client_questions::unless_ending;
use futures_util::future::{Either, FutureExt, select};
use rmcp::ErrorData;
use serde_json::Value;
use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until, timeout_at};

/// The interval at which a running task polls the store.
pub(in super::super) const BEAT: Duration = Duration::from_secs(1);

/// How long after the last renewal a running task renews its lease.
const RENEWAL: Duration = Duration::from_secs(LEASE.as_secs() / 3);

/// The length at which a message about a task is truncated, in bytes. A message can be an item of a stream, and the
/// store keeps it.
const MAX_NOTE: usize = 1024;

/// A task that runs in this process.
pub(in super::super) struct RunningTask {
    pub(in super::super) id: String,
    pub(in super::super) head: TaskHead,
    records: TaskRecords,
    /// The client to notify of changes.
    client: TaskClient,
    cancelled: watch::Sender<bool>,
    /// Changes when the task gets an answer, and when it ends.
    updates: watch::Sender<()>,
    note: Mutex<PendingNote>,
    questions: Mutex<Questions>,
    /// Locked while the questions are stored, so that the latest state is stored last.
    storing: tokio::sync::Mutex<()>,
    /// Wakes the future that stores the questions, after the method has dropped a question.
    dropped: Notify,
    /// When the lease was last renewed.
    renewed: Mutex<Instant>,
}

/// The latest message, which is written at most once in a beat.
#[derive(Default)]
struct PendingNote {
    text: Option<String>,
    written: Option<Instant>,
}

#[derive(Default)]
struct Questions {
    open: OpenQuestions,
    /// The names of all questions so far: each is unique.
    names: HashSet<String>,
    /// The closed questions that may still be open, or have an answer, in the store.
    closed: Vec<String>,
}

/// A question of a method. It is closed when the method has its answer, or drops the future that waits for it.
struct AskedQuestion<'a> {
    task: &'a RunningTask,
    name: String,
}

impl Drop for AskedQuestion<'_> {
    fn drop(&mut self) {
        let mut questions = self.task.questions.lock().unwrap_or_else(PoisonError::into_inner);
        questions.open.requests.remove(&self.name);
        questions.closed.push(std::mem::take(&mut self.name));
        drop(questions);
        self.task.dropped.notify_one();
    }
}

/// Returns the error of a task whose result could not be stored.
fn unstored() -> ErrorData {
    let message = "the call has ended, but its result could not be stored; the call may have taken effect";
    ErrorData::internal_error(message, None)
}

impl RunningTask {
    /// Creates a task whose lease was last renewed at `renewed`.
    pub(super) fn new(id: String, head: TaskHead, records: TaskRecords, client: TaskClient, renewed: Instant) -> Self {
        Self {
            id,
            head,
            records,
            client,
            cancelled: watch::Sender::new(false),
            updates: watch::Sender::new(()),
            note: Mutex::default(),
            questions: Mutex::default(),
            storing: tokio::sync::Mutex::default(),
            dropped: Notify::new(),
            renewed: Mutex::new(renewed),
        }
    }

    /// Returns the state of a new task: `working`, even if the task has already ended. The caller sees the end in its
    /// next request.
    pub(super) fn new_state(&self) -> TaskState {
        let (id, head) = (self.id.clone(), self.head.clone());
        TaskState { id, head, note: TaskNote::default(), questions: OpenQuestions::default(), end: None }
    }

    /// Runs the work of the task until it ends or is cancelled, and records its end. Work without an outcome leaves the task without an end.
    pub(super) async fn drive(self: &Arc<Self>, work: impl Future<Output = Option<TaskOutcome>>) {
        // A method that blocks its thread must not delay the renewals. Dropping the set ends the renewals.
        let mut lease = JoinSet::new();
        let task = self.clone();
        lease.spawn(async move { task.keep_lease().await });
        // This block drops `work` before the end of the task is announced.
        let outcome = {
            // A panic that nothing has caught before must not leave the task running.
            let work = AssertUnwindSafe(work).catch_unwind();
            match select(pin!(work), pin!(self.stopped())).await {
                Either::Left((Ok(outcome), _)) => outcome,
                Either::Left((Err(_), _)) => {
                    tracing::error!(tool = self.head.tool, "the work of a task panicked");
                    Some(TaskOutcome::Error(ErrorData::internal_error("the operation failed", None)))
                }
                Either::Right(_) => None,
            }
        };
        match outcome.filter(|_| !self.is_cancelled()) {
            Some(outcome) => self.end(outcome).await,
            None if self.expiry() <= Instant::now() => {
                self.fail(lost()).await;
            }
            None => {}
        }
        drop(lease);
        self.updates.send_replace(());
        if let Err(error) = self.records.free_place(&self.id, &self.head.owner, self.head.place).await {
            // The caller's next task frees the place if no other place is free.
            tracing::debug!(tool = self.head.tool, %error, "the place of an ended task could not be freed");
        }
        self.notify_client().await;
    }

    /// Notifies the client of the task as it is now.
    async fn notify_client(&self) {
        if !self.client.is_connected() {
            return;
        }
        // Without the store, the client finds out when it asks for the task.
        if let Ok(Some(state)) = self.records.existing(&self.id, self.head.clone()).await {
            self.client.notify(state.in_handshake_era()).await;
        }
    }

    /// Records how the task ended. If the store fails or is full, tries again for almost as long as a lease lasts, and not longer: clients
    /// see that a task without a lease has failed, and a later end would contradict this.
    async fn end(&self, outcome: TaskOutcome) {
        let until = Instant::now() + LEASE - 2 * BEAT;
        // All attempts store the same bytes, so that the task recognizes its own end.
        let Ok(end) = to_json(&TaskEnd { at: now(), outcome }) else {
            self.fail(unstored()).await;
            return;
        };
        let mut failed = false;
        loop {
            let attempt = async {
                let is_stored = self.records.put_end(&self.id, &self.head, end.clone()).await?;
                // The store may have stored the end at an earlier attempt, although it answered with an error.
                Ok(is_stored || (failed && self.records.has_end(&self.id, &end).await?))
            };
            let attempt: Result<bool> = match select(pin!(attempt), pin!(self.until_cancelled())).await {
                Either::Left((attempt, _)) => attempt,
                Either::Right(_) => break,
            };
            match attempt {
                Ok(is_own) => {
                    if failed && is_own {
                        tracing::info!(tool = self.head.tool, "the outcome of a task was stored after failed attempts");
                    }
                    if is_own {
                        self.records.count_end(&self.id, &self.head, end.len()).await;
                    }
                    return;
                }
                Err(error) if !failed => {
                    failed = true;
                    tracing::warn!(tool = self.head.tool, %error, "the outcome of a task could not be stored; trying again");
                }
                Err(_) => {}
            }
            if Instant::now() >= until {
                break;
            }
            sleep(BEAT).await;
        }
        // A full store may have room for this error, which is smaller than most results.
        let error = if self.is_cancelled() { lost() } else { unstored() };
        if !self.fail(error).await && self.records.has_end(&self.id, &end).await.unwrap_or(false) {
            return self.records.count_end(&self.id, &self.head, end.len()).await;
        }
        tracing::error!(
            tool = self.head.tool,
            "the result of a task is lost, since it could not be stored: clients see that the task has failed"
        );
    }

    /// Records that the task has failed, and returns whether this failure is its end. If the store fails, the lease is dropped: clients
    /// then also see that the task has failed.
    async fn fail(&self, error: ErrorData) -> bool {
        match self.records.end(&self.id, &self.head, TaskOutcome::Error(error)).await {
            Ok(is_first) => is_first,
            Err(error) => {
                tracing::warn!(tool = self.head.tool, %error, "the failure of a task could not be stored");
                // If this fails, the lease expires.
                let _ = self.records.drop_lease(&self.id).await;
                false
            }
        }
    }

    /// Waits until the task is cancelled, here or by another replica. In the meantime, records the latest message, and which
    /// questions are open.
    async fn stopped(&self) {
        let mut beats = interval_at(Instant::now() + BEAT, BEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let watched = async {
            loop {
                let (tick, dropped) = (pin!(beats.tick()), pin!(self.dropped.notified()));
                if let Either::Left(_) = select(tick, dropped).await {
                    if self.records.has_ended(&self.id).await.unwrap_or(false) {
                        return self.cancel();
                    }
                    self.write_note().await;
                }
                self.write_closed().await;
            }
        };
        select(pin!(self.until_cancelled()), pin!(watched)).await;
    }

    /// Renews the lease. Stops the task if the lease has expired: clients may have seen that the task has failed, and a
    /// later end would contradict this.
    async fn keep_lease(&self) {
        loop {
            let expiry = self.expiry();
            let renewed = timeout_at(expiry, self.renew()).await;
            // A renewal that is confirmed too late may have reached the store after the lease had expired.
            let Some(renewed) = renewed.ok().filter(|_| Instant::now() < expiry) else {
                tracing::error!(tool = self.head.tool, "a task is stopped, since it could not record that it is alive");
                return self.cancel();
            };
            *self.renewed.lock().unwrap_or_else(PoisonError::into_inner) = renewed;
        }
    }

    /// Renews the lease once it is due, and returns the time from which the renewal counts. If the store fails, tries again at each
    /// beat.
    async fn renew(&self) -> Instant {
        sleep_until(self.expiry() - LEASE + RENEWAL).await;
        loop {
            let now = Instant::now();
            match self.records.renew(&self.id).await {
                Ok(()) => return now,
                Err(error) => tracing::warn!(tool = self.head.tool, %error, "a task could not record that it is alive"),
            }
            sleep(BEAT).await;
        }
    }

    /// Returns when the lease expires, unless it is renewed.
    fn expiry(&self) -> Instant {
        *self.renewed.lock().unwrap_or_else(PoisonError::into_inner) + LEASE
    }

    /// Stops the task: its end has been recorded, or its lease has expired.
    pub(in super::super) fn cancel(&self) {
        self.cancelled.send_replace(true);
    }

    pub(in super::super) fn is_cancelled(&self) -> bool {
        *self.cancelled.borrow()
    }

    pub(in super::super) async fn until_cancelled(&self) {
        // This cannot fail: `self` owns the sender.
        let _ = self.cancelled.subscribe().wait_for(|is| *is).await;
    }

    /// Wakes the futures that wait for an answer or for the end of the task.
    pub(in super::super) fn notify(&self) {
        self.updates.send_replace(());
    }

    /// Returns a receiver that changes when the task gets an answer, and when it ends.
    pub(in super::super) fn subscribe(&self) -> watch::Receiver<()> {
        self.updates.subscribe()
    }

    /// Sets the message about the task; a long message is truncated.
    pub(in super::super) async fn note(&self, mut text: String) {
        if text.len() > MAX_NOTE {
            let end = (0..=MAX_NOTE).rev().find(|end| text.is_char_boundary(*end));
            text.truncate(end.unwrap_or_default());
            text.push('…');
        }
        let is_due = {
            let mut note = self.note.lock().unwrap_or_else(PoisonError::into_inner);
            note.text = Some(text);
            note.written.is_none_or(|written| written.elapsed() >= BEAT)
        };
        if is_due {
            self.write_note().await;
        }
    }

    /// Stores the latest message, if it is not stored yet, and notifies the client.
    async fn write_note(&self) {
        let text = {
            let mut note = self.note.lock().unwrap_or_else(PoisonError::into_inner);
            note.written = Some(Instant::now());
            note.text.take()
        };
        if let Some(text) = text {
            // The next message may succeed.
            let _ = self.records.put_note(&self.id, &self.head, &TaskNote { at: now(), text }).await;
            self.notify_client().await;
        }
    }

    /// Asks the caller, and waits for the answer: `given`, which is the answer over the connection of the caller, or else the answer
    /// that arrives in the store.
    pub(in super::super) async fn ask(
        &self,
        name: Option<String>,
        request: Value,
        given: Option<impl Future<Output = Result<Value>>>,
    ) -> Result<Value> {
        let question = self.open(name, request);
        self.write_questions().await?;
        let answer = match given {
            Some(given) => unless_ending(given).await,
            // Other replicas still accept the answer while this program ends.
            None if self.records.is_shared() => self.stored(&question.name).await,
            None => unless_ending(self.stored(&question.name)).await,
        };
        drop(question);
        self.write_closed().await;
        answer
    }

    /// Adds a question under a unique name: `name`, with a number if it is in use, or else `input` with a number.
    fn open(&self, name: Option<String>, request: Value) -> AskedQuestion<'_> {
        let mut questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
        let (name, first) = name.map_or_else(|| ("input".to_owned(), 1), |name| (name, 0));
        let mut numbered = (first..).map(|number| if number == 0 { name.clone() } else { format!("{name}-{number}") });
        let name = numbered.find(|name| !questions.names.contains(name)).unwrap_or(name.clone());
        questions.names.insert(name.clone());
        questions.open.requests.insert(name.clone(), request);
        AskedQuestion { task: self, name }
    }

    /// Stores which questions are open, if some have been closed. If that fails, the next beat tries again.
    async fn write_closed(&self) {
        let has_closed = !self.questions.lock().unwrap_or_else(PoisonError::into_inner).closed.is_empty();
        if has_closed && let Err(error) = self.write_questions().await {
            tracing::debug!(tool = self.head.tool, %error, "a task could not record that a question is closed");
        }
    }

    /// Stores the open questions, drops the answers to closed questions, and notifies the client.
    async fn write_questions(&self) -> Result<()> {
        {
            let _storing = self.storing.lock().await;
            let (open, closed) = {
                let mut questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
                questions.open.at = now();
                (questions.open.clone(), questions.closed.clone())
            };
            self.records.put_questions(&self.id, &self.head, &open).await?;
            let mut dropped = Vec::with_capacity(closed.len());
            for name in closed {
                match self.records.drop_answer(&self.id, &name).await {
                    Ok(()) => dropped.push(name),
                    // The next beat tries again. Nothing reads this answer, so other questions can be asked.
                    Err(error) => {
                        tracing::debug!(tool = self.head.tool, %error, "the answer to a closed question could not be dropped");
                    }
                }
            }
            let mut questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
            questions.closed.retain(|name| !dropped.contains(name));
        }
        self.notify_client().await;
        Ok(())
    }

    /// Waits for an answer in the store.
    async fn stored(&self, name: &str) -> Result<Value> {
        let mut updates = self.subscribe();
        loop {
            if let Some(answer) = self.records.answer(&self.id, name).await? {
                return Ok(answer);
            }
            if let Either::Left((Err(_), _)) = select(pin!(updates.changed()), pin!(sleep(BEAT))).await {
                return Err(Error::internal("the task was dropped while it waited for an answer"));
            }
        }
    }
}
