//! The store of the tests: it can refuse records, lose answers, and be slow.

use crate::error::{Error, Result};
use crate::store::{MemoryStore, Store, StoreFuture};
use std::sync::Mutex;
use std::time::Duration;
use tokio::task::yield_now;
use tokio::time::sleep;

/// A store whose faults a test sets.
#[derive(Default)]
pub(super) struct FaultyStore {
    pub(super) store: MemoryStore,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// A request other than `get` is refused if its key contains this string, and its value has at least this size, in bytes; the value
    /// of `take` has 0 bytes.
    refused: Option<(&'static str, usize)>,
    /// Whether refused requests are carried out nevertheless, as when the connection fails before the answer arrives.
    is_stored: bool,
    /// How long each answer takes.
    delay: Duration,
    /// The key of each request so far, in order; `""` for a `get`, which is never refused.
    keys: Vec<String>,
    /// The state of the generator that chooses how many turns other tasks get before and after each operation; 0 for none.
    seed: u64,
}

impl FaultyStore {
    pub(super) fn of(store: MemoryStore) -> Self {
        Self { store, state: Mutex::default() }
    }

    pub(super) fn refuse(&self, refused: Option<(&'static str, usize)>) {
        let mut state = self.state.lock().unwrap();
        (state.refused, state.is_stored) = (refused, false);
    }

    /// From now on, carries out the requests that match `refused`, as for [`Self::refuse`], but answers them with an error.
    pub(super) fn lose_answers(&self, refused: (&'static str, usize)) {
        let mut state = self.state.lock().unwrap();
        (state.refused, state.is_stored) = (Some(refused), true);
    }

    pub(super) fn slow_down(&self, delay: Duration) {
        self.state.lock().unwrap().delay = delay;
    }

    /// Sets the seed that chooses how many turns other tasks get before and after each operation.
    pub(super) fn set_seed(&self, seed: u64) {
        self.state.lock().unwrap().seed = seed;
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.state.lock().unwrap().keys.clone()
    }

    fn turns(&self) -> u64 {
        let mut state = self.state.lock().unwrap();
        // xorshift64
        for shift in [13_i32, -7, 17] {
            let seed = state.seed;
            state.seed ^= if shift > 0 { seed << shift } else { seed >> -shift };
        }
        state.seed % 4
    }

    async fn answer<T>(&self, key: &str, size: usize, operation: impl Future<Output = Result<T>>) -> Result<T> {
        let delay = self.state.lock().unwrap().delay;
        if !delay.is_zero() {
            sleep(delay).await;
        }
        for _ in 0..self.turns() {
            yield_now().await;
        }
        let (is_refused, is_stored) = {
            let mut state = self.state.lock().unwrap();
            state.keys.push(key.to_owned());
            let is_refused = state.refused.is_some_and(|(part, least)| key.contains(part) && size >= least);
            (is_refused, state.is_stored)
        };
        let result = if is_refused && !is_stored { None } else { Some(operation.await) };
        for _ in 0..self.turns() {
            yield_now().await;
        }
        result.filter(|_| !is_refused).unwrap_or_else(|| Err(Error::internal("full")))
    }
}

impl Store for FaultyStore {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(self.answer("", 0, async { self.store.get(key).await }))
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, bool> {
        let size = value.len();
        Box::pin(self.answer(key, size, async move { self.store.put_if_absent(key, value, lifetime).await }))
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, ()> {
        let size = value.len();
        Box::pin(self.answer(key, size, async move { self.store.put(key, value, lifetime).await }))
    }

    fn take<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(self.answer(key, 0, async { self.store.take(key).await }))
    }
}
