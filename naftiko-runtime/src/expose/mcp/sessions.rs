//! The HTTP sessions of clients of the revisions up to 2025-11-25, as rmcp manages them; but a request whose ID is in use is refused.

use super::client_state::ClientState;
use super::refusal::explained;
use super::request_ids::RequestIds;
use super::tools::McpAdapter;
use super::unanswered::{Unanswered, cancelled};
use bytes::Bytes;
use futures_util::future::{Either, ready};
use futures_util::stream::once;
use futures_util::{Stream, StreamExt};
use http::{Request, Response};
use http_body_util::Full;
use http_body_util::combinators::BoxBody;
use rmcp::RoleServer;
use rmcp::model::{ClientJsonRpcMessage, JsonRpcMessage, RequestId, ServerJsonRpcMessage};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::streamable_http_server::session::local::{LocalSessionManager, LocalSessionManagerError};
use rmcp::transport::streamable_http_server::session::{ServerSseMessage, SessionId, SessionManager};
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService, Transport};
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::AbortHandle;
use tokio::time::sleep;

/// How often a session with an open stream is kept alive: rmcp ends sessions without messages after five minutes.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// The number of a request that no session has.
const NO_REQUEST: u64 = u64::MAX;

/// The service for clients with sessions.
pub(super) struct SessionService {
    service: StreamableHttpService<ClientState, Sessions>,
    sessions: Arc<Sessions>,
    /// The maximum number of sessions.
    most: usize,
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
        Self { service, sessions, most: limits.sessions }
    }

    /// Returns whether there are so many sessions that no other one can begin.
    pub(super) fn is_full(&self) -> bool {
        self.sessions.unanswered().len() >= self.most
    }

    pub(super) async fn handle(&self, request: Request<Full<Bytes>>) -> Response<BoxBody<Bytes, Infallible>> {
        self.service.handle(request).await
    }
}

/// The sessions of an adapter.
#[derive(Default)]
struct Sessions {
    inner: LocalSessionManager,
    unanswered: Mutex<HashMap<SessionId, Arc<Unanswered>>>,
}

/// The transport of one session.
struct SessionTransport<T> {
    inner: T,
    unanswered: Arc<Unanswered>,
    ids: RequestIds,
}

/// A request that is being passed to its session. Dropping this removes it from the unanswered requests.
struct PassedRequest(Option<(Arc<Unanswered>, RequestId)>);

impl Drop for PassedRequest {
    fn drop(&mut self) {
        if let Some((unanswered, id)) = self.0.take() {
            unanswered.remove(&id);
        }
    }
}

impl Sessions {
    fn unanswered(&self) -> MutexGuard<'_, HashMap<SessionId, Arc<Unanswered>>> {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner)
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
                    // This has no other effect, and fails once the session has ended.
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

/// A task that keeps a session alive. Dropping this ends the task.
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
        let unanswered = Arc::<Unanswered>::default();
        self.unanswered().insert(id.clone(), unanswered.clone());
        Ok((id, SessionTransport { inner, unanswered, ids: RequestIds::default() }))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Self::Error> {
        self.inner.initialize_session(id, message).await
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Self::Error> {
        self.inner.has_session(id).await
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Self::Error> {
        self.unanswered().remove(id);
        self.inner.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        let unanswered = self.unanswered().get(id).cloned();
        let mut passed = PassedRequest(None);
        if let (Some(unanswered), JsonRpcMessage::Request(request)) = (unanswered, &message) {
            // An earlier answer with this ID must have been sent, or the session would send it to the stream of this request.
            unanswered.wait_for(&request.id).await;
            if let Err(error) = unanswered.add(&request.id) {
                let refused = JsonRpcMessage::error(error, Some(request.id.clone()));
                return Ok(Either::Left(once(ready(ServerSseMessage::from_message(refused)))));
            }
            passed.0 = Some((unanswered, request.id.clone()));
        }
        let stream = self.inner.create_stream(id, message).await?;
        // From here on, the answer removes the request.
        passed.0 = None;
        Ok(Either::Right(stream))
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<(), Self::Error> {
        let cancelled = cancelled(&message);
        self.inner.accept_message(id, message).await?;
        if let (Some(cancelled), Some(unanswered)) = (cancelled, self.unanswered().get(id)) {
            unanswered.remove(&cancelled);
        }
        Ok(())
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        let stream = self.inner.create_standalone_stream(id).await?;
        Ok(self.keeping_alive(id, stream).await)
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        let stream = self.inner.resume(id, last_event_id).await?;
        Ok(self.keeping_alive(id, stream).await)
    }
}

impl<T: Transport<RoleServer>> Transport<RoleServer> for SessionTransport<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        mut message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), T::Error>> + Send + 'static {
        explained(&mut message);
        self.ids.sent(&mut message);
        let answering = self.unanswered.answering(&message);
        let sent = self.inner.send(message);
        async move {
            let _answering = answering;
            sent.await
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        let mut message = self.inner.receive().await?;
        self.ids.received(&mut message);
        Some(message)
    }

    async fn close(&mut self) -> Result<(), T::Error> {
        self.inner.close().await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
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
}
