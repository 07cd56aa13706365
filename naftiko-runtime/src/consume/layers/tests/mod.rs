//! Tests of the layers, many against simple models. They run in tokio's paused time, so no test really waits.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod breaker;
mod cache;
mod cache_rules;
mod coalescing;
mod concurrency;
mod effect;
mod hedge;
mod rate;
mod retry;
mod shared;

use super::Deadline;
use crate::consume::fault::Failure;
use crate::consume::outgoing::Outgoing;
use crate::consume::transport::Incoming;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::time::Instant;

/// Runs a future on a runtime whose clock advances only when all tasks are idle.
fn paused<T>(future: impl Future<Output = T>) -> T {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(future)
}

fn milliseconds(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn request(method: Method, deadline: Duration) -> Request<Outgoing> {
    let mut request = Request::new(Outgoing::from(Bytes::from_static(b"body")));
    *request.method_mut() = method;
    request.extensions_mut().insert(Deadline::Own(Instant::now() + deadline));
    request
}

fn response(status: StatusCode) -> Response<Incoming> {
    let body = Full::new(Bytes::from_static(b"{}")).map_err(|never| match never {});
    let mut response = Response::new(Incoming::Other(body.boxed()));
    *response.status_mut() = status;
    response
}

/// Returns the status of a refusal, and the seconds to wait.
fn refusal(failure: &Failure) -> (StatusCode, u64) {
    let Failure::Rejected(error) = failure else { panic!("expected a refusal, found {failure:?}") };
    assert!(error.is_unsent());
    (error.status(), error.retry_after().unwrap().delay().unwrap().as_secs())
}
