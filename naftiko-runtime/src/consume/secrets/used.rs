//! The values that the requests to one API use, and their origins.

use super::{Origin, SecretStore};
use naftiko_spec::model::Bind;
use secrecy::{ExposeSecret, SecretString};

/// The values of binds that an API uses in all its requests, or that the constants of its operations use.
#[derive(Default, Clone)]
pub(crate) struct UsedSecrets(Vec<(Origin, SecretString)>);

impl UsedSecrets {
    /// Returns the value of a bind's key from the store, and records its use.
    ///
    /// # Errors
    /// Returns an error if the value cannot be read.
    pub(crate) fn read(&mut self, store: &SecretStore, bind: &Bind, key: &str) -> Result<Option<SecretString>, String> {
        let value = store.value(bind, key)?;
        self.0.extend(store.origin(bind).zip(value.clone()));
        Ok(value)
    }

    /// Adds the values that `other` has recorded.
    pub(crate) fn add(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    /// Returns whether no value that can change has been recorded.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether `other` has the same values, in the same order.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let is_same = |((_, one), (_, other)): (&(Origin, SecretString), &(Origin, SecretString))| {
            one.expose_secret() == other.expose_secret()
        };
        self.0.len() == other.0.len() && self.0.iter().zip(&other.0).all(is_same)
    }

    /// Returns the origins of the values, each once.
    pub(super) fn origins(&self) -> Vec<Origin> {
        let mut origins: Vec<Origin> = Vec::new();
        for (origin, _) in &self.0 {
            if !origins.contains(origin) {
                origins.push(origin.clone());
            }
        }
        origins
    }
}
