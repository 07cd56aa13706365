//! The circuit breaker: after several consecutive failures, it refuses calls until a trial call succeeds.

use super::Deadline;
use super::around::{Around, InnerService, Layered};
use super::refused::refused;
use crate::consume::fault::Failure;
use crate::consume::outgoing::Outgoing;
use crate::consume::transport::Incoming;
use crate::telemetry::{self, BreakerState};
use http::{Request, Response, StatusCode};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tower_layer::Layer;

/// A layer that refuses calls to a failing API. Its clones share the state.
#[derive(Debug, Clone)]
pub(crate) struct BreakerLayer(Arc<Breaker>);

#[derive(Debug)]
pub(super) struct Breaker {
    /// The label of the capability, and the namespace of its API.
    api: (String, String),
    /// How many consecutive failures open the breaker.
    failures: u16,
    /// How long the breaker stays open before a trial call.
    reset: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    /// The number of phase changes. The result of a call counts only in the phase in which it began.
    number: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Calls are sent; contains the number of consecutive failures.
    Closed(u16),
    /// Calls are refused until this time.
    Open(Instant),
    /// A trial call is in flight.
    Probing,
}

impl Default for Phase {
    fn default() -> Self {
        Self::Closed(0)
    }
}

/// An admitted call. If it is dropped without a result, it counts as a failure only if the deadline of the call
/// that began the request has passed, even if calls that joined it have time left.
#[derive(Debug)]
pub(super) struct AdmittedCall {
    breaker: Arc<Breaker>,
    number: u64,
    deadline: Option<Deadline>,
    ended: bool,
}

impl BreakerLayer {
    /// Creates a breaker that opens for `reset` after `failures` consecutive failures. `api` is the label of the capability, and the
    /// namespace of its API.
    pub(crate) fn new(api: (&str, &str), failures: u16, reset: Duration) -> Self {
        let api = (api.0.to_owned(), api.1.to_owned());
        let breaker = Arc::new(Breaker { api, failures, reset, state: Mutex::default() });
        telemetry::watch_breaker(&breaker);
        Self(breaker)
    }

    /// Returns whether the breaker is closed: calls are sent, and none of them is a trial call.
    pub(super) fn is_closed(&self) -> bool {
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(state.phase, Phase::Closed(_))
    }

    /// Admits a call. The error is the minimum time until a call is admitted again.
    pub(super) fn admit(&self, deadline: Option<Deadline>) -> Result<AdmittedCall, Duration> {
        let now = Instant::now();
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.phase {
            Phase::Closed(_) => {}
            Phase::Open(until) if until <= now => state.change(Phase::Probing),
            Phase::Open(until) => return Err(until - now),
            Phase::Probing => return Err(Duration::ZERO),
        }
        Ok(AdmittedCall { breaker: self.0.clone(), number: state.number, deadline, ended: false })
    }
}

impl BreakerState for Breaker {
    fn api(&self) -> (&str, &str) {
        (&self.api.0, &self.api.1)
    }

    fn is_open(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.phase {
            Phase::Closed(_) => false,
            // The next call is admitted as soon as the time is over.
            Phase::Open(until) => until > Instant::now(),
            Phase::Probing => true,
        }
    }
}

impl State {
    /// Begins a phase, in which the results of calls from earlier phases do not count.
    fn change(&mut self, phase: Phase) {
        self.phase = phase;
        self.number = self.number.wrapping_add(1);
    }
}

impl AdmittedCall {
    /// Records whether the call failed; `None` if the result does not count.
    pub(super) fn end(mut self, failed: Option<bool>) {
        self.ended = true;
        self.breaker.note(self.number, failed);
    }
}

impl Drop for AdmittedCall {
    fn drop(&mut self) {
        if !self.ended {
            let is_over = self.deadline.as_ref().is_some_and(Deadline::is_over_for_first);
            self.breaker.note(self.number, is_over.then_some(true));
        }
    }
}

impl Breaker {
    /// Records the result of a call that began in phase `number`.
    fn note(&self, number: u64, failed: Option<bool>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.number != number {
            return;
        }
        match (state.phase, failed) {
            (Phase::Closed(before), Some(true)) if before.saturating_add(1) < self.failures => {
                state.phase = Phase::Closed(before + 1);
            }
            (_, Some(true)) => state.change(Phase::Open(Instant::now() + self.reset)),
            (Phase::Closed(_), Some(false)) => state.phase = Phase::Closed(0),
            (_, Some(false)) => state.change(Phase::Closed(0)),
            // The next call becomes the trial call.
            (Phase::Probing, None) => state.change(Phase::Open(Instant::now())),
            (_, None) => {}
        }
    }
}

/// Returns whether a result counts as a failure of the API; `None` if it counts neither as a failure nor as a success.
fn is_failure(answer: &Result<Response<Incoming>, Failure>) -> Option<bool> {
    match answer {
        Ok(response) => Some(response.status().is_server_error()),
        Err(Failure::File(_) | Failure::Rejected(_) | Failure::Layer(_)) => None,
        Err(_) => Some(true),
    }
}

impl<S> Layer<S> for BreakerLayer {
    type Service = Layered<S, Self>;

    fn layer(&self, inner: S) -> Layered<S, Self> {
        Layered::new(inner, self)
    }
}

impl Around for BreakerLayer {
    async fn around<S: InnerService>(
        self,
        mut inner: S,
        request: Request<Outgoing>,
    ) -> Result<Response<Incoming>, Failure> {
        match self.admit(Deadline::of(&request)) {
            Err(wait) => {
                let (_, api) = self.0.api();
                telemetry::refused("breaker", api);
                let message = format!("`{api}` has failed several times in a row; calls are refused until it recovers");
                Err(refused(StatusCode::SERVICE_UNAVAILABLE, message, wait))
            }
            Ok(admitted) => {
                let answer = inner.call(request).await;
                admitted.end(is_failure(&answer));
                answer
            }
        }
    }
}
