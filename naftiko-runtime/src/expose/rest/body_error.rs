//! The errors of request bodies.

use crate::error::{Error, ErrorKind};
use http::StatusCode;

/// Returns the error for a body beyond the limit (413).
pub(super) fn too_large(limit: usize) -> Error {
    let message = format!("the body is too large: the limit is {limit} bytes");
    Error::of(ErrorKind::Argument, StatusCode::PAYLOAD_TOO_LARGE, message)
}

/// Returns the error for a body that ends too early (400).
pub(super) fn broken() -> Error {
    Error::of(ErrorKind::Argument, StatusCode::BAD_REQUEST, "the body is incomplete")
}

/// Returns why a body could not be read: the reason of the decoder, or that the body is incomplete.
pub(super) fn reason(error: axum::BoxError) -> Error {
    match error.downcast::<axum::Error>() {
        // axum wraps the errors of a stream twice.
        Ok(error) => reason(error.into_inner()),
        Err(error) => error.downcast::<Error>().map_or_else(|_| broken(), |error| *error),
    }
}

/// Returns the error for a body that arrives too slowly (408).
pub(super) fn too_late() -> Error {
    Error::of(ErrorKind::Argument, StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time")
}

/// Returns the error for an unsupported Content-Type or Content-Encoding (415).
pub(super) fn unsupported(why: String) -> Error {
    Error::of(ErrorKind::Argument, StatusCode::UNSUPPORTED_MEDIA_TYPE, why)
}
