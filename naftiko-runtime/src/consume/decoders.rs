//! The decoders of Brotli (RFC 7932) and Zstandard (RFC 8878), which decode a piece at a time.

use super::coding::{DecodeError, PIECE};
use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use bytes::{Buf, Bytes};
use std::io;
use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation, OutBuffer};

/// The largest window of a Zstandard frame that is decoded, as a power of two: 8 MiB (RFC 9659, section 3).
const WINDOW: u32 = 23;

/// A decoder of Brotli. Its window has 16 MiB at most (RFC 7932, section 9.1).
pub(super) struct Brotli(Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>);

impl Brotli {
    pub(super) fn new() -> Self {
        let alloc = StandardAlloc::default;
        Self(Box::new(BrotliState::new_strict(alloc(), alloc(), alloc())))
    }

    /// Decodes at most [`PIECE`] bytes; also returns whether the data has ended.
    ///
    /// # Errors
    /// Returns an error if the bytes are not Brotli.
    pub(super) fn decode(&mut self, input: &mut Bytes) -> Result<(Vec<u8>, bool), DecodeError> {
        let mut piece = vec![0; PIECE];
        let (mut available, mut read, mut room, mut written, mut total) = (input.len(), 0, PIECE, 0, 0);
        let result = BrotliDecompressStream(
            &mut available,
            &mut read,
            input,
            &mut room,
            &mut written,
            &mut piece,
            &mut total,
            &mut self.0,
        );
        input.advance(read.min(input.len()));
        piece.truncate(written);
        match result {
            BrotliResult::ResultSuccess => Ok((piece, true)),
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => Ok((piece, false)),
            BrotliResult::ResultFailure => Err(DecodeError::Malformed),
        }
    }
}

/// A decoder of Zstandard. Several frames can follow one another (RFC 8878, section 3.1).
pub(super) struct Zstd {
    decoder: Decoder<'static>,
    /// Whether the last frame has ended, or none has begun.
    is_between: bool,
}

impl Zstd {
    /// Creates a decoder.
    ///
    /// # Errors
    /// Returns an error if the decoder cannot be allocated.
    pub(super) fn new() -> Result<Self, DecodeError> {
        let mut decoder = Decoder::new().map_err(|_| DecodeError::NoMemory)?;
        decoder.set_parameter(DParameter::WindowLogMax(WINDOW)).map_err(|_| DecodeError::NoMemory)?;
        Ok(Self { decoder, is_between: true })
    }

    /// Decodes at most [`PIECE`] bytes.
    ///
    /// # Errors
    /// Returns an error if the bytes are not Zstandard, need a larger window, or there is no memory for their window.
    pub(super) fn decode(&mut self, input: &mut Bytes) -> Result<Vec<u8>, DecodeError> {
        let mut piece = vec![0; PIECE];
        let (read, written) = {
            let (mut from, mut to) = (InBuffer::around(input), OutBuffer::around(&mut piece));
            while to.pos() < PIECE {
                let before = (from.pos(), to.pos());
                if self.is_between && from.pos() == from.src.len() {
                    break;
                }
                let hint = self.decoder.run(&mut from, &mut to).map_err(|error| failed(&error))?;
                self.is_between = hint == 0;
                if (from.pos(), to.pos()) == before {
                    break;
                }
            }
            (from.pos(), to.pos())
        };
        input.advance(read);
        piece.truncate(written);
        Ok(piece)
    }

    /// Returns whether the last frame has ended, or none has begun.
    pub(super) fn is_between_frames(&self) -> bool {
        self.is_between
    }
}

/// Returns why a frame cannot be decoded. Its window is allocated when the frame begins.
fn failed(error: &io::Error) -> DecodeError {
    // The crate keeps only the name of the error.
    let is_of_memory = error.to_string().contains("not enough memory");
    if is_of_memory { DecodeError::NoMemory } else { DecodeError::Malformed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lack_of_memory_is_no_fault_of_the_data() {
        // The codes of zstd's errors: `memory_allocation`, and `corruption_detected`.
        for (code, expected) in [(64_usize, DecodeError::NoMemory), (20, DecodeError::Malformed)] {
            let name = zstd::zstd_safe::get_error_name(code.wrapping_neg());
            assert_eq!(failed(&io::Error::other(name)), expected, "{name}");
        }
    }
}
