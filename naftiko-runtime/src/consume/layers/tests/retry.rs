//! Tests of retries: how many there are, when they are sent, and their idempotency keys.

use super::{milliseconds, paused, request, response};
use crate::consume::fault::Failure;
use crate::consume::layers::retry::{Budget, RetryLayer};
use crate::error::{Error, ErrorKind};
use http::header::RETRY_AFTER;
use http::{HeaderValue, Method, StatusCode};
use naftiko_spec::model::{Milliseconds, Retry};
use proptest::prelude::*;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;
use tower::{Layer, Service, service_fn};

/// The API's reaction to one attempt.
#[derive(Debug, Clone, Copy, PartialEq)]
enum ApiReaction {
    Answers(u16),
    /// Answers with a status and `Retry-After` in seconds.
    AsksToWait(u16, u64),
    Closes,
    /// Sends bytes that are not HTTP.
    Babbles,
}

impl ApiReaction {
    /// Returns whether the reaction is a transient failure.
    fn is_transient(self) -> bool {
        match self {
            Self::Answers(status) => matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504),
            Self::AsksToWait(status, _) => matches!(status, 403 | 408 | 425 | 429 | 500 | 502 | 503 | 504),
            Self::Closes => true,
            Self::Babbles => false,
        }
    }

    /// Returns whether the attempt may have taken effect.
    fn may_have_effect(self) -> bool {
        match self {
            Self::Answers(status) => matches!(status, 200..=299 | 404 | 408 | 500..=599),
            Self::AsksToWait(503, _) => false,
            Self::AsksToWait(status, _) => Self::Answers(status).may_have_effect(),
            Self::Closes | Self::Babbles => true,
        }
    }

    fn is_conflict(self) -> bool {
        matches!(self, Self::Answers(409) | Self::AsksToWait(409, _))
    }
}

/// An attempt, as seen by the API.
#[derive(Debug, PartialEq)]
struct Try {
    at: Duration,
    key: Option<String>,
}

/// Calls an API that follows a script, whose last entry is repeated.
fn call(
    settings: &Retry,
    method: &Method,
    script: Vec<ApiReaction>,
    deadline: Duration,
    budget: &Arc<Budget>,
) -> (Vec<Try>, ApiReaction) {
    paused(async {
        let (start, tries) = (Instant::now(), Arc::new(Mutex::new(Vec::new())));
        let seen = tries.clone();
        let api = service_fn(move |request: http::Request<_>| {
            let key = request.headers().get("x-key").map(|key| key.to_str().unwrap().to_owned());
            let mut seen = seen.lock().unwrap();
            let reaction = script.get(seen.len()).or(script.last()).copied().unwrap();
            seen.push(Try { at: start.elapsed(), key });
            async move {
                let status = |status| StatusCode::from_u16(status).unwrap();
                match reaction {
                    ApiReaction::Answers(number) => Ok(response(status(number))),
                    ApiReaction::AsksToWait(number, seconds) => {
                        let mut response = response(status(number));
                        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
                        Ok(response)
                    }
                    ApiReaction::Closes => Err(Failure::Closed("closed".into())),
                    ApiReaction::Babbles => Err(Failure::Malformed("not HTTP".into())),
                }
            }
        });
        let mut service = RetryLayer::new(settings, budget.clone()).layer(api);
        let ended = match service.call(request(method.clone(), deadline)).await {
            Ok(response) => match response.headers().get(RETRY_AFTER) {
                Some(after) => {
                    ApiReaction::AsksToWait(response.status().as_u16(), after.to_str().unwrap().parse().unwrap())
                }
                None => ApiReaction::Answers(response.status().as_u16()),
            },
            Err(Failure::Closed(_)) => ApiReaction::Closes,
            Err(Failure::Malformed(_)) => ApiReaction::Babbles,
            Err(other) => panic!("{other:?}"),
        };
        drop(service);
        (Arc::into_inner(tries).unwrap().into_inner().unwrap(), ended)
    })
}

fn settings(tries: u16) -> Retry {
    Retry { tries, backoff: Some(Milliseconds(100)), max_backoff: Some(Milliseconds(400)), idempotency_key: None }
}

fn reaction() -> impl Strategy<Value = ApiReaction> {
    let status = || prop::sample::select(vec![200, 201, 400, 403, 404, 408, 409, 425, 429, 500, 501, 502, 503, 504]);
    prop_oneof![
        4 => status().prop_map(ApiReaction::Answers),
        2 => (status(), 0..4_u64).prop_map(|(status, seconds)| ApiReaction::AsksToWait(status, seconds)),
        2 => Just(ApiReaction::Closes),
        1 => Just(ApiReaction::Babbles),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// The model: continue while the result is transient, attempts are left, and the wait ends before the deadline.
    #[test]
    fn tries_end_where_the_model_ends(
        script in prop::collection::vec(reaction(), 1..6),
        tries in 1..6_u16,
        method in prop::sample::select(vec![Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::POST, Method::PATCH]),
        has_key: bool,
        deadline in 1..5_000_u64,
    ) {
        let mut settings = settings(tries);
        settings.idempotency_key = has_key.then(|| "x-key".to_owned());
        let deadline = milliseconds(deadline);
        let (seen, ended) = call(&settings, &method, script.clone(), deadline, &Arc::default());
        let repeatable = method.is_idempotent() || has_key;
        let at = |number: usize| script.get(number).or(script.last()).copied().unwrap();
        // A conflict with an earlier attempt that has the same key.
        let conflicts = |number: usize| !method.is_idempotent() && at(number).is_conflict() && (0..number).any(|before| at(before).may_have_effect());
        let is_transient = |number: usize| at(number).is_transient() || conflicts(number);
        // The caller gets the result of the last attempt.
        prop_assert_eq!(ended, at(seen.len() - 1));
        for (number, pair) in seen.windows(2).enumerate() {
            let wait = pair[1].at.checked_sub(pair[0].at).unwrap();
            let longest = milliseconds(100 << number).min(milliseconds(400));
            let asked = if let ApiReaction::AsksToWait(_, seconds) = at(number) { Duration::from_secs(seconds) } else { Duration::ZERO };
            prop_assert!(is_transient(number) && repeatable);
            // A timer may be late by a millisecond.
            prop_assert!(wait >= asked && wait <= longest.max(asked) + milliseconds(1), "{wait:?}");
            prop_assert_eq!(&pair[0].key, &pair[1].key);
        }
        let most = if repeatable { usize::from(tries) } else { 1 };
        prop_assert!(seen.len() <= most);
        let last = seen.last().unwrap().at;
        prop_assert!(last < deadline + milliseconds(1));
        if seen.len() < most && is_transient(seen.len() - 1) {
            // The next attempt would have been too late: with full jitter, a wait can have the maximum length.
            let longest = milliseconds(400).max(if let ApiReaction::AsksToWait(_, seconds) = ended { Duration::from_secs(seconds) } else { Duration::ZERO });
            prop_assert!(last + longest >= deadline, "{seen:?} {ended:?}");
        }
        let has_sent_key = has_key && !method.is_idempotent();
        prop_assert_eq!(seen[0].key.is_some(), has_sent_key);
    }

    /// An API that always fails gets no more retries than the reserve and one for every five calls.
    #[test]
    fn retries_stay_within_their_budget(calls in 1..80_usize, tries in 2..6_u16) {
        let budget = Arc::default();
        let sent: usize = (0..calls)
            .map(|_| call(&settings(tries), &Method::GET, vec![ApiReaction::Closes], Duration::from_secs(60), &budget).0.len())
            .sum();
        let retries = sent - calls;
        prop_assert!(retries <= 10 + calls / 5, "{retries} retries of {calls} calls");
        prop_assert!(retries >= (calls * usize::from(tries - 1)).min(10));
    }
}

#[test]
fn each_call_has_a_key_of_its_own() {
    let settings = Retry { idempotency_key: Some("x-key".to_owned()), ..settings(3) };
    let keys = || {
        let (seen, _) =
            call(&settings, &Method::POST, vec![ApiReaction::Closes], Duration::from_secs(60), &Arc::default());
        assert_eq!(seen.len(), 3);
        seen[0].key.clone().unwrap()
    };
    let (one, other) = (keys(), keys());
    assert_ne!(one, other);
    let parts: Vec<usize> = one.split('-').map(str::len).collect();
    assert_eq!((parts, &one[14..15]), (vec![8, 4, 4, 4, 12], "4"), "{one}");
}

#[test]
fn a_key_of_the_caller_is_kept() {
    paused(async {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let api = {
            let seen = seen.clone();
            service_fn(move |request: http::Request<_>| {
                seen.lock().unwrap().push(request.headers()["idempotency-key"].clone());
                async { Err(Failure::Closed("closed".into())) }
            })
        };
        for key in [None, Some("Idempotency-Key".to_owned())] {
            let settings = Retry { idempotency_key: key, ..settings(2) };
            let mut request = request(Method::POST, Duration::from_secs(9));
            request.headers_mut().insert("idempotency-key", HeaderValue::from_static("mine"));
            let ended = RetryLayer::new(&settings, Arc::default()).layer(api.clone()).call(request).await;
            assert!(matches!(ended, Err(Failure::Closed(_))));
        }
        assert_eq!(*seen.lock().unwrap(), ["mine"; 4]);
    });
}

#[test]
fn an_empty_key_does_not_make_a_write_repeatable() {
    let sent = |header: Option<&str>, given: &'static str| {
        paused(async {
            let seen = Arc::new(Mutex::new(Vec::new()));
            let keys = seen.clone();
            let api = service_fn(move |request: http::Request<_>| {
                let key = request.headers()["idempotency-key"].to_str().unwrap().trim().to_owned();
                keys.lock().unwrap().push(key);
                async { Err(Failure::Closed("closed".into())) }
            });
            let settings = Retry { idempotency_key: header.map(str::to_owned), ..settings(2) };
            let mut request = request(Method::POST, Duration::from_secs(9));
            request.headers_mut().insert("idempotency-key", HeaderValue::from_static(given));
            let ended = RetryLayer::new(&settings, Arc::default()).layer(api).call(request).await;
            assert!(matches!(ended, Err(Failure::Closed(_))));
            Arc::into_inner(seen).unwrap().into_inner().unwrap()
        })
    };
    for given in ["", " "] {
        assert_eq!(sent(None, given), [""]);
        let keys = sent(Some("Idempotency-Key"), given);
        assert!(keys.len() == 2 && keys[0].len() == 36 && keys[0] == keys[1], "{keys:?}");
    }
}

#[test]
fn a_conflict_is_retried_only_after_an_attempt_that_may_be_in_progress() {
    let keyed = Retry { idempotency_key: Some("x-key".to_owned()), ..settings(3) };
    let attempts = |settings, method, script| {
        let (seen, ended) = call(settings, &method, script, Duration::from_secs(60), &Arc::default());
        (seen.len(), ended)
    };
    let (conflict, done) = (ApiReaction::Answers(409), ApiReaction::Answers(201));
    assert_eq!(attempts(&keyed, Method::POST, vec![ApiReaction::Closes, conflict, done]), (3, done));
    assert_eq!(attempts(&keyed, Method::POST, vec![conflict, done]), (1, conflict));
    assert_eq!(attempts(&keyed, Method::POST, vec![ApiReaction::AsksToWait(503, 1), conflict, done]), (2, conflict));
    assert_eq!(attempts(&settings(3), Method::PUT, vec![ApiReaction::Closes, conflict, done]), (2, conflict));
}

#[test]
fn an_authorization_server_that_fails_is_asked_again() {
    for (is_lasting, attempts) in [(false, 3), (true, 1)] {
        paused(async {
            let seen = Arc::new(Mutex::new(0));
            let count = seen.clone();
            let api = service_fn(move |_: http::Request<_>| {
                *count.lock().unwrap() += 1;
                let error = Error::of(ErrorKind::Unreachable, StatusCode::BAD_GATEWAY, "no token").unsent();
                async move { Err(Failure::Rejected(if is_lasting { error.lasting() } else { error })) }
            });
            let request = request(Method::GET, Duration::from_secs(9));
            let ended = RetryLayer::new(&settings(3), Arc::default()).layer(api).call(request).await;
            assert!(matches!(ended, Err(Failure::Rejected(error)) if error.is_unsent()));
            assert_eq!(*seen.lock().unwrap(), attempts);
        });
    }
}

#[test]
fn a_date_to_wait_for_is_honoured() {
    paused(async {
        let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(120));
        let mut answers = [503, 200].into_iter();
        let api = service_fn(move |_| {
            let mut response = response(StatusCode::from_u16(answers.next().unwrap()).unwrap());
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_str(&date).unwrap());
            async { Ok(response) }
        });
        // The clones of the test's API must share its state.
        let api = Arc::new(Mutex::new(api));
        let api = service_fn(move |request| api.lock().unwrap().call(request));
        let start = Instant::now();
        let mut service = RetryLayer::new(&settings(2), Arc::default()).layer(api);
        let response = service.call(request(Method::GET, Duration::from_secs(900))).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert!((110..=121).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    });
}
