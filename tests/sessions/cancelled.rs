//! Cancellations of requests that run in another replica than the one that receives the cancellation.

use super::messages::Messages;
use super::support::{Session, SharedMemory, serve};
use naftiko::store::Store;
use naftiko::{Context, Error, Result, capability};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Semaphore;

/// Waits.
#[capability(exposes(mcp(port = 9093, sessions)))]
pub trait Waits {
    /// Waits for a permit.
    #[tool]
    async fn wait(&self, context: &Context) -> Result<String>;
}

/// The calls of one test.
#[derive(Clone)]
struct Room {
    gate: Arc<Semaphore>,
    begun: Arc<AtomicU64>,
    dropped: Arc<AtomicU64>,
}

/// Counts a call that ends.
struct Ends(Arc<AtomicU64>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Waits for Room {
    async fn wait(&self, context: &Context) -> Result<String> {
        let _ends = Ends(self.dropped.clone());
        self.begun.fetch_add(1, Ordering::SeqCst);
        let _ = context.is_cancelled();
        self.gate.acquire().await.map_err(|_| Error::internal("closed"))?.forget();
        Ok("done".to_owned())
    }
}

impl Room {
    fn new() -> Self {
        Self { gate: Arc::new(Semaphore::new(0)), begun: Arc::default(), dropped: Arc::default() }
    }

    async fn replicas(&self, store: impl Fn() -> Arc<dyn Store>) -> [String; 2] {
        let replica = || Waits::into_capability(self.clone()).with_store(store());
        [serve(&replica()).await, serve(&replica()).await]
    }

    /// Waits until this many calls have begun.
    async fn begun(&self, calls: u64) {
        while self.begun.load(Ordering::SeqCst) < calls {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until this many calls have ended.
    async fn ended(&self, calls: u64) {
        while self.dropped.load(Ordering::SeqCst) < calls {
            tokio::task::yield_now().await;
        }
        assert_eq!(self.dropped.load(Ordering::SeqCst), calls);
    }
}

async fn call(session: &Session, url: &str, id: &Value) -> Messages {
    let message = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": "wait" } });
    Messages::of(session.post(url, &message).await)
}

async fn cancel(session: &Session, url: &str, id: &Value) -> u16 {
    let params = json!({ "requestId": id, "reason": "enough" });
    let message = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params });
    session.post(url, &message).await.status().as_u16()
}

/// Checks that a call ends whichever replica receives its cancellation.
pub(crate) async fn reach_the_replica_that_runs_the_call(store: impl Fn() -> Arc<dyn Store>) {
    let room = Room::new();
    let [one, other] = room.replicas(store).await;
    let session = Session::begin(&one).await;
    let (_first, _second) = (call(&session, &one, &json!(7)).await, call(&session, &one, &json!("seven")).await);
    let mut third = call(&session, &one, &json!(8)).await;
    room.begun(3).await;
    // The first cancellation arrives at a replica that does not have the session yet.
    assert_eq!(cancel(&session, &other, &json!(7)).await, 202);
    room.ended(1).await;
    let there = call(&session, &other, &json!(9)).await;
    room.begun(4).await;
    assert_eq!(cancel(&session, &other, &json!("seven")).await, 202);
    room.ended(2).await;
    assert_eq!(cancel(&session, &one, &json!(9)).await, 202);
    room.ended(3).await;
    drop(there);
    // Another caller cannot cancel the call.
    assert_eq!(cancel(&session.stolen("eve"), &other, &json!(8)).await, 404);
    room.gate.add_permits(1);
    assert_eq!(third.next().await.unwrap()["result"]["content"][0]["text"], "done");
}

#[tokio::test]
async fn a_cancellation_reaches_the_replica_that_runs_the_call() {
    let store = Arc::new(SharedMemory::default());
    reach_the_replica_that_runs_the_call(|| store.clone()).await;
}

#[tokio::test]
async fn an_earlier_cancellation_of_the_same_id_has_no_effect() {
    let (store, room) = (Arc::new(SharedMemory::default()), Room::new());
    let [one, other] = room.replicas(|| store.clone()).await;
    let session = Session::begin(&one).await;
    // Cancels a request that has ended, and one that was never sent.
    let mut first = call(&session, &one, &json!(7)).await;
    room.gate.add_permits(1);
    assert_eq!(first.next().await.unwrap()["result"]["content"][0]["text"], "done");
    for id in [7, 8] {
        assert_eq!(cancel(&session, &other, &json!(id)).await, 202);
    }
    let (mut seven, mut eight) = (call(&session, &one, &json!(7)).await, call(&session, &one, &json!(8)).await);
    let _nine = call(&session, &one, &json!(9)).await;
    room.begun(4).await;
    // When the call with the ID 9 ends, the replica has seen all cancellations.
    assert_eq!(cancel(&session, &other, &json!(9)).await, 202);
    room.ended(2).await;
    room.gate.add_permits(2);
    for answer in [&mut seven, &mut eight] {
        assert_eq!(answer.next().await.unwrap()["result"]["content"][0]["text"], "done");
    }
}

#[tokio::test]
async fn cancellations_do_not_pile_up_in_the_store() {
    let (store, room) = (Arc::new(SharedMemory::default()), Room::new());
    let [one, other] = room.replicas(|| store.clone()).await;
    let session = Session::begin(&one).await;
    let record = async || {
        let written = store.written();
        let key = written.split([' ', '\n']).find(|word| word.ends_with(":state")).unwrap().to_owned();
        store.get(&key).await.unwrap().unwrap()
    };
    let begun = record().await.len();
    for id in 0..200 {
        assert_eq!(cancel(&session, &other, &json!(format!("{id}{}", "x".repeat(10_000)))).await, 202);
    }
    assert!(record().await.len() < begun + 8 * 1024, "{}", record().await.len());
}
