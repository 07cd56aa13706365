//! A store as the client uses it: with a short time limit, and with a pause after a failure. If the store does not
//! answer, the client works without it.

use super::{PanicFree, Store, StoreFuture};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// The time limit for an answer of the store, since a call waits for it.
const LIMIT: Duration = Duration::from_millis(250);

/// How long the store is not asked after it failed.
const PAUSE: Duration = Duration::from_secs(1);

/// A store that may be slow or unreachable. Clones share the record of its failures.
#[derive(Clone)]
pub(crate) struct SharedStore(Arc<GuardedStore>);

struct GuardedStore {
    store: Arc<dyn Store>,
    /// The use of the store, for the log.
    purpose: &'static str,
    /// When the store may be asked again, if it failed the last time.
    failed: Mutex<Option<Instant>>,
}

impl SharedStore {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self(Arc::new(GuardedStore {
            store: Arc::new(PanicFree(store)),
            purpose: "rate limits",
            failed: Mutex::new(None),
        }))
    }

    /// Returns the same store for another purpose, whose failures are tracked separately.
    pub(crate) fn apart(&self, purpose: &'static str) -> Self {
        Self(Arc::new(GuardedStore { store: self.0.store.clone(), purpose, failed: Mutex::new(None) }))
    }

    /// Asks the store; `None` if it fails, takes too long, or has just failed.
    pub(crate) async fn ask<'a, T>(&'a self, question: impl FnOnce(&'a dyn Store) -> StoreFuture<'a, T>) -> Option<T> {
        if !self.0.begin() {
            return None;
        }
        let (answer, why) = match timeout(LIMIT, question(&*self.0.store)).await {
            Ok(Ok(answer)) => (Some(answer), String::new()),
            Ok(Err(error)) => (None, error.to_string()),
            Err(_) => (None, format!("it did not answer within {LIMIT:?}")),
        };
        self.0.end(answer.is_some(), &why);
        answer
    }
}

impl GuardedStore {
    /// Returns whether the store may be asked now. After a failure and a pause, one question tries the store again; until it is
    /// answered, other questions are not asked.
    fn begin(&self) -> bool {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        match *failed {
            Some(until) if now < until => return false,
            Some(_) => *failed = Some(now + PAUSE),
            None => {}
        }
        true
    }

    /// Notes whether the store answered. The log has a line for each change, not for each question.
    fn end(&self, answered: bool, why: &str) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let before = failed.is_some();
        *failed = (!answered).then(|| Instant::now() + PAUSE);
        drop(failed);
        if answered && before {
            tracing::warn!("the store that replicas share can be used for {} again", self.purpose);
        } else if !answered && !before {
            tracing::warn!(
                why,
                "the store that replicas share cannot be used for {}; until it can be used again, this process works without it",
                self.purpose
            );
        }
    }
}

impl fmt::Debug for SharedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedStore").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

    use super::*;
    use crate::error::{Error, Result};
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn a_store_that_panics_has_failed() {
        struct Broken;
        impl Store for Broken {
            fn get<'a>(&'a self, _: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
                panic!("out of luck")
            }
            fn put_if_absent<'a>(&'a self, _: &'a str, _: Vec<u8>, _: Duration) -> StoreFuture<'a, bool> {
                panic!("out of luck")
            }
            fn put<'a>(&'a self, _: &'a str, _: Vec<u8>, _: Duration) -> StoreFuture<'a, ()> {
                panic!("out of luck")
            }
            fn take<'a>(&'a self, _: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
                panic!("out of luck")
            }
        }
        assert_eq!(SharedStore::new(Arc::new(Broken)).ask(|store| store.get("key")).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_fails_is_not_asked_for_a_while() {
        let (store, asked) = (SharedStore::new(Arc::new(crate::store::MemoryStore::default())), AtomicUsize::new(0));
        let ask = async |answer: Option<Result<u8>>| {
            let question = |_| -> StoreFuture<'_, u8> {
                asked.fetch_add(1, Ordering::Relaxed);
                Box::pin(async { answer.unwrap_or_else(|| Err(Error::internal("unreachable"))) })
            };
            store.ask(question).await
        };
        assert_eq!(ask(Some(Ok(1))).await, Some(1));
        assert_eq!(ask(None).await, None);
        assert_eq!(ask(Some(Ok(1))).await, None);
        assert_eq!(asked.load(Ordering::Relaxed), 2);
        tokio::time::advance(PAUSE).await;
        assert_eq!(ask(Some(Ok(1))).await, Some(1));
        assert_eq!(ask(Some(Ok(1))).await, Some(1));
        assert_eq!(asked.load(Ordering::Relaxed), 4);
        let begun = Instant::now();
        assert_eq!(store.ask(|_| Box::pin(std::future::pending::<Result<u8>>())).await, None);
        assert_eq!(begun.elapsed(), LIMIT);
        assert_eq!(ask(Some(Ok(1))).await, None);
    }
}
