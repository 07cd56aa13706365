//! Compares the limit of calls in flight with a simulated queue.

use super::{milliseconds, paused, refusal, request, response};
use crate::consume::layers::concurrency::ConcurrencyLayer;
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};
use tower::{Layer, Service, service_fn};

/// Returns the start times of calls, given their arrival times and durations; `None` for refused calls.
fn simulated(calls: &[(u64, u64)], most: usize, queue: usize) -> Vec<Option<u64>> {
    // The time at which each slot becomes free.
    let mut free = vec![0; most];
    let mut begun: Vec<u64> = Vec::new();
    let mut all = Vec::new();
    for &(now, takes) in calls {
        let waiting = begun.iter().filter(|at| **at > now).count();
        let (place, at) = free.iter().enumerate().min_by_key(|(_, at)| **at).map(|(place, at)| (place, *at)).unwrap();
        if at > now && waiting >= queue {
            all.push(None);
            continue;
        }
        let at = at.max(now);
        free[place] = at + takes;
        begun.push(at);
        all.push(Some(at));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn calls_start_at_the_simulated_times(
        mut calls in prop::collection::vec((0..60_u64, 1..40_u64), 1..30),
        most in 1..5_u16,
        queue in 0..6_u16,
    ) {
        calls.sort_unstable();
        // No call arrives at the moment at which another ends: timers are only accurate to a millisecond.
        for (at, takes) in &mut calls {
            (*at, *takes) = (*at * 100 + 50, *takes * 100);
        }
        let calls: Vec<_> = calls.into_iter().enumerate().map(|(number, (at, takes))| (at + number as u64, takes)).collect();
        let expected = simulated(&calls, most.into(), queue.into());
        let seen = paused(async {
            let (in_flight, start) = (Arc::new(AtomicUsize::new(0)), Instant::now());
            let layer = ConcurrencyLayer::new("api", most, queue);
            let mut waiting = Vec::new();
            for (at, takes) in &calls {
                sleep_until(start + milliseconds(*at)).await;
                let (in_flight, takes) = (in_flight.clone(), milliseconds(*takes));
                let mut service = layer.layer(service_fn(|_| async { Ok(response(StatusCode::OK)) }));
                waiting.push(tokio::spawn(async move {
                    let answer = service.call(request(Method::GET, Duration::from_secs(99))).await;
                    let answer = answer.map_err(|failure| refusal(&failure))?;
                    let began = start.elapsed().as_millis();
                    assert!(in_flight.fetch_add(1, Ordering::SeqCst) < usize::from(most));
                    // The call is in flight until its body is read.
                    sleep(takes).await;
                    in_flight.fetch_sub(1, Ordering::SeqCst);
                    drop(answer.into_body().collect().await);
                    Ok::<_, (StatusCode, u64)>(began)
                }));
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
                    let late = seen.checked_sub(u128::from(*expected));
                    prop_assert!(late.is_some_and(|late| late <= 30), "{seen} {expected}");
                }
                (Err(refused), None) => prop_assert_eq!(*refused, (StatusCode::SERVICE_UNAVAILABLE, 1)),
                different => prop_assert!(false, "{different:?}"),
            }
        }
    }
}
