//! Content codings (RFC 9110, section 8.4): finds the codings of a message.

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, TRANSFER_ENCODING};

/// The value of `Accept-Encoding` that asks for no coding. A request without the header accepts any (RFC 9110, section 12.5.3).
pub(super) const NO_CODING: &str = "identity";

/// The maximum size of a decoded piece, in bytes.
pub(super) const PIECE: usize = 32 * 1024;

/// The maximum number of codings of a message.
const MAX_CODINGS: usize = 3;

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

/// The reason why a body cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DecodeError {
    /// The data does not match its coding.
    Malformed,
    /// The data ends before its coding does.
    Truncated,
    /// The decoder cannot allocate its memory.
    #[cfg(feature = "compression")]
    NoMemory,
    /// The decoded data is larger than allowed.
    TooLarge,
}

/// Parses the codings of a message in the order in which they were applied, from all Content-Encoding and Transfer-Encoding lines.
///
/// # Errors
/// Returns a description of the first coding that is not supported, or says that there are too many codings.
pub(crate) fn of(headers: &HeaderMap) -> Result<Vec<Coding>, String> {
    let mut codings = Vec::new();
    // Transfer codings come after content codings; hyper undoes `chunked`.
    for line in headers.get_all(CONTENT_ENCODING).iter().chain(headers.get_all(TRANSFER_ENCODING)) {
        for name in line.to_str().unwrap_or("?").split(',').map(|name| name.trim().to_ascii_lowercase()) {
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
                    return Err(if is_short { format!("the coding `{name}`") } else { "an unknown coding".to_owned() });
                }
            }
        }
    }
    if codings.len() > MAX_CODINGS { Err(format!("more than {MAX_CODINGS} codings")) } else { Ok(codings) }
}
