//! The connections of callers: their maximum number, and the choice of the one that is closed to make room.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

/// How long to wait for a connection that was asked to close before the next one is asked.
const PAUSE: Duration = Duration::from_millis(50);

/// All connections of a server.
pub(super) struct Connections {
    room: Arc<Semaphore>,
    open: Mutex<BTreeMap<u64, Arc<Connection>>>,
    /// How long a new connection is protected, so that its first request can be read.
    pause: Duration,
    /// A logical clock that ticks at each event of a connection.
    clock: AtomicU64,
    /// Asks all connections to close.
    end: watch::Sender<()>,
}

/// The state of a connection.
struct Connection {
    accepted: Instant,
    /// When its last request was answered, or when it was accepted.
    since: AtomicU64,
    /// Whether a request has arrived.
    begun: AtomicBool,
    /// Whether a request is being answered.
    busy: AtomicBool,
    /// Whether the last bytes came from the caller: if no request is being answered, they are part of the next one.
    heard: Arc<AtomicBool>,
    /// Whether it has been asked to close.
    closing: AtomicBool,
    leave: Notify,
}

/// The slot of one connection, held until it is dropped.
pub(super) struct Slot {
    all: Arc<Connections>,
    number: u64,
    connection: Arc<Connection>,
    end: watch::Receiver<()>,
    _permit: OwnedSemaphorePermit,
}

/// How a connection has to close.
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
        Self { room, open: Mutex::default(), pause: PAUSE, clock: AtomicU64::default(), end }
    }

    /// Returns the number of connections.
    pub(super) fn count(&self) -> usize {
        self.end.receiver_count()
    }

    /// Waits for a slot. If there is none, closes the connection that has been idle longest. Connections without a
    /// complete request are closed first, once they have had time to send one.
    pub(super) async fn enter(self: &Arc<Self>) -> Slot {
        let permit = loop {
            if let Ok(permit) = self.room.clone().try_acquire_owned() {
                break permit;
            }
            self.evict();
            if let Ok(Ok(permit)) = tokio::time::timeout(PAUSE, self.room.clone().acquire_owned()).await {
                break permit;
            }
        };
        let number = self.tick();
        let connection = Arc::new(Connection::accepted(number));
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(number, connection.clone());
        Slot { all: self.clone(), number, connection, end: self.end.subscribe(), _permit: permit }
    }

    fn evict(&self) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = open
            .values()
            .filter(|one| !one.busy.load(Relaxed) && !one.closing.load(Relaxed) && !one.is_new(self.pause));
        if let Some(longest) = idle.min_by_key(|one| (!one.is_silent(), one.since.load(Relaxed))) {
            longest.closing.store(true, Relaxed);
            longest.leave.notify_one();
        }
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Relaxed)
    }

    /// Asks all connections to close, and waits until they have.
    pub(super) async fn end(&self) {
        self.end.send_replace(());
        self.end.closed().await;
    }
}

impl Connection {
    fn accepted(number: u64) -> Self {
        Self {
            accepted: Instant::now(),
            since: number.into(),
            begun: AtomicBool::default(),
            busy: AtomicBool::default(),
            heard: Arc::default(),
            closing: AtomicBool::default(),
            leave: Notify::default(),
        }
    }

    /// Returns whether its first request may have arrived without having been read.
    fn is_new(&self, pause: Duration) -> bool {
        !self.begun.load(Relaxed) && self.accepted.elapsed() < pause
    }

    /// Returns whether it is certain that no answer is being sent.
    fn is_silent(&self) -> bool {
        !self.begun.load(Relaxed) || (self.heard.load(Relaxed) && !self.busy.load(Relaxed))
    }
}

impl Slot {
    /// Waits until the connection has to close.
    pub(super) async fn must_close(&mut self) -> Closing {
        tokio::select! {
            _ = self.end.changed() => Closing::WhenAnswered,
            () = self.connection.leave.notified() => {
                if self.connection.is_silent() { Closing::Now } else { Closing::WhenAnswered }
            }
        }
    }

    /// Returns the flag that is set when bytes arrive, and cleared when bytes are sent.
    pub(super) fn heard(&self) -> Arc<AtomicBool> {
        self.connection.heard.clone()
    }

    /// Returns the counter of the connection's requests.
    pub(super) fn requests(&self) -> Requests {
        Requests { all: self.all.clone(), connection: self.connection.clone() }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.all.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}

/// Counts the requests of one connection.
#[derive(Clone)]
pub(super) struct Requests {
    all: Arc<Connections>,
    connection: Arc<Connection>,
}

impl Requests {
    /// Waits for the answer to a request; the connection counts as busy until then.
    pub(super) fn answered<T, F: Future<Output = T>>(&self, answer: F) -> impl Future<Output = T> + use<T, F> {
        let Self { all, connection } = self.clone();
        connection.begun.store(true, Relaxed);
        connection.busy.store(true, Relaxed);
        async move {
            let answer = answer.await;
            connection.since.store(all.tick(), Relaxed);
            connection.busy.store(false, Relaxed);
            answer
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_new_connection_is_not_closed_before_its_request_can_be_read() {
        let all = Arc::new(Connections { pause: Duration::MAX, ..Connections::new(2) });
        let (mut idle, _new) = (all.enter().await, all.enter().await);
        idle.requests().answered(async {}).await;
        tokio::join!(all.enter(), async {
            assert!(matches!(idle.must_close().await, Closing::WhenAnswered), "it is closed before the new one");
            drop(idle);
        });
    }

    #[tokio::test]
    async fn the_connection_that_waits_the_longest_makes_room() {
        let all = Arc::new(Connections { pause: Duration::ZERO, ..Connections::new(3) });
        let (mut idle, mut silent, busy) = (all.enter().await, all.enter().await, all.enter().await);
        idle.requests().answered(async {}).await;
        let _answer = busy.requests().answered(std::future::pending::<()>());
        let (next, ()) = tokio::join!(all.enter(), async {
            assert!(
                matches!(silent.must_close().await, Closing::Now),
                "the one that never sent a request is closed first"
            );
            drop(silent);
        });
        let _next_answer = next.requests().answered(std::future::pending::<()>());
        tokio::join!(all.enter(), async {
            assert!(matches!(idle.must_close().await, Closing::WhenAnswered), "then the one that has been answered");
            drop(idle);
        });
        assert_eq!(all.count(), 2);
        let mut half = all.enter().await;
        half.requests().answered(async {}).await;
        half.heard().store(true, Relaxed);
        tokio::join!(all.enter(), async {
            assert!(matches!(half.must_close().await, Closing::Now), "a part of the next request");
            drop(half);
        });
    }
}
