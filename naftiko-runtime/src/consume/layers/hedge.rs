//! Hedging: a read that gets no answer in time is sent a second time, and the first usable answer wins.
//!
//! Both requests are sent by one attempt of the call. The layer is inside retries, so it never sends anything during a wait between
//! attempts, and inside the breaker, which sees one result. The second request draws on the budget of retries, and it is only sent
//! if the breaker is closed and the limits of the API have room for one more call at once: it never waits for them.

use super::around::{Around, InnerService, Layered};
use super::breaker::BreakerLayer;
use super::concurrency::ConcurrencyLayer;
use super::rate::RateLayer;
use super::request_key::is_read;
use super::retry::{Budget, is_transient};
use crate::consume::fault::Failure;
use crate::consume::outgoing::{Outgoing, try_clone};
use crate::consume::transport::Incoming;
use crate::telemetry::SentFor;
use http::{Request, Response};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use tower_layer::Layer;

/// A layer that sends slow reads a second time.
#[derive(Debug, Clone)]
pub(crate) struct HedgeLayer(Arc<Hedging>);

/// The conditions under which a second request is sent.
#[derive(Debug)]
pub(crate) struct Hedging {
    /// How long the answer to the first request may take to begin.
    pub(crate) after: Duration,
    pub(crate) budget: Arc<Budget>,
    /// Whether this layer adds the calls to the budget, because there is no layer for retries.
    pub(crate) deposits: bool,
    pub(crate) breaker: Option<BreakerLayer>,
    pub(crate) rate: Option<RateLayer>,
    pub(crate) concurrency: Option<ConcurrencyLayer>,
}

/// The permit of a second request. If the calls in flight are limited, it holds a place among them.
struct HedgePermit {
    _place: Option<OwnedSemaphorePermit>,
}

/// The retry that a second request has taken out of the budget. It is put back if the second request is not sent.
struct TakenRetry<'a>(Option<&'a Budget>);

impl Drop for TakenRetry<'_> {
    fn drop(&mut self) {
        if let Some(budget) = self.0 {
            budget.refund();
        }
    }
}

impl HedgeLayer {
    /// Creates a layer.
    pub(crate) fn new(hedging: Hedging) -> Self {
        Self(Arc::new(hedging))
    }
}

impl Hedging {
    /// Returns a permit if a second request may be sent now.
    async fn admit(&self) -> Option<HedgePermit> {
        if self.breaker.as_ref().is_some_and(|breaker| !breaker.is_closed()) {
            return None;
        }
        let place = match &self.concurrency {
            Some(limit) => Some(limit.admit_at_once()?),
            None => None,
        };
        let mut taken = TakenRetry(self.budget.withdraw().then_some(&self.budget));
        taken.0?;
        if let Some(limit) = &self.rate
            && !limit.admit_at_once().await
        {
            return None;
        }
        taken.0 = None;
        Some(HedgePermit { _place: place })
    }
}

/// The result of one of the two requests.
type RaceResult = Result<Response<Incoming>, Failure>;

/// Returns whether an answer ends the race.
fn is_usable(answer: &RaceResult) -> bool {
    answer.as_ref().is_ok_and(|response| !is_transient(response))
}

/// Returns the better of two results: a usable answer is better than another answer, and any answer is better than a failure. If both are
/// equally good, returns the first.
fn better(first: RaceResult, second: RaceResult) -> RaceResult {
    let rank = |answer: &RaceResult| (is_usable(answer), answer.is_ok());
    if rank(&second) > rank(&first) { second } else { first }
}

impl<S> Layer<S> for HedgeLayer {
    type Service = Layered<S, Self>;

    fn layer(&self, inner: S) -> Layered<S, Self> {
        Layered::new(inner, self)
    }
}

impl Around for HedgeLayer {
    async fn around<S: InnerService>(self, mut inner: S, request: Request<Outgoing>) -> RaceResult {
        let hedging = &*self.0;
        if hedging.deposits {
            hedging.budget.deposit();
        }
        let Some(copy) = try_clone(&request).filter(|copy| is_read(copy.method())) else {
            return inner.call(request).await;
        };
        let mut other = inner.clone();
        let mut first = pin!(inner.call(request));
        if let Ok(answer) = timeout(hedging.after, &mut first).await {
            return answer;
        }
        let is_sent = AtomicBool::new(false);
        // Replicas may share the rate limit: asking their store must not delay the first answer.
        let mut second = pin!(async {
            let _permit = hedging.admit().await?;
            is_sent.store(true, Ordering::Relaxed);
            SentFor::hedge(copy.extensions());
            Some(other.call(copy).await)
        });
        let (answer, is_first) = poll_fn(|cx| match first.as_mut().poll(cx) {
            Poll::Ready(answer) => Poll::Ready((Some(answer), true)),
            Poll::Pending => second.as_mut().poll(cx).map(|answer| (answer, false)),
        })
        .await;
        // Returning drops the other request, which cancels it.
        match answer {
            None => first.await,
            Some(answer) if is_usable(&answer) || !is_sent.load(Ordering::Relaxed) => answer,
            Some(answer) if is_first => match second.await {
                Some(other) => better(answer, other),
                None => answer,
            },
            Some(answer) => better(first.await, answer),
        }
    }
}
