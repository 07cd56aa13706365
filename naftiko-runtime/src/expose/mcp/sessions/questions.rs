//! The questions of this server to the client of a session: requests (elicitation, sampling and roots) whose answers may arrive at another
//! replica. Each question gets an ID that no other replica uses, so that no answer can belong to a question of another replica.

use crate::expose::mcp::session_settings::SessionSettings;
use futures_util::future::{Either, select};
use rmcp::RoleServer;
use rmcp::model::{ClientJsonRpcMessage, JsonRpcMessage, RequestId, ServerNotification};
use rmcp::service::TxJsonRpcMessage;
use rmcp::transport::streamable_http_server::session::local::LocalSessionHandle;
use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

/// The beginning of the IDs of requests to clients. The origin of the request and a number follow.
const PREFIX: &str = "naftiko/ask/";

/// How often a replica looks for the answer to its question.
const BEAT: Duration = Duration::from_secs(1);

/// After this many beats, a replica renews its open question in the store.
const BEATS_OF_LEASE: u32 = 5;

/// A request to a client that has no answer yet.
pub(super) struct OpenQuestion {
    id: String,
    number: i64,
    /// Notified when the wait for an answer from another replica has to end.
    answered: Arc<Notify>,
    questions: Weak<SessionQuestions>,
    limit: Duration,
}

/// The open questions of one session in this process.
pub(super) struct SessionQuestions {
    /// A random name of this process's copy of the session.
    origin: String,
    /// By the number of each question: the notification that ends the wait for an answer from another replica.
    open: Mutex<HashMap<i64, Arc<Notify>>>,
    /// The session in rmcp.
    session: Option<LocalSessionHandle>,
    /// How long a question can be open.
    limit: Duration,
}

impl SessionQuestions {
    pub(super) fn new(origin: String, session: Option<LocalSessionHandle>, limit: Duration) -> Self {
        Self { origin, open: Mutex::default(), session, limit }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<i64, Arc<Notify>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the session in rmcp.
    pub(super) fn session(&self) -> Option<&LocalSessionHandle> {
        self.session.as_ref()
    }

    fn id(&self, number: i64) -> String {
        format!("{PREFIX}{}/{number}", self.origin)
    }

    /// Returns the number of an open question of this process.
    pub(super) fn number(&self, id: &RequestId) -> Option<i64> {
        let RequestId::String(id) = id else { return None };
        let number = id.strip_prefix(PREFIX)?.strip_prefix(&*self.origin)?.strip_prefix('/')?.parse().ok()?;
        self.open().contains_key(&number).then_some(number)
    }

    /// Replaces the ID of a request to the client, or the ID in the cancellation of such a request. Returns a request
    /// as an open question; `None` for other messages.
    pub(super) fn rename(self: &Arc<Self>, message: &mut TxJsonRpcMessage<RoleServer>) -> Option<OpenQuestion> {
        match message {
            JsonRpcMessage::Request(request) => {
                let RequestId::Number(number) = request.id else { return None };
                let id = self.id(number);
                request.id = RequestId::String(id.clone().into());
                let answered = Arc::<Notify>::default();
                self.open().insert(number, answered.clone());
                Some(OpenQuestion { id, number, answered, questions: Arc::downgrade(self), limit: self.limit })
            }
            JsonRpcMessage::Notification(notification) => {
                if let ServerNotification::CancelledNotification(cancelled) = &mut notification.notification
                    && let Some(RequestId::Number(number)) = cancelled.params.request_id
                    && let Some(answered) = self.open().remove(&number)
                {
                    answered.notify_one();
                    cancelled.params.request_id = Some(RequestId::String(self.id(number).into()));
                }
                None
            }
            _ => None,
        }
    }

    /// Replaces the ID in a client's answer with the ID that rmcp gave the question. Returns `None` if the question has been closed. Other
    /// messages are returned unchanged.
    pub(super) fn received(&self, mut message: ClientJsonRpcMessage) -> Option<ClientJsonRpcMessage> {
        let id = match &mut message {
            JsonRpcMessage::Response(response) => &mut response.id,
            JsonRpcMessage::Error(error) => error.id.as_mut()?,
            _ => return Some(message),
        };
        let number = self.number(id)?;
        *id = RequestId::Number(number);
        if let Some(answered) = self.open().remove(&number) {
            answered.notify_one();
        }
        Some(message)
    }
}

impl Drop for SessionQuestions {
    fn drop(&mut self) {
        // Nobody waits for the answers any more.
        self.open().values().for_each(|answered| answered.notify_one());
    }
}

impl OpenQuestion {
    /// Tells the replicas that this process waits for the answer, and begins to look for it in the store: another replica may receive it.
    pub(super) async fn announce(self, settings: Arc<SessionSettings>) {
        if let Some(stored) = settings.stored().filter(|stored| stored.records.is_shared())
            && let Err(error) = stored.records.ask(&stored.id, &self.id).await
        {
            tracing::warn!(%error, "other replicas cannot pass on the answer to a question");
        }
        tokio::spawn(async move {
            let answer = match select(pin!(self.passed_on(&settings)), pin!(self.answered.notified())).await {
                Either::Left((answer, _)) => answer,
                Either::Right(_) => None,
            };
            if let Some(questions) = self.questions.upgrade() {
                let answer = answer.and_then(|answer| questions.received(answer));
                if let (Some(answer), Some(session)) = (answer, &questions.session) {
                    // The session may have ended.
                    let _ = session.push_message(answer, None).await;
                }
                questions.open().remove(&self.number);
            }
            if let Some(stored) = settings.stored().filter(|stored| stored.records.is_shared()) {
                // If this fails, the question expires.
                let _ = stored.records.close(&stored.id, &self.id).await;
            }
        });
    }

    /// Waits for an answer that another replica receives; `None` if there is none in time.
    async fn passed_on(&self, settings: &SessionSettings) -> Option<ClientJsonRpcMessage> {
        let Some(stored) = settings.stored().filter(|stored| stored.records.is_shared()) else {
            sleep(self.limit).await;
            return None;
        };
        let begun = Instant::now();
        let mut beats = 0_u32;
        while begun.elapsed() < self.limit {
            match stored.records.answered(&stored.id, &self.id).await {
                Ok(Some(answer)) => match serde_json::from_slice(&answer) {
                    Ok(answer) => return Some(answer),
                    Err(error) => {
                        tracing::warn!(%error, "the stored answer to a question is not a JSON-RPC message");
                    }
                },
                Ok(None) => {}
                Err(error) => tracing::debug!(%error, "the answer to a question cannot be read from the store"),
            }
            sleep(BEAT).await;
            beats = beats.wrapping_add(1);
            if beats.is_multiple_of(BEATS_OF_LEASE)
                && let Err(error) = stored.records.ask(&stored.id, &self.id).await
            {
                tracing::debug!(%error, "an open question cannot be renewed in the store");
            }
        }
        None
    }
}
