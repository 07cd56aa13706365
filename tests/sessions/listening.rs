//! Subscriptions of a session: they apply in every replica that serves it.

use super::messages::Messages;
use super::support::{Session, SharedMemory, notes, serve, two};
use naftiko::store::{MemoryStore, Store};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Checks that the subscriptions of a session are known to all replicas.
pub(crate) async fn go_on_elsewhere(store: impl Fn() -> Arc<dyn Store>) {
    let [one, other] = two(&store).await;
    let session = Session::begin(&one).await;
    let subscribe = async |method: &str, url: &str, uri: &str| {
        let (status, answer) = session.ask(url, &format!("resources/{method}"), json!({ "uri": uri })).await;
        assert_eq!((status, &answer["result"]), (200, &json!({})), "{answer}");
    };
    let mut here = session.listen(&one).await;
    subscribe("subscribe", &one, "notes://today").await;
    assert_eq!(session.change(&one, json!(["notes://monday", "notes://today"])).await, 200);
    assert_eq!(here.changed().await, "notes://today");
    // The client moves to the other replica.
    let mut there = session.listen(&other).await;
    assert_eq!(session.change(&other, json!(["notes://monday", "notes://today"])).await, 200);
    assert_eq!(there.changed().await, "notes://today");
    // A subscription through one replica applies in the others at once, even if many other resources change.
    subscribe("subscribe", &other, "notes://friday").await;
    let mut uris: Vec<_> = (0..500).map(|day| format!("notes://day-{day}")).collect();
    uris.push("notes://friday".to_owned());
    let changer = Session::begin(&one).await;
    assert_eq!(changer.change(&one, json!(uris)).await, 200);
    assert_eq!(here.changed().await, "notes://friday");
    subscribe("unsubscribe", &one, "notes://today").await;
    assert_eq!(session.change(&other, json!(["notes://today", "notes://friday"])).await, 200);
    assert_eq!(there.changed().await, "notes://friday");
    // Another replica, which has no copy of the session yet.
    let third = serve(&notes().with_store(store())).await;
    let mut last = session.listen(&third).await;
    assert_eq!(session.change(&third, json!(["notes://today", "notes://friday"])).await, 200);
    assert_eq!(last.changed().await, "notes://friday");
    // A stream ends when its replica notices that the session was ended elsewhere.
    assert_eq!((session.end(&one).await, session.change(&third, json!([])).await), (204, 404));
    assert_eq!(last.next().await, None);
}

#[tokio::test]
async fn subscriptions_go_on_in_another_replica() {
    let store = Arc::new(MemoryStore::default());
    go_on_elsewhere(|| store.clone()).await;
    let store = Arc::new(SharedMemory::default());
    go_on_elsewhere(|| store.clone()).await;
}

#[tokio::test]
async fn subscriptions_are_read_again_after_a_store_has_panicked() {
    let store = Arc::new(SharedMemory::default());
    let [one, other] = two(|| store.clone()).await;
    let (session, changer) = (Session::begin(&one).await, Session::begin(&one).await);
    let mut here = session.listen(&one).await;
    let (_, answer) = session.ask(&other, "resources/subscribe", json!({ "uri": "notes://today" })).await;
    assert_eq!(answer["result"], json!({}), "{answer}");
    store.panics.store(true, Ordering::SeqCst);
    assert_eq!(changer.change(&one, json!(["notes://monday"])).await, 200);
    store.panics.store(false, Ordering::SeqCst);
    assert_eq!(changer.change(&one, json!(["notes://today"])).await, 200);
    let notification = tokio::time::timeout(Duration::from_secs(30), here.changed());
    assert_eq!(notification.await.expect("a notification"), "notes://today");
}

#[tokio::test]
async fn the_subscriptions_of_a_session_are_bounded() {
    let store = Arc::new(MemoryStore::default());
    let [one, other] = two(|| store.clone()).await;
    let session = Session::begin(&one).await;
    let mut added = 0;
    for url in [&one, &other].into_iter().cycle() {
        let uri = format!("notes://{added}{}", "x".repeat(2_000));
        let (_, answer) = session.ask(url, "resources/subscribe", json!({ "uri": uri })).await;
        if answer["error"].is_object() {
            assert!(answer["error"]["message"].as_str().unwrap().contains("too many subscriptions"), "{answer}");
            break;
        }
        added += 1;
    }
    assert_eq!(added, 16);
}

#[tokio::test]
async fn a_stream_can_be_resumed_only_in_its_own_replica() {
    let store = Arc::new(MemoryStore::default());
    let [one, other] = two(|| store.clone()).await;
    let session = Session::begin(&one).await;
    let (_, answer) = session.ask(&one, "resources/subscribe", json!({ "uri": "notes://today" })).await;
    assert_eq!(answer["result"], json!({}), "{answer}");
    let mut here = session.listen(&one).await;
    let mut answered = session.request(&one, "ping", json!({})).await;
    answered.next().await.unwrap();
    assert_eq!(session.change(&one, json!(["notes://today"])).await, 200);
    here.changed().await;
    // Another replica resumes the stream of notifications, but reports that it does not have the stream of a request.
    let mut there = Messages::of(session.get(&other, Some(&here.last)).await);
    assert_eq!(session.change(&other, json!(["notes://today"])).await, 200);
    assert_eq!(there.changed().await, "notes://today");
    let third = serve(&notes().with_store(store)).await;
    for url in [&other, &third] {
        let refused = session.get(url, Some(&answered.last)).await;
        assert_eq!(refused.status(), 400, "{}", answered.last);
        let refused: serde_json::Value = refused.json().await.unwrap();
        assert!(refused["error"]["message"].as_str().unwrap().contains("another replica"), "{refused}");
    }
}
