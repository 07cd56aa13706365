//! Content codings (RFC 9110, section 8.4): finds the codings of an answer, and decodes them.

#[cfg(feature = "compression")]
use super::unpack::Unpacker;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use flate2::{Decompress, FlushDecompress, Status};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, TRANSFER_ENCODING};
use std::io::Read;

/// The maximum number of codings of an answer.
const MAX_CODINGS: usize = 3;

/// The codings that are requested for answers that are decoded.
#[cfg(feature = "compression")]
pub(crate) const REQUESTED: &str = "gzip, br, zstd";

/// A supported coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    Deflate,
    /// Brotli (RFC 7932).
    #[cfg(feature = "compression")]
    Br,
    /// Zstandard (RFC 8878).
    #[cfg(feature = "compression")]
    Zstd,
}

/// The reason why an answer cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DecodeError {
    /// The data is not in that coding, or is cut off.
    Malformed,
    /// The decoded data is larger than allowed.
    TooLarge,
}

/// Parses the codings of an answer in the order in which they were applied, from all Content-Encoding and Transfer-Encoding lines.
///
/// # Errors
/// Returns a description of the first coding that is not supported.
pub(crate) fn of(headers: &HeaderMap) -> Result<Vec<Coding>, String> {
    let mut codings = Vec::new();
    // Transfer codings come after content codings; hyper undoes `chunked`.
    for line in headers.get_all(CONTENT_ENCODING).iter().chain(headers.get_all(TRANSFER_ENCODING)) {
        for name in line.to_str().unwrap_or("unknown").split(',').map(|name| name.trim().to_ascii_lowercase()) {
            match name.as_str() {
                "" | "identity" | "chunked" => {}
                "gzip" | "x-gzip" => codings.push(Coding::Gzip),
                "deflate" => codings.push(Coding::Deflate),
                #[cfg(feature = "compression")]
                "br" => codings.push(Coding::Br),
                #[cfg(feature = "compression")]
                "zstd" => codings.push(Coding::Zstd),
                name => {
                    let is_short =
                        name.len() <= 20 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
                    return Err(format!("the coding `{}`", if is_short { name } else { "unknown" }));
                }
            }
        }
    }
    if codings.len() > MAX_CODINGS { Err(format!("more than {MAX_CODINGS} codings")) } else { Ok(codings) }
}

/// Decodes an answer; an empty answer stays empty.
///
/// # Errors
/// Returns an error if the answer cannot be decoded, or exceeds the limit at any stage.
pub(crate) fn unpack(codings: &[Coding], mut bytes: Bytes, limit: usize) -> Result<Bytes, DecodeError> {
    for coding in codings.iter().rev().filter(|_| !bytes.is_empty()).collect::<Vec<_>>() {
        let mut unpacked = Vec::new();
        coding.unpack(&bytes, limit, &mut unpacked)?;
        bytes = unpacked.into();
    }
    Ok(bytes)
}

/// Decodes the beginning of an answer, as far as possible.
pub(crate) fn unpack_beginning(codings: &[Coding], mut bytes: Bytes, limit: usize) -> Bytes {
    for coding in codings.iter().rev() {
        let mut unpacked = Vec::new();
        // The bytes decoded before the failure are kept.
        let _ = coding.unpack(&bytes, limit, &mut unpacked);
        unpacked.truncate(limit);
        bytes = unpacked.into();
    }
    bytes
}

impl Coding {
    fn unpack(self, packed: &[u8], limit: usize, unpacked: &mut Vec<u8>) -> Result<(), DecodeError> {
        match self {
            Self::Gzip => {
                let read = MultiGzDecoder::new(packed).take(limit as u64 + 1).read_to_end(unpacked);
                read.map_err(|_| DecodeError::Malformed)?;
            }
            Self::Deflate => inflate(packed, limit, unpacked)?,
            #[cfg(feature = "compression")]
            Self::Br | Self::Zstd => {
                let mut unpacker = Unpacker::new(&[self]);
                unpacker.push(Bytes::copy_from_slice(packed));
                while unpacked.len() <= limit
                    && let Some(piece) = unpacker.next()?
                {
                    unpacked.extend_from_slice(&piece);
                }
                if unpacked.len() <= limit && !unpacker.is_complete() {
                    return Err(DecodeError::Malformed);
                }
            }
        }
        if unpacked.len() > limit { Err(DecodeError::TooLarge) } else { Ok(()) }
    }
}

/// Decodes `deflate`, which is the zlib format (RFC 1950); some servers send a raw deflate stream instead (RFC 1951).
fn inflate(packed: &[u8], limit: usize, unpacked: &mut Vec<u8>) -> Result<(), DecodeError> {
    // The lower half of the first byte of a zlib stream is 8; a raw deflate stream never begins that way.
    let mut state = Decompress::new(packed.first().is_some_and(|first| first & 0x0f == 8));
    let progress = |state: &Decompress| (state.total_in(), state.total_out());
    while unpacked.len() <= limit {
        unpacked.reserve(32 * 1024);
        let before = progress(&state);
        let rest = usize::try_from(before.0).ok().and_then(|read| packed.get(read..)).unwrap_or_default();
        match state.decompress_vec(rest, unpacked, FlushDecompress::None) {
            Ok(Status::StreamEnd) => return Ok(()),
            Ok(_) if progress(&state) != before => {}
            Ok(_) | Err(_) => return Err(DecodeError::Malformed),
        }
    }
    Ok(())
}
