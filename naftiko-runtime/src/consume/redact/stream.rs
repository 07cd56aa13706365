//! Masking one body, all of it or piece by piece. In JSON a mask touches strings alone, and no name of a member.

use super::Redactor;
use super::search::{BEFORE, Hit, OUTSIDE, Search};
use bytes::{Bytes, BytesMut};
use std::ops::Range;

/// How far the end of a string is looked for; no name of a member is so long.
const LOOKAHEAD: usize = 1024;

/// A body that is being masked.
pub(crate) struct Masking {
    json: bool,
    /// What may be the start of a secret, or a secret of which it is not known yet whether it is a name.
    held: Bytes,
    /// The end of what went on before.
    before: Vec<u8>,
    /// Where in JSON the held bytes begin.
    lexer: Lexer,
}

/// What is to be done about a place where a secret was found.
enum Verdict {
    Mask,
    Keep,
    /// What follows decides.
    Wait,
}

impl Masking {
    /// For a body that is JSON, or for any other.
    pub(crate) fn new(json: bool) -> Self {
        Self { json, held: Bytes::new(), before: Vec::new(), lexer: Lexer::default() }
    }

    /// How many bytes are held back.
    pub(crate) fn held(&self) -> usize {
        self.held.len()
    }

    /// Holds nothing any more.
    pub(crate) fn clear(&mut self) {
        self.held = Bytes::new();
    }

    /// What can go on after one more piece has come, secrets masked.
    pub(crate) fn piece(&mut self, redactor: &Redactor, piece: Bytes) -> Bytes {
        self.masked(redactor, piece, false)
    }

    /// What was held back, or all of a body that comes in one piece.
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
            let verdict = match hit.is_part_of_number(&self.before, &bytes, last) {
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
        // What begins in what is held back is found again with what follows.
        masks.retain(|mask| mask.start < ready);
        bytes = filled(bytes, &masks);
        self.held = bytes.split_off(ready);
        self.before.extend_from_slice(bytes.get(bytes.len().saturating_sub(BEFORE)..).unwrap_or_default());
        self.before.drain(..self.before.len().saturating_sub(BEFORE));
        if self.json && search.exact {
            self.lexer.read(&bytes);
            self.lexer.position = 0;
        }
        bytes
    }
}

/// The same bytes with asterisks in those places.
pub(super) fn filled(bytes: Bytes, masks: &[Range<usize>]) -> Bytes {
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

/// What is to be done about a secret in JSON.
fn verdict(search: &Search, bytes: &[u8], hit: &Hit, lexer: &mut Lexer, last: bool) -> Verdict {
    let (before, rest) = bytes.split_at(hit.at.start);
    let (found, after) = rest.split_at(hit.at.len());
    let mut within = Lexer::of_string();
    if within.closes(found) || within.escaped || (hit.literal && is_in_escape(before)) {
        return Verdict::Keep;
    }
    if search.exact && found.iter().all(|byte| OUTSIDE.contains(byte)) {
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

/// Whether bytes end within an escape of JSON.
fn is_in_escape(bytes: &[u8]) -> bool {
    let recent = bytes.get(bytes.len().saturating_sub(5)..).unwrap_or_default();
    let Some(back) = recent.iter().rev().position(|byte| *byte == b'\\') else { return false };
    let slashes = bytes.iter().rev().skip(back).take_while(|byte| **byte == b'\\').count();
    let opens = slashes % 2 == 1;
    opens && (back == 0 || recent.get(recent.len() - back) == Some(&b'u'))
}

/// Where in JSON one is: in a string or outside.
#[derive(Debug, Clone, Default)]
struct Lexer {
    in_string: bool,
    escaped: bool,
    /// How many bytes were read.
    position: usize,
}

impl Lexer {
    /// Within a string.
    fn of_string() -> Self {
        Self { in_string: true, ..Self::default() }
    }

    /// Reads on.
    fn read(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.step(*byte);
        }
    }

    /// Reads up to the end of the string; whether it comes.
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
