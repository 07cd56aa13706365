//! A store whose panics are errors. The code that uses the store handles errors. A panic would end the task of that code, and the task's
//! state in this process would never be removed.

use super::{Store, StoreFuture};
use crate::error::Error;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// A store that returns an error instead of panicking.
pub(crate) struct PanicFree<S>(pub(crate) S);

/// Calls a store. A panic is an error, in the call as well as in the future that it returns.
fn caught<'a, T: 'a>(call: impl FnOnce() -> StoreFuture<'a, T> + Send + 'a) -> StoreFuture<'a, T> {
    Box::pin(async move {
        let answer = AssertUnwindSafe(async move { call().await }).catch_unwind().await;
        answer.unwrap_or_else(|_| {
            tracing::error!("the store panicked");
            Err(Error::internal("the store panicked"))
        })
    })
}

impl<S: Store> Store for PanicFree<S> {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        caught(move || self.0.get(key))
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, bool> {
        caught(move || self.0.put_if_absent(key, value, lifetime))
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, ()> {
        caught(move || self.0.put(key, value, lifetime))
    }

    fn take<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        caught(move || self.0.take(key))
    }

    fn admit<'a>(&'a self, key: &'a str, calls: u16, per: Duration) -> StoreFuture<'a, Option<Duration>> {
        caught(move || self.0.admit(key, calls, per))
    }

    fn is_shared(&self) -> bool {
        self.0.is_shared()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

    use super::*;

    /// A store that panics at once if the flag is set, and otherwise when the future that it returns is polled.
    struct Broken(bool);

    impl Broken {
        fn fail<'a, T: Send + 'a>(&self) -> StoreFuture<'a, T> {
            assert!(!self.0, "at once");
            Box::pin(async { panic!("later") })
        }
    }

    impl Store for Broken {
        fn get<'a>(&'a self, _: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
            self.fail()
        }
        fn put_if_absent<'a>(&'a self, _: &'a str, _: Vec<u8>, _: Duration) -> StoreFuture<'a, bool> {
            self.fail()
        }
        fn put<'a>(&'a self, _: &'a str, _: Vec<u8>, _: Duration) -> StoreFuture<'a, ()> {
            self.fail()
        }
        fn take<'a>(&'a self, _: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
            self.fail()
        }
        fn admit<'a>(&'a self, _: &'a str, _: u16, _: Duration) -> StoreFuture<'a, Option<Duration>> {
            self.fail()
        }
        fn is_shared(&self) -> bool {
            self.0
        }
    }

    #[tokio::test]
    async fn every_panic_is_an_error() {
        for at_once in [true, false] {
            let (store, time) = (PanicFree(Broken(at_once)), Duration::from_secs(1));
            let errors = [
                store.get("k").await.unwrap_err(),
                store.put_if_absent("k", Vec::new(), time).await.unwrap_err(),
                store.put("k", Vec::new(), time).await.unwrap_err(),
                store.take("k").await.unwrap_err(),
                store.admit("k", 1, time).await.unwrap_err(),
            ];
            assert!(errors.iter().all(|error| format!("{error:?}").contains("the store panicked")), "{errors:?}");
            assert_eq!(store.is_shared(), at_once);
        }
    }
}
