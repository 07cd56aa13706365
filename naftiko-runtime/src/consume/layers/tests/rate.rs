//! Compares the rate limit with a simulation.

use super::{milliseconds, paused, refusal};
use crate::consume::layers::Deadline;
use crate::consume::layers::rate::RateLayer;
use http::StatusCode;
use proptest::prelude::*;
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
        // Timers are only accurate to a millisecond, so calls don't arrive at the times of the limit, which are multiples of ten.
        for at in &mut arrivals {
            *at *= 10;
        }
        arrivals.sort_unstable();
        let per = per * 10 + 5;
        let expected = simulated(&arrivals, calls.into(), per, queue.into());
        let seen = paused(async {
            let limit = RateLayer::new("api", calls, milliseconds(per), queue);
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
        let limit = RateLayer::new("api", 1, Duration::from_secs(10), 9);
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
        let limit = RateLayer::new("api", 1, Duration::from_secs(10), 1);
        let start = Instant::now();
        limit.admit(None).await.unwrap();
        assert!(tokio::time::timeout(Duration::from_secs(1), limit.admit(None)).await.is_err());
        limit.admit(None).await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 10);
    });
}
