//! Masks a body, whole or piece by piece. In JSON, only string values are masked, not member names. After a syntax error, the rest of
//! the body is masked like text, even if it is declared as JSON.
//!
//! Parsing a body as JSON takes longer than searching it. So the later pieces of an array or an object are parsed only
//! if a secret could appear outside a string. Otherwise, the bytes around a secret decide whether it is in a member
//! name, even after a syntax error.

use super::Redactor;
use super::json::Grammar;
use super::search::Hit;
use bytes::{Bytes, BytesMut};
use std::ops::Range;

/// How far to look ahead for the end of a string, in bytes. Longer member names are treated as values.
const LOOKAHEAD: usize = 1024;

/// How many of the bytes that were passed on are kept, to find the start of a member name. Longer names are treated as values.
const LOOKBEHIND: usize = 256;

/// How many bytes of one body may be searched in addition to [`SEARCHES`] for each byte that arrives. Only a body that arrives in many
/// tiny pieces and looks like a long secret needs more; it is searched less often.
const SEARCHED_FREELY: usize = 256 * 1024;

/// How often each byte of a body may be searched, on average.
const SEARCHES: usize = 16;

/// A masker of one body, which can arrive in pieces.
pub(crate) struct BodyMasker {
    json: bool,
    /// How many bytes may be searched before more arrive.
    searchable: usize,
    /// The pieces after `held`, which have not been searched.
    waiting: Vec<u8>,
    /// Bytes that may be the start of a secret, or a secret that may turn out to be a member name.
    held: Bytes,
    /// The last bytes that were passed on.
    before: Vec<u8>,
    /// The state of the grammar at the start of the held bytes; `None` if it has not read all bytes before them.
    grammar: Option<Grammar>,
}

/// The decision for one occurrence of a secret.
enum Verdict {
    Mask,
    Keep,
    /// Depends on the bytes that follow.
    Wait,
}

impl BodyMasker {
    /// Starts masking a JSON body, or a body in any other format.
    pub(crate) fn new(json: bool) -> Self {
        let (held, grammar) = (Bytes::new(), Some(Grammar::default()));
        Self { json, searchable: SEARCHED_FREELY, waiting: Vec::new(), held, before: Vec::new(), grammar }
    }

    /// Returns how many bytes are held back.
    pub(crate) fn pending(&self) -> usize {
        self.held.len() + self.waiting.len()
    }

    /// Drops the held bytes.
    pub(crate) fn clear(&mut self) {
        (self.held, self.waiting) = (Bytes::new(), Vec::new());
    }

    /// Adds a piece and returns, masked, the bytes that can be passed on.
    pub(crate) fn piece(&mut self, redactor: &Redactor, piece: Bytes) -> Bytes {
        self.masked(redactor, piece, false)
    }

    /// Adds the last piece, which can be the whole body, and returns all remaining bytes, masked.
    pub(crate) fn last(&mut self, redactor: &Redactor, piece: Bytes) -> Bytes {
        self.masked(redactor, piece, true)
    }

    /// Adds a piece and returns, masked, the bytes that can be passed on. Holds back the bytes of an occurrence that
    /// later pieces may complete or decide; after the `last` piece, holds nothing back.
    fn masked(&mut self, redactor: &Redactor, piece: Bytes, last: bool) -> Bytes {
        let Some(search) = &redactor.0 else { return piece };
        self.searchable = self.searchable.saturating_add(piece.len().saturating_mul(SEARCHES));
        let length = self.pending() + piece.len();
        if !last && length > self.searchable {
            self.waiting.extend_from_slice(&piece);
            return Bytes::new();
        }
        self.searchable = self.searchable.saturating_sub(length);
        let waiting = std::mem::take(&mut self.waiting);
        let is_alone = self.held.is_empty() && waiting.is_empty();
        let mut bytes = if is_alone { piece } else { Bytes::from([&self.held[..], &waiting, &piece].concat()) };
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
                Some(false) if self.json => match &mut grammar {
                    Some(grammar) => {
                        grammar.read(bytes.get(read..hit.at.start).unwrap_or_default());
                        read = hit.at.start;
                        verdict(&bytes, &hit, grammar, last)
                    }
                    None => verdict_nearby(&self.before, &bytes, &hit, last),
                },
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
            self.grammar = self.grammar.take().and_then(|mut grammar| {
                if search.can_match_outside_strings {
                    grammar.read(&bytes);
                    return Some(grammar);
                }
                grammar.read_start(&bytes);
                (!grammar.is_in_structure()).then_some(grammar)
            });
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

/// Decides whether a secret in JSON is masked. `grammar` has read the bytes before the secret.
fn verdict(bytes: &[u8], hit: &Hit, grammar: &Grammar, last: bool) -> Verdict {
    if grammar.is_invalid() {
        return Verdict::Mask;
    }
    let found = bytes.get(hit.at.clone()).unwrap_or_default();
    let after = bytes.get(hit.at.end..).unwrap_or_default();
    let mut string = grammar.clone();
    let is_in_string = grammar.is_in_string() && string.read_string(found).is_none() && !string.is_invalid();
    // An occurrence that begins or ends inside an escape is not the secret.
    let is_in_escape = (hit.literal && grammar.is_in_escape()) || string.is_in_escape();
    if !is_in_string || is_in_escape {
        // In valid JSON, an occurrence that contains the end of a string, or is a number or punctuation, is not the secret either.
        let mut whole = grammar.clone();
        whole.read(found);
        return if whole.is_invalid() { Verdict::Mask } else { Verdict::Keep };
    }
    if !grammar.is_in_name() {
        return Verdict::Mask;
    }
    match is_before_colon(string, after, last) {
        Some(true) => Verdict::Keep,
        Some(false) => Verdict::Mask,
        None => Verdict::Wait,
    }
}

/// Decides from the bytes around a secret whether it is masked, for secrets that can only appear in strings. `passed_on` are the bytes
/// before `bytes`.
fn verdict_nearby(passed_on: &[u8], bytes: &[u8], hit: &Hit, last: bool) -> Verdict {
    let recent = bytes.get(hit.at.start.saturating_sub(LOOKBEHIND)..hit.at.start).unwrap_or_default();
    let earlier = passed_on.get(passed_on.len().saturating_sub(LOOKBEHIND - recent.len())..).unwrap_or_default();
    let before = [earlier, recent].concat();
    let found = bytes.get(hit.at.clone()).unwrap_or_default();
    let after = bytes.get(hit.at.end..).unwrap_or_default();
    let mut string = Grammar::of_string();
    let escape = if hit.literal { open_escape(&before) } else { None };
    if let Some(escape) = escape {
        string.read_string(escape);
    }
    let end = string.read_string(found);
    if string.is_invalid() {
        return Verdict::Mask;
    }
    // An occurrence that contains the end of a string, or begins or ends inside an escape, is not the secret.
    if end.is_some() || string.is_in_escape() || escape.is_some() {
        return Verdict::Keep;
    }
    match is_before_colon(string, after, last) {
        Some(true) if begins_name(&before) => Verdict::Keep,
        Some(_) => Verdict::Mask,
        None => Verdict::Wait,
    }
}

/// Returns whether the string that `after` continues ends before a colon; `None` if the bytes that follow decide.
fn is_before_colon(mut string: Grammar, after: &[u8], last: bool) -> Option<bool> {
    let Some(end) = string.read_string(after.get(..LOOKAHEAD).unwrap_or(after)) else {
        return (last || after.len() >= LOOKAHEAD).then_some(false);
    };
    match after.iter().skip(end).take(LOOKAHEAD).find(|byte| !byte.is_ascii_whitespace()) {
        Some(next) => Some(*next == b':'),
        None => (last || after.len() >= end + LOOKAHEAD).then_some(false),
    }
}

/// Returns the incomplete escape at the end of `bytes`, with its backslash.
fn open_escape(bytes: &[u8]) -> Option<&[u8]> {
    let slashes = |end: usize| bytes.iter().take(end).rev().take_while(|byte| **byte == b'\\').count();
    let begun = |length: &usize| bytes.len().checked_sub(length - 1).is_some_and(|end| slashes(end) % 2 == 1);
    // A backslash, or `\u` and up to three digits.
    let is_escape = |length: &usize| *length == 1 || bytes.get(bytes.len() + 1 - length) == Some(&b'u');
    (1..=5).find(|length| begun(length) && is_escape(length)).and_then(|length| bytes.get(bytes.len() - length..))
}

/// Returns whether `bytes` end inside a string that is in the position of a member name: after `{` or `,`.
fn begins_name(bytes: &[u8]) -> bool {
    let is_open =
        |at: &usize| bytes.get(*at) == Some(&b'"') && open_escape(bytes.get(..*at).unwrap_or_default()).is_none();
    let Some(quote) = (0..bytes.len()).rev().find(is_open) else { return false };
    bytes.get(..quote).is_some_and(|before| matches!(before.trim_ascii_end().last(), Some(b'{' | b',')))
}
