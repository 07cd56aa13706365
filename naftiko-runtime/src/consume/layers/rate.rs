//! The rate limit: how many calls may start within any period of a given length.
//!
//! Replicas with a store share a count: a call starts when the count of this process and the count of the store both allow it. If the
//! store cannot be asked, only the count of this process applies.

use super::Deadline;
use super::around::{Around, InnerService, Layered};
use super::concurrency::Queue;
use super::refused::refused;
use crate::consume::fault::Failure;
use crate::consume::outgoing::Outgoing;
use crate::consume::transport::Incoming;
use crate::store::SharedStore;
use crate::telemetry;
use http::{Request, Response, StatusCode};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync;
use tokio::time::{Instant, sleep_until};
use tower_layer::Layer;

/// The longest time to wait before asking the store again. It is longer than any deadline, and added to the current time it cannot
/// overflow.
const LONGEST_WAIT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A layer that limits the rate of calls. Its clones share the limit.
#[derive(Debug, Clone)]
pub(crate) struct RateLayer(Arc<Limit>);

#[derive(Debug)]
struct Limit {
    api: String,
    calls: u16,
    per: Duration,
    /// The start times of the last calls of this process, oldest first.
    starts: Mutex<VecDeque<Instant>>,
    /// Held by the next call to start; the others queue for it.
    turn: sync::Mutex<()>,
    waiting: Queue,
    shared: Option<SharedCount>,
}

/// The count that replicas share.
#[derive(Debug)]
pub(crate) struct SharedCount {
    pub(crate) store: SharedStore,
    pub(crate) key: String,
}

impl RateLayer {
    /// Creates a limit of `calls` in any period of `per`, and `queue` waiting calls.
    pub(crate) fn new(api: &str, (calls, per, queue): (u16, Duration, u16), shared: Option<SharedCount>) -> Self {
        Self(Arc::new(Limit {
            api: api.to_owned(),
            calls,
            per,
            starts: Mutex::default(),
            turn: sync::Mutex::default(),
            waiting: Queue::new(queue),
            shared,
        }))
    }

    /// Starts a call if it need not wait; returns whether it was started.
    pub(super) async fn admit_at_once(&self) -> bool {
        let limit = &*self.0;
        let started = if limit.waiting.is_empty() { limit.start() } else { None };
        match started {
            Some(start) => limit.shared_wait(start).await.is_none(),
            None => false,
        }
    }

    /// Waits until a call may start.
    ///
    /// # Errors
    /// Returns an error if the queue is full, or the call could not start before its deadline.
    pub(super) async fn admit(&self, deadline: Option<Deadline>) -> Result<(), Failure> {
        let limit = &*self.0;
        // Calls that are already waiting go first.
        let started = if limit.waiting.is_empty() { limit.start() } else { None };
        let wait = match started {
            Some(start) => match limit.shared_wait(start).await {
                None => return Ok(()),
                Some(wait) => wait,
            },
            None => limit.free_at().saturating_duration_since(Instant::now()),
        };
        let Some((_place, before)) = limit.waiting.join() else {
            return Err(limit.refuse(wait.max(limit.waiting_time(limit.waiting.most()))));
        };
        // The waiting calls before this call take at least this long.
        let wait = wait.max(limit.waiting_time(before));
        let is_late = |at: Instant| deadline.as_ref().is_some_and(|deadline| at >= deadline.at());
        if is_late(after(wait)) {
            return Err(limit.refuse(wait));
        }
        let _turn = limit.turn.lock().await;
        let mut at = limit.free_at();
        loop {
            if is_late(at) {
                return Err(limit.refuse(at.saturating_duration_since(Instant::now())));
            }
            sleep_until(at).await;
            at = match limit.start() {
                Some(start) => match limit.shared_wait(start).await {
                    None => return Ok(()),
                    Some(wait) => after(wait),
                },
                // A call that saw the queue empty, before this call joined it, has taken the place.
                None => limit.free_at(),
            };
        }
    }
}

impl Limit {
    fn starts(&self) -> MutexGuard<'_, VecDeque<Instant>> {
        self.starts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when the next call may start.
    fn free_at(&self) -> Instant {
        let starts = self.starts();
        match starts.front() {
            Some(oldest) if starts.len() >= self.calls.into() => *oldest + self.per,
            _ => Instant::now(),
        }
    }

    /// Counts the start of a call in this process, and returns its time; `None` if it may not start.
    fn start(&self) -> Option<Instant> {
        let (now, mut starts) = (Instant::now(), self.starts());
        if starts.len() >= self.calls.into() {
            starts.front().filter(|oldest| **oldest + self.per <= now)?;
            starts.pop_front();
        }
        starts.push_back(now);
        Some(now)
    }

    /// Counts the start of a call in the store. If the call may not start, returns how long it has to wait, and removes its `start` from
    /// the count of this process.
    async fn shared_wait(&self, start: Instant) -> Option<Duration> {
        let SharedCount { store, key } = self.shared.as_ref()?;
        let mut counted = CountedStart { limit: self, start, counts: false };
        let wait = store.ask(|store| store.admit(key, self.calls, self.per)).await.flatten();
        counted.counts = wait.is_none();
        wait
    }

    /// Returns the minimum waiting time of a call, given the number of waiting calls before it.
    fn waiting_time(&self, before: usize) -> Duration {
        let periods = u32::try_from(before / usize::from(self.calls.max(1))).unwrap_or(u32::MAX);
        self.per.saturating_mul(periods)
    }

    fn refuse(&self, wait: Duration) -> Failure {
        telemetry::refused("rate", &self.api);
        let message =
            format!("`{}` is limited to {} calls in {:?}, and the limit is reached", self.api, self.calls, self.per);
        refused(StatusCode::TOO_MANY_REQUESTS, message, wait)
    }
}

/// Returns the time after a wait. A store may ask for any wait.
fn after(wait: Duration) -> Instant {
    Instant::now() + wait.min(LONGEST_WAIT)
}

/// The start of a call in the count of this process while the store is asked. It does not count if the store refuses
/// the call, or if the call is dropped.
struct CountedStart<'a> {
    limit: &'a Limit,
    start: Instant,
    counts: bool,
}

impl Drop for CountedStart<'_> {
    fn drop(&mut self) {
        if self.counts {
            return;
        }
        let mut starts = self.limit.starts();
        if let Some(index) = starts.iter().rposition(|start| *start == self.start) {
            starts.remove(index);
        }
    }
}

impl<S> Layer<S> for RateLayer {
    type Service = Layered<S, Self>;

    fn layer(&self, inner: S) -> Layered<S, Self> {
        Layered::new(inner, self)
    }
}

impl Around for RateLayer {
    async fn around<S: InnerService>(
        self,
        mut inner: S,
        request: Request<Outgoing>,
    ) -> Result<Response<Incoming>, Failure> {
        self.admit(Deadline::of(&request)).await?;
        inner.call(request).await
    }
}
