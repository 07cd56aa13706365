//! Prepares the calls of a client again when secrets in them have changed.

use super::context::ClientContext;
use super::ready::ReadyCall;
use super::secrets::{SecretStore, UsedSecrets};
use super::upstream::Upstream;
use super::upstream_call::UpstreamCall;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Renew;
use http::StatusCode;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

/// The calls of a client, prepared with the same values.
pub(crate) struct Generation {
    /// Its number. The calls that a client was built with have the number 0; there is no `Generation` for them.
    pub(crate) number: u64,
    pub(crate) context: Arc<ClientContext>,
    /// The consumed APIs.
    pub(crate) upstreams: Vec<Arc<Upstream>>,
    pub(crate) constants: Arc<ConstantSecrets>,
    /// The calls, by their number.
    pub(crate) calls: Vec<Arc<ReadyCall>>,
    /// The calls of forwarded requests, by their number.
    #[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents forward"))]
    pub(crate) forwards: Vec<Arc<UpstreamCall>>,
}

/// The secrets in constants of operations, if the secrets can change, by the namespace of the API that they are sent to.
pub(crate) type ConstantSecrets = HashMap<String, UsedSecrets>;

/// The function that prepares the calls of a client again. Its argument is the number of the new generation.
pub(crate) type Prepare = Box<dyn Fn(u64) -> Result<Generation> + Send + Sync>;

/// The time at which the last read of secrets after a refusal by an API began. The lock is held while the secrets are read.
type RefusedRead = Arc<tokio::sync::Mutex<Option<Instant>>>;

/// The current generation of a client's calls.
pub(crate) struct Rotation {
    store: Arc<SecretStore>,
    /// The current generation; `None` while no secret has changed.
    current: RwLock<Option<Arc<Generation>>>,
    /// The values in the constants of the calls that the client was built with.
    first: Arc<ConstantSecrets>,
    prepare: Prepare,
    /// The last reads after refusals, by the namespace of the API.
    refused: Mutex<HashMap<String, RefusedRead>>,
}

impl Rotation {
    /// Creates a rotation, which renews the calls when a value in the store changes.
    pub(crate) fn new(store: Arc<SecretStore>, first: Arc<ConstantSecrets>, prepare: Prepare) -> Arc<Self> {
        let (current, refused) = (RwLock::default(), Mutex::default());
        let rotation = Arc::new(Self { store, current, first, prepare, refused });
        let renewed: Arc<dyn Renew> = rotation.clone();
        rotation.store.watch(Arc::downgrade(&renewed));
        rotation
    }

    /// Returns the rotation of a client; `None` if its secrets cannot change.
    pub(crate) fn of(context: &ClientContext) -> Option<&Self> {
        context.rotation.get()?.downcast_ref()
    }

    /// Returns the current generation; `None` for the calls that the client was built with.
    pub(crate) fn current(&self) -> Option<Arc<Generation>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the values in the constants of an API's operations, as they are in a generation; `None` if the API has no such values.
    fn constants<'a>(&'a self, generation: Option<&'a Generation>, upstream: &Upstream) -> Option<&'a UsedSecrets> {
        generation.map_or(&self.first, |generation| &generation.constants).get(&upstream.namespace)
    }

    /// Returns whether an error may be about a secret of an API, as it was in a generation: about its credential, or, if the API
    /// has no credential, about a constant header or parameter.
    pub(crate) fn is_refusal(&self, generation: Option<&Generation>, upstream: &Upstream, error: &Error) -> bool {
        let has_secrets = || !upstream.secrets.is_empty() || self.constants(generation, upstream).is_some();
        match error.kind() {
            ErrorKind::Credential => true,
            ErrorKind::Upstream => {
                upstream.credential.is_none() && error.status() == StatusCode::UNAUTHORIZED && has_secrets()
            }
            _ => false,
        }
    }

    /// Reads the secrets of an API again, because the API has refused its secrets in `generation` (`None` for the calls that the client
    /// was built with). Returns whether the secrets have changed. One read serves all calls that wait for it.
    pub(crate) async fn after_refusal(&self, generation: Option<&Generation>, refused: &Upstream) -> bool {
        let constants = self.constants(generation, refused);
        let number = generation.map_or(0, |generation| generation.number);
        let has_new_secrets =
            |new: &Arc<Upstream>| new.namespace == refused.namespace && !new.secrets.is_same(&refused.secrets);
        let has_new_constants = |new: &Generation| match (new.constants.get(&refused.namespace), constants) {
            (Some(new), Some(old)) => !new.is_same(old),
            (new, old) => new.is_some() != old.is_some(),
        };
        let has_changed = || {
            let newer = self.current().filter(|current| current.number > number);
            newer.is_some_and(|new| new.upstreams.iter().any(has_new_secrets) || has_new_constants(&new))
        };
        let now = Instant::now();
        if has_changed() {
            return true;
        }
        let last = {
            let mut all = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(refused.namespace.clone()).or_default().clone()
        };
        let mut last = last.lock().await;
        if last.is_none_or(|last| last < now) && !has_changed() {
            *last = Some(Instant::now());
            let used: Vec<_> = std::iter::once(&*refused.secrets).chain(constants).collect();
            self.store.refresh_now(&used).await;
        }
        has_changed()
    }
}

impl Renew for Rotation {
    fn renew(&self) {
        let number = self.current().map_or(0, |current| current.number) + 1;
        match (self.prepare)(number) {
            Ok(generation) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(generation));
            }
            Err(error) => tracing::warn!(%error, "the changed secrets cannot be used; the previous ones stay in use"),
        }
    }
}
