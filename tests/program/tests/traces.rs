//! The traces of callers in a program: in its log, and in its requests to APIs.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, unreachable_pub, dead_code, reason = "tests")]

mod common;

use common::Served;
use naftiko::testing::{Answer, Upstream};
use reqwest::{Client, StatusCode};
use serde_json::json;
use std::process::Command;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Starts the program, which calls `upstream`.
fn program(upstream: &Upstream, variables: &[(&str, &str)]) -> Served {
    let mut command: Command = common::command(env!("CARGO_BIN_EXE_measured"));
    command.args(["serve", "--upstream", &format!("shop={}", upstream.url())]).env("SHOP_KEY", "k3y-of-the-shop");
    command.envs(variables.iter().copied());
    Served::start(command, 2)
}

async fn get(program: &Served, path: &str) -> StatusCode {
    let url = format!("{}{path}", program.url("shop-rest"));
    Client::new().get(url).header("traceparent", PARENT).send().await.unwrap().status()
}

#[tokio::test]
async fn the_log_names_the_trace_of_a_call() {
    let program = program(&Upstream::refusing(), &[]);
    assert_eq!(get(&program, "/stock").await, StatusCode::BAD_GATEWAY);
    program.signal("TERM");
    let (_, _, log) = program.wait();
    let line = log.lines().find(|line| line.contains("the call failed")).unwrap();
    assert!(line.contains(&format!("trace_id=\"{TRACE}\"")), "{line}");
}

#[tokio::test]
async fn a_program_can_ignore_the_traces_of_its_callers() {
    for (propagators, is_sent) in [("none", false), ("b3", false), ("", true), ("baggage, tracecontext", true)] {
        let upstream = Upstream::start().await;
        upstream.answer("GET", "/stock", Answer::json(200, json!("7")));
        let program = program(&upstream, &[("OTEL_PROPAGATORS", propagators)]);
        assert_eq!(get(&program, "/stock").await, StatusCode::OK);
        let sent = upstream.requests().pop().unwrap();
        let is_own = sent.header("traceparent").map(|value| value.contains(TRACE));
        assert_eq!(is_own, is_sent.then_some(true), "{propagators}: {sent:?}");
    }
}
