//! The rate limit: how many calls may start within any period of a given length.

use super::Deadline;
use super::around::{Around, InnerService, Layered};
use super::concurrency::Queue;
use super::refused::refused;
use crate::consume::fault::Failure;
use crate::consume::outgoing::Outgoing;
use crate::consume::transport::Incoming;
use crate::telemetry;
use http::{Request, Response, StatusCode};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};
use tower_layer::Layer;

/// A layer that limits the rate of calls. Its clones share the limit.
#[derive(Debug, Clone)]
pub(crate) struct RateLayer(Arc<Limit>);

#[derive(Debug)]
struct Limit {
    api: String,
    calls: usize,
    per: Duration,
    /// The start times of the last calls, oldest first. The holder of the lock is the next call to start; the others queue for
    /// the lock.
    begun: Mutex<VecDeque<Instant>>,
    waiting: Queue,
}

impl RateLayer {
    /// Creates a limit of `calls` in any period of `per`, and `queue` waiting calls.
    pub(crate) fn new(api: &str, calls: u16, per: Duration, queue: u16) -> Self {
        let (api, begun) = (api.to_owned(), Mutex::new(VecDeque::new()));
        Self(Arc::new(Limit { api, calls: calls.into(), per, begun, waiting: Queue::new(queue) }))
    }

    /// Waits until a call may start.
    ///
    /// # Errors
    /// Returns an error if the queue is full, or the call could not start before its deadline.
    pub(super) async fn admit(&self, deadline: Option<Deadline>) -> Result<(), Failure> {
        let limit = &*self.0;
        if let Ok(mut begun) = limit.begun.try_lock()
            && limit.free_at(&begun) <= Instant::now()
        {
            limit.begin(&mut begun);
            return Ok(());
        }
        let Some((_waits, before)) = limit.waiting.begin() else {
            return Err(limit.refuse(limit.waiting_time(limit.waiting.most())));
        };
        // The calls before it take at least this long.
        let wait = limit.waiting_time(before);
        let is_late = |at: Instant| deadline.as_ref().is_some_and(|deadline| at >= deadline.at());
        if is_late(Instant::now() + wait) {
            return Err(limit.refuse(wait));
        }
        let mut begun = limit.begun.lock().await;
        let at = limit.free_at(&begun);
        if is_late(at) {
            return Err(limit.refuse(at.saturating_duration_since(Instant::now())));
        }
        sleep_until(at).await;
        limit.begin(&mut begun);
        Ok(())
    }
}

impl Limit {
    /// Returns when the next call may start.
    fn free_at(&self, begun: &VecDeque<Instant>) -> Instant {
        match begun.front() {
            Some(oldest) if begun.len() >= self.calls => *oldest + self.per,
            _ => Instant::now(),
        }
    }

    fn begin(&self, begun: &mut VecDeque<Instant>) {
        if begun.len() >= self.calls {
            begun.pop_front();
        }
        begun.push_back(Instant::now());
    }

    /// Returns the minimum waiting time of a call, given the number of waiting calls before it.
    fn waiting_time(&self, before: usize) -> Duration {
        let spans = u32::try_from(before / self.calls.max(1)).unwrap_or(u32::MAX);
        self.per.saturating_mul(spans)
    }

    fn refuse(&self, wait: Duration) -> Failure {
        telemetry::refused("rate", &self.api);
        let message =
            format!("`{}` is limited to {} calls in {:?}, and others are waiting", self.api, self.calls, self.per);
        refused(StatusCode::TOO_MANY_REQUESTS, message, wait)
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
