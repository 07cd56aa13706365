//! The state of the consumed APIs: their breakers, and whether their access tokens can be fetched.

use std::collections::BTreeMap;
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

/// How long a failure to fetch a token counts. It expires, since no token is fetched until the next call.
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
    UpstreamHealth { breaker, without_token }
}
