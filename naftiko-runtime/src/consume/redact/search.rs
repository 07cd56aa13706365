//! Finding secrets in bytes, however they are written: as they are, in base64 or hexadecimal digits, and any of that escaped.

use super::escapes::{Escape, escape, introduces, open_ends, plain};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use memchr::memmem::Finder;
use std::fmt::Write as _;
use std::ops::Range;

/// Secrets that are shorter are looked for as the whole of a text alone.
pub(super) const SHORT: usize = 4;

/// A part of a longer base64 text is looked for if it has this length.
const SHORTEST_PART: usize = 8;

/// How much of what comes before a secret decides whether it is one, in bytes: `\u0020`.
pub(super) const BEFORE: usize = 6;

/// How many bytes a byte may be written in: two escapes around each other, as `&#x26;&#x23;…`.
const GROWTH: usize = 36;

/// How many bytes may stand between two escapes of one secret, beside those of the secret.
const MARGIN: usize = 40;

/// The most that is decoded at once, in bytes.
const WINDOW: usize = 64 * 1024;

/// The size of the table of pairs of bytes.
const PAIRS: usize = 4096;

/// What JSON is made of outside of its strings.
pub(super) const OUTSIDE: &[u8] = b"0123456789+-.eE,:[]{} \t\r\ntrufalsn";

/// One thing to look for.
struct Needle {
    text: Vec<u8>,
    /// The same without escapes, for texts whose escapes are undone.
    plain: Finder<'static>,
    /// Between quotes, which stay.
    quoted: bool,
    /// A secret that consists of digits: it is not looked for in longer numbers.
    number: bool,
}

/// A place where a secret was found.
#[derive(Debug)]
pub(super) struct Hit {
    pub(super) at: Range<usize>,
    /// Without an escape being undone.
    pub(super) literal: bool,
    /// A secret that consists of digits.
    number: bool,
}

impl Hit {
    /// Whether it is a part of a longer number; `None` if what comes after `bytes` decides. `before` is the end of what came
    /// before them.
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
        // `%20` ends in a digit and is not one.
        let is_escaped = (3..=BEFORE).any(|length| {
            let escape = escape(|index| length.checked_sub(index).filter(|left| *left > 0).and_then(back));
            matches!(escape, Escape::Byte(_, own) | Escape::Code(_, own) if own == length)
        });
        let next = if after(0) == Some(b'.') { after(1) } else { after(0) };
        if next.is_none() && !last {
            return None;
        }
        let has_begun = is_digit(back(1)) || (back(1) == Some(b'.') && is_digit(back(2)));
        Some(is_digit(next) || (has_begun && !is_escaped))
    }
}

/// All that is looked for.
pub(super) struct Search {
    /// The longest first.
    needles: Vec<Needle>,
    /// The length of the shortest.
    shortest: usize,
    /// By pair of bytes: how far the next one that may end the start of a needle is away.
    skips: Box<[u8; PAIRS]>,
    /// Which bytes are in needles.
    holds: [bool; 256],
    /// How far apart two escapes of one may be, in bytes.
    margin: usize,
    /// How far one may reach in bytes, escapes and all.
    pub(super) reach: usize,
    /// Whether one could stand in JSON outside of a string.
    pub(super) exact: bool,
}

fn pair(first: u8, second: u8) -> usize {
    (usize::from(first) ^ (usize::from(second) << 4)) % PAIRS
}

impl Search {
    /// One for those texts; `None` if there is nothing to look for.
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
        let mut holds = [false; 256];
        let mut exact = false;
        let needle = |(text, quoted): (Vec<u8>, bool)| {
            let number = numbers.contains(&text);
            for (skip, two) in (0..last).rev().zip(text.windows(2)) {
                if let [first, second] = two {
                    let known = &mut skips[pair(*first, *second)];
                    *known = skip.min(*known);
                }
            }
            let mut decoded = plain(&text, true).text;
            let outside = |byte: &u8| OUTSIDE.contains(byte) || (quoted && *byte == b'"');
            exact |= text.iter().all(outside) || decoded.iter().all(outside);
            for byte in &decoded {
                holds[usize::from(*byte)] = true;
            }
            let end = open_ends(&decoded).next().filter(|end| *end >= SHORT).unwrap_or(decoded.len());
            decoded.truncate(end);
            Needle { text, plain: Finder::new(&decoded).into_owned(), quoted, number }
        };
        let needles = needles.into_iter().map(needle).collect();
        Some(Self { needles, shortest, skips, holds, margin: longest + MARGIN, reach: GROWTH * longest, exact })
    }

    /// Where secrets are; places may overlap.
    pub(super) fn find(&self, bytes: &[u8]) -> Vec<Hit> {
        let mut hits = Vec::new();
        self.find_literal(bytes, &mut hits);
        let mut window = 0..0;
        for at in memchr::memchr3_iter(b'\\', b'&', b'%', bytes) {
            if bytes.get(at..).is_some_and(|rest| self.is_innocent(rest)) {
                continue;
            }
            let (start, end) = (at.saturating_sub(self.margin), (at + self.margin).min(bytes.len()));
            if start <= window.end && window.len() < WINDOW {
                window.end = end;
            } else {
                self.find_escaped(bytes, window, &mut hits);
                window = start..end;
            }
        }
        self.find_escaped(bytes, window, &mut hits);
        hits
    }

    /// Wu and Manber's search: most bytes are never looked at.
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

    fn find_escaped(&self, bytes: &[u8], window: Range<usize>, hits: &mut Vec<Hit>) {
        let offset = window.start;
        let Some(bytes) = bytes.get(window).filter(|bytes| !bytes.is_empty()) else { return };
        let plain = plain(bytes, false);
        for needle in &self.needles {
            let length = needle.plain.needle().len();
            for start in needle.plain.find_iter(&plain.text) {
                let (start, end) =
                    if needle.quoted { (start + 1, start + length - 1) } else { (start, start + length) };
                if let Some(spans) = plain.spans.get(start..end)
                    && let (Some((from, _)), Some((_, to))) = (spans.first(), spans.last())
                    // Digits without an escape are found literally, or belong to a longer number.
                    && !(needle.number && to - from == length)
                {
                    hits.push(Hit { at: offset + from..offset + to, literal: false, number: false });
                }
            }
        }
    }

    /// Whether the escape at the start of `rest` is surely in no secret.
    fn is_innocent(&self, rest: &[u8]) -> bool {
        let (mut first, mut at) = (rest.first().copied(), 0);
        // What comes of an escape may begin another one.
        for _ in 0..4 {
            let next = |index: usize| if index == 0 { first } else { rest.get(at + index).copied() };
            let (byte, length) = match escape(next) {
                Escape::Open => return false,
                Escape::None => {
                    let escaped = |index| next(index).is_some_and(introduces);
                    let held = at > 0 && first.is_some_and(|byte| self.holds[usize::from(byte)]);
                    return !(held || escaped(1) || first == Some(b'%') && escaped(2));
                }
                Escape::Bare => {
                    let held = at > 0 && self.holds[usize::from(b'\\')];
                    return !held && next(1).is_some_and(|byte| !introduces(byte) && !self.holds[usize::from(byte)]);
                }
                Escape::Byte(byte, length) => (byte, length),
                Escape::Code(code, length) => match u8::try_from(code) {
                    Ok(byte) if byte.is_ascii() => (byte, length),
                    _ => return self.holds[128..].iter().all(|held| !held),
                },
            };
            if !introduces(byte) {
                return !self.holds[usize::from(byte)];
            }
            (first, at) = (Some(byte), at + length - 1);
        }
        false
    }

    /// The length of the longest end of `bytes` that may be the start of a secret.
    pub(super) fn tail(&self, bytes: &[u8]) -> usize {
        let literal = self.needles.iter().map(|needle| overlap(bytes, &needle.text)).max().unwrap_or_default();
        let earliest = bytes.len().saturating_sub(self.reach);
        let mut from = bytes.len();
        for at in memchr::memchr3_iter(b'\\', b'&', b'%', bytes.get(earliest..).unwrap_or_default()).rev() {
            let at = earliest + at;
            if from - at > self.margin + MARGIN {
                break;
            }
            if !self.is_innocent(bytes.get(at..).unwrap_or_default()) {
                from = at;
            }
        }
        if from == bytes.len() {
            return literal;
        }
        let end = bytes.get(from.saturating_sub(self.margin)..).unwrap_or_default();
        let mut start = end.len();
        for cut in open_ends(end).chain([end.len()]) {
            start = start.min(cut).min(self.begins(end.get(..cut).unwrap_or_default()));
        }
        literal.max(end.len() - start)
    }

    /// Where in bytes a secret begins that may go on behind their end, some of it escaped.
    fn begins(&self, bytes: &[u8]) -> usize {
        let plain = plain(bytes, true);
        // An escape at the end may go on, and so may one that it ends in.
        let mut cuts = vec![plain.text.len()];
        for _ in 0..3 {
            let open = |cut: &usize| open_ends(plain.text.get(..*cut).unwrap_or_default()).collect::<Vec<_>>();
            cuts = cuts.iter().flat_map(open).chain([plain.text.len()]).collect();
            cuts.sort_unstable();
            cuts.dedup();
        }
        let start = |cut: usize| {
            let text = plain.text.get(..cut).unwrap_or_default();
            let longest = self.needles.iter().map(|needle| overlap(text, needle.plain.needle())).max();
            plain.spans.get(cut - longest.unwrap_or_default()).map(|span| span.0)
        };
        cuts.into_iter().filter_map(start).min().unwrap_or(bytes.len())
    }

    /// Whether a text is one of the short secrets, escapes undone.
    pub(super) fn is_short(&self, text: &[u8]) -> bool {
        self.needles.iter().filter(|needle| needle.quoted).any(|needle| {
            let short = needle.text.get(1..needle.text.len() - 1).unwrap_or_default();
            // Escapes make it at most so long.
            text.len() <= self.reach && (text == short || plain(text, false).text == short)
        })
    }
}

/// The length of the longest end of `text` that is the start of `needle`, and not all of it.
fn overlap(text: &[u8], needle: &[u8]) -> usize {
    let window = text.len().saturating_sub(needle.len().saturating_sub(1));
    let end = text.get(window..).unwrap_or_default();
    let Some(first) = needle.first() else { return 0 };
    memchr::memchr_iter(*first, end)
        .find(|at| needle.starts_with(end.get(*at..).unwrap_or_default()))
        .map_or(0, |at| end.len() - at)
}

/// How a secret may be written, escapes aside.
fn forms(secret: &str) -> impl Iterator<Item = Vec<u8>> {
    let bytes = secret.as_bytes();
    // Without the zero at its edge, ASCII is the same in both byte orders.
    let utf16 = [u16::to_le_bytes, u16::to_be_bytes].map(|order| {
        let text: Vec<u8> = secret.encode_utf16().flat_map(order).collect();
        let text = text.strip_prefix(&[0]).unwrap_or(&text);
        text.strip_suffix(&[0]).unwrap_or(text).to_vec()
    });
    let mut forms = vec![secret.to_owned()];
    if secret.contains(' ') {
        // As forms do (application/x-www-form-urlencoded).
        forms.push(secret.replace(' ', "+"));
    }
    let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    forms.extend([hex.to_ascii_uppercase(), hex, STANDARD_NO_PAD.encode(bytes), URL_SAFE_NO_PAD.encode(bytes)]);
    for before in 0..3 {
        // Of a longer text: the characters that depend on the secret alone.
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
