//! Approval in replicas that share a Redis server. The ignored tests need its URL in `NAFTIKO_TEST_REDIS`:
//! `bash .ci/run redis` starts one.
#![cfg(feature = "redis")]

use super::support::{Books, Client, Ledger, PAID, assert_refused, text, token};
use naftiko::store::{RedisStore, Store};
use serde_json::json;
use std::time::Duration;

/// Returns the URL of a Redis server for these tests.
fn url() -> String {
    std::env::var("NAFTIKO_TEST_REDIS").expect("set `NAFTIKO_TEST_REDIS` to the URL of a Redis server")
}

#[tokio::test]
#[ignore = "needs a Redis server: bash .ci/run redis"]
async fn a_value_is_kept_until_it_expires_or_is_taken() {
    let store = RedisStore::new(&url()).unwrap();
    let key = format!("naftiko:test:{}", std::process::id());
    let long = Duration::from_secs(60);
    assert_eq!(store.get(&key).await.unwrap(), None);
    assert!(store.put_if_absent(&key, vec![0, 255], long).await.unwrap());
    assert!(!store.put_if_absent(&key, vec![1], long).await.unwrap());
    assert_eq!(store.get(&key).await.unwrap(), Some(vec![0, 255]));
    assert_eq!(store.take(&key).await.unwrap(), Some(vec![0, 255]));
    assert_eq!(store.take(&key).await.unwrap(), None);
    assert!(store.put_if_absent(&key, vec![2], Duration::from_millis(1)).await.unwrap());
    // Polls until the key has expired, since a fixed wait could be too short.
    let expired = async { while store.get(&key).await.unwrap().is_some() {} };
    tokio::time::timeout(Duration::from_secs(30), expired).await.unwrap();
    assert!(store.put_if_absent(&key, Vec::new(), long).await.unwrap());
    assert_eq!(store.take(&key).await.unwrap(), Some(Vec::new()));
}

#[tokio::test]
#[ignore = "needs a Redis server: bash .ci/run redis"]
async fn a_call_that_one_replica_announced_runs_once_on_any() {
    let url = url();
    let books = Books::default();
    let replica = || Ledger::into_capability(books.clone()).with_store(RedisStore::new(&url).unwrap());
    let replicas = [replica(), replica(), replica()];
    let clients = [&replicas[0], &replicas[1], &replicas[2]].map(Client::of);
    let clients = futures_util::future::join_all(clients).await;
    for round in 1..=20 {
        let given = token(&clients[0].legacy("pay", json!({ "invoice": "i-1", "amount": 5 })).await);
        let paid = json!({ "invoice": "i-1", "amount": 5, "approval": given });
        assert_eq!(token(&clients[1].legacy("pay", paid.clone()).await), given);
        replicas[2].approvals().approve(&given).await.unwrap();
        let calls = (0..12).map(|at| clients[at % 3].legacy("pay", paid.clone()));
        let results = futures_util::future::join_all(calls).await;
        let done = results.iter().filter(|result| result["isError"] == false).collect::<Vec<_>>();
        assert_eq!((done.len(), text(done[0]), books.changes()), (1, PAID, round));
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_reached_lets_nothing_run() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    // The server accepts connections and closes them at once.
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let books = Books::default();
    let store = RedisStore::new(&format!("redis://:s3cret@127.0.0.1:{port}")).unwrap();
    let client = Client::of(&Ledger::into_capability(books.clone()).with_store(store)).await;
    let result = client.legacy("pay", json!({ "invoice": "i-1", "amount": 5 })).await;
    assert_refused(&result, "the store of this server cannot be used");
    assert!(!result.to_string().contains("s3cret"), "{result}");
    assert_eq!(books.changes(), 0);
}

#[test]
fn a_wrong_url_is_an_error_without_its_password() {
    let error = RedisStore::new("http://:s3cret@redis").unwrap_err().to_string();
    assert!(error.contains("redis://host:6379") && !error.contains("s3cret"), "{error}");
}
