//! Stores for state that outlives a request: in the memory of this process, or shared by replicas.

#[cfg(feature = "client")]
mod guarded;
#[cfg(feature = "mcp")]
#[cfg(test)]
mod intercepted;
mod memory;
#[cfg(any(feature = "client", feature = "mcp"))]
mod panic_free;
#[cfg(feature = "redis")]
mod redis;

#[cfg(feature = "client")]
pub(crate) use guarded::SharedStore;
#[cfg(all(test, feature = "mcp"))]
pub(crate) use intercepted::Intercepted;
pub use memory::MemoryStore;
#[cfg(any(feature = "client", feature = "mcp"))]
pub(crate) use panic_free::PanicFree;
#[cfg(feature = "redis")]
pub use redis::RedisStore;

use crate::error::{Error, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// The future that a [`Store`] returns.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// A store of values that expire. Adapters use it for calls that wait for approval (`Approvals`), for the tasks of tools with
/// `#[tool(task)]`, and for the sessions of MCP clients. Clients use it for the counts of `rate_limit`, and for the answers of `cache`.
///
/// [`MemoryStore`] is the default of adapters; a client without a store counts calls and keeps answers in its own memory. Replicas need
/// a store that all of them share. A program gives this store to all its adapters and clients (`Program::store`, or `NAFTIKO_STORE`
/// in the environment); otherwise, set it with `Capability::with_store` and `ClientBuilder::store`. Each method must be atomic
/// across all replicas.
///
/// If the store returns an error to an adapter, or panics, then a call that has not begun is refused. The result of a running task can be
/// lost, and a session is served only by the replicas that already have it in memory. A client waits for at most 250 milliseconds for
/// the store, and works without the store if it fails.
pub trait Store: Send + Sync + 'static {
    /// Returns the value of a key; `None` if there is none, or if it has expired.
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>>;

    /// Stores a value that expires after `lifetime`, unless the key already has a value. Returns whether it was stored.
    fn put_if_absent<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, bool>;

    /// Stores a value that expires after `lifetime`, instead of the value that the key may have.
    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, ()>;

    /// Removes the value of a key and returns it. If several callers do this at the same time, only one gets the value.
    fn take<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>>;

    /// Counts a call that starts now, unless more than `calls` calls would then start within a period of length `per`. Returns `None` if
    /// the call was counted, otherwise how long to wait before asking again.
    ///
    /// The default implementation returns an error: each replica then counts only its own calls.
    fn admit<'a>(&'a self, key: &'a str, calls: u16, per: Duration) -> StoreFuture<'a, Option<Duration>> {
        let _ = (key, calls, per);
        Box::pin(std::future::ready(Err(Error::configuration("the store does not implement `Store::admit`"))))
    }

    /// Returns whether other processes can use the store; the default is `true`. With a store that only one process uses, a task that
    /// waits for input from its caller ends when its program stops. With a shared store, the task keeps waiting: the input can arrive
    /// through another replica. The answer to a question in a session can arrive through another replica, too: while the session waits for
    /// it, the store is polled once a second.
    fn is_shared(&self) -> bool {
        true
    }
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

    fn admit<'a>(&'a self, key: &'a str, calls: u16, per: Duration) -> StoreFuture<'a, Option<Duration>> {
        (**self).admit(key, calls, per)
    }

    fn is_shared(&self) -> bool {
        (**self).is_shared()
    }
}
