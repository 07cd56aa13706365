//! The sessions of one adapter in this process, which rmcp serves.

use super::questions::SessionQuestions;
use super::requests::SessionRequests;
use super::streams::{EventIds, keeping_alive, restored, without_answers};
use crate::expose::mcp::refusal::explain;
use crate::expose::mcp::request_ids::{answered_id, restore};
use crate::expose::mcp::session_records::{SessionRecord, SessionRecords};
use crate::expose::mcp::session_settings::{SessionSettings, StoredSession};
use crate::expose::mcp::unanswered::cancelled;
use futures_util::future::{Either, ready};
use futures_util::stream::once;
use futures_util::{Stream, StreamExt};
use rmcp::RoleServer;
use rmcp::model::{ClientJsonRpcMessage, InitializeRequestParams, JsonRpcMessage, RequestId, ServerJsonRpcMessage};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::transport::streamable_http_server::session::local::{LocalSessionManager, LocalSessionManagerError};
use rmcp::transport::streamable_http_server::session::{
    RestoreOutcome, ServerSseMessage, SessionId, SessionManager, SessionState, SessionStore, SessionStoreError,
};
use std::cell::Cell;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

tokio::task_local! {
    /// The session that the current request begins, or takes over from another replica.
    pub(super) static NEW: NewSession;
}

/// A session that this process does not have yet.
pub(super) struct NewSession {
    /// The permit for the session: the number of sessions is limited.
    pub(super) place: Cell<Option<OwnedSemaphorePermit>>,
    pub(super) settings: Arc<SessionSettings>,
    /// The client's part of the handshake, if another replica has answered it.
    pub(super) client: Cell<Option<InitializeRequestParams>>,
}

impl NewSession {
    /// Returns the settings of the session that the current request begins.
    pub(super) fn settings() -> Arc<SessionSettings> {
        NEW.try_with(|new| new.settings.clone()).unwrap_or_default()
    }
}

/// The sessions of an adapter.
pub(super) struct Sessions {
    pub(super) inner: LocalSessionManager,
    open: Mutex<HashMap<SessionId, OpenSession>>,
    pub(super) records: Arc<SessionRecords>,
    /// How long a question to a client can be open.
    question_limit: Duration,
}

/// A session that has not ended.
struct OpenSession {
    requests: Arc<SessionRequests>,
    _place: SessionPlace,
}

/// The permit of a session: the number of sessions is limited. It is free again when the session has ended and rmcp has dropped its
/// transport. Until then, rmcp may wait for a client that does not read.
type SessionPlace = Option<Arc<OwnedSemaphorePermit>>;

/// The transport of one session.
pub(super) struct SessionTransport<T> {
    inner: T,
    requests: Arc<SessionRequests>,
    _place: SessionPlace,
}

/// A request that is being passed to its session. Dropping this value removes the request from the requests of the session.
struct PassedRequest(Option<(Arc<SessionRequests>, RequestId)>);

impl Drop for PassedRequest {
    fn drop(&mut self) {
        if let Some((requests, id)) = self.0.take() {
            requests.ids().remove(&id);
            requests.unanswered.remove(&id);
        }
    }
}

impl Sessions {
    pub(super) fn new(records: SessionRecords, question_limit: Duration) -> Self {
        let (inner, open) = (LocalSessionManager::default(), Mutex::default());
        Self { inner, open, records: Arc::new(records), question_limit }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<SessionId, OpenSession>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the requests of a session; `None` if this process does not have the session.
    pub(super) fn get(&self, id: &SessionId) -> Option<Arc<SessionRequests>> {
        self.open().get(id).map(|session| session.requests.clone())
    }

    fn requests_of(&self, id: &SessionId) -> Result<Arc<SessionRequests>, LocalSessionManagerError> {
        self.get(id).ok_or_else(|| LocalSessionManagerError::SessionNotFound(id.clone()))
    }

    /// Adds the session that the current request begins. rmcp calls this in the Tokio task of the request, in which
    /// [`NEW`] is set.
    async fn add<T>(&self, id: SessionId, inner: T, is_new: bool) -> SessionTransport<T> {
        let session = self.inner.sessions.read().await.get(&id).cloned();
        let events = Arc::<EventIds>::default();
        let settings = NewSession::settings();
        let questions = Arc::new(SessionQuestions::new(events.origin(), session, self.question_limit));
        let requests = Arc::new(SessionRequests::new(events, questions, settings, is_new));
        let place = NEW.try_with(|new| new.place.take()).ok().flatten().map(Arc::new);
        self.open().insert(id, OpenSession { requests: requests.clone(), _place: place.clone() });
        SessionTransport { inner, requests, _place: place }
    }
}

impl SessionManager for Sessions {
    type Error = LocalSessionManagerError;
    type Transport = SessionTransport<<LocalSessionManager as SessionManager>::Transport>;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Self::Error> {
        let (id, inner) = self.inner.create_session().await?;
        Ok((id.clone(), self.add(id, inner, true).await))
    }

    async fn restore_session(&self, id: SessionId) -> Result<RestoreOutcome<Self::Transport>, Self::Error> {
        Ok(match self.inner.restore_session(id.clone()).await? {
            RestoreOutcome::Restored(inner) => RestoreOutcome::Restored(self.add(id, inner, false).await),
            RestoreOutcome::AlreadyPresent => RestoreOutcome::AlreadyPresent,
            _ => RestoreOutcome::NotSupported,
        })
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        mut message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Self::Error> {
        self.requests_of(id)?.ids().received(&mut message);
        let mut answer = self.inner.initialize_session(id, message).await?;
        restore(&mut answer);
        Ok(answer)
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Self::Error> {
        self.inner.has_session(id).await
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Self::Error> {
        self.open().remove(id);
        self.inner.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        mut message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        let requests = self.requests_of(id)?;
        let mut passed = PassedRequest(None);
        if let JsonRpcMessage::Request(request) = &message {
            // The client may already have the answer to an earlier request with this ID, although sending it has not ended here.
            requests.unanswered.wait_for(&request.id).await;
            if let Err(error) = requests.unanswered.add(&request.id) {
                let refused = JsonRpcMessage::error(error, Some(request.id.clone()));
                return Ok(Either::Left(once(ready(ServerSseMessage::from_message(refused)))));
            }
            passed.0 = Some((requests.clone(), request.id.clone()));
            requests.watch_cancellations();
        }
        requests.ids().received(&mut message);
        let stream = self.inner.create_stream(id, message).await?;
        // From here on, the answer removes the request.
        passed.0 = None;
        Ok(Either::Right(requests.events.clone().named(stream.map(restored))))
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<(), Self::Error> {
        let requests = self.requests_of(id)?;
        let cancelled = cancelled(&message);
        // The service refuses answers to closed questions; this question may have been closed since then.
        let Some(mut message) = requests.questions.received(message) else { return Ok(()) };
        requests.ids().received(&mut message);
        self.inner.accept_message(id, message).await?;
        if let Some(cancelled) = cancelled {
            requests.unanswered.remove(&cancelled);
        }
        Ok(())
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        let requests = self.requests_of(id)?;
        let stream = match requests.events.next() {
            0 => Either::Left(self.inner.create_standalone_stream(id).await?),
            // rmcp would begin with the first event that it has kept.
            next => Either::Right(self.inner.resume(id, next.to_string()).await?),
        };
        let session = self.inner.sessions.read().await.get(id).cloned();
        let events = requests.events.clone();
        let stream = events.clone().named(without_answers(events.counting(stream)));
        Ok(keeping_alive(session, requests.settings.clone(), stream))
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        let requests = self.requests_of(id)?;
        // The IDs of events in the stream of a request end with a slash and the number of the request.
        let is_of_request = last_event_id.contains('/');
        let events = requests.events.clone();
        let stream = match events.own(&last_event_id) {
            Some(own) => Either::Left(self.inner.resume(id, own.to_owned()).await?),
            // The event is from another replica. Here, the client has not listened yet, or it continues where it stopped.
            None => Either::Right(self.inner.resume(id, events.next().to_string()).await?),
        };
        let stream = if is_of_request {
            Either::Left(stream.map(restored))
        } else {
            Either::Right(without_answers(events.clone().counting(stream)))
        };
        let session = self.inner.sessions.read().await.get(id).cloned();
        Ok(keeping_alive(session, requests.settings.clone(), events.named(stream)))
    }
}

/// The store from which rmcp loads a session that this process does not have. [`SessionService`](super::SessionService) has already read
/// the session from [`SessionRecords`], and also removes sessions from there.
impl SessionStore for Sessions {
    fn load<'a, 'i, 'f>(&'a self, _: &'i str) -> StoreCall<'f, Option<SessionState>>
    where
        'a: 'f,
        'i: 'f,
    {
        let client = NEW.try_with(|new| new.client.take()).ok().flatten();
        Box::pin(ready(Ok(client.map(SessionState::new))))
    }

    fn store<'a, 'i, 's, 'f>(&'a self, id: &'i str, state: &'s SessionState) -> StoreCall<'f, ()>
    where
        'a: 'f,
        'i: 'f,
        's: 'f,
    {
        Box::pin(async move {
            let Some(record) = SessionRecord::new(&state.initialize_params)? else {
                return Err("the handshake of the client is too large; other replicas will not know the session".into());
            };
            self.records.create(id, &record).await?;
            let id = SessionId::from(id);
            if let Some(session) = self.get(&id) {
                session.settings.store_as(StoredSession { records: self.records.clone(), id });
                session.settings.note_renewal();
            }
            Ok(())
        })
    }

    fn delete<'a, 'i, 'f>(&'a self, _: &'i str) -> StoreCall<'f, ()>
    where
        'a: 'f,
        'i: 'f,
    {
        Box::pin(ready(Ok(())))
    }
}

/// The result of the methods of rmcp's store.
type StoreCall<'a, T> = Pin<Box<dyn Future<Output = Result<T, SessionStoreError>> + Send + 'a>>;

impl<T: Transport<RoleServer>> Transport<RoleServer> for SessionTransport<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        mut message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), T::Error>> + Send + 'static {
        explain(&mut message);
        let is_answer = answered_id(&message).is_some();
        let answered = self.requests.ids().answered(&message);
        if is_answer && answered.is_none() {
            // Nobody waits for the late answer of a cancelled request. rmcp would keep it for the client's next stream of notifications.
            return Either::Left(ready(Ok(())));
        }
        let answering = self.requests.unanswered.answering(answered);
        let question = self.requests.questions.rename(&mut message);
        let settings = self.requests.settings.clone();
        // A session does not end while a request of its client is answered. Other messages do not show that the client is still there. If
        // another replica has ended the session, the next request shows it.
        let is_open = || is_answer || self.requests.unanswered.any().is_some();
        if settings.stored().is_some() && settings.is_due() && is_open() {
            settings.note_renewal();
            let settings = settings.clone();
            tokio::spawn(async move { settings.renew().await });
        }
        let sent = self.inner.send(message);
        Either::Right(async move {
            let _answering = answering;
            if let Some(question) = question {
                // Before the client can answer.
                question.announce(settings).await;
            }
            sent.await
        })
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        self.inner.receive().await
    }

    async fn close(&mut self) -> Result<(), T::Error> {
        self.inner.close().await
    }
}
