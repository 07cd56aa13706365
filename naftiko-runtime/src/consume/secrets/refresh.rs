//! Reads secrets again: when they are due, and when an API has refused one of them.
//!
//! Each origin is read by a task of its own. A read that hangs does not delay the others, and is not started a second time.

use super::background;
use super::provider::DynSecretSource;
use super::used::UsedSecrets;
use super::{
    CHECK_INTERVAL, MAX_SHOWN, MIN_PAUSE, Origin, READ_LIMIT, RETRY_AFTER_FAILURE, ReadValues, Reading, SecretStore,
    lock,
};
use crate::consume::locations::{Locations, Stamp};
use crate::operation::Renew;
use futures_util::FutureExt;
use futures_util::future::try_join_all;
use naftiko_spec::printable;
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tokio::sync::OwnedMutexGuard;
use tokio::task::JoinSet;
use tokio::time::{timeout, timeout_at};

/// The maximum of [`Reading::pause`].
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// The minimum age of values with a lease before a refusal causes a read, which makes a new lease.
const MIN_LEASE_AGE: Duration = Duration::from_secs(30);

/// The age at which a file counts as completely written.
const SETTLED_AGE: Duration = Duration::from_secs(1);

/// The maximum number of times that a file is read while it is being written.
const MAX_TRIES: usize = 3;

/// A read that is needed.
struct NeededRead {
    origin: Origin,
    keys: Vec<String>,
    /// The state of the files that were read last.
    stamp: Option<Stamp>,
    busy: Arc<tokio::sync::Mutex<()>>,
    /// Whether an API has refused a value of this origin.
    is_refused: bool,
    /// Whether to read the origin. If not, the task only waits for a read that is in progress.
    must_read: bool,
}

/// The result of a read, with the guard that keeps others from reading the same origin until its values are in use.
type FinishedRead = (Origin, Result<Option<ReadValues>, String>, Option<OwnedMutexGuard<()>>);

impl Reading {
    /// Returns whether a refusal causes a read now.
    fn may_be_read(&self, now: Instant) -> bool {
        let since = |then: Instant| now.saturating_duration_since(then);
        match self.origin {
            Origin::Files(_) => true,
            Origin::Vault(_) | Origin::Source(_) => {
                self.demanded.is_none_or(|last| since(last) >= self.pause)
                    && !(self.is_leased && since(self.read_at) < MIN_LEASE_AGE)
            }
        }
    }
}

impl SecretStore {
    /// Reads values again from now on, until the store is dropped. `derived` is renewed after each change.
    pub(crate) fn watch(self: &Arc<Self>, derived: Weak<dyn Renew>) {
        let mut all = lock(&self.derived);
        all.retain(|derived| derived.strong_count() > 0);
        all.push(derived);
        if self.is_watched.swap(true, std::sync::atomic::Ordering::Relaxed) {
            return;
        }
        let runtime = match background::runtime() {
            Ok(runtime) => runtime,
            Err(error) => {
                tracing::warn!(error, "changed secrets take effect only after a restart");
                return;
            }
        };
        let store = Arc::downgrade(self);
        runtime.spawn(async move {
            loop {
                let due = store.upgrade().and_then(|store| store.next_due());
                let wait =
                    due.map_or(CHECK_INTERVAL, |due| due.saturating_duration_since(Instant::now()).min(CHECK_INTERVAL));
                tokio::time::sleep(wait).await;
                let Some(store) = store.upgrade() else { return };
                let needed = store.needed_reads(None);
                if !needed.is_empty() {
                    // A read that hangs must not delay the next check.
                    tokio::spawn(async move { store.refresh(needed).await });
                }
            }
        });
    }

    /// Returns when the next value must be read again; `None` if no time is set.
    fn next_due(&self) -> Option<Instant> {
        lock(&self.readings).iter().filter_map(|reading| reading.due).min()
    }

    /// Reads the values of an API again, because the API has refused one of them. If a value has changed, waits until the derived values
    /// are renewed.
    pub(crate) async fn refresh_now(self: &Arc<Self>, used: &[&UsedSecrets]) {
        let origins: Vec<Origin> = used.iter().flat_map(|used| used.origins()).collect();
        let needed = self.needed_reads(Some(&origins));
        if needed.is_empty() {
            return;
        }
        let store = self.clone();
        if let Ok(runtime) = background::runtime() {
            // If the task panics, the old values stay in use.
            let _ = runtime.spawn(async move { store.refresh(needed).await }).await;
        }
    }

    /// Returns the reads that are needed now: of the origins that are due, or of `refused`, the origins of an API that has refused a value.
    fn needed_reads(&self, refused: Option<&[Origin]>) -> Vec<NeededRead> {
        let now = Instant::now();
        let mut readings = lock(&self.readings);
        let needed = readings.iter_mut().filter(|reading| match refused {
            None => reading.due.is_some_and(|due| due <= now),
            Some(origins) => origins.contains(&reading.origin),
        });
        let needed = needed.map(|reading| {
            let is_refused = refused.is_some();
            let must_read = !is_refused || reading.may_be_read(now);
            if is_refused && must_read {
                reading.demanded = Some(now);
            } else if must_read {
                // A provisional time, so that the next check does not read the origin again; the read sets the final time.
                reading.due = Some(now + CHECK_INTERVAL);
            }
            let (origin, keys) = (reading.origin.clone(), reading.values.keys().cloned().collect());
            let (stamp, busy) = (reading.stamp.clone().filter(|_| !is_refused), reading.busy.clone());
            NeededRead { origin, keys, stamp, busy, is_refused, must_read }
        });
        needed.collect()
    }

    /// Reads values again, and renews the derived values if one has changed.
    async fn refresh(self: &Arc<Self>, needed: Vec<NeededRead>) {
        let mut reads = JoinSet::new();
        for work in needed {
            let (store, is_refused) = (self.clone(), work.is_refused);
            reads.spawn(async move { store.read_again(work).await.map(|done| (done, is_refused)) });
        }
        while let Some(first) = reads.join_next().await {
            let (mut changed, mut busy) = (false, Vec::new());
            let mut next = Some(first);
            // Values that change at the same time are renewed together.
            while let Some(done) = next {
                if let Ok(Some(((origin, values, guard), is_refused))) = done {
                    changed |= self.record(&origin, values, is_refused);
                    busy.push(guard);
                }
                next = reads.try_join_next();
            }
            if changed {
                self.renew().await;
            }
        }
    }

    /// Renews the derived values.
    async fn renew(&self) {
        let _renewing = self.renewing.lock().await;
        let derived: Vec<_> = lock(&self.derived).iter().filter_map(Weak::upgrade).collect();
        let renewing = tokio::task::spawn_blocking(move || derived.iter().for_each(|derived| derived.renew()));
        if renewing.await.is_err() {
            tracing::warn!("renewing secrets panicked; the old ones stay in use");
        }
    }

    /// Reads keys again. If another task is reading them, returns `None`, or waits for that task first if an API has
    /// refused a value.
    async fn read_again(&self, work: NeededRead) -> Option<FinishedRead> {
        let NeededRead { origin, keys, stamp, busy, is_refused, must_read } = work;
        let busy = if is_refused {
            let end = tokio::time::Instant::now() + READ_LIMIT;
            timeout_at(end, busy.lock_owned()).await.ok()?
        } else {
            busy.try_lock_owned().ok()?
        };
        if !must_read {
            return None;
        }
        let (values, busy) = match &origin {
            Origin::Files(location) => {
                let (folder, confined, location) = (self.folder.clone(), self.confined, location.clone());
                // A read of files cannot be cancelled. It keeps its guard while it hangs, so that no other read begins.
                let reading = tokio::task::spawn_blocking(move || {
                    let files = || Locations::below(folder.as_deref(), confined);
                    (read_files(files, &location, &keys, stamp.as_ref(), std::thread::sleep), busy)
                });
                match timeout(READ_LIMIT, reading).await {
                    Ok(Ok((values, busy))) => (values, Some(busy)),
                    Ok(Err(_)) => (Err("reading it panicked".to_owned()), None),
                    Err(_) => (Err(late()), None),
                }
            }
            Origin::Vault(location) => {
                let reading = timeout(READ_LIMIT, self.vault.read(location)).await.unwrap_or_else(|_| Err(late()));
                (reading.map(Some), Some(busy))
            }
            Origin::Source(namespace) => {
                let reading = AssertUnwindSafe(read_source(self.source(namespace), &keys)).catch_unwind();
                let values = reading.await.unwrap_or_else(|_| Err("the source panicked".to_owned()));
                (values.map(Some), Some(busy))
            }
        };
        Some((origin, values, busy))
    }

    /// Stores the result of a read. Returns whether a value that is used has changed.
    fn record(&self, origin: &Origin, values: Result<Option<ReadValues>, String>, is_refused: bool) -> bool {
        let now = Instant::now();
        let mut readings = lock(&self.readings);
        let Some(known) = readings.iter_mut().find(|reading| reading.origin == *origin) else { return false };
        let is_local = matches!(origin, Origin::Files(_));
        let missing = |values: &ReadValues| {
            let is_missing = |key: &&String| known.values.contains_key(*key) && !values.values.contains_key(*key);
            known.used_keys.iter().find(is_missing).cloned()
        };
        let values = match values {
            // A key that is missing now does not count as a change: its file may be about to be written.
            Ok(Some(values)) => match missing(&values) {
                Some(key) => Err(match values.others.get(&key) {
                    Some(found) => origin.not_a_text(&key, found),
                    None => format!("{} is not set", origin.name(&key)),
                }),
                None => Ok(Some(values)),
            },
            values => values,
        };
        let changed = match values {
            Err(why) => {
                known.due = Some(now + if is_local { CHECK_INTERVAL } else { RETRY_AFTER_FAILURE });
                if known.problem.as_ref() != Some(&why) {
                    let location = origin.shown();
                    tracing::warn!(location, why, "secrets cannot be read again; the old values stay in use");
                }
                known.problem = Some(why);
                false
            }
            Ok(None) => {
                known.due = Some(now + CHECK_INTERVAL);
                known.problem = None;
                false
            }
            Ok(Some(values)) => {
                let text = |values: &HashMap<String, SecretString>, key: &String| {
                    values.get(key).map(|text| text.expose_secret().to_owned())
                };
                let changed = known.used_keys.iter().any(|key| text(&known.values, key) != text(&values.values, key));
                known.problem = None;
                known.stamp = values.stamp;
                known.due = values.use_for.and_then(|use_for| now.checked_add(use_for));
                (known.read_at, known.is_leased) = (now, values.is_leased);
                known.values.extend(values.values);
                known.others = values.others;
                if changed {
                    let location = origin.shown();
                    tracing::info!(location, "secrets have changed");
                }
                changed
            }
        };
        // A read of values with a lease always changes them, even if the refusal had another reason.
        let helps = !is_refused || (changed && !known.is_leased);
        known.pause = if helps { MIN_PAUSE } else { (known.pause * 2).min(MAX_PAUSE) };
        changed
    }
}

/// Reads keys of files; `None` if the files are still in the state `known`. Files that have changed within the last second are accepted
/// only if they stay the same for a second: otherwise somebody may be writing them.
fn read_files(
    files: impl Fn() -> Locations,
    location: &str,
    keys: &[String],
    known: Option<&Stamp>,
    wait: impl Fn(Duration),
) -> Result<Option<ReadValues>, String> {
    for _ in 0..MAX_TRIES {
        let mut files = files();
        let stamp = files.stamp(location, keys);
        if stamp.is_some() && stamp.as_ref() == known {
            return Ok(None);
        }
        let mut read = || {
            let mut values = HashMap::new();
            for key in keys {
                if let Some(value) = files.value(location, key)? {
                    values.insert(key.clone(), value);
                }
            }
            Ok(values)
        };
        let values: Result<_, String> = read();
        let is_settled = stamp.as_ref().is_none_or(|stamp| stamp.is_older_than(SETTLED_AGE));
        if !is_settled {
            wait(SETTLED_AGE);
        }
        if files.stamp(location, keys) == stamp {
            let use_for = Some(CHECK_INTERVAL);
            return values.map(|values| Some(ReadValues { values, stamp, use_for, ..ReadValues::default() }));
        }
    }
    Err(format!("{location} is being written"))
}

/// Reads keys from a user's source at the same time; each has the time limit of one read.
pub(super) async fn read_source(
    source: Option<Arc<dyn DynSecretSource>>,
    keys: &[String],
) -> Result<ReadValues, String> {
    let mut values = ReadValues::default();
    let Some(source) = source else { return Ok(values) };
    let reads = keys.iter().map(|key| {
        let reading = timeout(READ_LIMIT, source.clone().get(key.clone()));
        async move {
            let read = reading.await.map_err(|_| late())?;
            read.map(|found| (key, found)).map_err(|error| truncated(&error.to_string()))
        }
    });
    for (key, found) in try_join_all(reads).await? {
        let Some(found) = found.filter(|found| !found.text.expose_secret().is_empty()) else { continue };
        let use_for = found.lifetime.map(|lifetime| (lifetime.saturating_sub(lifetime / 5)).max(MIN_PAUSE));
        values.use_for = values.use_for.into_iter().chain(use_for).min();
        values.values.insert(key.clone(), found.text);
    }
    Ok(values)
}

/// Describes a read that has exceeded its time limit.
fn late() -> String {
    format!("no answer within {READ_LIMIT:?}")
}

/// Shortens a string from outside for a message, and makes it printable.
fn truncated(text: &str) -> String {
    printable(text).chars().take(MAX_SHOWN).collect()
}

#[cfg(test)]
mod tests;
