//! The memory of a cache: kept answers up to a number of bytes, the least recently used of which make room for new ones.
//!
//! A map with the order of use beside it: a cache crate would bring threads or a dozen crates for what one lock does here, and
//! none of them knows that a write to a path makes the answers of all its queries, for all credentials, unusable.

use super::stored::{Shared, Stored};
use crate::consume::layers::request_key::{KeyMaker, RequestDigest};
use http::Uri;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The memory of the cache of one API.
pub(crate) struct AnswerStore {
    pub(super) keys: KeyMaker,
    size: usize,
    state: Mutex<StoreState>,
}

#[derive(Default)]
struct StoreState {
    entries: HashMap<RequestDigest, Entry>,
    /// The keys of the entries by the time of their last use.
    used: BTreeMap<u64, RequestDigest>,
    /// The keys of the entries by resource.
    resources: HashMap<RequestDigest, HashSet<RequestDigest>>,
    /// The reads in flight by resource: their number, and how often the resource has changed since the first of them began.
    reading: HashMap<RequestDigest, (usize, u64)>,
    /// The number of the next use.
    next: u64,
    /// The weight of all entries.
    weight: usize,
}

struct Entry {
    stored: Shared,
    resource: RequestDigest,
    used: u64,
    weight: usize,
}

/// A read in flight. Its answer is kept only if the resource has not changed meanwhile.
pub(super) struct PendingRead {
    store: Arc<AnswerStore>,
    key: RequestDigest,
    resource: RequestDigest,
    changes: u64,
}

impl AnswerStore {
    /// Creates a memory of `size` bytes; `None` if the system provides no random numbers for its keys.
    pub(crate) fn new(size: usize) -> Option<Self> {
        Some(Self { keys: KeyMaker::new()?, size, state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, StoreState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the answer with that key, and notes its use.
    pub(super) fn get(&self, key: &RequestDigest) -> Option<Shared> {
        let mut guard = self.state();
        let state = &mut *guard;
        let entry = state.entries.get_mut(key)?;
        state.used.remove(&entry.used);
        (entry.used, state.next) = (state.next, state.next + 1);
        state.used.insert(entry.used, *key);
        Some(entry.stored.clone())
    }

    /// Removes the answer with that key.
    pub(super) fn remove(&self, key: &RequestDigest) {
        self.state().remove(key);
    }

    /// Makes the answers of resources unusable, including those of reads in flight.
    pub(super) fn change(&self, resources: &[RequestDigest]) {
        let mut state = self.state();
        for resource in resources {
            for key in state.resources.remove(resource).unwrap_or_default() {
                state.remove(&key);
            }
            if let Some((_, changes)) = state.reading.get_mut(resource) {
                *changes += 1;
            }
        }
    }

    /// Begins a read of a URI, whose answer has that key.
    pub(super) fn begin(self: &Arc<Self>, key: RequestDigest, uri: &Uri) -> PendingRead {
        let resource = self.keys.of_resource(uri);
        let mut state = self.state();
        let (count, changes) = state.reading.entry(resource).or_default();
        *count += 1;
        PendingRead { store: self.clone(), key, resource, changes: *changes }
    }

    /// Returns the number of answers and their weight.
    #[cfg(test)]
    pub(crate) fn held(&self) -> (usize, usize) {
        let state = self.state();
        assert_eq!(state.used.len(), state.entries.len());
        assert_eq!(state.resources.values().map(HashSet::len).sum::<usize>(), state.entries.len());
        assert_eq!(state.entries.values().map(|entry| entry.weight).sum::<usize>(), state.weight);
        (state.entries.len(), state.weight)
    }

    /// Returns the number of resources that are read.
    #[cfg(test)]
    pub(crate) fn in_flight(&self) -> usize {
        self.state().reading.len()
    }
}

impl StoreState {
    fn remove(&mut self, key: &RequestDigest) {
        let Some(entry) = self.entries.remove(key) else { return };
        self.used.remove(&entry.used);
        self.weight -= entry.weight;
        if let Some(keys) = self.resources.get_mut(&entry.resource) {
            keys.remove(key);
            if keys.is_empty() {
                self.resources.remove(&entry.resource);
            }
        }
    }
}

impl PendingRead {
    /// Keeps an answer, unless the resource has changed since the read began.
    pub(super) fn keep(&self, stored: Shared) {
        let mut guard = self.store.state();
        let state = &mut *guard;
        let changes = state.reading.get(&self.resource).map(|(_, changes)| *changes);
        if changes != Some(self.changes) {
            return;
        }
        state.remove(&self.key);
        let weight = stored.weight();
        if weight > self.store.size {
            return;
        }
        let (used, resource) = (state.next, self.resource);
        state.next += 1;
        state.weight += weight;
        state.used.insert(used, self.key);
        state.resources.entry(resource).or_default().insert(self.key);
        state.entries.insert(self.key, Entry { stored, resource, used, weight });
        while state.weight > self.store.size {
            let Some((_, oldest)) = state.used.first_key_value() else { break };
            let oldest = *oldest;
            state.remove(&oldest);
        }
    }

    /// Keeps an answer of which the head is known already.
    pub(super) fn keep_new(&self, stored: Stored) {
        self.keep(Arc::new(stored));
    }

    /// Removes what is kept under its key.
    pub(super) fn forget(&self) {
        self.store.remove(&self.key);
    }
}

impl Drop for PendingRead {
    fn drop(&mut self) {
        let mut state = self.store.state();
        if let Some((count, _)) = state.reading.get_mut(&self.resource) {
            *count -= 1;
            if *count == 0 {
                state.reading.remove(&self.resource);
            }
        }
    }
}
