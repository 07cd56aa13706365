//! Questions to the client of a session, whose answers may arrive at another replica.

use super::support::{Session, SharedMemory, notes, pass, serve, two};
use naftiko::store::{MemoryStore, Store};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

fn answer(id: &Value, name: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": { "action": "accept", "content": { "name": name } } })
}

/// Checks that a replica gets the answers to its questions, regardless of the replica that the client sends them to.
pub(crate) async fn are_answered_elsewhere(store: impl Fn() -> Arc<dyn Store>) {
    let [one, other] = two(store).await;
    let session = Session::begin(&one).await;
    let mut here = session.request(&one, "tools/call", json!({ "name": "greet" })).await;
    let mut there = session.request(&other, "tools/call", json!({ "name": "greet" })).await;
    let (asked, also_asked) = (here.next().await.unwrap(), there.next().await.unwrap());
    assert_eq!((&asked["method"], &also_asked["method"]), (&json!("elicitation/create"), &json!("elicitation/create")));
    assert_ne!(asked["id"], also_asked["id"]);
    let stolen = session.stolen("eve");
    assert_eq!(stolen.post(&other, &answer(&asked["id"], "Eve")).await.status(), 404);
    // Each replica gets the answer that the other one receives.
    assert_eq!(session.post(&other, &answer(&asked["id"], "Ada")).await.status(), 202);
    assert_eq!(session.post(&one, &answer(&also_asked["id"], "Bob")).await.status(), 202);
    assert_eq!(here.next().await.unwrap()["result"]["content"][0]["text"], "Hello, Ada!");
    assert_eq!(there.next().await.unwrap()["result"]["content"][0]["text"], "Hello, Bob!");
}

#[tokio::test]
async fn an_answer_reaches_its_question_through_any_replica() {
    let store = Arc::new(SharedMemory::default());
    are_answered_elsewhere(|| store.clone()).await;
}

#[tokio::test]
async fn the_answer_to_a_question_that_nobody_asks_is_refused() {
    let store = Arc::new(SharedMemory::default());
    let [one, other] = two(|| store.clone()).await;
    let session = Session::begin(&one).await;
    let mut asked = session.request(&one, "tools/call", json!({ "name": "greet" })).await;
    let id = asked.next().await.unwrap()["id"].clone();
    let mut unknown = id.as_str().unwrap().to_owned();
    unknown.push('1');
    for url in [&one, &other] {
        for id in [json!(unknown), json!(0), json!("naftiko/ask/x/0")] {
            let refused = session.post(url, &answer(&id, "Ada")).await;
            let status = refused.status();
            let refused: Value = refused.json().await.unwrap();
            assert_eq!((status.as_u16(), &refused["id"]), (400, &Value::Null), "{id}: {refused}");
            assert!(refused["error"]["message"].as_str().unwrap().contains("no open question"), "{refused}");
        }
    }
    assert_eq!(session.post(&one, &answer(&id, "Ada")).await.status(), 202);
    assert_eq!(asked.next().await.unwrap()["result"]["content"][0]["text"], "Hello, Ada!");
    // The question is already answered.
    assert_eq!(session.post(&other, &answer(&id, "Ada")).await.status(), 400);
}

#[tokio::test]
async fn a_question_ends_with_its_call() {
    let store = Arc::new(SharedMemory::default());
    let [one, other] = two(|| store.clone()).await;
    let session = Session::begin(&one).await;
    let mut heard = session.listen(&one).await;
    let mut asked = session.request(&one, "tools/call", json!({ "name": "greet" })).await;
    let id = asked.next().await.unwrap()["id"].clone();
    let cancelled = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } });
    assert_eq!(session.post(&one, &cancelled).await.status(), 202);
    let ended = timeout(Duration::from_secs(30), heard.next()).await.expect("nobody has cancelled the question");
    let ended = ended.unwrap();
    assert_eq!((&ended["method"], &ended["params"]["requestId"]), (&cancelled["method"], &id), "{ended}");
    // The question is closed, both in its replica and in the store.
    assert_eq!(session.post(&one, &answer(&id, "Ada")).await.status(), 400);
    while session.post(&other, &answer(&id, "Ada")).await.status() != 400 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_answer_that_is_not_a_message_leaves_its_question_open() {
    let store = Arc::new(SharedMemory::default());
    let [one, other] = two(|| store.clone()).await;
    let session = Session::begin(&one).await;
    let mut asked = session.request(&one, "tools/call", json!({ "name": "greet" })).await;
    let id = asked.next().await.unwrap()["id"].clone();
    for url in [&one, &other] {
        let wrong = session.post(url, &json!({ "jsonrpc": "2.0", "id": id, "error": {} })).await;
        assert_eq!(wrong.status(), 400);
        let refused: Value = wrong.json().await.unwrap();
        assert_eq!(
            refused["error"]["message"],
            "expected a `result`, or an `error` with a `code` and a `message`, in the answer to a question"
        );
    }
    assert_eq!(session.post(&other, &answer(&id, "Ada")).await.status(), 202);
    assert_eq!(asked.next().await.unwrap()["result"]["content"][0]["text"], "Hello, Ada!");
}

#[tokio::test]
async fn a_store_that_is_not_shared_passes_no_answers_on() {
    let store = Arc::new(MemoryStore::default());
    let [one, other] = two(|| store.clone()).await;
    let session = Session::begin(&one).await;
    let mut asked = session.request(&one, "tools/call", json!({ "name": "greet" })).await;
    let id = asked.next().await.unwrap()["id"].clone();
    assert_eq!(session.post(&other, &answer(&id, "Ada")).await.status(), 400);
    assert_eq!(session.post(&one, &answer(&id, "Ada")).await.status(), 202);
    assert_eq!(asked.next().await.unwrap()["result"]["content"][0]["text"], "Hello, Ada!");
}

#[test]
fn the_answer_to_a_question_of_a_replica_that_ended_is_refused() {
    let store = Arc::new(SharedMemory::default());
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let replica = async || serve(&notes().with_store(store.clone())).await;
    let ended = runtime();
    let (id, question) = ended.block_on(async {
        let one = replica().await;
        let session = Session::begin(&one).await;
        let mut asked = session.request(&one, "tools/call", json!({ "name": "greet" })).await;
        let question = asked.next().await.unwrap()["id"].clone();
        (session.id, question)
    });
    // Everything that runs in this runtime is dropped.
    drop(ended);
    runtime().block_on(async {
        let other = replica().await;
        let session = Session { id, ..Session::begin(&other).await };
        pass(20).await;
        let refused = session.post(&other, &answer(&question, "Ada")).await;
        assert_eq!(refused.status(), 400);
        let refused: Value = refused.json().await.unwrap();
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.contains("the replica that asked has ended"), "{message}");
        assert_eq!(session.change(&other, json!([])).await, 200);
    });
}
