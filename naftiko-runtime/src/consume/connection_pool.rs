//! The open connections of the built-in client: kept for later requests, shared by requests over HTTP/2 as far as the peer allows, and
//! closed when they stay unused.

use super::connection::{ConnectTimeout, Connector, Traffic};
use super::fault::{Failure, chain, is_malformed, of_file};
use super::outgoing::{Outgoing, try_clone};
use super::reference::host_header;
use super::streams::{self, OpenCall, SettingsWatch, Streams};
use super::watched_body::{BodyProgress, WatchedBody, WatchedIncoming, is_refusal, requires_http1};
use bytes::Bytes;
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, Uri};
use hyper::client::conn::{http1, http2};
use hyper::rt::{Read, Write};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use origins::Origins;
use std::error::Error as StdError;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tower_service::Service;

mod attempt;
mod origins;
#[cfg(test)]
mod tests;

/// How often unused connections are closed.
const SWEEP_INTERVAL: Duration = Duration::from_secs(30);

/// After how much silence an HTTP/2 connection with open requests is checked by a PING (RFC 9113, section 6.7), and how
/// long the answer may take. Without the PING, all requests on it would wait for a peer that is unreachable. Both times
/// together are shorter than the default time limit of a call, so that a read can still be retried.
const PING_AFTER: Duration = Duration::from_secs(15);
const PING_LIMIT: Duration = Duration::from_secs(5);

/// How many bytes of one answer may be buffered on an HTTP/2 connection, and of all its answers together. The second limit is so high
/// that it is never reached: otherwise, answers that nobody reads would block all others on the connection.
const STREAM_WINDOW: u32 = 512 << 10;
const CONNECTION_WINDOW: u32 = 1 << 30;

/// The connections to all origins. Clones share them.
#[derive(Clone)]
pub(super) struct ConnectionPool {
    connector: Connector,
    origins: Arc<Mutex<Origins>>,
}

/// An open connection, with the data that its requests need.
struct Connection {
    sender: Sender,
    traffic: Traffic,
    /// The `Host` header of HTTP/1.1 requests.
    host: HeaderValue,
    /// Whether the connection goes to a proxy that forwards requests: the request line then contains the whole URI.
    forwards: bool,
    /// Whether the connection was in the pool before: the peer may have closed it in the meantime.
    is_reused: bool,
    /// The call that was opened on an HTTP/2 connection for a request.
    call: Option<OpenCall>,
}

enum Sender {
    Http1(http1::SendRequest<Outgoing>),
    Http2(http2::SendRequest<WatchedBody>, Arc<Streams>),
}

/// The reason why a request got no answer.
enum Unanswered {
    /// No byte of the request was written.
    Unsent(Box<Request<Outgoing>>, hyper::Error),
    /// The peer reported that it did not process the request.
    Unprocessed(hyper::Error),
    Failed(Failure),
}

impl Unanswered {
    fn cause(&self) -> &(dyn StdError + 'static) {
        match self {
            Self::Unsent(_, error) | Self::Unprocessed(error) => error,
            Self::Failed(failure) => failure,
        }
    }
}

impl ConnectionPool {
    pub(super) fn new(connector: Connector) -> Self {
        Self { connector, origins: Arc::default() }
    }

    /// Sends a request over a connection that is open, or over a new one; always over a new one if `fresh`. Waits for the head of
    /// the answer.
    pub(super) async fn send(
        &self,
        mut request: Box<Request<Outgoing>>,
        mut fresh: bool,
    ) -> Result<Response<WatchedIncoming>, Failure> {
        let uri = request.uri().clone();
        let mut is_repeated = false;
        loop {
            let kept = if fresh { None } else { self.origins().take(&uri) };
            let mut connection = match kept {
                Some(connection) => connection,
                // Boxed, because it is rarely needed and would enlarge every future.
                None => Box::pin(self.connect(&uri, fresh)).await?,
            };
            let copy = if is_repeated { None } else { connection.copy_of_write(&request) };
            let sent = connection.send(request).await;
            if sent.as_ref().is_err_and(|unanswered| requires_http1(unanswered.cause())) {
                self.origins().use_http1(&uri);
                self.connect_more(&uri, false);
            }
            match sent {
                Ok(response) => {
                    connection.traffic.answer();
                    self.keep(uri, connection);
                    return Ok(response);
                }
                // The connection closed before a byte of the request was written.
                Err(Unanswered::Unsent(unsent, _)) if connection.is_reused => {
                    request = unsent;
                    *request.uri_mut() = uri.clone();
                }
                Err(Unanswered::Unsent(_, error)) => return Err(Failure::Connect(error.into())),
                Err(Unanswered::Unprocessed(error)) => match copy {
                    Some(copy) => (request, fresh, is_repeated) = (copy, true, true),
                    None if is_repeated => return Err(Failure::Closed(error.into())),
                    None => return Err(Failure::Stale(error.into())),
                },
                Err(Unanswered::Failed(failure)) => return Err(failure),
            }
        }
    }

    /// Opens a connection.
    async fn open(&self, uri: &Uri) -> Result<Connection, Failure> {
        let host = host_header(uri).and_then(|host| HeaderValue::from_maybe_shared(Bytes::from(host)).ok());
        let host = host.ok_or_else(|| Failure::Connect("expected an absolute URI with a valid host".into()))?;
        let mut connector = self.connector.clone();
        connector.only_http1 = self.origins().get(uri).is_some_and(|origin| origin.only_http1);
        let opened = match poll_fn(|cx| connector.poll_ready(cx)).await {
            Ok(()) => connector.call(uri.clone()).await,
            Err(error) => Err(error),
        };
        let stream = opened.map_err(|error| {
            let is_timeout = chain(&*error).any(<dyn StdError>::is::<ConnectTimeout>);
            if is_timeout { Failure::ConnectTimeout(error) } else { Failure::Connect(error) }
        })?;
        let (traffic, forwards) = (stream.inner().traffic(), stream.inner().forwards());
        let refused = |error: hyper::Error| Failure::Connect(error.into());
        let sender = if stream.inner().is_http2() {
            self.multiplex(uri, stream).await.map_err(refused)?
        } else {
            // RFC 9112, section 5.2: a line that continues a header is replaced by spaces.
            let mut builder = http1::Builder::new();
            builder.allow_obsolete_multiline_headers_in_responses(true);
            let (mut sender, connection) = builder.handshake(stream).await.map_err(refused)?;
            tokio::spawn(connection);
            sender.ready().await.map_err(|error| Failure::Closed(error.into()))?;
            Sender::Http1(sender)
        };
        Ok(Connection { sender, traffic, host, forwards, is_reused: false, call: None })
    }

    /// Begins to speak HTTP/2 on a connection.
    async fn multiplex<T>(&self, uri: &Uri, stream: T) -> hyper::Result<Sender>
    where
        T: Read + Write + Unpin + Send + 'static,
    {
        let streams = Streams::new();
        let stream = SettingsWatch { stream, streams: streams.clone() };
        let (mut sender, connection) = http2_builder().handshake(stream).await?;
        let (origins, uri) = (Arc::downgrade(&self.origins), uri.clone());
        tokio::spawn(streams::run(connection, streams.clone(), move || {
            if let Some(origins) = origins.upgrade() {
                origins.lock().unwrap_or_else(PoisonError::into_inner).serve(&uri);
            }
        }));
        sender.ready().await?;
        Ok(Sender::Http2(sender, streams))
    }

    /// Puts the connection of an answered request back into the pool, at the latest when the answer has been read to its end.
    fn keep(&self, uri: Uri, mut connection: Connection) {
        match &mut connection.sender {
            // The pool has kept this connection since it was opened.
            Sender::Http2(..) => {}
            Sender::Http1(sender) if sender.is_ready() => self.put(&uri, connection),
            Sender::Http1(sender) if sender.is_closed() => {}
            Sender::Http1(_) => {
                let pool = self.clone();
                tokio::spawn(async move {
                    if let Sender::Http1(sender) = &mut connection.sender
                        && sender.ready().await.is_ok()
                    {
                        pool.put(&uri, connection);
                    }
                });
            }
        }
    }

    /// Gives a connection to a waiting request, or keeps it; closes it if a write has failed.
    fn put(&self, uri: &Uri, connection: Connection) {
        if connection.traffic.has_failed() {
            return;
        }
        let mut origins = self.origins();
        origins.put(uri, connection);
        self.start_sweeping(origins);
    }

    /// Starts the task that closes unused connections, unless it runs already. Unlocks `origins`.
    fn start_sweeping(&self, mut origins: MutexGuard<'_, Origins>) {
        let is_swept = std::mem::replace(&mut origins.is_swept, true);
        // Unlocked first: a runtime that shuts down drops the task at once, and dropping it locks the origins.
        drop(origins);
        if !is_swept {
            tokio::spawn(sweep(SweepGuard(Arc::downgrade(&self.origins))));
        }
    }

    fn origins(&self) -> MutexGuard<'_, Origins> {
        self.origins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// Returns whether a request can be sent on the connection. An HTTP/2 connection may still have no free stream.
    fn is_ready(&self) -> bool {
        match &self.sender {
            Sender::Http1(sender) => sender.is_ready(),
            Sender::Http2(sender, _) => sender.is_ready(),
        }
    }

    /// Returns the streams of an HTTP/2 connection; `None` for HTTP/1.1.
    fn streams(&self) -> Option<&Arc<Streams>> {
        match &self.sender {
            Sender::Http1(_) => None,
            Sender::Http2(_, streams) => Some(streams),
        }
    }

    /// Returns whether an HTTP/2 connection has a free stream.
    fn has_room(&self) -> bool {
        self.streams().is_some_and(|streams| streams.has_room())
    }

    /// Opens a call on an HTTP/2 connection; `None` for HTTP/1.1.
    fn share(&self) -> Option<Self> {
        let Sender::Http2(sender, streams) = &self.sender else { return None };
        Some(Self {
            sender: Sender::Http2(sender.clone(), streams.clone()),
            traffic: self.traffic.clone(),
            host: self.host.clone(),
            forwards: self.forwards,
            is_reused: self.is_reused,
            call: Some(streams.call()),
        })
    }

    /// Copies a request over HTTP/2 whose method is not safe, in case the peer does not process the request. Returns `None` for other
    /// requests, and for a body that cannot be copied. Safe requests need no copy: the caller of [`ConnectionPool::send`] repeats them.
    fn copy_of_write(&self, request: &Request<Outgoing>) -> Option<Box<Request<Outgoing>>> {
        let may_copy = matches!(self.sender, Sender::Http2(..)) && !request.method().is_safe();
        may_copy.then(|| try_clone(request).map(Box::new)).flatten()
    }

    /// Sends a request. If no byte of the request was written, the error contains the request.
    async fn send(&mut self, mut request: Box<Request<Outgoing>>) -> Result<Response<WatchedIncoming>, Unanswered> {
        match &mut self.sender {
            Sender::Http1(sender) => {
                // RFC 9112, sections 3.2 and 3.2.1.
                request.headers_mut().entry(HOST).or_insert_with(|| self.host.clone());
                if !self.forwards {
                    let path = request.uri().path_and_query().cloned();
                    *request.uri_mut() = Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
                }
                self.traffic.begin();
                let sent = sender.try_send_request(*request).await;
                match sent {
                    Ok(response) => Ok(response.map(|body| WatchedIncoming::new(body, None))),
                    Err(mut error) => Err(match error.take_message() {
                        Some(unsent) => Unanswered::Unsent(Box::new(unsent), error.into_error()),
                        None => Unanswered::Failed(self.failure(error.into_error())),
                    }),
                }
            }
            Sender::Http2(sender, streams) => {
                let (parts, body) = request.into_parts();
                let call = self.call.take().unwrap_or_else(|| streams.call());
                let (body, progress) = WatchedBody::new(body, &parts.method, call);
                match sender.try_send_request(Request::from_parts(parts, body)).await {
                    Ok(response) => Ok(response.map(|body| WatchedIncoming::new(body, Some(progress)))),
                    Err(mut error) => Err(match error.take_message() {
                        Some(unsent) => {
                            Unanswered::Unsent(Box::new(unsent.map(|watched| watched.body)), error.into_error())
                        }
                        None => self.failed(error.into_error(), &progress),
                    }),
                }
            }
        }
    }

    /// Classifies the error of a request over HTTP/2.
    fn failed(&self, error: hyper::Error, progress: &BodyProgress) -> Unanswered {
        match progress.error().and_then(|error| of_file(error)) {
            Some(failure) => Unanswered::Failed(failure),
            None if progress.is_unprocessed(&error) => Unanswered::Unprocessed(error),
            None if is_refusal(&error) => Unanswered::Failed(Failure::Stale(error.into())),
            None => Unanswered::Failed(self.failure(error)),
        }
    }

    /// Classifies the error of a request.
    fn failure(&self, error: hyper::Error) -> Failure {
        // Over HTTP/2, the answer cannot have begun, since `send` would have returned its head: the bytes that were read belong to other
        // requests.
        let begun = matches!(self.sender, Sender::Http1(_)) && self.traffic.has_read();
        match of_file(&error) {
            Some(failure) => failure,
            None if is_malformed(&error) => Failure::Malformed(error.into()),
            None if begun => Failure::Broken(error.into()),
            None if self.is_reused || self.traffic.has_answered() => Failure::Stale(error.into()),
            None => Failure::Closed(error.into()),
        }
    }
}

/// Returns the settings of HTTP/2 connections.
fn http2_builder() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.timer(TokioTimer::new()).keep_alive_interval(PING_AFTER).keep_alive_timeout(PING_LIMIT);
    builder.initial_max_send_streams(streams::UNKNOWN);
    builder.initial_stream_window_size(STREAM_WINDOW).initial_connection_window_size(CONNECTION_WINDOW);
    builder
}

/// Closes unused connections every [`SWEEP_INTERVAL`], until no connection and no waiting request is left.
async fn sweep(mut guard: SweepGuard) {
    loop {
        tokio::time::sleep(SWEEP_INTERVAL).await;
        let Some(origins) = guard.0.upgrade() else { return };
        let mut origins = origins.lock().unwrap_or_else(PoisonError::into_inner);
        if !origins.sweep() {
            // Set under the same lock, not by the guard: a connection that is put back in between would otherwise start no sweep.
            origins.is_swept = false;
            guard.0 = Weak::new();
            return;
        }
    }
}

/// A guard that records the end of the task that closes unused connections. The task can end early, with its runtime.
struct SweepGuard(Weak<Mutex<Origins>>);

impl Drop for SweepGuard {
    fn drop(&mut self) {
        if let Some(origins) = self.0.upgrade() {
            origins.lock().unwrap_or_else(PoisonError::into_inner).is_swept = false;
        }
    }
}
