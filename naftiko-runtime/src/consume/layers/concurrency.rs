//! The limit of calls in flight: a call counts until the body of its answer is dropped.

use super::ResponseFuture;
use super::refused::refused;
use crate::consume::fault::Failure;
use crate::consume::outgoing::Outgoing;
use crate::consume::transport::Incoming;
use http::{Request, Response, StatusCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower_layer::Layer;
use tower_service::Service;

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
    now: AtomicUsize,
}

/// A place in the queue, released when dropped.
#[derive(Debug)]
pub(super) struct QueuePlace<'a>(&'a Queue);

impl Queue {
    pub(super) fn new(most: u16) -> Self {
        Self { most: most.into(), now: AtomicUsize::new(0) }
    }

    /// Returns the maximum number of waiting calls.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Joins the queue, and returns the number of calls before this one; `None` if the queue is full.
    pub(super) fn begin(&self) -> Option<(QueuePlace<'_>, usize)> {
        let before = self.now.fetch_add(1, Ordering::Relaxed);
        let waits = QueuePlace(self);
        (before < self.most).then_some((waits, before))
    }
}

impl Drop for QueuePlace<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

impl ConcurrencyLayer {
    /// Creates a limit of `calls` in flight and `queue` waiting calls.
    pub(crate) fn new(api: &str, calls: u16, queue: u16) -> Self {
        let permits = Arc::new(Semaphore::new(calls.into()));
        Self(Arc::new(Limit { api: api.to_owned(), calls, permits, waiting: Queue::new(queue) }))
    }
}

impl Limit {
    async fn admit(&self) -> Result<OwnedSemaphorePermit, Failure> {
        if let Ok(permit) = self.permits.clone().try_acquire_owned() {
            return Ok(permit);
        }
        let full = || {
            let message = format!(
                "{} calls of `{}` are in flight, which is the limit, and the queue is full",
                self.calls, self.api
            );
            refused(StatusCode::SERVICE_UNAVAILABLE, message, Duration::from_secs(1))
        };
        let Some((_waits, _)) = self.waiting.begin() else { return Err(full()) };
        // The semaphore is never closed.
        self.permits.clone().acquire_owned().await.map_err(|_| full())
    }
}

impl<S> Layer<S> for ConcurrencyLayer {
    type Service = Concurrency<S>;

    fn layer(&self, inner: S) -> Concurrency<S> {
        Concurrency { inner, limit: self.0.clone() }
    }
}

/// The service of [`ConcurrencyLayer`].
#[derive(Debug, Clone)]
pub(crate) struct Concurrency<S> {
    inner: S,
    limit: Arc<Limit>,
}

impl<S> Service<Request<Outgoing>> for Concurrency<S>
where
    S: Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Incoming>;
    type Error = Failure;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Outgoing>) -> ResponseFuture {
        let inner = self.inner.clone();
        // Calls the service whose readiness was polled, and leaves a clone behind.
        let mut inner = std::mem::replace(&mut self.inner, inner);
        let limit = self.limit.clone();
        Box::pin(async move {
            let permit = limit.admit().await?;
            Ok(inner.call(request).await?.map(|body| body.holding(permit)))
        })
    }
}
