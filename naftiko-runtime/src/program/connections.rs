//! The connections of callers: limits their number, and decides which connection is closed to make room for a new one.

use http::Response;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

/// How long to wait for a free slot after asking one connection to close, before asking the next one; also how long a new
/// connection is protected.
const GRACE: Duration = Duration::from_millis(50);

/// How long a caller can send nothing of a body before its connection may be closed to make room.
const STALL: Duration = Duration::from_secs(1);

/// How long a body can arrive slowly before its connection may be closed to make room.
const SLOW: Duration = Duration::from_secs(10);

/// All connections of a server.
pub(super) struct Connections {
    room: Arc<Semaphore>,
    open: Mutex<BTreeMap<u64, Arc<Connection>>>,
    /// How long a new connection is protected, so that its first request can be read.
    grace: Duration,
    /// How long a connection whose body has stopped arriving is protected.
    stall: Duration,
    /// A logical clock that ticks at each event of a connection.
    clock: AtomicU64,
    /// Asks all connections to close.
    end: watch::Sender<()>,
}

/// The state of a connection.
struct Connection {
    accepted: Instant,
    /// The tick at which the connection became idle: when its last request was answered, or when the connection was accepted.
    idle_since: AtomicU64,
    /// Whether a request has arrived.
    begun: AtomicBool,
    /// Whether a request is being answered: from its arrival until the body of its answer is dropped.
    busy: AtomicBool,
    /// The time since which the current request has been waiting for the next bytes of its body; `None` while it does not wait.
    stalled_since: Mutex<Option<Instant>>,
    /// Whether the last bytes came from the caller. If no request is being answered, these bytes are part of the next request.
    heard: Arc<AtomicBool>,
    /// Whether the connection has been asked to close.
    closing: AtomicBool,
    /// Notified when the connection is asked to close, to make room.
    leave: Notify,
}

/// The slot of one connection. Dropping it frees the slot.
pub(super) struct Slot {
    all: Arc<Connections>,
    number: u64,
    connection: Arc<Connection>,
    end: watch::Receiver<()>,
    _permit: OwnedSemaphorePermit,
}

/// The moment at which a connection has to close.
pub(super) enum Closing {
    /// Immediately: no complete request has arrived.
    Now,
    /// As soon as no request is being answered.
    WhenAnswered,
}

impl Connections {
    pub(super) fn new(most: usize) -> Self {
        let (end, _) = watch::channel(());
        let room = Arc::new(Semaphore::new(most));
        Self { room, open: Mutex::default(), grace: GRACE, stall: STALL, clock: AtomicU64::default(), end }
    }

    /// Returns the number of connections.
    pub(super) fn count(&self) -> usize {
        self.end.receiver_count()
    }

    /// Waits for a slot. While no slot is free, asks one connection after the other to close: first those that have not sent the
    /// whole head of their next request, then other idle ones, and finally those whose request body has stopped arriving. Within each
    /// group, the connection that has been idle longest comes first. New connections, and all others whose request is being answered,
    /// stay open.
    pub(super) async fn enter(self: &Arc<Self>) -> Slot {
        let permit = loop {
            if let Ok(permit) = self.room.clone().try_acquire_owned() {
                break permit;
            }
            self.evict();
            if let Ok(Ok(permit)) = tokio::time::timeout(GRACE, self.room.clone().acquire_owned()).await {
                break permit;
            }
        };
        let number = self.tick();
        let connection = Arc::new(Connection::accepted(number));
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(number, connection.clone());
        Slot { all: self.clone(), number, connection, end: self.end.subscribe(), _permit: permit }
    }

    /// Asks one connection to close, if one can be closed.
    fn evict(&self) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        // The lowest rank is closed first; a connection without a rank stays open.
        let rank = |connection: &Connection| match () {
            () if connection.closing.load(Relaxed) || connection.is_new(self.grace) => None,
            () if connection.is_stalled(self.stall) => Some(2),
            () if connection.busy.load(Relaxed) => None,
            () if connection.sends_no_answer() => Some(0),
            () => Some(1),
        };
        let idle = open
            .values()
            .filter_map(|connection| Some(((rank(connection)?, connection.idle_since.load(Relaxed)), connection)));
        if let Some((_, longest)) = idle.min_by_key(|(order, _)| *order) {
            longest.closing.store(true, Relaxed);
            longest.leave.notify_one();
        }
    }

    /// Advances the clock by one tick, and returns the tick before.
    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Relaxed)
    }

    /// Asks all connections to close, and waits until all are closed.
    pub(super) async fn end(&self) {
        self.end.send_replace(());
        self.end.closed().await;
    }
}

impl Connection {
    fn accepted(number: u64) -> Self {
        Self {
            accepted: Instant::now(),
            idle_since: number.into(),
            begun: AtomicBool::default(),
            busy: AtomicBool::default(),
            stalled_since: Mutex::default(),
            heard: Arc::default(),
            closing: AtomicBool::default(),
            leave: Notify::default(),
        }
    }

    /// Returns whether the connection is so new that the server may not have read its first request yet.
    fn is_new(&self, grace: Duration) -> bool {
        !self.begun.load(Relaxed) && self.accepted.elapsed() < grace
    }

    /// Returns whether the request has waited at least `stall` for the next bytes of its body.
    fn is_stalled(&self, stall: Duration) -> bool {
        let since = *self.stalled_since.lock().unwrap_or_else(PoisonError::into_inner);
        since.is_some_and(|since| since.elapsed() >= stall)
    }

    /// Returns whether it is certain that no answer is being sent.
    fn sends_no_answer(&self) -> bool {
        !self.begun.load(Relaxed) || (self.heard.load(Relaxed) && !self.busy.load(Relaxed))
    }
}

impl Slot {
    /// Waits until the connection has to close.
    pub(super) async fn must_close(&mut self) -> Closing {
        tokio::select! {
            _ = self.end.changed() => Closing::WhenAnswered,
            () = self.connection.leave.notified() => {
                let is_incomplete = self.connection.is_stalled(Duration::ZERO) || self.connection.sends_no_answer();
                if is_incomplete { Closing::Now } else { Closing::WhenAnswered }
            }
        }
    }

    /// Returns the flag that is set when bytes arrive, and cleared when bytes are sent.
    pub(super) fn heard(&self) -> Arc<AtomicBool> {
        self.connection.heard.clone()
    }

    /// Returns the recorder of the connection's requests.
    pub(super) fn requests(&self) -> RequestRecorder {
        RequestRecorder { all: self.all.clone(), connection: self.connection.clone() }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.all.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}

/// A recorder of the requests of one connection.
#[derive(Clone)]
pub(super) struct RequestRecorder {
    all: Arc<Connections>,
    connection: Arc<Connection>,
}

impl RequestRecorder {
    /// Waits for the answer to a request. The connection counts as busy until the body of the answer is dropped.
    pub(super) fn answered<B, E, F>(
        &self,
        answer: F,
    ) -> impl Future<Output = Result<Response<SentBody<B>>, E>> + use<B, E, F>
    where
        F: Future<Output = Result<Response<B>, E>>,
    {
        self.connection.begun.store(true, Relaxed);
        self.connection.busy.store(true, Relaxed);
        let busy = Busy(self.clone());
        async move { Ok(answer.await?.map(|body| SentBody { body, _busy: busy })) }
    }

    /// Wraps the body of a request, to notice when the caller stops sending it.
    pub(super) fn watched<B>(&self, body: B) -> WatchedBody<B> {
        WatchedBody { body, began: Instant::now(), connection: self.connection.clone() }
    }
}

/// Marks a connection as busy. Dropping this value marks it as idle.
struct Busy(RequestRecorder);

impl Drop for Busy {
    fn drop(&mut self) {
        let RequestRecorder { all, connection } = &self.0;
        connection.idle_since.store(all.tick(), Relaxed);
        connection.busy.store(false, Relaxed);
    }
}

pin_project! {
    /// The body of an answer. Its connection is busy until the body is dropped.
    pub(super) struct SentBody<B> {
        #[pin]
        body: B,
        _busy: Busy,
    }
}

impl<B: Body> Body for SentBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().body.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of a request. If it stops arriving, or arrives too slowly, its connection may be closed to make room.
pub(super) struct WatchedBody<B> {
    body: B,
    began: Instant,
    connection: Arc<Connection>,
}

impl<B> WatchedBody<B> {
    /// Records whether the request waits for the next bytes of its body. A slow body counts as stalled from its beginning.
    fn record(&self, waits: bool) {
        let mut stalled = self.connection.stalled_since.lock().unwrap_or_else(PoisonError::into_inner);
        let since = || if self.began.elapsed() >= SLOW { self.began } else { stalled.unwrap_or_else(Instant::now) };
        *stalled = waits.then(since);
    }
}

impl<B: Body + Unpin> Body for WatchedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        self.record(frame.is_pending());
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for WatchedBody<B> {
    fn drop(&mut self) {
        self.record(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt, Empty};
    use std::convert::Infallible;
    use std::future::{Ready, pending, ready};

    type EmptyAnswer = Result<Response<Empty<bytes::Bytes>>, Infallible>;

    fn empty() -> Ready<EmptyAnswer> {
        ready(Ok(Response::new(Empty::new())))
    }

    #[tokio::test]
    async fn a_new_connection_is_not_closed_before_its_request_can_be_read() {
        let all = Arc::new(Connections { grace: Duration::MAX, ..Connections::new(2) });
        let (mut idle, _new) = (all.enter().await, all.enter().await);
        idle.requests().answered(empty()).await.unwrap();
        tokio::join!(all.enter(), async {
            assert!(matches!(idle.must_close().await, Closing::WhenAnswered), "it must close before the new one");
            drop(idle);
        });
    }

    #[tokio::test]
    async fn a_silent_connection_makes_room_before_an_idle_one() {
        let all = Arc::new(Connections { grace: Duration::ZERO, ..Connections::new(3) });
        let (mut idle, mut silent, busy) = (all.enter().await, all.enter().await, all.enter().await);
        idle.requests().answered(empty()).await.unwrap();
        let _answer = busy.requests().answered(pending::<EmptyAnswer>());
        let (next, ()) = tokio::join!(all.enter(), async {
            assert!(
                matches!(silent.must_close().await, Closing::Now),
                "the one that never sent a request must close first"
            );
            drop(silent);
        });
        let _next_answer = next.requests().answered(pending::<EmptyAnswer>());
        tokio::join!(all.enter(), async {
            assert!(matches!(idle.must_close().await, Closing::WhenAnswered), "then the answered one must close");
            drop(idle);
        });
        assert_eq!(all.count(), 2);
        let mut half = all.enter().await;
        half.requests().answered(empty()).await.unwrap();
        half.heard().store(true, Relaxed);
        tokio::join!(all.enter(), async {
            assert!(matches!(half.must_close().await, Closing::Now), "one with an incomplete request must close now");
            drop(half);
        });
    }

    #[tokio::test]
    async fn a_connection_is_busy_while_the_body_of_its_answer_is_sent() {
        let all = Arc::new(Connections { grace: Duration::ZERO, ..Connections::new(2) });
        let (streaming, mut idle) = (all.enter().await, all.enter().await);
        let answer = streaming.requests().answered(empty()).await.unwrap();
        // hyper has read the first bytes of the next request.
        streaming.heard().store(true, Relaxed);
        idle.requests().answered(empty()).await.unwrap();
        assert!(!streaming.connection.sends_no_answer());
        tokio::join!(all.enter(), async {
            assert!(matches!(idle.must_close().await, Closing::WhenAnswered));
            drop(idle);
        });
        drop(answer);
        assert!(streaming.connection.sends_no_answer());
    }

    /// A body that never arrives.
    struct Never;

    impl Body for Never {
        type Data = bytes::Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn a_connection_whose_body_has_stopped_arriving_makes_room_after_the_idle_ones() {
        let all = Arc::new(Connections { grace: Duration::ZERO, stall: Duration::ZERO, ..Connections::new(3) });
        let (mut stalled, mut idle, reading) = (all.enter().await, all.enter().await, all.enter().await);
        idle.requests().answered(empty()).await.unwrap();
        // This request is being answered, and nobody asks for its body, since the upstream is slow.
        let _answer = reading.requests().answered(pending::<EmptyAnswer>());
        let _unread = reading.requests().watched(Never);
        let mut body = stalled.requests().watched(Never);
        let _other = stalled.requests().answered(pending::<EmptyAnswer>());
        assert!(futures_util::poll!(body.frame()).is_pending());
        let (next, ()) = tokio::join!(all.enter(), async {
            assert!(matches!(idle.must_close().await, Closing::WhenAnswered), "the idle one must close first");
            drop(idle);
        });
        let _next_answer = next.requests().answered(pending::<EmptyAnswer>());
        tokio::join!(all.enter(), async {
            assert!(matches!(stalled.must_close().await, Closing::Now), "then the one without its body must close");
            drop(stalled);
        });
        drop(body);
        assert_eq!(all.count(), 2);
    }
}
