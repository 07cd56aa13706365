//! Where a cache keeps its answers: in the store that replicas share, or in memory. The memory has a maximum size; the least
//! recently used answers make room for new ones.
//!
//! The memory is a map plus an index by last use. A cache crate would add threads or a dozen dependencies for what one
//! lock does here, and could not drop the answers of all queries and all credentials when a path is written.

use super::shared::{SharedAnswers, SharedPlace};
use super::stored::Stored;
use crate::consume::layers::request_key::{KeyMaker, RequestDigest};
use crate::consume::outgoing::Outgoing;
use http::{Request, Uri};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// The answers that the cache of one API keeps.
pub(crate) struct AnswerStore {
    pub(super) keys: KeyMaker,
    /// The maximum size of the memory, in bytes.
    size: usize,
    state: Mutex<StoreState>,
    /// The store that is used instead of the memory.
    shared: Option<Arc<SharedAnswers>>,
    /// The newest memory of the API. Requests that have begun with earlier secrets use an older memory.
    newest: Arc<Mutex<Weak<AnswerStore>>>,
}

/// The place where the answer to a request is kept.
#[derive(Clone)]
pub(super) enum Place {
    Memory(RequestDigest),
    Shared(SharedPlace),
    /// The shared store cannot be used.
    Nowhere,
}

/// A read in flight.
pub(super) enum PendingRead {
    Memory(MemoryRead),
    Shared(SharedPlace),
    Nowhere,
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
    /// The weight of all entries, in bytes.
    weight: usize,
}

struct Entry {
    stored: Arc<Stored>,
    resource: RequestDigest,
    used: u64,
    weight: usize,
}

/// A read in flight. Its answer is kept in memory only if the resource has not changed meanwhile.
pub(super) struct MemoryRead {
    store: Arc<AnswerStore>,
    key: RequestDigest,
    resource: RequestDigest,
    changes: u64,
}

impl AnswerStore {
    /// Creates a memory of `size` bytes; `None` if the system provides no random numbers for its keys.
    pub(crate) fn new(size: usize) -> Option<Self> {
        let (state, newest) = Default::default();
        Some(Self { keys: KeyMaker::new()?, size, state, shared: None, newest })
    }

    /// Creates the memory for requests with changed secrets, and forgets the answers of this one, which are private to the earlier
    /// secrets. Writes that began with the earlier secrets still make answers in the new memory unusable. `None` if replicas share a
    /// store, which replaces the memory.
    pub(crate) fn renewed(&self) -> Option<Arc<Self>> {
        if self.shared.is_some() {
            return None;
        }
        self.clear();
        let (keys, size, state, newest) = (self.keys.clone(), self.size, Mutex::default(), self.newest.clone());
        let renewed = Arc::new(Self { keys, size, state, shared: None, newest });
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&renewed);
        Some(renewed)
    }

    /// Removes all answers. The answers of reads in flight will not be kept.
    fn clear(&self) {
        let mut state = self.state();
        let reading = std::mem::take(&mut state.reading).into_iter();
        let reading = reading.map(|(resource, (count, changes))| (resource, (count, changes + 1))).collect();
        *state = StoreState { reading, ..StoreState::default() };
    }

    /// Creates a store whose answers replicas share. Its own keys are not secret: they only hash paths, trace headers and cache
    /// directives.
    pub(crate) fn of_replicas(shared: Arc<SharedAnswers>) -> Self {
        Self {
            keys: KeyMaker::public(),
            size: 0,
            state: Mutex::default(),
            shared: Some(shared),
            newest: Arc::default(),
        }
    }

    /// Returns where the answer to a request is kept, and the answer, if there is one.
    pub(super) async fn find(&self, request: &Request<Outgoing>) -> (Place, Option<Arc<Stored>>) {
        let Some(shared) = &self.shared else {
            let key = self.keys.of_answer(request);
            return (Place::Memory(key), self.get(&key));
        };
        match shared.find(request, self.keys.of_resource(request.uri())).await {
            Some((place, stored)) => (Place::Shared(place), stored.map(Arc::new)),
            None => (Place::Nowhere, None),
        }
    }

    fn state(&self) -> MutexGuard<'_, StoreState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the answer with that key, and notes its use.
    fn get(&self, key: &RequestDigest) -> Option<Arc<Stored>> {
        let mut guard = self.state();
        let state = &mut *guard;
        let entry = state.entries.get_mut(key)?;
        state.used.remove(&entry.used);
        (entry.used, state.next) = (state.next, state.next + 1);
        state.used.insert(entry.used, *key);
        Some(entry.stored.clone())
    }

    /// Removes the answer with that key.
    fn remove(&self, key: &RequestDigest) {
        self.state().remove(key);
    }

    /// Makes the answers of resources unusable in this process, including the answers of reads in flight. If replicas share a store,
    /// returns the task in `runtime` that makes the answers unusable on all replicas.
    pub(super) fn change(&self, resources: &[RequestDigest], runtime: Option<&Handle>) -> Option<JoinHandle<()>> {
        if let Some(shared) = self.shared.as_ref().filter(|_| !resources.is_empty()) {
            return shared.reports.change(resources, runtime);
        }
        self.change_own(resources);
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
        // The newest memory may be this one: changing it twice does no harm.
        if let Some(newest) = newest {
            newest.change_own(resources);
        }
        None
    }

    /// Makes the answers of resources in this memory unusable.
    fn change_own(&self, resources: &[RequestDigest]) {
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

    /// Begins a read of a URI, whose answer is kept at `place`.
    pub(super) fn begin(self: &Arc<Self>, place: &Place, uri: &Uri) -> PendingRead {
        let key = match place {
            Place::Memory(key) => *key,
            Place::Shared(place) => return PendingRead::Shared(place.clone()),
            Place::Nowhere => return PendingRead::Nowhere,
        };
        let resource = self.keys.of_resource(uri);
        let mut state = self.state();
        let (count, changes) = state.reading.entry(resource).or_default();
        *count += 1;
        PendingRead::Memory(MemoryRead { store: self.clone(), key, resource, changes: *changes })
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

    /// Returns the number of resources that are being read.
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
    pub(super) fn keep(&self, stored: Arc<Stored>) {
        match self {
            Self::Memory(read) => read.keep(stored),
            Self::Shared(place) => place.keep(&stored),
            Self::Nowhere => {}
        }
    }

    /// Keeps an answer that nothing else uses yet.
    pub(super) fn keep_new(&self, stored: Stored) {
        self.keep(Arc::new(stored));
    }

    /// Removes the answer that is kept at the place of this read.
    pub(super) fn forget(&self) {
        match self {
            Self::Memory(read) => read.store.remove(&read.key),
            Self::Shared(place) => place.forget(),
            Self::Nowhere => {}
        }
    }
}

impl MemoryRead {
    fn keep(&self, stored: Arc<Stored>) {
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
}

impl Drop for MemoryRead {
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
