//! The IDs by which rmcp knows the requests of a client. rmcp matches answers to requests by ID alone. If a client used the ID of a
//! cancelled request again, the late answer to that request would count as the answer to the new request. So the new request gets
//! another ID before rmcp receives it.

use rmcp::RoleServer;
use rmcp::model::{ClientNotification, GetMeta, JsonRpcMessage, RequestId, ServerResult};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};

/// The beginning of the IDs that this module gives to requests. A number and the client's ID in JSON follow.
const PREFIX: &str = "naftiko/again/";

/// The maximum number of cancelled requests that are remembered. A cancelled request ends long before so many others are cancelled.
const MAX_CANCELLED: usize = 256;

/// The IDs of the requests of one client. Its messages must be passed in the order in which they arrive.
#[derive(Default)]
pub(super) struct RequestIds {
    /// The hashes of the IDs of the requests that were cancelled last.
    cancelled: VecDeque<u64>,
    hasher: RandomState,
    /// The number in the next ID that this module gives to a request.
    next: u64,
    /// The IDs that this module has given to open requests, by the client's IDs.
    given: HashMap<RequestId, RequestId>,
}

impl RequestIds {
    /// Replaces the client's ID in a message to rmcp.
    pub(super) fn received(&mut self, message: &mut RxJsonRpcMessage<RoleServer>) {
        match message {
            JsonRpcMessage::Request(request) => {
                // A client's ID with the prefix is replaced too, so that it cannot be confused with an ID from this module.
                if (self.is_cancelled(&request.id) || is_given(&request.id))
                    && let Ok(written) = serde_json::to_string(&request.id)
                {
                    let given = RequestId::String(format!("{PREFIX}{}/{written}", self.next).into());
                    self.next += 1;
                    self.given.insert(std::mem::replace(&mut request.id, given.clone()), given);
                }
            }
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) = &mut notification.notification
                    && let Some(id) = &mut cancelled.params.request_id
                {
                    if self.cancelled.len() == MAX_CANCELLED {
                        self.cancelled.pop_front();
                    }
                    self.cancelled.push_back(self.hasher.hash_one(&*id));
                    match self.given.remove(id) {
                        Some(given) => *id = given,
                        // rmcp ignores a cancellation without an ID. With this ID, it could cancel another request of the client.
                        None if is_given(id) => cancelled.params.request_id = None,
                        None => {}
                    }
                }
            }
            _ => {}
        }
    }

    /// Records an answer from rmcp. Returns the client's ID of the request; `None` for other messages, and for the late answer of a
    /// cancelled request.
    pub(super) fn answered(&mut self, message: &TxJsonRpcMessage<RoleServer>) -> Option<RequestId> {
        let id = answered_id(message)?;
        let Some(own) = own_id(id) else { return (!self.is_cancelled(id)).then(|| id.clone()) };
        let is_open = self.given.get(&own) == Some(id);
        is_open.then(|| {
            self.given.remove(&own);
            own
        })
    }

    /// Forgets a request that rmcp has not received. `own` is the client's ID.
    pub(super) fn remove(&mut self, own: &RequestId) {
        self.given.remove(own);
    }

    /// Returns whether a request with this ID has been cancelled.
    fn is_cancelled(&self, id: &RequestId) -> bool {
        self.cancelled.contains(&self.hasher.hash_one(id))
    }
}

/// Restores the client's IDs in a message from rmcp.
pub(super) fn restore(message: &mut TxJsonRpcMessage<RoleServer>) {
    match message {
        JsonRpcMessage::Response(response) => {
            if let Some(own) = own_id(&response.id) {
                if let ServerResult::SubscriptionsListenResult(result) = &mut response.result {
                    result.meta.set_subscription_id(own.clone());
                }
                response.id = own;
            }
        }
        JsonRpcMessage::Error(error) => {
            if let Some(own) = error.id.as_ref().and_then(own_id) {
                error.id = Some(own);
            }
        }
        JsonRpcMessage::Notification(notification) => {
            let subscription = notification.notification.get_meta().subscription_id();
            if let Some(own) = subscription.as_ref().and_then(own_id) {
                notification.notification.get_meta_mut().set_subscription_id(own);
            }
        }
        JsonRpcMessage::Request(_) => {}
    }
}

/// Returns whether a message from rmcp contains an ID from this module.
pub(super) fn is_renamed(message: &TxJsonRpcMessage<RoleServer>) -> bool {
    match message {
        JsonRpcMessage::Notification(notification) => {
            notification.notification.get_meta().subscription_id().is_some_and(|id| is_given(&id))
        }
        _ => answered_id(message).is_some_and(is_given),
    }
}

/// Returns the ID of the request that a message answers.
pub(super) fn answered_id(message: &TxJsonRpcMessage<RoleServer>) -> Option<&RequestId> {
    match message {
        JsonRpcMessage::Response(response) => Some(&response.id),
        JsonRpcMessage::Error(error) => error.id.as_ref(),
        _ => None,
    }
}

/// Returns whether an ID has the prefix, so that it may be from this module.
fn is_given(id: &RequestId) -> bool {
    matches!(id, RequestId::String(id) if id.starts_with(PREFIX))
}

/// Returns the client's ID of the request that got the ID `id` from this module; `None` for any other ID.
fn own_id(id: &RequestId) -> Option<RequestId> {
    let RequestId::String(id) = id else { return None };
    let (_, own) = id.strip_prefix(PREFIX)?.split_once('/')?;
    serde_json::from_str(own).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use serde_json::{Value, json};

    fn received(ids: &mut RequestIds, message: Value) -> Value {
        let mut message = serde_json::from_value(message).unwrap();
        ids.received(&mut message);
        serde_json::to_value(message).unwrap()
    }

    fn sent(ids: &mut RequestIds, message: Value) -> Value {
        let mut message = serde_json::from_value(message).unwrap();
        ids.answered(&message);
        assert!(is_renamed(&message), "{message:?}");
        restore(&mut message);
        serde_json::to_value(message).unwrap()
    }

    fn ping(id: &Value) -> Value {
        json!({ "jsonrpc": "2.0", "id": id, "method": "ping" })
    }

    fn cancelled(id: &Value) -> Value {
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } })
    }

    #[test]
    fn a_reused_id_is_unique_towards_rmcp_and_restored_for_the_client() {
        for id in [json!(1), json!("1"), json!("a/\"b"), json!("naftiko/again/0/1"), json!("naftiko/again/x")] {
            let mut ids = RequestIds::default();
            let is_plain = !id.to_string().contains(PREFIX);
            assert_eq!(received(&mut ids, ping(&id))["id"] == id, is_plain, "{id}");
            received(&mut ids, cancelled(&id));
            let mut seen = Vec::new();
            for _ in 0..3 {
                let given = received(&mut ids, ping(&id))["id"].clone();
                assert!(given != id && !seen.contains(&given), "{given}");
                let meta = json!({ "io.modelcontextprotocol/subscriptionId": given });
                let changed = json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": { "_meta": meta } });
                let changed = sent(&mut ids, changed);
                assert_eq!(changed["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], id);
                let answer = json!({ "jsonrpc": "2.0", "id": given, "error": { "code": 1, "message": "m" } });
                assert_eq!(sent(&mut ids, answer)["id"], id);
                assert!(ids.given.is_empty());
                let other = received(&mut ids, ping(&id))["id"].clone();
                assert_eq!(received(&mut ids, cancelled(&id))["params"]["requestId"], other);
                seen.extend([given, other]);
            }
            assert!(ids.given.is_empty());
        }
    }

    #[test]
    fn a_client_cannot_cancel_by_an_id_that_is_given_here() {
        let mut ids = RequestIds::default();
        received(&mut ids, cancelled(&json!(1)));
        let given = received(&mut ids, ping(&json!(1)))["id"].clone();
        assert_eq!(received(&mut ids, cancelled(&given))["params"], json!({}));
        assert_eq!(received(&mut ids, cancelled(&json!(1)))["params"]["requestId"], given);
    }

    #[test]
    fn a_bounded_number_of_cancelled_requests_is_remembered() {
        let mut ids = RequestIds::default();
        for id in 0..=MAX_CANCELLED {
            received(&mut ids, cancelled(&json!(id)));
        }
        assert_eq!(ids.cancelled.len(), MAX_CANCELLED);
        assert_eq!(received(&mut ids, ping(&json!(0)))["id"], 0);
        assert_ne!(received(&mut ids, ping(&json!(1)))["id"], 1);
    }
}
