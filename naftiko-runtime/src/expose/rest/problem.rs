//! Errors in the REST adapter's format: `application/problem+json` (RFC 9457).

use crate::error::{Error, ErrorKind};
use crate::expose::callers::Challenge;
use axum::body::Body;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The message that hides internal errors from callers.
const FAILED: &str = "the operation failed";

/// The members of a problem. Its `type` is `about:blank`, which means that the status is the type (RFC 9457, section
/// 4.2.1).
#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<UpstreamProblem<'a>>,
}

/// The error answer of the upstream.
#[derive(Serialize)]
struct UpstreamProblem<'a> {
    status: u16,
    body: UpstreamBody<'a>,
}

/// The body of an upstream's answer: JSON unchanged, any other body as text.
#[derive(Serialize)]
#[serde(untagged)]
enum UpstreamBody<'a> {
    Json(&'a RawValue),
    Text(Cow<'a, str>),
}

/// Returns the answer for an error: 304 for `NotModified`, otherwise a problem.
pub(super) fn of_error(error: &Error) -> Response<Body> {
    if error.kind() == ErrorKind::NotModified {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().extend(error.upstream().map(|upstream| upstream.headers.clone()).unwrap_or_default());
        return response;
    }
    let mut response = with_problem(error, write);
    if !is_hidden(error) {
        response.headers_mut().extend(error.headers().clone());
    }
    if let Some(delay) = error.retry_after()
        && let Ok(delay) = HeaderValue::from_str(&delay.0)
    {
        response.headers_mut().insert(RETRY_AFTER, delay);
    }
    response
}

/// Returns a problem as JSON, for an error that occurs after the status and the headers were sent.
pub(super) fn json(error: &Error) -> Vec<u8> {
    with_problem(error, to_json)
}

/// Describes an error as a problem, and passes the problem to `then`.
fn with_problem<T>(error: &Error, then: impl FnOnce(&Problem<'_>) -> T) -> T {
    let hidden = is_hidden(error);
    let status = error.callers_status();
    let message = error.to_string();
    let upstream = error.upstream().filter(|_| !hidden).map(|upstream| UpstreamProblem {
        status: upstream.status.as_u16(),
        body: match serde_json::from_slice(&upstream.body) {
            Ok(json) => UpstreamBody::Json(json),
            Err(_) => UpstreamBody::Text(String::from_utf8_lossy(&upstream.body)),
        },
    });
    then(&Problem {
        r#type: "about:blank",
        title: title(status),
        status: status.as_u16(),
        detail: if hidden { FAILED } else { &message },
        pointer: error.pointer().filter(|_| !hidden),
        api: error.api().filter(|_| !hidden),
        upstream,
    })
}

/// Returns whether the details of an error are hidden from callers.
fn is_hidden(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Internal | ErrorKind::Panic | ErrorKind::Configuration)
}

/// Returns a problem that does not concern an operation.
pub(crate) fn plain(status: StatusCode, detail: &str) -> Response<Body> {
    let title = title(status);
    write(&Problem {
        r#type: "about:blank",
        title,
        status: status.as_u16(),
        detail,
        pointer: None,
        api: None,
        upstream: None,
    })
}

/// Returns the answer to an unknown path.
pub(super) fn not_found() -> Response<Body> {
    plain(StatusCode::NOT_FOUND, "there is no resource at this path")
}

fn title(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("Error")
}

fn to_json(problem: &Problem<'_>) -> Vec<u8> {
    // A problem consists of strings, numbers and parsed JSON, so serializing it cannot fail.
    serde_json::to_vec(problem).unwrap_or_default()
}

fn write(problem: &Problem<'_>) -> Response<Body> {
    let mut response = Response::new(Body::from(to_json(problem)));
    *response.status_mut() = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

/// Answers a request whose caller is refused.
pub(super) fn refused(challenge: &Challenge) -> Response<Body> {
    let mut response = plain(challenge.status, &challenge.message);
    challenge.add_to(response.headers_mut());
    response
}
