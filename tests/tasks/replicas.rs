//! Replicas that share a store: any of them answers for any task.

use super::support::{Client, Jobs, OtherJobs, Workshop, is};
use naftiko::store::{MemoryStore, Store};
use naftiko::{Capability, Limits};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Returns clients of two replicas with one store.
async fn replicas(workshop: &Workshop, store: impl Fn() -> Arc<dyn Store>) -> (Client, Client) {
    let replica = || Jobs::into_capability(workshop.clone()).with_store(store());
    let (one, other): (Capability, Capability) = (replica(), replica());
    (Client::of(&one).await, Client::of(&other).await)
}

/// Checks that a replica answers for the tasks that another one runs.
async fn share_tasks(store: impl Fn() -> Arc<dyn Store>) {
    let workshop = Workshop::default();
    let (one, other) = replicas(&workshop, store).await;
    let task = one.legacy_task("hold", json!({ "text": "it" })).await;
    let id = &task["taskId"];
    other.legacy_until(id, |task| task["statusMessage"] == "holding (1 of 2)").await;
    workshop.gate.add_permits(1);
    let answer = other.legacy("tasks/result", json!({ "taskId": id })).await;
    assert_eq!(answer["result"]["content"][0]["text"], "held it", "{answer}");
    let task = one.modern_task("measure", json!({})).await;
    let id = &task["taskId"];
    other.modern_until(id, is("input_required")).await;
    let reply = json!({ "action": "accept", "content": { "wide": 3 } });
    let both = |task: &serde_json::Value| task["inputRequests"].as_object().is_some_and(|asked| asked.len() == 2);
    other.modern_until(id, both).await;
    let answers = json!({ "taskId": id, "inputResponses": { "one": reply, "other": reply } });
    other.modern("tasks/update", answers).await;
    let done = other.modern_until(id, is("completed")).await;
    assert_eq!(done["result"]["structuredContent"]["result"], 6, "{done}");
    let task = one.modern_task("hold", json!({ "text": "it" })).await;
    let id = &task["taskId"];
    other.modern_until(id, |task| task["statusMessage"].is_string()).await;
    other.modern("tasks/cancel", json!({ "taskId": id })).await;
    one.modern_until(id, is("cancelled")).await;
    // The replica that runs the task reads the store once a second.
    while workshop.dropped() < 2 {
        tokio::task::yield_now().await;
    }
    workshop.gate.add_permits(1);
    let listed = other.legacy("tasks/list", json!({})).await;
    let status: Vec<_> = listed["result"]["tasks"].as_array().unwrap().iter().map(|task| &task["status"]).collect();
    assert_eq!(status, ["completed", "completed", "cancelled"], "{listed}");
    assert_eq!(workshop.gate.available_permits(), 1);
}

/// Checks that two replicas share the limits of tasks, even while many tasks end at the same time.
async fn share_limits(store: impl Fn() -> Arc<dyn Store>) {
    let workshop = Workshop::default();
    let limits = Limits { tasks: 4, ended_tasks: 3, ..Limits::default() };
    let replica = || Jobs::into_capability(workshop.clone()).with_store(store()).with_limits(limits.clone());
    let (one, other) = (Client::of(&replica()).await, Client::of(&replica()).await);
    let hold = json!({ "name": "hold", "arguments": { "text": "it" }, "task": {} });
    for _ in 0..5 {
        for client in [&one, &other, &one, &other] {
            // The slots of the previous four tasks are freed when their end becomes visible, or just after.
            let task = client.legacy("tools/call", hold.clone()).await;
            assert!(task["result"]["task"]["taskId"].is_string(), "{task}");
        }
        for client in [&one, &other] {
            let refused = client.legacy("tools/call", hold.clone()).await;
            assert!(refused["error"]["message"].as_str().unwrap().contains("has 4 running tasks"), "{refused}");
        }
        workshop.gate.add_permits(4);
        let mut listed = json!([]);
        while listed.as_array().unwrap().len() != 3 || listed.to_string().contains(r#""status":"working""#) {
            listed = other.legacy("tasks/list", json!({})).await["result"]["tasks"].take();
        }
    }
    assert_eq!((workshop.runs(), workshop.gate.available_permits()), (20, 0));
}

#[tokio::test]
async fn replicas_in_one_process_share_tasks() {
    let store = Arc::new(MemoryStore::default());
    share_tasks(|| store.clone()).await;
    let store = Arc::new(MemoryStore::default());
    share_limits(|| store.clone()).await;
}

#[tokio::test]
async fn a_task_is_unknown_to_another_capability() {
    let (store, workshop) = (Arc::new(MemoryStore::default()), Workshop::default());
    let one = Client::of(&Jobs::into_capability(workshop.clone()).with_store(store.clone())).await;
    let other = Client::of(&OtherJobs::into_capability(workshop).with_store(store)).await;
    let task = one.modern_task("compute", json!({})).await;
    let id = &task["taskId"];
    one.modern_until(id, is("completed")).await;
    let unknown = other.modern("tasks/get", json!({ "taskId": id })).await;
    assert!(unknown["error"]["message"].as_str().is_some_and(|why| why.starts_with("unknown task")), "{unknown}");
    let listed = other.legacy("tasks/list", json!({})).await;
    assert_eq!(listed["result"]["tasks"], json!([]), "{listed}");
}

#[cfg(feature = "redis")]
#[tokio::test]
#[ignore = "needs a Redis server: bash .ci/run redis"]
async fn replicas_with_a_redis_share_tasks() {
    let url = std::env::var("NAFTIKO_TEST_REDIS").expect("set `NAFTIKO_TEST_REDIS` to the URL of a Redis server");
    share_tasks(|| Arc::new(naftiko::store::RedisStore::new(&url).unwrap())).await;
    share_limits(|| Arc::new(naftiko::store::RedisStore::new(&url).unwrap())).await;
}

#[test]
fn a_task_whose_replica_ended_fails() {
    let (store, workshop) = (Arc::new(MemoryStore::default()), Workshop::default());
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let capability = || Jobs::into_capability(workshop.clone()).with_store(store.clone());
    let ended = runtime();
    let task = ended.block_on(async {
        let client = Client::of(&capability()).await;
        let task = client.modern_task("hold", json!({ "text": "it" })).await;
        client.modern_until(&task["taskId"], |task| task["statusMessage"].is_string()).await
    });
    // Everything that runs in this runtime is dropped.
    drop(ended);
    assert_eq!(workshop.dropped(), 1);
    runtime().block_on(async {
        let client = Client::of(&capability()).await;
        let running = client.modern("tasks/get", json!({ "taskId": task["taskId"] })).await;
        assert_eq!(running["result"]["status"], "working", "{running}");
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(15)).await;
        tokio::time::resume();
        let failed = client.modern("tasks/get", json!({ "taskId": task["taskId"] })).await;
        assert_eq!(failed["result"]["status"], "failed", "{failed}");
        let message = failed["result"]["error"]["message"].as_str().unwrap();
        let expected =
            "the server that ran this task has ended, or could not store its result; the call may have taken effect";
        assert_eq!(message, expected);
    });
    assert_eq!(workshop.runs(), 1);
}
