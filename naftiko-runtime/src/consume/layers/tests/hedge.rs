//! Compares hedging with a model of two requests, and checks when no second request is sent.

use super::rate::SlowStore;
use super::{milliseconds, paused, request, response};
use crate::consume::fault::Failure;
use crate::consume::layers::breaker::BreakerLayer;
use crate::consume::layers::concurrency::ConcurrencyLayer;
use crate::consume::layers::hedge::{HedgeLayer, Hedging};
use crate::consume::layers::rate::{RateLayer, SharedCount};
use crate::consume::layers::retry::Budget;
use crate::consume::outgoing::Outgoing;
use crate::consume::transport::Incoming;
use crate::store::SharedStore;
use http::header::RETRY_AFTER;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use proptest::prelude::*;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tower::{Layer, Service, service_fn};

const FAR: Duration = Duration::from_secs(99);

/// How the API treats one request: after some milliseconds it answers with a status, or fails.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Reaction {
    after: u64,
    behaviour: ApiBehaviour,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum ApiBehaviour {
    Answers(u16),
    /// Answers 403, and asks to wait.
    Forbids,
    Closes,
}

impl ApiBehaviour {
    fn is_usable(self) -> bool {
        matches!(self, Self::Answers(status) if !matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504))
    }

    /// Returns the better of two results of one attempt.
    fn or(self, second: Self) -> Self {
        match (self, second) {
            (first, second) if !first.is_usable() && second.is_usable() => second,
            (Self::Closes, second) => second,
            (first, _) => first,
        }
    }
}

/// What the API has seen.
#[derive(Debug, Default)]
struct Seen {
    /// When each request arrived, its method, and whether its body was complete.
    arrived: Vec<(Duration, Method, bool)>,
    answered: usize,
    cancelled: usize,
}

/// A request in flight, and whether it has been answered.
struct InFlight(Arc<Mutex<Seen>>, bool);

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut seen = self.0.lock().unwrap();
        if self.1 {
            seen.answered += 1;
        } else {
            seen.cancelled += 1;
        }
    }
}

/// Returns an API that reacts to each request in turn; the last reaction is repeated.
fn api(
    script: Vec<Reaction>,
    seen: Arc<Mutex<Seen>>,
) -> impl Service<
    Request<Outgoing>,
    Response = Response<Incoming>,
    Error = Failure,
    Future = impl Future<Output = Result<Response<Incoming>, Failure>> + Send,
> + Clone
+ Send
+ 'static {
    let start = Instant::now();
    service_fn(move |request: Request<Outgoing>| {
        let mut all = seen.lock().unwrap();
        let reaction = script.get(all.arrived.len()).or(script.last()).copied().unwrap();
        let is_whole = matches!(request.body(), Outgoing::Whole(body) if &body[..] == b"body");
        all.arrived.push((start.elapsed(), request.method().clone(), is_whole));
        let flight = InFlight(seen.clone(), false);
        async move {
            let mut flight = flight;
            sleep(milliseconds(reaction.after)).await;
            flight.1 = true;
            match reaction.behaviour {
                ApiBehaviour::Answers(status) => Ok(response(StatusCode::from_u16(status).unwrap())),
                ApiBehaviour::Forbids => {
                    let mut response = response(StatusCode::FORBIDDEN);
                    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("7"));
                    Ok(response)
                }
                ApiBehaviour::Closes => Err(Failure::Closed("closed".into())),
            }
        }
    })
}

fn behaviour_of(answer: &Result<Response<Incoming>, Failure>) -> ApiBehaviour {
    match answer {
        Ok(response) if response.headers().contains_key(RETRY_AFTER) => ApiBehaviour::Forbids,
        Ok(response) => ApiBehaviour::Answers(response.status().as_u16()),
        Err(_) => ApiBehaviour::Closes,
    }
}

/// Returns the settings of a layer that sends a second request after some milliseconds, without other limits.
fn hedging(after: u64) -> Hedging {
    Hedging {
        after: milliseconds(after),
        budget: Arc::default(),
        deposits: true,
        breaker: None,
        rate: None,
        concurrency: None,
    }
}

fn reaction() -> impl Strategy<Value = Reaction> {
    let status = prop::sample::select(vec![200, 304, 403, 404, 408, 409, 425, 429, 500, 501, 502, 503, 504]);
    let behaviour = prop_oneof![
        4 => status.prop_map(ApiBehaviour::Answers),
        1 => Just(ApiBehaviour::Forbids),
        2 => Just(ApiBehaviour::Closes),
    ];
    // A multiple of ten, so that the first request does not end when the second one is sent or ends.
    (0..40_u64, behaviour).prop_map(|(after, behaviour)| Reaction { after: after * 10, behaviour })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// The model: a slow read is sent again, the first usable answer wins, and the other request is cancelled.
    #[test]
    fn the_first_usable_answer_wins(
        first in reaction(),
        second in reaction(),
        after in 0..30_u64,
        method in prop::sample::select(vec![Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::POST]),
    ) {
        let after = after * 10 + 5;
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (ended, took) = paused(async {
            let start = Instant::now();
            let mut service = HedgeLayer::new(hedging(after)).layer(api(vec![first, second], seen.clone()));
            let answer = service.call(request(method.clone(), FAR)).await;
            (behaviour_of(&answer), start.elapsed())
        });
        let is_read = matches!(method, Method::GET | Method::HEAD);
        let seen = seen.lock().unwrap();
        prop_assert!(seen.arrived.iter().all(|(_, sent, is_whole)| *sent == method && *is_whole));
        let second_end = after + second.after;
        let (expected, end, cancelled) = if !is_read || first.after < after {
            prop_assert_eq!(seen.arrived.len(), 1);
            (first.behaviour, first.after, 0)
        } else {
            prop_assert_eq!(seen.arrived.len(), 2);
            let (early, early_end) =
                if first.after <= second_end { (first.behaviour, first.after) } else { (second.behaviour, second_end) };
            if early.is_usable() {
                (early, early_end, 1)
            } else {
                (first.behaviour.or(second.behaviour), first.after.max(second_end), 0)
            }
        };
        prop_assert_eq!(ended, expected);
        prop_assert_eq!((seen.cancelled, seen.answered), (cancelled, seen.arrived.len() - cancelled));
        // Each timer may be late by a millisecond.
        prop_assert!(took >= milliseconds(end) && took <= milliseconds(end + 3), "{took:?} {end}");
    }

    /// An API that is always slow gets no more second requests than the reserve and one for every five calls.
    #[test]
    fn second_requests_stay_within_the_budget(calls in 1..80_usize) {
        let seen = Arc::new(Mutex::new(Seen::default()));
        paused(async {
            let slow = Reaction { after: 100, behaviour: ApiBehaviour::Answers(200) };
            let mut service = HedgeLayer::new(hedging(5)).layer(api(vec![slow], seen.clone()));
            for _ in 0..calls {
                assert_eq!(behaviour_of(&service.call(request(Method::GET, FAR)).await), slow.behaviour);
            }
        });
        let more = seen.lock().unwrap().arrived.len() - calls;
        prop_assert!(more <= 10 + calls / 5 && more >= calls.min(10), "{more} second requests of {calls} calls");
    }
}

/// Returns how many requests a slow API gets for one read.
async fn requests_of_a_slow_read(hedging: Hedging, request: Request<Outgoing>) -> usize {
    let seen = Arc::new(Mutex::new(Seen::default()));
    let slow = Reaction { after: 100, behaviour: ApiBehaviour::Answers(200) };
    let answer = HedgeLayer::new(hedging).layer(api(vec![slow], seen.clone())).call(request).await;
    assert_eq!(behaviour_of(&answer), slow.behaviour);
    seen.lock().unwrap().arrived.len()
}

#[test]
fn a_second_request_is_not_sent_if_a_limit_would_delay_it() {
    paused(async {
        let requests = async |hedging| requests_of_a_slow_read(hedging, request(Method::GET, FAR)).await;
        assert_eq!(requests(hedging(5)).await, 2);

        let (breaker, reset) = (BreakerLayer::new(("Shop", "api"), 1, Duration::from_secs(9)), Duration::from_secs(10));
        let guarded = || Hedging { breaker: Some(breaker.clone()), ..hedging(5) };
        assert_eq!(requests(guarded()).await, 2);
        breaker.admit(None).unwrap().end(Some(true));
        assert_eq!(requests(guarded()).await, 1);
        sleep(reset).await;
        // A trial call is a single request.
        let trial = breaker.admit(None).unwrap();
        assert_eq!(requests(guarded()).await, 1);
        trial.end(Some(false));
        assert_eq!(requests(guarded()).await, 2);

        let budget: Arc<Budget> = Arc::default();
        let rate = RateLayer::new("api", (1, Duration::from_secs(9), 9), None);
        let guarded = || Hedging { rate: Some(rate.clone()), budget: budget.clone(), ..hedging(5) };
        assert_eq!(requests(guarded()).await, 2);
        // The second request has used up the limit.
        let before = format!("{budget:?}");
        assert_eq!(requests(Hedging { deposits: false, ..guarded() }).await, 1);
        assert_eq!(format!("{budget:?}"), before, "a request that is not sent costs nothing");

        let concurrency = ConcurrencyLayer::new("api", 1, 9);
        let guarded = || Hedging { concurrency: Some(concurrency.clone()), ..hedging(5) };
        let place = concurrency.admit_at_once().unwrap();
        assert_eq!(requests(guarded()).await, 1);
        drop(place);
        assert_eq!(requests(guarded()).await, 2);
        // The place of the second request is free again.
        assert!(concurrency.admit_at_once().is_some());
    });
}

#[test]
fn a_streamed_body_is_sent_once() {
    paused(async {
        let mut streamed = request(Method::GET, FAR);
        *streamed.body_mut() = Outgoing::Pieces(Box::default());
        assert_eq!(requests_of_a_slow_read(hedging(5), streamed).await, 1);
    });
}

#[test]
fn dropping_a_call_cancels_both_requests() {
    paused(async {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let hangs = Reaction { after: u64::MAX / 2, behaviour: ApiBehaviour::Closes };
        let mut service = HedgeLayer::new(hedging(5)).layer(api(vec![hangs], seen.clone()));
        let call = service.call(request(Method::GET, FAR));
        assert!(tokio::time::timeout(milliseconds(50), call).await.is_err());
        let seen = seen.lock().unwrap();
        assert_eq!((seen.arrived.len(), seen.cancelled, seen.answered), (2, 2, 0));
    });
}

/// The first request is answered while the store is asked whether a second one may be sent.
#[test]
fn a_second_request_that_is_not_sent_costs_nothing() {
    paused(async {
        let store = SharedStore::new(Arc::new(SlowStore::default()));
        let count = SharedCount { store, key: "naftiko:rate:api".to_owned() };
        let rate = RateLayer::new("api", (1, Duration::from_secs(9), 0), Some(count));
        let budget: Arc<Budget> = Arc::default();
        let (before, seen) = (format!("{budget:?}"), Arc::new(Mutex::new(Seen::default())));
        let hedging = Hedging { budget: budget.clone(), deposits: false, rate: Some(rate.clone()), ..hedging(5) };
        let quick = Reaction { after: 7, behaviour: ApiBehaviour::Answers(200) };
        let answer =
            HedgeLayer::new(hedging).layer(api(vec![quick], seen.clone())).call(request(Method::GET, FAR)).await;
        assert_eq!((behaviour_of(&answer), seen.lock().unwrap().arrived.len()), (quick.behaviour, 1));
        assert_eq!(format!("{budget:?}"), before);
        // Its place in the count of this process is free.
        assert!(rate.admit_at_once().await);
    });
}
