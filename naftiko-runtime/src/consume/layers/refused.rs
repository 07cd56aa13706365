//! The error of a call that a layer refuses before anything is sent.

use crate::consume::fault::Failure;
use crate::error::{Error, ErrorKind, RetryAfter};
use http::StatusCode;
use std::time::Duration;

/// Returns the error of a refused call, which can be repeated after `wait`.
pub(super) fn refused(status: StatusCode, message: String, wait: Duration) -> Failure {
    let error = Error::of(ErrorKind::Throttled, status, message).unsent();
    Failure::Rejected(error.with_retry_after(RetryAfter(seconds(wait).to_string())))
}

/// Returns a wait in whole seconds, at least one.
fn seconds(wait: Duration) -> u64 {
    let whole = wait.as_secs();
    (if wait.subsec_nanos() > 0 { whole.saturating_add(1) } else { whole }).max(1)
}
