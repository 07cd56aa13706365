//! Reads request bodies within the size and time limits.

use super::body_error::{reason, too_large, too_late, unsupported};
use super::body_limit::{discard, limited};
use super::decoding::decode_stream;
use crate::error::Result;
use crate::limits::Limits;
use crate::upload::Upload;
use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, EXPECT};
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError, Limited};

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
    streamed(headers, decode_stream(headers, body, limit)?, limit).await
}

/// Returns a body as a stream, without decoding it.
///
/// # Errors
/// Returns 413 if the declared length is too large. A body fails while it is streamed if it is too large or incomplete.
pub(super) async fn streamed(headers: &HeaderMap, mut body: Body, limit: usize) -> Result<Upload> {
    let announced = body.size_hint().exact();
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        if !headers.contains_key(EXPECT) {
            discard(&mut body, limit).await;
        }
        return Err(too_large(limit));
    }
    let pieces = body.into_data_stream().map(|piece| piece.map_err(|error| reason(error.into())));
    Ok(Upload::streamed(limited(Box::pin(pieces), limit), announced))
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
        discard(&mut body, limit).await;
    }
    Err(too_large(limit))
}
