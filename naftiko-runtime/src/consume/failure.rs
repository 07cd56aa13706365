//! What a call can end with instead of an answer, in words: which API, which operation, what to do. No URL, no secret, no
//! data.

use super::plan::Plan;
use crate::error::{Error, ErrorKind};
use http::StatusCode;

/// The answer cannot be used.
pub(super) fn bad_answer(plan: &Plan, what: &str) -> Error {
    let message = format!("`{}` {what} (operation `{}`)", plan.upstream.namespace, plan.name);
    Error::of(ErrorKind::BadAnswer, StatusCode::BAD_GATEWAY, message).in_operation(&plan.name)
}

/// The answer is larger than allowed.
pub(super) fn too_large(plan: &Plan, limit: usize) -> Error {
    bad_answer(plan, &format!("answered with more than {limit} bytes, the limit of the client (`max_answer`)"))
}

/// No answer came.
pub(super) fn unanswered(plan: &Plan, error: reqwest::Error) -> Error {
    let (namespace, name) = (&plan.upstream.namespace, &plan.name);
    if error.is_timeout() {
        return too_slow(plan, error);
    }
    if error.is_connect() {
        let message = format!(
            "`{namespace}` cannot be reached (operation `{name}`): check its base URI, and whether it runs and can be \
             reached from here"
        );
        return Error::of(ErrorKind::Unreachable, StatusCode::BAD_GATEWAY, message)
            .in_operation(name)
            .because(error.without_url());
    }
    if error.is_builder() {
        return Error::internal(error.without_url()).in_operation(name);
    }
    if error.is_redirect() {
        return redirected(plan).because(error.without_url());
    }
    bad_answer(plan, "closed the connection without an answer").because(error.without_url())
}

/// The answer stopped before its end.
pub(super) fn broken(plan: &Plan, error: reqwest::Error) -> Error {
    if error.is_timeout() {
        return too_slow(plan, error);
    }
    bad_answer(plan, "broke off in the middle of its answer").because(error.without_url())
}

/// The answer leads elsewhere.
pub(super) fn redirected(plan: &Plan) -> Error {
    bad_answer(plan, "answered with a redirect, which is not followed: set its base URI to where it leads")
}

fn too_slow(plan: &Plan, error: reqwest::Error) -> Error {
    let (namespace, name) = (&plan.upstream.namespace, &plan.name);
    let message = if error.is_connect() {
        format!("`{namespace}` took too long to connect to (operation `{name}`)")
    } else {
        format!("`{namespace}` took longer than {:?} (operation `{name}`)", plan.timeout)
    };
    Error::of(ErrorKind::Timeout, StatusCode::GATEWAY_TIMEOUT, message).in_operation(name).because(error.without_url())
}
