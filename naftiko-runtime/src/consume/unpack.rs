//! Decodes the content codings of a body: as a whole, or piece by piece while it is still arriving (RFC 9110, section 8.4).

use super::coding::{Coding, DecodeError, PIECE};
#[cfg(feature = "compression")]
use super::decoders::{Brotli, Zstd};
use bytes::{Buf, Bytes};
use flate2::{Crc, Decompress, FlushDecompress, Status};

/// The maximum size of the header of a gzip member, in bytes: the extra field has up to 64 KiB, and the file name and the comment have no
/// limit (RFC 1952, section 2.3).
const MAX_HEADER: usize = 128 * 1024;

/// The size of the trailer of a gzip member, in bytes: a checksum and a length.
const TRAILER: usize = 8;

/// How many bytes pass between the codings of a body before other tasks get a turn.
const AT_ONCE: usize = 1024 * 1024;

/// How many gzip members are decoded before other tasks get a turn: even an empty member costs about as much as a piece.
const MEMBERS_AT_ONCE: usize = AT_ONCE / PIECE;

/// The decoders of a body's codings, in the order in which the codings are removed.
pub(crate) struct Unpacker {
    stages: Vec<UnpackStage>,
    /// How many bytes have passed between the codings since the last decoded piece. It is limited because nested frames can be large
    /// and decode to nothing.
    silent: usize,
    /// The maximum of `silent`.
    limit: usize,
}

/// The result of a step of decoding.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unpacked {
    Piece(Bytes),
    /// The decoder has used up its input and needs more bytes.
    Used,
    /// The decoder has done much work without producing a piece, and has not used up its input.
    Busy,
}

/// The decoder of one coding.
struct UnpackStage {
    /// The bytes that have not been decoded yet.
    input: Bytes,
    state: UnpackState,
    coding: Coding,
    /// Whether the last piece was full, so that the decoder may have more output without more input.
    is_full: bool,
    /// The decoder of the last gzip member, for the next one.
    spare: Option<Box<Decompress>>,
    /// How many gzip members have ended.
    members: usize,
}

enum UnpackState {
    /// Before the first byte, or in the header of a gzip member.
    Start(GzipHeader),
    /// After a gzip member.
    Between,
    /// After the last gzip member: zero bytes, which gzip(1) also ignores.
    Padding,
    Data(Box<Decompress>, Crc),
    /// In the trailer of a gzip member.
    Trailer(Vec<u8>, Crc),
    #[cfg(feature = "compression")]
    Brotli(Brotli),
    #[cfg(feature = "compression")]
    Zstd(Zstd),
    /// After the end; any bytes that follow are ignored.
    End,
}

impl Unpacker {
    /// Creates a decoder of codings, which are given in the order in which they were applied.
    /// It fails once more than `limit` bytes have passed between two codings without a decoded piece.
    pub(crate) fn new(codings: &[Coding], limit: usize) -> Self {
        let stage = |coding: &Coding| UnpackStage {
            input: Bytes::new(),
            state: UnpackState::Start(GzipHeader::default()),
            coding: *coding,
            is_full: false,
            spare: None,
            members: 0,
        };
        Self { stages: codings.iter().rev().map(stage).collect(), silent: 0, limit }
    }

    /// Adds a piece. Call it when [`next`](Self::next) returns [`Unpacked::Used`].
    pub(crate) fn push(&mut self, piece: Bytes) {
        if let Some(first) = self.stages.first_mut() {
            first.input = piece;
        }
    }

    /// Returns the next decoded piece, or why there is none yet, after a bounded amount of work.
    ///
    /// # Errors
    /// Returns an error if the bytes are not in the coding, or if too many of them decode to nothing.
    pub(crate) fn next(&mut self) -> Result<Unpacked, DecodeError> {
        let (mut at, mut worked) = (self.stages.len().saturating_sub(1), 0);
        while let Some(stage) = self.stages.get_mut(at) {
            match stage.step()? {
                Unpacked::Piece(piece) => match self.stages.get_mut(at + 1) {
                    None => {
                        self.silent = 0;
                        return Ok(Unpacked::Piece(piece));
                    }
                    Some(next) => {
                        worked += piece.len();
                        self.silent = self.silent.saturating_add(piece.len());
                        next.input = piece;
                        at += 1;
                        if self.silent > self.limit {
                            return Err(DecodeError::TooLarge);
                        }
                        if worked > AT_ONCE {
                            return Ok(Unpacked::Busy);
                        }
                    }
                },
                Unpacked::Busy => return Ok(Unpacked::Busy),
                Unpacked::Used if at == 0 => break,
                Unpacked::Used => at -= 1,
            }
        }
        Ok(Unpacked::Used)
    }

    /// Returns whether the bytes so far are a complete body.
    pub(crate) fn is_complete(&self) -> bool {
        self.stages.iter().all(|stage| match &stage.state {
            UnpackState::Start(header) => header.length == 0,
            UnpackState::Between | UnpackState::Padding | UnpackState::End => true,
            UnpackState::Data(..) | UnpackState::Trailer(..) => false,
            #[cfg(feature = "compression")]
            UnpackState::Brotli(_) => false,
            #[cfg(feature = "compression")]
            UnpackState::Zstd(decoder) => decoder.is_between_frames(),
        })
    }
}

impl UnpackStage {
    /// Decodes the next piece.
    fn step(&mut self) -> Result<Unpacked, DecodeError> {
        loop {
            match &mut self.state {
                UnpackState::End => {
                    self.input = Bytes::new();
                    return Ok(Unpacked::Used);
                }
                UnpackState::Data(decoder, sum) => {
                    if self.input.is_empty() && !self.is_full {
                        return Ok(Unpacked::Used);
                    }
                    let mut piece = Vec::with_capacity(PIECE);
                    let before = decoder.total_in();
                    let status = decoder.decompress_vec(&self.input, &mut piece, FlushDecompress::None);
                    let read = usize::try_from(decoder.total_in() - before).unwrap_or(usize::MAX);
                    let is_stuck = read == 0 && piece.is_empty() && !self.input.is_empty();
                    self.input.advance(read.min(self.input.len()));
                    self.is_full = piece.len() == piece.capacity();
                    sum.update(&piece);
                    match status {
                        Ok(Status::StreamEnd) => {
                            let next = if self.coding == Coding::Gzip {
                                UnpackState::Trailer(Vec::new(), std::mem::replace(sum, Crc::new()))
                            } else {
                                UnpackState::End
                            };
                            self.is_full = false;
                            if let UnpackState::Data(decoder, _) = std::mem::replace(&mut self.state, next) {
                                self.spare = Some(decoder);
                            }
                        }
                        Ok(_) if !is_stuck => {}
                        Ok(_) | Err(_) => return Err(DecodeError::Malformed),
                    }
                    if !piece.is_empty() {
                        return Ok(Unpacked::Piece(piece.into()));
                    }
                }
                #[cfg(feature = "compression")]
                UnpackState::Brotli(decoder) => {
                    if self.input.is_empty() && !self.is_full {
                        return Ok(Unpacked::Used);
                    }
                    let (piece, has_ended) = decoder.decode(&mut self.input)?;
                    self.is_full = piece.len() == PIECE;
                    if has_ended {
                        self.state = UnpackState::End;
                    }
                    if !piece.is_empty() {
                        return Ok(Unpacked::Piece(piece.into()));
                    }
                }
                #[cfg(feature = "compression")]
                UnpackState::Zstd(decoder) => {
                    if self.input.is_empty() && !self.is_full {
                        return Ok(Unpacked::Used);
                    }
                    let piece = decoder.decode(&mut self.input)?;
                    self.is_full = piece.len() == PIECE;
                    if !piece.is_empty() {
                        return Ok(Unpacked::Piece(piece.into()));
                    }
                }
                _ if self.input.is_empty() => return Ok(Unpacked::Used),
                UnpackState::Start(_) => self.begin()?,
                UnpackState::Between => {
                    let is_padding = self.input.first() == Some(&0);
                    self.state =
                        if is_padding { UnpackState::Padding } else { UnpackState::Start(GzipHeader::default()) };
                }
                UnpackState::Padding if self.input.iter().all(|byte| *byte == 0) => self.input = Bytes::new(),
                UnpackState::Padding => return Err(DecodeError::Malformed),
                UnpackState::Trailer(end, sum) => {
                    end.push(self.input.get_u8());
                    if end.len() == TRAILER {
                        let expected = [sum.sum().to_le_bytes(), sum.amount().to_le_bytes()].concat();
                        if *end != expected {
                            return Err(DecodeError::Malformed);
                        }
                        self.state = UnpackState::Between;
                        self.members += 1;
                        if self.members.is_multiple_of(MEMBERS_AT_ONCE) {
                            return Ok(Unpacked::Busy);
                        }
                    }
                }
            }
        }
    }

    /// Begins the data after the header, if there is one. The input must not be empty.
    fn begin(&mut self) -> Result<(), DecodeError> {
        let UnpackState::Start(header) = &mut self.state else { return Ok(()) };
        match self.coding {
            Coding::Deflate => {
                // A raw deflate stream never begins like the zlib format.
                let is_zlib = self.input.first().is_some_and(|first| first & 0x0f == 8);
                self.state = UnpackState::Data(Box::new(Decompress::new(is_zlib)), Crc::new());
            }
            Coding::Gzip => {
                if header.push(self.input.get_u8())? {
                    let mut decoder = self.spare.take().unwrap_or_else(|| Box::new(Decompress::new(false)));
                    if self.members > 0 {
                        decoder.reset(false);
                    }
                    self.state = UnpackState::Data(decoder, Crc::new());
                }
            }
            #[cfg(feature = "compression")]
            Coding::Br => self.state = UnpackState::Brotli(Brotli::new()),
            #[cfg(feature = "compression")]
            Coding::Zstd => self.state = UnpackState::Zstd(Zstd::new()?),
        }
        Ok(())
    }
}

/// The header of a gzip member, which is read byte by byte (RFC 1952, section 2.3).
struct GzipHeader {
    /// How many bytes have been read.
    length: usize,
    /// The flags of the fields that follow the current one.
    flags: u8,
    field: HeaderField,
}

/// The field of a header that is being read.
enum HeaderField {
    /// This many more bytes.
    Bytes(u16),
    /// The length of the extra field.
    Length,
    /// The second byte of that length; contains the first byte.
    LengthEnd(u8),
    /// A name or a comment, which ends with a zero byte.
    Text,
}

impl Default for GzipHeader {
    fn default() -> Self {
        Self { length: 0, flags: 0, field: HeaderField::Bytes(10) }
    }
}

impl GzipHeader {
    /// Reads the next byte. Returns whether the header is complete.
    ///
    /// # Errors
    /// Returns an error if this is not a header, or if it is too long.
    fn push(&mut self, byte: u8) -> Result<bool, DecodeError> {
        let is_expected = [0x1f, 0x8b, 8].get(self.length).is_none_or(|magic| *magic == byte);
        self.length += 1;
        if !is_expected || self.length > MAX_HEADER {
            return Err(DecodeError::Malformed);
        }
        if self.length == 4 {
            self.flags = byte;
        }
        self.field = match self.field {
            HeaderField::Bytes(left) if left > 1 => HeaderField::Bytes(left - 1),
            HeaderField::Length => HeaderField::LengthEnd(byte),
            HeaderField::LengthEnd(low) if (low, byte) != (0, 0) => HeaderField::Bytes(u16::from_le_bytes([low, byte])),
            HeaderField::Text if byte != 0 => HeaderField::Text,
            _ => {
                let fields = [
                    (4, HeaderField::Length),
                    (8, HeaderField::Text),
                    (16, HeaderField::Text),
                    (2, HeaderField::Bytes(2)),
                ];
                let Some((flag, field)) = fields.into_iter().find(|(flag, _)| self.flags & flag != 0) else {
                    return Ok(true);
                };
                self.flags &= !flag;
                field
            }
        };
        Ok(false)
    }
}

/// Decodes an answer; an empty answer stays empty.
///
/// # Errors
/// Returns an error if the answer cannot be decoded, or exceeds the limit at any stage.
pub(crate) fn whole(codings: &[Coding], mut bytes: Bytes, limit: usize) -> Result<Bytes, DecodeError> {
    for coding in codings.iter().rev() {
        if bytes.is_empty() {
            break;
        }
        let mut unpacked = Vec::new();
        coding.unpack(bytes, limit, &mut unpacked)?;
        bytes = unpacked.into();
    }
    Ok(bytes)
}

/// Decodes the beginning of an answer, as far as possible. Also returns whether that is the whole answer.
pub(crate) fn beginning(codings: &[Coding], mut bytes: Bytes, limit: usize) -> (Bytes, bool) {
    let mut is_complete = true;
    for coding in codings.iter().rev() {
        let mut unpacked = Vec::new();
        // The bytes decoded before the failure are kept.
        is_complete &= coding.unpack(bytes, limit, &mut unpacked).is_ok();
        unpacked.truncate(limit);
        bytes = unpacked.into();
    }
    (bytes, is_complete)
}

impl Coding {
    /// Decodes a whole body, and appends it to `unpacked`, which keeps the bytes that were decoded before an error.
    fn unpack(self, packed: Bytes, limit: usize, unpacked: &mut Vec<u8>) -> Result<(), DecodeError> {
        let mut decoder = Unpacker::new(&[self], limit);
        decoder.push(packed);
        while unpacked.len() <= limit {
            match decoder.next()? {
                Unpacked::Piece(piece) => unpacked.extend_from_slice(&piece),
                Unpacked::Busy => {}
                Unpacked::Used if decoder.is_complete() => return Ok(()),
                Unpacked::Used => return Err(DecodeError::Truncated),
            }
        }
        Err(DecodeError::TooLarge)
    }
}

#[cfg(test)]
pub(crate) mod tests;
