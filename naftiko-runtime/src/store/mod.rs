//! Stores for state that outlives a request: in the memory of this process, or shared by replicas.

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

/// The future that a [`Store`] returns.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// A store of values that expire: the calls that wait for [approval](crate::Approvals), and the tasks of tools with `#[tool(task)]`.
///
/// [`MemoryStore`] is the default. Replicas need a store that all of them share; set it with
/// [`Capability::with_store`](crate::Capability::with_store). Each method must be atomic across all replicas.
///
/// If the store returns an error, the call that needed it is refused, never run.
pub trait Store: Send + Sync + 'static {
    /// Returns the value of a key; `None` if there is none, or if it has expired.
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>>;

    /// Stores a value that expires after `lifetime`, unless the key already has a value. Returns whether it was stored.
    fn put_if_absent<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, bool>;

    /// Stores a value that expires after `lifetime`, instead of the value that the key may have.
    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, ()>;

    /// Removes the value of a key and returns it. If several callers do this at the same time, only one gets the value.
    fn take<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>>;
}

impl<S: Store + ?Sized> Store for Arc<S> {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        (**self).get(key)
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, bool> {
        (**self).put_if_absent(key, value, lifetime)
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, ()> {
        (**self).put(key, value, lifetime)
    }

    fn take<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        (**self).take(key)
    }
}
