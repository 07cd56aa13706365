//! The connections of callers: how many there may be, and which one is closed to make room for the next.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

/// How long a connection that was asked to end is waited for before the next one is asked.
const PAUSE: Duration = Duration::from_millis(50);

/// All connections of a server.
pub(super) struct Connections {
    room: Arc<Semaphore>,
    open: Mutex<BTreeMap<u64, Arc<Connection>>>,
    /// How long the first request of a new connection may take to be read.
    pause: Duration,
    /// Counts what happens on all connections.
    clock: AtomicU64,
    /// Tells all connections to end.
    end: watch::Sender<()>,
}

/// What a connection is doing.
struct Connection {
    accepted: Instant,
    /// When its last request was answered, or when it was accepted.
    since: AtomicU64,
    /// Whether a request has come.
    begun: AtomicBool,
    /// Whether a request is being answered.
    busy: AtomicBool,
    /// Whether the last bytes came from the caller: while nothing is being answered, a part of a request.
    heard: Arc<AtomicBool>,
    /// Whether it has been asked to end.
    leaving: AtomicBool,
    leave: Notify,
}

/// The place of one connection among all, until it is dropped.
pub(super) struct Place {
    all: Arc<Connections>,
    number: u64,
    connection: Arc<Connection>,
    end: watch::Receiver<()>,
    _permit: OwnedSemaphorePermit,
}

/// How a connection is to end.
pub(super) enum Leave {
    /// At once: no request has come, or a part of one.
    Now,
    /// As soon as nothing is in flight.
    WhenAnswered,
}

impl Connections {
    pub(super) fn new(most: usize) -> Self {
        let (end, _) = watch::channel(());
        let room = Arc::new(Semaphore::new(most));
        Self { room, open: Mutex::default(), pause: PAUSE, clock: AtomicU64::default(), end }
    }

    /// Counts the connections.
    pub(super) fn count(&self) -> usize {
        self.end.receiver_count()
    }

    /// Waits for a place. If there is none, the connection that has waited the longest for a request is closed; those that
    /// sent none since they were accepted, or a part of one, come first, but not before there was time to read it.
    pub(super) async fn enter(self: &Arc<Self>) -> Place {
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
        Place { all: self.clone(), number, connection, end: self.end.subscribe(), _permit: permit }
    }

    fn evict(&self) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = open
            .values()
            .filter(|one| !one.busy.load(Relaxed) && !one.leaving.load(Relaxed) && !one.is_new(self.pause));
        if let Some(longest) = idle.min_by_key(|one| (!one.is_silent(), one.since.load(Relaxed))) {
            longest.leaving.store(true, Relaxed);
            longest.leave.notify_one();
        }
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Relaxed)
    }

    /// Tells all connections to end, and waits until they have.
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
            leaving: AtomicBool::default(),
            leave: Notify::default(),
        }
    }

    /// Whether its first request may be there already, and nobody has read it.
    fn is_new(&self, pause: Duration) -> bool {
        !self.begun.load(Relaxed) && self.accepted.elapsed() < pause
    }

    /// Whether no answer can be on its way.
    fn is_silent(&self) -> bool {
        !self.begun.load(Relaxed) || (self.heard.load(Relaxed) && !self.busy.load(Relaxed))
    }
}

impl Place {
    /// Waits until the connection is to end.
    pub(super) async fn left(&mut self) -> Leave {
        tokio::select! {
            _ = self.end.changed() => Leave::WhenAnswered,
            () = self.connection.leave.notified() => {
                if self.connection.is_silent() { Leave::Now } else { Leave::WhenAnswered }
            }
        }
    }

    /// Returns what is set when bytes come, and unset when some are sent.
    pub(super) fn heard(&self) -> Arc<AtomicBool> {
        self.connection.heard.clone()
    }

    /// Returns what the connection's requests are counted with.
    pub(super) fn requests(&self) -> Requests {
        Requests { all: self.all.clone(), connection: self.connection.clone() }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.all.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}

/// Notes the requests of one connection.
#[derive(Clone)]
pub(super) struct Requests {
    all: Arc<Connections>,
    connection: Arc<Connection>,
}

impl Requests {
    /// Waits for the answer to a request; meanwhile the connection is not idle.
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
            assert!(matches!(idle.left().await, Leave::WhenAnswered), "it comes before the new one");
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
            assert!(matches!(silent.left().await, Leave::Now), "the one that never sent a request comes first");
            drop(silent);
        });
        let _next_answer = next.requests().answered(std::future::pending::<()>());
        tokio::join!(all.enter(), async {
            assert!(matches!(idle.left().await, Leave::WhenAnswered), "then the one that has been answered");
            drop(idle);
        });
        assert_eq!(all.count(), 2);
        let mut half = all.enter().await;
        half.requests().answered(async {}).await;
        half.heard().store(true, Relaxed);
        tokio::join!(all.enter(), async {
            assert!(matches!(half.left().await, Leave::Now), "a part of the next request");
            drop(half);
        });
    }
}
