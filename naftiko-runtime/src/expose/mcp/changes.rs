//! Notifies clients of changes to lists, and to resources that they have subscribed to.

use crate::operation::{Change, ProgramShutdown};
use futures_util::future::{Either, select};
use rmcp::RoleServer;
use rmcp::model::{ResourceUpdatedNotificationParam, SubscriptionFilter};
use rmcp::service::{Peer, SubscriptionContext};
use std::collections::HashSet;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::broadcast;

/// The maximum number of pending changes of a client. If there are more, a subscription loses the older ones, and a session the
/// newer ones.
const MAX_PENDING: usize = 64;

/// The clients to notify.
pub(super) struct Changes {
    feed: broadcast::Sender<Change>,
    sessions: Mutex<Vec<Listener>>,
}

/// A session of a revision up to 2025-11-25.
struct Listener {
    peer: Peer<RoleServer>,
    subscribed: Arc<Subscribed>,
    /// The number of notifications that the client has not read.
    pending: Arc<AtomicUsize>,
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

/// The URIs of the resources that a session has subscribed to.
#[derive(Default)]
pub(super) struct Subscribed(Mutex<HashSet<String>>);

impl Subscribed {
    /// The maximum number of resources that one session can subscribe to.
    const MAX_RESOURCES: usize = 1024;

    /// Adds a resource; returns `false` if the limit is reached.
    pub(super) fn add(&self, uri: String) -> bool {
        let mut uris = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let has_room = uris.len() < Self::MAX_RESOURCES || uris.contains(&uri);
        if has_room {
            uris.insert(uri);
        }
        has_room
    }

    /// Removes a resource.
    pub(super) fn remove(&self, uri: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(uri);
    }

    fn has(&self, uri: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(uri)
    }
}

impl Default for Changes {
    fn default() -> Self {
        Self { feed: broadcast::channel(MAX_PENDING).0, sessions: Mutex::default() }
    }
}

impl Changes {
    /// Adds a session, and removes closed sessions.
    pub(super) fn add(&self, peer: Peer<RoleServer>, subscribed: Arc<Subscribed>) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|listener| !listener.peer.is_transport_closed());
        sessions.push(Listener { peer, subscribed, pending: Arc::default(), runtime: Handle::current() });
    }

    /// Notifies all sessions and subscriptions of a change to a list. Of a change to a resource, notifies only those that have
    /// subscribed to that resource.
    pub(super) fn notify(&self, change: &Change) {
        // There may be no receiver.
        let _ = self.feed.send(change.clone());
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        for Listener { peer, subscribed, pending, runtime } in &*sessions {
            if matches!(change, Change::Resource(uri) if !subscribed.has(uri)) {
                continue;
            }
            // A client that reads nothing must not make the notifications pile up.
            let Some(pending) = PendingNotification::of(pending) else { continue };
            let (peer, change) = (peer.clone(), change.clone());
            runtime.spawn(async move {
                let _pending = pending;
                let sent = match change {
                    Change::Tools => peer.notify_tool_list_changed().await,
                    Change::Prompts => peer.notify_prompt_list_changed().await,
                    Change::Resources => peer.notify_resource_list_changed().await,
                    Change::Resource(uri) => {
                        peer.notify_resource_updated(ResourceUpdatedNotificationParam::new(uri)).await
                    }
                };
                if let Err(error) = sent {
                    tracing::debug!(%error, "a client cannot be notified of a change");
                }
            });
        }
    }

    /// Sends the changes that a subscription (MCP 2026-07-28) selects, until the subscription or the program ends. What was accepted of the
    /// subscription contains only resources that the caller may read.
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
