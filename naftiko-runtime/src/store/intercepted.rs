//! A store for tests, in which something happens between the reading of a value and its arrival.

use super::{MemoryStore, Store, StoreFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// What happens after the value of a key has been read.
type AfterRead = Box<dyn Fn(&str) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// A store in memory whose values arrive later than they are read.
pub(crate) struct Intercepted(Arc<MemoryStore>, AfterRead);

impl Intercepted {
    pub(crate) fn new<F: Future<Output = ()> + Send + 'static>(
        store: Arc<MemoryStore>,
        after_read: impl Fn(&str) -> F + Send + Sync + 'static,
    ) -> Self {
        Self(store, Box::new(move |key| Box::pin(after_read(key))))
    }
}

impl Store for Intercepted {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            let value = self.0.get(key).await;
            (self.1)(key).await;
            value
        })
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, bool> {
        self.0.put_if_absent(key, value, lifetime)
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, ()> {
        self.0.put(key, value, lifetime)
    }

    fn take<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.0.take(key)
    }
}
