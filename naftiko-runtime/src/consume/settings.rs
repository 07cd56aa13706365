//! The settings of a client: from code, from the command line, or the defaults.

use super::layers::ReplicaState;
use super::layers::authentication::Credentials;
use super::layers::user::UserLayer;
use super::pool;
use super::secrets::{DynSecretSource, SecretStore};
use super::transport::Transport;
use crate::error::Result;
use crate::operation::CallerValues;
use crate::setup::Setup;
use crate::store::SharedStore;
use naftiko_spec::host::without_credentials;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The settings of a client.
#[derive(Clone)]
pub(crate) struct ClientSettings {
    /// The base URI of the first consumed API.
    pub(crate) base_uri: Option<String>,
    /// Base URIs of consumed APIs, by namespace.
    pub(crate) base_uris: Vec<(String, String)>,
    /// Variables of base URIs, by name.
    pub(crate) variables: Vec<(String, String)>,
    /// Variables that `binds` declares, by `NAME` or `namespace.NAME`.
    pub(crate) binds: Vec<(String, SecretString)>,
    pub(crate) timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) max_answer: usize,
    pub(crate) stream_idle: Duration,
    /// The user's own HTTP client.
    #[cfg(feature = "reqwest")]
    pub(crate) http: Option<reqwest::Client>,
    /// The folder that relative `location`s of binds are resolved against; if `None`, the working directory of the
    /// process.
    pub(crate) folder: Option<PathBuf>,
    /// Whether `location`s outside that folder are refused: a document can come from an untrusted source, a trait
    /// cannot.
    pub(crate) confined: bool,
    /// Whether hosts that the document names must have public addresses; the hosts of a trait are its author's choice.
    pub(crate) public_only: bool,
    /// Whether the operator allows private addresses everywhere.
    pub(crate) allows_private: bool,
    /// How a user can set missing values; printed as help.
    pub(crate) help: &'static str,
    /// Options from the command line.
    pub(crate) setup: Setup,
    /// The store that replicas share. It takes precedence over the store of the program, in `setup`.
    pub(crate) store: Option<SharedStore>,
    /// The user's own layers, the outermost first.
    pub(crate) layers: Vec<UserLayer>,
    /// The user's own credentials, each for the API with this namespace, or for all APIs if it is `None`. The last match applies.
    pub(crate) authenticate: Vec<(Option<String>, Arc<dyn Credentials>)>,
    /// The user's own sources of secrets, each for the bind with this namespace. The last one applies.
    pub(crate) secrets: Vec<(String, Arc<dyn DynSecretSource>)>,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            base_uri: None,
            base_uris: Vec::new(),
            variables: Vec::new(),
            binds: Vec::new(),
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            max_answer: 16 * 1024 * 1024,
            stream_idle: Duration::from_secs(300),
            #[cfg(feature = "reqwest")]
            http: None,
            folder: None,
            confined: false,
            public_only: false,
            allows_private: false,
            help: "set missing values in the environment, or on the client's builder (`bind`, `variable`, `base_uri`)",
            setup: Setup::default(),
            store: None,
            layers: Vec::new(),
            authenticate: Vec::new(),
            secrets: Vec::new(),
        }
    }
}

impl ClientSettings {
    /// Adds the settings to a debug text: the base URIs without credentials, and the names of variables and binds, whose values can be
    /// secret.
    pub(crate) fn show(&self, shown: &mut fmt::DebugStruct<'_, '_>) {
        let base_uri = self.base_uri.as_deref().map(without_credentials);
        let base_uris = self.base_uris.iter().map(|(namespace, uri)| (namespace, without_credentials(uri)));
        shown
            .field("base_uri", &base_uri)
            .field("base_uris", &base_uris.collect::<Vec<_>>())
            .field("variables", &self.variables.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("binds", &self.binds.iter().map(|(name, _)| name).collect::<Vec<_>>());
    }

    /// Applies the options of the command line.
    pub(crate) fn set_up(&mut self, setup: &Setup) {
        self.setup.upstreams.clone_from(&setup.upstreams);
        self.setup.store.clone_from(&setup.store);
        if setup.dry_run.is_some() {
            self.setup.dry_run.clone_from(&setup.dry_run);
        }
    }

    /// Returns the state that replicas share; `None` without a store.
    pub(super) fn replicas(&self) -> Option<ReplicaState> {
        let store = self.store.clone().or_else(|| self.setup.store.clone())?;
        #[cfg(feature = "reqwest")]
        let has_own_client = self.http.is_some();
        #[cfg(not(feature = "reqwest"))]
        let has_own_client = false;
        Some(ReplicaState { store, has_own_client })
    }

    /// Returns the values for the variables in the `authentication` of adapters.
    pub(crate) fn caller_values(&self, store: &Arc<SecretStore>) -> CallerValues {
        let binds = self.binds.iter().map(|(name, value)| (name.clone(), value.expose_secret().to_owned()));
        let allows_private = self.allows_private;
        CallerValues { binds: binds.collect(), stored: Some(Arc::new(store.clone())), allows_private }
    }

    /// Creates the store of the values of binds.
    pub(crate) fn secret_store(&self) -> Arc<SecretStore> {
        Arc::new(SecretStore::new(self.folder.clone(), self.confined, self.secrets.clone()))
    }

    /// Returns the transport of a client; `None` in a dry run, unless the user passed in an HTTP client.
    pub(super) fn transport(&self) -> Result<Option<Arc<Transport>>> {
        #[cfg(feature = "reqwest")]
        if let Some(client) = &self.http {
            return Ok(Some(Arc::new(Transport::Reqwest(client.clone()))));
        }
        if self.setup.dry_run.is_some() {
            return Ok(None);
        }
        pool::transport(self.connect_timeout, false).map(Some)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::setup::DryRun;

    #[test]
    fn a_dry_run_creates_no_transport() {
        let mut settings = ClientSettings::default();
        assert!(settings.transport().unwrap().is_some());
        settings.setup.dry_run = Some(DryRun::default());
        assert!(settings.transport().unwrap().is_none());
    }
}
