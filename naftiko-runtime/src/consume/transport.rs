//! Sends requests with the built-in hyper client, which needs much less CPU time per call than reqwest, or with the
//! reqwest client that the user passed in.

use super::coding::NO_CODING;
use super::connection::Connector;
use super::connection_pool::ConnectionPool;
use super::effect::EarlierEffect;
use super::fault::{BoxError, Failure};
use super::network::NameResolver;
use super::outgoing::{Outgoing, try_clone};
use super::proxies::Proxies;
use super::tls::Certificates;
#[cfg(feature = "reqwest")]
use super::user_client;
use super::watched_body::WatchedIncoming;
use crate::telemetry::{RequestTimer, SentFor, TraceContext};
use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, PROXY_AUTHORIZATION, RANGE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::ClientConfig;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

/// An unused body is read to its end if it is at most this long, so that the connection can be reused.
const SKIPPED_LENGTH: u64 = 64 * 1024;

/// The time limit for reading the rest of an unused body. Opening a new connection takes about as long.
const SKIPPING_LIMIT: Duration = Duration::from_millis(250);

/// An HTTP client. It is cheap to clone; the clones share one connection pool.
#[derive(Clone)]
pub(crate) enum Transport {
    /// The built-in client.
    Hyper(Box<BuiltInClient>),
    /// The user's client.
    #[cfg(feature = "reqwest")]
    Reqwest(reqwest::Client),
}

/// How long a connection is idle before the first TCP probe, the interval between probes, and how many are sent (RFC 9293, section
/// 3.8.4). The probes detect a peer that went away without closing the connection, so that no request is sent to it.
const IDLE_PROBE: Duration = Duration::from_secs(30);
const PROBE_INTERVAL: Duration = Duration::from_secs(10);
const PROBES: u32 = 3;

/// The built-in client.
#[derive(Clone)]
pub(crate) struct BuiltInClient {
    pub(super) connections: ConnectionPool,
    proxies: Option<Proxies>,
}

impl Transport {
    /// Creates the built-in client, which uses the proxies that the environment configures. With `public_only`, a name
    /// must have a public address, unless a proxy resolves it.
    pub(crate) fn new(
        connect_timeout: Duration,
        certificates: Certificates,
        public_only: bool,
    ) -> Result<Self, BoxError> {
        Self::create(connect_timeout, certificates, public_only, true)
    }

    /// Creates the built-in client without proxies, for a loopback host.
    pub(super) fn without_proxies(connect_timeout: Duration, certificates: Certificates) -> Result<Self, BoxError> {
        Self::create(connect_timeout, certificates, false, false)
    }

    fn create(
        connect_timeout: Duration,
        certificates: Certificates,
        public_only: bool,
        uses_proxies: bool,
    ) -> Result<Self, BoxError> {
        let tcp = |public_only| {
            let mut tcp = HttpConnector::new_with_resolver(NameResolver::new(public_only));
            tcp.enforce_http(false);
            tcp.set_nodelay(true);
            tcp.set_keepalive(Some(IDLE_PROBE));
            tcp.set_keepalive_interval(Some(PROBE_INTERVAL));
            tcp.set_keepalive_retries(Some(PROBES));
            tcp
        };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
        let tls = certificates.configure(tls, provider)?;
        let proxies = if uses_proxies { Proxies::of_environment(&tcp(false), &tls)? } else { None };
        let builder = |tls| HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
        let direct_http1 = builder(tls.clone()).enable_http1().wrap_connector(tcp(public_only));
        let direct = builder(tls).enable_all_versions().wrap_connector(tcp(public_only));
        let connector =
            Connector { direct, direct_http1, only_http1: false, proxies: proxies.clone(), limit: connect_timeout };
        Ok(Self::Hyper(Box::new(BuiltInClient { connections: ConnectionPool::new(connector), proxies })))
    }

    /// Returns the variable of the proxy that forwards requests to a URI, if there is one.
    pub(super) fn forwarding_proxy(&self, uri: &Uri) -> Option<&'static str> {
        match self {
            Self::Hyper(client) => client.proxies.as_ref()?.forwarding(uri),
            #[cfg(feature = "reqwest")]
            Self::Reqwest(_) => None,
        }
    }

    /// Sends a request and waits for the head of the answer. Both are in boxes, since many functions pass them on.
    ///
    /// Retries an idempotent request once if the upstream closed a reused connection before it answered (RFC 9110,
    /// section 9.2.2).
    pub(crate) async fn send(
        &self,
        request: Box<Request<Outgoing>>,
        repeat: Repeat<'_>,
    ) -> Result<Box<Response<Incoming>>, Failure> {
        let sent_for = SentFor::of(request.extensions());
        let trace = TraceContext::of(request.extensions()).cloned();
        let effect = request.extensions().get::<EarlierEffect>().cloned();
        let sent = self.send_once(request, false).await;
        if matches!(sent, Err(Failure::Stale(_)))
            && let Some(again) = repeat.request(sent_for, trace)
        {
            // The peer may have closed the connection after the request had its effect.
            if let Some(effect) = effect {
                effect.note();
            }
            // Boxed, because it is rarely needed and would enlarge every future.
            return Box::pin(self.send_once(again, true)).await;
        }
        sent
    }

    /// Sends a request once, over a reused connection if there is one; always over a new one if `fresh`.
    pub(crate) async fn send_once(
        &self,
        mut request: Box<Request<Outgoing>>,
        fresh: bool,
    ) -> Result<Box<Response<Incoming>>, Failure> {
        let writes = matches!(*request.method(), Method::PUT | Method::POST | Method::PATCH);
        let is_empty = request.body().is_end_stream();
        let headers = request.headers_mut();
        // A part of a compressed answer cannot be decoded.
        if !headers.contains_key(ACCEPT_ENCODING) || headers.contains_key(RANGE) {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(NO_CODING));
        }
        if writes && is_empty {
            // RFC 9110, section 8.6.
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let timer = RequestTimer::begin(request.method(), request.extensions());
        let of_caller = || TraceContext::of(request.extensions()).map(TraceContext::child);
        if let Some(trace) = timer.as_ref().and_then(|timer| timer.trace()).or_else(of_caller) {
            trace.add_to(request.headers_mut());
        }
        let sent = match self {
            Self::Hyper(client) => {
                let proxies = client.proxies.as_ref();
                if let Some(value) = proxies.and_then(|proxies| proxies.authorization(request.uri())) {
                    request.headers_mut().insert(PROXY_AUTHORIZATION, value);
                }
                let sent = client.connections.send(request, fresh).await;
                sent.map(|response| Box::new(response.map(Incoming::Hyper)))
            }
            #[cfg(feature = "reqwest")]
            Self::Reqwest(client) => {
                let sent = user_client::send(client, *request).await;
                sent.map(|response| Box::new(response.map(Incoming::Reqwest)))
            }
        };
        if let Some(timer) = timer {
            timer.end(sent.as_ref().map(|response| response.status()).map_err(Failure::kind));
        }
        sent
    }
}

/// The way to send a request a second time. Nothing is copied in advance for a request that can be built again.
pub(crate) enum Repeat<'a> {
    /// Not at all: its method is not idempotent, or its body is a stream.
    Never,
    /// From its parts: it has no body, and no headers besides the constant headers of the API.
    Rebuild(Method, &'a Uri, &'a HeaderMap),
    /// From a copy.
    Copy(Box<Request<Outgoing>>),
}

impl<'a> Repeat<'a> {
    /// Returns how to repeat a request. `shared` is the URI of the request and the constant headers of the API, if the request has no other
    /// headers.
    pub(crate) fn of(request: &Request<Outgoing>, shared: Option<(&'a Uri, &'a HeaderMap)>) -> Self {
        match shared {
            _ if !request.method().is_idempotent() => Self::Never,
            Some((uri, headers)) if request.body().is_end_stream() => {
                Self::Rebuild(request.method().clone(), uri, headers)
            }
            _ => try_clone(request).map_or(Self::Never, |copy| Self::Copy(Box::new(copy))),
        }
    }

    /// Returns the second request; `None` if the first one is not repeated.
    fn request(self, sent_for: Option<SentFor>, trace: Option<TraceContext>) -> Option<Box<Request<Outgoing>>> {
        match self {
            Self::Never => None,
            Self::Rebuild(method, uri, headers) => {
                let mut request = Request::new(Outgoing::default());
                *request.method_mut() = method;
                *request.uri_mut() = uri.clone();
                *request.headers_mut() = headers.clone();
                if let Some(sent_for) = sent_for {
                    request.extensions_mut().insert(sent_for);
                }
                if let Some(trace) = trace {
                    request.extensions_mut().insert(trace);
                }
                Some(Box::new(request))
            }
            Self::Copy(request) => Some(request),
        }
    }
}

/// The body of an answer as it arrives.
pub(crate) enum Incoming {
    Hyper(WatchedIncoming),
    #[cfg(feature = "reqwest")]
    Reqwest(reqwest::Body),
    /// A body from a user's layer.
    Other(BoxBody<Bytes, Failure>),
    /// A body with a permit, which is released when the body is dropped.
    Holding(Box<(Self, OwnedSemaphorePermit)>),
}

impl Incoming {
    /// Reads the next piece.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        while let Some(frame) = self.frame().await {
            // Trailers are not passed on.
            if let Ok(piece) = frame?.into_data() {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }

    /// Reads an unused body to its end, if it is known to be short and arrives soon.
    pub(super) async fn skip(mut self) {
        if self.size_hint().exact().is_some_and(|length| length <= SKIPPED_LENGTH) {
            let read = async { while let Ok(Some(_)) = self.next().await {} };
            let _ = timeout(SKIPPING_LIMIT, read).await;
        }
    }

    /// Returns a body that holds a permit until it is dropped.
    pub(super) fn holding(self, permit: OwnedSemaphorePermit) -> Self {
        Self::Holding(Box::new((self, permit)))
    }
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        match &mut *self {
            Self::Hyper(body) => Pin::new(body).poll_frame(cx),
            #[cfg(feature = "reqwest")]
            Self::Reqwest(body) => Pin::new(body).poll_frame(cx).map_err(user_client::failure),
            Self::Other(body) => Pin::new(body).poll_frame(cx),
            Self::Holding(held) => Pin::new(&mut held.0).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Hyper(body) => body.is_end_stream(),
            #[cfg(feature = "reqwest")]
            Self::Reqwest(body) => body.is_end_stream(),
            Self::Other(body) => body.is_end_stream(),
            Self::Holding(held) => held.0.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Hyper(body) => body.size_hint(),
            #[cfg(feature = "reqwest")]
            Self::Reqwest(body) => body.size_hint(),
            Self::Other(body) => body.size_hint(),
            Self::Holding(held) => held.0.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A short body of which nothing arrives.
    struct Stalled;

    impl Body for Stalled {
        type Data = Bytes;
        type Error = Failure;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
            Poll::Pending
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact(10)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_unused_body_that_does_not_arrive_is_not_waited_for() {
        let skipped = timeout(Duration::from_secs(1), Incoming::Other(Stalled.boxed()).skip());
        assert!(skipped.await.is_ok());
    }
}
