//! Limits the calls in flight: a call counts until the body of its answer is dropped.

use super::around::{Around, InnerService, Layered};
use super::refused::refused;
use crate::consume::fault::Failure;
use crate::consume::outgoing::Outgoing;
use crate::consume::transport::Incoming;
use crate::telemetry;
use http::{Request, Response, StatusCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower_layer::Layer;

/// A layer that limits the calls in flight. Its clones share the limit.
#[derive(Debug, Clone)]
pub(crate) struct ConcurrencyLayer(Arc<Limit>);

#[derive(Debug)]
struct Limit {
    api: String,
    calls: u16,
    permits: Arc<Semaphore>,
    waiting: Queue,
}

/// A queue: the number of waiting calls, and the maximum number.
#[derive(Debug)]
pub(super) struct Queue {
    most: usize,
    waiting: AtomicUsize,
}

/// A place in the queue, released when dropped.
#[derive(Debug)]
pub(super) struct QueuePlace<'a>(&'a Queue);

impl Queue {
    pub(super) fn new(most: u16) -> Self {
        Self { most: most.into(), waiting: AtomicUsize::new(0) }
    }

    /// Returns the maximum number of waiting calls.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Returns whether no call waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) == 0
    }

    /// Joins the queue, and returns the number of calls before this one; `None` if the queue is full.
    pub(super) fn join(&self) -> Option<(QueuePlace<'_>, usize)> {
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let place = QueuePlace(self);
        (before < self.most).then_some((place, before))
    }
}

impl Drop for QueuePlace<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl ConcurrencyLayer {
    /// Creates a limit of `calls` in flight and `queue` waiting calls.
    pub(crate) fn new(api: &str, calls: u16, queue: u16) -> Self {
        let permits = Arc::new(Semaphore::new(calls.into()));
        Self(Arc::new(Limit { api: api.to_owned(), calls, permits, waiting: Queue::new(queue) }))
    }

    /// Returns a place among the calls in flight, if one is free and no call waits for it.
    pub(super) fn admit_at_once(&self) -> Option<OwnedSemaphorePermit> {
        self.0.permits.clone().try_acquire_owned().ok()
    }
}

impl Limit {
    /// Waits for a place among the calls in flight.
    ///
    /// # Errors
    /// Returns an error if the queue is full.
    async fn admit(&self) -> Result<OwnedSemaphorePermit, Failure> {
        if let Ok(permit) = self.permits.clone().try_acquire_owned() {
            return Ok(permit);
        }
        let full = || {
            telemetry::refused("concurrency", &self.api);
            let message =
                format!("`{}` has {} calls in flight, which is the limit, and the queue is full", self.api, self.calls);
            refused(StatusCode::SERVICE_UNAVAILABLE, message, Duration::from_secs(1))
        };
        let Some((_place, _)) = self.waiting.join() else { return Err(full()) };
        // This does not fail, since the semaphore is never closed.
        self.permits.clone().acquire_owned().await.map_err(|_| full())
    }
}

impl<S> Layer<S> for ConcurrencyLayer {
    type Service = Layered<S, Self>;

    fn layer(&self, inner: S) -> Layered<S, Self> {
        Layered::new(inner, self)
    }
}

impl Around for ConcurrencyLayer {
    async fn around<S: InnerService>(
        self,
        mut inner: S,
        request: Request<Outgoing>,
    ) -> Result<Response<Incoming>, Failure> {
        let permit = self.0.admit().await?;
        Ok(inner.call(request).await?.map(|body| body.holding(permit)))
    }
}
