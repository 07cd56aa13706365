//! The connections of the built-in client: opened within a time limit, with their traffic recorded. After the upstream closes
//! one, the traffic shows whether it is safe to retry the request.

use super::fault::BoxError;
use super::network::NameResolver;
use super::proxies::{Proxies, Stream};
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
use tower_service::Service;

/// A connector with a time limit, which includes TLS.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) direct: HttpsConnector<HttpConnector<NameResolver>>,
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
        let connecting = proxies.and_then(|proxies| proxies.connect(&uri)).unwrap_or_else(|| {
            let direct = self.direct.call(uri);
            Box::pin(async move { direct.await.map(MaybeHttpsStream::Http) })
        });
        let connected = tokio::time::timeout(self.limit, connecting);
        Box::pin(async move {
            let stream = connected.await.map_err(|_| ConnectTimeout)??;
            Ok(TokioIo::new(RecordedConnection { stream: TokioIo::new(stream), forwards, traffic: Traffic::default() }))
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

/// The traffic of a connection: whether a request was answered, and whether bytes have arrived.
#[derive(Clone, Default)]
pub(super) struct Traffic(Arc<Flags>);

#[derive(Default)]
struct Flags {
    answered: AtomicBool,
    read: AtomicBool,
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

    /// Returns whether any bytes have arrived since the last write.
    pub(super) fn has_read(&self) -> bool {
        self.0.read.load(Ordering::Relaxed)
    }
}

/// A connection that records its traffic.
pub(super) struct RecordedConnection {
    stream: TokioIo<Stream>,
    /// Whether the connection goes to a proxy that forwards requests: their request line then contains the whole URI.
    forwards: bool,
    traffic: Traffic,
}

impl RecordedConnection {
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
}

impl AsyncRead for RecordedConnection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.traffic.0.read.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl AsyncWrite for RecordedConnection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.traffic.0.read.store(false, Ordering::Relaxed);
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.traffic.0.read.store(false, Ordering::Relaxed);
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
