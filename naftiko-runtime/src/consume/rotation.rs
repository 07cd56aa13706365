//! The calls of a client, prepared again when the secrets in them have changed.

use super::context::ClientContext;
use super::ready::ReadyCall;
use super::secrets::SecretStore;
use super::upstream_call::UpstreamCall;
use crate::error::Result;
use crate::operation::Renew;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

/// The calls of a client, prepared with the same values.
pub(crate) struct Generation {
    /// Its number; the calls that a client was built with have the number 0, and are not kept here.
    pub(crate) number: u64,
    pub(crate) context: Arc<ClientContext>,
    /// The calls, by their number.
    pub(crate) calls: Vec<Arc<ReadyCall>>,
    /// The calls of forwarded requests, by their number.
    #[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents forward"))]
    pub(crate) forwards: Vec<Arc<UpstreamCall>>,
}

/// Prepares the calls of a client again.
pub(crate) type Prepare = Box<dyn Fn(u64) -> Result<Generation> + Send + Sync>;

/// The current generation of a client's calls.
pub(crate) struct Rotation {
    store: Arc<SecretStore>,
    /// The current generation; `None` while no secret has changed.
    current: RwLock<Option<Arc<Generation>>>,
    prepare: Prepare,
    /// When the last read after a refusal began. Held while it runs.
    refused: tokio::sync::Mutex<Option<Instant>>,
}

impl Rotation {
    /// Creates a rotation, which renews the calls when a value in the store changes.
    pub(crate) fn new(store: Arc<SecretStore>, prepare: Prepare) -> Arc<Self> {
        let (current, refused) = Default::default();
        let rotation = Arc::new(Self { store, current, prepare, refused });
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

    /// Reads the secrets again, because an API has refused those of the generation with that number. Returns a newer generation, if
    /// there is one. One read serves all calls that wait for it.
    pub(crate) async fn after_refusal(&self, number: u64) -> Option<Arc<Generation>> {
        let newer = || self.current().filter(|current| current.number > number);
        let now = Instant::now();
        if let Some(newer) = newer() {
            return Some(newer);
        }
        let mut last = self.refused.lock().await;
        if last.is_none_or(|last| last < now) && newer().is_none() {
            *last = Some(Instant::now());
            self.store.refresh_now().await;
        }
        newer()
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
