//! Masks a body, whole or piece by piece. In JSON, only string values are masked, not member names. From where a body is not
//! JSON, whatever its Content-Type says, it is masked like text.

use super::Redactor;
use super::json::Grammar;
use super::search::{Hit, LOOKBEHIND};
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
    /// The state of the grammar at the start of the held bytes.
    grammar: Grammar,
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
        Self { json, held: Bytes::new(), before: Vec::new(), grammar: Grammar::default() }
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
        let (mut grammar, mut read) = (self.grammar.clone(), 0);
        let mut ready = if last { bytes.len() } else { bytes.len() - search.tail(&bytes) };
        let mut masks = Vec::new();
        for hit in hits {
            let may_be_longer = search.has_open_ends && !hit.literal && bytes.len() - hit.at.start < search.max_length;
            let verdict = match hit.is_part_of_number(&self.before, &bytes, last) {
                _ if may_be_longer && !last => Verdict::Wait,
                Some(true) => Verdict::Keep,
                None => Verdict::Wait,
                Some(false) if self.json => {
                    grammar.read(bytes.get(read..hit.at.start).unwrap_or_default());
                    read = hit.at.start;
                    verdict(&bytes, &hit, &grammar, last)
                }
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
        if self.json && !last {
            self.grammar.read(&bytes);
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

/// Decides whether a secret in JSON is masked. `grammar` has read the bytes before it.
fn verdict(bytes: &[u8], hit: &Hit, grammar: &Grammar, last: bool) -> Verdict {
    if grammar.is_invalid() {
        return Verdict::Mask;
    }
    let found = bytes.get(hit.at.clone()).unwrap_or_default();
    let after = bytes.get(hit.at.end..).unwrap_or_default();
    let mut string = grammar.clone();
    let is_in_string = grammar.is_in_string() && string.read_string(found).is_none() && !string.is_invalid();
    // Such an occurrence begins or ends inside an escape.
    let is_in_escape = (hit.literal && grammar.is_in_escape()) || string.is_in_escape();
    if !is_in_string || is_in_escape {
        // It is not in one string value if it is JSON: it contains a quote, or is a number or punctuation.
        let mut whole = grammar.clone();
        whole.read(found);
        return if whole.is_invalid() { Verdict::Mask } else { Verdict::Keep };
    }
    if !grammar.is_in_name() {
        return Verdict::Mask;
    }
    let Some(end) = string.read_string(after.get(..LOOKAHEAD).unwrap_or(after)) else {
        return if last || after.len() >= LOOKAHEAD { Verdict::Mask } else { Verdict::Wait };
    };
    let next = after.iter().skip(end).take(LOOKAHEAD).find(|byte| !byte.is_ascii_whitespace());
    match next {
        Some(b':') => Verdict::Keep,
        None if !last && after.len() < end + LOOKAHEAD => Verdict::Wait,
        _ => Verdict::Mask,
    }
}
