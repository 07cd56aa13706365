//! Compares the rate limit with a simulation, with and without a store that replicas share.

use super::{milliseconds, paused, refusal};
use crate::consume::layers::Deadline;
use crate::consume::layers::rate::{RateLayer, SharedCount};
use crate::error::Error;
use crate::store::{MemoryStore, SharedStore, Store, StoreFuture};
use http::StatusCode;
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Returns the start times of calls, given their arrival times, in milliseconds; `None` for refused calls.
fn simulated(arrivals: &[u64], calls: usize, per: u64, queue: usize) -> Vec<Option<u64>> {
    let mut begun: Vec<u64> = Vec::new();
    let mut all = Vec::new();
    for &now in arrivals {
        let waiting = begun.iter().filter(|at| **at > now).count();
        let free = begun.len().checked_sub(calls).map_or(now, |at| (begun[at] + per).max(now));
        if free > now && waiting >= queue {
            all.push(None);
            continue;
        }
        begun.push(free);
        all.push(Some(free));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn calls_start_at_the_simulated_times(
        mut arrivals in prop::collection::vec(0..400_u64, 1..40),
        calls in 1..6_u16,
        per in 1..120_u64,
        queue in 0..8_u16,
    ) {
        // Arrivals are multiples of ten, and the period is not, so that few calls arrive just when one may start: timers are only
        // accurate to a millisecond.
        for at in &mut arrivals {
            *at *= 10;
        }
        arrivals.sort_unstable();
        let per = per * 10 + 5;
        let expected = simulated(&arrivals, calls.into(), per, queue.into());
        let seen = paused(async {
            let limit = RateLayer::new("api", (calls, milliseconds(per), queue), None);
            let start = Instant::now();
            let mut waiting = Vec::new();
            for at in &arrivals {
                sleep_until(start + milliseconds(*at)).await;
                let limit = limit.clone();
                waiting.push(tokio::spawn(async move {
                    limit.admit(None).await.map(|()| start.elapsed().as_millis()).map_err(|failure| refusal(&failure))
                }));
                // Lets the call join the queue before the next one.
                tokio::task::yield_now().await;
            }
            let mut seen = Vec::new();
            for call in waiting {
                seen.push(call.await.unwrap());
            }
            seen
        });
        for (seen, expected) in seen.iter().zip(&expected) {
            match (seen, expected) {
                (Ok(seen), Some(expected)) => {
                    // Each timer before it may be late by a millisecond.
                    let late = seen.checked_sub(u128::from(*expected));
                    prop_assert!(late.is_some_and(|late| late <= 40), "{seen} {expected}");
                }
                (Err((status, seconds)), None) => {
                    prop_assert_eq!(*status, StatusCode::TOO_MANY_REQUESTS);
                    prop_assert!(*seconds >= 1);
                }
                different => prop_assert!(false, "{different:?}"),
            }
        }
        let begun: Vec<_> = seen.iter().filter_map(|seen| seen.as_ref().ok()).collect();
        for window in begun.windows(usize::from(calls) + 1) {
            prop_assert!(window[usize::from(calls)] - window[0] >= u128::from(per), "{window:?}");
        }
    }
}

#[test]
fn a_call_that_cannot_begin_in_time_is_refused_at_once() {
    paused(async {
        let limit = RateLayer::new("api", (1, Duration::from_secs(10), 9), None);
        let start = Instant::now();
        limit.admit(None).await.unwrap();
        let late = limit.admit(Some(Deadline::Own(start + Duration::from_secs(5)))).await.unwrap_err();
        assert_eq!(refusal(&late), (StatusCode::TOO_MANY_REQUESTS, 10));
        assert_eq!(start.elapsed(), Duration::ZERO);
        limit.admit(Some(Deadline::Own(start + Duration::from_secs(11)))).await.unwrap();
    });
}

#[test]
fn a_cancelled_call_leaves_the_queue() {
    paused(async {
        let limit = RateLayer::new("api", (1, Duration::from_secs(10), 1), None);
        let start = Instant::now();
        limit.admit(None).await.unwrap();
        assert!(tokio::time::timeout(Duration::from_secs(1), limit.admit(None)).await.is_err());
        limit.admit(None).await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 10);
    });
}

/// Returns the layers of replicas that share a store.
fn replicas(limit: (u16, Duration, u16), number: usize, store: impl Store) -> Vec<RateLayer> {
    let store: Arc<dyn Store> = Arc::new(store);
    let replica = |_| {
        let shared = SharedCount { store: SharedStore::new(store.clone()), key: "naftiko:rate:test".to_owned() };
        RateLayer::new("api", limit, Some(shared))
    };
    (0..number).map(replica).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn calls_of_replicas_start_at_the_simulated_times_of_one(
        mut arrivals in prop::collection::vec((0..400_u64, 0..3_usize), 1..40),
        calls in 1..6_u16,
        per in 1..120_u64,
    ) {
        for (at, _) in &mut arrivals {
            *at *= 10;
        }
        arrivals.sort_unstable();
        let per = per * 10 + 5;
        let times: Vec<u64> = arrivals.iter().map(|(at, _)| *at).collect();
        let expected: Vec<u64> = simulated(&times, calls.into(), per, usize::MAX).into_iter().flatten().collect();
        let seen = paused(async {
            let replicas = replicas((calls, milliseconds(per), 100), 3, MemoryStore::default());
            let start = Instant::now();
            let mut waiting = Vec::new();
            for (at, replica) in &arrivals {
                sleep_until(start + milliseconds(*at)).await;
                let limit = replicas[*replica].clone();
                waiting.push(tokio::spawn(async move {
                    limit.admit(None).await.unwrap();
                    start.elapsed().as_millis()
                }));
                tokio::task::yield_now().await;
            }
            let mut seen = Vec::new();
            for call in waiting {
                seen.push(call.await.unwrap());
            }
            seen.sort_unstable();
            seen
        });
        prop_assert_eq!(seen.len(), expected.len());
        for (seen, expected) in seen.iter().zip(&expected) {
            // Each timer before it may be late by a millisecond, and a call that lost a race waits once more.
            let late = seen.checked_sub(u128::from(*expected));
            prop_assert!(late.is_some_and(|late| late <= 80), "{seen} {expected}");
        }
        for window in seen.windows(usize::from(calls) + 1) {
            prop_assert!(window[usize::from(calls)] - window[0] >= u128::from(per), "{window:?}");
        }
    }
}

#[test]
fn the_calls_of_another_replica_count_towards_the_limit() {
    paused(async {
        let replicas = replicas((2, Duration::from_secs(10), 0), 2, MemoryStore::default());
        replicas[0].admit(None).await.unwrap();
        replicas[0].admit(None).await.unwrap();
        let refused = replicas[1].admit(None).await.unwrap_err();
        assert_eq!(refusal(&refused), (StatusCode::TOO_MANY_REQUESTS, 10));
        tokio::time::advance(Duration::from_secs(10)).await;
        replicas[1].admit(None).await.unwrap();
    });
}

#[test]
fn calls_within_the_limit_are_not_refused_while_the_store_is_asked() {
    paused(async {
        let limit = replicas((5, Duration::from_secs(10), 0), 1, SlowStore::default()).remove(0);
        let calls: Vec<_> = (0..6).map(|_| limit.admit(None)).collect();
        let ended = futures_util::future::join_all(calls).await;
        assert_eq!(ended.iter().filter(|result| result.is_ok()).count(), 5);
    });
}

/// A store that is slow, fails, hangs, or asks for a wait.
#[derive(Default)]
pub(super) struct SlowStore {
    store: MemoryStore,
    asked: AtomicUsize,
    fails: bool,
    hangs: bool,
    wait: Option<Duration>,
}

impl Store for SlowStore {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.store.get(key)
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, bool> {
        self.store.put_if_absent(key, value, lifetime)
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, ()> {
        self.store.put(key, value, lifetime)
    }

    fn take<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.store.take(key)
    }

    fn admit<'a>(&'a self, key: &'a str, calls: u16, per: Duration) -> StoreFuture<'a, Option<Duration>> {
        Box::pin(async move {
            self.asked.fetch_add(1, Ordering::Relaxed);
            if self.fails {
                return Err(Error::internal("unreachable"));
            }
            if self.hangs {
                return std::future::pending().await;
            }
            if self.wait.is_some() {
                return Ok(self.wait);
            }
            tokio::time::sleep(milliseconds(5)).await;
            self.store.admit(key, calls, per).await
        })
    }
}

#[test]
fn without_its_store_a_replica_counts_its_own_calls() {
    for (fails, hangs) in [(true, false), (false, true)] {
        paused(async {
            let store = Arc::new(SlowStore { fails, hangs, ..SlowStore::default() });
            let replicas = replicas((2, Duration::from_millis(900), 0), 2, store.clone());
            let start = Instant::now();
            for replica in &replicas {
                replica.admit(None).await.unwrap();
                replica.admit(None).await.unwrap();
                assert_eq!(refusal(&replica.admit(None).await.unwrap_err()).0, StatusCode::TOO_MANY_REQUESTS);
            }
            assert_eq!(store.asked.load(Ordering::Relaxed), 2);
            // A store that hangs delays one call of each replica.
            assert_eq!(start.elapsed(), milliseconds(if hangs { 500 } else { 0 }));
        });
    }
}

#[test]
fn the_longest_wait_of_a_store_is_too_late_for_any_deadline() {
    paused(async {
        let store = || SlowStore { wait: Some(Duration::MAX), ..SlowStore::default() };
        let limit = replicas((1, Duration::from_secs(1), 9), 1, store()).remove(0);
        let deadline = Instant::now() + Duration::from_secs(60);
        let late = limit.admit(Some(Deadline::Own(deadline))).await.unwrap_err();
        assert_eq!(refusal(&late), (StatusCode::TOO_MANY_REQUESTS, u64::MAX));
        // The second call finds no wait in this process, and then asks the store.
        let queued = limit.admit(None);
        assert!(tokio::time::timeout(Duration::from_secs(3600), queued).await.is_err());
    });
}
