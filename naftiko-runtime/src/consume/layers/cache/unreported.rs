//! The writes that have not been reported to the store of replicas.

use crate::consume::layers::request_key::RequestDigest;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long an answer is kept at most. After that, a write that could not be reported no longer matters.
pub(super) const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// The maximum number of noted writes.
pub(crate) const MAX_NOTED_WRITES: usize = if cfg!(test) { 100 } else { 100_000 };

/// A write to a resource, and its number if it could be noted.
pub(super) type NotedWrite = (RequestDigest, Option<u64>);

/// The writes that the store does not know. Until it knows them, this process uses no stored answers of their resources.
#[derive(Default)]
pub(super) struct UnreportedWrites(Mutex<WriteStates>);

#[derive(Default)]
struct WriteStates {
    /// The number of the last write to each resource, and its time.
    writes: HashMap<RequestDigest, (u64, Instant)>,
    /// The number of the next write.
    next: u64,
    /// The time until which an answer may be older than a write that was neither noted nor reported.
    outdated_until: Option<Instant>,
    reporter: Option<JoinHandle<()>>,
}

impl UnreportedWrites {
    fn state(&self) -> MutexGuard<'_, WriteStates> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that resources have changed.
    pub(super) fn note(&self, resources: &[RequestDigest]) -> Vec<NotedWrite> {
        let mut state = self.state();
        let now = Instant::now();
        let note = |resource: &RequestDigest| {
            let has_room = state.writes.len() < MAX_NOTED_WRITES || state.writes.contains_key(resource);
            let number = has_room.then_some(state.next);
            if let Some(number) = number {
                state.next += 1;
                state.writes.insert(*resource, (number, now));
            }
            (*resource, number)
        };
        resources.iter().map(note).collect()
    }

    /// Records whether a write was reported. A later write to the same resource stays noted.
    pub(super) fn end(&self, (resource, number): &NotedWrite, is_reported: bool) {
        let mut state = self.state();
        let is_last = state.writes.get(resource).is_some_and(|(last, _)| Some(*last) == *number);
        match number {
            Some(_) if is_reported && is_last => drop(state.writes.remove(resource)),
            None if !is_reported => state.outdated_until = Some(Instant::now() + LONGEST),
            _ => {}
        }
    }

    /// Returns whether an answer of the resource may be older than a write that the store does not know.
    pub(super) fn concerns(&self, resource: &RequestDigest) -> bool {
        let state = self.state();
        state.writes.contains_key(resource) || state.outdated_until.is_some_and(|until| Instant::now() < until)
    }

    /// Returns the writes to report, and forgets those that are older than every answer that can still be kept.
    pub(super) fn all(&self) -> Vec<NotedWrite> {
        let mut state = self.state();
        state.writes.retain(|_, (_, at)| at.elapsed() < LONGEST);
        state.writes.iter().map(|(resource, (number, _))| (*resource, Some(*number))).collect()
    }

    /// Begins the task that reports writes, unless it is already running.
    pub(super) fn begin_reporter(&self, begin: impl FnOnce() -> JoinHandle<()>) {
        let mut state = self.state();
        // The task ends early if its runtime is shut down.
        if state.reporter.as_ref().is_none_or(JoinHandle::is_finished) {
            state.reporter = Some(begin());
        }
    }

    /// Forgets the task that reports writes if no write is left; returns whether the task must end.
    pub(super) fn end_reporter(&self) -> bool {
        let mut state = self.state();
        let ends = state.writes.is_empty();
        if ends {
            state.reporter = None;
        }
        ends
    }
}
