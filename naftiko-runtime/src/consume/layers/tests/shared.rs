//! Tests of replicas whose caches share a store.

use super::cache::{Api, LARGEST, answer, request};
use super::{milliseconds, paused};
use crate::consume::fault::Failure;
use crate::consume::layers::cache::{AnswerStore, CacheLayer, MAX_NOTED_WRITES, SharedAnswers, WriteReports};
use crate::consume::layers::coalescing::{CoalescingLayer, Flights};
use crate::consume::layers::{Deadline, ResolvedStrings};
use crate::consume::outgoing::Outgoing;
use crate::consume::transport::Incoming;
use crate::error::Error;
use crate::store::{MemoryStore, SharedStore, Store, StoreFuture};
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep, timeout};
use tower::{Layer, Service, service_fn};

/// A store that remembers all its values, and that can be unreachable, full or slow.
#[derive(Default)]
struct SpiedStore {
    store: MemoryStore,
    values: Mutex<Vec<(String, Vec<u8>)>>,
    is_down: AtomicBool,
    /// The prefix of the keys for which the store is full.
    full_for: Mutex<Option<&'static str>>,
    /// How long it takes to answer that a value is stored, in milliseconds.
    lag: AtomicU64,
}

impl SpiedStore {
    fn when_up<'a, T: Send + 'a>(&'a self, answer: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        let is_down = self.is_down.load(Ordering::Relaxed);
        Box::pin(async move { if is_down { Err(Error::internal("unreachable")) } else { answer.await } })
    }

    fn stored<'a, T: Send + 'a>(
        &'a self,
        (key, value): (&str, &[u8]),
        answer: StoreFuture<'a, T>,
    ) -> StoreFuture<'a, T> {
        self.values.lock().unwrap().push((key.to_owned(), value.to_owned()));
        let is_full = self.full_for.lock().unwrap().is_some_and(|keys| key.starts_with(keys));
        let lag = milliseconds(self.lag.load(Ordering::Relaxed));
        self.when_up(Box::pin(async move {
            if is_full {
                return Err(Error::internal("full"));
            }
            let answer = answer.await;
            sleep(lag).await;
            answer
        }))
    }

    fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::Relaxed);
    }

    /// Returns the keys and current values of its entries of a kind, in the order in which they were stored.
    async fn entries(&self, kind: &str) -> Vec<(String, Vec<u8>)> {
        let mut entries: Vec<(String, Vec<u8>)> = Vec::new();
        let keys: Vec<String> = self.values.lock().unwrap().iter().map(|(key, _)| key.clone()).collect();
        for key in keys.into_iter().filter(|key| key.starts_with(kind)) {
            let value = self.store.get(&key).await.unwrap();
            if let Some(value) = value.filter(|_| entries.iter().all(|(known, _)| *known != key)) {
                entries.push((key, value));
            }
        }
        entries
    }

    /// Replaces the value of a key, as somebody else who can write to the store.
    async fn replace(&self, key: &str, value: &[u8]) {
        self.store.put(key, value.to_owned(), Duration::from_secs(60)).await.unwrap();
    }
}

impl Store for SpiedStore {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.when_up(self.store.get(key))
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, bool> {
        let kept = value.clone();
        self.stored((key, &kept), Box::pin(async move { self.store.put_if_absent(key, value, lifetime).await }))
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, ()> {
        let kept = value.clone();
        self.stored((key, &kept), Box::pin(async move { self.store.put(key, value, lifetime).await }))
    }

    fn take<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.when_up(Box::pin(async move { self.store.take(key).await }))
    }
}

/// Returns the cache of a replica whose capability has this secret.
fn cache(store: &Arc<SpiedStore>, secret: &str) -> AnswerStore {
    let mut texts = ResolvedStrings::default();
    texts.add("the key of `articles`", secret);
    let credentials = Arc::new(OnceLock::from(texts.digest()));
    let store = SharedStore::new(store.clone());
    let reports = Arc::new(WriteReports::new(&store));
    AnswerStore::of_replicas(Arc::new(SharedAnswers::new(&store, reports, vec!["Articles".to_owned()], credentials)))
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
fn replicas_share_the_answer_to_the_same_request() {
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
        // A different credential of the caller, URI, or credential of the capability each leads to a separate answer.
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
fn a_write_makes_the_answers_of_its_path_unusable_on_all_replicas() {
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
        store.set_down(true);
        assert_eq!(read(&first, "/r", &[]).await, "article 1");
        assert_eq!(read(&first, "/r", &[]).await, "article 2");
        first.ask(Method::PUT, "/r", &[]).await.unwrap();
        store.set_down(false);
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
        store.set_down(true);
        first.ask(Method::PUT, "/r", &[]).await.unwrap();
        store.set_down(false);
        // The replica that wrote knows of the write.
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
        let (key, mut value) = store.entries("naftiko:answer:").await.remove(0);
        *value.last_mut().unwrap() ^= 1;
        store.replace(&key, &value).await;
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

#[test]
fn an_answer_opens_only_under_its_name_and_its_version() {
    paused(async {
        let store = Arc::new(SpiedStore::default());
        let [first, second] = replicas(&store, FRESH);
        assert_eq!(read(&first, "/r?a", &[]).await, "article 1");
        assert_eq!(read(&first, "/r?b", &[]).await, "article 2");
        let answers = store.entries("naftiko:answer:").await;
        let [(name, of_a), (other, of_b)] = answers.as_slice() else { panic!("{answers:?}") };
        // Both answers have the same path and version; each is now stored under the name of the other.
        store.replace(name, of_b).await;
        store.replace(other, of_a).await;
        assert_eq!(read(&second, "/r?a", &[]).await, "article 3");
        assert_eq!(read(&second, "/r?b", &[]).await, "article 4");
        // An old answer that claims to have the version after a write is not used either.
        let old = store.entries("naftiko:answer:").await.remove(0);
        second.ask(Method::PUT, "/r", &[]).await.unwrap();
        let (_, version) = store.entries("naftiko:version:").await.remove(0);
        assert_ne!(old.1[..16], version[..16]);
        store.replace(&old.0, &[&version[..16], &old.1[16..]].concat()).await;
        assert_eq!(read(&first, "/r?a", &[]).await, "article 6");
    });
}

#[test]
fn a_read_after_a_write_of_another_replica_does_not_join_an_earlier_read() {
    paused(async {
        let store = Arc::new(SpiedStore::default());
        let [first, second] = replicas(&store, FRESH);
        let count = Arc::new(AtomicUsize::new(0));
        let slow = service_fn(move |_: Request<Outgoing>| {
            let number = count.fetch_add(1, Ordering::Relaxed) + 1;
            async move {
                sleep(milliseconds(10)).await;
                Ok::<_, Failure>(answer(200, FRESH, &format!("slow {number}")))
            }
        });
        let flights = CoalescingLayer::new(Arc::new(Flights::new().unwrap()), "read", Some(LARGEST));
        let service = CacheLayer::new(first.store.clone(), Some(LARGEST)).layer(flights.layer(slow));
        let begin = || {
            let mut service = service.clone();
            tokio::spawn(async move {
                let answer = service.call(request(Method::GET, "/r", &[])).await.unwrap();
                answer.into_body().collect().await.unwrap().to_bytes()
            })
        };
        let old = [begin(), begin()];
        sleep(milliseconds(5)).await;
        second.ask(Method::PUT, "/r", &[]).await.unwrap();
        let new = [begin(), begin()];
        for (reads, expected) in [(old, "slow 1"), (new, "slow 2")] {
            for read in reads {
                assert_eq!(read.await.unwrap(), expected);
            }
        }
        sleep(milliseconds(1)).await;
        assert_eq!(read(&second, "/r", &[]).await, "slow 2");
    });
}

#[test]
fn a_store_that_keeps_no_more_answers_still_learns_of_writes() {
    // The store refuses answers, or everything.
    for full_for in ["naftiko:answer:", ""] {
        paused(async {
            let store = Arc::new(SpiedStore::default());
            let [first, second] = replicas(&store, FRESH);
            assert_eq!(read(&first, "/r", &[]).await, "article 1");
            assert_eq!(read(&second, "/r", &[]).await, "article 1");
            *store.full_for.lock().unwrap() = Some(full_for);
            assert_eq!(read(&first, "/other", &[]).await, "article 2");
            first.ask(Method::PUT, "/r", &[]).await.unwrap();
            assert_eq!(read(&second, "/r", &[]).await, "article 4", "{full_for:?}");
        });
    }
}

#[test]
fn a_write_during_the_report_of_an_earlier_one_is_reported_too() {
    paused(async {
        let store = Arc::new(SpiedStore::default());
        let [first, second] = replicas(&store, FRESH);
        store.set_down(true);
        first.ask(Method::PUT, "/r", &[]).await.unwrap();
        store.set_down(false);
        store.lag.store(20, Ordering::Relaxed);
        let count = || store.values.lock().unwrap().len();
        let before = count();
        while count() == before {
            sleep(milliseconds(1)).await;
        }
        // The report has not ended, but the store already has the new version.
        store.lag.store(0, Ordering::Relaxed);
        assert_eq!(read(&second, "/r", &[]).await, "article 2");
        assert_eq!(read(&second, "/r", &[]).await, "article 2");
        store.set_down(true);
        first.ask(Method::PUT, "/r", &[]).await.unwrap();
        sleep(milliseconds(30)).await;
        store.set_down(false);
        sleep(Duration::from_secs(3)).await;
        assert_eq!(read(&second, "/r", &[]).await, "article 4");
    });
}

#[test]
fn a_replica_with_too_many_unreported_writes_stops_using_kept_answers() {
    paused(async {
        let store = Arc::new(SpiedStore::default());
        let [first, second] = replicas(&store, FRESH);
        assert_eq!(read(&first, "/r", &[]).await, "article 1");
        store.set_down(true);
        for number in 0..MAX_NOTED_WRITES {
            first.ask(Method::PUT, &format!("/{number}"), &[]).await.unwrap();
        }
        first.ask(Method::PUT, "/r", &[]).await.unwrap();
        store.set_down(false);
        sleep(Duration::from_secs(5)).await;
        assert_eq!(read(&second, "/r", &[]).await, "article 1", "the other replica has no report of the write");
        assert_eq!(read(&first, "/r", &[]).await, format!("article {}", MAX_NOTED_WRITES + 3));
    });
}

#[test]
fn a_slow_store_does_not_make_a_write_late() {
    paused(async {
        let store = Arc::new(SpiedStore::default());
        let located = [("location", "/r/1"), ("content-location", "/r/2")];
        let api = Api::new(1 << 20, move |_| Ok(answer(201, &located, "done"))).with_store(cache(&store, "s3cret"));
        let write = async |limit| {
            let begun = Instant::now();
            let mut request = request(Method::POST, "/r", &[]);
            request.extensions_mut().insert(Deadline::Own(begun + limit));
            assert_eq!(timeout(limit, api.send(request)).await.unwrap().unwrap().status(), 201);
            begun.elapsed()
        };
        store.lag.store(100, Ordering::Relaxed);
        // The three resources are reported at the same time.
        assert_eq!(write(Duration::from_secs(30)).await, milliseconds(100));
        assert!(write(milliseconds(80)).await < milliseconds(80));
        store.lag.store(9_000, Ordering::Relaxed);
        assert!(write(milliseconds(120)).await < milliseconds(120));
    });
}

#[test]
fn a_path_that_is_only_read_leaves_no_entry_for_long() {
    paused(async {
        let store = Arc::new(SpiedStore::default());
        let [first, second] = replicas(&store, &[("cache-control", "no-store")]);
        assert_eq!(read(&first, "/r", &[]).await, "article 1");
        assert_eq!(store.entries("naftiko:").await.len(), 1);
        sleep(Duration::from_secs(601)).await;
        assert_eq!(store.entries("naftiko:").await, []);
        // A stored answer stays usable for its lifetime, even if a replica that keeps nothing reads the path again.
        let [third, fourth] = replicas(&store, &[("cache-control", "max-age=80000")]);
        assert_eq!(read(&second, "/r", &[]).await, "article 2");
        assert_eq!(read(&third, "/r", &[]).await, "article 1");
        sleep(Duration::from_secs(79_000)).await;
        assert_eq!(read(&fourth, "/r", &[]).await, "article 1");
        // The answer to a read that began before a write does not replace the version of the write.
        let slow = service_fn(|_: Request<Outgoing>| async {
            sleep(milliseconds(10)).await;
            Ok::<_, Failure>(answer(200, FRESH, "old"))
        });
        let mut slow = CacheLayer::new(first.store.clone(), Some(LARGEST)).layer(slow);
        let old = tokio::spawn(async move {
            slow.call(request(Method::GET, "/new", &[])).await.unwrap().into_body().collect().await
        });
        sleep(milliseconds(5)).await;
        third.ask(Method::PUT, "/new", &[]).await.unwrap();
        let written = store.entries("naftiko:version:").await;
        assert_eq!(old.await.unwrap().unwrap().to_bytes(), "old");
        sleep(milliseconds(1)).await;
        assert_eq!(store.entries("naftiko:version:").await, written);
        assert_eq!(read(&fourth, "/new", &[]).await, "article 3");
    });
}

#[test]
fn a_write_that_is_dropped_outside_of_a_runtime_is_reported() {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let store = Arc::new(SpiedStore::default());
    let [first, second] = replicas(&store, FRESH);
    let never = service_fn(|_: Request<Outgoing>| std::future::pending::<Result<Response<Incoming>, Failure>>());
    let mut never = CacheLayer::new(first.store.clone(), Some(LARGEST)).layer(never);
    let mut written = Box::pin(async { never.call(request(Method::PUT, "/r", &[])).await.map(drop) });
    runtime.block_on(async {
        assert_eq!(read(&second, "/r", &[]).await, "article 1");
        assert!(timeout(milliseconds(1), &mut written).await.is_err());
    });
    drop(written);
    runtime.block_on(async {
        sleep(milliseconds(1)).await;
        assert_eq!(read(&second, "/r", &[]).await, "article 2");
    });
}
