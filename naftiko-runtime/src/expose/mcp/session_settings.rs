//! The settings of a session: its log level, and the resources that its client has subscribed to.

use super::session_records::{CancelledRequest, ClientChoices, RENEWAL, SessionRecord, SessionRecords};
use crate::error::{Error, Result};
use crate::operation::LogLevel;
use http::StatusCode;
use rmcp::transport::streamable_http_server::session::SessionId;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::time::Instant;

/// The maximum number of resources that one session can subscribe to.
const MAX_RESOURCES: usize = 1024;

/// The maximum length of the URIs of these resources together, in bytes.
const MAX_URIS: usize = 32 * 1024;

/// The settings of one session, or of one client over pipes.
#[derive(Default)]
pub(super) struct SessionSettings {
    /// The choices of the client, as far as this process knows them.
    choices: Mutex<ClientChoices>,
    /// The session in the store, if it is there. Other replicas can change it.
    stored: OnceLock<StoredSession>,
    /// When this process last renewed the session in the store.
    renewed: Mutex<Option<Instant>>,
    /// The cancellations that the store had when this process took the session over.
    cancelled: Vec<CancelledRequest>,
}

/// One session in the store.
pub(super) struct StoredSession {
    pub(super) records: Arc<SessionRecords>,
    pub(super) id: SessionId,
}

impl SessionSettings {
    /// Creates the settings of a session that is in the store.
    pub(super) fn of(record: SessionRecord, stored: StoredSession) -> Self {
        let settings = Self { cancelled: record.cancelled.clone(), ..Self::default() };
        settings.refresh(record);
        settings.store_as(stored);
        settings
    }

    /// Records that the session is in the store now.
    pub(super) fn store_as(&self, stored: StoredSession) {
        // A session is stored once.
        let _ = self.stored.set(stored);
    }

    /// Returns the session in the store, if it is there.
    pub(super) fn stored(&self) -> Option<&StoredSession> {
        self.stored.get()
    }

    /// Returns the cancellations that were older than this process's copy of the session.
    pub(super) fn earlier_cancellations(&self) -> &[CancelledRequest] {
        &self.cancelled
    }

    fn choices(&self) -> MutexGuard<'_, ClientChoices> {
        self.choices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the choices of the client with those in a record from the store.
    pub(super) fn refresh(&self, record: SessionRecord) {
        *self.choices() = record.choices;
    }

    /// Notes that the session is renewed in the store now, or will be at once.
    pub(super) fn note_renewal(&self) {
        *self.renewed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Returns whether it is time to renew the session in the store.
    pub(super) fn is_due(&self) -> bool {
        let renewed = self.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        renewed.is_none_or(|renewed| renewed.elapsed() >= RENEWAL)
    }

    /// Renews the session in the store. Returns `false` if it has been removed there. If the store fails, the session continues.
    pub(super) async fn renew(&self) -> bool {
        let Some(stored) = self.stored.get() else { return true };
        self.note_renewal();
        match stored.records.change(&stored.id, |_| ()).await {
            Ok(Some((record, ()))) => {
                self.refresh(record);
                true
            }
            Ok(None) => false,
            Err(error) => {
                tracing::debug!(%error, "a session cannot be renewed in the store");
                true
            }
        }
    }

    pub(super) fn level(&self) -> LogLevel {
        self.choices().level
    }

    /// Returns whether this process knows that the client has subscribed to a resource. It may have done so in another replica.
    pub(super) fn has(&self, uri: &str) -> bool {
        self.choices().resources.contains(uri)
    }

    /// Returns whether another replica may have changed the settings.
    pub(super) fn may_have_changed(&self) -> bool {
        self.stored.get().is_some()
    }

    /// Reads the settings from the store. If the store fails, they stay as they are.
    pub(super) async fn reread(&self) {
        let Some(stored) = self.stored.get() else { return };
        match stored.records.get(&stored.id).await {
            Ok(record) => record.into_iter().for_each(|record| self.refresh(record)),
            Err(error) => tracing::debug!(%error, "a session cannot be read from the store"),
        }
    }

    pub(super) async fn set_level(&self, level: LogLevel) -> Result<()> {
        self.change(|choices| choices.level = level).await
    }

    /// Adds a resource; returns `false` if there are too many.
    pub(super) async fn subscribe(&self, uri: String) -> Result<bool> {
        let add = |ClientChoices { resources, .. }: &mut ClientChoices| {
            let length = resources.iter().map(String::len).fold(uri.len(), usize::saturating_add);
            let has_room = resources.contains(&uri) || (resources.len() < MAX_RESOURCES && length <= MAX_URIS);
            if has_room {
                resources.insert(uri);
            }
            has_room
        };
        self.change(add).await
    }

    /// Removes a resource.
    pub(super) async fn unsubscribe(&self, uri: &str) -> Result<()> {
        self.change(|choices| _ = choices.resources.remove(uri)).await
    }

    /// Changes the choices of the client, also in the store.
    async fn change<T>(&self, change: impl FnOnce(&mut ClientChoices) -> T) -> Result<T> {
        let Some(stored) = self.stored.get() else { return Ok(change(&mut self.choices())) };
        let changed = stored.records.change(&stored.id, |record| change(&mut record.choices)).await?;
        let (record, changed) = changed.ok_or_else(|| {
            Error::new(StatusCode::NOT_FOUND, "the session has ended; send `initialize` to begin a new one")
        })?;
        self.refresh(record);
        Ok(changed)
    }
}
