//! Tests that bodies in every coding, including hostile ones, are decoded piece by piece.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use flate2::{GzBuilder, read};
use proptest::prelude::*;
use std::io::{Read, Write};

const LIMIT: usize = 4 * AT_ONCE;

fn unpack(codings: &[Coding], pieces: &[&[u8]]) -> Result<(Vec<u8>, bool), DecodeError> {
    let (mut unpacker, mut whole) = (Unpacker::new(codings, LIMIT), Vec::new());
    for piece in pieces {
        unpacker.push(Bytes::copy_from_slice(piece));
        loop {
            match unpacker.next()? {
                Unpacked::Piece(piece) => {
                    assert!(!piece.is_empty() && piece.len() <= 2 * PIECE, "{} bytes at once", piece.len());
                    whole.extend_from_slice(&piece);
                }
                Unpacked::Busy => {}
                Unpacked::Used => break,
            }
        }
    }
    Ok((whole, unpacker.is_complete()))
}

fn piece(text: &'static str) -> Unpacked {
    Unpacked::Piece(text.into())
}

pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn what_a_live_stream_has_flushed_is_decoded_at_once() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let mut unpacker = Unpacker::new(&[Coding::Gzip], LIMIT);
    for text in ["data: 1\n\n", "data: 2\n\n"] {
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.flush().unwrap();
        unpacker.push(std::mem::take(encoder.get_mut()).into());
        assert_eq!(unpacker.next(), Ok(piece(text)));
        assert_eq!(unpacker.next(), Ok(Unpacked::Used));
    }
    assert!(!unpacker.is_complete());
    unpacker.push(encoder.finish().unwrap().into());
    assert_eq!(unpacker.next(), Ok(Unpacked::Used));
    assert!(unpacker.is_complete());
}

#[test]
fn a_header_with_all_fields_and_several_members_are_read() {
    let builder = GzBuilder::new().filename("a").comment("b").extra(vec![1, 2, 3]);
    let mut encoder = builder.write(Vec::new(), Compression::fast());
    encoder.write_all(b"one ").unwrap();
    let two = [encoder.finish().unwrap(), gzip(b"two")].concat();
    let pieces: Vec<&[u8]> = two.chunks(1).collect();
    assert_eq!(unpack(&[Coding::Gzip], &pieces).unwrap(), (b"one two".to_vec(), true));
}

/// gzip(1) ignores zero bytes after the last member: tapes and block devices pad their records.
#[test]
fn zero_bytes_after_the_last_member_are_ignored() {
    for members in [gzip(b"one"), [gzip(b"on"), gzip(b"e")].concat()] {
        let padded = [&members[..], &[0; 600]].concat();
        let pieces: Vec<&[u8]> = padded.chunks(1).collect();
        assert_eq!(unpack(&[Coding::Gzip], &pieces).unwrap(), (b"one".to_vec(), true));
        assert_eq!(whole(&[Coding::Gzip], padded.into(), LIMIT).unwrap(), "one");
    }
    for (rest, expected) in [
        (&b"\0\0x"[..], DecodeError::Malformed),
        (b"x", DecodeError::Malformed),
        (b"\x1f\x8b", DecodeError::Truncated),
        (&[&[0; 8][..], &gzip(b"two")].concat(), DecodeError::Malformed),
    ] {
        let bytes = [&gzip(b"one"), rest].concat();
        let in_pieces = unpack(&[Coding::Gzip], &[&bytes]);
        assert!(in_pieces.is_err() || in_pieces.is_ok_and(|(_, is_complete)| !is_complete), "{rest:?}");
        assert_eq!(whole(&[Coding::Gzip], bytes.into(), LIMIT), Err(expected), "{rest:?}");
    }
    assert!(unpack(&[Coding::Gzip], &[&[0; 8]]).is_err());
}

/// If the whole header were parsed again for each of its bytes, this would take minutes.
#[test]
fn the_long_headers_of_many_members_are_skipped() {
    let name = "n".repeat(MAX_HEADER - 100);
    let mut encoder = GzBuilder::new().filename(name).write(Vec::new(), Compression::fast());
    encoder.write_all(b"a").unwrap();
    let members = encoder.finish().unwrap().repeat(200);
    assert_eq!(unpack(&[Coding::Gzip], &[&members]).unwrap(), (vec![b'a'; 200], true));
}

#[test]
fn members_without_content_do_not_block_a_thread() {
    let members = gzip(b"").repeat(20 * MEMBERS_AT_ONCE);
    assert_eq!(whole(&[Coding::Gzip], members.clone().into(), LIMIT).unwrap(), "");
    for (codings, packed) in [(vec![Coding::Gzip], members.clone()), (vec![Coding::Gzip; 2], gzip(&members))] {
        let mut unpacker = Unpacker::new(&codings, LIMIT);
        unpacker.push(packed.into());
        let mut turns = 0;
        while unpacker.next().unwrap() == Unpacked::Busy {
            turns += 1;
        }
        assert_eq!((turns, unpacker.is_complete()), (20, true));
    }
}

#[test]
fn a_bomb_is_decoded_in_small_pieces() {
    let bomb = gzip(&gzip(&vec![b'x'; 20 * 1024 * 1024]));
    let (mut unpacker, mut length) = (Unpacker::new(&[Coding::Gzip, Coding::Gzip], LIMIT), 0);
    unpacker.push(bomb.into());
    while let Unpacked::Piece(piece) = unpacker.next().unwrap() {
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
pub(crate) fn br(text: &[u8]) -> Vec<u8> {
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
        let (mut unpacker, mut length) = (Unpacker::new(&[coding], LIMIT), 0);
        unpacker.push(bomb.into());
        while let Unpacked::Piece(piece) = unpacker.next().unwrap() {
            assert!(piece.len() <= PIECE);
            length += piece.len();
        }
        assert_eq!((length, unpacker.is_complete()), (whole.len(), true));
    }
}

/// Returns a few bytes in three codings, without content: they hide a skippable frame of that size (RFC 8878, section 3.1.2).
#[cfg(feature = "compression")]
fn nothing(size: u32) -> Bytes {
    let frame = [&0x184D_2A50_u32.to_le_bytes()[..], &size.to_le_bytes(), &vec![0; size as usize]].concat();
    zstd::encode_all(&zstd::encode_all(&frame[..], 1).unwrap()[..], 1).unwrap().into()
}

#[cfg(feature = "compression")]
#[test]
fn bytes_that_decode_to_nothing_do_not_block_a_thread() {
    let codings = [Coding::Zstd, Coding::Zstd, Coding::Zstd];
    let mut unpacker = Unpacker::new(&codings, LIMIT);
    let (small, large) = (nothing(3 * 1024 * 1024), nothing(8 * 1024 * 1024));
    assert!(large.len() < 200, "{}", large.len());
    unpacker.push(small);
    let mut turns = 1;
    while unpacker.next().unwrap() == Unpacked::Busy {
        turns += 1;
    }
    assert_eq!((turns, unpacker.is_complete()), (3, true));
    let mut unpacker = Unpacker::new(&codings, LIMIT);
    unpacker.push(large);
    let ended = (0..9).map(|_| unpacker.next()).find(|next| *next != Ok(Unpacked::Busy));
    assert_eq!(ended, Some(Err(DecodeError::TooLarge)));
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
    let (mut of_zstd, mut of_br) = (Unpacker::new(&[Coding::Zstd], LIMIT), Unpacker::new(&[Coding::Br], LIMIT));
    for text in ["data: 1\n\n", "data: 2\n\n"] {
        zstd.write_all(text.as_bytes()).unwrap();
        zstd.flush().unwrap();
        of_zstd.push(std::mem::take(zstd.get_mut()).into());
        assert_eq!(of_zstd.next(), Ok(piece(text)));
        br.write_all(text.as_bytes()).unwrap();
        br.flush().unwrap();
        of_br.push(std::mem::take(br.get_mut()).into());
        assert_eq!(of_br.next(), Ok(piece(text)));
        assert_eq!([of_zstd.next(), of_br.next()], [Ok(Unpacked::Used), Ok(Unpacked::Used)]);
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
            // An empty text is a single byte in Brotli; without that byte, the body is empty, and an empty body is complete.
            prop_assert_eq!(cut.is_ok_and(|(_, complete)| complete), packed.len() == 1);
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
