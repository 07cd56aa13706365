//! A task that runs in this process: its lease, its messages, its questions, and its end.

use super::notices::TaskClient;
use super::records::{LEASE, OpenQuestions, TaskHead, TaskNote, TaskOutcome, TaskRecords, now};
use crate::error::{Error, Result};
use crate::operation::ProgramShutdown;
use futures_util::future::{Either, select};
use http::StatusCode;
use serde_json::Value;
use std::collections::HashSet;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

/// The interval at which a running task polls the store.
pub(super) const BEAT: Duration = Duration::from_secs(1);

/// The interval at which a running task renews its lease, in beats.
const RENEWAL: u64 = LEASE.as_secs() / 3;

/// The maximum length of a message about a task, in bytes: a message can be an item of a stream, and each task stores one.
const LONGEST_NOTE: usize = 1024;

/// The maximum number of attempts to store the end of a task, one per beat.
const ATTEMPTS: u64 = 60;

/// A task that runs in this process.
pub(in super::super) struct RunningTask {
    pub(super) id: String,
    pub(super) head: TaskHead,
    records: TaskRecords,
    /// The client to notify of changes.
    client: TaskClient,
    cancelled: watch::Sender<bool>,
    /// Changes when the task gets an answer, and when it ends.
    updates: watch::Sender<()>,
    note: Mutex<PendingNote>,
    questions: Mutex<Questions>,
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
}

/// Waits for the answer to a question, until the program ends: then nobody can answer it.
async fn unless_ending(answer: impl Future<Output = Result<Value>>) -> Result<Value> {
    match select(pin!(answer), pin!(ProgramShutdown::begun())).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => {
            Err(Error::new(StatusCode::SERVICE_UNAVAILABLE, "the server stops, so its question cannot be answered"))
        }
    }
}

impl RunningTask {
    pub(super) fn new(id: String, head: TaskHead, records: TaskRecords, client: TaskClient) -> Self {
        Self {
            id,
            head,
            records,
            client,
            cancelled: watch::Sender::new(false),
            updates: watch::Sender::new(()),
            note: Mutex::default(),
            questions: Mutex::default(),
        }
    }

    /// Runs the work of the task until it ends or is cancelled, and records its end.
    pub(super) async fn drive(&self, work: impl Future<Output = TaskOutcome>) {
        // This block drops `work` before the end of the task is announced.
        let outcome = {
            match select(pin!(work), pin!(self.stopped())).await {
                Either::Left((outcome, _)) => Some(outcome),
                Either::Right(_) => None,
            }
        };
        if let Some(outcome) = outcome {
            self.end(outcome).await;
        }
        self.updates.send_replace(());
        self.tell_client().await;
    }

    /// Notifies the client of the task as it is now.
    async fn tell_client(&self) {
        if !self.client.is_connected() {
            return;
        }
        // Without the store, the client finds out when it asks for the task.
        if let Ok(state) = self.records.state(&self.id, self.head.clone()).await {
            self.client.notify(state.in_handshake_era()).await;
        }
    }

    /// Records how the task ended. If the store fails, tries again.
    async fn end(&self, outcome: TaskOutcome) {
        for _ in 0..ATTEMPTS {
            match self.records.end(&self.id, &self.head, outcome.clone()).await {
                Ok(_) => return,
                Err(error) => tracing::warn!(tool = self.head.tool, %error, "the end of a task could not be stored"),
            }
            sleep(BEAT).await;
            let _ = self.records.renew(&self.id).await;
        }
    }

    /// Waits until the task is cancelled, here or by another replica. In the meantime, it records that the task is alive.
    async fn stopped(&self) {
        let mut cancelled = self.cancelled.subscribe();
        for beat in 1_u64.. {
            if let Either::Left(_) = select(pin!(cancelled.wait_for(|is| *is)), pin!(sleep(BEAT))).await {
                return;
            }
            if self.records.has_ended(&self.id).await.unwrap_or(false) {
                self.cancelled.send_replace(true);
                return;
            }
            if beat % RENEWAL == 0
                && let Err(error) = self.records.renew(&self.id).await
            {
                tracing::warn!(tool = self.head.tool, %error, "a task could not record that it is alive");
            }
            self.write_note().await;
        }
    }

    /// Stops the task, whose end has been recorded.
    pub(super) fn cancel(&self) {
        self.cancelled.send_replace(true);
    }

    pub(super) fn is_cancelled(&self) -> bool {
        *self.cancelled.borrow()
    }

    pub(super) async fn until_cancelled(&self) {
        // This cannot fail: `self` owns the sender.
        let _ = self.cancelled.subscribe().wait_for(|is| *is).await;
    }

    /// Wakes the futures that wait for an answer or for the end of the task.
    pub(super) fn notify(&self) {
        self.updates.send_replace(());
    }

    /// Returns a receiver that changes when the task gets an answer, and when it ends.
    pub(super) fn subscribe(&self) -> watch::Receiver<()> {
        self.updates.subscribe()
    }

    /// Sets the message about the task; a long one is cut.
    pub(super) async fn note(&self, mut text: String) {
        if text.len() > LONGEST_NOTE {
            let end = (0..=LONGEST_NOTE).rev().find(|end| text.is_char_boundary(*end));
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

    async fn write_note(&self) {
        let text = {
            let mut note = self.note.lock().unwrap_or_else(PoisonError::into_inner);
            note.written = Some(Instant::now());
            note.text.take()
        };
        if let Some(text) = text {
            // The next message may succeed.
            let _ = self.records.put_note(&self.id, &self.head, &TaskNote { at: now(), text }).await;
            self.tell_client().await;
        }
    }

    /// Asks the caller, and waits for the answer: `given`, or else the answer that arrives in the store.
    pub(super) async fn ask(
        &self,
        name: Option<String>,
        request: Value,
        given: Option<impl Future<Output = Result<Value>>>,
    ) -> Result<Value> {
        let name = self.open(name, request);
        self.write_questions().await?;
        let answer = match given {
            Some(given) => unless_ending(given).await,
            None if self.records.is_shared() => self.stored(&name).await,
            None => unless_ending(self.stored(&name)).await,
        };
        {
            let mut questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
            questions.open.requests.remove(&name);
        }
        self.write_questions().await?;
        answer
    }

    /// Adds a question, and returns its name.
    fn open(&self, name: Option<String>, request: Value) -> String {
        let mut questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
        let (name, first) = name.map_or_else(|| ("input".to_owned(), 1), |name| (name, 0));
        let mut numbered = (first..).map(|number| if number == 0 { name.clone() } else { format!("{name}-{number}") });
        let name = numbered.find(|name| !questions.names.contains(name)).unwrap_or(name.clone());
        questions.names.insert(name.clone());
        questions.open.requests.insert(name.clone(), request);
        name
    }

    async fn write_questions(&self) -> Result<()> {
        let open = {
            let mut questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
            questions.open.at = now();
            questions.open.clone()
        };
        self.records.put_questions(&self.id, &self.head, &open).await?;
        self.tell_client().await;
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
                return Err(Error::internal("the task has no end"));
            }
        }
    }
}
