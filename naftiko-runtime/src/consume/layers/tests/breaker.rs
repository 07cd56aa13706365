//! Compares the circuit breaker with a model of three states.

use super::{milliseconds, paused, refusal, request, response};
use crate::consume::fault::Failure;
use crate::consume::layers::breaker::{AdmittedCall, BreakerLayer};
use http::{Method, StatusCode};
use proptest::prelude::*;
use std::time::Duration;
use tokio::time::{Instant, advance};
use tower::{Layer, Service, service_fn};

/// An event for the breaker and its model.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// A call arrives.
    Call,
    /// The oldest (or newest) call in flight ends: with a failure (`Some(true)`), with a success, or dropped (`None`).
    End { newest: bool, failed: Option<bool> },
    /// Time passes, in milliseconds.
    Advance(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => Just(Event::Call),
        3 => (any::<bool>(), prop_oneof![3 => Just(Some(true)), 1 => Just(Some(false)), 1 => Just(None)])
            .prop_map(|(newest, failed)| Event::End { newest, failed }),
        1 => (1..1_500_u64).prop_map(Event::Advance),
    ]
}

/// The model: consecutive failures, until when calls are refused, and whether a trial call is in flight. `phase` is the number of the
/// phase; the end of a call from an earlier phase does not count.
#[derive(Debug, Default)]
struct Model {
    consecutive: u16,
    opened: Option<u64>,
    probing: bool,
    phase: u32,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_breaker_admits_the_same_calls_as_the_model(
        events in prop::collection::vec(event(), 1..80),
        failures in 1..4_u16,
        reset in 1..1_000_u64,
    ) {
        paused(async {
            let breaker = BreakerLayer::new(("Shop", "api"), failures, milliseconds(reset));
            let (mut model, mut now) = (Model::default(), 0);
            let mut calls: Vec<(AdmittedCall, u32)> = Vec::new();
            for event in events {
                match event {
                    Event::Advance(time) => {
                        advance(milliseconds(time)).await;
                        now += time;
                    }
                    Event::Call => {
                        let admitted = match model.opened {
                            _ if model.probing => false,
                            Some(opened) if now < opened => false,
                            Some(_) => {
                                (model.opened, model.probing) = (None, true);
                                model.phase += 1;
                                true
                            }
                            None => true,
                        };
                        let pass = breaker.admit(None);
                        assert_eq!(pass.is_ok(), admitted, "{model:?}");
                        match pass {
                            Ok(pass) => calls.push((pass, model.phase)),
                            Err(wait) => assert_eq!(wait, milliseconds(model.opened.map_or(0, |opened| opened - now))),
                        }
                    }
                    Event::End { newest, failed } => {
                        if calls.is_empty() {
                            continue;
                        }
                        let (pass, phase) = calls.remove(if newest { calls.len() - 1 } else { 0 });
                        match failed {
                            None => drop(pass),
                            failed => pass.end(failed),
                        }
                        if phase != model.phase {
                            continue;
                        }
                        match failed {
                            Some(true) => {
                                model.consecutive += 1;
                                if model.probing || model.consecutive >= failures {
                                    model = Model { consecutive: 0, opened: Some(now + reset), probing: false, phase: phase + 1 };
                                }
                            }
                            Some(false) if model.probing => model = Model { phase: phase + 1, ..Model::default() },
                            Some(false) => model.consecutive = 0,
                            None if model.probing => {
                                model = Model { consecutive: 0, opened: Some(now), probing: false, phase: phase + 1 };
                            }
                            None => {}
                        }
                    }
                }
            }
        });
    }
}

#[test]
fn only_failures_of_the_api_count() {
    let answers: [fn() -> Result<http::Response<_>, Failure>; 6] = [
        || Ok(response(StatusCode::BAD_GATEWAY)),
        || Err(Failure::Closed("closed".into())),
        || Err(Failure::Timeout("late".into())),
        || Ok(response(StatusCode::NOT_FOUND)),
        || Ok(response(StatusCode::TOO_MANY_REQUESTS)),
        || Err(Failure::File(crate::Error::internal("a file"))),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        paused(async {
            let layer = BreakerLayer::new(("Shop", "api"), 1, Duration::from_secs(30));
            let mut service = layer.layer(service_fn(move |_| async move { answer() }));
            let _ = service.call(request(Method::GET, Duration::from_secs(9))).await;
            let next = service.call(request(Method::GET, Duration::from_secs(9))).await;
            match next {
                Err(failure @ Failure::Rejected(_)) => {
                    assert!(number < 3, "{number}");
                    assert_eq!(refusal(&failure), (StatusCode::SERVICE_UNAVAILABLE, 30));
                }
                _ => assert!(number >= 3, "{number}"),
            }
        });
    }
}

#[test]
fn a_call_whose_time_is_over_is_a_failure_and_one_that_is_given_up_is_not() {
    for (given_up, opens) in [(Duration::from_secs(1), false), (Duration::from_secs(5), true)] {
        paused(async {
            let layer = BreakerLayer::new(("Shop", "api"), 1, Duration::from_secs(30));
            let mut service = layer.layer(service_fn(|_| std::future::pending()));
            let call = service.call(request(Method::GET, Duration::from_secs(5)));
            assert!(tokio::time::timeout_at(Instant::now() + given_up, call).await.is_err());
            assert_eq!(layer.admit(None).is_err(), opens);
        });
    }
}
