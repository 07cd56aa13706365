//! Finds secrets in bytes in all their encodings: plain text, UTF-16, base64 or hexadecimal digits, each possibly escaped.

use super::escapes::{DecodedText, Escape, decode, decode_prefix, escape, has_escaped_part, introduces, open_ends};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use memchr::memmem::Finder;
use std::fmt::Write as _;
use std::ops::Range;

/// The minimum length of a secret that is matched inside a string, in bytes. A shorter secret is only matched as a whole string.
pub(super) const SHORT: usize = 4;

/// The minimum length of a piece of base64 text that is searched for, in characters.
const SHORTEST_PART: usize = 8;

/// The length of the longest escape that ends in a digit, `\u0030`, in bytes.
const LONGEST_ESCAPE: usize = 6;

/// The assumed maximum number of bytes that encode one byte: two nested escapes of six bytes, such as `&#x26;&#x23;…`.
const MAX_EXPANSION: usize = 36;

/// The assumed maximum number of nested escapes, as in `&amp;lt;`, which has two.
const MAX_NESTING: usize = 4;

/// The maximum number of bytes between two escapes of one secret, in addition to the secret's own bytes.
const MARGIN: usize = 40;

/// The approximate maximum size of a part that is decoded at once, in bytes; for long secrets, it is larger.
const WINDOW: usize = 64 * 1024;

/// The size of the skip table, which is indexed by pairs of bytes.
const PAIRS: usize = 4096;

/// The characters that JSON uses outside strings.
const OUTSIDE: &[u8] = b"0123456789+-.eE,:[]{} \t\r\ntrufalsn";

/// A byte string to search for.
struct Needle {
    text: Vec<u8>,
    /// The text with its escapes decoded.
    decoded: Vec<u8>,
    /// Searches decoded strings for `decoded` without the incomplete escape at its end, which bytes after the secret could complete.
    finder: Finder<'static>,
    /// Whether the text includes the quotes around the secret, which are not masked.
    quoted: bool,
    /// Whether the secret consists of digits, so that it is not matched inside longer numbers.
    number: bool,
}

impl Needle {
    /// Returns the range in `source` of the needle whose `finder` matches at `start` in the decoded text; `None` if the
    /// rest of the needle does not follow.
    fn source_range(&self, source: &[u8], decoded: &DecodedText, start: usize) -> Option<Range<usize>> {
        let span = |at: usize| decoded.spans.get(at).copied();
        let from = |at: usize| span(at).map_or(source.len(), |span| span.0);
        let (middle, end) = (start + self.finder.needle().len(), start + self.decoded.len());
        if decoded.text.get(start..end) == Some(&self.decoded) {
            let edge = usize::from(self.quoted);
            return Some(span(start + edge)?.0..span((end - edge).checked_sub(1)?)?.1);
        }
        // Later bytes have completed the escape at the end of the needle, or a backslash at the end of the text was dropped.
        let open = self.decoded.get(middle - start..).filter(|open| !open.is_empty())?;
        let after = self.open_start(source, decoded, start);
        // A byte with a span of length 1 was not decoded, so no escape was completed.
        if span(middle).is_some_and(|(start, end)| end - start == 1) {
            return None;
        }
        let mut length = None;
        for end in 1..=(source.len() - after).min(MAX_EXPANSION * open.len()) {
            let text = decode_prefix(source.get(after..after + end)?).text;
            if text == open {
                length = Some(end);
            }
            if text.len() > open.len() + MARGIN {
                break;
            }
        }
        let length = length?;
        Some(from(start)..after + length)
    }

    /// Returns where in `source` the incomplete escape at the end of the needle would begin, if the rest of the needle is at `start` in
    /// the decoded text.
    fn open_start(&self, source: &[u8], decoded: &DecodedText, start: usize) -> usize {
        let middle = start + self.finder.needle().len();
        let last = middle.checked_sub(1).filter(|_| middle > start);
        let (spans, from) = (&decoded.spans, |at: usize| decoded.spans.get(at).map(|span| span.0));
        last.and_then(|last| spans.get(last)).map(|span| span.1).or_else(|| from(middle)).unwrap_or(source.len())
    }

    /// Returns where in `source` the needle may begin, if the incomplete escape at its end has begun.
    fn begun(&self, source: &[u8], decoded: &DecodedText) -> Option<usize> {
        let open = self.decoded.get(self.finder.needle().len())?;
        let mut starts = self.finder.find_iter(&decoded.text).filter(|start| {
            let rest = source.get(self.open_start(source, decoded, *start)..).unwrap_or_default();
            let mut lengths = 1..=rest.len().min(MAX_EXPANSION);
            lengths.any(|length| decode_prefix(rest.get(..length).unwrap_or_default()).text == [*open])
        });
        starts.next().map(|start| decoded.spans.get(start).map_or(source.len(), |span| span.0))
    }
}

/// An occurrence of a secret.
#[derive(Debug)]
pub(super) struct Hit {
    pub(super) at: Range<usize>,
    /// Whether it was found without decoding an escape.
    pub(super) literal: bool,
    /// Whether the secret consists of digits.
    number: bool,
}

impl Hit {
    /// Returns whether the occurrence is part of a longer number; `None` if that depends on what follows `bytes`.
    /// `before` is the end of the text before `bytes`; `last` is set if nothing follows `bytes`.
    pub(super) fn is_part_of_number(&self, before: &[u8], bytes: &[u8], last: bool) -> Option<bool> {
        if !self.number {
            return Some(false);
        }
        let back = |distance: usize| match self.at.start.checked_sub(distance) {
            Some(at) => bytes.get(at).copied(),
            None => before.len().checked_sub(distance - self.at.start).and_then(|at| before.get(at).copied()),
        };
        let after = |distance: usize| bytes.get(self.at.end + distance).copied();
        let is_digit = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_digit());
        // Digits at the end of an escape, such as `%20`, do not belong to the number that follows.
        let follows_escape = (3..=LONGEST_ESCAPE).any(|length| {
            let escape = escape(|index| length.checked_sub(index).filter(|left| *left > 0).and_then(back));
            matches!(escape, Escape::Byte(_, own) | Escape::Code(_, own) if own == length)
        });
        let next = if after(0) == Some(b'.') { after(1) } else { after(0) };
        if next.is_none() && !last {
            return None;
        }
        let has_begun = is_digit(back(1)) || (back(1) == Some(b'.') && is_digit(back(2)));
        Some(is_digit(next) || (has_begun && !follows_escape))
    }
}

/// The searcher for the secrets of a redactor.
pub(super) struct SecretSearcher {
    /// Sorted by length, longest first.
    needles: Vec<Needle>,
    /// The length of the shortest needle, at most 255.
    shortest: usize,
    /// For each pair of bytes: how many bytes the search can skip, because no needle can match there.
    skips: Box<[u8; PAIRS]>,
    /// For each byte: whether it occurs in a decoded needle.
    occurs: [bool; 256],
    /// Whether a needle ends in an incomplete escape, so that its end in an escaped text depends on the bytes that follow.
    pub(super) has_open_ends: bool,
    /// The maximum distance between two escapes in one occurrence, in bytes.
    margin: usize,
    /// The maximum length of an occurrence in bytes, including escapes.
    pub(super) max_length: usize,
    /// Whether a secret could appear in JSON, but not within one string: as a number or punctuation, or around a quote.
    pub(super) can_match_outside_strings: bool,
}

/// Returns the index of a pair of bytes in the skip table.
fn pair(first: u8, second: u8) -> usize {
    (usize::from(first) ^ (usize::from(second) << 4)) % PAIRS
}

impl SecretSearcher {
    /// Creates a searcher for these strings; `None` if there is nothing to search for.
    pub(super) fn new<'a>(secrets: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut needles: Vec<(Vec<u8>, bool)> = Vec::new();
        let mut numbers: Vec<Vec<u8>> = Vec::new();
        for secret in secrets.filter(|secret| !secret.is_empty()) {
            let json = serde_json::Value::from(secret).to_string();
            if secret.len() < SHORT {
                needles.extend([(format!("\"{secret}\"").into_bytes(), true), (json.into_bytes(), true)]);
            } else {
                needles.push((json.as_bytes()[1..json.len() - 1].to_vec(), false));
                numbers.extend(secret.bytes().all(|byte| byte.is_ascii_digit()).then(|| secret.into()));
                needles.extend(forms(secret).map(|form| (form, false)));
            }
        }
        needles.sort_by(|one, other| other.0.len().cmp(&one.0.len()).then_with(|| one.cmp(other)));
        needles.dedup();
        let longest = needles.first()?.0.len();
        let shortest = needles.last()?.0.len().min(usize::from(u8::MAX));
        let last = u8::try_from(shortest - 1).unwrap_or(u8::MAX);
        let mut skips = Box::new([last; PAIRS]);
        let mut occurs = [false; 256];
        let (mut can_match_outside_strings, mut has_open_ends) = (false, false);
        let needle = |(text, quoted): (Vec<u8>, bool)| {
            let number = numbers.contains(&text);
            for (skip, two) in (0..last).rev().zip(text.windows(2)) {
                if let [first, second] = two {
                    let known = &mut skips[pair(*first, *second)];
                    *known = skip.min(*known);
                }
            }
            let decoded = decode_prefix(&text).text;
            let is_outside = |text: &[u8]| text.iter().all(|byte| OUTSIDE.contains(byte) || *byte == b'"');
            can_match_outside_strings |=
                is_outside(&text) || is_outside(&decoded) || (!quoted && decoded.contains(&b'"'));
            for byte in &decoded {
                occurs[usize::from(*byte)] = true;
            }
            let end = open_ends(&decoded).next().unwrap_or(decoded.len());
            has_open_ends |= end < decoded.len();
            let finder = Finder::new(decoded.get(..end).unwrap_or_default()).into_owned();
            Needle { text, decoded, finder, quoted, number }
        };
        let needles = needles.into_iter().map(needle).collect();
        let (margin, max_length) = (longest + MARGIN, MAX_EXPANSION * longest);
        Some(Self { needles, shortest, skips, occurs, has_open_ends, margin, max_length, can_match_outside_strings })
    }

    /// Returns all occurrences of secrets; they can overlap.
    pub(super) fn find(&self, bytes: &[u8]) -> Vec<Hit> {
        let mut hits = Vec::new();
        self.find_literal(bytes, &mut hits);
        // Decoding is slow, so only the bytes around escapes are decoded. A window that has become too long is followed by one that
        // overlaps it by the longest occurrence; it is twice as long as that, so that no byte is decoded often.
        let longest = WINDOW.max(2 * self.max_length);
        let mut window = 0..0;
        for at in memchr::memchr3_iter(b'\\', b'&', b'%', bytes) {
            if bytes.get(at..).is_some_and(|rest| self.cannot_be_secret(rest)) {
                continue;
            }
            let (start, end) = (at.saturating_sub(self.margin), (at + self.margin).min(bytes.len()));
            if start <= window.end && window.len() < longest {
                window.end = end;
            } else {
                let overlaps = start <= window.end;
                self.find_escaped(bytes, window, &mut hits);
                window = if overlaps { at.saturating_sub(self.max_length)..end } else { start..end };
            }
        }
        self.find_escaped(bytes, window, &mut hits);
        hits
    }

    /// Searches with the Wu-Manber algorithm, which skips most bytes.
    fn find_literal(&self, bytes: &[u8], hits: &mut Vec<Hit>) {
        let mut last = self.shortest - 1;
        while let Some([first, second]) = bytes.get(last.wrapping_sub(1)..=last) {
            let skip = self.skips.get(pair(*first, *second)).copied().unwrap_or_default();
            if skip > 0 {
                last += usize::from(skip);
                continue;
            }
            let start = last + 1 - self.shortest;
            let rest = bytes.get(start..).unwrap_or_default();
            for needle in self.needles.iter().filter(|needle| rest.starts_with(&needle.text)) {
                let end = start + needle.text.len();
                let at = if needle.quoted { start + 1..end - 1 } else { start..end };
                hits.push(Hit { at, literal: true, number: needle.number });
            }
            last += 1;
        }
    }

    /// Searches a window of `bytes`, with its escapes decoded.
    fn find_escaped(&self, bytes: &[u8], window: Range<usize>, hits: &mut Vec<Hit>) {
        let offset = window.start;
        let Some(bytes) = bytes.get(window).filter(|bytes| !bytes.is_empty()) else { return };
        let decoded = decode(bytes);
        for needle in &self.needles {
            for start in needle.finder.find_iter(&decoded.text) {
                let Some(Range { start: from, end: to }) = needle.source_range(bytes, &decoded, start) else {
                    continue;
                };
                // Digits without an escape are found by the literal search, or are part of a longer number.
                if !(needle.number && to - from == needle.decoded.len()) {
                    hits.push(Hit { at: offset + from..offset + to, literal: false, number: false });
                }
            }
        }
    }

    /// Returns whether the escape at the start of `rest` cannot be part of a secret.
    fn cannot_be_secret(&self, rest: &[u8]) -> bool {
        let (mut first, mut at) = (rest.first().copied(), 0);
        // The decoded byte may begin another escape.
        for _ in 0..MAX_NESTING {
            let next = |index: usize| if index == 0 { first } else { rest.get(at + index).copied() };
            let (byte, length) = match escape(next) {
                Escape::Open => return false,
                Escape::None | Escape::Bare if has_escaped_part(next) => return false,
                Escape::None => return at == 0 || !first.is_some_and(|byte| self.occurs[usize::from(byte)]),
                Escape::Bare => {
                    let held = at > 0 && self.occurs[usize::from(b'\\')];
                    return !held && next(1).is_some_and(|byte| !self.occurs[usize::from(byte)]);
                }
                Escape::Byte(byte, length) => (byte, length),
                Escape::Code(code, length) => match u8::try_from(code) {
                    Ok(byte) if byte.is_ascii() => (byte, length),
                    _ => return self.occurs[128..].iter().all(|held| !held),
                },
            };
            if !introduces(byte) {
                return !self.occurs[usize::from(byte)];
            }
            if self.has_open_ends {
                return false;
            }
            (first, at) = (Some(byte), at + length - 1);
        }
        false
    }

    /// Returns the length of the longest suffix of `bytes` that may be the start of a secret.
    pub(super) fn tail(&self, bytes: &[u8]) -> usize {
        let literal = self.needles.iter().map(|needle| overlap(bytes, &needle.text)).max().unwrap_or_default();
        let earliest = bytes.len().saturating_sub(self.max_length);
        let mut from = bytes.len();
        for at in memchr::memchr3_iter(b'\\', b'&', b'%', bytes.get(earliest..).unwrap_or_default()).rev() {
            let at = earliest + at;
            if from - at > self.margin + MARGIN {
                break;
            }
            if !self.cannot_be_secret(bytes.get(at..).unwrap_or_default()) {
                from = at;
            }
        }
        if from == bytes.len() {
            return literal;
        }
        let end = bytes.get(from.saturating_sub(self.margin)..).unwrap_or_default();
        let mut start = end.len();
        for cut in nested_cuts(end) {
            start = start.min(cut).min(self.unfinished_start(end.get(..cut).unwrap_or_default()));
        }
        // An escape that has begun after a secret can hide the end of the secret.
        let recent = bytes.get(earliest..).unwrap_or_default();
        let begun = if self.has_open_ends {
            let decoded = decode_prefix(recent);
            self.needles.iter().filter_map(|needle| needle.begun(recent, &decoded)).min()
        } else {
            None
        };
        literal.max(end.len() - start).max(begun.map_or(0, |begun| recent.len() - begun))
    }

    /// Returns the position of the first secret, possibly escaped, that may continue after the end of `bytes`; the length of `bytes` if
    /// no secret may continue.
    fn unfinished_start(&self, bytes: &[u8]) -> usize {
        let decoded = decode_prefix(bytes);
        let start = |cut: usize| {
            let text = decoded.text.get(..cut).unwrap_or_default();
            let longest = self.needles.iter().map(|needle| overlap(text, &needle.decoded)).max();
            decoded.spans.get(cut - longest.unwrap_or_default()).map(|span| span.0)
        };
        nested_cuts(&decoded.text).into_iter().filter_map(start).min().unwrap_or(bytes.len())
    }

    /// Returns whether a string, with its escapes decoded, is one of the short secrets.
    pub(super) fn is_short(&self, text: &[u8]) -> bool {
        self.needles.iter().filter(|needle| needle.quoted).any(|needle| {
            let short = needle.text.get(1..needle.text.len() - 1).unwrap_or_default();
            // With escapes, a short secret is at most this long.
            text.len() <= self.max_length && (text == short || decode(text).text == short)
        })
    }
}

/// Returns the length of a string, and the positions near its end where an incomplete escape may begin. Escapes can be
/// nested: `\\u00`.
fn nested_cuts(text: &[u8]) -> Vec<usize> {
    let mut cuts = vec![text.len()];
    for _ in 1..MAX_NESTING {
        let open = |cut: &usize| open_ends(text.get(..*cut).unwrap_or_default()).collect::<Vec<_>>();
        cuts = cuts.iter().flat_map(open).chain([text.len()]).collect();
        cuts.sort_unstable();
        cuts.dedup();
    }
    cuts
}

/// Returns the length of the longest suffix of `text` that is a proper prefix of `needle`.
fn overlap(text: &[u8], needle: &[u8]) -> usize {
    let window = text.len().saturating_sub(needle.len().saturating_sub(1));
    let end = text.get(window..).unwrap_or_default();
    let Some(first) = needle.first() else { return 0 };
    memchr::memchr_iter(*first, end)
        .find(|at| needle.starts_with(end.get(*at..).unwrap_or_default()))
        .map_or(0, |at| end.len() - at)
}

/// Returns the encodings of a secret, without escapes.
fn forms(secret: &str) -> impl Iterator<Item = Vec<u8>> {
    let bytes = secret.as_bytes();
    // Without the zero byte at the edge, ASCII is the same in both byte orders.
    let utf16 = [u16::to_le_bytes, u16::to_be_bytes].map(|order| {
        let text: Vec<u8> = secret.encode_utf16().flat_map(order).collect();
        let text = text.strip_prefix(&[0]).unwrap_or(&text);
        text.strip_suffix(&[0]).unwrap_or(text).to_vec()
    });
    let mut forms = vec![secret.to_owned()];
    if secret.contains(' ') {
        // Forms encode a space as `+` (application/x-www-form-urlencoded).
        forms.push(secret.replace(' ', "+"));
    }
    let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    forms.extend([hex.to_ascii_uppercase(), hex, STANDARD_NO_PAD.encode(bytes), URL_SAFE_NO_PAD.encode(bytes)]);
    for before in 0..3 {
        // In the base64 of a longer text, the characters at the edges also depend on the bytes around the secret; they are left out.
        let whole = [&[0; 2][..before.min(2)], bytes].concat();
        for encoded in [STANDARD.encode(&whole), URL_SAFE.encode(&whole)] {
            let part = encoded.get((before * 8).div_ceil(6)..whole.len() * 8 / 6).unwrap_or_default();
            if part.len() >= SHORTEST_PART {
                forms.push(part.to_owned());
            }
        }
    }
    forms.into_iter().map(String::into_bytes).chain(utf16)
}
