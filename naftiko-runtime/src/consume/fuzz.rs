//! The entry points of the fuzz targets: the client's parsers.
#![allow(unreachable_pub, clippy::must_use_candidate, reason = "the fuzz targets reach them")]

use super::coding::{self, DecodeError};
use super::unpack::{Unpacked, Unpacker, whole};
use super::wait::Wait;
use super::{digest, link_header};
use crate::telemetry::TraceContext;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use std::collections::HashMap;
use std::time::{Duration, SystemTime};

/// Decodes a body in the codings that its headers name: as a whole, and from pieces of `size` bytes. The second result
/// also contains the size of the largest decoded piece, and is `Truncated` if the body is truncated.
///
/// # Errors
/// Returns an error if the codings are not supported.
#[allow(clippy::type_complexity, reason = "one result for each way to decode")]
pub fn unpacked(
    headers: &HeaderMap,
    body: &[u8],
    (limit, size): (usize, usize),
) -> Result<(Result<Vec<u8>, String>, Result<(Vec<u8>, usize), String>), String> {
    let codings = coding::of(headers)?;
    let at_once = whole(&codings, Bytes::copy_from_slice(body), limit).map(|bytes| bytes.to_vec());
    let in_pieces = || {
        let (mut unpacker, mut all, mut largest) = (Unpacker::new(&codings, limit), Vec::new(), 0);
        for piece in body.chunks(size.max(1)) {
            unpacker.push(Bytes::copy_from_slice(piece));
            loop {
                match unpacker.next()? {
                    Unpacked::Piece(piece) => {
                        largest = largest.max(piece.len());
                        all.extend_from_slice(&piece);
                    }
                    Unpacked::Busy => {}
                    Unpacked::Used => break,
                }
                if all.len() > limit {
                    return Err(DecodeError::TooLarge);
                }
            }
        }
        if unpacker.is_complete() { Ok((all, largest)) } else { Err(DecodeError::Truncated) }
    };
    let shown = |error| format!("{error:?}");
    Ok((at_once.map_err(shown), in_pieces().map_err(shown)))
}

/// Returns the target of the link to the next page.
pub fn target(headers: &HeaderMap) -> Option<String> {
    link_header::next(headers)
}

/// Returns the `Retry-After` that is passed on, and the delay, if an API asks its callers to wait.
pub fn wait(headers: &HeaderMap, now: SystemTime) -> Option<(Option<String>, Option<Duration>)> {
    let wait = Wait::of(headers, now)?;
    let length = wait.length(now);
    Some((wait.0, length))
}

/// Returns the value of `Authorization` that answers a `WWW-Authenticate` header; `None` if the header contains no
/// Digest challenge that can be answered.
pub fn answered(challenge: &HeaderValue, user: (&str, &str), request: (&str, &str)) -> Option<Vec<u8>> {
    digest::answered(challenge, user, request)
}

/// Returns the schemes in the value of a `WWW-Authenticate` or `Authorization` header, with their parameters.
pub fn challenges(text: &str) -> Vec<(String, HashMap<String, String>)> {
    crate::digest::challenges(text)
}

/// Returns the trace headers that are sent to an API, given the headers of a caller's request.
pub fn passed_on(headers: &HeaderMap) -> Option<HeaderMap> {
    let mut passed_on = HeaderMap::new();
    TraceContext::of_headers(headers)?.child().add_to(&mut passed_on);
    Some(passed_on)
}
