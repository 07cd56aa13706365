//! The streams of an HTTP/2 connection: how many its peer allows, and how many are in use.

use super::fault::BoxError;
use futures_util::task::AtomicWaker;
use http_body::Body;
use hyper::client::conn::http2;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioExecutor;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tokio::sync::Notify;

/// The limit that h2 starts with. As long as h2 shows it, the peer's first SETTINGS have not arrived: a limit that a peer announces has
/// 32 bits, and h2 shows `usize::MAX` for a peer without a limit.
pub(super) const UNKNOWN: usize = usize::MAX - 1;

/// The streams of a connection.
pub(super) struct Streams {
    /// The number of calls that have a stream, or wait for one.
    open: AtomicUsize,
    /// How many streams the peer allows (`SETTINGS_MAX_CONCURRENT_STREAMS`; RFC 9113, section 6.5.2), or `UNKNOWN`.
    limit: AtomicUsize,
    /// Whether a request waits for a stream.
    is_wanted: AtomicBool,
    /// Wakes the task of the connection.
    task: AtomicWaker,
    /// Notified when the limit becomes known, or the connection has ended.
    settled: Notify,
}

/// An open call: one stream of a connection, until the call has ended.
pub(super) struct OpenCall(Arc<Streams>);

impl Streams {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            open: AtomicUsize::new(0),
            limit: AtomicUsize::new(UNKNOWN),
            is_wanted: AtomicBool::new(false),
            task: AtomicWaker::new(),
            settled: Notify::new(),
        })
    }

    /// Returns the number of open calls.
    pub(super) fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// Returns how many calls may be open: one until the peer's first SETTINGS have arrived.
    pub(super) fn limit(&self) -> usize {
        match self.limit.load(Ordering::SeqCst) {
            UNKNOWN => 1,
            limit => limit,
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.open() < self.limit()
    }

    /// Counts another call as open. If all streams are in use, the call waits for one.
    pub(super) fn call(self: &Arc<Self>) -> OpenCall {
        self.open.fetch_add(1, Ordering::SeqCst);
        OpenCall(self.clone())
    }

    /// Makes the connection's task, [`run`], call its `serve` argument when there is room.
    pub(super) fn want(&self) {
        self.is_wanted.store(true, Ordering::SeqCst);
    }

    /// Waits until the peer's limit is known, or the connection has ended.
    pub(super) async fn settled(&self) {
        loop {
            let settled = self.settled.notified();
            if self.is_settled() {
                return;
            }
            settled.await;
        }
    }

    fn is_settled(&self) -> bool {
        self.limit.load(Ordering::SeqCst) != UNKNOWN
    }

    fn set_limit(&self, limit: usize) {
        let before = self.limit.swap(limit, Ordering::SeqCst);
        if before == UNKNOWN && limit != UNKNOWN {
            self.settled.notify_waiters();
        }
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
        // The task serves the waiting requests, because the code that drops the call may hold the lock of the pool.
        if self.0.is_wanted.load(Ordering::SeqCst) {
            self.0.task.wake();
        }
    }
}

/// Runs a connection until it closes. Calls `serve` when requests wait for a stream and a stream may be free.
pub(super) async fn run<T, B>(
    mut connection: http2::Connection<SettingsWatch<T>, B, TokioExecutor>,
    streams: Arc<Streams>,
    mut serve: impl FnMut(),
) where
    T: Read + Write + Unpin + Send + 'static,
    B: Body<Data: Send, Error: Into<BoxError>> + Unpin + Send + 'static,
{
    let guard = ClosedGuard(streams);
    poll_fn(|cx| {
        let streams = &guard.0;
        streams.task.register(cx.waker());
        let polled = Pin::new(&mut connection).poll(cx);
        streams.set_limit(connection.current_max_send_streams());
        if streams.has_room() && streams.is_wanted.swap(false, Ordering::SeqCst) {
            serve();
        }
        polled.map(drop)
    })
    .await;
}

/// A guard that records the end of a connection's task.
struct ClosedGuard(Arc<Streams>);

impl Drop for ClosedGuard {
    fn drop(&mut self) {
        self.0.set_limit(0);
    }
}

/// A connection that wakes its task when SETTINGS of the peer may have arrived: the first SETTINGS, or later SETTINGS while a request waits
/// for a stream. h2 applies SETTINGS before it reads on, but hyper does not report them.
pub(super) struct SettingsWatch<T> {
    pub(super) stream: T,
    pub(super) streams: Arc<Streams>,
}

impl<T: Read + Unpin> Read for SettingsWatch<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        if !self.streams.is_settled() || self.streams.is_wanted.load(Ordering::SeqCst) {
            self.streams.task.wake();
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<T: Write + Unpin> Write for SettingsWatch<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }
}
