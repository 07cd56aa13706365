//! Tests of the lease of a running task, with a store that is slow or fails.

use super::*;
use crate::store::{Store, StoreFuture};
use records::LEASE;

/// Returns the state of a task as another replica sees it, with a store that answers at once.
async fn seen(store: &Arc<FaultyStore>, task: &TaskState) -> TaskState {
    let records = TaskRecords::new(Arc::new(ReadOnly(store.clone())), LIMITS, Duration::from_secs(3600));
    records.state(&task.id, task.head.clone()).await.unwrap()
}

/// Waits until another replica sees that a task has ended.
async fn seen_ended(store: &Arc<FaultyStore>, task: &TaskState) -> TaskState {
    loop {
        let state = seen(store, task).await;
        if state.has_ended() {
            return state;
        }
        sleep(BEAT).await;
    }
}

/// The store of another replica: it reads, but cannot write.
struct ReadOnly(Arc<FaultyStore>);

impl Store for ReadOnly {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.0.store.get(key)
    }

    fn put_if_absent<'a>(&'a self, _: &'a str, _: Vec<u8>, _: Duration) -> StoreFuture<'a, bool> {
        Box::pin(ready(Err(Error::internal("read-only"))))
    }

    fn put<'a>(&'a self, _: &'a str, _: Vec<u8>, _: Duration) -> StoreFuture<'a, ()> {
        Box::pin(ready(Err(Error::internal("read-only"))))
    }

    fn take<'a>(&'a self, _: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(ready(Err(Error::internal("read-only"))))
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_store_does_not_delay_the_renewal_of_a_lease() {
    let store = Arc::<FaultyStore>::default();
    let tasks = tasks(&store, LIMITS);
    let work = async {
        sleep(Duration::from_secs(100)).await;
        result(1)
    };
    let started = start(&tasks, work).await.unwrap();
    store.slow_down(Duration::from_secs(4));
    let state = seen_ended(&store, &started).await;
    assert!(matches!(state.end.as_ref().unwrap().outcome, TaskOutcome::Result(_)), "{state:?}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_renewal_is_repeated_at_each_beat() {
    let store = Arc::<FaultyStore>::default();
    let tasks = tasks(&store, LIMITS);
    let work = async {
        sleep(Duration::from_secs(30)).await;
        result(1)
    };
    let started = start(&tasks, work).await.unwrap();
    store.refuse(Some((":alive", 0)));
    sleep(13 * BEAT).await;
    store.refuse(None);
    let state = seen_ended(&store, &started).await;
    assert!(matches!(state.end.as_ref().unwrap().outcome, TaskOutcome::Result(_)), "{state:?}");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_was_seen_as_failed_stops_and_stays_failed() {
    for (delay, refused) in [(Duration::ZERO, Some((":alive", 0))), (2 * LEASE, None)] {
        let store = Arc::<FaultyStore>::default();
        let tasks = tasks(&store, LIMITS);
        let (dropped, is_dropped) = tokio::sync::oneshot::channel::<()>();
        let work = async move {
            let _dropped = dropped;
            sleep(Duration::from_secs(60)).await;
            result(1)
        };
        let started = start(&tasks, work).await.unwrap();
        store.refuse(refused);
        store.slow_down(delay);
        let state = seen_ended(&store, &started).await;
        // The method of a failed task does not continue.
        is_dropped.await.unwrap_err();
        store.refuse(None);
        store.slow_down(Duration::ZERO);
        for _ in 0..120 {
            sleep(BEAT).await;
            let later = seen(&store, &started).await;
            assert_eq!(message(&later), message(&state));
        }
        assert!(tasks.running().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_task_has_its_whole_lease_however_long_its_creation_takes() {
    let store = Arc::<FaultyStore>::default();
    let tasks = tasks(&store, TaskLimits { running: 20, ..LIMITS });
    for _ in 0..10 {
        start(&tasks, pending()).await.unwrap();
    }
    store.slow_down(Duration::from_secs(2));
    let started = start(&tasks, ready(result(1))).await.unwrap();
    assert!(!seen(&store, &started).await.has_ended());
    store.slow_down(Duration::ZERO);
    let state = ended(&tasks, started).await;
    assert!(matches!(state.end.as_ref().unwrap().outcome, TaskOutcome::Result(_)), "{state:?}");
}
