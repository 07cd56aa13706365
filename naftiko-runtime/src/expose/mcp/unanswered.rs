//! The requests of one client that have no answer yet. Each needs a unique ID, since an answer names its request only
//! by the ID.

use rmcp::RoleServer;
use rmcp::model::{ClientNotification, ErrorData, JsonRpcMessage, RequestId};
use rmcp::service::RxJsonRpcMessage;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The maximum number of requests of one client without an answer. In a session, a request goes on after its client has closed the stream.
const MAX_OPEN: usize = 1024;

/// The requests that have been read but not answered.
#[derive(Default)]
pub(super) struct Unanswered {
    requests: Mutex<Requests>,
    /// Notified when an answer has been sent, or a request is removed.
    fewer: Notify,
}

#[derive(Default)]
struct Requests {
    /// The IDs that are in use.
    open: HashSet<RequestId>,
    /// The IDs of requests whose answers are being sent. A client that has its answer may use the ID again at once.
    answering: Vec<RequestId>,
}

/// An answer that is being sent. Dropping this value removes the request.
pub(super) struct SentAnswer(Arc<Unanswered>, Option<RequestId>);

impl Drop for SentAnswer {
    fn drop(&mut self) {
        let Some(id) = self.1.take() else { return };
        {
            let mut requests = self.0.requests();
            if let Some(at) = requests.answering.iter().position(|own| *own == id) {
                requests.answering.swap_remove(at);
            }
        }
        self.0.fewer.notify_waiters();
    }
}

impl Unanswered {
    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a request.
    ///
    /// # Errors
    /// Returns an error if another request with this ID has no answer yet: rmcp would answer only one of them. Returns an error as well if
    /// too many requests have no answer yet.
    pub(super) fn add(&self, id: &RequestId) -> Result<(), ErrorData> {
        let mut requests = self.requests();
        if requests.open.contains(id) {
            let message = "the ID of this request is in use: an earlier request with it has no answer yet";
            return Err(ErrorData::invalid_request(message, None));
        }
        if requests.open.len() >= MAX_OPEN {
            let message = format!(
                "this client has {MAX_OPEN} requests without an answer, which is the limit: cancel one, or wait for an answer"
            );
            return Err(ErrorData::invalid_request(message, None));
        }
        requests.open.insert(id.clone());
        Ok(())
    }

    /// Frees the ID of a request whose answer is about to be sent; does nothing for `None`. The request counts as unanswered until the
    /// returned value is dropped.
    pub(super) fn answering(self: &Arc<Self>, id: Option<RequestId>) -> SentAnswer {
        if let Some(id) = &id {
            let mut requests = self.requests();
            requests.open.remove(id);
            requests.answering.push(id.clone());
        }
        SentAnswer(self.clone(), id)
    }

    /// Removes a request that will not be answered.
    pub(super) fn remove(&self, id: &RequestId) {
        self.requests().open.remove(id);
        self.fewer.notify_waiters();
    }

    /// Returns the IDs of the requests without an answer that `fits` accepts.
    pub(super) fn open(&self, fits: impl Fn(&RequestId) -> bool) -> Vec<RequestId> {
        self.requests().open.iter().filter(|id| fits(id)).cloned().collect()
    }

    /// Returns a request that has no answer yet.
    pub(super) fn any(&self) -> Option<RequestId> {
        self.requests().open.iter().next().cloned()
    }

    /// Waits until the answer to an earlier request with this ID has been sent, if it is being sent.
    pub(super) async fn wait_for(&self, id: &RequestId) {
        self.wait_until(|requests| !requests.answering.contains(id)).await;
    }

    /// Waits until all requests are answered.
    pub(super) async fn wait(&self) {
        self.wait_until(|requests| requests.open.is_empty() && requests.answering.is_empty()).await;
    }

    async fn wait_until(&self, is_over: impl Fn(&Requests) -> bool) {
        loop {
            let fewer = self.fewer.notified();
            if is_over(&self.requests()) {
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
