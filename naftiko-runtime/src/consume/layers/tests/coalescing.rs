//! Compares coalescing with a model: which reads share a request, and what each of them gets.

use super::cache::request;
use super::{milliseconds, paused, response};
use crate::consume::fault::Failure;
use crate::consume::layers::Deadline;
use crate::consume::layers::breaker::BreakerLayer;
use crate::consume::layers::coalescing::{CoalescingLayer, Flights};
use crate::consume::layers::retry::RetryLayer;
use crate::consume::outgoing::Outgoing;
use crate::consume::transport::Incoming;
use crate::error::{Error, ErrorKind};
use futures_util::poll;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, SET_COOKIE, VARY};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use naftiko_spec::model::Retry;
use proptest::prelude::*;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tower::{Layer, Service, service_fn};

/// How long the API takes, in milliseconds; odd, so that no read ends at the time at which another one begins.
const TAKES: u64 = 21;

/// A read: when it begins, its key, and when its caller cancels it.
#[derive(Debug, Clone)]
struct Read {
    at: u64,
    key: u8,
    cancelled: Option<u64>,
}

/// Returns the number of the request whose answer each read gets (`None` for cancelled ones), and the start of each request.
fn simulated(reads: &[Read], writes: &[u64]) -> (Vec<Option<usize>>, Vec<u64>) {
    // The key, the start and the readers of each request.
    let mut requests: Vec<(u8, u64, Vec<usize>)> = Vec::new();
    let mut of_reads = Vec::new();
    for (number, read) in reads.iter().enumerate() {
        let joined = requests.iter().rposition(|(key, start, readers)| {
            let is_held = readers.iter().any(|reader| reads[*reader].cancelled.is_none_or(|at| at > read.at));
            let is_current = !writes.iter().any(|write| *write > *start && *write < read.at);
            *key == read.key && read.at < start + TAKES && is_held && is_current
        });
        let joined = joined.unwrap_or_else(|| {
            requests.push((read.key, read.at, Vec::new()));
            requests.len() - 1
        });
        requests[joined].2.push(number);
        let ends = requests[joined].1 + TAKES;
        of_reads.push(read.cancelled.is_none_or(|at| at > ends).then_some(joined));
    }
    (of_reads, requests.into_iter().map(|(_, start, _)| start).collect())
}

fn read() -> impl Strategy<Value = Read> {
    (0..60_u64, 0..2_u8, prop::option::weighted(0.4, 1..20_u64)).prop_map(|(at, key, after)| Read {
        at: at * 4,
        key,
        cancelled: after.map(|after| (at + after) * 4 + 2),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn reads_share_the_requests_of_the_model(
        mut reads in prop::collection::vec(read(), 1..14),
        writes in prop::collection::btree_set(0..60_u64, 0..3),
        fails: bool,
    ) {
        reads.sort_by_key(|read| read.at);
        // A write ends at a time at which nothing else begins or ends.
        let writes: Vec<u64> = writes.into_iter().map(|write| write * 4 + 3).collect();
        let (expected, started) = simulated(&reads, &writes);
        paused(async {
            let (start, seen) = (Instant::now(), Arc::new(Mutex::new(Vec::new())));
            let requests = seen.clone();
            let api = service_fn(move |request: Request<Outgoing>| {
                let is_write = request.method() == Method::POST;
                let mut seen = requests.lock().unwrap();
                let number = seen.len();
                if !is_write {
                    seen.push(u64::try_from(start.elapsed().as_millis()).unwrap());
                }
                async move {
                    if is_write {
                        return Ok(response(StatusCode::OK));
                    }
                    sleep(milliseconds(TAKES)).await;
                    if fails {
                        return Err(Failure::Rejected(Error::of(ErrorKind::Throttled, StatusCode::BAD_GATEWAY, number.to_string())));
                    }
                    let mut response = response(StatusCode::OK);
                    response.headers_mut().insert("x-number", HeaderValue::from(number));
                    Ok(response)
                }
            });
            let flights = Arc::new(Flights::new().unwrap());
            let layer = CoalescingLayer::new(flights.clone(), "read", Some(100));
            let mut tasks = Vec::new();
            for write in writes {
                let mut service = layer.layer(api.clone());
                tasks.push(tokio::spawn(async move {
                    sleep_until(start + milliseconds(write)).await;
                    service.call(request(Method::POST, "/r", &[])).await.unwrap();
                    None
                }));
            }
            let writes = tasks.len();
            for read in &reads {
                let (mut service, read) = (layer.layer(api.clone()), read.clone());
                tasks.push(tokio::spawn(async move {
                    sleep_until(start + milliseconds(read.at)).await;
                    let key = read.key.to_string();
                    let sent = service.call(request(Method::GET, "/r?a", &[("authorization", &key)]));
                    let most = read.cancelled.map_or(9_000, |at| at - read.at);
                    let answer = timeout(milliseconds(most), sent).await.ok()?;
                    Some(match answer {
                        Ok(response) => response.headers()["x-number"].to_str().unwrap().parse::<usize>().unwrap(),
                        Err(failure) => failure.to_string().parse().unwrap(),
                    })
                }));
            }
            let mut got = Vec::new();
            for task in tasks {
                got.push(task.await.unwrap());
            }
            prop_assert_eq!(&got[writes..], expected);
            prop_assert_eq!(&*seen.lock().unwrap(), &started);
            prop_assert_eq!(flights.in_flight(), 0);
            Ok(())
        })?;
    }
}

/// Sends several identical reads at once; returns their bodies, or their failures, and the number of requests.
fn at_once(
    headers: &[(&'static str, &'static str)],
    answer: impl Fn() -> Result<Response<Incoming>, Failure> + Clone + Send + Sync + 'static,
) -> (Vec<Result<String, String>>, usize) {
    paused(async {
        let asked = Arc::new(Mutex::new(0));
        let count = asked.clone();
        let api = service_fn(move |_: Request<Outgoing>| {
            *count.lock().unwrap() += 1;
            let answer = answer();
            async move {
                sleep(milliseconds(5)).await;
                answer
            }
        });
        let layer = CoalescingLayer::new(Arc::new(Flights::new().unwrap()), "read", Some(100));
        let reads: Vec<_> = (0..4)
            .map(|_| {
                let mut service = layer.layer(api.clone());
                let request = request(Method::GET, "/r", headers);
                tokio::spawn(async move {
                    let response = service.call(request).await.map_err(|failure| failure.to_string())?;
                    let body = response.into_body().collect().await.map_err(|failure| failure.to_string())?;
                    Ok(String::from_utf8(body.to_bytes().to_vec()).unwrap())
                })
            })
            .collect();
        let mut got = Vec::new();
        for read in reads {
            got.push(read.await.unwrap());
        }
        let asked = *asked.lock().unwrap();
        (got, asked)
    })
}

fn with(name: HeaderName, value: &'static str) -> (Vec<Result<String, String>>, usize) {
    at_once(&[], move || {
        let mut response = response(StatusCode::OK);
        response.headers_mut().insert(name.clone(), HeaderValue::from_static(value));
        Ok(response)
    })
}

#[test]
fn answers_are_shared_unless_they_must_not_be() {
    let all = vec![Ok("{}".to_owned()); 4];
    for (name, value) in [
        (CACHE_CONTROL, "no-cache"),
        (CACHE_CONTROL, "private, max-age=0"),
        (VARY, "Accept, Authorization"),
        (CONTENT_TYPE, "application/json"),
    ] {
        assert_eq!(with(name, value), (all.clone(), 1), "{value}");
    }
    for (name, value) in [
        (CACHE_CONTROL, "No-Store"),
        (VARY, "*"),
        (VARY, "Traceparent"),
        (SET_COOKIE, "a=b"),
        (CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        (CONTENT_TYPE, "application/x-ndjson"),
    ] {
        assert_eq!(with(name, value), (all.clone(), 4), "{value}");
    }
    assert_eq!(at_once(&[("range", "bytes=0-1")], || Ok(response(StatusCode::PARTIAL_CONTENT))), (all, 4));
}

#[test]
fn an_answer_that_is_too_large_is_not_shared_and_not_lost() {
    for length in [100, 101, 5_000] {
        let large = move || {
            let pieces: Vec<_> = (0..length).map(|_| Ok(http_body::Frame::data("x".into()))).collect();
            let body = http_body_util::StreamBody::new(futures_util::stream::iter(pieces));
            let mut response = response(StatusCode::OK).map(|_| Incoming::Other(BodyExt::boxed(body)));
            response.headers_mut().insert("transfer-encoding", HeaderValue::from_static("chunked"));
            Ok(response)
        };
        let (got, asked) = at_once(&[], large);
        assert_eq!(got, vec![Ok("x".repeat(length)); 4]);
        assert_eq!(asked, if length > 100 { 4 } else { 1 });
    }
}

#[test]
fn a_failure_fails_everybody_who_waits() {
    let (got, asked) = at_once(&[], || Err(Failure::Connect("refused".into())));
    assert_eq!((got, asked), (vec![Err("connecting failed".to_owned()); 4], 1));
    let cut = || {
        let pieces = [Ok(http_body::Frame::data("x".into())), Err(Failure::Broken("cut".into()))];
        let body = http_body_util::StreamBody::new(futures_util::stream::iter(pieces));
        let mut response = response(StatusCode::OK).map(|_| Incoming::Other(BodyExt::boxed(body)));
        response.headers_mut().insert("transfer-encoding", HeaderValue::from_static("chunked"));
        Ok(response)
    };
    let (got, asked) = at_once(&[], cut);
    assert_eq!((got, asked), (vec![Err("the connection broke in the middle of the answer".to_owned()); 4], 1));
}

#[test]
fn a_request_that_panics_fails_its_readers() {
    let (got, asked) = at_once(&[], || panic!("a layer panics"));
    assert_eq!(got.len(), 4);
    assert!(got.iter().all(Result::is_err), "{got:?}");
    assert_eq!(asked, 1);
}

/// A call that joins a request whose first caller has little time left.
#[test]
fn a_reader_is_not_bound_by_the_deadline_of_another() {
    paused(async {
        let asked = Arc::new(Mutex::new(0));
        let count = asked.clone();
        let api = service_fn(move |_: Request<Outgoing>| {
            let mut count = count.lock().unwrap();
            *count += 1;
            let mut answer = response(if *count == 1 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK });
            answer.headers_mut().insert("retry-after", HeaderValue::from_static("2"));
            async {
                sleep(milliseconds(5)).await;
                Ok::<_, Failure>(answer)
            }
        });
        let settings = Retry { tries: 2, backoff: None, max_backoff: None, idempotency_key: None };
        let api = RetryLayer::new(&settings, Arc::default()).layer(api);
        let layer = CoalescingLayer::new(Arc::new(Flights::new().unwrap()), "read", Some(100));
        let call = |limit: u64| {
            let (mut service, mut request) = (layer.layer(api.clone()), request(Method::GET, "/r", &[]));
            request.extensions_mut().insert(Deadline::Own(Instant::now() + milliseconds(limit)));
            tokio::spawn(async move { timeout(milliseconds(limit), service.call(request)).await })
        };
        let first = call(1_000);
        sleep(milliseconds(3)).await;
        let second = call(9_000);
        assert!(first.await.unwrap().is_err());
        assert_eq!(second.await.unwrap().unwrap().unwrap().status(), StatusCode::OK);
        assert_eq!(*asked.lock().unwrap(), 2);
        // Without the second call, the API is not asked again: the deadline comes first.
        *asked.lock().unwrap() = 0;
        assert_eq!(call(1_000).await.unwrap().unwrap().unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(*asked.lock().unwrap(), 1);
    });
}

#[test]
fn a_request_that_panicked_is_not_joined() {
    paused(async {
        let asked = Arc::new(Mutex::new(0));
        let count = asked.clone();
        let api = service_fn(move |_: Request<Outgoing>| {
            *count.lock().unwrap() += 1;
            let is_first = *count.lock().unwrap() == 1;
            async move {
                assert!(!is_first, "a layer panics");
                Ok::<_, Failure>(response(StatusCode::OK))
            }
        });
        let flights = Arc::new(Flights::new().unwrap());
        let layer = CoalescingLayer::new(flights.clone(), "read", Some(100));
        let (mut service, mut second) = (layer.layer(api.clone()), layer.layer(api));
        let mut first = service.call(request(Method::GET, "/r", &[]));
        assert!(poll!(&mut first).is_pending());
        while flights.in_flight() > 0 {
            // The first caller is not polled meanwhile.
            tokio::task::yield_now().await;
        }
        assert_eq!(second.call(request(Method::GET, "/r", &[])).await.unwrap().status(), StatusCode::OK);
        assert!(first.await.is_err());
        assert_eq!(*asked.lock().unwrap(), 2);
    });
}

#[test]
fn a_reader_outlives_the_runtime_of_the_first() {
    let asked = Arc::new(Mutex::new(0));
    let count = asked.clone();
    let api = service_fn(move |_: Request<Outgoing>| {
        *count.lock().unwrap() += 1;
        let is_first = *count.lock().unwrap() == 1;
        async move {
            if is_first {
                std::future::pending::<()>().await;
            }
            Ok::<_, Failure>(response(StatusCode::OK))
        }
    });
    let layer = CoalescingLayer::new(Arc::new(Flights::new().unwrap()), "read", Some(100));
    let (mut service, mut second) = (layer.layer(api.clone()), layer.layer(api));
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (short, long) = (runtime(), runtime());
    let mut first = service.call(request(Method::GET, "/r", &[]));
    short.block_on(async {
        assert!(poll!(&mut first).is_pending());
        while *asked.lock().unwrap() == 0 {
            tokio::task::yield_now().await;
        }
    });
    let mut second = second.call(request(Method::GET, "/r", &[]));
    long.block_on(async { assert!(poll!(&mut second).is_pending()) });
    drop(short);
    assert_eq!(long.block_on(second).unwrap().status(), StatusCode::OK);
    assert_eq!(*asked.lock().unwrap(), 2);
}

#[test]
fn a_read_without_readers_ends() {
    paused(async {
        let ended = Arc::new(());
        let held = ended.clone();
        let api = service_fn(move |_: Request<Outgoing>| {
            let held = held.clone();
            async move {
                let answer = std::future::pending::<Result<Response<Incoming>, Failure>>().await;
                drop(held);
                answer
            }
        });
        let flights = Arc::new(Flights::new().unwrap());
        let layer = CoalescingLayer::new(flights.clone(), "read", Some(100));
        let mut service = layer.layer(api);
        let before = Arc::strong_count(&ended);
        for _ in 0..2 {
            let sent = timeout(milliseconds(5), service.call(request(Method::GET, "/r", &[])));
            assert!(sent.await.is_err());
            sleep(milliseconds(1)).await;
            assert_eq!((Arc::strong_count(&ended), flights.in_flight()), (before, 0));
        }
    });
}

#[test]
fn a_request_that_hangs_does_not_hold_up_later_readers() {
    paused(async {
        let asked = Arc::new(Mutex::new(0));
        let count = asked.clone();
        let api = service_fn(move |_: Request<Outgoing>| {
            *count.lock().unwrap() += 1;
            let hangs = *count.lock().unwrap() == 1;
            async move {
                if hangs {
                    std::future::pending::<()>().await;
                }
                Ok::<_, Failure>(response(StatusCode::OK))
            }
        });
        let breaker = BreakerLayer::new(("Shop", "api"), 1, Duration::from_secs(9));
        let layer = CoalescingLayer::new(Arc::new(Flights::new().unwrap()), "read", Some(100));
        let call = |limit: u64| {
            let mut service = layer.layer(breaker.layer(api.clone()));
            let mut request = request(Method::GET, "/r", &[]);
            request.extensions_mut().insert(Deadline::Own(Instant::now() + milliseconds(limit)));
            tokio::spawn(async move { timeout(milliseconds(limit), service.call(request)).await })
        };
        let first = call(100);
        sleep(milliseconds(60)).await;
        let second = call(10_000);
        sleep(milliseconds(60)).await;
        assert!(first.await.unwrap().is_err());
        // The second reader still waits for the request of the first, whose deadline has passed.
        let third = call(100);
        assert_eq!(third.await.unwrap().unwrap().unwrap().status(), StatusCode::OK);
        assert_eq!(*asked.lock().unwrap(), 2);
        assert!(breaker.is_closed());
        // The hung request counts as a failure, although its last reader has time left.
        second.abort();
        assert!(second.await.is_err());
        sleep(milliseconds(1)).await;
        assert!(!breaker.is_closed());
    });
}
