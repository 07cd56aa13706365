//! Decodes request bodies (RFC 9110, section 8.4): gzip, deflate, Brotli and Zstandard.

use super::body_error::{broken, reason, too_large, unsupported};
use super::body_limit::limited;
use crate::consume::coding::{self, Coding, DecodeError};
use crate::consume::unpack::{self, Unpacked, Unpacker};
use crate::error::{Error, ErrorKind, Result};
use crate::upload::FileStream;
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use http::{HeaderMap, StatusCode};
use http_body::Body as _;

/// Returns a body that is decoded as it arrives. At most `limit` encoded bytes may arrive. If several codings were applied, at most
/// `limit` bytes of partly decoded data may pass without a decoded piece. The caller limits the decoded bytes.
///
/// # Errors
/// Returns 415 if a coding is not supported. Reading the body fails with 400 if it does not match its coding, and with 413 if too many
/// bytes arrive.
pub(super) fn decode_stream(headers: &HeaderMap, body: Body, limit: usize) -> Result<Body> {
    let codings = codings(headers)?;
    if codings.is_empty() || body.is_end_stream() {
        return Ok(body);
    }
    let pieces = body.into_data_stream().map(|piece| piece.map_err(|error| reason(error.into())));
    let decoder = Decoder { pieces: limited(Box::pin(pieces), limit), unpacker: Unpacker::new(&codings, limit), limit };
    Ok(Body::from_stream(stream::unfold(Some(decoder), |decoder| async {
        let mut decoder = decoder?;
        match decoder.next().await.transpose()? {
            Ok(piece) => Some((Ok(piece), Some(decoder))),
            Err(error) => Some((Err(error), None)),
        }
    })))
}

/// Decodes a body that has been read.
///
/// # Errors
/// Returns 415 if a coding is not supported, 400 if the body does not match its coding, 413 if more than `limit` bytes are decoded.
pub(super) fn decode_whole(headers: &HeaderMap, body: Bytes, limit: usize) -> Result<Bytes> {
    unpack::whole(&codings(headers)?, body, limit).map_err(|error| undecodable(error, limit))
}

/// Returns the codings of a body in the order in which they were applied.
fn codings(headers: &HeaderMap) -> Result<Vec<Coding>> {
    coding::of(headers).map_err(|what| {
        let help = "send it as gzip, deflate, br or zstd, or without a coding";
        unsupported(format!("the body has {what}, which is not supported: {help}"))
    })
}

/// Returns the error for a body that cannot be decoded: 413 or 400.
fn undecodable(error: DecodeError, limit: usize) -> Error {
    match error {
        DecodeError::TooLarge => too_large(limit),
        DecodeError::Truncated => broken(),
        DecodeError::NoMemory => Error::internal("there is no memory to decode the body"),
        DecodeError::Malformed => {
            let message = "the body does not match its Content-Encoding";
            Error::of(ErrorKind::Argument, StatusCode::BAD_REQUEST, message)
        }
    }
}

/// A body that is being decoded.
struct Decoder {
    pieces: FileStream,
    unpacker: Unpacker,
    limit: usize,
}

impl Decoder {
    /// Returns the next decoded piece; `None` at the end.
    async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            match self.unpacker.next().map_err(|error| undecodable(error, self.limit))? {
                Unpacked::Piece(piece) => return Ok(Some(piece)),
                Unpacked::Busy => tokio::task::yield_now().await,
                Unpacked::Used => match self.pieces.next().await.transpose()? {
                    Some(piece) => self.unpacker.push(piece),
                    None if self.unpacker.is_complete() => return Ok(None),
                    None => return Err(broken()),
                },
            }
        }
    }
}
