//! The size limit of request bodies. Some bytes beyond the limit are read and discarded, so that clients can read the
//! answer.

use super::body_error::too_large;
use crate::upload::FileStream;
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use http_body_util::BodyExt;
use std::time::Duration;

/// Before an oversized body is rejected, up to this multiple of the limit is discarded: a client that is still sending might never read
/// the answer.
const DISCARD_FACTOR: usize = 4;
/// The maximum time for reading beyond the limit.
const DISCARD_TIME: Duration = Duration::from_secs(2);

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

/// Reads and discards more bytes of a body beyond `limit`, but only for a moment.
pub(super) async fn discard(body: &mut Body, limit: usize) {
    let reading = async {
        let mut read = 0;
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.data_ref().map_or(0, Bytes::len);
            if read > limit.saturating_mul(DISCARD_FACTOR) {
                break;
            }
        }
    };
    // A slower client may miss the answer.
    let _ = tokio::time::timeout(DISCARD_TIME, reading).await;
}
