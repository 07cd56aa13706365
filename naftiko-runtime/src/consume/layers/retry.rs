//! Retries: a call with a transient failure is repeated, if repeating it is safe.
//!
//! Repeating is safe for idempotent methods (RFC 9110, section 9.2.2), and for requests with an idempotency key, which is the
//! same in all attempts. An API answers 409 while it still processes an earlier attempt with the key, so a call with a key is also
//! repeated after such a 409. A request with a streamed body is never repeated.

use super::Deadline;
use super::around::{Around, InnerService, Layered};
use crate::consume::effect::{EarlierEffect, may_have_effect};
use crate::consume::fault::Failure;
use crate::consume::outgoing::{Outgoing, try_clone};
use crate::consume::transport::Incoming;
use crate::consume::wait::Wait;
use crate::error::{Error, ErrorKind};
use crate::telemetry::SentFor;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use naftiko_spec::model::{IDEMPOTENCY_KEY, Retry as RetrySettings};
use std::fmt::Write;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, sleep_until, timeout_at};
use tower_layer::Layer;
use tower_service::Service;

/// The initial and maximum number of retries in the budget of an API.
const RESERVE: u32 = 10;

/// The number of calls that add one retry to the budget.
const CALLS_FOR_A_RETRY: u32 = 5;

/// The retry budget of an API: a reserve, and one retry for every five calls. It keeps retries from overloading an API that is
/// recovering. The number counts calls: a retry costs [`CALLS_FOR_A_RETRY`] of them.
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

    /// Takes a retry out of the budget; returns whether there was one left.
    pub(super) fn withdraw(&self) -> bool {
        let mut saved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = saved.checked_sub(CALLS_FOR_A_RETRY);
        *saved = left.unwrap_or(*saved);
        left.is_some()
    }

    /// Puts back a retry that is not made.
    pub(super) fn refund(&self) {
        let mut saved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *saved = saved.saturating_add(CALLS_FOR_A_RETRY).min(RESERVE * CALLS_FOR_A_RETRY);
    }
}

/// A layer that repeats calls.
#[derive(Debug, Clone)]
pub(crate) struct RetryLayer(Arc<Policy>);

#[derive(Debug)]
struct Policy {
    settings: RetrySettings,
    /// The header for the idempotency key of requests with methods that are not idempotent.
    key: Option<HeaderName>,
    budget: Arc<Budget>,
}

impl RetryLayer {
    /// Creates a layer from the settings of a document or a trait, and the budget of the API.
    pub(crate) fn new(settings: &RetrySettings, budget: Arc<Budget>) -> Self {
        // The name was checked when the document was read, or by the macro.
        let key = settings.idempotency_key.as_ref().and_then(|name| name.parse().ok());
        Self(Arc::new(Policy { settings: settings.clone(), key, budget }))
    }
}

impl Policy {
    /// Returns whether a request may be repeated; adds an idempotency key if it needs one.
    fn prepare(&self, request: &mut Request<Outgoing>) -> Result<bool, Failure> {
        if request.method().is_idempotent() {
            return Ok(true);
        }
        // An empty key does not identify the call.
        let has_key =
            |name: &str| request.headers().get(name).is_some_and(|key| !key.as_bytes().trim_ascii().is_empty());
        let Some(key) = &self.key else { return Ok(has_key(IDEMPOTENCY_KEY)) };
        if !has_key(key.as_str()) {
            let shared = request.extensions().get::<SharedKey>().cloned().unwrap_or_default();
            let value = match shared.0.get() {
                Some(value) => value.clone(),
                None => {
                    HeaderValue::try_from(random_key()?).map_err(|error| Failure::Rejected(Error::internal(error)))?
                }
            };
            request.headers_mut().insert(key, shared.0.get_or_init(|| value).clone());
        }
        Ok(true)
    }

    /// Returns how long to wait before the next attempt, after `tries` attempts; `None` if the call is not repeated.
    /// `may_be_processed` is set if the API may still be processing an earlier attempt with the same key.
    fn wait(
        &self,
        answer: &Result<Response<Incoming>, Failure>,
        tries: u16,
        may_be_processed: bool,
    ) -> Option<Duration> {
        let now = SystemTime::now();
        let is_processed = |response: &Response<_>| may_be_processed && response.status() == StatusCode::CONFLICT;
        let requested = match answer {
            Ok(response) if is_transient(response) || is_processed(response) => {
                Wait::of(response.headers(), now).and_then(|wait| wait.length(now))
            }
            Err(failure) if is_transient_failure(failure) => None,
            Ok(_) | Err(_) => return None,
        };
        let longest = Duration::from_millis(self.settings.longest_wait(tries).0);
        Some(jittered(longest).max(requested.unwrap_or_default()))
    }
}

/// Returns whether an answer is a transient failure: another attempt may succeed.
pub(super) fn is_transient(response: &Response<Incoming>) -> bool {
    match response.status().as_u16() {
        408 | 425 | 429 | 500 | 502 | 503 | 504 => true,
        403 => Wait::of(response.headers(), SystemTime::now()).is_some(),
        _ => false,
    }
}

/// Returns whether a failure is transient.
fn is_transient_failure(failure: &Failure) -> bool {
    match failure {
        Failure::ConnectTimeout(_)
        | Failure::Connect(_)
        | Failure::Timeout(_)
        | Failure::Closed(_)
        | Failure::Stale(_)
        | Failure::Broken(_) => true,
        // The authorization server, which issues the access token, could not be reached.
        Failure::Rejected(error) => error.kind() == ErrorKind::Unreachable && error.lasting_cause().is_none(),
        Failure::Redirect(_) | Failure::Malformed(_) | Failure::File(_) | Failure::Layer(_) => false,
    }
}

/// Returns random bytes.
pub(crate) fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    provider.secure_random.fill(&mut bytes).ok().map(|()| bytes)
}

/// Returns a random duration up to `longest` (full jitter).
fn jittered(longest: Duration) -> Duration {
    let random = random().map_or(u32::MAX, u32::from_le_bytes);
    longest.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

/// An extension of requests that are sent for the same call: the idempotency key that they share.
#[derive(Clone, Default)]
pub(crate) struct SharedKey(Arc<OnceLock<HeaderValue>>);

/// Returns a unique key: a UUID of version 4 (RFC 9562, section 5.4).
fn random_key() -> Result<String, Failure> {
    let failed = || Failure::Rejected(Error::internal("the system provides no random numbers for an idempotency key"));
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

/// Sends a request until it succeeds or must not be repeated.
async fn send_with_retries<S>(
    policy: &Policy,
    mut inner: S,
    mut request: Request<Outgoing>,
) -> Result<Response<Incoming>, Failure>
where
    S: Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure> + Clone,
{
    let deadline = Deadline::of(&request);
    let repeatable = policy.prepare(&mut request)?;
    let is_keyed = !request.method().is_idempotent();
    policy.budget.deposit();
    let mut earlier_effect = false;
    for tries in 1.. {
        let next = (repeatable && tries < policy.settings.tries).then(|| try_clone(&request)).flatten();
        let answer = inner.call(request).await;
        let answer = if earlier_effect { answer.map_err(Failure::after_effect) } else { answer };
        let Some(next) = next else { return answer };
        let Some(wait) = policy.wait(&answer, tries, is_keyed && earlier_effect) else { return answer };
        let Some(at) = Instant::now().checked_add(wait) else { return answer };
        if deadline.as_ref().is_some_and(|deadline| at >= deadline.at()) {
            return answer;
        }
        if !policy.budget.withdraw() {
            SentFor::refused_retry(next.extensions());
            return answer;
        }
        if may_have_effect(&answer) {
            earlier_effect = true;
            next.extensions().get::<EarlierEffect>().inspect(|effect| effect.note());
        }
        if let Ok(response) = answer {
            // Reads the rest of the answer if it is short, so that its connection can be reused.
            let _ = timeout_at(at, response.into_body().skip()).await;
        }
        sleep_until(at).await;
        SentFor::retry(next.extensions());
        request = next;
    }
    Err(Failure::Rejected(Error::internal("a call has more attempts than a counter can hold")))
}

impl<S> Layer<S> for RetryLayer {
    type Service = Layered<S, Self>;

    fn layer(&self, inner: S) -> Layered<S, Self> {
        Layered::new(inner, self)
    }
}

impl Around for RetryLayer {
    async fn around<S: InnerService>(
        self,
        inner: S,
        request: Request<Outgoing>,
    ) -> Result<Response<Incoming>, Failure> {
        send_with_retries(&self.0, inner, request).await
    }
}
