//! MCP over Streamable HTTP as a tower service: everything between an HTTP request and rmcp.
//!
//! A plain `tools/call` is answered here, without the peer, Tokio tasks and channels that rmcp sets up for each request.
//! Everything else is passed to rmcp, whose plain-text errors are converted to JSON-RPC.

use super::adapter::McpAdapter;
use super::amended::Amendment;
use super::approval::Approved;
use super::caller::JsonOnly;
use super::client_state::{ClientState, with_rights_of};
use super::events::answer_in;
use super::head::{accepts_streams, check_head, is_json};
use super::listed;
use super::measured::MeasuredCall;
use super::message::{RawArguments, ToolCall, VERSION, VersionStyle, check_message, is_response};
use super::named_target::NamedTarget;
use super::outcome;
use super::refusal::{JsonRpcRefusal, refuse_removed};
use super::revision::OlderRevision;
use super::rights::Rights;
use super::sessions::{SessionService, mark_session, unmark_session};
use super::tasks::handshake;
use super::trace::trace_of;
use crate::expose::callers::{Authenticator, Challenge};
use crate::expose::cors::{self, Cors};
use crate::expose::guard::Guard;
use crate::operation::{Caller, CallerHeaders, Context as CallContext, CopiedHeaders, ProgramShutdown};
use crate::schema::Shape;
use axum::body::Body;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use futures_util::StreamExt;
use http::header::{ACCEPT, ALLOW, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use naftiko_spec::model::TaskSupport;
use rmcp::model::{ConstString, ErrorCode, InitializeResultMethod, ProtocolVersion, RequestId};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use std::convert::Infallible;
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

/// An oversized body is read up to this multiple of the limit before it is rejected: a client that is still sending might never read the
/// answer.
const READ_FACTOR: usize = 4;

/// An MCP adapter over Streamable HTTP: a tower service for `Router::route_service` that is cheap to clone.
///
/// The state that it keeps between requests (approvals, tasks, and [sessions](Self::with_sessions)) is in the
/// [store](crate::Capability::with_store), so replicas that share a store can answer each other's requests. It answers in JSON,
/// unless it sends messages before the answer. It supports all revisions of the protocol from 2024-11-05 to 2026-07-28.
///
/// `Host` and `Origin` of each request are checked. Loopback names are always allowed; behind a proxy, add the public
/// names of the server and the origins of pages that can call it:
///
/// ```
/// # fn embed(capability: naftiko_runtime::Capability) -> axum::Router {
/// let mcp = capability.mcp_service().allow_hosts(["tools.example.com"]).allow_origins(["https://app.example.com"]);
/// axum::Router::new().route_service("/mcp", mcp)
/// # }
/// ```
#[derive(Clone)]
pub struct McpService {
    pub(super) adapter: Arc<McpAdapter>,
    guard: Arc<Guard>,
    callers: Arc<Authenticator>,
    /// The headers of callers that are sent to APIs.
    copied: Arc<CopiedHeaders>,
    rmcp: Arc<StreamableHttpService<ClientState, NeverSessionManager>>,
    /// Serves clients with sessions, if they are enabled.
    pub(super) sessions: Option<Arc<SessionService>>,
}

impl McpService {
    pub(super) fn new(adapter: McpAdapter, callers: Authenticator) -> Self {
        let copied = Arc::new(CopiedHeaders::of(&adapter.capability));
        let adapter = Arc::new(adapter);
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .with_max_request_body_bytes(adapter.capability.limits().body)
            // `Host` and `Origin` are checked here, in the same way for all requests.
            .disable_allowed_hosts()
            .disable_allowed_origins();
        let handler = adapter.clone();
        let factory = move || Ok(ClientState::of_request(handler.clone()));
        let rmcp = StreamableHttpService::new(factory, Arc::new(NeverSessionManager::default()), config);
        let (guard, callers) = (Arc::default(), Arc::new(callers));
        Self { adapter, guard, callers, copied, rmcp: Arc::new(rmcp), sessions: None }
    }

    /// Keeps sessions for clients of the revisions up to 2025-11-25, so that methods can send them questions and notifications.
    /// Clients of later revisions need no sessions. Replicas that share a store and have the same `NAFTIKO_STATE_KEY` serve each
    /// other's sessions.
    ///
    /// A session ends when its client deletes it, or after five minutes (in another replica, up to six) without a message and without an
    /// open stream for notifications. There are at most [`Limits::sessions`](crate::Limits::sessions).
    #[must_use]
    pub fn with_sessions(mut self) -> Self {
        self.sessions = Some(Arc::new(SessionService::new(&self.adapter)));
        self
    }

    /// Adds names of this server: `tools.example.com` (on any port) or `tools.example.com:8443`. `*` disables the
    /// check, and with it the protection against DNS rebinding.
    #[must_use]
    pub fn allow_hosts(mut self, hosts: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        Arc::make_mut(&mut self.guard).allow_hosts(hosts);
        self
    }

    /// Adds origins (RFC 6454) whose pages can call this server: `https://app.example.com`, with a port if it is not
    /// the default of the scheme, or `https://app.example.com:*` for all ports. `*` disables the check. Browsers get
    /// the CORS headers that they need, also for preflight requests; credentials (cookies) are never allowed.
    #[must_use]
    pub fn allow_origins(mut self, origins: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        Arc::make_mut(&mut self.guard).allow_origins(origins);
        self
    }

    /// Authenticates the caller of a request, and answers the request.
    async fn authenticated<B>(&self, mut parts: Box<Parts>, body: B) -> Response<Body>
    where
        B: http_body::Body<Data: Send, Error: Send> + Send + 'static,
    {
        self.copied.copy(&mut parts);
        match self.callers.check(&mut parts).await {
            Ok(()) => {
                let caller: Option<Caller> = parts.extensions.get().cloned();
                if self.sessions.is_some() {
                    unmark_session(&mut parts.headers, &self.adapter, caller.as_ref());
                }
                let answer = self.answer(parts, body).await;
                let mut answer = answer.unwrap_or_else(JsonRpcRefusal::into_response);
                if self.sessions.is_some() {
                    mark_session(answer.headers_mut(), &self.adapter, caller.as_ref());
                }
                answer
            }
            Err(challenge) => refused(challenge, None),
        }
    }

    async fn answer<B>(&self, mut parts: Box<Parts>, body: B) -> Result<Response<Body>, JsonRpcRefusal>
    where
        B: http_body::Body<Data: Send, Error: Send> + Send + 'static,
    {
        if let Some(sessions) = self.sessions.as_ref().filter(|_| parts.method != Method::POST) {
            // In a box, so that the future of a tool call stays small.
            return Box::pin(self.without_message(sessions, *parts)).await;
        }
        check_head(&parts.method, &parts.headers)?;
        let limits = self.adapter.capability.limits();
        let body = tokio::time::timeout(limits.operation, read(body, limits.body)).await.unwrap_or_else(|_| {
            Err(JsonRpcRefusal::new(StatusCode::REQUEST_TIMEOUT, ErrorCode::INVALID_REQUEST, "the body took too long"))
        })?;
        if self.adapter.has_scopes
            && let Ok(target) = serde_json::from_slice::<NamedTarget<'_>>(&body)
            && let Err(challenge) = self.callers.permit(target.scopes(&self.adapter), parts.extensions.get())
        {
            return Ok(refused(challenge, target.id));
        }
        let call = ToolCall::read(&body)?;
        let rights = Rights::Of(parts.extensions.get().cloned());
        if let Some(call) = &call {
            let arguments = call.arguments(&body);
            let in_session = |style: &VersionStyle| self.sessions.is_some() && *style == VersionStyle::Handshake;
            if let Some(style) = call.version_style(&parts.headers).filter(|style| !in_session(style))
                && let Some(answer) = self.call(call, style, arguments.clone(), (&rights, &parts)).await
            {
                return Ok(answer);
            }
            parts.extensions.insert(arguments);
        }
        let is_call = call.is_some();
        // In a box, so that the future of a tool call stays small.
        Box::pin(self.relayed(*parts, body, is_call, &rights)).await
    }

    /// Answers a request without a message: the client of a session listens, resumes a stream, or ends the session.
    async fn without_message(&self, sessions: &SessionService, parts: Parts) -> Result<Response<Body>, JsonRpcRefusal> {
        let ends = parts.method == Method::DELETE;
        let rights = Rights::Of(parts.extensions.get().cloned());
        let body = Bytes::new();
        let answer = sessions.handle(Request::from_parts(parts, Full::new(body.clone())), &body).await?;
        let allowed = answer.headers().get(ALLOW).cloned();
        let mut answer = match in_json(answer, None).await {
            Ok(answer) => Amendment::of_any(&self.adapter, &rights).amend(answer).await.map_err(|_| failed())?,
            Err(refusal) => {
                let mut answer = refusal.into_response();
                if let Some(allowed) = allowed {
                    // With sessions, other methods than POST are allowed.
                    answer.headers_mut().insert(ALLOW, allowed);
                }
                answer
            }
        };
        if !ends {
            // A stream for notifications never ends by itself, and a program that stops waits for its connections.
            answer = answer.map(|body| Body::from_stream(body.into_data_stream().take_until(ProgramShutdown::begun())));
        }
        // The client of the MCP Python SDK reports 202 as a failure.
        if ends && answer.status() == StatusCode::ACCEPTED {
            *answer.status_mut() = StatusCode::NO_CONTENT;
        }
        Ok(answer)
    }

    /// Passes a message to rmcp, and returns the answer of rmcp after its [`Amendment`]. `is_call` is whether the message is a tool call.
    async fn relayed(
        &self,
        mut parts: Parts,
        body: Bytes,
        is_call: bool,
        rights: &Rights,
    ) -> Result<Response<Body>, JsonRpcRefusal> {
        let id = check_message(&body)?;
        let concerns_tasks = self.adapter.tasks.is_some() && handshake::is_about_tasks(&body);
        let body = if concerns_tasks { handshake::with_prefixed_method(&body) } else { body };
        if self.sessions.is_none() && is_response(&body) {
            return Err(JsonRpcRefusal::bad_request(
                ErrorCode::INVALID_REQUEST,
                "this server sends no requests, so it accepts no responses",
            ));
        }
        let takes_streams = accepts_streams(&parts.headers);
        if !takes_streams {
            parts.extensions.insert(JsonOnly);
        }
        // A client may accept only JSON; rmcp requires both types.
        parts.headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        let method = listed::method_of(&body).unwrap_or_default();
        if parts.headers.get(VERSION).is_some_and(|version| version == ProtocolVersion::V_2026_07_28.as_str()) {
            refuse_removed(&method).map_err(|refusal| refusal.to(id.clone()))?;
        }
        let initializes = method == InitializeResultMethod::VALUE;
        let amendment = Amendment::of(&method, is_call || concerns_tasks, &self.adapter, rights);
        let caller = parts.extensions.get().cloned();
        let request = Request::from_parts(parts, Full::new(body.clone()));
        let answer = match &self.sessions {
            Some(sessions) if initializes => sessions.begin(request).await,
            Some(sessions) => sessions.handle(request, &body).await,
            None => Ok(with_rights_of(caller, self.rmcp.handle(request)).await),
        };
        // The ID of a response is the ID of a question of this server, not of a request of the client.
        let answer = answer.map_err(|refusal| refusal.to(if is_response(&body) { None } else { id.clone() }))?;
        let mut answer = in_json(answer, id.clone()).await?;
        // In a session, rmcp answers only with streams.
        if !takes_streams && answer.status() == StatusCode::OK && !is_json(answer.headers()) {
            answer = answer_in(answer).await.ok_or_else(|| {
                let message = "the request has no answer: it was cancelled, or its session has ended";
                JsonRpcRefusal::bad_request(ErrorCode::INVALID_REQUEST, message).to(id)
            })?;
        }
        amendment.amend(answer).await.map_err(|_| failed())
    }

    /// Answers a tool call; returns `None` if rmcp has to answer it.
    async fn call(
        &self,
        call: &ToolCall<'_>,
        style: VersionStyle,
        arguments: RawArguments,
        (rights, head): (&Rights, &Parts),
    ) -> Option<Response<Body>> {
        let entry = self
            .adapter
            .get(&call.params.name)
            .filter(|entry| style == VersionStyle::Handshake || !entry.has_header_arguments)?;
        let is_modern = style == VersionStyle::PerRequest;
        if self.adapter.tasks.is_some() && !is_modern && call.params.task.is_some() {
            return None;
        }
        let target = self.adapter.target(entry, arguments, rights);
        // The scopes of the message have been checked before. Checking the target again ensures that nothing runs
        // unchecked.
        if let Ok((target, _)) = &target
            && let Err(challenge) = self.callers.permit(target.scopes(), rights.caller())
        {
            return Some(refused(challenge, Some(call.id.clone())));
        }
        let measured = || {
            let trace = trace_of(call.params.meta.as_ref(), Some(&head.headers));
            MeasuredCall::begin(Some(entry), trace)
        };
        let (entry, measured, outcome) = match target {
            // The rmcp handler decides whether the call runs as a task.
            Ok((target, _)) if target.task == Some(TaskSupport::Required) || (is_modern && target.task.is_some()) => {
                return None;
            }
            // The operation may send messages before the answer.
            Ok((target, _)) if target.operation.sends_messages() => return None,
            // The revision of the client may lack some of the kinds of content.
            Ok((target, _))
                if target.operation.output.shape == Shape::Blocks && OlderRevision::of_head(head).is_some() =>
            {
                return None;
            }
            Ok((target, arguments)) => {
                let approved = Approved::not_needed(target)?;
                let measured = measured();
                let headers = head.extensions.get::<CallerHeaders>().cloned();
                let context = CallContext::none().with_headers(headers).with_trace(measured.trace().cloned());
                (target, measured, outcome::call(&self.adapter, target, &arguments, context, rights, approved).await)
            }
            Err(error) => (entry, measured(), Err(error)),
        };
        measured.end(outcome.is_err());
        let answer = outcome::answer(outcome, entry, &call.id, is_modern);
        Some(match answer {
            Ok(answer) => {
                let mut response = Response::new(answer.into());
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                response
            }
            Err(error) => {
                tracing::error!(%error, "an answer could not be serialized");
                failed().to(Some(call.id.clone())).into_response()
            }
        })
    }
}

impl<B> Service<Request<B>> for McpService
where
    B: http_body::Body<Data: Send, Error: Send> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let this = self.clone();
        let (parts, body) = request.into_parts();
        // In a box, since it is passed on by several functions.
        let parts = Box::new(parts);
        Box::pin(async move {
            let cors = Cors::of(&parts.method, &parts.headers);
            if let Err(refusal) = this.guard.check(&parts.uri, &parts.headers) {
                let mut response = JsonRpcRefusal::from(refusal).into_response();
                cors::vary(response.headers_mut());
                return Ok(response);
            }
            let preflight = cors.preflight("GET, POST, DELETE");
            let mut response =
                if let Some(response) = preflight { response } else { this.authenticated(parts, body).await };
            cors.allow_origin(response.headers_mut());
            Ok(response)
        })
    }
}

impl fmt::Debug for McpService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "McpService({}, {} tools)", self.adapter.namespace, self.adapter.tools().count())
    }
}

/// Answers a request whose caller is refused.
fn refused(challenge: Challenge, id: Option<RequestId>) -> Response<Body> {
    let mut headers = HeaderMap::new();
    challenge.add_to(&mut headers);
    let refusal = JsonRpcRefusal::new(challenge.status, ErrorCode::INVALID_REQUEST, challenge.message);
    let mut response = refusal.to(id).into_response();
    response.headers_mut().extend(headers);
    response
}

/// Reads a body.
///
/// # Errors
/// Returns 400 if the body is incomplete, 413 if it is larger than `limit` bytes.
async fn read<B: http_body::Body>(body: B, limit: usize) -> Result<Bytes, JsonRpcRefusal> {
    let mut body = pin!(body);
    let mut first = Bytes::new();
    let mut more = BytesMut::new();
    let mut size = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Err(JsonRpcRefusal::bad_request(ErrorCode::INVALID_REQUEST, "the body is incomplete"));
        };
        let Ok(mut data) = frame.into_data() else { continue };
        size = size.saturating_add(data.remaining());
        if size > limit {
            if size > limit.saturating_mul(READ_FACTOR) {
                break;
            }
        } else if first.is_empty() {
            // Most bodies arrive in one piece, which is not copied.
            first = data.copy_to_bytes(data.remaining());
        } else {
            if more.is_empty() {
                more.extend_from_slice(&first);
            }
            more.put(data);
        }
    }
    if size > limit {
        let message = format!("the body is larger than {limit} bytes");
        return Err(JsonRpcRefusal::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::INVALID_REQUEST, message));
    }
    Ok(if more.is_empty() { first } else { more.freeze() })
}

/// Returns rmcp's answer, or a refusal in place of an error in plain text.
async fn in_json<B>(answer: Response<B>, id: Option<RequestId>) -> Result<Response<Body>, JsonRpcRefusal>
where
    B: http_body::Body<Data = Bytes, Error = Infallible> + Send + 'static,
{
    let (parts, body) = answer.into_parts();
    if parts.status.is_success() || is_json(&parts.headers) {
        return Ok(Response::from_parts(parts, Body::new(body)));
    }
    let Ok(text) = body.collect().await.map(http_body_util::Collected::to_bytes);
    let text = String::from_utf8_lossy(&text).into_owned();
    Err(match parts.status {
        // rmcp answers 415 if it cannot parse the message; the Content-Type has been checked before.
        StatusCode::UNSUPPORTED_MEDIA_TYPE => JsonRpcRefusal::bad_request(ErrorCode::INVALID_PARAMS, text),
        status if status.is_client_error() => JsonRpcRefusal::new(status, ErrorCode::INVALID_REQUEST, text),
        _ => {
            tracing::error!(answer = text, "rmcp failed");
            failed()
        }
    }
    .to(id))
}

fn failed() -> JsonRpcRefusal {
    JsonRpcRefusal::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::INTERNAL_ERROR,
        "the server failed; its log has the details",
    )
}
