//! Decodes the content codings of a body: as a whole, or piece by piece while it is still arriving (RFC 9110, section 8.4).

use super::coding::{Coding, DecodeError, PIECE};
#[cfg(feature = "compression")]
use super::decoders::{Brotli, Zstd};
use bytes::{Buf, Bytes};
use flate2::read::MultiGzDecoder;
use flate2::{Crc, Decompress, FlushDecompress, Status};
use std::io::Read;

/// The maximum size of the header of a gzip member, in bytes: its name and its comment have no limit (RFC 1952, section 2.3).
const MAX_HEADER: usize = 16 * 1024;

/// The size of the end of a gzip member, in bytes: a checksum and a length.
const TRAILER: usize = 8;

/// A body whose codings are decoded, in the order in which they are removed.
pub(super) struct Unpacker {
    stages: Vec<UnpackStage>,
}

/// One coding.
struct UnpackStage {
    /// The bytes that have not been decoded yet.
    input: Bytes,
    state: UnpackState,
    coding: Coding,
    /// Whether the decoder may hold more than fitted into the last piece.
    is_full: bool,
}

enum UnpackState {
    /// Before the first byte, or between two members: the beginning of a header.
    Start(Vec<u8>),
    Data(Box<Decompress>, Crc),
    /// The end of a gzip member.
    Trailer(Vec<u8>, Crc),
    #[cfg(feature = "compression")]
    Brotli(Brotli),
    #[cfg(feature = "compression")]
    Zstd(Zstd),
    /// After the end; what follows is ignored.
    End,
}

impl Unpacker {
    /// Creates a decoder of codings, which are given in the order in which they were applied.
    pub(super) fn new(codings: &[Coding]) -> Self {
        let stage = |coding: &Coding| UnpackStage {
            input: Bytes::new(),
            state: UnpackState::Start(Vec::new()),
            coding: *coding,
            is_full: false,
        };
        Self { stages: codings.iter().rev().map(stage).collect() }
    }

    /// Adds a piece. Call it when [`next`](Self::next) returns `None`.
    pub(super) fn push(&mut self, piece: Bytes) {
        if let Some(first) = self.stages.first_mut() {
            first.input = piece;
        }
    }

    /// Returns the next decoded piece; `None` if more bytes are needed.
    ///
    /// # Errors
    /// Returns an error if the bytes are not in the coding.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, DecodeError> {
        let mut at = self.stages.len().saturating_sub(1);
        while let Some(stage) = self.stages.get_mut(at) {
            match stage.step()? {
                Some(piece) => match self.stages.get_mut(at + 1) {
                    None => return Ok(Some(piece)),
                    Some(next) => {
                        next.input = piece;
                        at += 1;
                    }
                },
                None if at == 0 => break,
                None => at -= 1,
            }
        }
        Ok(None)
    }

    /// Returns whether nothing is missing at the end of the body.
    pub(super) fn is_complete(&self) -> bool {
        self.stages.iter().all(|stage| match &stage.state {
            UnpackState::Start(header) => header.is_empty(),
            UnpackState::End => true,
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
                UnpackState::Trailer(end, sum) => {
                    end.push(self.input.get_u8());
                    if end.len() == TRAILER {
                        let expected = [sum.sum().to_le_bytes(), sum.amount().to_le_bytes()].concat();
                        if *end != expected {
                            return Err(DecodeError::Malformed);
                        }
                        // Another member may follow.
                        self.state = UnpackState::Start(Vec::new());
                    }
                }
            }
        }
    }
}

/// Returns whether bytes are a complete header of a gzip member (RFC 1952, section 2.3).
///
/// # Errors
/// Returns an error if they are not the beginning of one.
fn is_header(bytes: &[u8]) -> Result<bool, DecodeError> {
    let magic: &[u8] = &[0x1f, 0x8b, 8];
    if !bytes.iter().zip(magic).all(|(byte, magic)| byte == magic) || bytes.len() > MAX_HEADER {
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
    for coding in codings.iter().rev().filter(|_| !bytes.is_empty()).collect::<Vec<_>>() {
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
    fn unpack(self, packed: &[u8], limit: usize, unpacked: &mut Vec<u8>) -> Result<(), DecodeError> {
        match self {
            Self::Gzip => {
                let read = MultiGzDecoder::new(packed).take(limit as u64 + 1).read_to_end(unpacked);
                read.map_err(|_| DecodeError::Malformed)?;
            }
            Self::Deflate => inflate(packed, limit, unpacked)?,
            #[cfg(feature = "compression")]
            Self::Br | Self::Zstd => {
                let mut decoder = Unpacker::new(&[self]);
                decoder.push(Bytes::copy_from_slice(packed));
                while unpacked.len() <= limit
                    && let Some(piece) = decoder.next()?
                {
                    unpacked.extend_from_slice(&piece);
                }
                if unpacked.len() <= limit && !decoder.is_complete() {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use flate2::{GzBuilder, read};
    use proptest::prelude::*;
    use std::io::{Read, Write};

    fn unpack(codings: &[Coding], pieces: &[&[u8]]) -> Result<(Vec<u8>, bool), DecodeError> {
        let (mut unpacker, mut whole) = (Unpacker::new(codings), Vec::new());
        for piece in pieces {
            unpacker.push(Bytes::copy_from_slice(piece));
            while let Some(piece) = unpacker.next()? {
                assert!(!piece.is_empty() && piece.len() <= 2 * PIECE, "{} bytes at once", piece.len());
                whole.extend_from_slice(&piece);
            }
        }
        Ok((whole, unpacker.is_complete()))
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_a_live_stream_has_flushed_is_decoded_at_once() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        let mut unpacker = Unpacker::new(&[Coding::Gzip]);
        for text in ["data: 1\n\n", "data: 2\n\n"] {
            encoder.write_all(text.as_bytes()).unwrap();
            encoder.flush().unwrap();
            unpacker.push(std::mem::take(encoder.get_mut()).into());
            assert_eq!(unpacker.next().unwrap().unwrap(), text);
            assert!(unpacker.next().unwrap().is_none());
        }
        assert!(!unpacker.is_complete());
        unpacker.push(encoder.finish().unwrap().into());
        assert!(unpacker.next().unwrap().is_none());
        assert!(unpacker.is_complete());
    }

    #[test]
    fn headers_with_everything_and_several_members_are_read() {
        let builder = GzBuilder::new().filename("a").comment("b").extra(vec![1, 2, 3]);
        let mut encoder = builder.write(Vec::new(), Compression::fast());
        encoder.write_all(b"one ").unwrap();
        let two = [encoder.finish().unwrap(), gzip(b"two")].concat();
        let pieces: Vec<&[u8]> = two.chunks(1).collect();
        assert_eq!(unpack(&[Coding::Gzip], &pieces).unwrap(), (b"one two".to_vec(), true));
    }

    #[test]
    fn a_bomb_is_decoded_in_small_pieces() {
        let bomb = gzip(&gzip(&vec![b'x'; 20 * 1024 * 1024]));
        let (mut unpacker, mut length) = (Unpacker::new(&[Coding::Gzip, Coding::Gzip]), 0);
        unpacker.push(bomb.into());
        while let Some(piece) = unpacker.next().unwrap() {
            assert!(piece.len() <= 2 * PIECE);
            length += piece.len();
        }
        assert_eq!(length, 20 * 1024 * 1024);
    }

    #[test]
    fn damaged_bytes_are_an_error() {
        let whole = gzip(b"hello");
        for at in [0, 1, 2, whole.len() - 1, whole.len() - 5] {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x55;
            assert_eq!(unpack(&[Coding::Gzip], &[&damaged]), Err(DecodeError::Malformed), "{at}");
        }
        assert!(!unpack(&[Coding::Gzip], &[&whole[..whole.len() - 1]]).unwrap().1);
        let endless = [&[0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 0][..], &vec![b'x'; MAX_HEADER]].concat();
        assert_eq!(unpack(&[Coding::Gzip], &[&endless]), Err(DecodeError::Malformed));
    }

    #[cfg(feature = "compression")]
    fn br(text: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        let quick = brotli::enc::BrotliEncoderParams { quality: 2, lgwin: 16, ..Default::default() };
        brotli::BrotliCompress(&mut &text[..], &mut packed, &quick).unwrap();
        packed
    }

    #[cfg(feature = "compression")]
    #[test]
    fn a_bomb_in_any_coding_is_decoded_in_small_pieces() {
        let whole = vec![b'x'; 4 * 1024 * 1024];
        for (coding, bomb) in [(Coding::Br, br(&whole)), (Coding::Zstd, zstd::encode_all(&whole[..], 1).unwrap())] {
            let (mut unpacker, mut length) = (Unpacker::new(&[coding]), 0);
            unpacker.push(bomb.into());
            while let Some(piece) = unpacker.next().unwrap() {
                assert!(piece.len() <= PIECE);
                length += piece.len();
            }
            assert_eq!((length, unpacker.is_complete()), (whole.len(), true));
        }
    }

    #[cfg(feature = "compression")]
    #[test]
    fn a_zstandard_frame_with_a_large_window_is_refused() {
        // A frame of an unknown size (RFC 8878, section 3.1.1): magic number, descriptor, and a window of 16 MiB or 8 MiB.
        let frame = |window: u8| [&[0x28, 0xb5, 0x2f, 0xfd, 0, window << 3][..], &[1, 0, 0]].concat();
        assert_eq!(unpack(&[Coding::Zstd], &[&frame(14)]), Err(DecodeError::Malformed));
        assert_eq!(unpack(&[Coding::Zstd], &[&frame(13)]), Ok((Vec::new(), true)));
    }

    #[cfg(feature = "compression")]
    #[test]
    fn what_a_live_stream_has_flushed_is_decoded_at_once_in_any_coding() {
        let mut zstd = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        let mut br = brotli::CompressorWriter::new(Vec::new(), 4096, 4, 20);
        let (mut of_zstd, mut of_br) = (Unpacker::new(&[Coding::Zstd]), Unpacker::new(&[Coding::Br]));
        for text in ["data: 1\n\n", "data: 2\n\n"] {
            zstd.write_all(text.as_bytes()).unwrap();
            zstd.flush().unwrap();
            of_zstd.push(std::mem::take(zstd.get_mut()).into());
            assert_eq!(of_zstd.next().unwrap().unwrap(), text);
            br.write_all(text.as_bytes()).unwrap();
            br.flush().unwrap();
            of_br.push(std::mem::take(br.get_mut()).into());
            assert_eq!(of_br.next().unwrap().unwrap(), text);
            assert!(of_zstd.next().unwrap().is_none() && of_br.next().unwrap().is_none());
        }
        assert!(!of_zstd.is_complete() && !of_br.is_complete());
    }

    #[cfg(feature = "compression")]
    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn pieces_in_any_coding_are_decoded_like_the_whole(text in prop::collection::vec(any::<u8>(), 0..3000), size in 1_usize..500) {
            let zstd = zstd::encode_all(&text[..], 1).unwrap();
            let frames = [zstd.clone(), zstd.clone()].concat();
            for (codings, packed, expected) in [
                (vec![Coding::Br], br(&text), text.clone()),
                (vec![Coding::Zstd], zstd.clone(), text.clone()),
                (vec![Coding::Zstd], frames, text.repeat(2)),
                (vec![Coding::Gzip, Coding::Br, Coding::Zstd], zstd::encode_all(&br(&gzip(&text))[..], 1).unwrap(), text.clone()),
            ] {
                let pieces: Vec<&[u8]> = packed.chunks(size).collect();
                prop_assert_eq!(unpack(&codings, &pieces).unwrap(), (expected, true));
                let cut = unpack(&codings, &[&packed[..packed.len() - 1]]);
                prop_assert!(!cut.is_ok_and(|(_, complete)| complete));
            }
        }

        #[test]
        fn any_bytes_are_decoded_or_refused_in_any_coding(bytes in prop::collection::vec(any::<u8>(), 0..300), size in 1_usize..300) {
            let framed = [&[0x28, 0xb5, 0x2f, 0xfd][..], &bytes].concat();
            for (coding, bytes) in [(Coding::Br, &bytes), (Coding::Zstd, &bytes), (Coding::Zstd, &framed)] {
                let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
                let _ = unpack(&[coding], &pieces);
            }
        }
    }

    proptest! {
        #[test]
        fn pieces_are_decoded_like_the_whole(text in prop::collection::vec(any::<u8>(), 0..3000), size in 1_usize..500) {
            let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
            zlib.write_all(&text).unwrap();
            let mut raw = DeflateEncoder::new(Vec::new(), Compression::fast());
            raw.write_all(&text).unwrap();
            for (codings, packed) in [
                (vec![Coding::Gzip], gzip(&text)),
                (vec![Coding::Deflate], zlib.finish().unwrap()),
                (vec![Coding::Deflate], raw.finish().unwrap()),
                (vec![Coding::Gzip, Coding::Gzip], gzip(&gzip(&text))),
            ] {
                let pieces: Vec<&[u8]> = packed.chunks(size).collect();
                prop_assert_eq!(unpack(&codings, &pieces).unwrap(), (text.clone(), true));
            }
        }

        #[test]
        fn any_bytes_are_decoded_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), size in 1_usize..300) {
            let framed = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0][..], &bytes].concat();
            let pieces: Vec<&[u8]> = framed.chunks(size).collect();
            let mut expected = Vec::new();
            let other = read::MultiGzDecoder::new(&framed[..]).read_to_end(&mut expected);
            let own = unpack(&[Coding::Gzip], &pieces);
            prop_assert_eq!(other.is_ok(), own.as_ref().is_ok_and(|(_, complete)| *complete));
            if other.is_ok() {
                prop_assert_eq!(own.unwrap().0, expected);
            }
            let _ = unpack(&[Coding::Deflate], &[&bytes]);
        }
    }
}
