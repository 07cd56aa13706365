//! Retries: a call that failed in a way that passes is made again, if that cannot do a thing twice.
//!
//! That is so for methods that are idempotent (RFC 9110, section 9.2.2), and for requests with an idempotency key, which is the
//! same in all tries. A body that is a stream is sent once.

use super::{Deadline, Sent};
use crate::consume::body;
use crate::consume::outgoing::Outgoing;
use crate::consume::refusal::Wait;
use crate::consume::transport::{Failure, Incoming, again};
use crate::error::Error;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use naftiko_spec::model::{IDEMPOTENCY_KEY, Retry as Words};
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, sleep_until, timeout_at};
use tower_layer::Layer;
use tower_service::Service;

/// How many retries an API has before calls have earned any.
const RESERVE: u32 = 10;

/// How many calls earn a retry.
const CALLS_FOR_A_RETRY: u32 = 5;

/// Limits the retries of an API as a whole, so that they do not keep a struggling one from recovering: a reserve, and a fifth of
/// the calls.
#[derive(Debug)]
pub(crate) struct Budget(Mutex<u32>);

impl Default for Budget {
    fn default() -> Self {
        Self(Mutex::new(RESERVE * CALLS_FOR_A_RETRY))
    }
}

impl Budget {
    /// Counts a call.
    pub(super) fn deposit(&self) {
        let mut saved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *saved = saved.saturating_add(1).min(RESERVE * CALLS_FOR_A_RETRY);
    }

    /// Takes a retry, if there is one left.
    pub(super) fn withdraw(&self) -> bool {
        let mut saved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = saved.checked_sub(CALLS_FOR_A_RETRY);
        *saved = left.unwrap_or(*saved);
        left.is_some()
    }
}

/// Makes calls again.
#[derive(Debug, Clone)]
pub(crate) struct RetryLayer(Arc<Policy>);

#[derive(Debug)]
struct Policy {
    words: Words,
    /// The header with which requests of other methods can be sent again.
    key: Option<HeaderName>,
    budget: Arc<Budget>,
}

impl RetryLayer {
    /// Retries as a document or a trait specifies them, out of the budget of the API.
    pub(crate) fn new(words: &Words, budget: Arc<Budget>) -> Self {
        // It is a name: the reader and the macro have checked it.
        let key = words.idempotency_key.as_ref().and_then(|name| name.parse().ok());
        Self(Arc::new(Policy { words: words.clone(), key, budget }))
    }
}

impl Policy {
    /// Whether a request may be sent again; gives it a key, if that is how.
    fn prepare(&self, request: &mut Request<Outgoing>) -> Result<bool, Failure> {
        if request.method().is_idempotent() {
            return Ok(true);
        }
        let Some(key) = &self.key else { return Ok(request.headers().contains_key(IDEMPOTENCY_KEY)) };
        if !request.headers().contains_key(key) {
            let value = HeaderValue::try_from(random_key()?).map_err(|error| Failure::Own(Error::internal(error)))?;
            request.headers_mut().insert(key, value);
        }
        Ok(true)
    }

    /// How long to wait before the try after `tries` others; `None` if the answer is what it is.
    fn wait(&self, answer: &Result<Response<Incoming>, Failure>, tries: u16) -> Option<Duration> {
        let now = SystemTime::now();
        let asked = match answer {
            Ok(response) => {
                let asked = Wait::of(response.headers(), now);
                let passes = passes(response.status()) || response.status() == StatusCode::FORBIDDEN && asked.is_some();
                passes.then(|| asked.and_then(|wait| wait.length(now)))?
            }
            Err(failure) if passes_over(failure) => None,
            Err(_) => return None,
        };
        let longest = Duration::from_millis(self.words.longest_wait(tries).0);
        Some(jittered(longest).max(asked.unwrap_or_default()))
    }
}

/// Whether a status is one that passes.
fn passes(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

/// Whether a failure is one that passes.
fn passes_over(failure: &Failure) -> bool {
    match failure {
        Failure::ConnectTimeout(_)
        | Failure::Connect(_)
        | Failure::Timeout(_)
        | Failure::Closed(_)
        | Failure::Broken(_) => true,
        Failure::Redirect(_) | Failure::Malformed(_) | Failure::File(_) | Failure::Own(_) | Failure::Layer(_) => false,
    }
}

/// Fills bytes with random ones.
pub(crate) fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    provider.secure_random.fill(&mut bytes).ok().map(|()| bytes)
}

/// Any length of time up to that one (full jitter).
fn jittered(longest: Duration) -> Duration {
    let random = random().map_or(u32::MAX, u32::from_le_bytes);
    longest.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

/// A key that no other call has: a UUID of version 4 (RFC 9562, section 5.4).
fn random_key() -> Result<String, Failure> {
    let failed = || Failure::Own(Error::internal("the system has no random numbers for an idempotency key"));
    let mut bytes: [u8; 16] = random().ok_or_else(failed)?;
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut key = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        let dash = if matches!(index, 4 | 6 | 8 | 10) { "-" } else { "" };
        // Writing to a string does not fail.
        let _ = write!(key, "{dash}{byte:02x}");
    }
    Ok(key)
}

/// Makes a call, again and again.
async fn tries<S>(policy: &Policy, mut inner: S, mut request: Request<Outgoing>) -> Result<Response<Incoming>, Failure>
where
    S: Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure> + Clone,
{
    let deadline = Deadline::of(&request);
    let repeatable = policy.prepare(&mut request)?;
    policy.budget.deposit();
    for tries in 1.. {
        let next = (repeatable && tries < policy.words.tries).then(|| again(&request)).flatten();
        let answer = inner.call(request).await;
        let Some(next) = next else { return answer };
        let Some(wait) = policy.wait(&answer, tries) else { return answer };
        let Some(at) = Instant::now().checked_add(wait) else { return answer };
        if deadline.is_some_and(|deadline| at >= deadline) || !policy.budget.withdraw() {
            return answer;
        }
        if let Ok(response) = answer {
            // Its connection can be used again.
            let _ = timeout_at(at, body::skip(response.into_body())).await;
        }
        sleep_until(at).await;
        request = next;
    }
    Err(Failure::Own(Error::internal("a call has more tries than can be counted")))
}

impl<S> Layer<S> for RetryLayer {
    type Service = Retry<S>;

    fn layer(&self, inner: S) -> Retry<S> {
        Retry { inner, policy: self.0.clone() }
    }
}

/// The service of [`RetryLayer`].
#[derive(Debug, Clone)]
pub(crate) struct Retry<S> {
    inner: S,
    policy: Arc<Policy>,
}

impl<S> Service<Request<Outgoing>> for Retry<S>
where
    S: Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Incoming>;
    type Error = Failure;
    type Future = Sent;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Outgoing>) -> Sent {
        let (inner, policy) = (self.inner.clone(), self.policy.clone());
        Box::pin(async move { tries(&policy, inner, request).await })
    }
}
