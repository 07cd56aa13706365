//! Masks a body, whole or piece by piece. In JSON, only string values are masked, not member names.

use super::Redactor;
use super::search::{Hit, LOOKBEHIND, OUTSIDE, Search};
use bytes::{Bytes, BytesMut};
use std::ops::Range;

/// How far to search for the end of a string, in bytes. Longer member names are treated as values.
const LOOKAHEAD: usize = 1024;

/// The state of masking one body.
pub(crate) struct Masking {
    json: bool,
    /// Bytes that may be the start of a secret, or a secret that may turn out to be a member name.
    held: Bytes,
    /// The last bytes that were passed on.
    before: Vec<u8>,
    /// The lexer's state at the start of the held bytes.
    lexer: Lexer,
}

/// The decision for one occurrence of a secret.
enum Verdict {
    Mask,
    Keep,
    /// Depends on the bytes that follow.
    Wait,
}

impl Masking {
    /// Starts masking a JSON body, or a body in any other format.
    pub(crate) fn new(json: bool) -> Self {
        Self { json, held: Bytes::new(), before: Vec::new(), lexer: Lexer::default() }
    }

    /// Returns how many bytes are held back.
    pub(crate) fn pending(&self) -> usize {
        self.held.len()
    }

    /// Drops the held bytes.
    pub(crate) fn clear(&mut self) {
        self.held = Bytes::new();
    }

    /// Adds a piece and returns, masked, the bytes that can be passed on.
    pub(crate) fn piece(&mut self, redactor: &Redactor, piece: Bytes) -> Bytes {
        self.masked(redactor, piece, false)
    }

    /// Adds the last piece, which can be the whole body, and returns all remaining bytes, masked.
    pub(crate) fn last(&mut self, redactor: &Redactor, piece: Bytes) -> Bytes {
        self.masked(redactor, piece, true)
    }

    fn masked(&mut self, redactor: &Redactor, piece: Bytes, last: bool) -> Bytes {
        let Some(search) = &redactor.0 else { return piece };
        let mut bytes = if self.held.is_empty() { piece } else { Bytes::from([&self.held[..], &piece[..]].concat()) };
        let mut hits = search.find(&bytes);
        hits.sort_by_key(|hit| hit.at.start);
        let mut lexer = self.lexer.clone();
        let mut ready = if last { bytes.len() } else { bytes.len() - search.tail(&bytes) };
        let mut masks = Vec::new();
        for hit in hits {
            let may_be_longer = search.has_open_ends && !hit.literal && bytes.len() - hit.at.start < search.max_length;
            let verdict = match hit.is_part_of_number(&self.before, &bytes, last) {
                _ if may_be_longer && !last => Verdict::Wait,
                Some(true) => Verdict::Keep,
                None => Verdict::Wait,
                Some(false) if self.json => verdict(search, &bytes, &hit, &mut lexer, last),
                Some(false) => Verdict::Mask,
            };
            match verdict {
                Verdict::Mask => masks.push(hit.at),
                Verdict::Keep => {}
                Verdict::Wait => ready = ready.min(hit.at.start),
            }
        }
        // Occurrences that begin in the held bytes are found again with the next piece.
        masks.retain(|mask| mask.start < ready);
        bytes = with_asterisks(bytes, &masks);
        self.held = bytes.split_off(ready);
        self.before.extend_from_slice(bytes.get(bytes.len().saturating_sub(LOOKBEHIND)..).unwrap_or_default());
        self.before.drain(..self.before.len().saturating_sub(LOOKBEHIND));
        if self.json && search.can_match_outside_strings {
            self.lexer.read(&bytes);
            self.lexer.position = 0;
        }
        bytes
    }
}

/// Returns the bytes with asterisks in the given ranges.
pub(super) fn with_asterisks(bytes: Bytes, masks: &[Range<usize>]) -> Bytes {
    if masks.is_empty() {
        return bytes;
    }
    let mut masked = BytesMut::from(bytes);
    for mask in masks {
        if let Some(part) = masked.get_mut(mask.clone()) {
            part.fill(b'*');
        }
    }
    masked.freeze()
}

/// Decides whether a secret in JSON is masked.
fn verdict(search: &Search, bytes: &[u8], hit: &Hit, lexer: &mut Lexer, last: bool) -> Verdict {
    let (before, rest) = bytes.split_at(hit.at.start);
    let (found, after) = rest.split_at(hit.at.len());
    let mut within = Lexer::of_string();
    // Such an occurrence is not in one string value: it contains a quote, or begins or ends inside an escape.
    if within.closes(found) || within.escaped || (hit.literal && is_in_escape(before)) {
        return Verdict::Keep;
    }
    if search.can_match_outside_strings && found.iter().all(|byte| OUTSIDE.contains(byte)) {
        lexer.read(before.get(lexer.position..).unwrap_or_default());
        if !lexer.in_string {
            return Verdict::Keep;
        }
    }
    let mut string = Lexer::of_string();
    if !string.closes(after.get(..LOOKAHEAD).unwrap_or(after)) {
        return if last || after.len() >= LOOKAHEAD { Verdict::Mask } else { Verdict::Wait };
    }
    let next = after.iter().skip(string.position).take(LOOKAHEAD).find(|byte| !byte.is_ascii_whitespace());
    match next {
        Some(b':') => Verdict::Keep,
        None if !last && after.len() < string.position + LOOKAHEAD => Verdict::Wait,
        _ => Verdict::Mask,
    }
}

/// Returns whether bytes end inside a JSON escape.
fn is_in_escape(bytes: &[u8]) -> bool {
    let recent = bytes.get(bytes.len().saturating_sub(5)..).unwrap_or_default();
    let Some(back) = recent.iter().rev().position(|byte| *byte == b'\\') else { return false };
    let slashes = bytes.iter().rev().skip(back).take_while(|byte| **byte == b'\\').count();
    let opens = slashes % 2 == 1;
    opens && (back == 0 || recent.get(recent.len() - back) == Some(&b'u'))
}

/// Tracks whether a position in JSON is inside a string.
#[derive(Debug, Clone, Default)]
struct Lexer {
    in_string: bool,
    escaped: bool,
    /// How many bytes have been read.
    position: usize,
}

impl Lexer {
    /// Starts inside a string.
    fn of_string() -> Self {
        Self { in_string: true, ..Self::default() }
    }

    /// Reads more bytes.
    fn read(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.step(*byte);
        }
    }

    /// Reads to the end of the string; returns whether it was found.
    fn closes(&mut self, bytes: &[u8]) -> bool {
        bytes.iter().any(|byte| {
            self.step(*byte);
            !self.in_string
        })
    }

    fn step(&mut self, byte: u8) {
        self.position += 1;
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.in_string => self.escaped = true,
            b'"' => self.in_string = !self.in_string,
            _ => {}
        }
    }
}
