//! Notifies clients of changes to lists, and to resources that they have subscribed to.

use super::session_settings::SessionSettings;
use crate::operation::{Change, ProgramShutdown};
use futures_util::future::{Either, select};
use rmcp::RoleServer;
use rmcp::model::{ResourceUpdatedNotificationParam, SubscriptionFilter};
use rmcp::service::{Peer, SubscriptionContext};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::broadcast;

/// The maximum number of pending changes of a client. If there are more, a subscription loses the older ones, and a session the
/// newer ones.
const MAX_PENDING: usize = 64;

/// The maximum number of changed resources for which a session waits to know whether its client has subscribed to them.
const MAX_UNCONFIRMED: usize = 4096;

/// The clients to notify.
pub(super) struct Changes {
    feed: broadcast::Sender<Change>,
    sessions: Mutex<Vec<Listener>>,
}

/// A session of a revision up to 2025-11-25.
#[derive(Clone)]
struct Listener {
    peer: Peer<RoleServer>,
    settings: Arc<SessionSettings>,
    /// The number of notifications that the client has not read.
    pending: Arc<AtomicUsize>,
    /// The changed resources to which the client may have subscribed in another replica; `None` unless the store is being asked.
    unconfirmed: Arc<Mutex<Option<Vec<String>>>>,
    /// The runtime of the session. Changes may be announced on a thread without a runtime.
    runtime: Handle,
}

/// A pending notification of a session.
struct PendingNotification(Arc<AtomicUsize>);

impl PendingNotification {
    /// Counts a notification until it is dropped; `None` if the client has too many already.
    fn of(pending: &Arc<AtomicUsize>) -> Option<Self> {
        let counted = Self(pending.clone());
        (pending.fetch_add(1, Ordering::Relaxed) < MAX_PENDING).then_some(counted)
    }
}

impl Drop for PendingNotification {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Listener {
    /// Notifies the client of a change. A change to a resource is sent only if the client has subscribed to that
    /// resource.
    fn notify(&self, change: &Change) {
        match change {
            Change::Resource(uri) if !self.settings.has(uri) => self.ask_store(uri),
            _ => self.send(change.clone()),
        }
    }

    /// Notifies the client of a change to a resource if the store says that it has subscribed to it. All changes that happen
    /// while the store is asked share the next answer.
    fn ask_store(&self, uri: &str) {
        if !self.settings.may_have_changed() {
            return;
        }
        {
            let mut unconfirmed = self.unconfirmed();
            match &mut *unconfirmed {
                Some(uris) if uris.len() < MAX_UNCONFIRMED => return uris.push(uri.to_owned()),
                Some(_) => return,
                None => *unconfirmed = Some(vec![uri.to_owned()]),
            }
        }
        let listener = self.clone();
        self.runtime.spawn(async move {
            loop {
                let uris = {
                    let mut unconfirmed = listener.unconfirmed();
                    let uris = unconfirmed.as_mut().map(std::mem::take).unwrap_or_default();
                    if uris.is_empty() {
                        *unconfirmed = None;
                        return;
                    }
                    uris
                };
                listener.settings.reread().await;
                for uri in uris.into_iter().filter(|uri| listener.settings.has(uri)) {
                    listener.send(Change::Resource(uri));
                }
            }
        });
    }

    fn unconfirmed(&self) -> MutexGuard<'_, Option<Vec<String>>> {
        self.unconfirmed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a notification, unless the client has too many already: a client that reads nothing must not make them pile up.
    fn send(&self, change: Change) {
        let Some(pending) = PendingNotification::of(&self.pending) else { return };
        let peer = self.peer.clone();
        self.runtime.spawn(async move {
            let _pending = pending;
            let sent = match change {
                Change::Tools => peer.notify_tool_list_changed().await,
                Change::Prompts => peer.notify_prompt_list_changed().await,
                Change::Resources => peer.notify_resource_list_changed().await,
                Change::Resource(uri) => peer.notify_resource_updated(ResourceUpdatedNotificationParam::new(uri)).await,
            };
            if let Err(error) = sent {
                tracing::debug!(%error, "a client cannot be notified of a change");
            }
        });
    }
}

impl Default for Changes {
    fn default() -> Self {
        Self { feed: broadcast::channel(MAX_PENDING).0, sessions: Mutex::default() }
    }
}

impl Changes {
    /// Adds a session, and removes closed sessions. A client may send `notifications/initialized` more than once: its session is
    /// added once.
    pub(super) fn add(&self, peer: Peer<RoleServer>, settings: Arc<SessionSettings>) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|listener| !listener.peer.is_transport_closed());
        if sessions.iter().any(|listener| Arc::ptr_eq(&listener.settings, &settings)) {
            return;
        }
        let (pending, unconfirmed, runtime) = (Arc::default(), Arc::default(), Handle::current());
        sessions.push(Listener { peer, settings, pending, unconfirmed, runtime });
    }

    /// Notifies all sessions and subscriptions of a change to a list. A change to a resource is sent only to those that
    /// have subscribed to that resource.
    pub(super) fn notify(&self, change: &Change) {
        // There may be no receiver.
        let _ = self.feed.send(change.clone());
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.iter().for_each(|listener| listener.notify(change));
    }

    /// Sends the changes that a subscription (MCP 2026-07-28) selects, until the subscription or the program ends. The
    /// accepted filter of the subscription contains only resources that the caller may read.
    pub(super) async fn forward(&self, subscription: SubscriptionContext) {
        let mut feed = self.feed.subscribe();
        let (cancelled, stopping) = (pin!(subscription.cancelled()), pin!(ProgramShutdown::begun()));
        let mut ended = select(cancelled, stopping);
        loop {
            let change = match select(pin!(feed.recv()), &mut ended).await {
                Either::Left((change, _)) => change,
                Either::Right(_) => return,
            };
            let change = match change {
                Ok(change) => change,
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => return,
            };
            if !wants(subscription.accepted(), &change) {
                continue;
            }
            let sink = subscription.sink();
            let sent = match change {
                Change::Tools => sink.notify_tool_list_changed().await,
                Change::Prompts => sink.notify_prompt_list_changed().await,
                Change::Resources => sink.notify_resource_list_changed().await,
                Change::Resource(uri) => sink.notify_resource_updated(uri).await,
            };
            if sent.is_err() {
                return;
            }
        }
    }
}

/// Returns whether the filter of a subscription selects a change.
fn wants(filter: &SubscriptionFilter, change: &Change) -> bool {
    match change {
        Change::Tools => filter.tools_list_changed == Some(true),
        Change::Prompts => filter.prompts_list_changed == Some(true),
        Change::Resources => filter.resources_list_changed == Some(true),
        Change::Resource(uri) => filter.resource_subscriptions.as_ref().is_some_and(|uris| uris.contains(uri)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use rmcp::ServerHandler;

    struct Server;

    impl ServerHandler for Server {}

    #[tokio::test]
    async fn a_client_that_initializes_more_than_once_is_notified_once() {
        let (_client, transport) = tokio::io::duplex(64);
        let service = rmcp::service::serve_directly(Server, transport, None);
        let changes = Changes::default();
        let settings = [Arc::<SessionSettings>::default(), Arc::default()];
        for settings in [&settings[0], &settings[0], &settings[1], &settings[0]] {
            changes.add(service.peer().clone(), settings.clone());
        }
        assert_eq!(changes.sessions.lock().unwrap().len(), 2);
    }
}
