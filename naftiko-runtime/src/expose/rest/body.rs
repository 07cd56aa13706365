//! Reads request bodies within the size and time limits.

use super::decoding::decode_stream;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::upload::{FileStream, Upload};
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use http::header::{CONTENT_TYPE, EXPECT};
use http::{HeaderMap, StatusCode};
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::time::Duration;

/// Before an oversized body is rejected, up to this multiple of the limit is discarded: a client that is still sending might never read
/// the answer.
const DISCARD_FACTOR: usize = 4;
/// The maximum time for reading beyond the limit.
const DISCARD_TIME: Duration = Duration::from_secs(2);

/// Reads a JSON body.
///
/// # Errors
/// Returns 415 if the Content-Type is not JSON or the coding is not supported, 413 if the body is too large, 408 if it takes too long,
/// 400 if it is incomplete or does not match its coding.
pub(super) async fn read(headers: &HeaderMap, body: Body, limits: &Limits) -> Result<Bytes> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let body = decode_stream(headers, body, limits.body)?;
    let media_type = check_type(headers);
    // A body with the wrong type is rejected before it is read, if it is known not to be empty.
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

/// Reads a body of any type.
///
/// # Errors
/// Returns 413 if the body is too large, 408 if it takes too long, 400 if it is incomplete.
pub(super) async fn read_any(headers: &HeaderMap, body: Body, limits: &Limits) -> Result<Bytes> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let waits = headers.contains_key(EXPECT);
    tokio::time::timeout(limits.operation, collect(body, limits.body, waits)).await.unwrap_or_else(|_| Err(too_late()))
}

/// Returns a body as a file that is streamed.
///
/// # Errors
/// Returns 415 if the coding is not supported, 413 if the declared length is too large. A body fails while it is
/// streamed if it is too large or incomplete, or does not match its coding.
pub(super) async fn file(headers: &HeaderMap, body: Body, limit: usize) -> Result<Upload> {
    let mut body = decode_stream(headers, body, limit)?;
    let announced = body.size_hint().exact();
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        if !headers.contains_key(EXPECT) {
            discard(&mut body, limit.saturating_mul(DISCARD_FACTOR)).await;
        }
        return Err(too_large(limit));
    }
    let pieces = body.into_data_stream().map(|piece| piece.map_err(|error| reason(error.into())));
    Ok(Upload::streamed(limited(Box::pin(pieces), limit), announced))
}

/// Limits a stream to `limit` bytes. A longer stream fails with 413, after more bytes have been read and discarded for a moment, so
/// that the client can read the answer.
pub(super) fn limited(pieces: FileStream, limit: usize) -> FileStream {
    Box::pin(stream::unfold(Some((pieces, 0_usize)), move |state| async move {
        let (mut pieces, read) = state?;
        let piece = match pieces.next().await? {
            Ok(piece) => piece,
            Err(why) => return Some((Err(why), None)),
        };
        let read = read.saturating_add(piece.len());
        if read <= limit {
            return Some((Ok(piece), Some((pieces, read))));
        }
        let mut more = 0;
        let reading = async {
            while let Some(Ok(piece)) = pieces.next().await {
                more += piece.len();
                if more > limit.saturating_mul(DISCARD_FACTOR) {
                    break;
                }
            }
        };
        let _ = tokio::time::timeout(DISCARD_TIME, reading).await;
        Some((Err(too_large(limit)), None))
    }))
}

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

pub(super) fn too_late() -> Error {
    Error::of(ErrorKind::Argument, StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time")
}

pub(super) fn unsupported(why: String) -> Error {
    Error::of(ErrorKind::Argument, StatusCode::UNSUPPORTED_MEDIA_TYPE, why)
}

/// Checks that the Content-Type is JSON (RFC 8259, section 11; RFC 6839, section 3.1).
fn check_type(headers: &HeaderMap) -> Result<(), String> {
    if !headers.contains_key(CONTENT_TYPE) {
        return Err("the body has no Content-Type: send `application/json`".to_owned());
    }
    if is_json(headers) {
        return Ok(());
    }
    Err(format!("the Content-Type {}is not JSON: send `application/json`", shown_type(headers)))
}

/// Returns the Content-Type, or an empty string.
pub(super) fn media_type(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Returns the media type in the Content-Type, in backticks and followed by a space; an empty string if it cannot be quoted.
pub(super) fn shown_type(headers: &HeaderMap) -> String {
    let kind = media_type(headers).split(';').next().unwrap_or_default().trim();
    if kind.is_empty() || kind.len() > 60 || kind.contains('`') { String::new() } else { format!("`{kind}` ") }
}

/// Returns whether the Content-Type is JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    naftiko_spec::model::is_json(media_type(headers))
}

/// Reads a whole body; a body in one piece is not copied. `waits` is whether the client waits for 100 before it sends the body.
async fn collect(mut body: Body, limit: usize, waits: bool) -> Result<Bytes> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced <= limit {
        match Limited::new(&mut body, limit).collect().await {
            Ok(collected) => return Ok(collected.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => {}
            Err(error) => return Err(reason(error)),
        }
    }
    // A client that waits for 100 (RFC 9110, section 10.1.1) may not have sent the body yet.
    if !waits {
        discard(&mut body, limit.saturating_mul(DISCARD_FACTOR)).await;
    }
    Err(too_large(limit))
}

/// Reads and discards more than `most` bytes of the body, but only for a moment.
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
    // A slower client may miss the answer.
    let _ = tokio::time::timeout(DISCARD_TIME, reading).await;
}
