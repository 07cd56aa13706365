//! Tests of replicas that start and end tasks of one caller at the same time, in many orders.

use super::*;
use futures_util::future::join_all;

/// How many orders of the replicas' requests to the store are tried.
const ORDERS: u64 = 300;

/// Returns replicas that share a store. The seed determines the order in which the store answers.
fn replicas(number: usize, limits: TaskLimits, seed: u64) -> (Arc<FaultyStore>, Vec<Arc<Tasks>>) {
    let store = Arc::<FaultyStore>::default();
    store.set_seed(seed);
    let replicas = (0..number).map(|_| tasks(&store, limits)).collect();
    (store, replicas)
}

/// Waits until no task runs.
async fn idle(replicas: &[Arc<Tasks>]) {
    while !replicas.iter().all(|tasks| tasks.running().is_empty()) {
        sleep(BEAT).await;
    }
}

/// Starts a task on each replica; all these tasks end at the same time.
async fn run_at_once(replicas: &[Arc<Tasks>], size: usize) -> Vec<TaskState> {
    let started = join_all(replicas.iter().map(|tasks| start(tasks, ready(result(size))))).await;
    idle(replicas).await;
    started.into_iter().map(Result::unwrap).collect()
}

#[tokio::test(start_paused = true)]
async fn of_two_results_that_are_too_large_together_one_is_kept() {
    for seed in 1..=ORDERS {
        let (_store, replicas) = replicas(2, LIMITS, seed);
        let all = run_at_once(&replicas, 800).await;
        let kept = kept(&replicas[0], &all).await;
        assert_eq!(kept.iter().filter(|is| **is).count(), 1, "{seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn as_many_results_are_kept_as_the_limit_allows() {
    let limits = TaskLimits { running: 8, ..LIMITS };
    for seed in 1..=ORDERS {
        let (_store, replicas) = replicas(5, limits, seed);
        let mut all = run_at_once(&replicas, 1).await;
        all.extend(run_at_once(&replicas, 1).await);
        let kept = kept(&replicas[0], &all).await;
        assert_eq!(kept.iter().filter(|is| **is).count(), 3, "{seed}: {kept:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_place_is_freed_once() {
    let limits = TaskLimits { running: 1, ..LIMITS };
    for seed in 1..=ORDERS {
        let (_store, replicas) = replicas(3, limits, seed);
        // This task has no lease, as if its lease had expired.
        let place = replicas[0].records.take_place("ended", "ada", Duration::from_secs(60)).await.unwrap();
        assert_eq!(place, Some(0));
        let taken = join_all(replicas.iter().zip(["one", "two", "three"]).map(async |(tasks, id)| {
            tasks.records.renew(id).await.unwrap();
            let place = tasks.records.take_place(id, "ada", Duration::from_secs(60)).await.unwrap();
            place.map(|_| id.to_owned())
        }));
        // At most one of the three tasks has the place.
        let taken: Vec<String> = taken.await.into_iter().flatten().collect();
        assert_eq!(replicas[0].records.of_owner("ada").await.unwrap(), taken, "{seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_counts_even_if_the_answer_of_the_store_was_lost() {
    // The store's answers about the result are lost at first, or always.
    for is_back in [true, false] {
        let store = Arc::<FaultyStore>::default();
        let tasks = tasks(&store, LIMITS);
        store.lose_answers((":end", 500));
        let started = start(&tasks, ready(result(500))).await.unwrap();
        let state = ended(&tasks, started).await;
        if is_back {
            store.refuse(None);
        }
        idle(std::slice::from_ref(&tasks)).await;
        assert!(matches!(state.end.as_ref().unwrap().outcome, TaskOutcome::Result(_)), "{state:?}");
        assert_eq!(kept(&tasks, &[state]).await, [true]);
    }
}
