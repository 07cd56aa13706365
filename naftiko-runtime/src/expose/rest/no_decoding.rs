//! Refuses compressed request bodies, which only the feature `compression` decodes.

use super::body_error::unsupported;
use crate::error::Result;
use crate::expose::negotiation::is_compressed;
use axum::body::Body;
use bytes::Bytes;
use http::HeaderMap;

/// Returns the body unchanged if it is not compressed. `_limit` has no effect.
///
/// # Errors
/// Returns 415 if it is compressed.
pub(super) fn decode_stream(headers: &HeaderMap, body: Body, _limit: usize) -> Result<Body> {
    check(headers).map(|()| body)
}

/// Returns the body if it is not compressed.
///
/// # Errors
/// Returns 415 if it is compressed.
pub(super) fn decode_whole(headers: &HeaderMap, body: Bytes, _limit: usize) -> Result<Bytes> {
    check(headers).map(|()| body)
}

fn check(headers: &HeaderMap) -> Result<()> {
    if is_compressed(headers) {
        let message = "compressed bodies are not supported: send the body without Content-Encoding";
        return Err(unsupported(message.to_owned()));
    }
    Ok(())
}
