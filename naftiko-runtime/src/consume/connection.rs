//! The connections of the built-in client: opened within a time limit, with their traffic recorded. If the upstream closes a connection,
//! its traffic shows whether it is safe to retry the request. An answer that arrived before a reset can still be read.

use super::fault::BoxError;
use super::network::NameResolver;
use super::proxies::{NetworkStream, Proxies};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use std::error::Error as StdError;
use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;
use tower_service::Service;

/// A connector that opens a connection, including the TLS handshake, within a time limit.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) direct: HttpsConnector<HttpConnector<NameResolver>>,
    /// The same without HTTP/2.
    pub(super) direct_http1: HttpsConnector<HttpConnector<NameResolver>>,
    /// Whether TLS offers HTTP/1.1 only.
    pub(super) only_http1: bool,
    pub(super) proxies: Option<Proxies>,
    pub(super) limit: Duration,
}

impl Service<http::Uri> for Connector {
    type Response = TokioIo<RecordedConnection>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.direct.poll_ready(cx)
    }

    fn call(&mut self, uri: http::Uri) -> Self::Future {
        let proxies = self.proxies.as_ref();
        let forwards = proxies.is_some_and(|proxies| proxies.forwards(&uri));
        let connecting = proxies.and_then(|proxies| proxies.connect(&uri, self.only_http1)).unwrap_or_else(|| {
            let connector = if self.only_http1 { &mut self.direct_http1 } else { &mut self.direct };
            let direct = connector.call(uri.clone());
            Box::pin(async move { direct.await.map(MaybeHttpsStream::Http) })
        });
        let connected = tokio::time::timeout(self.limit, connecting);
        let proxies = self.proxies.clone();
        Box::pin(async move {
            let timeout = |_| match proxies {
                Some(proxies) => proxies.timeout(&uri, ConnectTimeout.into()),
                None => ConnectTimeout.into(),
            };
            let stream = connected.await.map_err(timeout)??;
            Ok(TokioIo::new(RecordedConnection::new(stream, forwards)))
        })
    }
}

/// The error of a connection attempt that exceeded its time limit.
#[derive(Debug)]
pub(super) struct ConnectTimeout;

impl fmt::Display for ConnectTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connecting took too long")
    }
}

impl StdError for ConnectTimeout {}

/// The maximum time for reading an answer that arrived before a reset. Reading ends earlier, with the end of the answer or with the error,
/// unless hyper stops reading.
const EARLY_LIMIT: Duration = Duration::from_secs(10);

/// How many bytes of a long request are written first, apart from the rest: one record of TLS (RFC 8446, section 5.1).
const FIRST_WRITE: usize = 16 << 10;

/// The traffic of a connection: whether a request was answered, whether bytes of the current request were written and bytes arrived
/// since, and whether a write has failed.
#[derive(Clone, Default)]
pub(super) struct Traffic(Arc<Flags>);

#[derive(Default)]
struct Flags {
    answered: AtomicBool,
    read: AtomicBool,
    written: AtomicBool,
    failed: AtomicBool,
}

impl Traffic {
    /// Records that a request was answered.
    pub(super) fn answer(&self) {
        self.0.answered.store(true, Ordering::Relaxed);
    }

    /// Returns whether an earlier request was answered: the connection is a reused one.
    pub(super) fn has_answered(&self) -> bool {
        self.0.answered.load(Ordering::Relaxed)
    }

    /// Records that a request over HTTP/1.1 begins.
    pub(super) fn begin(&self) {
        self.0.written.store(false, Ordering::Relaxed);
    }

    /// Returns whether any bytes have arrived since the first write of the request.
    pub(super) fn has_read(&self) -> bool {
        self.0.read.load(Ordering::Relaxed)
    }

    /// Returns whether a write has failed. The connection must not be used for another request.
    pub(super) fn has_failed(&self) -> bool {
        self.0.failed.load(Ordering::Relaxed)
    }
}

/// A connection that records its traffic.
pub(super) struct RecordedConnection {
    stream: TokioIo<NetworkStream>,
    /// Whether the connection goes to a proxy that forwards requests: their request line then contains the whole URI.
    forwards: bool,
    traffic: Traffic,
    /// The error of a write after which there may be an answer to read, and how long to wait for it.
    reset: Option<(io::ErrorKind, Pin<Box<Sleep>>)>,
}

impl RecordedConnection {
    fn new(stream: NetworkStream, forwards: bool) -> Self {
        Self { stream: TokioIo::new(stream), forwards, traffic: Traffic::default(), reset: None }
    }

    pub(super) fn traffic(&self) -> Traffic {
        self.traffic.clone()
    }

    pub(super) fn forwards(&self) -> bool {
        self.forwards
    }

    /// Returns whether TLS negotiated HTTP/2 (RFC 9113, section 3.2).
    pub(super) fn is_http2(&self) -> bool {
        self.stream.inner().connected().is_negotiated_h2()
    }

    /// Polls a write. If it fails because the peer has reset the connection after a part of a request over HTTP/1.1 was written, the write
    /// stays pending. After a write error, hyper would drop an answer that has already arrived. While a write is pending, hyper keeps
    /// reading, and so receives the answer or the error.
    fn write<T>(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TokioIo<NetworkStream>>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if self.reset.is_none() {
            let error = match write(Pin::new(&mut self.stream), cx) {
                Poll::Ready(Err(error)) => error,
                other => return other,
            };
            self.traffic.0.failed.store(true, Ordering::Relaxed);
            let is_reset = matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset);
            // Bytes that arrived before the request was written are not its answer.
            let is_sent = self.traffic.0.written.load(Ordering::Relaxed);
            if !is_reset || !is_sent || self.is_http2() {
                return Poll::Ready(Err(error));
            }
            self.reset = Some((error.kind(), Box::pin(tokio::time::sleep(EARLY_LIMIT))));
        }
        let Some((kind, limit)) = &mut self.reset else { return Poll::Pending };
        limit.as_mut().poll(cx).map(|()| Err((*kind).into()))
    }

    /// Writes bytes, and records in the traffic that bytes of the request were written.
    fn write_bytes(&mut self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let is_first = !self.traffic.0.written.load(Ordering::Relaxed);
        if is_first {
            self.traffic.0.read.store(false, Ordering::Relaxed);
        }
        let begin = bufs.iter().find(|buf| !buf.is_empty());
        let written = match (begin, bufs) {
            // TLS writes as much as it can before it returns an error, which would hide that a part was written.
            (Some(begin), _) if is_first && bufs.iter().map(|buf| buf.len()).sum::<usize>() > FIRST_WRITE => {
                self.write(cx, |stream, cx| stream.poll_write(cx, &begin[..begin.len().min(FIRST_WRITE)]))
            }
            (_, [buf]) => self.write(cx, |stream, cx| stream.poll_write(cx, buf)),
            _ => self.write(cx, |stream, cx| stream.poll_write_vectored(cx, bufs)),
        };
        if is_first && matches!(written, Poll::Ready(Ok(_))) {
            self.traffic.0.written.store(true, Ordering::Relaxed);
        }
        written
    }
}

impl AsyncRead for RecordedConnection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.traffic.0.read.store(true, Ordering::Relaxed);
        } else if let (Some((kind, _)), Poll::Ready(_)) = (&self.reset, &read) {
            // The failed write has taken the error from the socket, which may now show a regular end.
            return Poll::Ready(Err((*kind).into()));
        }
        read
    }
}

impl AsyncWrite for RecordedConnection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.write_bytes(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write_bytes(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write(cx, AsyncWrite::poll_flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
