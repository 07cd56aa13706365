//! Three thousand generated cases: each fault of an upstream, for each adapter and kind of answer, has its
//! documented outcome.
#![cfg(all(feature = "client", feature = "rest", feature = "mcp", feature = "cli", feature = "document"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attacks;
mod documented;
mod hostile;
mod memory;
mod served;
mod upstream;

use documented::{Adapter, Fault, Kind, Outcome};
use memory::turn;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use served::Served;
use std::collections::HashSet;
use std::mem;
use std::sync::Arc;
use tokio::sync::Semaphore;
use upstream::Scripted;

const CASES: usize = 3_000;
/// How many variants `Fault` has.
const FAULTS: usize = 15;
const AT_ONCE: usize = 32;
const SECRET: &str = "k3y-that-is-never-shown";

fn fault() -> impl Strategy<Value = Fault> {
    let retry_after = prop_oneof![
        Just(None),
        Just(Some("7")),
        Just(Some("Sun, 06 Nov 1994 08:49:37 GMT")),
        Just(Some("Sunday, 06-Nov-94 08:49:37 GMT")),
        Just(Some("Sun Nov  6 08:49:37 1994")),
        Just(Some("60, 120")),
        Just(Some("99999999999")),
        Just(Some("soon")),
    ];
    let not_http = prop::sample::select(vec![
        "garbage\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\na",
        "HTTP/1.1 099 Low\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
        "HTTP/1.1 20",
        "\0\0\0\0",
    ]);
    // The listed statuses are common or are handled separately, so they are chosen more often than the others.
    let status = prop_oneof![
        prop::sample::select(vec![
            301_u16, 304, 401, 403, 404, 405, 407, 408, 409, 411, 417, 421, 422, 425, 426, 429, 500, 503
        ]),
        300_u16..520,
        300_u16..1_000,
    ];
    prop_oneof![
        40 => (status, retry_after, any::<bool>())
            .prop_map(|(status, retry_after, body)| Fault::Status { status, retry_after, body }),
        5 => any::<bool>().prop_map(|reset| Fault::Nothing { reset }),
        10 => not_http.prop_map(Fault::NotHttp),
        15 => (0_usize..6, any::<bool>(), any::<bool>())
            .prop_map(|(sent, chunked, reset)| Fault::CutOff { sent, chunked, reset }),
        8 => (0_usize..6).prop_map(|sent| Fault::BadChunk { sent }),
        1 => Just(Fault::NoHead),
        2 => (0_usize..3).prop_map(|sent| Fault::Stalls { sent }),
        5 => Just(Fault::Empty),
        5 => Just(Fault::Garbled),
        5 => Just(Fault::Page),
        5 => any::<bool>().prop_map(|declared| Fault::TooLarge { declared }),
        4 => prop::sample::select(vec![
            "Transfer-Encoding: chunked\r\nTrailer: X-A\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
            "Transfer-Encoding: identity, chunked\r\n",
            "X-Latin: caf\u{e9}\r\n",
            "Connection: close, x-a\r\nX-A: b\r\n",
        ])
        .prop_map(Fault::Odd),
        2 => (1_usize..1_000).prop_map(Fault::Informational),
        4 => prop::sample::select(vec!["compress", "x-unknown", "identity, x-unknown"]).prop_map(Fault::UnknownEncoding),
        5 => Just(Fault::None),
    ]
}

fn case() -> impl Strategy<Value = (Fault, Kind, Adapter)> {
    let adapter = prop::sample::select(vec![Adapter::Call, Adapter::Rest, Adapter::Mcp]);
    (fault(), prop::sample::select(Kind::ALL.to_vec()), adapter)
}

/// Returns the outcome of a call.
async fn outcome(served: &Served, http: &reqwest::Client, kind: Kind, adapter: Adapter, case: &str) -> Outcome {
    match adapter {
        Adapter::Call => {
            let capability = if kind.is_of_trait() { &served.of_trait } else { &served.of_document };
            match capability.call(kind.name(), json!({ "case": case })).await {
                Ok(_) => Outcome::Success,
                Err(error) => {
                    let words = format!("{error} {error:?}");
                    assert!(!words.contains(SECRET), "{words}");
                    Outcome::Error(error.status().as_u16())
                }
            }
        }
        Adapter::Rest => {
            let url = format!("{}/{}/{case}", served.url, kind.name());
            let url = if kind == Kind::Forward { format!("{}/d-forward/any/{case}", served.url) } else { url };
            let Ok(response) = http.get(url).send().await else { return Outcome::Aborted };
            let (status, headers) = (response.status(), format!("{:?}", response.headers()));
            let Ok(body) = response.text().await else { return Outcome::Aborted };
            assert!(!body.contains(SECRET) && !headers.contains(SECRET), "{headers}{body}");
            if status.is_success() { Outcome::Success } else { Outcome::Error(status.as_u16()) }
        }
        Adapter::Mcp => {
            let path = if kind.is_of_trait() { "mcp" } else { "d-mcp" };
            let params = json!({ "name": kind.name(), "arguments": { "case": case } });
            let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
            let request = http.post(format!("{}/{path}", served.url)).json(&message);
            let text = request.send().await.unwrap().text().await.unwrap();
            assert!(!text.contains(SECRET), "{text}");
            let answer: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
            let result = answer.get("result").unwrap_or_else(|| panic!("{answer}"));
            if result["isError"] != true {
                return Outcome::Success;
            }
            let status = result["_meta"]["io.naftiko/error"]["status"].as_u64().unwrap();
            Outcome::Error(u16::try_from(status).unwrap())
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_ends_as_documented() {
    let _turn = turn().await;
    let upstream = Scripted::start().await;
    let served = Arc::new(Served::over(&upstream.url, SECRET).await);
    let http = reqwest::Client::new();
    let limit = Arc::new(Semaphore::new(AT_ONCE));
    let mut runner = TestRunner::deterministic();
    let mut running = Vec::new();
    let (mut covered, mut expected) = (HashSet::new(), HashSet::new());
    while running.len() < CASES {
        let (fault, kind, adapter) = case().new_tree(&mut runner).unwrap().current();
        let Some(documented) = fault.documented(kind, adapter).filter(|_| adapter.serves(kind)) else { continue };
        let name = format!("c{}", running.len());
        let of_fault = mem::discriminant(&fault);
        covered.extend([format!("{of_fault:?} {adapter:?}"), format!("{kind:?} {adapter:?}")]);
        expected.insert(format!("{documented:?}"));
        upstream.script(&name, fault.script(kind));
        let (served, http, limit) = (served.clone(), http.clone(), limit.clone());
        running.push(tokio::spawn(async move {
            let _permit = limit.acquire().await.unwrap();
            let found = outcome(&served, &http, kind, adapter, &name).await;
            (found != documented)
                .then(|| format!("{fault:?} {kind:?} {adapter:?}: expected {documented:?}, found {found:?}"))
        }));
    }
    let running_cases = running.len();
    let mut wrong = Vec::new();
    for case in running {
        wrong.extend(case.await.unwrap());
    }
    // Each case has reached the upstream: a call that fails without a request could look like a fault of the upstream.
    assert_eq!((running_cases, upstream.requested()), (CASES, CASES));
    // Each fault and each kind occurs with each adapter, except that steps and forwards are not tools, and Rust cannot call forwards.
    assert_eq!(covered.len(), FAULTS * 3 + Kind::ALL.len() * 3 - 3, "{covered:?}");
    for outcome in ["Success", "Aborted", "Error(502)", "Error(503)", "Error(504)", "Error(404)", "Error(429)"] {
        assert!(expected.contains(outcome), "{outcome} does not appear: {expected:?}");
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{} of {CASES} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn an_upstream_that_cannot_be_reached_is_a_502_for_every_kind_over_rest_and_mcp() {
    let _turn = turn().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let served = Served::over(&url, SECRET).await;
    let http = reqwest::Client::new();
    for kind in Kind::ALL {
        assert_eq!(outcome(&served, &http, kind, Adapter::Rest, "c").await, Outcome::Error(502), "{kind:?}");
        if kind.is_tool() {
            assert_eq!(outcome(&served, &http, kind, Adapter::Mcp, "c").await, Outcome::Error(502), "{kind:?}");
        }
    }
}
