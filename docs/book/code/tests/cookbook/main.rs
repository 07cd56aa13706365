//! The tested snippets of the cookbook, one module for each page that has them.
#![allow(clippy::unwrap_used, reason = "tests")]

mod callers;
mod composed;
mod cors;
mod errors;
mod fallback;
mod files;
mod folders;
mod hedging;
mod identity;
mod mocked;
mod newtypes;
mod pages;
mod proxy;
mod secrets;
mod streams;
mod upstreams;
mod yaml;

use axum::Router;
use axum::body::{Body, to_bytes};
use naftiko::http::{Request, Response};
use tower::ServiceExt;

/// Sends a request to a router, and returns the status and the text of the answer.
async fn ask(router: &Router, request: Request<String>) -> (u16, String) {
    let answer = send(router, request).await;
    let status = answer.status().as_u16();
    let text = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(text.to_vec()).unwrap())
}

/// Sends a request to a router.
async fn send(router: &Router, request: Request<String>) -> Response<Body> {
    router.clone().oneshot(request.map(Body::from)).await.unwrap()
}

/// Creates a GET without a body.
fn get(uri: &str) -> Request<String> {
    Request::get(uri).body(String::new()).unwrap()
}
