//! The body of a forwarded request: buffered if it must be checked or is short, otherwise streamed.

use super::body::{self, read_any, streamed};
use super::body_error::too_late;
use super::decoding::decode_whole;
use crate::error::Result;
use crate::limits::Limits;
use crate::schema::{self, Fault};
use crate::upload::{FileStream, Upload};
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use http_body::Body as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

/// The maximum declared length at which a body is always buffered, in bytes. A request with a buffered body can be retried.
const SHORT: u64 = 64 * 1024;

/// Whether the last read of a streamed body had to wait for the caller.
#[derive(Default, Clone)]
pub(super) struct Arrival(Arc<AtomicBool>);

impl Arrival {
    /// Returns whether the next bytes of the body have not arrived.
    pub(super) fn is_late(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Returns the body of a request. `needs_whole` is whether it must be buffered.
///
/// # Errors
/// Returns 413 if the body is too large, 408 if it takes too long, 400 if it is incomplete, or is JSON with a duplicate member, and 415
/// for JSON in an unknown coding. A streamed body fails with 413, 408 or 400 while it is sent.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    limits: &Limits,
    needs_whole: bool,
) -> Result<(Upload, Arrival)> {
    let (is_json, arrival) = (body::is_json(headers), Arrival::default());
    let is_short = body.size_hint().exact().is_some_and(|length| length <= SHORT);
    if is_json || needs_whole || is_short {
        let whole = read_any(headers, body, limits).await?;
        if is_json && !whole.is_empty() {
            check(headers, &whole, limits)?;
        }
        return Ok((whole.into(), arrival));
    }
    let stream = streamed(headers, body, limits.body).await?;
    let pieces = timed(Box::pin(stream.pieces()?), limits.operation, arrival.clone());
    Ok((Upload::streamed(pieces, stream.size()), arrival))
}

/// Checks JSON for duplicate members. A body that is not JSON despite its Content-Type is left for the upstream to reject.
fn check(headers: &HeaderMap, whole: &Bytes, limits: &Limits) -> Result<()> {
    match schema::strict(&decode_whole(headers, whole.clone(), limits.body)?) {
        Ok(()) | Err(Fault::Syntax(_)) => Ok(()),
        Err(Fault::Twice(at)) => Err(schema::duplicate_member(at)),
    }
}

/// Returns a stream that fails with 408 if it has not ended after `limit`.
fn timed(mut pieces: FileStream, limit: Duration, arrival: Arrival) -> FileStream {
    let mut alarm = Box::pin(tokio::time::sleep(limit));
    Box::pin(stream::poll_fn(move |cx| {
        let polled = pieces.as_mut().poll_next(cx);
        arrival.0.store(polled.is_pending(), Ordering::Relaxed);
        if polled.is_pending() && alarm.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Err(too_late())));
        }
        polled
    }))
}
