//! Notifies clients of the revision 2025-11-25 that a task has changed (`notifications/tasks/status`).

use rmcp::RoleServer;
use rmcp::model::{CustomNotification, ServerNotification};
use rmcp::service::Peer;
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;

const METHOD: &str = "notifications/tasks/status";

/// How long a task waits for a client that does not read its notifications. Clients must not rely on
/// notifications, so a notification may be lost.
const NOTIFY_TIMEOUT: Duration = Duration::from_secs(1);

/// The client to notify of the changes of a task: the session or the pipes on which the caller started the task. Other clients
/// have no stream on which a notification can reach them.
pub(in super::super) struct TaskClient(Option<Peer<RoleServer>>);

impl TaskClient {
    pub(in super::super) fn of(connection: Option<Peer<RoleServer>>) -> Self {
        Self(connection)
    }

    pub(super) fn is_connected(&self) -> bool {
        self.0.as_ref().is_some_and(|peer| !peer.is_transport_closed())
    }

    /// Sends the task, in the form of the revision 2025-11-25.
    pub(super) async fn notify(&self, task: Value) {
        let Some(peer) = self.0.as_ref().filter(|_| self.is_connected()) else { return };
        let notification = CustomNotification::new(METHOD, Some(task));
        let sent = peer.send_notification(ServerNotification::CustomNotification(notification));
        if !matches!(timeout(NOTIFY_TIMEOUT, sent).await, Ok(Ok(()))) {
            tracing::debug!("a client cannot be notified of a task");
        }
    }
}
