//! A store as the client uses it: with a short time limit, and with a pause after a failure. If the store does not
//! answer, the client works without it.

use super::{PanicFree, Store, StoreFuture};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// The time limit for an answer of the store. It is short, since a call waits for the answer.
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
    /// When the store may be asked again; `None` if it did not fail the last time.
    retry_at: Mutex<Option<Instant>>,
}

impl SharedStore {
    /// Returns the store for rate limits; [`Self::apart`] returns it for other purposes.
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self(Arc::new(GuardedStore {
            store: Arc::new(PanicFree(store)),
            purpose: "rate limits",
            retry_at: Mutex::new(None),
        }))
    }

    /// Returns the same store for another purpose, whose failures are tracked separately.
    pub(crate) fn apart(&self, purpose: &'static str) -> Self {
        Self(Arc::new(GuardedStore { store: self.0.store.clone(), purpose, retry_at: Mutex::new(None) }))
    }

    /// Asks the store; `None` if it fails, takes too long, or has just failed.
    pub(crate) async fn ask<'a, T>(&'a self, question: impl FnOnce(&'a dyn Store) -> StoreFuture<'a, T>) -> Option<T> {
        let begun = self.0.begin()?;
        let (answer, why) = match timeout(LIMIT, question(&*self.0.store)).await {
            Ok(Ok(answer)) => (Some(answer), String::new()),
            Ok(Err(error)) => (None, error.to_string()),
            Err(_) => (None, format!("it did not answer within {LIMIT:?}")),
        };
        self.0.end(begun, answer.is_some(), &why);
        answer
    }
}

impl GuardedStore {
    /// Returns the current time if the store may be asked now, otherwise `None`. After a failure and a pause, one question tries the store
    /// again; until it is answered, other questions are not asked.
    fn begin(&self) -> Option<Instant> {
        let mut retry_at = self.retry_at.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        match *retry_at {
            Some(time) if now < time => return None,
            Some(_) => *retry_at = Some(now + PAUSE),
            None => {}
        }
        Some(now)
    }

    /// Notes whether the store answered a question. The log has a line for each change, not for each question.
    fn end(&self, begun: Instant, answered: bool, why: &str) {
        let mut retry_at = self.retry_at.lock().unwrap_or_else(PoisonError::into_inner);
        // The store has failed since this question was asked, so the pause continues.
        if answered && retry_at.is_some_and(|time| time > begun + PAUSE) {
            return;
        }
        let had_failed = retry_at.is_some();
        *retry_at = (!answered).then(|| Instant::now() + PAUSE);
        drop(retry_at);
        if answered && had_failed {
            tracing::warn!("the store that replicas share can be used for {} again", self.purpose);
        } else if !answered && !had_failed {
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

    #[tokio::test(start_paused = true)]
    async fn an_answer_to_an_older_question_does_not_end_the_pause() {
        let store = SharedStore::new(Arc::new(crate::store::MemoryStore::default()));
        let slow: StoreFuture<'_, u8> = Box::pin(async {
            tokio::time::sleep(LIMIT / 2).await;
            Ok(1)
        });
        let failing = async {
            tokio::time::sleep(LIMIT / 4).await;
            store.ask(|_| -> StoreFuture<'_, u8> { Box::pin(async { Err(Error::internal("unreachable")) }) }).await
        };
        assert_eq!(tokio::join!(store.ask(|_| slow), failing), (Some(1), None));
        assert_eq!(store.ask(|store| store.get("key")).await, None);
        tokio::time::advance(PAUSE).await;
        assert_eq!(store.ask(|store| store.get("key")).await, Some(None));
    }
}
