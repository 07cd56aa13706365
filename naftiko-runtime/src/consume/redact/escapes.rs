//! Decodes the escapes of JSON, XML and URLs in a string, and records which bytes of the source each decoded byte comes
//! from.

/// The longest supported escape, in bytes: `&#x0010FFFF;`.
const MAX_ESCAPE: usize = 12;

/// Returns whether an escape can begin with this byte.
pub(super) fn introduces(byte: u8) -> bool {
    matches!(byte, b'\\' | b'&' | b'%')
}

/// The kind of escape that begins at an introducer (`\`, `&` or `%`).
pub(super) enum Escape {
    /// Not an escape.
    None,
    /// An incomplete escape at the end of the text.
    Open,
    /// A backslash that only escapes the next character: `\/`, `\"`, `\\`, and `\=` in Markdown.
    Bare,
    /// A decoded byte, and the length of the escape.
    Byte(u8, usize),
    /// A decoded character or half of a surrogate pair, and the length of the escape.
    Code(u32, usize),
}

/// Reads the escape whose bytes `at` returns; byte 0 is the introducer.
pub(super) fn escape(at: impl Fn(usize) -> Option<u8>) -> Escape {
    let hex = |from: usize, count: usize| {
        let mut value = 0;
        for index in from..from + count {
            let Some(byte) = at(index) else { return Escape::Open };
            let Some(digit) = char::from(byte).to_digit(16) else { return Escape::None };
            value = value * 16 + digit;
        }
        let length = from + count;
        if count == 2 {
            u8::try_from(value).map_or(Escape::None, |byte| Escape::Byte(byte, length))
        } else {
            Escape::Code(value, length)
        }
    };
    let or_bare = |escape| if matches!(escape, Escape::None) { Escape::Bare } else { escape };
    match (at(0), at(1)) {
        (Some(b'\\' | b'&' | b'%'), None) => Escape::Open,
        (Some(b'%'), Some(b'u')) => hex(2, 4),
        (Some(b'%'), _) => hex(1, 2),
        (Some(b'\\'), Some(b'u')) => or_bare(hex(2, 4)),
        (Some(b'\\'), Some(b'x')) => or_bare(hex(2, 2)),
        (Some(b'\\'), Some(b'n')) => Escape::Byte(b'\n', 2),
        (Some(b'\\'), Some(b'r')) => Escape::Byte(b'\r', 2),
        (Some(b'\\'), Some(b't')) => Escape::Byte(b'\t', 2),
        (Some(b'\\'), Some(b'b')) => Escape::Byte(8, 2),
        (Some(b'\\'), Some(b'f')) => Escape::Byte(12, 2),
        (Some(b'\\'), _) => Escape::Bare,
        (Some(b'&'), Some(b'#')) => numbered(at),
        (Some(b'&'), _) => named(at),
        _ => Escape::None,
    }
}

/// Reads a numeric character reference (XML 1.0, section 4.1).
fn numbered(at: impl Fn(usize) -> Option<u8>) -> Escape {
    let (from, radix) = if matches!(at(2), Some(b'x' | b'X')) { (3, 16) } else { (2, 10) };
    let mut value = 0_u32;
    for index in from..MAX_ESCAPE {
        match at(index) {
            None => return Escape::Open,
            Some(b';') if index > from => return Escape::Code(value, index + 1),
            Some(byte) => match char::from(byte).to_digit(radix) {
                Some(digit) => value = value.saturating_mul(radix).saturating_add(digit),
                None => return Escape::None,
            },
        }
    }
    Escape::None
}

/// The predefined entities of XML (XML 1.0, section 4.6).
const NAMES: [(&str, u8); 5] = [("amp;", b'&'), ("lt;", b'<'), ("gt;", b'>'), ("quot;", b'"'), ("apos;", b'\'')];

/// Returns whether an introducer without a complete escape would begin one if the escape that follows were decoded: `&lt%3B`, `%3%43`,
/// `\u00%33c`. `at` returns the text after the introducer.
pub(super) fn has_escaped_part(at: impl Fn(usize) -> Option<u8>) -> bool {
    let length = (1..MAX_ESCAPE).find(|index| at(*index).is_none_or(introduces)).unwrap_or(MAX_ESCAPE);
    if !at(length).is_some_and(introduces) {
        return false;
    }
    let digits = |from: usize| (from..length).all(|index| at(index).is_some_and(|byte| byte.is_ascii_hexdigit()));
    let begins = |name: &str| (1..length).zip(name.bytes()).all(|(index, byte)| at(index) == Some(byte));
    match (at(0), at(1).filter(|_| length > 1)) {
        (_, None) => true,
        (Some(b'&'), Some(b'#')) => digits(2) || matches!(at(2), Some(b'x' | b'X')) && digits(3),
        (Some(b'&'), _) => NAMES.iter().any(|(name, _)| begins(name)),
        (Some(b'%'), Some(b'u')) | (Some(b'\\'), Some(b'u' | b'x')) => digits(2),
        (Some(b'%'), _) => digits(1),
        _ => false,
    }
}

/// Reads one of the predefined entities of XML.
fn named(at: impl Fn(usize) -> Option<u8>) -> Escape {
    for (name, byte) in NAMES {
        let end = name.bytes().enumerate().find(|(index, byte)| at(index + 1) != Some(*byte));
        match end {
            None => return Escape::Byte(byte, name.len() + 1),
            Some((index, _)) if at(index + 1).is_none() => return Escape::Open,
            Some(_) => {}
        }
    }
    Escape::None
}

/// A string with its escapes decoded.
#[derive(Default)]
pub(super) struct DecodedText {
    pub(super) text: Vec<u8>,
    /// The start and end in the source of each byte of `text`.
    pub(super) spans: Vec<(usize, usize)>,
}

/// Decodes the escapes of a whole string, including those that decoding produces: `%26amp%3B` becomes `&`. A backslash at the end
/// is dropped.
pub(super) fn decode(bytes: &[u8]) -> DecodedText {
    decode_backwards(bytes, false)
}

/// Decodes the beginning of a string as [`decode`] does, but keeps a backslash at the end: with the text that follows, it can be an escape.
pub(super) fn decode_prefix(bytes: &[u8]) -> DecodedText {
    decode_backwards(bytes, true)
}

/// Decodes from the end to the start, so that the text after an introducer is already decoded when the introducer is reached.
fn decode_backwards(bytes: &[u8], is_prefix: bool) -> DecodedText {
    let mut decoded = DecodedText { text: Vec::with_capacity(bytes.len()), spans: Vec::with_capacity(bytes.len()) };
    for (at, byte) in bytes.iter().enumerate().rev() {
        decoded.push(*byte, (at, at + 1));
        while decoded.text.last().is_some_and(|byte| introduces(*byte)) && decoded.reduce(is_prefix) {}
    }
    decoded.text.reverse();
    decoded.spans.reverse();
    decoded
}

impl DecodedText {
    fn push(&mut self, byte: u8, span: (usize, usize)) {
        self.text.push(byte);
        self.spans.push(span);
    }

    /// Removes bytes from the front of the text, which is stored in reverse; returns their combined span.
    fn take(&mut self, length: usize) -> (usize, usize) {
        let kept = self.text.len().saturating_sub(length);
        let start = self.spans.last().map_or(0, |span| span.0);
        let end = self.spans.get(kept).map_or(start, |span| span.1);
        self.text.truncate(kept);
        self.spans.truncate(kept);
        (start, end)
    }

    /// Decodes the escape at the front; returns whether the decoded character may begin another escape. Without
    /// `is_prefix`, the backslash of an incomplete escape at the end is dropped; other incomplete escapes are always kept.
    fn reduce(&mut self, is_prefix: bool) -> bool {
        let peek = |index: usize| self.text.len().checked_sub(index + 1).and_then(|at| self.text.get(at)).copied();
        let is_escaped = |index: usize| {
            let span = self.spans.len().checked_sub(index + 1).and_then(|at| self.spans.get(at));
            span.is_some_and(|(start, end)| end - start > 1)
        };
        // `\\u0074` has become `\t` by now, but a backslash does not form an escape with a decoded character: it is only dropped.
        let is_bare = self.text.last() == Some(&b'\\') && !is_escaped(0) && is_escaped(1);
        match if is_bare { Escape::Bare } else { escape(peek) } {
            Escape::Byte(byte, length) => {
                let span = self.take(length);
                self.push(byte, span);
                true
            }
            Escape::Code(code, length) => {
                let span = self.take(length);
                self.push_code(code, span);
                true
            }
            Escape::Open if is_prefix || self.text.last() != Some(&b'\\') => false,
            Escape::Bare | Escape::Open => {
                let (start, _) = self.take(1);
                if let Some(span) = self.spans.last_mut() {
                    span.0 = start;
                }
                false
            }
            Escape::None => false,
        }
    }

    /// Pushes a character as UTF-8. Decoding runs backwards: the second half of a surrogate pair is
    /// encoded alone until the first half, which precedes it, is decoded.
    fn push_code(&mut self, code: u32, mut span: (usize, usize)) {
        let [.., third, second, first] = self.text.as_slice() else { return self.push_bytes(code, span) };
        let low = 0xD000 | (u32::from(second & 0x3F) << 6) | u32::from(third & 0x3F);
        let paired = *first == 0xED && (0xDC00..0xE000).contains(&low) && (0xD800..0xDC00).contains(&code);
        if !paired {
            return self.push_bytes(code, span);
        }
        span.1 = self.take(3).1;
        self.push_bytes(0x10000 + ((code & 0x3FF) << 10) + (low & 0x3FF), span);
    }

    fn push_bytes(&mut self, code: u32, span: (usize, usize)) {
        let mut buffer = [0; 4];
        let byte = |bits: u32| u8::try_from(bits & 0xFF).unwrap_or_default();
        let surrogate = [byte(0xE0 | (code >> 12)), byte(0x80 | ((code >> 6) & 0x3F)), byte(0x80 | (code & 0x3F))];
        let bytes = match char::from_u32(code) {
            Some(c) => c.encode_utf8(&mut buffer).as_bytes(),
            None if code < 0x10000 => &surrogate,
            None => "\u{fffd}".as_bytes(),
        };
        for byte in bytes.iter().rev() {
            self.push(*byte, span);
        }
    }
}

/// Returns the positions at the end of a decoded text where an incomplete escape may begin.
pub(super) fn open_ends(text: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let from = text.len().saturating_sub(MAX_ESCAPE);
    (from..text.len()).filter(move |start| match text.get(*start..) {
        // The first half of a surrogate pair.
        Some([0xED, 0xA0..=0xAF, _]) => true,
        Some([first, ..]) if introduces(*first) => {
            matches!(escape(|index| text.get(start + index).copied()), Escape::Open)
        }
        _ => false,
    })
}
