//! The HTTP sessions of clients of the revisions up to 2025-11-25. rmcp manages them; this module also refuses a request whose ID is in
//! use, and keeps a session alive while its client listens.

use super::client_state::ClientState;
use super::refusal::explain;
use super::request_ids::{RequestIds, answered_id, is_renamed, restore};
use super::tools::McpAdapter;
use super::unanswered::{Unanswered, cancelled};
use bytes::Bytes;
use futures_util::future::{Either, ready};
use futures_util::stream::once;
use futures_util::{Stream, StreamExt};
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use http_body_util::combinators::BoxBody;
use rmcp::RoleServer;
use rmcp::model::{ClientJsonRpcMessage, JsonRpcMessage, RequestId, ServerJsonRpcMessage};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::streamable_http_server::session::local::{LocalSessionManager, LocalSessionManagerError};
use rmcp::transport::streamable_http_server::session::{ServerSseMessage, SessionId, SessionManager};
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService, Transport};
use std::cell::Cell;
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use tokio::time::sleep;

/// How often a session with an open stream is kept alive: rmcp ends sessions without messages after five minutes.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

tokio::task_local! {
    /// The place that the current request has reserved for a new session.
    static RESERVED: Cell<Option<OwnedSemaphorePermit>>;
}

/// A number that no request of a session has.
const NO_REQUEST: u64 = u64::MAX;

/// The service for clients with sessions.
pub(super) struct SessionService {
    service: StreamableHttpService<ClientState, Sessions>,
    sessions: Arc<Sessions>,
    /// The places for other sessions. A session keeps its place until it ends.
    places: Arc<Semaphore>,
}

impl SessionService {
    pub(super) fn new(adapter: &Arc<McpAdapter>) -> Self {
        let limits = adapter.capability.limits();
        let config = StreamableHttpServerConfig::default()
            .with_max_request_body_bytes(limits.body)
            .with_json_response(true)
            .disable_allowed_hosts()
            .disable_allowed_origins();
        let (handler, sessions) = (adapter.clone(), Arc::<Sessions>::default());
        let factory = move || Ok(ClientState::of_session(handler.clone()));
        let service = StreamableHttpService::new(factory, sessions.clone(), config);
        let places = Arc::new(Semaphore::new(limits.sessions.min(Semaphore::MAX_PERMITS)));
        Self { service, sessions, places }
    }

    /// Returns whether there is a session with this ID.
    pub(super) fn has(&self, id: &HeaderValue) -> bool {
        id.to_str().is_ok_and(|id| self.sessions.open().contains_key(id))
    }

    pub(super) async fn handle(&self, request: Request<Full<Bytes>>) -> Response<BoxBody<Bytes, Infallible>> {
        self.service.handle(request).await
    }

    /// Handles a request that begins a session; returns `None` if there are already as many sessions as allowed. The place is reserved
    /// before the session is created, so that concurrent requests cannot exceed the limit.
    pub(super) async fn begin(&self, request: Request<Full<Bytes>>) -> Option<Response<BoxBody<Bytes, Infallible>>> {
        let place = self.places.clone().try_acquire_owned().ok()?;
        Some(RESERVED.scope(Cell::new(Some(place)), self.handle(request)).await)
    }
}

/// The sessions of an adapter.
#[derive(Default)]
struct Sessions {
    inner: LocalSessionManager,
    open: Mutex<HashMap<SessionId, OpenSession>>,
}

/// A session that has not ended.
struct OpenSession {
    requests: Arc<SessionRequests>,
    /// The place of this session among the allowed ones.
    _place: Option<OwnedSemaphorePermit>,
}

/// The requests of one session. rmcp's session sends an answer to the stream of the request with the same ID. So a request with the
/// ID of a cancelled request gets [another ID](RequestIds) before it enters the session, and the client's ID is restored in the streams.
#[derive(Default)]
struct SessionRequests {
    unanswered: Arc<Unanswered>,
    ids: Mutex<RequestIds>,
    /// The number after that of the last event that a stream of notifications has sent.
    next_event: AtomicUsize,
}

impl SessionRequests {
    fn ids(&self) -> MutexGuard<'_, RequestIds> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the events of a stream of notifications while they are sent.
    fn counting<S>(self: Arc<Self>, stream: S) -> impl Stream<Item = ServerSseMessage> + Send + Sync + 'static + use<S>
    where
        S: Stream<Item = ServerSseMessage> + Send + Sync + 'static,
    {
        stream.inspect(move |event| {
            let number = event.event_id.as_deref().and_then(|id| id.parse::<usize>().ok());
            self.next_event.fetch_max(number.map_or(0, |number| number.saturating_add(1)), Ordering::Relaxed);
        })
    }
}

/// The transport of one session.
struct SessionTransport<T> {
    inner: T,
    requests: Arc<SessionRequests>,
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
    fn open(&self) -> MutexGuard<'_, HashMap<SessionId, OpenSession>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the requests of a session.
    fn requests_of(&self, id: &SessionId) -> Result<Arc<SessionRequests>, LocalSessionManagerError> {
        let requests = self.open().get(id).map(|session| session.requests.clone());
        requests.ok_or_else(|| LocalSessionManagerError::SessionNotFound(id.clone()))
    }

    /// Keeps a session alive as long as a client receives this stream of its notifications.
    async fn keeping_alive<S: Stream<Item = ServerSseMessage> + Send + Sync + 'static>(
        &self,
        id: &SessionId,
        stream: S,
    ) -> impl Stream<Item = ServerSseMessage> + Send + Sync + 'static + use<S> {
        let session = self.inner.sessions.read().await.get(id).cloned();
        let kept = session.map(|session| {
            let kept = tokio::spawn(async move {
                loop {
                    sleep(KEEP_ALIVE).await;
                    // Any message keeps a session alive. This message has no other effect, and fails once the session has ended.
                    if session.close_request_wise_channel(NO_REQUEST).await.is_err() {
                        return;
                    }
                }
            });
            KeptAlive(kept.abort_handle())
        });
        stream.inspect(move |_| {
            let _kept = &kept;
        })
    }
}

/// A Tokio task that keeps a session alive. Dropping this value ends the task.
struct KeptAlive(AbortHandle);

impl Drop for KeptAlive {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl SessionManager for Sessions {
    type Error = LocalSessionManagerError;
    type Transport = SessionTransport<<LocalSessionManager as SessionManager>::Transport>;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Self::Error> {
        let (id, inner) = self.inner.create_session().await?;
        let requests = Arc::<SessionRequests>::default();
        // rmcp creates the session in the task of the request.
        let place = RESERVED.try_with(Cell::take).ok().flatten();
        self.open().insert(id.clone(), OpenSession { requests: requests.clone(), _place: place });
        Ok((id, SessionTransport { inner, requests }))
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
        }
        requests.ids().received(&mut message);
        let stream = self.inner.create_stream(id, message).await?;
        // From here on, the answer removes the request.
        passed.0 = None;
        Ok(Either::Right(stream.map(restored)))
    }

    async fn accept_message(&self, id: &SessionId, mut message: ClientJsonRpcMessage) -> Result<(), Self::Error> {
        let requests = self.requests_of(id)?;
        let cancelled = cancelled(&message);
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
        let stream = match requests.next_event.load(Ordering::Relaxed) {
            0 => Either::Left(self.inner.create_standalone_stream(id).await?),
            // rmcp would begin with the first event that it has kept.
            next => Either::Right(self.inner.resume(id, next.to_string()).await?),
        };
        Ok(self.keeping_alive(id, without_answers(requests.counting(stream))).await)
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        // The IDs of events in the stream of a request end with a slash and the number of the request.
        let is_of_request = last_event_id.contains('/');
        let stream = self.inner.resume(id, last_event_id).await?;
        let stream = if is_of_request {
            Either::Left(stream.map(restored))
        } else {
            Either::Right(without_answers(self.requests_of(id)?.counting(stream)))
        };
        Ok(self.keeping_alive(id, stream).await)
    }
}

impl<T: Transport<RoleServer>> Transport<RoleServer> for SessionTransport<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        mut message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), T::Error>> + Send + 'static {
        explain(&mut message);
        let answered = self.requests.ids().answered(&message);
        let answering = self.requests.unanswered.answering(answered);
        let sent = self.inner.send(message);
        async move {
            let _answering = answering;
            sent.await
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        self.inner.receive().await
    }

    async fn close(&mut self) -> Result<(), T::Error> {
        self.inner.close().await
    }
}

/// Restores the client's IDs in a message of a session.
fn restored(mut event: ServerSseMessage) -> ServerSseMessage {
    if let Some(message) = event.message.as_mut().filter(|message| is_renamed(message)) {
        restore(Arc::make_mut(message));
    }
    event
}

/// Removes the answers from a stream of messages that belong to no open request: these answers are to cancelled requests.
fn without_answers<S>(stream: S) -> impl Stream<Item = ServerSseMessage> + Send + Sync + 'static + use<S>
where
    S: Stream<Item = ServerSseMessage> + Send + Sync + 'static,
{
    let is_answer = |event: &ServerSseMessage| event.message.as_deref().and_then(answered_id).is_some();
    stream.filter(move |event| ready(!is_answer(event))).map(restored)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;
    use futures_util::future::join;
    use rmcp::ServerHandler;
    use serde_json::json;
    use tokio::time::timeout;

    struct Server;

    impl ServerHandler for Server {}

    #[tokio::test(start_paused = true)]
    async fn a_session_lasts_as_long_as_its_client_listens() {
        let sessions = Sessions::default();
        let (id, transport) = sessions.create_session().await.unwrap();
        let server = tokio::spawn(async move { rmcp::serve_server(Server, transport).await.unwrap().waiting().await });
        let client = json!({ "name": "test", "version": "1" });
        let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
        let message = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        sessions.initialize_session(&id, serde_json::from_value(message).unwrap()).await.unwrap();
        let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        sessions.accept_message(&id, serde_json::from_value(initialized).unwrap()).await.unwrap();

        let mut stream = Box::pin(sessions.create_standalone_stream(&id).await.unwrap());
        assert!(timeout(Duration::from_secs(3600), stream.next()).await.is_err(), "the session has ended");
        drop(stream);
        server.await.unwrap().unwrap();
        assert!(sessions.create_standalone_stream(&id).await.is_err());
    }

    fn message<M: serde::de::DeserializeOwned>(message: serde_json::Value) -> M {
        serde_json::from_value(message).unwrap()
    }

    fn call() -> ClientJsonRpcMessage {
        message(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "t" } }))
    }

    fn id_of(message: &ClientJsonRpcMessage) -> RequestId {
        let JsonRpcMessage::Request(request) = message else { panic!("{message:?}") };
        request.id.clone()
    }

    fn answer(id: &RequestId, text: &str) -> ServerJsonRpcMessage {
        message(json!({ "jsonrpc": "2.0", "id": id, "error": { "code": 1, "message": text } }))
    }

    /// Returns the next event of a stream that has a message.
    async fn next(stream: &mut (impl Stream<Item = ServerSseMessage> + Unpin)) -> Option<serde_json::Value> {
        loop {
            if let Some(message) = stream.next().await?.message {
                return Some(serde_json::to_value(&*message).unwrap());
            }
        }
    }

    /// Begins a session whose server is the test.
    async fn initialized(sessions: &Sessions) -> (SessionId, impl Transport<RoleServer> + use<>) {
        let (id, mut transport) = sessions.create_session().await.unwrap();
        let client = json!({ "name": "test", "version": "1" });
        let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
        let initialize = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
        let initialized = sessions.initialize_session(&id, message(initialize));
        let served = async {
            let id = id_of(&transport.receive().await.unwrap());
            transport.send(answer(&id, "initialized")).await.unwrap();
        };
        let (initialized, ()) = join(initialized, served).await;
        assert_eq!(serde_json::to_value(initialized.unwrap()).unwrap()["id"], 1);
        (id, transport)
    }

    #[tokio::test]
    async fn a_new_stream_begins_after_the_events_of_earlier_ones() {
        let sessions = Sessions::default();
        let (id, mut transport) = initialized(&sessions).await;
        let mut notify = async |list: &str| {
            let method = format!("notifications/{list}/list_changed");
            transport.send(message(json!({ "jsonrpc": "2.0", "method": method }))).await.unwrap();
        };
        notify("tools").await;
        for (list, later) in [("tools", "prompts"), ("prompts", "resources"), ("resources", "tools")] {
            let mut stream = Box::pin(sessions.create_standalone_stream(&id).await.unwrap());
            assert_eq!(next(&mut stream).await.unwrap()["method"], format!("notifications/{list}/list_changed"));
            drop(stream);
            // While no stream is open.
            notify(later).await;
        }
    }

    #[tokio::test]
    async fn the_late_answer_of_a_cancelled_request_does_not_reach_one_with_its_id() {
        let sessions = Sessions::default();
        let (id, mut transport) = initialized(&sessions).await;
        let mut common = Box::pin(sessions.create_standalone_stream(&id).await.unwrap());

        let _first = sessions.create_stream(&id, call()).await.unwrap();
        let first = id_of(&transport.receive().await.unwrap());
        let cancelled = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } });
        sessions.accept_message(&id, message(cancelled)).await.unwrap();
        let mut stream = Box::pin(sessions.create_stream(&id, call()).await.unwrap());
        transport.receive().await.unwrap();
        let second = id_of(&transport.receive().await.unwrap());
        // rmcp has sent the result before it has read that the request is cancelled.
        transport.send(answer(&first, "late")).await.unwrap();
        // The late answer does not free the ID of the second request.
        let mut refused = Box::pin(sessions.create_stream(&id, call()).await.unwrap());
        assert!(next(&mut refused).await.unwrap()["error"]["message"].as_str().unwrap().contains("is in use"));
        transport.send(answer(&second, "own")).await.unwrap();
        let own = next(&mut stream).await.unwrap();
        assert_eq!((&own["id"], &own["error"]["message"]), (&json!(1), &json!("own")));
        assert_eq!(next(&mut stream).await, None);

        let changed = json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" });
        transport.send(message(changed)).await.unwrap();
        assert_eq!(next(&mut common).await.unwrap()["method"], "notifications/tools/list_changed");
    }

    #[cfg(feature = "document")]
    #[tokio::test]
    async fn concurrent_clients_do_not_begin_more_sessions_than_the_limit() {
        use crate::document::Settings;
        use futures_util::FutureExt;
        use http::StatusCode;
        use tower_service::Service;

        const DOCUMENT: &str = "naftiko: \"1.0.0-alpha2\"\ninfo: { label: Notes, description: Keeps notes. }\ncapability:\n  \
                                exposes:\n  - { type: mcp, transport: http, port: 1, namespace: notes, tools: [] }\n";
        let loaded = naftiko_spec::load::load(DOCUMENT, &naftiko_spec::Policy::default()).unwrap();
        let capability = crate::document::capability(loaded.document, loaded.lowered, Settings::default()).unwrap();
        let limits = crate::Limits { sessions: 1, ..crate::Limits::default() };
        let mut service = capability.with_limits(limits).mcp_service().with_sessions();
        let mut initialize = |version: &str| {
            let info = json!({ "name": "test", "version": "1" });
            let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": info });
            let message = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
            let request = Request::post("/mcp").header("host", "localhost").header("content-type", "application/json");
            let request = request.header("mcp-protocol-version", version);
            service.call(request.body(Full::new(Bytes::from(message.to_string()))).unwrap())
        };
        // A request that rmcp refuses keeps no place.
        assert_eq!(initialize("2025-06-18").await.unwrap().status(), StatusCode::BAD_REQUEST);
        let mut both = Box::pin(join(initialize("2025-11-25"), initialize("2025-11-25")));
        let late = initialize("2025-11-25");
        let sessions = service.sessions.clone().unwrap();
        {
            // No session can be created while this lock is held.
            let _held = sessions.sessions.inner.sessions.read().await;
            assert!(both.as_mut().now_or_never().is_none());
        }
        let (one, other) = both.await;
        let statuses = [one.unwrap().status(), other.unwrap().status()];
        assert_eq!(statuses, [StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE]);
        assert_eq!(late.await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
