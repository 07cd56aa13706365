//! The state of the consumed APIs: their breakers, whether their access tokens can be fetched, whether they refuse their credentials, and
//! which secrets cannot be read again.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::time::Instant;

/// A circuit breaker.
pub(crate) trait BreakerState: Send + Sync {
    /// Returns the breaker's API: the label of the capability that consumes it, and its namespace.
    fn api(&self) -> (&str, &str);

    /// Returns whether the breaker refuses calls now.
    fn is_open(&self) -> bool;
}

static BREAKERS: Mutex<Vec<Weak<dyn BreakerState>>> = Mutex::new(Vec::new());

/// The secrets of a client.
pub(crate) trait SecretState: Send + Sync {
    /// Returns the locations from which secrets cannot be read again.
    fn unreadable(&self) -> Vec<String>;
}

/// The secrets of clients, each with the label of its capability.
static SECRETS: Mutex<Vec<(String, Weak<dyn SecretState>)>> = Mutex::new(Vec::new());

/// Whether an API has refused the capability's own credential.
#[derive(Debug)]
pub(crate) struct CredentialState {
    /// The label of the capability, and the namespace of the API.
    api: (String, String),
    is_refused: AtomicBool,
    refused_at: Mutex<Option<Instant>>,
}

static CREDENTIALS: Mutex<Vec<Weak<CredentialState>>> = Mutex::new(Vec::new());

/// How long a failure to fetch a token, or a refused credential, counts. Only another call can show that the failure is over, and
/// there may be no other call, so the failure expires.
const FAILURE: Duration = Duration::from_secs(30);

/// The APIs whose access tokens could not be fetched, each as a label and a namespace, and when that was noted last.
static WITHOUT_TOKEN: Mutex<BTreeMap<(String, String), Instant>> = Mutex::new(BTreeMap::new());

/// The state of one API.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct UpstreamHealth {
    /// Whether its breaker refuses calls; `None` without a breaker.
    pub(crate) breaker: Option<bool>,
    /// Whether its access token could not be fetched a short time ago.
    pub(crate) without_token: bool,
    /// Whether it refused its credential a short time ago.
    pub(crate) is_refused: bool,
}

impl CredentialState {
    /// Returns the state of an API's credential, which all clients of the capability with this label share.
    pub(crate) fn of(capability: &str, api: &str) -> Arc<Self> {
        let mut all = CREDENTIALS.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|state| state.strong_count() > 0);
        let is_own = |state: &Arc<Self>| state.api.0 == capability && state.api.1 == api;
        all.iter().filter_map(Weak::upgrade).find(is_own).unwrap_or_else(|| {
            let api = (capability.to_owned(), api.to_owned());
            let state = Arc::new(Self { api, is_refused: AtomicBool::new(false), refused_at: Mutex::default() });
            all.push(Arc::downgrade(&state));
            state
        })
    }

    /// Notes that the API has refused the credential with 401.
    pub(crate) fn note_refused(&self) {
        *self.refused_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.is_refused.store(true, Ordering::Relaxed);
    }

    /// Notes that the API has accepted the credential.
    pub(crate) fn note_accepted(&self) {
        if self.is_refused.load(Ordering::Relaxed) {
            self.is_refused.store(false, Ordering::Relaxed);
        }
    }

    fn is_refused(&self) -> bool {
        let refused_at = || *self.refused_at.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_refused.load(Ordering::Relaxed) && refused_at().is_some_and(|at| at.elapsed() < FAILURE)
    }
}

/// Registers the secrets of a client of the capability with this label. Their state is read on demand.
pub(crate) fn watch_secrets<S: SecretState + 'static>(capability: &str, secrets: &Arc<S>) {
    if cfg!(feature = "telemetry") {
        let watched: Weak<S> = Arc::downgrade(secrets);
        let watched: Weak<dyn SecretState> = watched;
        let mut all = SECRETS.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(_, secrets)| secrets.strong_count() > 0);
        all.push((capability.to_owned(), watched));
    }
}

/// Returns the locations from which the secrets of the capability with this label cannot be read again.
pub(crate) fn unreadable_secrets(capability: &str) -> Vec<String> {
    let all = SECRETS.lock().unwrap_or_else(PoisonError::into_inner);
    let own: Vec<_> =
        all.iter().filter(|(label, _)| label == capability).filter_map(|(_, own)| own.upgrade()).collect();
    drop(all);
    let mut locations: Vec<String> = own.iter().flat_map(|secrets| secrets.unreadable()).collect();
    locations.sort_unstable();
    locations.dedup();
    locations
}

/// Registers a breaker. Its state is read on demand.
pub(crate) fn watch_breaker<B: BreakerState + 'static>(breaker: &Arc<B>) {
    if cfg!(feature = "telemetry") {
        let watched: Weak<B> = Arc::downgrade(breaker);
        let mut all = BREAKERS.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|breaker| breaker.strong_count() > 0);
        all.push(watched);
    }
}

/// Notes whether the program has a valid access token of an API of the capability with this label.
pub(crate) fn note_token(capability: &str, api: &str, fetched: bool) {
    if cfg!(feature = "telemetry") {
        let mut without = WITHOUT_TOKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let api = (capability.to_owned(), api.to_owned());
        if fetched {
            without.remove(&api);
        } else {
            without.insert(api, Instant::now());
        }
    }
}

/// Returns, for each namespace of an API with a breaker, whether one of its breakers refuses calls, whichever capability consumes the
/// API.
pub(super) fn breakers() -> BTreeMap<String, bool> {
    let mut found = BTreeMap::new();
    for breaker in watched() {
        *found.entry(breaker.api().1.to_owned()).or_default() |= breaker.is_open();
    }
    found
}

/// Returns the breakers that still exist.
fn watched() -> Vec<Arc<dyn BreakerState>> {
    BREAKERS.lock().unwrap_or_else(PoisonError::into_inner).iter().filter_map(Weak::upgrade).collect()
}

/// Returns the state of an API of the capability with this label.
pub(crate) fn upstream(capability: &str, api: &str) -> UpstreamHealth {
    let named = (capability.to_owned(), api.to_owned());
    let failed = WITHOUT_TOKEN.lock().unwrap_or_else(PoisonError::into_inner).get(&named).copied();
    let without_token = failed.is_some_and(|at| at.elapsed() < FAILURE);
    let watched = watched();
    let own = watched.iter().filter(|breaker| breaker.api() == (capability, api));
    let breaker = own.map(|breaker| breaker.is_open()).reduce(|one, other| one || other);
    let credentials = CREDENTIALS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut credentials = credentials.iter().filter_map(Weak::upgrade);
    let is_refused = credentials.any(|state| state.api == named && state.is_refused());
    UpstreamHealth { breaker, without_token, is_refused }
}
