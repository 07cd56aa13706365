//! The records of approvals in a store: whoever reads the store must not find a token there.

use super::support::{Books, Client, Ledger, PAID, assert_refused, text, token};
use naftiko::store::{MemoryStore, Store, StoreFuture};
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A store that notes each key and each value that it gets.
#[derive(Default, Clone)]
struct Spy(Arc<(MemoryStore, Mutex<Vec<String>>)>);

impl Spy {
    fn note(&self, key: &str, value: &[u8]) -> &MemoryStore {
        self.0.1.lock().unwrap().push(format!("{key} {}", String::from_utf8_lossy(value)));
        &self.0.0
    }
}

impl Store for Spy {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.note(key, b"").get(key)
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, bool> {
        self.note(key, &value).put_if_absent(key, value, lifetime)
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, ()> {
        self.note(key, &value).put(key, value, lifetime)
    }

    fn take<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.note(key, b"").take(key)
    }
}

#[tokio::test]
async fn a_store_never_sees_a_token() {
    let (books, spy) = (Books::default(), Spy::default());
    let capability = Ledger::into_capability(books.clone()).with_store(spy.clone());
    let client = Client::of(&capability).await;
    let call = json!({ "invoice": "i-1", "amount": 5 });
    let (given, refused) = (token(&client.legacy("pay", call.clone()).await), token(&client.legacy("pay", call).await));
    capability.approvals().approve(&given).await.unwrap();
    capability.approvals().refuse(&refused).await.unwrap();
    let paid = client.legacy("pay", json!({ "invoice": "i-1", "amount": 5, "approval": given })).await;
    assert_eq!((text(&paid), books.changes()), (PAID, 1));

    let seen = spy.0.1.lock().unwrap().clone();
    for kind in ["naftiko:call:", "naftiko:approved:"] {
        assert!(seen.iter().any(|entry| entry.starts_with(kind)), "{seen:?}");
    }
    for token in [&given, &refused] {
        assert!(!seen.iter().any(|entry| entry.contains(token.as_str())), "{seen:?}");
    }
}

/// Another version of the program may have written a record in another format. Its token is then treated as unknown.
#[tokio::test]
async fn a_record_that_cannot_be_read_does_not_count() {
    let (books, spy) = (Books::default(), Spy::default());
    let capability = Ledger::into_capability(books.clone()).with_store(spy.clone());
    let client = Client::of(&capability).await;
    let call = json!({ "invoice": "i-1", "amount": 5 });
    let given = token(&client.legacy("pay", call).await);
    let key = spy.0.1.lock().unwrap().iter().rev().find_map(|entry| {
        let (key, value) = entry.split_once(' ')?;
        (key.starts_with("naftiko:call:") && !value.is_empty()).then(|| key.to_owned())
    });
    spy.put(&key.unwrap(), b"{}".to_vec(), Duration::from_secs(60)).await.unwrap();
    for error in [
        capability.approvals().approve(&given).await.unwrap_err(),
        capability.approvals().refuse(&given).await.unwrap_err(),
    ] {
        assert_eq!(error.status().as_u16(), 404, "{error}");
    }
    let refused = client.legacy("pay", json!({ "invoice": "i-1", "amount": 5, "approval": given })).await;
    assert_refused(&refused, "approval");
    assert_eq!(books.changes(), 0);
}

#[tokio::test]
async fn a_caller_at_its_limit_writes_nothing_to_the_store() {
    let (books, spy) = (Books::default(), Spy::default());
    let limits = naftiko::Limits { approvals: 3, ..Default::default() };
    let capability = Ledger::into_capability(books).with_store(spy.clone()).with_limits(limits);
    let client = Client::of(&capability).await;
    let call = || client.legacy("pay", json!({ "invoice": "i-1", "amount": 5 }));
    let places_written = || {
        let seen = spy.0.1.lock().unwrap();
        seen.iter().filter(|entry| entry.starts_with("naftiko:calls:") && !entry.ends_with(' ')).count()
    };
    for waiting in 1..=3 {
        token(&call().await);
        assert_eq!(places_written(), waiting);
    }
    assert_refused(&call().await, "wait for approval, which is the limit");
    assert_eq!(places_written(), 3);
}
