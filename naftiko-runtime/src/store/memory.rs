//! A store in the memory of this process.

use super::{Store, StoreFuture};
use crate::error::{Error, ErrorKind, Result};
use http::StatusCode;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::future::ready;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The default capacity for all keys and values, in bytes.
const CAPACITY: usize = 64 * 1024 * 1024;

/// The approximate memory of an entry in addition to its key and value, in bytes.
const OVERHEAD: usize = 256;

/// A store in the memory of this process; its values are lost when the process ends. Its default capacity is 64 MiB. A full store
/// refuses further values.
pub struct MemoryStore {
    state: Mutex<State>,
    capacity: usize,
    /// The time from which the start times of calls are measured.
    epoch: Instant,
}

#[derive(Default)]
struct State {
    values: HashMap<String, (Vec<u8>, Instant)>,
    /// The keys, ordered by the time when they expire.
    expiries: BTreeSet<(Instant, String)>,
    size: usize,
}

impl MemoryStore {
    /// Creates a store with a capacity for all keys and values, in bytes.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self { state: Mutex::default(), capacity: bytes, epoch: Instant::now() }
    }

    /// Locks the state, and removes the values that have expired.
    fn lock_unexpired(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        while let Some((_, key)) = state.expiries.first().filter(|(at, _)| *at <= now).cloned() {
            state.remove(&key);
        }
        state
    }

    /// Stores a value, unless the key already has a value and `replaces` is `false`. Returns whether the value was stored.
    fn insert(
        &self,
        state: &mut State,
        (key, value): (&str, Vec<u8>),
        lifetime: Duration,
        replaces: bool,
    ) -> Result<bool> {
        let old = state.values.get(key).map_or(0, |(old, _)| size(key, old));
        if old > 0 && !replaces {
            return Ok(false);
        }
        let size = (state.size - old).saturating_add(size(key, &value));
        let expiry = Instant::now().checked_add(lifetime).filter(|_| size <= self.capacity);
        let Some(expiry) = expiry else {
            let message = "the store is full; try again later";
            return Err(Error::of(ErrorKind::Throttled, StatusCode::SERVICE_UNAVAILABLE, message));
        };
        state.remove(key);
        state.size = size;
        state.expiries.insert((expiry, key.to_owned()));
        state.values.insert(key.to_owned(), (value, expiry));
        Ok(true)
    }
}

/// The size of the start time of one call in a stored value, in bytes.
const START: usize = size_of::<u64>();

impl MemoryStore {
    /// Counts a call that starts now, or returns how long it has to wait. The stored value contains the start times of
    /// the last calls, in microseconds.
    fn count(&self, key: &str, calls: usize, per: Duration) -> Result<Option<Duration>> {
        let mut state = self.lock_unexpired();
        let now = self.epoch.elapsed();
        let mut starts = state.values.get(key).map_or_else(Vec::new, |(value, _)| value.clone());
        if starts.len() / START >= calls {
            let oldest = starts.first_chunk().map_or(0, |start| u64::from_le_bytes(*start));
            let free = Duration::from_micros(oldest).saturating_add(per);
            if let Some(wait) = free.checked_sub(now).filter(|wait| !wait.is_zero()) {
                return Ok(Some(wait));
            }
            starts.drain(..START.min(starts.len()));
        }
        // Rounded up, so that the period is never shorter than `per`.
        let start = u64::try_from(now.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX);
        starts.extend(start.to_le_bytes());
        self.insert(&mut state, (key, starts), per.saturating_add(Duration::from_millis(1)), true)?;
        Ok(None)
    }
}

impl State {
    fn remove(&mut self, key: &str) -> Option<Vec<u8>> {
        let (key, (value, expiry)) = self.values.remove_entry(key)?;
        self.size = self.size.saturating_sub(size(&key, &value));
        self.expiries.remove(&(expiry, key));
        Some(value)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::with_capacity(CAPACITY)
    }
}

impl Store for MemoryStore {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(ready(Ok(self.lock_unexpired().values.get(key).map(|(value, _)| value.clone()))))
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, bool> {
        Box::pin(ready(self.insert(&mut self.lock_unexpired(), (key, value), lifetime, false)))
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, ()> {
        Box::pin(ready(self.insert(&mut self.lock_unexpired(), (key, value), lifetime, true).map(|_| ())))
    }

    fn take<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(ready(Ok(self.lock_unexpired().remove(key))))
    }

    fn admit<'a>(&'a self, key: &'a str, calls: u16, per: Duration) -> StoreFuture<'a, Option<Duration>> {
        Box::pin(ready(self.count(key, calls.into(), per)))
    }

    fn is_shared(&self) -> bool {
        false
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

/// Returns the approximate memory of an entry, in bytes.
fn size(key: &str, value: &[u8]) -> usize {
    OVERHEAD + 2 * key.len() + value.len()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const LIFETIME: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn a_value_is_kept_until_it_expires_or_is_taken() {
        let store = MemoryStore::default();
        assert!(store.put_if_absent("a", "1".into(), LIFETIME).await.unwrap());
        assert!(!store.put_if_absent("a", "2".into(), LIFETIME).await.unwrap());
        assert_eq!(store.get("a").await.unwrap().unwrap(), b"1");
        assert_eq!(store.take("a").await.unwrap().unwrap(), b"1");
        assert_eq!(store.take("a").await.unwrap(), None);
        assert!(store.put_if_absent("a", "2".into(), LIFETIME).await.unwrap());
        tokio::time::advance(LIFETIME).await;
        assert_eq!(store.get("a").await.unwrap(), None);
        assert_eq!(store.take("a").await.unwrap(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_replaced_value_has_a_new_lifetime_and_needs_no_room_of_its_own() {
        let store = MemoryStore::with_capacity(OVERHEAD + 2 + 2);
        store.put("a", "1".into(), LIFETIME).await.unwrap();
        tokio::time::advance(LIFETIME / 2).await;
        store.put("a", "22".into(), LIFETIME).await.unwrap();
        assert!(store.put("a", "333".into(), LIFETIME).await.is_err());
        tokio::time::advance(LIFETIME / 2).await;
        assert_eq!(store.get("a").await.unwrap().unwrap(), b"22");
        tokio::time::advance(LIFETIME / 2).await;
        assert_eq!(store.get("a").await.unwrap(), None);
        let state = store.lock_unexpired();
        assert_eq!((state.size, state.expiries.len()), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_store_refuses_values_until_others_expire() {
        let store = MemoryStore::with_capacity(2 * (OVERHEAD + 2 + 1));
        for key in ["a", "b"] {
            assert!(store.put_if_absent(key, "1".into(), LIFETIME).await.unwrap());
        }
        let error = store.put_if_absent("c", "1".into(), LIFETIME).await.unwrap_err();
        assert_eq!(error.status(), StatusCode::SERVICE_UNAVAILABLE);
        tokio::time::advance(LIFETIME).await;
        assert!(store.put_if_absent("c", "1".into(), LIFETIME).await.unwrap());
        let state = store.lock_unexpired();
        assert_eq!((state.values.len(), state.expiries.len()), (1, 1));
    }
}
