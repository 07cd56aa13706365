//! Cancellations of requests that run in another replica than the one that receives the cancellation. The record of the
//! session contains the most recent ones. A replica reads the record at each request of the session, and from time to
//! time during a long call.

use super::requests::SessionRequests;
use crate::expose::mcp::session_records::SessionRecord;
use crate::expose::mcp::unanswered::cancelled;
use rmcp::model::{CancelledNotification, CancelledNotificationParam, ClientJsonRpcMessage, JsonRpcMessage, RequestId};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use tokio::time::{Instant, sleep};

impl SessionRequests {
    /// Cancels the open requests whose cancellation another replica has received. `record` must have been read before later requests are
    /// passed on: a client may use an ID again.
    pub(super) async fn cancel_as_in(&self, record: &SessionRecord) {
        let unseen = self.cancellations.unseen(record);
        if unseen.is_empty() {
            return;
        }
        let is_cancelled = |id: &RequestId| unseen.iter().any(|cancelled| cancelled.is_of(id));
        for id in self.unanswered.open(is_cancelled) {
            let params = CancelledNotificationParam::new(Some(id), None);
            self.cancel(ClientJsonRpcMessage::notification(CancelledNotification::new(params).into())).await;
        }
    }

    /// Passes a cancellation to rmcp.
    async fn cancel(&self, mut message: ClientJsonRpcMessage) {
        let Some(id) = cancelled(&message) else { return };
        self.ids().received(&mut message);
        if let Some(session) = self.questions.session() {
            // The session may have ended.
            let _ = session.push_message(message, None).await;
        }
        self.unanswered.remove(&id);
    }

    /// Looks for cancellations that other replicas receive, while requests of this session have no answer.
    pub(super) fn watch_cancellations(self: &Arc<Self>) {
        if !self.settings.stored().is_some_and(|stored| stored.records.is_shared()) {
            return;
        }
        *self.cancellations.newest.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        if self.cancellations.is_watching.swap(true, Ordering::SeqCst) {
            return;
        }
        let requests = Arc::downgrade(self);
        tokio::spawn(async move {
            while let Some(wait) = requests.upgrade().map(|requests| requests.cancellations.wait()) {
                sleep(wait).await;
                let Some(requests) = requests.upgrade() else { return };
                if requests.has_ended_watch() {
                    return;
                }
                let Some(stored) = requests.settings.stored() else { return };
                match stored.records.get(&stored.id).await {
                    Ok(Some(record)) => requests.cancel_as_in(&record).await,
                    // The next request shows that the session has ended.
                    Ok(None) => {}
                    Err(error) => {
                        tracing::debug!(%error, "the cancellations of a session cannot be read from the store");
                    }
                }
            }
        });
    }

    /// Ends the watch if no request is open. Returns whether it has ended.
    fn has_ended_watch(&self) -> bool {
        if self.unanswered.any().is_some() {
            return false;
        }
        self.cancellations.is_watching.store(false, Ordering::SeqCst);
        // A request may have been added just before: whichever task sets the flag first continues to watch.
        self.unanswered.any().is_none() || self.cancellations.is_watching.swap(true, Ordering::SeqCst)
    }
}

/// Returns the ID of the request that the body of a message cancels.
pub(super) fn cancelled_request(body: &[u8]) -> Option<RequestId> {
    memchr::memmem::find(body, b"notifications/cancelled")?;
    let message: ClientJsonRpcMessage = serde_json::from_slice(body).ok()?;
    match &message {
        JsonRpcMessage::Notification(_) => cancelled(&message),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::known_cancellations::{Cancellations, LONGEST_BEAT};
    use super::*;
    use crate::expose::mcp::session_records::{MAX_CANCELLED, SessionRecords};
    use crate::expose::mcp::session_settings::StoredSession;
    use crate::expose::mcp::sessions::manager::Sessions;
    use crate::expose::mcp::sessions::tests::{answer, id_of, initialized, message};
    use crate::store::{MemoryStore, PanicFree, Store, StoreFuture};
    use futures_util::future::{join, join_all};
    use rmcp::transport::Transport;
    use rmcp::transport::streamable_http_server::session::SessionManager;
    use serde_json::json;
    use std::sync::atomic::{AtomicBool, AtomicUsize};
    use std::time::Duration;

    /// A store that counts how often it is used, and whose operations can take time or panic.
    #[derive(Default)]
    struct Counted {
        store: MemoryStore,
        reads: AtomicUsize,
        operations: AtomicUsize,
        delay: Duration,
        is_shared: bool,
        panics: AtomicBool,
    }

    impl Counted {
        async fn begin(&self) {
            self.operations.fetch_add(1, Ordering::SeqCst);
            assert!(!self.panics.load(Ordering::SeqCst), "out of luck");
            if !self.delay.is_zero() {
                sleep(self.delay).await;
            }
        }
    }

    impl Store for Counted {
        fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
            self.reads.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move {
                self.begin().await;
                self.store.get(key).await
            })
        }

        fn put_if_absent<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, bool> {
            Box::pin(async move {
                self.begin().await;
                self.store.put_if_absent(key, value, lifetime).await
            })
        }

        fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, ()> {
            Box::pin(async move {
                self.begin().await;
                self.store.put(key, value, lifetime).await
            })
        }

        fn take<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
            Box::pin(async move {
                self.begin().await;
                self.store.take(key).await
            })
        }

        fn is_shared(&self) -> bool {
            self.is_shared
        }
    }

    fn record() -> SessionRecord {
        let client = json!({ "name": "test", "version": "1" });
        let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
        SessionRecord::new(&message(params)).unwrap().unwrap()
    }

    fn call(id: &str) -> ClientJsonRpcMessage {
        message(json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": "t" } }))
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_is_read_seldom_and_only_if_it_is_shared_and_calls_take_long() {
        for is_shared in [true, false] {
            let store = Arc::new(Counted { is_shared, ..Counted::default() });
            let reads = || store.reads.load(Ordering::SeqCst);
            let sessions = Sessions::new(SessionRecords::new(store.clone(), "test"), Duration::from_secs(55));
            let (id, mut transport) = initialized(&sessions).await;
            sessions.records.create(&id, &record()).await.unwrap();
            let here = sessions.get(&id).unwrap();
            here.settings.store_as(StoredSession { records: sessions.records.clone(), id: id.clone() });
            let mut open = Vec::new();
            for number in 0..10 {
                let _closed = sessions.create_stream(&id, call(&number.to_string())).await.unwrap();
                open.push(id_of(&transport.receive().await.unwrap()));
            }
            assert_eq!(reads(), 0);
            sleep(Duration::from_secs(240)).await;
            // Once a second at first, later every five seconds.
            assert_eq!(reads() > 0, is_shared);
            assert!(reads() < 75, "{} reads", reads());
            // A cancellation ends one request. One whose ID is unknown has no effect on a later request.
            for cancelled in ["3", "later"] {
                assert!(sessions.records.cancel(&id, &RequestId::String(cancelled.into())).await.unwrap());
            }
            sleep(LONGEST_BEAT).await;
            let cancelled = here.unanswered.open(|id| open.get(3) == Some(id)).is_empty();
            assert_eq!(cancelled, is_shared);
            let _closed = sessions.create_stream(&id, call("later")).await.unwrap();
            sleep(LONGEST_BEAT).await;
            assert_eq!(here.unanswered.open(|_| true).len(), if is_shared { 10 } else { 11 });
            // After the last answer, nothing is read.
            open.push(RequestId::String("later".into()));
            for id in &open {
                transport.send(answer(id, "done")).await.unwrap();
            }
            let before = reads();
            sleep(Duration::from_secs(240)).await;
            assert_eq!(reads(), before);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn cancellations_are_read_again_after_a_store_has_panicked() {
        let store = Arc::new(Counted { is_shared: true, ..Counted::default() });
        let records = SessionRecords::new(Arc::new(PanicFree(store.clone())), "test");
        let sessions = Sessions::new(records, Duration::from_secs(55));
        let (id, mut transport) = initialized(&sessions).await;
        sessions.records.create(&id, &record()).await.unwrap();
        let here = sessions.get(&id).unwrap();
        here.settings.store_as(StoredSession { records: sessions.records.clone(), id: id.clone() });
        let _closed = sessions.create_stream(&id, call("1")).await.unwrap();
        transport.receive().await.unwrap();
        store.panics.store(true, Ordering::SeqCst);
        sleep(2 * LONGEST_BEAT).await;
        store.panics.store(false, Ordering::SeqCst);
        assert!(sessions.records.cancel(&id, &RequestId::String("1".into())).await.unwrap());
        sleep(LONGEST_BEAT).await;
        assert!(here.unanswered.any().is_none());
    }

    #[tokio::test]
    async fn a_cancellation_that_a_replica_found_when_it_took_the_session_over_has_no_effect_there() {
        let records = Arc::new(SessionRecords::new(Arc::new(MemoryStore::default()), "test"));
        records.create("s", &record()).await.unwrap();
        assert!(records.cancel("s", &RequestId::Number(1)).await.unwrap());
        let found = records.get("s").await.unwrap().unwrap();
        let cancellations = Cancellations::new(&found.cancelled);
        assert!(records.cancel("s", &RequestId::Number(1)).await.unwrap());
        let later = records.get("s").await.unwrap().unwrap();
        assert_eq!(cancellations.unseen(&later), [&later.cancelled[1]]);
        // An older record that arrives later does not bring it back.
        assert!(cancellations.unseen(&found).is_empty() && cancellations.unseen(&later).is_empty());
        assert!(!records.cancel("ended", &RequestId::Number(1)).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn many_cancellations_are_written_together_and_do_not_keep_others_from_changing_the_record() {
        let store = Arc::new(Counted { delay: Duration::from_millis(5), ..Counted::default() });
        let records = Arc::new(SessionRecords::new(store.clone(), "test"));
        records.create("s", &record()).await.unwrap();
        let ids: Vec<_> = (0..2000).map(RequestId::Number).collect();
        let flood = join_all(ids.iter().map(|id| records.cancel("s", id)));
        let (cancelled, changed) = join(flood, records.change("s", |_| ())).await;
        assert!(changed.unwrap().is_some());
        assert!(cancelled.into_iter().all(|cancelled| cancelled.unwrap()));
        assert!(store.operations.load(Ordering::SeqCst) < 100, "{:?}", store.operations);
        // The most recent cancellations are kept.
        let kept = records.get("s").await.unwrap().unwrap().cancelled;
        assert_eq!(kept.len(), MAX_CANCELLED);
        assert!(kept.iter().zip(&ids[ids.len() - kept.len()..]).all(|(kept, id)| kept.is_of(id)));
        // Nothing waits any more, and later batches report that the session has ended.
        records.remove("s").await.unwrap();
        assert!(!records.cancel("s", &RequestId::Number(1)).await.unwrap());
        assert!(!records.cancel("s", &RequestId::Number(1)).await.unwrap());
        assert!(!records.has_waiting());
    }

    #[tokio::test]
    async fn a_store_that_panicked_once_takes_later_cancellations() {
        let store = Arc::new(Counted::default());
        let records = Arc::new(SessionRecords::new(store.clone(), "test"));
        records.create("s", &record()).await.unwrap();
        store.panics.store(true, Ordering::SeqCst);
        records.cancel("s", &RequestId::Number(1)).await.unwrap_err();
        store.panics.store(false, Ordering::SeqCst);
        assert!(records.cancel("s", &RequestId::Number(2)).await.unwrap());
        assert!(!records.has_waiting());
    }
}
