//! Compares the cache with a model: what callers get, and how often the API is asked.

use super::{milliseconds, paused};
use crate::consume::fault::Failure;
use crate::consume::layers::Deadline;
use crate::consume::layers::cache::{CacheLayer, Store};
use crate::consume::outgoing::Outgoing;
use crate::consume::transport::Incoming;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use proptest::prelude::*;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, sleep};
use tower::{Layer, Service, service_fn};

const LARGEST: usize = 1000;

/// A request that an API saw, without its credential.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
}

/// Sends requests through a cache to an API in the form of a function.
#[derive(Clone)]
struct Api {
    store: Arc<Store>,
    seen: Arc<Mutex<Vec<Seen>>>,
    answer: Arc<dyn Fn(&Seen) -> Result<Response<Incoming>, Failure> + Send + Sync>,
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response<Incoming> {
    let body = Full::new(Bytes::from(body.to_owned())).map_err(|never| match never {});
    let mut response = Response::new(Incoming::Other(body.boxed()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        response.headers_mut().append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    response
}

impl Api {
    fn new(size: usize, answer: impl Fn(&Seen) -> Result<Response<Incoming>, Failure> + Send + Sync + 'static) -> Self {
        Self { store: Arc::new(Store::new(size).unwrap()), seen: Arc::default(), answer: Arc::new(answer) }
    }

    async fn send(&self, request: Request<Outgoing>) -> Result<Response<Incoming>, Failure> {
        let (seen, answer) = (self.seen.clone(), self.answer.clone());
        let api = service_fn(move |request: Request<Outgoing>| {
            let asked = Seen { method: request.method().clone(), headers: request.headers().clone() };
            seen.lock().unwrap().push(asked.clone());
            let answer = answer(&asked);
            async { answer }
        });
        CacheLayer::new(self.store.clone(), Some(LARGEST)).layer(api).call(request).await
    }

    /// Reads a path; returns the status and the body.
    async fn get(&self, path: &str, headers: &[(&'static str, &str)]) -> (u16, String) {
        self.ask(Method::GET, path, headers).await.unwrap()
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<(u16, String), Failure> {
        let response = self.send(request(method, path, headers)).await?;
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await?.to_bytes();
        Ok((status, String::from_utf8(bytes.to_vec()).unwrap()))
    }

    fn asked(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

pub(super) fn request(method: Method, path: &str, headers: &[(&'static str, &str)]) -> Request<Outgoing> {
    let mut request = Request::new(Outgoing::default());
    *request.method_mut() = method;
    *request.uri_mut() = format!("https://api.example{path}").parse().unwrap();
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    request.extensions_mut().insert(Deadline(Instant::now() + Duration::from_secs(30)));
    request
}

/// How an API lets its answers be kept.
#[derive(Debug, Clone)]
struct Policy {
    max_age: Option<u64>,
    while_revalidate: u64,
    if_error: u64,
    no_store: bool,
    no_cache: bool,
    must_revalidate: bool,
    has_tag: bool,
    age: u64,
}

impl Policy {
    fn headers(&self, version: u64) -> Vec<(&'static str, String)> {
        let mut control = vec![
            format!("stale-while-revalidate={}", self.while_revalidate),
            format!("Stale-If-Error=\"{}\"", self.if_error),
        ];
        control.extend(self.max_age.map(|seconds| format!("Max-Age={seconds}")));
        control.extend(self.no_store.then(|| "No-Store".to_owned()));
        control.extend(self.no_cache.then(|| "no-cache".to_owned()));
        control.extend(self.must_revalidate.then(|| "must-revalidate".to_owned()));
        let mut headers = vec![("cache-control", control.join(" ,")), ("age", self.age.to_string())];
        if self.has_tag {
            headers.push(("etag", format!("\"{version}\"")));
        }
        headers
    }
}

/// A kept answer in the model; times are in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Kept {
    version: u64,
    at: u64,
}

#[derive(Debug, Clone, Copy)]
enum Does {
    Waits(u64),
    /// A caller reads.
    Reads(usize),
    Writes,
    /// Another resource is written.
    WritesElsewhere,
    /// The API goes down or comes back; down, it closes connections or answers 503.
    Turns(bool),
}

#[derive(Debug)]
struct Model {
    policy: Policy,
    version: u64,
    is_up: bool,
    kept: HashMap<usize, Kept>,
    asked: usize,
}

impl Model {
    /// Returns the version that a caller reads; `None` for a failure.
    fn reads(&mut self, caller: usize, now: u64) -> Option<u64> {
        let Policy { max_age, while_revalidate, if_error, no_store, no_cache, must_revalidate, has_tag, age } =
            self.policy.clone();
        let seconds = |seconds: u64| seconds * 1000;
        let lifetime = seconds(max_age.unwrap_or(0));
        let never_stale = no_cache || must_revalidate;
        let (revalidates, survives) = if never_stale { (0, 0) } else { (seconds(while_revalidate), seconds(if_error)) };
        let usable = !no_cache && lifetime + revalidates.max(survives) > seconds(age);
        let may_keep = !no_store && (usable || has_tag);
        let kept = self.kept.get(&caller).copied();
        let ask = |model: &mut Self| {
            model.asked += 1;
            if model.is_up && may_keep {
                model.kept.insert(caller, Kept { version: model.version, at: now });
            }
            model.is_up.then_some(model.version)
        };
        let Some(kept) = kept else { return ask(self) };
        let age = seconds(age) + now - kept.at;
        let stale = age.saturating_sub(lifetime);
        if age < lifetime && !no_cache {
            return Some(kept.version);
        }
        if !never_stale && stale < revalidates {
            ask(self);
            return Some(kept.version);
        }
        let may_survive = !never_stale && (age < lifetime || stale < survives);
        ask(self).or(may_survive.then_some(kept.version))
    }
}

fn policy() -> impl Strategy<Value = Policy> {
    let seconds = || prop_oneof![Just(0_u64), 1..20_u64];
    let rarely = || prop::bool::weighted(0.15);
    let times = (prop::option::weighted(0.8, seconds()), seconds(), seconds());
    (times, rarely(), rarely(), rarely(), any::<bool>(), prop_oneof![3 => Just(0_u64), 1 => 1..10_u64]).prop_map(
        |((max_age, while_revalidate, if_error), no_store, no_cache, must_revalidate, has_tag, age)| Policy {
            max_age,
            while_revalidate,
            if_error,
            no_store,
            no_cache,
            must_revalidate,
            has_tag,
            age,
        },
    )
}

fn does() -> impl Strategy<Value = Does> {
    prop_oneof![
        4 => (1..15_000_u64).prop_map(Does::Waits),
        6 => (0..2_usize).prop_map(Does::Reads),
        1 => Just(Does::Writes),
        1 => Just(Does::WritesElsewhere),
        1 => any::<bool>().prop_map(Does::Turns),
    ]
}

/// The state of the simulated API.
#[derive(Default)]
struct State {
    version: u64,
    is_down: bool,
    closes: bool,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn callers_get_what_the_model_says(policy in policy(), script in prop::collection::vec(does(), 1..40)) {
        paused(async {
            let state = Arc::new(Mutex::new(State::default()));
            let (shared, sent) = (state.clone(), policy.clone());
            let api = Api::new(1 << 20, move |asked| {
                let mut state = shared.lock().unwrap();
                if state.is_down {
                    return if state.closes { Err(Failure::Closed("closed".into())) } else { Ok(answer(503, &[], "down")) };
                }
                if asked.method == Method::POST {
                    state.version += 1;
                    return Ok(answer(204, &[], ""));
                }
                let headers = sent.headers(state.version);
                let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let tag = format!("\"{}\"", state.version);
                let is_same = asked.headers.get("if-none-match").is_some_and(|asked| sent.has_tag && *asked == tag);
                Ok(if is_same { answer(304, &headers, "") } else { answer(200, &headers, &state.version.to_string()) })
            });
            let mut model = Model { policy, version: 0, is_up: true, kept: HashMap::new(), asked: 0 };
            let start = Instant::now();
            for step in script {
                match step {
                    Does::Waits(time) => sleep(milliseconds(time)).await,
                    Does::Turns(closes) => {
                        model.is_up = !model.is_up;
                        let mut state = state.lock().unwrap();
                        (state.is_down, state.closes) = (!model.is_up, closes);
                    }
                    Does::Writes | Does::WritesElsewhere => {
                        let path = if matches!(step, Does::Writes) { "/r?written" } else { "/elsewhere" };
                        let _ = api.ask(Method::POST, path, &[]).await;
                        model.asked += 1;
                        if model.is_up {
                            model.version += 1;
                        }
                        if matches!(step, Does::Writes) {
                            model.kept.clear();
                        }
                    }
                    Does::Reads(caller) => {
                        let now = u64::try_from(start.elapsed().as_millis()).unwrap();
                        let token = format!("Bearer {caller}");
                        let read = api.ask(Method::GET, "/r", &[("authorization", &token)]).await;
                        let read = read.ok().filter(|(status, _)| *status == 200).map(|(_, body)| body.parse().unwrap());
                        // Lets what goes on in the background end.
                        sleep(milliseconds(1)).await;
                        assert_eq!(read, model.reads(caller, now), "{model:?} at {now}");
                    }
                }
                assert_eq!(api.asked(), model.asked, "{step:?}, {model:?}");
            }
            assert_eq!(api.store.in_flight(), 0);
        });
    }

    /// The memory is bounded, and holds the answers that were used last.
    #[test]
    fn the_memory_holds_what_was_used_last(paths in prop::collection::vec(0..8_u8, 1..60), most in 1..6_usize) {
        paused(async {
            let api = Api::new(most * 900, |_| Ok(answer(200, &[("cache-control", "max-age=60")], &"x".repeat(200))));
            let mut used: Vec<u8> = Vec::new();
            for path in paths {
                let before = api.asked();
                api.get(&format!("/{path}"), &[]).await;
                let was_kept = used.contains(&path);
                prop_assert_eq!(api.asked() == before, was_kept, "{}", path);
                used.retain(|other| *other != path);
                used.push(path);
                if used.len() > most {
                    used.remove(0);
                }
                let (entries, weight) = api.store.held();
                prop_assert_eq!(entries, used.len());
                prop_assert!(weight <= most * 900);
            }
            Ok(())
        })?;
    }

    /// No header makes the cache panic or answer with what is not the API's.
    #[test]
    fn hostile_headers_are_harmless(
        headers in prop::collection::vec((prop::sample::select(vec!["cache-control", "age", "date", "expires", "vary", "etag", "last-modified", "connection", "pragma"]), hostile()), 0..6),
        wait in 0..100_000_000_u64,
    ) {
        paused(async {
            let sent = headers.clone();
            let api = Api::new(1 << 20, move |_| {
                let headers: Vec<_> = sent.iter().map(|(name, value)| (*name, value.as_str())).collect();
                Ok(answer(200, &headers, "body"))
            });
            for _ in 0..3 {
                assert_eq!(api.get("/r", &[]).await, (200, "body".to_owned()));
                sleep(milliseconds(wait)).await;
            }
            assert_eq!(api.store.in_flight(), 0);
        });
    }
}

fn hostile() -> impl Strategy<Value = String> {
    let known = [
        "max-age=18446744073709551615",
        "max-age=99999999999999999999999",
        "max-age=-1",
        "max-age=\"60",
        "max-age=60, max-age=61",
        "max-age=60, stale-while-revalidate=18446744073709551615",
        ",,=,;=\"\\",
        "no-cache=\"a,no-store\"",
        "-1",
        "18446744073709551615",
        "99999999999999999999999",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Fri, 31 Dec 99999 23:59:59 GMT",
        "0",
        "*",
        "a b",
        "W/\"",
        "close, etag",
    ];
    prop_oneof![2 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => "[ -~]{0,40}"]
}

/// Returns how many of several reads, a second apart, reach an API with those headers.
fn asked_with(headers: &[(&str, &str)], reads: usize) -> usize {
    paused(async {
        let headers: Vec<(String, String)> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let api = Api::new(1 << 20, move |_| {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            Ok(answer(200, &headers, "body"))
        });
        for _ in 0..reads {
            api.get("/r", &[]).await;
            sleep(milliseconds(1000)).await;
        }
        api.asked()
    })
}

#[test]
fn a_lifetime_is_what_the_api_says() {
    let date = |seconds: u64| httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(seconds));
    let (now, later) = (date(0), date(3600));
    for kept in [
        &[("cache-control", "max-age=60")][..],
        &[("cache-control", "MAX-AGE = \"60\"")],
        &[("cache-control", "private, max-age=60")],
        &[("cache-control", "no-cachet, max-age=60")],
        &[("cache-control", "x=\"a, no-store\", max-age=60")],
        &[("cache-control", "max-age=60"), ("expires", "0")],
        &[("cache-control", "max-age=99999999999999999999")],
        &[("expires", &later)],
        &[("expires", &later), ("date", &now)],
        &[("expires", &later), ("date", "yesterday")],
        &[("cache-control", "max-age=60"), ("age", "-1")],
        &[("cache-control", "max-age=60"), ("age", "5, 600")],
        &[("cache-control", "max-age=60"), ("pragma", "no-cache")],
    ] {
        assert_eq!(asked_with(kept, 3), 1, "{kept:?}");
    }
    for not_kept in [
        &[][..],
        &[("cache-control", "max-age=60, max-age=61")],
        &[("cache-control", "max-age=60"), ("cache-control", "max-age=61")],
        &[("cache-control", "max-age=-60")],
        &[("cache-control", "max-age=6.5")],
        &[("cache-control", "s-maxage=60")],
        &[("cache-control", "max-age=60, No-Store")],
        &[("cache-control", "max-age=60, no-cache=\"set-cookie\"")],
        &[("cache-control", "max-age=60"), ("age", "61")],
        &[("cache-control", "max-age=60"), ("age", "18446744073709551615")],
        &[("cache-control", "max-age=60"), ("vary", "*")],
        &[("cache-control", "max-age=60"), ("set-cookie", "a=b")],
        &[("expires", "0")],
        &[("expires", &later), ("expires", &now)],
        &[("expires", &later), ("pragma", "no-cache")],
        &[("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT")],
        &[("cache-control", "max-age=60"), ("date", "Sun, 06 Nov 1994 08:49:37 GMT")],
    ] {
        assert_eq!(asked_with(not_kept, 3), 3, "{not_kept:?}");
    }
}

#[test]
fn only_whole_reads_are_kept() {
    paused(async {
        let fresh = [("cache-control", "max-age=60")];
        for status in [200, 203, 404, 410] {
            let api = Api::new(1 << 20, move |_| Ok(answer(status, &fresh, "body")));
            for _ in 0..2 {
                assert_eq!(api.get("/r", &[]).await, (status, "body".to_owned()));
            }
            assert_eq!(api.asked(), 1, "{status}");
        }
        for status in [201, 206, 301, 302, 400, 401, 403, 429, 500, 503] {
            let api = Api::new(1 << 20, move |_| Ok(answer(status, &fresh, "body")));
            for _ in 0..2 {
                assert_eq!(api.get("/r", &[]).await, (status, "body".to_owned()));
            }
            assert_eq!(api.asked(), 2, "{status}");
        }
        let api = Api::new(1 << 20, move |asked| {
            Ok(answer(200, &fresh, if asked.method == Method::HEAD { "" } else { "body" }))
        });
        for headers in [("range", "bytes=0-1"), ("if-none-match", "\"1\""), ("cache-control", "no-store")] {
            let before = api.asked();
            api.get("/r", &[headers]).await;
            api.get("/r", &[headers]).await;
            assert_eq!(api.asked(), before + 2, "{headers:?}");
        }
        assert_eq!(api.store.held().0, 0);
        // GET and HEAD have an answer each.
        for _ in 0..2 {
            assert_eq!(api.get("/r", &[]).await.1, "body");
            assert_eq!(api.ask(Method::HEAD, "/r", &[]).await.unwrap().1, "");
        }
        assert_eq!((api.asked(), api.store.held().0), (8, 2));
    });
}

#[test]
fn what_is_too_large_cut_off_or_unread_is_not_kept() {
    paused(async {
        let fresh = [("cache-control", "max-age=60")];
        let large = Api::new(1 << 20, move |_| Ok(answer(200, &fresh, &"x".repeat(LARGEST + 1))));
        large.get("/r", &[]).await;
        assert_eq!(large.store.held().0, 0);
        let whole = Api::new(1 << 20, move |_| Ok(answer(200, &fresh, &"x".repeat(LARGEST))));
        drop(whole.send(request(Method::GET, "/r", &[])).await.unwrap());
        assert_eq!((whole.store.held().0, whole.store.in_flight()), (0, 0));
        whole.get("/r", &[]).await;
        assert_eq!(whole.store.held().0, 1);
        let cut = Api::new(1 << 20, move |_| {
            let body = futures_util::stream::iter([
                Ok(http_body::Frame::data(Bytes::from_static(b"half"))),
                Err(Failure::Broken("cut off".into())),
            ]);
            let mut response = answer(200, &fresh, "");
            response.headers_mut().insert("transfer-encoding", HeaderValue::from_static("chunked"));
            Ok(response.map(|_| Incoming::Other(BodyExt::boxed(http_body_util::StreamBody::new(body)))))
        });
        assert!(matches!(cut.ask(Method::GET, "/r", &[]).await, Err(Failure::Broken(_))));
        assert_eq!((cut.store.held().0, cut.store.in_flight()), (0, 0));
    });
}

#[test]
fn answers_belong_to_what_was_sent() {
    paused(async {
        let api = Api::new(1 << 20, |asked| {
            let body = format!("{:?}", asked.headers.get("authorization").or(asked.headers.get("x-tenant")));
            Ok(answer(200, &[("cache-control", "max-age=60"), ("vary", "accept, TraceParent")], &body))
        });
        let senders: [&[(&'static str, &str)]; 6] = [
            &[],
            &[("authorization", "Bearer a")],
            &[("authorization", "Bearer b")],
            &[("x-tenant", "a")],
            &[("cookie", "session=a")],
            &[("cookie", "session=b")],
        ];
        let mut first = Vec::new();
        for sender in senders {
            first.push(api.get("/r", sender).await.1);
        }
        assert_eq!(api.asked(), senders.len());
        for (sender, first) in senders.into_iter().zip(&first) {
            assert_eq!(api.get("/r", sender).await.1, *first);
        }
        assert_eq!(api.asked(), senders.len());
        // A trace is no part of the key, unless the API says that the answer varies with it.
        api.get("/r", &[("tracestate", "a=b")]).await;
        assert_eq!(api.asked(), senders.len());
        api.get("/r", &[("traceparent", "00-1")]).await;
        assert_eq!(api.asked(), senders.len() + 1);
    });
}

#[test]
fn a_caller_can_ask_for_more_or_less() {
    paused(async {
        let api = Api::new(1 << 20, |_| Ok(answer(200, &[("cache-control", "max-age=10"), ("etag", "\"1\"")], "body")));
        assert_eq!(api.get("/r", &[("cache-control", "only-if-cached")]).await.0, 504);
        api.get("/r", &[]).await;
        sleep(milliseconds(5000)).await;
        for (asked, reaches) in [
            ("max-age=6", false),
            ("max-age=4", true),
            ("min-fresh=10", false),
            ("min-fresh=11", true),
            ("no-cache", true),
            ("only-if-cached", false),
        ] {
            let before = api.asked();
            api.get("/r", &[("cache-control", asked)]).await;
            assert_eq!(api.asked() > before, reaches, "{asked}");
        }
        sleep(milliseconds(12_000)).await;
        for (asked, reaches) in [("max-stale=3", false), ("max-stale", false), ("max-stale=1", true)] {
            let before = api.asked();
            api.get("/r", &[("cache-control", asked)]).await;
            assert_eq!(api.asked() > before, reaches, "{asked}");
        }
    });
}

#[test]
fn a_write_reaches_what_its_answer_names() {
    paused(async {
        let api = Api::new(1 << 20, |asked| {
            if asked.method == Method::GET {
                return Ok(answer(200, &[("cache-control", "max-age=60")], "body"));
            }
            let location = asked.headers.get("x-location").map_or("", |value| value.to_str().unwrap());
            let status = asked.headers.get("x-status").map_or("201", |value| value.to_str().unwrap());
            Ok(answer(status.parse().unwrap(), &[("location", location)], ""))
        });
        let kept = |api: &Api| api.store.held().0;
        for (write, left) in [
            (&[("x-location", "/things/1")][..], 1),
            (&[("x-location", "https://API.example/things/1#x")], 1),
            (&[("x-location", "https://other.example/things/1")], 2),
            (&[("x-location", "https://api.example:8443/things/1")], 2),
            (&[("x-status", "400")], 4),
            (&[("x-status", "404")], 2),
            (&[("x-status", "500")], 2),
            (&[("x-status", "302")], 2),
        ] {
            for path in ["/things?page=1", "/things?page=2", "/things/1", "/other"] {
                api.get(path, &[]).await;
            }
            assert_eq!(kept(&api), 4);
            api.ask(Method::POST, "/things", write).await.unwrap();
            assert_eq!(kept(&api), left, "{write:?}");
        }
    });
}

#[test]
fn a_read_that_a_write_overtakes_is_not_kept() {
    paused(async {
        let api = Api::new(1 << 20, |_| Ok(answer(200, &[("cache-control", "max-age=60")], "body")));
        // The head has arrived, and its body is read after the write.
        let old = api.send(request(Method::GET, "/r", &[])).await.unwrap();
        let other = api.send(request(Method::GET, "/s", &[])).await.unwrap();
        api.ask(Method::PUT, "/r", &[]).await.unwrap();
        old.into_body().collect().await.unwrap();
        other.into_body().collect().await.unwrap();
        assert_eq!((api.store.held().0, api.store.in_flight()), (1, 0));
        api.get("/r", &[]).await;
        assert_eq!(api.store.held().0, 2);
    });
}

#[test]
fn a_304_refreshes_what_it_is_about() {
    paused(async {
        let times = Arc::new(Mutex::new(0));
        let count = times.clone();
        let api = Api::new(1 << 20, move |asked| {
            let mut times = count.lock().unwrap();
            *times += 1;
            Ok(match (*times, asked.headers.get("if-none-match")) {
                (1, None) => answer(
                    200,
                    &[("cache-control", "max-age=1"), ("etag", "W/\"1\""), ("x-a", "old"), ("content-type", "a/b")],
                    "one",
                ),
                (2, Some(tag)) if tag == "W/\"1\"" => answer(
                    304,
                    &[("cache-control", "max-age=5"), ("etag", "\"1\""), ("x-a", "new"), ("content-type", "c/d")],
                    "",
                ),
                // A 304 about another answer.
                (3, Some(_)) => answer(304, &[("etag", "\"7\"")], ""),
                (4, None) => answer(200, &[("cache-control", "max-age=5")], "two"),
                other => panic!("{other:?}"),
            })
        });
        assert_eq!(api.get("/r", &[]).await.1, "one");
        sleep(milliseconds(1500)).await;
        let response = api.send(request(Method::GET, "/r", &[])).await.unwrap();
        let header = |name: &str| {
            response.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(
            (response.status().as_u16(), header("x-a"), header("content-type"), header("age")),
            (200, vec!["new"], vec!["a/b"], vec!["0"])
        );
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "one");
        sleep(milliseconds(4500)).await;
        assert_eq!((api.get("/r", &[]).await.1.as_str(), api.asked()), ("one", 2));
        sleep(milliseconds(1000)).await;
        assert_eq!((api.get("/r", &[]).await.1.as_str(), api.asked()), ("two", 4));
    });
}

#[test]
fn a_stale_answer_is_given_before_the_deadline() {
    paused(async {
        let store = Arc::new(Store::new(1 << 20).unwrap());
        let calls = Arc::new(Mutex::new(0));
        let api = service_fn(move |_: Request<Outgoing>| {
            let mut calls = calls.lock().unwrap();
            *calls += 1;
            let hangs = *calls > 1;
            async move {
                if hangs {
                    sleep(Duration::from_secs(900)).await;
                }
                Ok(answer(200, &[("cache-control", "max-age=1, stale-if-error=600")], "old"))
            }
        });
        let mut service = CacheLayer::new(store, Some(LARGEST)).layer(api);
        service.call(request(Method::GET, "/r", &[])).await.unwrap().into_body().collect().await.unwrap();
        sleep(milliseconds(2000)).await;
        let start = Instant::now();
        let response = service.call(request(Method::GET, "/r", &[])).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "old");
        assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    });
}
