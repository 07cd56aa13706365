//! Tests of tasks with a store that is full, fails or is slow, and of the limits of running and ended tasks.
#![allow(clippy::unwrap_used, reason = "tests")]

mod leases;
mod replicas;
mod store;

use super::*;
use crate::store::{MemoryStore, Store as _};
use serde_json::Value;
use serde_json::value::to_raw_value;
use std::future::{pending, ready};
use store::FaultyStore;
use tokio::time::Instant;

fn tasks(store: &Arc<FaultyStore>, limits: TaskLimits) -> Arc<Tasks> {
    let records = TaskRecords::new(store.clone(), limits, Duration::from_secs(3600));
    Arc::new(Tasks { records, running: Mutex::default() })
}

const LIMITS: TaskLimits = TaskLimits { running: 2, ended: 3, bytes: 1000 };

async fn start(tasks: &Arc<Tasks>, work: impl Future<Output = TaskOutcome> + Send + 'static) -> Result<TaskState> {
    tasks.start(wanted(), |_| work).await
}

fn wanted() -> WantedTask<'static> {
    WantedTask { owner: "ada".to_owned(), tool: "job", lifetime: None, client: TaskClient::of(None) }
}

/// Starts a task with a result of that size, and returns it once it has ended.
async fn run(tasks: &Arc<Tasks>, size: usize) -> TaskState {
    let started = start(tasks, ready(result(size))).await.unwrap();
    ended(tasks, started).await
}

fn result(size: usize) -> TaskOutcome {
    TaskOutcome::Result(to_raw_value(&"x".repeat(size)).unwrap())
}

/// Waits until a task has ended. Its place may not be free yet.
async fn ended(tasks: &Arc<Tasks>, task: TaskState) -> TaskState {
    let mut state = task;
    while !state.has_ended() {
        sleep(BEAT).await;
        state = tasks.records.state(&state.id, state.head).await.unwrap();
    }
    state
}

fn message(state: &TaskState) -> &str {
    match &state.end.as_ref().unwrap().outcome {
        TaskOutcome::Error(error) => &error.message,
        other => panic!("{other:?}"),
    }
}

/// Returns which of these tasks still exist.
async fn kept(tasks: &Arc<Tasks>, all: &[TaskState]) -> Vec<bool> {
    let mut kept = Vec::new();
    for task in all {
        kept.push(tasks.records.head(&task.id, "ada").await.unwrap().is_some());
    }
    let listed = tasks.records.of_owner("ada").await.unwrap();
    let is_listed: Vec<bool> = all.iter().map(|task| listed.contains(&task.id)).collect();
    assert_eq!(is_listed, kept);
    kept
}

#[tokio::test(start_paused = true)]
async fn only_running_tasks_count_towards_their_limit() {
    let tasks = tasks(&Arc::default(), LIMITS);
    for _ in 0..100 {
        run(&tasks, 1).await;
    }
    start(&tasks, pending()).await.unwrap();
    let running = start(&tasks, pending()).await.unwrap();
    let refused = start(&tasks, ready(result(1))).await.unwrap_err();
    assert!(refused.to_string().contains("has 2 running tasks, which is the limit"), "{refused}");
    // A task that is cancelled does not count, whether its method has stopped or not.
    assert!(tasks.records.end(&running.id, &running.head, TaskOutcome::Cancelled).await.unwrap());
    run(&tasks, 1).await;
}

#[tokio::test(start_paused = true)]
async fn work_that_panics_fails_its_task_and_leaves_nothing_behind() {
    let tasks = tasks(&Arc::default(), LIMITS);
    for _ in 0..10 {
        let started = start(&tasks, async { panic!("out of luck") }).await.unwrap();
        assert_eq!(message(&ended(&tasks, started).await), "the operation failed");
        sleep(BEAT).await;
        assert!(tasks.running().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn the_keys_of_a_store_do_not_reveal_the_id_of_a_task() {
    let store = Arc::<FaultyStore>::default();
    let tasks = tasks(&store, LIMITS);
    let task = run(&tasks, 1).await;
    tasks.records.put_answer(&task.id, &task.head, "input", &Value::Null).await.unwrap();
    let keys = store.keys();
    assert!(keys.iter().any(|key| key.ends_with(":end")) && keys.iter().any(|key| key.ends_with(":answer:input")));
    assert!(keys.iter().all(|key| !key.contains(&task.id)), "{keys:?}");
}

#[tokio::test(start_paused = true)]
async fn the_place_of_a_task_whose_process_ended_is_free_after_its_lease() {
    let (store, begun) = (Arc::default(), Instant::now());
    for _ in 0..2 {
        let records = tasks(&store, LIMITS).records.clone();
        let mut head =
            TaskHead { owner: "ada".into(), tool: "job".into(), created: now(), lifetime: 3_600_000, place: 0 };
        records.create(&mut head).await.unwrap().unwrap();
    }
    let tasks = tasks(&store, LIMITS);
    while start(&tasks, pending()).await.is_err() {
        sleep(BEAT).await;
    }
    assert_eq!(begun.elapsed(), records::LEASE);
    run(&tasks, 1).await;
}

#[tokio::test(start_paused = true)]
async fn the_task_that_ended_first_is_dropped_first() {
    let tasks = tasks(&Arc::default(), LIMITS);
    let first = start(&tasks, pending()).await.unwrap();
    let mut all = Vec::new();
    for size in [100, 100, 100, 100] {
        all.push(run(&tasks, size).await);
    }
    assert_eq!(kept(&tasks, &all).await, [false, true, true, true]);
    // This one began first, and ends last.
    tasks.records.end(&first.id, &first.head, TaskOutcome::Cancelled).await.unwrap();
    all.push(first);
    assert_eq!(kept(&tasks, &all).await, [false, false, true, true, true]);
    // All results together have at most 1,000 bytes.
    all.push(run(&tasks, 800).await);
    assert_eq!(kept(&tasks, &all).await, [false, false, false, false, true, true]);
    // A result that is larger is kept alone.
    all.push(run(&tasks, 2000).await);
    assert_eq!(kept(&tasks, &all).await, [false, false, false, false, false, false, true]);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_dropped_while_it_is_read_is_not_reported_as_cancelled() {
    let tasks = tasks(&Arc::default(), LIMITS);
    let first = run(&tasks, 100).await;
    for _ in 0..LIMITS.ended {
        run(&tasks, 100).await;
    }
    // A reader may have read the head before the task was dropped.
    assert!(tasks.records.existing(&first.id, first.head).await.unwrap().is_none());
    let last = start(&tasks, pending()).await.unwrap();
    assert!(tasks.records.end(&last.id, &last.head, TaskOutcome::Cancelled).await.unwrap());
    assert!(tasks.records.existing(&last.id, last.head).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn an_end_counts_even_if_the_answer_of_the_store_was_lost() {
    let store = Arc::<FaultyStore>::default();
    let tasks = tasks(&store, LIMITS);
    let mut all = Vec::new();
    for _ in 0..=LIMITS.ended {
        let started = start(&tasks, pending()).await.unwrap();
        // The records of places, whose keys also contain `:end`, are smaller.
        store.lose_answers((":end", 120));
        let outcome = TaskOutcome::Error(records::lost());
        assert!(tasks.records.end(&started.id, &started.head, outcome).await.unwrap());
        store.refuse(None);
        all.push(ended(&tasks, started).await);
        while !tasks.running().is_empty() {
            sleep(BEAT).await;
        }
    }
    assert_eq!(kept(&tasks, &all).await, [false, true, true, true]);
    // An end that is not stored is still an error.
    let started = start(&tasks, pending()).await.unwrap();
    store.refuse(Some((":end", 0)));
    assert!(tasks.records.end(&started.id, &started.head, TaskOutcome::Cancelled).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn what_a_dropped_task_leaves_in_the_store_expires_soon() {
    // Room for a few tasks only.
    let store = Arc::new(FaultyStore::of(MemoryStore::with_capacity(100_000)));
    let tasks = tasks(&store, LIMITS);
    for _ in 0..1000 {
        let started = tasks.start(wanted(), |task| async move {
            task.ask(Some("input".to_owned()), Value::Null, None::<std::future::Pending<_>>).await.unwrap();
            task.note("done".to_owned()).await;
            result(100)
        });
        let started = started.await.unwrap();
        tasks.records.put_answer(&started.id, &started.head, "input", &Value::Null).await.unwrap();
        ended(&tasks, started).await;
        sleep(Duration::from_secs(2)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_that_can_be_stored_within_the_lease_is_kept() {
    let store = Arc::<FaultyStore>::default();
    let tasks = tasks(&store, LIMITS);
    store.refuse(Some((":end", 0)));
    let started = start(&tasks, ready(result(1))).await.unwrap();
    sleep(Duration::from_secs(10)).await;
    store.refuse(None);
    assert!(matches!(ended(&tasks, started).await.end.unwrap().outcome, TaskOutcome::Result(_)));
}

#[tokio::test(start_paused = true)]
async fn a_task_whose_result_finds_no_room_fails() {
    let (store, begun) = (Arc::<FaultyStore>::default(), Instant::now());
    let tasks = tasks(&store, LIMITS);
    store.refuse(Some((":end", 500)));
    let state = run(&tasks, 500).await;
    assert_eq!(
        message(&state),
        "the call has ended, but its result could not be stored; the call may have taken effect"
    );
    assert!(begun.elapsed() <= records::LEASE);
}

#[tokio::test(start_paused = true)]
async fn a_task_whose_end_cannot_be_stored_has_failed_after_its_lease() {
    let (store, begun) = (Arc::<FaultyStore>::default(), Instant::now());
    let tasks = tasks(&store, LIMITS);
    store.refuse(Some((":end", 0)));
    let state = run(&tasks, 1).await;
    assert!(message(&state).contains("or could not store its result; the call may have taken effect"), "{state:?}");
    assert!(begun.elapsed() <= records::LEASE + BEAT);
    // All answers agree, before the end is stored and after that.
    let first = serde_json::to_value(state.detailed()).unwrap();
    for refused in [Some((":end", 0)), None, None] {
        let read = now();
        while now() == read {
            tokio::task::yield_now().await;
        }
        store.refuse(refused);
        sleep(Duration::from_secs(30)).await;
        let later = tasks.records.state(&state.id, state.head.clone()).await.unwrap();
        assert_eq!(serde_json::to_value(later.detailed()).unwrap(), first);
    }
    assert!(tasks.running().is_empty());
    run(&tasks, 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_question_that_the_method_drops_is_closed() {
    let store = Arc::<FaultyStore>::default();
    let tasks = tasks(&store, LIMITS);
    let started = tasks.start(wanted(), |task| async move {
        let stays = pin!(task.ask(Some("stays".to_owned()), Value::Null, None::<std::future::Pending<_>>));
        let waits = async {
            let question = task.ask(Some("goes".to_owned()), Value::Null, None::<std::future::Pending<_>>);
            let _ = tokio::time::timeout(Duration::from_millis(1500), question).await;
            pending::<()>().await;
        };
        select(stays, pin!(waits)).await;
        result(1)
    });
    let mut state = started.await.unwrap();
    let mut seen = Vec::new();
    while seen.last().is_none_or(|(_, names)| *names != ["stays"]) {
        sleep(Duration::from_millis(1)).await;
        state = tasks.records.state(&state.id, state.head).await.unwrap();
        let names: Vec<String> = state.questions.requests.keys().cloned().collect();
        if seen.last().is_none_or(|(_, last)| *last != names) {
            seen.push((state.task().status, names));
        }
    }
    let asked = rmcp::model::TaskStatus::InputRequired;
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(seen, [(asked, names(&["goes", "stays"])), (asked, names(&["stays"]))]);
    tasks.records.put_answer(&state.id, &state.head, "stays", &Value::Null).await.unwrap();
    let state = ended(&tasks, state).await;
    assert!(matches!(state.end.unwrap().outcome, TaskOutcome::Result(_)));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_dropped_does_not_fail_the_next_question() {
    let store = Arc::<FaultyStore>::default();
    let tasks = tasks(&store, LIMITS);
    let (refusing, records) = (store.clone(), tasks.records.clone());
    let started = tasks.start(wanted(), |task| async move {
        task.ask(Some("one".to_owned()), Value::Null, None::<std::future::Pending<_>>).await.unwrap();
        let given = task.ask(Some("two".to_owned()), Value::Null, Some(ready(Ok(Value::Null))));
        let outcome = given.await.map_or_else(|error| panic!("{error}"), |_| result(1));
        refusing.refuse(None);
        while records.answer(&task.id, "one").await.unwrap().is_some() {
            sleep(BEAT).await;
        }
        outcome
    });
    let started = started.await.unwrap();
    tasks.records.put_answer(&started.id, &started.head, "one", &Value::Null).await.unwrap();
    store.refuse(Some((":answer:", 0)));
    let state = ended(&tasks, started).await;
    assert!(matches!(state.end.as_ref().unwrap().outcome, TaskOutcome::Result(_)), "{state:?}");
}

/// Another version of the program may have written a record in another form.
#[tokio::test(start_paused = true)]
async fn records_that_cannot_be_read_do_not_count() {
    let store = Arc::<FaultyStore>::default();
    let tasks = tasks(&store, LIMITS);
    let task = run(&tasks, 1).await;
    for number in 0..LIMITS.ended {
        let place = format!("naftiko:tasks:ada:ended:{number}");
        store.put(&place, b"{}".to_vec(), records::LEASE).await.unwrap();
    }
    let other = run(&tasks, 1).await;
    sleep(BEAT).await;
    assert_eq!(tasks.records.of_owner("ada").await.unwrap(), [other.id]);

    let key = |what: &str| store.keys().into_iter().find(|key| key.ends_with(what)).unwrap();
    store.put(&key(":end"), b"{}".to_vec(), records::LEASE * 2).await.unwrap();
    let head = tasks.records.head(&task.id, "ada").await.unwrap().unwrap();
    sleep(records::LEASE).await;
    let state = tasks.records.state(&task.id, head).await.unwrap();
    assert_eq!(message(&state), records::lost().message);
    store.put(&key(":head"), b"{}".to_vec(), records::LEASE).await.unwrap();
    assert!(tasks.records.head(&task.id, "ada").await.unwrap().is_none());
}
