//! What a call can end with instead of an answer, in words: which API, which operation, what to do. No URL, no secret, no
//! data.

use super::plan::Plan;
use super::transport::Failure;
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

/// The answer leads elsewhere.
pub(super) fn redirected(plan: &Plan) -> Error {
    bad_answer(plan, "answered with a redirect, which is not followed: set its base URI to where it leads")
}

/// The answer, all of it, did not come in time.
pub(super) fn too_slow(plan: &Plan) -> Error {
    timeout(
        plan,
        format!("`{}` took longer than {:?} (operation `{}`)", plan.upstream.namespace, plan.timeout, plan.name),
    )
}

/// No answer came.
pub(super) fn unanswered(plan: &Plan, failure: Failure) -> Error {
    match failure {
        Failure::Broken(cause) => bad_answer(plan, "closed the connection without an answer").because(cause),
        failure => broken(plan, failure),
    }
}

/// The answer stopped before its end.
pub(super) fn broken(plan: &Plan, failure: Failure) -> Error {
    let (namespace, name) = (&plan.upstream.namespace, &plan.name);
    match failure {
        Failure::ConnectTimeout(cause) => {
            timeout(plan, format!("connecting to `{namespace}` took too long (operation `{name}`)")).because(cause)
        }
        Failure::Connect(cause) => {
            let message = format!(
                "`{namespace}` cannot be reached (operation `{name}`): check its base URI, and whether it runs and can be \
                 reached from here"
            );
            Error::of(ErrorKind::Unreachable, StatusCode::BAD_GATEWAY, message).in_operation(name).because(cause)
        }
        Failure::Timeout(cause) => {
            timeout(plan, format!("`{namespace}` took too long (operation `{name}`)")).because(cause)
        }
        Failure::Redirect(cause) => redirected(plan).because(cause),
        Failure::Broken(cause) => bad_answer(plan, "broke off in the middle of its answer").because(cause),
    }
}

fn timeout(plan: &Plan, message: String) -> Error {
    Error::of(ErrorKind::Timeout, StatusCode::GATEWAY_TIMEOUT, message).in_operation(&plan.name)
}
