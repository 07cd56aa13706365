//! The requests of one client that have no answer yet. Each needs an ID of its own, since answers are recognised by it.

use rmcp::RoleServer;
use rmcp::model::{ClientNotification, ErrorData, JsonRpcMessage, RequestId};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The requests that have been read but not answered.
#[derive(Default)]
pub(super) struct Unanswered {
    ids: Mutex<HashSet<RequestId>>,
    /// Notified when a request is removed.
    fewer: Notify,
}

impl Unanswered {
    fn ids(&self) -> MutexGuard<'_, HashSet<RequestId>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a request.
    ///
    /// # Errors
    /// Returns an error if another request with this ID has no answer yet: rmcp would answer only one of them.
    pub(super) fn add(&self, id: &RequestId) -> Result<(), ErrorData> {
        if self.ids().insert(id.clone()) {
            return Ok(());
        }
        let message = "the ID of this request is in use: an earlier request with it has no answer yet";
        Err(ErrorData::invalid_request(message, None))
    }

    pub(super) fn remove(&self, id: &RequestId) {
        self.ids().remove(id);
        self.fewer.notify_waiters();
    }

    /// Waits until all requests are answered.
    pub(super) async fn wait(&self) {
        loop {
            let fewer = self.fewer.notified();
            if self.ids().is_empty() {
                return;
            }
            fewer.await;
        }
    }
}

/// Returns the ID of the request that a message cancels. Such a request is never answered.
pub(super) fn cancelled(message: &RxJsonRpcMessage<RoleServer>) -> Option<RequestId> {
    match message {
        JsonRpcMessage::Notification(notification) => match &notification.notification {
            ClientNotification::CancelledNotification(cancelled) => cancelled.params.request_id.clone(),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the ID of the request that a message answers.
pub(super) fn answered(message: &TxJsonRpcMessage<RoleServer>) -> Option<RequestId> {
    match message {
        JsonRpcMessage::Response(response) => Some(response.id.clone()),
        JsonRpcMessage::Error(error) => error.id.clone(),
        _ => None,
    }
}
