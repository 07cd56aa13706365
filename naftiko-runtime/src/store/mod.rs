//! Where state lives that outlasts a request: in the memory of this process, or in a store that replicas share.

mod memory;
#[cfg(feature = "redis")]
mod redis;

pub use memory::MemoryStore;
#[cfg(feature = "redis")]
pub use redis::RedisStore;

use crate::error::Result;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// What a [`Store`] returns.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// A store of values that expire: today, the calls that wait for [approval](crate::Approvals).
///
/// [`MemoryStore`] is the default. Replicas need a store that all of them share, given to
/// [`Capability::with_store`](crate::Capability::with_store). Each function is atomic, for all replicas together.
///
/// Errors of a store refuse the call that needed it; they never let it run.
pub trait Store: Send + Sync + 'static {
    /// Returns the value of a key, unless there is none or it has expired.
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>>;

    /// Stores a value for that time, unless the key has one. Returns whether it was stored.
    fn put_if_absent<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, bool>;

    /// Removes the value of a key and returns it. Of several callers at the same time, only one gets it.
    fn take<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>>;
}

impl<S: Store + ?Sized> Store for Arc<S> {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        (**self).get(key)
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, bool> {
        (**self).put_if_absent(key, value, lifetime)
    }

    fn take<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        (**self).take(key)
    }
}
