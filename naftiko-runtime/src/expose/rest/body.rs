//! The body of a request: JSON, within the limits, and in time.

use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use axum::body::Body;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, EXPECT};
use http::{HeaderMap, StatusCode};
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::time::Duration;

/// How much more than the limit is read of a body that is too large, so that its sender gets to read the answer.
const DISCARDED: usize = 4;
/// For how long, at most.
const DISCARDING: Duration = Duration::from_secs(2);

/// Reads a body.
///
/// # Errors
/// 415 if there is one and it does not say that it is JSON, 413 if it is too large, 408 if it takes too long.
pub(super) async fn read(headers: &HeaderMap, body: Body, limits: &Limits) -> Result<Bytes> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    check_coding(headers)?;
    let media_type = check_type(headers);
    // What is known to be there and to be the wrong thing need not be read.
    if body.size_hint().lower() > 0 {
        media_type.clone().map_err(unsupported)?;
    }
    let waits = headers.contains_key(EXPECT);
    let bytes = tokio::time::timeout(limits.operation, collect(body, limits.body, waits))
        .await
        .unwrap_or_else(|_| Err(too_late()))?;
    if !bytes.is_empty() {
        media_type.map_err(unsupported)?;
    }
    Ok(bytes)
}

/// Reads a body of whatever kind.
///
/// # Errors
/// 413 if it is too large, 408 if it takes too long.
pub(super) async fn read_any(headers: &HeaderMap, body: Body, limits: &Limits) -> Result<Bytes> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let waits = headers.contains_key(EXPECT);
    tokio::time::timeout(limits.operation, collect(body, limits.body, waits)).await.unwrap_or_else(|_| Err(too_late()))
}

fn too_late() -> Error {
    Error::of(ErrorKind::Argument, StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time")
}

fn unsupported(why: String) -> Error {
    Error::of(ErrorKind::Argument, StatusCode::UNSUPPORTED_MEDIA_TYPE, why)
}

/// Checks that a body is not compressed.
///
/// # Errors
/// 415 if it is.
pub(super) fn check_coding(headers: &HeaderMap) -> Result<()> {
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(unsupported("the body must not be compressed: send it without Content-Encoding".to_owned()));
    }
    Ok(())
}

/// Whether it is JSON by its Content-Type (RFC 8259, section 11; RFC 6839, section 3.1).
fn check_type(headers: &HeaderMap) -> Result<(), String> {
    if !headers.contains_key(CONTENT_TYPE) {
        return Err("the body has no Content-Type: send `application/json`".to_owned());
    }
    if is_json(headers) {
        return Ok(());
    }
    Err("the body is not JSON by its Content-Type: send `application/json`".to_owned())
}

/// Whether it is JSON by its Content-Type.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    naftiko_spec::model::is_json(media_type)
}

/// All of a body, without copying what comes in one piece.
async fn collect(mut body: Body, limit: usize, waits: bool) -> Result<Bytes> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced <= limit {
        match Limited::new(&mut body, limit).collect().await {
            Ok(collected) => return Ok(collected.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => {}
            Err(_) => {
                let message = "the body breaks off before its end";
                return Err(Error::of(ErrorKind::Argument, StatusCode::BAD_REQUEST, message));
            }
        }
    }
    // Who asks before sending (RFC 9110, section 10.1.1) need not send at all.
    if !waits {
        discard(&mut body, limit.saturating_mul(DISCARDED)).await;
    }
    let message = format!("the body is too large: at most {limit} bytes are read");
    Err(Error::of(ErrorKind::Argument, StatusCode::PAYLOAD_TOO_LARGE, message))
}

/// Reads on for a moment without keeping anything.
async fn discard(body: &mut Body, most: usize) {
    let reading = async {
        let mut read = 0;
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.data_ref().map_or(0, Bytes::len);
            if read > most {
                break;
            }
        }
    };
    // Whoever is slower has seen what this is for.
    let _ = tokio::time::timeout(DISCARDING, reading).await;
}
