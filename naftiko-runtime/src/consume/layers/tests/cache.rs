//! Compares the cache with a model: which answers callers get, and how many requests the API gets.

use super::{milliseconds, paused};
use crate::consume::fault::Failure;
use crate::consume::layers::Deadline;
use crate::consume::layers::cache::{AnswerStore, CacheLayer};
use crate::consume::outgoing::Outgoing;
use crate::consume::transport::Incoming;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use proptest::prelude::*;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tower::{Layer, Service, service_fn};

pub(super) const LARGEST: usize = 1000;

/// The method and the headers of a request that an API saw.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
}

/// How an API answers.
type Answers = dyn Fn(&Seen) -> Result<Response<Incoming>, Failure> + Send + Sync;

/// A client that sends requests through a cache to a simulated API.
#[derive(Clone)]
pub(super) struct Api {
    pub(super) store: Arc<AnswerStore>,
    seen: Arc<Mutex<Vec<Seen>>>,
    answer: Arc<Answers>,
}

pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response<Incoming> {
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
    pub(super) fn new(
        size: usize,
        answer: impl Fn(&Seen) -> Result<Response<Incoming>, Failure> + Send + Sync + 'static,
    ) -> Self {
        Self { store: Arc::new(AnswerStore::new(size).unwrap()), seen: Arc::default(), answer: Arc::new(answer) }
    }

    /// Returns a replica with another cache.
    pub(super) fn with_store(&self, store: AnswerStore) -> Self {
        Self { store: Arc::new(store), ..self.clone() }
    }

    pub(super) async fn send(&self, request: Request<Outgoing>) -> Result<Response<Incoming>, Failure> {
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
    pub(super) async fn get(&self, path: &str, headers: &[(&'static str, &str)]) -> (u16, String) {
        self.ask(Method::GET, path, headers).await.unwrap()
    }

    pub(super) async fn ask(
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

    pub(super) fn asked(&self) -> usize {
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
    request.extensions_mut().insert(Deadline::Own(Instant::now() + Duration::from_secs(30)));
    request
}

/// The cache headers of an API's answers.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "one for each directive")]
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

/// A stored answer in the model; times are in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Kept {
    version: u64,
    at: u64,
}

/// A step of a script.
#[derive(Debug, Clone, Copy)]
enum ScriptStep {
    Waits(u64),
    /// A caller reads.
    Reads(usize),
    Writes,
    /// Another resource is written.
    WritesElsewhere,
    /// The API goes down or comes back. While it is down, it closes connections (`true`) or answers 503.
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

fn script_step() -> impl Strategy<Value = ScriptStep> {
    prop_oneof![
        4 => (1..15_000_u64).prop_map(ScriptStep::Waits),
        6 => (0..2_usize).prop_map(ScriptStep::Reads),
        1 => Just(ScriptStep::Writes),
        1 => Just(ScriptStep::WritesElsewhere),
        1 => any::<bool>().prop_map(ScriptStep::Turns),
    ]
}

/// The state of the simulated API.
#[derive(Default)]
struct ApiState {
    version: u64,
    is_down: bool,
    closes: bool,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn callers_get_the_answers_that_the_model_predicts(policy in policy(), script in prop::collection::vec(script_step(), 1..40)) {
        paused(async {
            let state = Arc::new(Mutex::new(ApiState::default()));
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
                    ScriptStep::Waits(time) => sleep(milliseconds(time)).await,
                    ScriptStep::Turns(closes) => {
                        model.is_up = !model.is_up;
                        let mut state = state.lock().unwrap();
                        (state.is_down, state.closes) = (!model.is_up, closes);
                    }
                    ScriptStep::Writes | ScriptStep::WritesElsewhere => {
                        let path = if matches!(step, ScriptStep::Writes) { "/r?written" } else { "/elsewhere" };
                        let _ = api.ask(Method::POST, path, &[]).await;
                        model.asked += 1;
                        if model.is_up {
                            model.version += 1;
                        }
                        if matches!(step, ScriptStep::Writes) {
                            model.kept.clear();
                        }
                    }
                    ScriptStep::Reads(caller) => {
                        let now = u64::try_from(start.elapsed().as_millis()).unwrap();
                        let token = format!("Bearer {caller}");
                        let read = api.ask(Method::GET, "/r", &[("authorization", &token)]).await;
                        let read = read.ok().filter(|(status, _)| *status == 200).map(|(_, body)| body.parse().unwrap());
                        // Lets the background validation end.
                        sleep(milliseconds(1)).await;
                        assert_eq!(read, model.reads(caller, now), "{model:?} at {now}");
                    }
                }
                assert_eq!(api.asked(), model.asked, "{step:?}, {model:?}");
            }
            assert_eq!(api.store.in_flight(), 0);
        });
    }

    /// The memory is bounded, and holds the most recently used answers.
    #[test]
    fn the_memory_holds_the_answers_that_were_used_last(paths in prop::collection::vec(0..8_u8, 1..60), most in 1..6_usize) {
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

    /// No header makes the cache panic or change the API's answer.
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
