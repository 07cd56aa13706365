//! Whether a request may have had an effect on the resources of its API.

use super::fault::Failure;
use super::wait::Wait;
use crate::error::{Error, ErrorKind};
use http::{Response, StatusCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

/// A flag that all attempts of a request share as an extension: whether an attempt before the last one may have taken
/// effect. The answer to the last attempt does not show this, since the API may refuse that attempt because of what an
/// earlier one did.
#[derive(Debug, Clone, Default)]
pub(crate) struct EarlierEffect(Arc<AtomicBool>);

impl EarlierEffect {
    /// Notes that an attempt which is followed by another one may have had the effect.
    pub(crate) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Returns whether an earlier attempt may have had the effect.
    pub(crate) fn is_noted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Returns the error of a call whose last attempt ended with `error`. If an earlier attempt may have had the effect, the message says
    /// so, and an error that callers take as proof that nothing was done is replaced.
    pub(super) fn noted_in(&self, error: Error, is_idempotent: bool) -> Error {
        const DONE: &str = "an earlier attempt of this call may have taken effect";
        if !self.is_noted() {
            return error;
        }
        let is_refusal = match error.kind() {
            ErrorKind::Throttled | ErrorKind::Unreachable | ErrorKind::Credential => false,
            ErrorKind::Upstream => match error.status().as_u16() {
                // The earlier attempt may be the reason: it has created, changed or deleted the resource.
                404 | 409 | 410 | 412 => true,
                // The API counts requests before it recognizes the idempotency key of the earlier attempt.
                429 => false,
                _ => return error,
            },
            _ => return error,
        };
        if is_refusal || (!is_idempotent && error.kind() != ErrorKind::Credential) {
            error.uncertain(DONE)
        } else {
            // Repeating the call has the same effect, or does not help.
            error.noting(DONE)
        }
    }
}

/// Returns whether the attempt with this result may have had an effect. The attempt had none if a layer did not send it, if no connection
/// could be opened, if the API answered 503 and asked to wait, or if the API answered with a 4xx status other than 404, 408 and 410.
pub(crate) fn may_have_effect<B>(attempt: &Result<Response<B>, Failure>) -> bool {
    match attempt {
        Ok(response) => answers_effect(response),
        Err(failure) => may_follow_effect(failure),
    }
}

/// Returns whether the request with this answer may have had an effect.
pub(super) fn answers_effect<B>(response: &Response<B>) -> bool {
    match response.status() {
        // 404 and 410: the resource may be gone, so its cached answers must be invalidated. 408: the request may have had its effect.
        status if status.is_client_error() => matches!(status.as_u16(), 404 | 408 | 410),
        StatusCode::SERVICE_UNAVAILABLE => Wait::of(response.headers(), SystemTime::now()).is_none(),
        _ => true,
    }
}

/// Returns whether the request that failed in this way may have had an effect.
pub(super) fn may_follow_effect(failure: &Failure) -> bool {
    match failure {
        Failure::Connect(_) | Failure::ConnectTimeout(_) => false,
        Failure::Rejected(error) => !error.is_unsent(),
        _ => true,
    }
}
