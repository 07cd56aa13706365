//! Decodes the content codings of a body: as a whole, or piece by piece while it is still arriving (RFC 9110, section 8.4).

use super::coding::{Coding, DecodeError, PIECE};
#[cfg(feature = "compression")]
use super::decoders::{Brotli, Zstd};
use bytes::{Buf, Bytes};
use flate2::bufread::GzDecoder;
use flate2::{Crc, Decompress, FlushDecompress, Status};
use std::io::{ErrorKind, Read};

/// The first bytes of a gzip member.
const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];

/// The maximum size of the header of a gzip member, in bytes: the file name and the comment in it have no limit (RFC 1952, section 2.3).
const MAX_HEADER: usize = 16 * 1024;

/// The size of the trailer of a gzip member, in bytes: a checksum and a length.
const TRAILER: usize = 8;

/// How many bytes pass between the codings of a body before other tasks get a turn.
const AT_ONCE: usize = 1024 * 1024;

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
}

enum UnpackState {
    /// Before the first byte, or at the beginning of another gzip member: the beginning of a header.
    Start(Vec<u8>),
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
            state: UnpackState::Start(Vec::new()),
            coding: *coding,
            is_full: false,
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
                Some(piece) => match self.stages.get_mut(at + 1) {
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
                None if at == 0 => break,
                None => at -= 1,
            }
        }
        Ok(Unpacked::Used)
    }

    /// Returns whether the bytes so far are a complete body.
    pub(crate) fn is_complete(&self) -> bool {
        self.stages.iter().all(|stage| match &stage.state {
            UnpackState::Start(header) => header.is_empty(),
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
    /// Decodes the next piece; `None` if more input is needed.
    fn step(&mut self) -> Result<Option<Bytes>, DecodeError> {
        loop {
            match &mut self.state {
                UnpackState::End => {
                    self.input = Bytes::new();
                    return Ok(None);
                }
                UnpackState::Data(decoder, sum) => {
                    if self.input.is_empty() && !self.is_full {
                        return Ok(None);
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
                            let sum = std::mem::replace(sum, Crc::new());
                            self.is_full = false;
                            self.state = if self.coding == Coding::Gzip {
                                UnpackState::Trailer(Vec::new(), sum)
                            } else {
                                UnpackState::End
                            };
                        }
                        Ok(_) if !is_stuck => {}
                        Ok(_) | Err(_) => return Err(DecodeError::Malformed),
                    }
                    if !piece.is_empty() {
                        return Ok(Some(piece.into()));
                    }
                }
                #[cfg(feature = "compression")]
                UnpackState::Brotli(decoder) => {
                    if self.input.is_empty() && !self.is_full {
                        return Ok(None);
                    }
                    let (piece, has_ended) = decoder.decode(&mut self.input)?;
                    self.is_full = piece.len() == PIECE;
                    if has_ended {
                        self.state = UnpackState::End;
                    }
                    if !piece.is_empty() {
                        return Ok(Some(piece.into()));
                    }
                }
                #[cfg(feature = "compression")]
                UnpackState::Zstd(decoder) => {
                    if self.input.is_empty() && !self.is_full {
                        return Ok(None);
                    }
                    let piece = decoder.decode(&mut self.input)?;
                    self.is_full = piece.len() == PIECE;
                    if !piece.is_empty() {
                        return Ok(Some(piece.into()));
                    }
                }
                _ if self.input.is_empty() => return Ok(None),
                UnpackState::Start(header) => match self.coding {
                    Coding::Deflate => {
                        // A raw deflate stream never begins like the zlib format.
                        let is_zlib = self.input.first().is_some_and(|first| first & 0x0f == 8);
                        self.state = UnpackState::Data(Box::new(Decompress::new(is_zlib)), Crc::new());
                    }
                    Coding::Gzip => {
                        header.push(self.input.get_u8());
                        if is_header(header)? {
                            self.state = UnpackState::Data(Box::new(Decompress::new(false)), Crc::new());
                        }
                    }
                    #[cfg(feature = "compression")]
                    Coding::Br => self.state = UnpackState::Brotli(Brotli::new()),
                    #[cfg(feature = "compression")]
                    Coding::Zstd => self.state = UnpackState::Zstd(Zstd::new()?),
                },
                UnpackState::Between => {
                    let is_padding = self.input.first() == Some(&0);
                    self.state = if is_padding { UnpackState::Padding } else { UnpackState::Start(Vec::new()) };
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
                    }
                }
            }
        }
    }
}

/// Returns whether bytes are a complete header of a gzip member (RFC 1952, section 2.3).
///
/// # Errors
/// Returns an error if the bytes are not the beginning of a header, or are too long.
fn is_header(bytes: &[u8]) -> Result<bool, DecodeError> {
    if !bytes.iter().zip(&MAGIC).all(|(byte, magic)| byte == magic) || bytes.len() > MAX_HEADER {
        return Err(DecodeError::Malformed);
    }
    let Some(flags) = bytes.get(3).filter(|_| bytes.len() >= 10) else { return Ok(false) };
    let mut at = 10;
    if flags & 4 != 0 {
        let Some(length) = bytes.get(at..at + 2) else { return Ok(false) };
        at += 2 + usize::from(u16::from_le_bytes([length[0], length[1]]));
    }
    // The name and the comment end with a zero byte.
    for text in [8, 16] {
        if flags & text != 0 {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(end) = rest.iter().position(|byte| *byte == 0) else { return Ok(false) };
            at += end + 1;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    Ok(bytes.len() >= at)
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
        coding.unpack(&bytes, limit, &mut unpacked)?;
        bytes = unpacked.into();
    }
    Ok(bytes)
}

/// Decodes the beginning of an answer, as far as possible.
pub(crate) fn beginning(codings: &[Coding], mut bytes: Bytes, limit: usize) -> Bytes {
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
    /// Decodes a whole body, and appends it to `unpacked`, which keeps the bytes that were decoded before an error.
    fn unpack(self, packed: &[u8], limit: usize, unpacked: &mut Vec<u8>) -> Result<(), DecodeError> {
        match self {
            Self::Gzip => gunzip(packed, limit, unpacked)?,
            Self::Deflate => inflate(packed, limit, unpacked)?,
            #[cfg(feature = "compression")]
            Self::Br | Self::Zstd => {
                let mut decoder = Unpacker::new(&[self], limit);
                decoder.push(Bytes::copy_from_slice(packed));
                while unpacked.len() <= limit
                    && let Unpacked::Piece(piece) = decoder.next()?
                {
                    unpacked.extend_from_slice(&piece);
                }
                if unpacked.len() <= limit && !decoder.is_complete() {
                    return Err(DecodeError::Truncated);
                }
            }
        }
        if unpacked.len() > limit { Err(DecodeError::TooLarge) } else { Ok(()) }
    }
}

/// Decodes the members of a gzip body. Zero bytes after the last member are ignored, as gzip(1) does.
fn gunzip(mut packed: &[u8], limit: usize, unpacked: &mut Vec<u8>) -> Result<(), DecodeError> {
    loop {
        let mut member = GzDecoder::new(packed);
        let rest = limit.saturating_add(1).saturating_sub(unpacked.len());
        let read = member.by_ref().take(rest as u64).read_to_end(unpacked);
        read.map_err(|error| {
            let is_gzip = is_header(packed.get(..MAGIC.len()).unwrap_or(packed)).is_ok();
            let has_ended = is_gzip && error.kind() == ErrorKind::UnexpectedEof;
            if has_ended { DecodeError::Truncated } else { DecodeError::Malformed }
        })?;
        if unpacked.len() > limit {
            return Ok(());
        }
        packed = member.into_inner();
        if packed.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
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
            Ok(_) if rest.is_empty() => return Err(DecodeError::Truncated),
            Ok(_) | Err(_) => return Err(DecodeError::Malformed),
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests;
