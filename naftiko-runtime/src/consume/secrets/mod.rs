//! The values of binds that can change while the program runs: from files, from Vault, and from sources that users implement. After a
//! change, everything that is derived from them is renewed.

mod background;
mod provider;
mod refresh;
mod used;
mod vault;

pub(crate) use provider::DynSecretSource;
pub use provider::{SecretSource, SecretValue};
pub(crate) use used::UsedSecrets;

use super::locations::{Locations, Stamp};
use crate::operation::{BindValues, Renew};
use crate::telemetry::SecretState;
use naftiko_spec::model::Bind;
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use vault::Vault;

/// How often files are checked for changes, and leases for their end.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// The time limit of one read.
const READ_LIMIT: Duration = Duration::from_secs(10);

/// The minimum time between two reads of a remote source. Between reads after refusals, it can be longer: see [`Reading::pause`].
const MIN_PAUSE: Duration = Duration::from_secs(1);

/// How long to wait after a failure before a remote source is asked again.
const RETRY_AFTER_FAILURE: Duration = Duration::from_secs(15);

/// The maximum length of a source's error in a message, in characters.
const MAX_SHOWN: usize = 300;

/// The source of the values of a bind, other than the environment.
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

    /// Describes the value of a key that is not a string. `found` is its kind.
    fn not_a_text(&self, key: &str, found: &str) -> String {
        format!("{}: expected a string, found {found}", self.name(key))
    }

    /// Returns the name of the origin for the log.
    fn shown(&self) -> String {
        match self {
            Self::Files(location) | Self::Vault(location) => location.clone(),
            Self::Source(namespace) => format!("the source of `{namespace}`"),
        }
    }
}

/// The values that have been read from one origin, and when to read them again.
struct Reading {
    origin: Origin,
    values: HashMap<String, SecretString>,
    /// The kinds of the other values, which are not strings: `an array`.
    others: HashMap<String, &'static str>,
    /// The keys that are used. A read from Vault also returns the other keys of the path.
    used_keys: Vec<String>,
    /// When it was read last.
    read_at: Instant,
    /// Whether its values have a lease; each read then creates a new one.
    is_leased: bool,
    /// The state of its files.
    stamp: Option<Stamp>,
    /// When it is read again; `None` if only a refusal by an API causes another read.
    due: Option<Instant>,
    /// When a refusal by an API last caused a read.
    demanded: Option<Instant>,
    /// The minimum time between two reads after refusals. It doubles with each read that finds no change, or only a new lease.
    pause: Duration,
    /// Held while it is read, and until its values are in use.
    busy: Arc<tokio::sync::Mutex<()>>,
    /// The last problem, which is logged once.
    problem: Option<String>,
}

/// The values of one read.
#[derive(Default)]
struct ReadValues {
    values: HashMap<String, SecretString>,
    /// The kinds of the other values, which are not strings: `an array`.
    others: HashMap<String, &'static str>,
    stamp: Option<Stamp>,
    /// How long they are used before they are read again; `None` if only a refusal by an API causes another read.
    use_for: Option<Duration>,
    /// Whether they have a lease, which the next read does not renew.
    is_leased: bool,
}

/// The values that have been read for a client's binds, and what is needed to read them again.
pub(crate) struct SecretStore {
    folder: Option<PathBuf>,
    confined: bool,
    sources: Vec<(String, Arc<dyn DynSecretSource>)>,
    vault: Vault,
    /// The files that have been read at startup.
    files: Mutex<Locations>,
    readings: Mutex<Vec<Reading>>,
    /// The objects that are derived from the values, and renewed after a change.
    derived: Mutex<Vec<Weak<dyn Renew>>>,
    is_watched: AtomicBool,
    /// Held while the derived values are renewed.
    renewing: tokio::sync::Mutex<()>,
}

impl Reading {
    /// Notes that a key is used.
    fn note_use(&mut self, key: &str) {
        if !self.used_keys.iter().any(|used| used == key) {
            self.used_keys.push(key.to_owned());
        }
    }
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
            readings: Mutex::default(),
            derived: Mutex::default(),
            is_watched: AtomicBool::default(),
            renewing: tokio::sync::Mutex::default(),
        }
    }

    /// Returns where the values of a bind come from; `None` for the environment.
    fn origin(&self, bind: &Bind) -> Option<Origin> {
        if self.sources.iter().any(|(namespace, _)| *namespace == bind.namespace) {
            return Some(Origin::Source(bind.namespace.clone()));
        }
        let location = bind.location.clone()?;
        Some(if vault::is_vault(&location) { Origin::Vault(location) } else { Origin::Files(location) })
    }

    /// Returns whether the values of a bind come from this store, not from the environment.
    pub(crate) fn has(&self, bind: &Bind) -> bool {
        self.origin(bind).is_some()
    }

    /// Returns whether a user's source sets the values of a bind.
    pub(crate) fn has_source(&self, bind: &Bind) -> bool {
        matches!(self.origin(bind), Some(Origin::Source(_)))
    }

    /// Returns whether reading a bind needs neither the network nor a user's source: it reads files, or is refused.
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

    /// Returns how to set a key that has been read and has no value.
    pub(crate) fn remedy(&self, bind: &Bind, key: &str) -> String {
        match self.origin(bind) {
            Some(Origin::Files(location)) => lock(&self.files).remedy(&location, key),
            Some(Origin::Vault(_)) | None => "add it to that secret in Vault".to_owned(),
            Some(Origin::Source(_)) => "return it from that source".to_owned(),
        }
    }

    /// Returns the value of a bind's key; `None` if the value is missing or empty. A key that has not been read yet is read now.
    ///
    /// # Errors
    /// Returns an error if the key cannot be read. The message contains no value.
    pub(crate) fn value(&self, bind: &Bind, key: &str) -> Result<Option<SecretString>, String> {
        let Some(origin) = self.origin(bind) else { return Ok(None) };
        {
            let mut read = lock(&self.readings);
            if let Some(known) = read.iter_mut().find(|reading| reading.origin == origin) {
                if let Some(value) = known.values.get(key).cloned() {
                    known.note_use(key);
                    return Ok(Some(value));
                }
                if matches!(origin, Origin::Vault(_)) {
                    let other = known.others.get(key).map(|found| origin.not_a_text(key, found));
                    return other.map_or(Ok(None), Err);
                }
            }
        }
        let described = |why: String| match &origin {
            Origin::Files(_) => why,
            _ => format!("{}: {why}", origin.name(key)),
        };
        let values = self.read_first(&origin, key).map_err(described)?;
        let value = values.values.get(key).cloned();
        let other = values.others.get(key).map(|found| origin.not_a_text(key, found));
        if !values.values.is_empty() || !values.others.is_empty() {
            self.keep(origin, key, values);
        }
        match (value, other) {
            (None, Some(why)) => Err(why),
            (value, _) => Ok(value),
        }
    }

    /// Reads a key for the first time, while the program waits.
    fn read_first(&self, origin: &Origin, key: &str) -> Result<ReadValues, String> {
        match origin {
            Origin::Files(location) => {
                let mut files = lock(&self.files);
                let stamp = files.stamp(location, &[key.to_owned()]);
                let value = files.value(location, key)?;
                let values = value.map(|value| (key.to_owned(), value)).into_iter().collect();
                Ok(ReadValues { values, stamp, use_for: Some(CHECK_INTERVAL), ..ReadValues::default() })
            }
            Origin::Vault(location) => {
                self.check_vault(location)?;
                let (vault, location) = (self.vault.clone(), location.clone());
                let reading = async move { vault.read(&location).await };
                background::wait(reading, READ_LIMIT)?
            }
            Origin::Source(namespace) => {
                let source = self.source(namespace);
                let key = key.to_owned();
                background::wait(async move { refresh::read_source(source, &[key]).await }, READ_LIMIT)?
            }
        }
    }

    fn check_vault(&self, location: &str) -> Result<(), String> {
        if self.confined {
            return Err(format!(
                "a document may not read {location}; allow it with `--allow-location-outside`, or in Rust with \
                 `Settings::allow_location_outside`"
            ));
        }
        Ok(())
    }

    fn source(&self, namespace: &str) -> Option<Arc<dyn DynSecretSource>> {
        self.sources.iter().rfind(|(own, _)| own == namespace).map(|(_, source)| source.clone())
    }

    /// Stores values that have been read for the first time.
    fn keep(&self, origin: Origin, key: &str, values: ReadValues) {
        let now = Instant::now();
        // A lifetime that is too long for an `Instant` is treated as endless.
        let due = values.use_for.and_then(|use_for| now.checked_add(use_for));
        let mut read = lock(&self.readings);
        if let Some(known) = read.iter_mut().find(|reading| reading.origin == origin) {
            known.values.extend(values.values);
            known.others.extend(values.others);
            known.due = known.due.into_iter().chain(due).min();
            // The stamp of one key does not say when the others changed: all of them are compared at the next check.
            known.stamp = None;
            known.note_use(key);
        } else {
            let ReadValues { values, others, stamp, is_leased, .. } = values;
            let (used_keys, demanded, problem) = (vec![key.to_owned()], None, None);
            let (pause, busy) = (MIN_PAUSE, Arc::default());
            read.push(Reading {
                origin,
                values,
                others,
                used_keys,
                read_at: now,
                is_leased,
                stamp,
                due,
                demanded,
                pause,
                busy,
                problem,
            });
        }
    }

    /// Returns whether anything has been read that can change.
    pub(crate) fn is_used(&self) -> bool {
        !lock(&self.readings).is_empty()
    }
}

impl SecretState for SecretStore {
    fn unreadable(&self) -> Vec<String> {
        let readings = lock(&self.readings);
        readings.iter().filter(|reading| reading.problem.is_some()).map(|reading| reading.origin.shown()).collect()
    }
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
