//! The values of binds that can change while the program runs: values of files, of Vault, and of sources that users implement. A
//! change renews what was made from the old values.

mod background;
mod provider;
mod vault;

pub(crate) use provider::DynSecretSource;
pub use provider::{SecretSource, SecretValue};

use super::locations::{Locations, Stamp};
use crate::operation::{BindValues, Renew};
use naftiko_spec::model::Bind;
use naftiko_spec::printable;
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use vault::Vault;

/// How often files are checked for changes, and leases for their end.
const INTERVAL: Duration = Duration::from_secs(5);

/// The time limit of one read.
const LIMIT: Duration = Duration::from_secs(10);

/// The minimum time between two reads of a remote source.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a remote source is not asked after a failure.
const AFTER_FAILURE: Duration = Duration::from_secs(15);

/// The longest text of a source's error that is shown, in characters.
const SHOWN: usize = 300;

/// Where the values of a bind come from, other than the environment.
#[derive(Clone, PartialEq)]
enum Origin {
    /// A file or a folder.
    Files(String),
    /// A path of Vault.
    Vault(String),
    /// The user's source for the bind with this namespace.
    Source(String),
}

impl Origin {
    /// Returns the name of a key for messages.
    fn name(&self, key: &str) -> String {
        match self {
            Self::Files(location) | Self::Vault(location) => format!("`{key}` of {location}"),
            Self::Source(namespace) => format!("`{key}` of the secrets of `{namespace}`"),
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Files(location) | Self::Vault(location) => location.clone(),
            Self::Source(namespace) => format!("the source of `{namespace}`"),
        }
    }
}

/// What has been read from one origin.
struct Reading {
    origin: Origin,
    values: HashMap<String, SecretString>,
    /// The state of its files.
    stamp: Option<Stamp>,
    /// When it is read again; `None` if only a refusal causes that.
    due: Option<Instant>,
    /// When a refusal caused the last read.
    demanded: Option<Instant>,
    /// The last problem, which is logged once.
    problem: Option<String>,
}

/// The values of one read.
struct ReadValues {
    values: HashMap<String, SecretString>,
    stamp: Option<Stamp>,
    /// How long they are used before they are read again.
    lasts: Option<Duration>,
}

/// The values that a program's binds have read, and where they are read again.
pub(crate) struct SecretStore {
    folder: Option<PathBuf>,
    confined: bool,
    sources: Vec<(String, Arc<dyn DynSecretSource>)>,
    vault: Vault,
    /// The files that have been read at start.
    files: Mutex<Locations>,
    read: Mutex<Vec<Reading>>,
    renewed: Mutex<Vec<Weak<dyn Renew>>>,
    is_watched: AtomicBool,
    /// Held while values are read again.
    reading: tokio::sync::Mutex<()>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SecretStore {
    /// Creates a store. Files are resolved against `folder`; if it is `confined`, files outside the folder, and Vault, are refused.
    pub(crate) fn new(
        folder: Option<PathBuf>,
        confined: bool,
        sources: Vec<(String, Arc<dyn DynSecretSource>)>,
    ) -> Self {
        Self {
            files: Mutex::new(Locations::below(folder.as_deref(), confined)),
            folder,
            confined,
            sources,
            vault: Vault::default(),
            read: Mutex::default(),
            renewed: Mutex::default(),
            is_watched: AtomicBool::default(),
            reading: tokio::sync::Mutex::default(),
        }
    }

    fn origin(&self, bind: &Bind) -> Option<Origin> {
        if self.sources.iter().any(|(namespace, _)| *namespace == bind.namespace) {
            return Some(Origin::Source(bind.namespace.clone()));
        }
        let location = bind.location.clone()?;
        Some(if vault::is_vault(&location) { Origin::Vault(location) } else { Origin::Files(location) })
    }

    /// Returns whether the values of a bind come from here, not from the environment.
    pub(crate) fn has(&self, bind: &Bind) -> bool {
        self.origin(bind).is_some()
    }

    /// Returns whether a user's source sets the values of a bind.
    pub(crate) fn has_source(&self, bind: &Bind) -> bool {
        matches!(self.origin(bind), Some(Origin::Source(_)))
    }

    /// Returns whether reading a bind asks nobody: it reads files, or is refused.
    pub(crate) fn is_local(&self, bind: &Bind) -> bool {
        match self.origin(bind) {
            Some(Origin::Files(_)) => true,
            Some(Origin::Vault(_)) => self.confined,
            Some(Origin::Source(_)) | None => false,
        }
    }

    /// Returns the name of a bind's key for messages.
    pub(crate) fn name(&self, bind: &Bind, key: &str) -> String {
        self.origin(bind).map_or_else(|| key.to_owned(), |origin| origin.name(key))
    }

    /// Returns the value of a bind's key; `None` if it is missing or empty. Reads it, if it has not been read yet.
    ///
    /// # Errors
    /// Returns an error if it cannot be read. The message contains no value.
    pub(crate) fn value(&self, bind: &Bind, key: &str) -> Result<Option<SecretString>, String> {
        let Some(origin) = self.origin(bind) else { return Ok(None) };
        {
            let read = lock(&self.read);
            let known = read.iter().find(|reading| reading.origin == origin);
            if let Some(value) = known.and_then(|known| known.values.get(key)) {
                return Ok(Some(value.clone()));
            }
            if matches!(origin, Origin::Vault(_)) && known.is_some() {
                return Ok(None);
            }
        }
        let described = |why: String| match &origin {
            Origin::Files(_) => why,
            _ => format!("{}: {why}", origin.name(key)),
        };
        let values = self.first(&origin, key).map_err(described)?;
        let value = values.values.get(key).cloned();
        if !values.values.is_empty() {
            self.keep(origin, values);
        }
        Ok(value)
    }

    /// Reads a key for the first time, while the program waits.
    fn first(&self, origin: &Origin, key: &str) -> Result<ReadValues, String> {
        match origin {
            Origin::Files(location) => {
                let mut files = lock(&self.files);
                let stamp = files.stamp(location, &[key.to_owned()]);
                let value = files.value(location, key)?;
                let values = value.map(|value| (key.to_owned(), value)).into_iter().collect();
                Ok(ReadValues { values, stamp, lasts: Some(INTERVAL) })
            }
            Origin::Vault(location) => {
                self.check_vault(location)?;
                let (vault, location) = (self.vault.clone(), location.clone());
                let reading = async move { vault.read(&location).await };
                background::wait(reading, LIMIT)?.map(|(values, lasts)| ReadValues { values, stamp: None, lasts })
            }
            Origin::Source(namespace) => {
                let source = self.source(namespace);
                let key = key.to_owned();
                background::wait(async move { of_source(source, &[key]).await }, LIMIT)?
            }
        }
    }

    fn check_vault(&self, location: &str) -> Result<(), String> {
        if self.confined {
            return Err(format!(
                "a document may not read {location} by itself; allow it with `--allow-location-outside`, or in Rust with \
                 `Settings::allow_location_outside`"
            ));
        }
        Ok(())
    }

    fn source(&self, namespace: &str) -> Option<Arc<dyn DynSecretSource>> {
        self.sources.iter().rfind(|(own, _)| own == namespace).map(|(_, source)| source.clone())
    }

    /// Stores values that have been read for the first time.
    fn keep(&self, origin: Origin, values: ReadValues) {
        let now = Instant::now();
        // A time that does not exist never comes.
        let due = values.lasts.and_then(|lasts| now.checked_add(lasts));
        let mut read = lock(&self.read);
        if let Some(known) = read.iter_mut().find(|reading| reading.origin == origin) {
            known.values.extend(values.values);
            known.due = known.due.into_iter().chain(due).min();
            // The stamp of one key does not say when the others changed: all of them are compared at the next check.
            known.stamp = None;
        } else {
            let ReadValues { values, stamp, .. } = values;
            read.push(Reading { origin, values, stamp, due, demanded: None, problem: None });
        }
    }

    /// Returns whether anything has been read, so that it can change.
    pub(crate) fn is_used(&self) -> bool {
        !lock(&self.read).is_empty()
    }

    /// Reads values again from now on, until the store is dropped. `renewed` is called after each change.
    pub(crate) fn watch(self: &Arc<Self>, renewed: Weak<dyn Renew>) {
        let mut all = lock(&self.renewed);
        all.retain(|renewed| renewed.strong_count() > 0);
        all.push(renewed);
        if self.is_watched.swap(true, Ordering::Relaxed) {
            return;
        }
        let runtime = match background::runtime() {
            Ok(runtime) => runtime,
            Err(error) => {
                tracing::warn!(error, "secrets that change take effect after a restart only");
                return;
            }
        };
        let store = Arc::downgrade(self);
        runtime.spawn(async move {
            loop {
                let due = store.upgrade().and_then(|store| store.due());
                let wait = due.map_or(INTERVAL, |due| due.saturating_duration_since(Instant::now()).min(INTERVAL));
                tokio::time::sleep(wait).await;
                let Some(store) = store.upgrade() else { return };
                store.refresh(false).await;
            }
        });
    }

    fn due(&self) -> Option<Instant> {
        lock(&self.read).iter().filter_map(|reading| reading.due).min()
    }

    /// Reads everything again, because an API has refused a value. Waits until what was made from changed values is renewed.
    pub(crate) async fn refresh_now(self: &Arc<Self>) {
        let store = self.clone();
        if let Ok(runtime) = background::runtime() {
            // If it panics, the old values stay in use.
            let _ = runtime.spawn(async move { store.refresh(true).await }).await;
        }
    }

    /// Reads again what is due, or everything if an API has refused a value.
    async fn refresh(self: &Arc<Self>, is_refused: bool) {
        let _reading = self.reading.lock().await;
        let now = Instant::now();
        let needed = |reading: &Reading| match (is_refused, &reading.origin) {
            (false, _) => reading.due.is_some_and(|due| due <= now),
            (true, Origin::Files(_)) => true,
            (true, _) => reading.demanded.is_none_or(|last| now >= last + PAUSE),
        };
        let needed: Vec<_> = lock(&self.read)
            .iter_mut()
            .filter(|reading| needed(reading))
            .map(|reading| {
                reading.demanded = if is_refused { Some(now) } else { reading.demanded };
                let keys: Vec<_> = reading.values.keys().cloned().collect();
                (reading.origin.clone(), keys, reading.stamp.clone().filter(|_| !is_refused))
            })
            .collect();
        let mut changed = false;
        for (origin, keys, stamp) in needed {
            let reading = tokio::time::timeout(LIMIT, self.again(&origin, keys, stamp)).await;
            let reading = reading.unwrap_or_else(|_| Err(format!("no answer within {LIMIT:?}")));
            changed |= self.note(&origin, reading);
        }
        if changed {
            let renewed: Vec<_> = lock(&self.renewed).iter().filter_map(Weak::upgrade).collect();
            let renewing = tokio::task::spawn_blocking(move || renewed.iter().for_each(|renewed| renewed.renew()));
            if renewing.await.is_err() {
                tracing::warn!("renewing secrets panicked; the old ones stay in use");
            }
        }
    }

    /// Reads keys again; `None` if nothing has changed since `stamp`.
    async fn again(
        &self,
        origin: &Origin,
        keys: Vec<String>,
        stamp: Option<Stamp>,
    ) -> Result<Option<ReadValues>, String> {
        match origin {
            Origin::Files(location) => {
                let files = Locations::below(self.folder.as_deref(), self.confined);
                let location = location.clone();
                let reading = tokio::task::spawn_blocking(move || of_files(files, &location, &keys, stamp.as_ref()));
                reading.await.unwrap_or_else(|_| Err("reading it panicked".to_owned()))
            }
            Origin::Vault(location) => {
                let (values, lasts) = self.vault.read(location).await?;
                Ok(Some(ReadValues { values, stamp: None, lasts }))
            }
            Origin::Source(namespace) => {
                let source = self.source(namespace);
                let reading = tokio::spawn(async move { of_source(source, &keys).await });
                reading.await.unwrap_or_else(|_| Err("it panicked".to_owned())).map(Some)
            }
        }
    }

    /// Stores what has been read again. Returns whether a value has changed.
    fn note(&self, origin: &Origin, values: Result<Option<ReadValues>, String>) -> bool {
        let now = Instant::now();
        let mut read = lock(&self.read);
        let Some(known) = read.iter_mut().find(|reading| reading.origin == *origin) else { return false };
        let is_local = matches!(origin, Origin::Files(_));
        let missing = |values: &ReadValues| known.values.keys().find(|key| !values.values.contains_key(*key)).cloned();
        let values = match values {
            // Of Vault, all keys are kept, and most are not used. A missing file may be about to be written.
            Ok(Some(values)) if !matches!(origin, Origin::Vault(_)) => match missing(&values) {
                Some(key) => Err(format!("{} is not set", origin.name(&key))),
                None => Ok(Some(values)),
            },
            values => values,
        };
        match values {
            Err(why) => {
                known.due = Some(now + if is_local { INTERVAL } else { AFTER_FAILURE });
                if known.problem.as_ref() != Some(&why) {
                    let location = origin.shown();
                    tracing::warn!(location, why, "secrets cannot be read again; the old values stay in use");
                }
                known.problem = Some(why);
                false
            }
            Ok(None) => {
                known.due = Some(now + INTERVAL);
                known.problem = None;
                false
            }
            Ok(Some(values)) => {
                let is_same = |(key, value): (&String, &SecretString)| {
                    known.values.get(key).is_some_and(|known| known.expose_secret() == value.expose_secret())
                };
                let changed = !values.values.iter().all(is_same);
                known.problem = None;
                known.stamp = values.stamp;
                known.due = values.lasts.and_then(|lasts| now.checked_add(lasts));
                known.values.extend(values.values);
                if changed {
                    let location = origin.shown();
                    tracing::info!(location, "secrets have changed");
                }
                changed
            }
        }
    }
}

/// Reads keys of files. They must be the same before and after: otherwise somebody is writing them.
fn of_files(
    mut files: Locations,
    location: &str,
    keys: &[String],
    stamp: Option<&Stamp>,
) -> Result<Option<ReadValues>, String> {
    let before = files.stamp(location, keys);
    if before.is_some() && before.as_ref() == stamp {
        return Ok(None);
    }
    let mut values = HashMap::new();
    for key in keys {
        if let Some(value) = files.value(location, key)? {
            values.insert(key.clone(), value);
        }
    }
    if files.stamp(location, keys) != before {
        return Err(format!("{location} is being written"));
    }
    Ok(Some(ReadValues { values, stamp: before, lasts: Some(INTERVAL) }))
}

/// Asks a user's source for keys.
async fn of_source(source: Option<Arc<dyn DynSecretSource>>, keys: &[String]) -> Result<ReadValues, String> {
    let mut values = ReadValues { values: HashMap::new(), stamp: None, lasts: None };
    for key in keys {
        let Some(source) = source.clone() else { return Ok(values) };
        let found = source.get(key.clone()).await.map_err(|error| shown(&error.to_string()))?;
        let Some(found) = found.filter(|found| !found.text.expose_secret().is_empty()) else { continue };
        let lasts = found.lifetime.map(|lifetime| (lifetime.saturating_sub(lifetime / 5)).max(PAUSE));
        values.lasts = values.lasts.into_iter().chain(lasts).min();
        values.values.insert(key.clone(), found.text);
    }
    Ok(values)
}

/// Returns a text from outside for a message.
fn shown(text: &str) -> String {
    printable(text).chars().take(SHOWN).collect()
}

impl BindValues for Arc<SecretStore> {
    fn value(&self, bind: &Bind, key: &str) -> Option<Result<Option<String>, String>> {
        let value = self.has(bind).then(|| SecretStore::value(self, bind, key))?;
        Some(value.map(|value| value.map(|value| value.expose_secret().to_owned())))
    }

    fn name(&self, bind: &Bind, key: &str) -> String {
        SecretStore::name(self, bind, key)
    }

    fn watch(&self, renewed: Weak<dyn Renew>) {
        SecretStore::watch(self, renewed);
    }
}
