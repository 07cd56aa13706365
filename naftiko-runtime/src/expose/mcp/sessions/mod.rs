//! The HTTP sessions of clients of the revisions up to 2025-11-25. rmcp manages them; this module also refuses a request whose ID is in
//! use, keeps a session alive while its client listens, and continues sessions that other replicas have begun.

mod cancellations;
mod known_cancellations;
mod manager;
mod mark;
mod questions;
mod requests;
mod streams;

pub(super) use mark::{mark_session, unmark_session};

use super::adapter::McpAdapter;
use super::client_state::{ClientState, with_rights_of};
use super::refusal::JsonRpcRefusal;
use super::session_records::{SessionRecord, SessionRecords};
use super::session_settings::{SessionSettings, StoredSession};
use crate::error::Error;
use crate::operation::Caller;
use bytes::Bytes;
use cancellations::cancelled_request;
use http::{HeaderName, Method, Request, Response, StatusCode};
use http_body_util::Full;
use http_body_util::combinators::BoxBody;
use manager::{NEW, NewSession, Sessions};
use mark::SESSION;
use requests::SessionRequests;
use rmcp::model::{ClientJsonRpcMessage, ErrorCode, RequestId};
use rmcp::transport::streamable_http_server::session::{SessionId, SessionManager};
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use serde::Deserialize;
use std::cell::Cell;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::{Mutex, Semaphore};

const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");

/// The answer of rmcp.
type RmcpAnswer = Response<BoxBody<Bytes, Infallible>>;

/// The service for clients with sessions.
pub(super) struct SessionService {
    service: StreamableHttpService<ClientState, Sessions>,
    sessions: Arc<Sessions>,
    /// The permits for further sessions. A session keeps its permit until it has ended and rmcp has
    /// dropped its transport.
    places: Arc<Semaphore>,
    /// Locked while a session moves to this process, so that concurrent requests of the session move it only once.
    moving: Arc<Mutex<()>>,
}

/// The session that a request names.
enum FoundSession {
    /// In this process.
    Local(Arc<SessionRequests>),
    /// Only in the store.
    Stored(Box<SessionRecord>),
    /// It does not exist, or it has ended.
    Unknown,
}

/// A message that may be the answer of a client to a question: an answer has an ID and no method.
#[derive(Deserialize)]
struct ClientAnswer {
    id: Option<RequestId>,
    #[serde(default)]
    method: Option<serde::de::IgnoredAny>,
}

impl SessionService {
    pub(super) fn new(adapter: &Arc<McpAdapter>) -> Self {
        let limits = adapter.capability.limits();
        let store = adapter.capability.approvals().store().clone();
        let records = SessionRecords::new(store, &adapter.identity);
        // Tasks may ask their callers, too.
        let question_limit = if adapter.tasks.is_some() { limits.operation.max(limits.task) } else { limits.operation };
        let sessions = Arc::new(Sessions::new(records, question_limit));
        let mut config = StreamableHttpServerConfig::default()
            .with_max_request_body_bytes(limits.body)
            .with_json_response(true)
            .disable_allowed_hosts()
            .disable_allowed_origins();
        config.session_store = Some(sessions.clone());
        let handler = adapter.clone();
        let factory = move || Ok(ClientState::of_session(handler.clone(), NewSession::settings()));
        let service = StreamableHttpService::new(factory, sessions.clone(), config);
        let places = Arc::new(Semaphore::new(limits.sessions.min(Semaphore::MAX_PERMITS)));
        Self { service, sessions, places, moving: Arc::default() }
    }

    /// Handles a request that begins a session. The permit is acquired before the session is created, so that
    /// concurrent requests cannot exceed the limit.
    pub(super) async fn begin(&self, request: Request<Full<Bytes>>) -> Result<RmcpAnswer, JsonRpcRefusal> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| JsonRpcRefusal::too_many_sessions())?;
        let new = NewSession { place: Cell::new(Some(place)), settings: Arc::default(), client: Cell::default() };
        let caller = caller_of(&request);
        Ok(NEW.scope(new, with_rights_of(caller, self.service.handle(request))).await)
    }

    /// Handles a request of a session. `body` is the body of the request.
    pub(super) async fn handle(
        &self,
        request: Request<Full<Bytes>>,
        body: &Bytes,
    ) -> Result<RmcpAnswer, JsonRpcRefusal> {
        let id = request.headers().get(SESSION).and_then(|id| id.to_str().ok()).map(SessionId::from);
        let Some(id) = id else { return Ok(self.pass(request).await) };
        let found = self.find(&id).await?;
        if let FoundSession::Local(here) = &found
            && !here.is_ready()
        {
            // Another request is taking the session over: it is complete as soon as the lock is free.
            drop(self.moving.lock().await);
        }
        if let Some(question) = answered_question(body).filter(|_| !matches!(found, FoundSession::Unknown)) {
            if serde_json::from_slice::<ClientJsonRpcMessage>(body).is_err() {
                let message =
                    "expected a `result`, or an `error` with a `code` and a `message`, in the answer to a question";
                return Err(JsonRpcRefusal::bad_request(ErrorCode::INVALID_REQUEST, message));
            }
            let is_own = matches!(&found, FoundSession::Local(here) if here.questions.number(&question).is_some());
            if !is_own {
                return self.pass_on(&id, &question, body).await;
            }
        }
        if self.sessions.records.is_shared()
            && let Some(cancelled) = cancelled_request(body)
        {
            let is_elsewhere = match &found {
                FoundSession::Local(here) => here.settings.stored().is_some() && !here.has_open(&cancelled),
                FoundSession::Stored(_) => true,
                FoundSession::Unknown => false,
            };
            if is_elsewhere {
                return self.cancel_elsewhere(&id, &cancelled).await;
            }
        }
        if request.method() == Method::DELETE {
            return self.end(&id, found, request).await;
        }
        match found {
            FoundSession::Unknown => Ok(self.pass(request).await),
            FoundSession::Local(here) => {
                refuse_stream_of_another(&here, &request)?;
                Ok(self.pass(request).await)
            }
            FoundSession::Stored(record) => self.take_over(id, *record, request).await,
        }
    }

    /// Passes a request to rmcp.
    async fn pass(&self, request: Request<Full<Bytes>>) -> RmcpAnswer {
        let caller = caller_of(&request);
        with_rights_of(caller, self.service.handle(request)).await
    }

    /// Finds a session. If this process and the store have it, takes its settings from the store, and renews it there
    /// when due.
    ///
    /// # Errors
    /// Returns an error if this process does not have the session, and the store fails.
    async fn find(&self, id: &SessionId) -> Result<FoundSession, JsonRpcRefusal> {
        let here = self.sessions.get(id);
        if let Some(here) = here.as_ref().filter(|here| here.settings.stored().is_none()) {
            return Ok(FoundSession::Local(here.clone()));
        }
        match (here, self.sessions.records.get(id).await) {
            (Some(here), Ok(Some(record))) => {
                here.cancel_as_in(&record).await;
                here.settings.refresh(record);
                if here.settings.is_due() && !here.settings.renew().await {
                    return self.forget(id).await;
                }
                Ok(FoundSession::Local(here))
            }
            (Some(_), Ok(None)) => self.forget(id).await,
            (Some(here), Err(error)) => {
                tracing::warn!(%error, "a session continues without the store");
                Ok(FoundSession::Local(here))
            }
            (None, Ok(Some(record))) => Ok(FoundSession::Stored(Box::new(record))),
            (None, Ok(None)) => Ok(FoundSession::Unknown),
            (None, Err(error)) => Err(unavailable(&error)),
        }
    }

    /// Removes from this process a session that another replica has ended.
    async fn forget(&self, id: &SessionId) -> Result<FoundSession, JsonRpcRefusal> {
        if let Err(error) = self.sessions.close_session(id).await {
            tracing::debug!(%error, "a session ended before another replica ended it");
        }
        Ok(FoundSession::Unknown)
    }

    /// Handles a request of a session that is only in the store, and continues the session in this process.
    async fn take_over(
        &self,
        id: SessionId,
        record: SessionRecord,
        request: Request<Full<Bytes>>,
    ) -> Result<RmcpAnswer, JsonRpcRefusal> {
        let moving = self.moving.clone().lock_owned().await;
        if let Some(here) = self.sessions.get(&id) {
            drop(moving);
            refuse_stream_of_another(&here, &request)?;
            return Ok(self.pass(request).await);
        }
        if request.headers().get(LAST_EVENT).and_then(|event| event.to_str().ok()).is_some_and(is_of_request) {
            return Err(of_another_replica());
        }
        let place = self.places.clone().try_acquire_owned().map_err(|_| JsonRpcRefusal::too_many_sessions())?;
        let client = Cell::new(Some(record.client.clone()));
        let stored = StoredSession { records: self.sessions.records.clone(), id: id.clone() };
        let settings = Arc::new(SessionSettings::of(record, stored));
        // The answer of the handshake need not renew the record: it is renewed below, which shows whether the session has ended.
        settings.note_renewal();
        let new = NewSession { place: Cell::new(Some(place)), settings: settings.clone(), client };
        let (service, sessions, caller) = (self.service.clone(), self.sessions.clone(), caller_of(&request));
        // In a Tokio task, since a handshake that breaks off because its client disconnects would leave a session that cannot be used.
        let taken_over = tokio::spawn(async move {
            let answer = NEW.scope(new, with_rights_of(caller, service.handle(request))).await;
            if let Some(here) = sessions.get(&id) {
                here.set_ready();
            }
            drop(moving);
            if !settings.renew().await {
                // The session has ended in the meantime. If taking it over failed, this process does not have it.
                let _ = sessions.close_session(&id).await;
            }
            answer
        });
        taken_over.await.map_err(|error| unavailable(&Error::internal(error.to_string())))
    }

    /// Ends a session, here and in the store.
    async fn end(
        &self,
        id: &SessionId,
        found: FoundSession,
        request: Request<Full<Bytes>>,
    ) -> Result<RmcpAnswer, JsonRpcRefusal> {
        let is_stored = match &found {
            // rmcp would also accept the end of a session that does not exist.
            FoundSession::Unknown => return Err(no_session()),
            FoundSession::Local(here) => here.settings.stored().is_some(),
            FoundSession::Stored(_) => true,
        };
        let answer = self.pass(request).await;
        if is_stored && answer.status().is_success() {
            self.sessions.records.remove(id).await.map_err(|error| unavailable(&error))?;
        }
        Ok(answer)
    }

    /// Passes the cancellation of a request to the replica that runs it. The request may also have ended, or never existed.
    async fn cancel_elsewhere(&self, id: &SessionId, request: &RequestId) -> Result<RmcpAnswer, JsonRpcRefusal> {
        match self.sessions.records.cancel(id, request).await {
            Ok(true) => Ok(accepted()),
            Ok(false) => Err(no_session()),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// Passes the answer to a question to the replica that asked.
    async fn pass_on(&self, id: &SessionId, question: &RequestId, body: &Bytes) -> Result<RmcpAnswer, JsonRpcRefusal> {
        let passed = match question {
            RequestId::String(question) => self.sessions.records.answer(id, question, body.to_vec()).await,
            RequestId::Number(_) => Ok(false),
        };
        if passed.map_err(|error| unavailable(&error))? {
            return Ok(accepted());
        }
        let message = "this session has no open question with this ID: it has been answered, or its call or the replica that asked \
                       has ended";
        Err(JsonRpcRefusal::bad_request(ErrorCode::INVALID_REQUEST, message))
    }
}

/// Returns the answer to a message that needs none.
fn accepted() -> RmcpAnswer {
    let mut accepted = Response::default();
    *accepted.status_mut() = StatusCode::ACCEPTED;
    accepted
}

fn caller_of<B>(request: &Request<B>) -> Option<Caller> {
    request.extensions().get().cloned()
}

/// Returns the ID of the question that a message answers.
fn answered_question(body: &[u8]) -> Option<RequestId> {
    serde_json::from_slice::<ClientAnswer>(body).ok().filter(|answer| answer.method.is_none())?.id
}

/// Returns whether an event belongs to the stream of a request, by its ID.
fn is_of_request(event: &str) -> bool {
    event.contains('/')
}

/// Refuses to resume the stream of a request that another replica runs. A stream of notifications can continue here.
fn refuse_stream_of_another<B>(here: &SessionRequests, request: &Request<B>) -> Result<(), JsonRpcRefusal> {
    let event = request.headers().get(LAST_EVENT).and_then(|event| event.to_str().ok());
    match event.filter(|event| is_of_request(event) && here.is_of_another_replica(event)) {
        Some(_) => Err(of_another_replica()),
        None => Ok(()),
    }
}

fn of_another_replica() -> JsonRpcRefusal {
    let message = "this stream cannot be resumed here: another replica began it";
    JsonRpcRefusal::bad_request(ErrorCode::INVALID_REQUEST, message)
}

fn no_session() -> JsonRpcRefusal {
    let message = "the session does not exist, or it has ended; send `initialize` to begin a new one";
    JsonRpcRefusal::new(StatusCode::NOT_FOUND, ErrorCode::INVALID_REQUEST, message)
}

/// Logs that the store failed, and returns the refusal for the client.
fn unavailable(error: &Error) -> JsonRpcRefusal {
    crate::operation::call::log("sessions", error);
    JsonRpcRefusal::no_sessions()
}

#[cfg(test)]
mod tests;
