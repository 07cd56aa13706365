//! Content codings (RFC 9110, section 8.4): which ones an answer is packed in, and how it is unpacked.

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use flate2::{Decompress, FlushDecompress, Status};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, TRANSFER_ENCODING};
use std::io::Read;

/// How many codings an answer may be packed in, one in another.
const MOST: usize = 3;

/// A coding that is decoded here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    Deflate,
}

/// Why an answer cannot be unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failed {
    /// It is not in that coding, or it is cut off.
    Malformed,
    /// It is longer than allowed.
    TooLarge,
}

/// Reads the codings of an answer in the order in which they were applied, from all lines of the header.
///
/// # Errors
/// If one is not decoded here: what it is, for people.
pub(crate) fn of(headers: &HeaderMap) -> Result<Vec<Coding>, String> {
    let mut codings = Vec::new();
    // Transfer codings come after content codings; hyper undoes `chunked`.
    for line in headers.get_all(CONTENT_ENCODING).iter().chain(headers.get_all(TRANSFER_ENCODING)) {
        for name in line.to_str().unwrap_or("unknown").split(',').map(|name| name.trim().to_ascii_lowercase()) {
            match name.as_str() {
                "" | "identity" | "chunked" => {}
                "gzip" | "x-gzip" => codings.push(Coding::Gzip),
                "deflate" => codings.push(Coding::Deflate),
                name => {
                    let is_short =
                        name.len() <= 20 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
                    return Err(format!("the coding `{}`", if is_short { name } else { "unknown" }));
                }
            }
        }
    }
    if codings.len() > MOST { Err(format!("more than {MOST} codings")) } else { Ok(codings) }
}

/// Unpacks an answer; nothing stays nothing.
///
/// # Errors
/// If it cannot be unpacked, or is longer than the limit at any stage.
pub(crate) fn unpack(codings: &[Coding], mut bytes: Bytes, limit: usize) -> Result<Bytes, Failed> {
    for coding in codings.iter().rev().filter(|_| !bytes.is_empty()).collect::<Vec<_>>() {
        let mut unpacked = Vec::new();
        coding.unpack(&bytes, limit, &mut unpacked)?;
        bytes = unpacked.into();
    }
    Ok(bytes)
}

/// Unpacks the beginning of an answer, as far as it goes.
pub(crate) fn unpack_beginning(codings: &[Coding], mut bytes: Bytes, limit: usize) -> Bytes {
    for coding in codings.iter().rev() {
        let mut unpacked = Vec::new();
        // What came before the failure is the beginning.
        let _ = coding.unpack(&bytes, limit, &mut unpacked);
        unpacked.truncate(limit);
        bytes = unpacked.into();
    }
    bytes
}

impl Coding {
    fn unpack(self, packed: &[u8], limit: usize, unpacked: &mut Vec<u8>) -> Result<(), Failed> {
        match self {
            Self::Gzip => {
                let read = MultiGzDecoder::new(packed).take(limit as u64 + 1).read_to_end(unpacked);
                read.map_err(|_| Failed::Malformed)?;
            }
            Self::Deflate => inflate(packed, limit, unpacked)?,
        }
        if unpacked.len() > limit { Err(Failed::TooLarge) } else { Ok(()) }
    }
}

/// Unpacks `deflate`, which is the zlib format (RFC 1950); some send the bare stream (RFC 1951).
fn inflate(packed: &[u8], limit: usize, unpacked: &mut Vec<u8>) -> Result<(), Failed> {
    // Of a zlib stream the lower half of the first byte is 8; a bare one never begins so.
    let mut state = Decompress::new(packed.first().is_some_and(|first| first & 0x0f == 8));
    let progress = |state: &Decompress| (state.total_in(), state.total_out());
    while unpacked.len() <= limit {
        unpacked.reserve(32 * 1024);
        let before = progress(&state);
        let rest = usize::try_from(before.0).ok().and_then(|read| packed.get(read..)).unwrap_or_default();
        match state.decompress_vec(rest, unpacked, FlushDecompress::None) {
            Ok(Status::StreamEnd) => return Ok(()),
            Ok(_) if progress(&state) != before => {}
            Ok(_) | Err(_) => return Err(Failed::Malformed),
        }
    }
    Ok(())
}
