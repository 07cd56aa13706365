//! Settings of a document: base URIs, values, limits.

use crate::consume::authenticate::{Authenticate, UserCredentials};
use crate::consume::layers::user::{ApiService, BoxError, RequestBody, UserLayer};
use crate::consume::secrets::SecretSource;
use crate::consume::settings::ClientSettings;
use crate::setup::{DryRun, Setup};
use crate::store::{SharedStore, Store};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use naftiko_spec::model::Document;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tower_layer::Layer;
use tower_service::Service;

/// Settings of a document's upstream calls. Values that are not set are read from the `location`s of its binds, or from
/// the environment.
#[derive(Clone)]
pub struct Settings {
    pub(super) client: ClientSettings,
}

impl Default for Settings {
    fn default() -> Self {
        let help = "set missing values in the environment; with `--upstream NAMESPACE=URL`, or in Rust with `Settings::upstream`, an API \
                    needs no variables for its base URI";
        Self { client: ClientSettings { help, confined: true, public_only: true, ..ClientSettings::default() } }
    }
}

impl Settings {
    /// Sets the base URI of the consumed API with the given namespace. The variables of the replaced base URI are then not
    /// needed.
    #[must_use]
    pub fn upstream(mut self, namespace: impl Into<String>, uri: impl Into<String>) -> Self {
        self.client.base_uris.push((namespace.into(), uri.into()));
        self
    }

    /// Sets a variable that `binds` declares. The name is `NAME` or `namespace.NAME`.
    #[must_use]
    pub fn bind(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.client.binds.push((name.into(), value.into().into()));
        self
    }

    /// Sets a variable of a base URI: `tenant_id` for `[tenant_id]` or `{tenant_id}`.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.client.variables.push((name.into(), value.into()));
        self
    }

    /// Sets the folder of the document's file: relative `location`s are resolved against it.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.client.folder = Some(folder.into());
        self
    }

    /// Allows `location`s to name files outside the folder of the document, by an absolute path or by a link.
    ///
    /// Don't allow this for untrusted documents: they could send files of this machine to their upstream or to callers.
    #[must_use]
    pub fn allow_location_outside(mut self) -> Self {
        self.client.confined = false;
        self
    }

    /// Allows the document to name hosts with private, loopback and link-local addresses.
    ///
    /// Without this, a host that the document names (in `baseUri` or a token URL) must have a public address when it is
    /// resolved; private addresses of a name are left out. IP addresses and `localhost`, written literally
    /// in the document, are allowed, except for link-local addresses, such as a cloud's metadata service. Hosts that you set
    /// ([`upstream`](Self::upstream), variables) are allowed too. Hosts are not checked if a proxy resolves their names, or if
    /// you set your own HTTP client.
    #[must_use]
    pub fn allow_private(mut self) -> Self {
        self.client.public_only = false;
        self.client.allows_private = true;
        self
    }

    /// Sets the folder of the document's file, if none is set.
    pub(super) fn or_folder(mut self, folder: &std::path::Path) -> Self {
        self.client.folder.get_or_insert_with(|| folder.to_owned());
        self
    }

    /// Sets the time limit of a call, from its start to the last byte of the answer, for operations without a `timeout`. The default is
    /// 30 seconds. For a file, the limit applies to each chunk once the answer has begun.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.client.timeout = limit;
        self
    }

    /// Sets the time limit for connecting, TLS included. The default is 5 seconds.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.client.connect_timeout = limit;
        self
    }

    /// Sets the maximum size of an answer, or of an item of a stream, in bytes. The default is 16 MiB. A file that is passed on as
    /// it arrives has no maximum size.
    #[must_use]
    pub fn max_answer(mut self, bytes: usize) -> Self {
        self.client.max_answer = bytes;
        self
    }

    /// Sets how long a stream of items can send nothing, not even a comment. The default is 5 minutes. The time limit of
    /// a call only applies until the stream begins.
    #[must_use]
    pub fn stream_idle(mut self, limit: Duration) -> Self {
        self.client.stream_idle = limit;
        self
    }

    /// Sets the HTTP client that sends the requests (feature `reqwest`). It must not follow redirects.
    #[cfg(feature = "reqwest")]
    #[must_use]
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.client.http = Some(client);
        self
    }

    /// Sets a store that replicas share: a `rate_limit` then counts the calls of all replicas, and `cache` keeps its answers in the
    /// store. It replaces the store of the program. Without a store, each client has its own counts and its own cache. See the
    /// [guide](https://docs.rs/naftiko/latest/naftiko/guide/deployment/index.html#replicas).
    #[must_use]
    pub fn store(mut self, store: impl Store) -> Self {
        self.client.store = Some(SharedStore::new(Arc::new(store)));
        self
    }

    /// Sets the code that adds your own credentials to all requests, instead of the document's `authentication`.
    #[must_use]
    pub fn authenticate(mut self, credentials: impl Authenticate) -> Self {
        self.client.authenticate.push((None, Arc::new(UserCredentials::new(credentials))));
        self
    }

    /// Sets the code that adds your own credentials to the requests to the API with the given namespace.
    #[must_use]
    pub fn authenticate_of(mut self, namespace: impl Into<String>, credentials: impl Authenticate) -> Self {
        self.client.authenticate.push((Some(namespace.into()), Arc::new(UserCredentials::new(credentials))));
        self
    }

    /// Sets your own source of the values of the bind with the given namespace, instead of its `location` or the environment.
    #[must_use]
    pub fn secrets(mut self, namespace: impl Into<String>, source: impl SecretSource) -> Self {
        self.client.secrets.push((namespace.into(), Arc::new(source)));
        self
    }

    /// Returns whether values of a document can change after the start.
    pub(super) fn may_change(&self, document: &Document) -> bool {
        !self.client.secrets.is_empty() || document.all_binds().iter().any(|bind| bind.location.is_some())
    }

    /// Adds a tower layer of your own, as [`ClientBuilder::layer`](crate::ClientBuilder::layer) does.
    #[must_use]
    pub fn layer<L, B>(mut self, layer: L) -> Self
    where
        L: Layer<ApiService> + Send + Sync + 'static,
        L::Service: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request<RequestBody>>>::Error: Into<BoxError>,
        <L::Service as Service<Request<RequestBody>>>::Future: Send,
        B: Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<BoxError>,
    {
        self.client.layers.push(UserLayer::new(layer));
        self
    }

    /// Applies the client options of the program's command line; [`run`](crate::run) passes them to the function that
    /// it calls.
    #[must_use]
    pub fn setup(mut self, setup: &Setup) -> Self {
        self.client.set_up(setup);
        self
    }

    /// Records requests in `record`, with secrets hidden, instead of sending them. Variables can then be missing.
    #[must_use]
    pub fn dry_run(mut self, record: DryRun) -> Self {
        self.client.setup.dry_run = Some(record);
        self
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Settings");
        self.client.show(&mut shown);
        shown.field("folder", &self.client.folder).field("dry_run", &self.client.setup.dry_run).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
