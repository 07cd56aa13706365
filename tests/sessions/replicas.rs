//! A session that one replica began is served by all of them, until it ends.

use super::support::{Session, SharedMemory, drafts, lists, notes, pass, serve, two};
use naftiko::Limits;
use naftiko::store::{MemoryStore, Store};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Checks that two replicas share sessions.
async fn share_sessions(store: impl Fn() -> Arc<dyn Store>) {
    let [one, other] = two(store).await;
    let (session, kept) = (Session::begin(&one).await, Session::begin(&one).await);
    for url in [&other, &one, &other] {
        let (status, answer) = session.ask(url, "tools/list", json!({})).await;
        assert_eq!((status, answer["result"]["tools"].as_array().unwrap().len()), (200, 2), "{answer}");
    }
    assert_eq!(session.request(&other, "ping", json!({})).await.next().await.unwrap()["result"], json!({}));
    // Another caller cannot use the session, and cannot end it.
    for stolen in [session.stolen("eve"), session.stolen("")] {
        for url in [&one, &other] {
            let (status, answer) = stolen.ask(url, "tools/list", json!({})).await;
            assert_eq!(status, 404, "{answer}");
            assert_eq!((stolen.get(url, None).await.status(), stolen.end(url).await), (404.try_into().unwrap(), 404));
        }
    }
    assert_eq!(session.change(&other, json!([])).await, 200);
    // Ending the session has an effect in all replicas, and on no other session.
    assert_eq!(session.end(&other).await, 204);
    for url in [&one, &other] {
        let (status, answer) = session.ask(url, "tools/list", json!({})).await;
        assert_eq!((status, &answer["id"]), (404, &json!(1)), "{answer}");
        assert_eq!((session.get(url, None).await.status().as_u16(), session.end(url).await), (404, 404));
    }
    // A replica that has not served a session can end it.
    assert_eq!((kept.change(&one, json!([])).await, kept.end(&other).await), (200, 204));
    assert_eq!((kept.change(&other, json!([])).await, kept.change(&one, json!([])).await), (404, 404));
}

#[tokio::test]
async fn replicas_share_sessions() {
    let store = Arc::new(MemoryStore::default());
    share_sessions(|| store.clone()).await;
    let store = Arc::new(SharedMemory::default());
    share_sessions(|| store.clone()).await;
}

#[tokio::test]
async fn a_session_of_one_adapter_is_unknown_to_others_of_the_crate() {
    let store = Arc::new(MemoryStore::default());
    let one = serve(&notes().with_store(store.clone())).await;
    let session = Session::begin(&one).await;
    // Adapters of several capabilities can have the same namespace, for example the namespace of an API that all of them call.
    for other in [lists(), drafts()] {
        let other = serve(&other.with_store(store.clone())).await;
        let (status, answer) = session.ask(&other, "tools/list", json!({})).await;
        assert_eq!((status, session.end(&other).await), (404, 404), "{answer}");
        assert_eq!(session.change(&one, json!([])).await, 200);
    }
}

#[cfg(feature = "redis")]
#[tokio::test]
#[ignore = "needs a Redis server: bash .ci/run redis"]
async fn replicas_with_a_redis_share_sessions() {
    let url = std::env::var("NAFTIKO_TEST_REDIS").expect("set `NAFTIKO_TEST_REDIS` to the URL of a Redis server");
    let store = || Arc::new(naftiko::store::RedisStore::new(&url).unwrap()) as Arc<dyn Store>;
    share_sessions(store).await;
    super::listening::go_on_elsewhere(store).await;
    super::questions::are_answered_elsewhere(store).await;
    super::cancelled::reach_the_replica_that_runs_the_call(store).await;
}

#[tokio::test]
async fn replicas_without_a_common_store_do_not_share_sessions() {
    let (one, other) = (serve(&notes()).await, serve(&notes()).await);
    let session = Session::begin(&one).await;
    assert_eq!((session.change(&other, json!([])).await, session.change(&one, json!([])).await), (404, 200));
}

#[tokio::test]
async fn a_session_expires_unless_it_is_used_by_any_replica() {
    let store = Arc::new(MemoryStore::default());
    let [one, other] = two(|| store.clone()).await;
    let session = Session::begin(&one).await;
    for url in [&other, &other, &one, &other] {
        pass(200).await;
        assert_eq!(session.change(url, json!([])).await, 200);
    }
    pass(400).await;
    assert_eq!((session.change(&other, json!([])).await, session.change(&one, json!([])).await), (404, 404));
}

#[tokio::test]
async fn sessions_of_other_replicas_count_too() {
    let store = Arc::new(MemoryStore::default());
    let limits = Limits { sessions: 1, ..Limits::default() };
    let one = serve(&notes().with_store(store.clone())).await;
    let other = serve(&notes().with_store(store).with_limits(limits)).await;
    let (session, own) = (Session::begin(&one).await, Session::begin(&other).await);
    let refused = session.get(&other, None).await;
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (503, &"60".parse().unwrap()));
    let (status, answer) = session.ask(&other, "tools/list", json!({})).await;
    assert_eq!((status, &answer["id"]), (503, &json!(1)), "{answer}");
    assert_eq!(own.end(&other).await, 204);
    assert_eq!(session.change(&other, json!([])).await, 200);
    assert_eq!(Session::try_begin(&other).await.status(), 503);
    // A session that another replica has ended frees its slot here as soon as a request for it arrives.
    assert_eq!((session.end(&one).await, session.change(&other, json!([])).await), (204, 404));
    assert_eq!(Session::try_begin(&other).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_requests_at_once_move_a_session_once() {
    let store = Arc::new(MemoryStore::default());
    let one = serve(&notes().with_store(store.clone())).await;
    let limits = Limits { sessions: 1, ..Limits::default() };
    for _ in 0..10 {
        let other = serve(&notes().with_store(store.clone()).with_limits(limits.clone())).await;
        let session = Session::begin(&one).await;
        let calls = (2..18).map(|id| {
            let (session, other) = (session.clone(), other.clone());
            tokio::spawn(async move {
                let message = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list" });
                session.post(&other, &message).await.status().as_u16()
            })
        });
        for status in futures_util::future::join_all(calls).await {
            assert_eq!(status.unwrap(), 200);
        }
    }
}

#[tokio::test]
async fn the_store_gets_no_secrets() {
    let store = Arc::new(SharedMemory::default());
    let [one, other] = two(|| store.clone()).await;
    let session = Session::begin(&one).await;
    assert_eq!(session.change(&other, json!([])).await, 200);
    let written = store.written();
    assert!(written.contains("naftiko:session:") && written.contains("elicitation"), "{written}");
    let id = session.id.split('.').next().unwrap();
    assert!(!written.contains("s3cret") && !written.contains(id), "{written}");
    // Keys contain hashes, which may contain the name by chance.
    assert!(!written.lines().any(|line| line.split_once(' ').unwrap().1.contains("ada")), "{written}");
}

#[tokio::test]
async fn a_large_handshake_is_not_stored() {
    let store = Arc::new(SharedMemory::default());
    let [one, other] = two(|| store.clone()).await;
    let params = json!({
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": { "name": "x".repeat(100_000), "version": "1" },
    });
    let message = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
    let request = reqwest::Client::new().post(&one).header("accept", "application/json, text/event-stream");
    let begun = request.header("x-user", "ada").json(&message).send().await.unwrap();
    let id = begun.headers()["mcp-session-id"].to_str().unwrap().to_owned();
    let session = Session { id, ..Session::begin(&one).await };
    session.post(&one, &json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
    assert_eq!((session.change(&one, json!([])).await, session.change(&other, json!([])).await), (200, 404));
    assert!(store.written().len() < 20_000);
    assert_eq!((session.end(&one).await, session.change(&one, json!([])).await), (204, 404));
}

#[tokio::test]
async fn a_replica_keeps_its_sessions_while_the_store_fails() {
    let store = Arc::new(SharedMemory::default());
    let [one, other] = two(|| store.clone()).await;
    let session = Session::begin(&one).await;
    store.fails.store(true, Ordering::SeqCst);
    assert_eq!(session.change(&one, json!([])).await, 200);
    let (status, answer) = session.ask(&other, "tools/list", json!({})).await;
    let message = answer["error"]["message"].as_str().unwrap();
    assert_eq!(
        (status, message),
        (503, "the session store of this server cannot be reached; try again later"),
        "{answer}"
    );
    // No replica reports that the session has ended.
    assert_eq!(session.end(&other).await, 503);
    assert_eq!(session.end(&one).await, 503);
    let lonely = Session::begin(&one).await;
    store.fails.store(false, Ordering::SeqCst);
    assert_eq!((lonely.change(&one, json!([])).await, lonely.change(&other, json!([])).await), (200, 404));
    assert_eq!((session.end(&other).await, session.change(&one, json!([])).await), (204, 404));
}

#[tokio::test]
async fn a_session_whose_record_cannot_be_read_has_ended() {
    for record in ["", "[]", "{}", r#"{"client":{},"choices":{"level":"loud"}}"#] {
        let store = Arc::new(SharedMemory::default());
        let [one, other] = two(|| store.clone()).await;
        let session = Session::begin(&one).await;
        let written = store.written();
        let key = written.split([' ', '\n']).find(|word| word.ends_with(":state")).unwrap();
        store.put(key, record.into(), Duration::from_secs(60)).await.unwrap();
        // With another status than 404, clients would not begin another session.
        assert_eq!((session.change(&other, json!([])).await, session.change(&one, json!([])).await), (404, 404));
        assert_eq!(Session::begin(&other).await.change(&one, json!([])).await, 200);
    }
}

#[tokio::test]
async fn a_log_level_is_kept() {
    let store = Arc::new(MemoryStore::default());
    let [one, other] = two(|| store.clone()).await;
    let session = Session::begin(&one).await;
    let (status, answer) = session.ask(&one, "logging/setLevel", json!({ "level": "debug" })).await;
    assert_eq!((status, &answer["result"]), (200, &json!({})), "{answer}");
    for url in [&other, &one] {
        let mut heard = session.listen(url).await;
        assert_eq!(session.change(url, json!([])).await, 200);
        assert_eq!(heard.next().await.unwrap()["method"], "notifications/message");
    }
    // A level that another replica has set counts here at once.
    let (_, answer) = session.ask(&other, "logging/setLevel", json!({ "level": "error" })).await;
    assert_eq!(answer["result"], json!({}), "{answer}");
    let mut heard = session.listen(&one).await;
    let (_, answer) = session.ask(&one, "resources/subscribe", json!({ "uri": "notes://today" })).await;
    assert_eq!(answer["result"], json!({}), "{answer}");
    assert_eq!(session.change(&one, json!(["notes://today"])).await, 200);
    assert_eq!(heard.changed().await, "notes://today");
}
