//! Tests of caches that share a store, each the cache of a replica.

use super::cache::{Api, LARGEST, answer, request};
use super::{milliseconds, paused};
use crate::consume::fault::Failure;
use crate::consume::layers::cache::{AnswerStore, CacheLayer, SharedAnswers};
use crate::consume::layers::credentials_digest;
use crate::consume::outgoing::Outgoing;
use crate::error::{Error, Result};
use crate::store::{MemoryStore, SharedStore, Store, StoreFuture};
use http::{Method, Request};
use http_body_util::BodyExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::time::sleep;
use tower::{Layer, Service, service_fn};

/// A store that remembers all its values, and that can be unreachable.
#[derive(Default)]
struct SpiedStore {
    store: MemoryStore,
    values: Mutex<Vec<(String, Vec<u8>)>>,
    is_down: AtomicBool,
}

impl SpiedStore {
    fn when_up<'a, T: Send + 'a>(&'a self, answer: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        let is_down = self.is_down.load(Ordering::Relaxed);
        Box::pin(async move { if is_down { Err(Error::internal("unreachable")) } else { answer.await } })
    }

    /// Replaces each answer with a changed one.
    async fn tamper(&self) -> Result<()> {
        let values = self.values.lock().unwrap().clone();
        for (key, mut value) in values.into_iter().filter(|(key, _)| key.starts_with("naftiko:answer:")) {
            *value.last_mut().unwrap() ^= 1;
            self.store.put(&key, value, Duration::from_secs(60)).await?;
        }
        Ok(())
    }
}

impl Store for SpiedStore {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.when_up(self.store.get(key))
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, bool> {
        self.when_up(Box::pin(self.store.put_if_absent(key, value, lifetime)))
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, ()> {
        self.values.lock().unwrap().push((key.to_owned(), value.clone()));
        self.when_up(Box::pin(async move { self.store.put(key, value, lifetime).await }))
    }

    fn take<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.when_up(Box::pin(async move { self.store.take(key).await }))
    }
}

/// Returns the cache of a replica whose capability has that secret.
fn cache(store: &Arc<SpiedStore>, secret: &str) -> AnswerStore {
    let credentials = Arc::new(OnceLock::from(credentials_digest(&[&[secret.into()]])));
    let store = SharedStore::new(store.clone());
    AnswerStore::of_replicas(Arc::new(SharedAnswers::new(&store, vec!["Articles".to_owned()], credentials)))
}

/// Returns two replicas whose API answers with the number of its requests.
fn replicas(store: &Arc<SpiedStore>, headers: &'static [(&'static str, &'static str)]) -> [Api; 2] {
    let count = Mutex::new(0);
    let first = Api::new(1 << 20, move |_| {
        let mut count = count.lock().unwrap();
        *count += 1;
        Ok(answer(200, headers, &format!("article {count}")))
    });
    [first.with_store(cache(store, "s3cret")), first.with_store(cache(store, "s3cret"))]
}

/// Reads, and waits until the answer is kept.
async fn read(replica: &Api, path: &str, headers: &[(&'static str, &str)]) -> String {
    let (status, body) = replica.get(path, headers).await;
    assert_eq!(status, 200);
    sleep(milliseconds(1)).await;
    body
}

const FRESH: &[(&str, &str)] = &[("cache-control", "max-age=60"), ("x-kept", "yes")];

#[test]
fn an_answer_is_that_of_all_replicas_for_the_same_request() {
    paused(async {
        let store = Arc::new(SpiedStore::default());
        let [first, second] = replicas(&store, FRESH);
        let token = [("authorization", "Bearer t-1")];
        assert_eq!(read(&first, "/r", &token).await, "article 1");
        assert_eq!(read(&second, "/r", &token).await, "article 1");
        let response = second.send(request(Method::GET, "/r", &token)).await.unwrap();
        assert_eq!(
            (response.headers()["x-kept"].as_bytes(), response.headers()["age"].as_bytes()),
            (&b"yes"[..], &b"0"[..])
        );
        // Another credential of a caller, another URI, another credential of the capability.
        assert_eq!(read(&second, "/r", &[("authorization", "Bearer t-2")]).await, "article 2");
        assert_eq!(read(&second, "/r?a", &token).await, "article 3");
        let third = first.with_store(cache(&store, "s3cond"));
        assert_eq!(read(&third, "/r", &token).await, "article 4");
        assert_eq!(read(&first, "/r", &token).await, "article 1");
        sleep(Duration::from_secs(60)).await;
        assert_eq!(read(&second, "/r", &token).await, "article 5");
    });
}

#[test]
fn a_write_ends_what_any_replica_keeps_of_its_path() {
    paused(async {
        let store = Arc::new(SpiedStore::default());
        let [first, second] = replicas(&store, FRESH);
        assert_eq!(read(&first, "/r?a", &[]).await, "article 1");
        assert_eq!(read(&second, "/r?a", &[("accept", "x")]).await, "article 2");
        assert_eq!(read(&first, "/other", &[]).await, "article 3");
        second.ask(Method::PUT, "/r", &[]).await.unwrap();
        assert_eq!(read(&first, "/r?a", &[]).await, "article 5");
        assert_eq!(read(&first, "/r?a", &[("accept", "x")]).await, "article 6");
        assert_eq!(read(&second, "/r?a", &[]).await, "article 5");
        assert_eq!(read(&second, "/other", &[]).await, "article 3");
    });
}

#[test]
fn a_read_that_began_before_the_write_of_another_replica_ended_is_not_kept() {
    paused(async {
        let store = Arc::new(SpiedStore::default());
        let [first, second] = replicas(&store, FRESH);
        let slow = service_fn(|_: Request<Outgoing>| async {
            sleep(milliseconds(10)).await;
            Ok::<_, Failure>(answer(200, FRESH, "old"))
        });
        let mut slow = CacheLayer::new(first.store.clone(), Some(LARGEST)).layer(slow);
        let old = tokio::spawn(async move {
            slow.call(request(Method::GET, "/r", &[])).await.unwrap().into_body().collect().await
        });
        sleep(milliseconds(5)).await;
        second.ask(Method::PUT, "/r", &[]).await.unwrap();
        assert_eq!(old.await.unwrap().unwrap().to_bytes(), "old");
        sleep(milliseconds(1)).await;
        assert_eq!(read(&first, "/r", &[]).await, "article 2");
        assert_eq!(read(&second, "/r", &[]).await, "article 2");
    });
}

#[test]
fn without_its_store_a_cache_asks_the_api() {
    paused(async {
        let store = Arc::new(SpiedStore::default());
        let [first, second] = replicas(&store, FRESH);
        store.is_down.store(true, Ordering::Relaxed);
        assert_eq!(read(&first, "/r", &[]).await, "article 1");
        assert_eq!(read(&first, "/r", &[]).await, "article 2");
        first.ask(Method::PUT, "/r", &[]).await.unwrap();
        store.is_down.store(false, Ordering::Relaxed);
        sleep(Duration::from_secs(3)).await;
        assert_eq!(read(&first, "/r", &[]).await, "article 4");
        assert_eq!(read(&second, "/r", &[]).await, "article 4");
    });
}

#[test]
fn a_write_while_the_store_is_down_is_reported_later() {
    paused(async {
        let store = Arc::new(SpiedStore::default());
        let [first, second] = replicas(&store, FRESH);
        assert_eq!(read(&first, "/r", &[]).await, "article 1");
        assert_eq!(read(&second, "/r", &[]).await, "article 1");
        store.is_down.store(true, Ordering::Relaxed);
        first.ask(Method::PUT, "/r", &[]).await.unwrap();
        store.is_down.store(false, Ordering::Relaxed);
        // The replica that wrote knows.
        assert_eq!(read(&first, "/r", &[]).await, "article 3");
        sleep(Duration::from_secs(3)).await;
        assert_eq!(read(&second, "/r", &[]).await, "article 4");
        assert_eq!(read(&first, "/r", &[]).await, "article 4");
    });
}

#[test]
fn the_store_shows_nothing_of_requests_and_answers() {
    paused(async {
        let store = Arc::new(SpiedStore::default());
        let [first, second] = replicas(&store, FRESH);
        let token = [("authorization", "Bearer t0ken")];
        assert_eq!(read(&first, "/secrets", &token).await, "article 1");
        let text = |(key, value): &(String, Vec<u8>)| format!("{key} {}", String::from_utf8_lossy(value));
        let shown: String = store.values.lock().unwrap().iter().map(text).collect();
        assert!(shown.contains("naftiko:answer:"));
        for secret in ["s3cret", "t0ken", "secrets", "article", "x-kept", "max-age"] {
            assert!(!shown.contains(secret), "{secret}");
        }
        // A changed answer is not used.
        store.tamper().await.unwrap();
        assert_eq!(read(&second, "/secrets", &token).await, "article 2");
    });
}

#[test]
fn an_answer_that_must_be_validated_is_validated_by_any_replica() {
    paused(async {
        let store = Arc::new(SpiedStore::default());
        let first = Api::new(1 << 20, |seen| {
            Ok(match seen.headers.get("if-none-match") {
                Some(tag) => answer(304, &[("etag", tag.to_str().unwrap())], ""),
                None => answer(200, &[("etag", "\"v1\""), ("cache-control", "no-cache")], "article"),
            })
        });
        let [first, second] = [first.with_store(cache(&store, "a")), first.with_store(cache(&store, "a"))];
        for (asked, replica) in [&first, &second, &first].into_iter().enumerate() {
            assert_eq!(read(replica, "/r", &[]).await, "article");
            assert_eq!(first.asked(), asked + 1);
        }
    });
}
