//! Tracks the JSON grammar (RFC 8259) of a body, piece by piece: finds member names, and the first syntax error.

/// The maximum depth of a body that is treated as JSON.
const MAX_DEPTH: usize = 512;

/// The state of the parser: its position in the grammar, and whether the bytes so far are the beginning of JSON.
#[derive(Debug, Clone)]
pub(super) struct Grammar {
    /// The open arrays (`false`) and objects (`true`).
    open: Vec<bool>,
    expected: Expected,
    token: Token,
}

/// The tokens that can come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// A byte-order mark, or a value.
    Start,
    Value,
    ValueOrEnd,
    Name,
    NameOrEnd,
    Colon,
    CommaOrEnd,
    /// Only whitespace.
    End,
}

/// The token that has begun.
#[derive(Debug, Clone, Copy)]
enum Token {
    None,
    String {
        is_name: bool,
        escape: InEscape,
    },
    Number(InNumber),
    /// The rest of a literal or of a byte-order mark, and the tokens that can follow it.
    Literal(&'static [u8], Expected),
    /// The body is not JSON.
    Invalid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InEscape {
    None,
    Begun,
    /// How many hexadecimal digits follow.
    Digits(u8),
}

#[derive(Debug, Clone, Copy)]
enum InNumber {
    Minus,
    Zero,
    Integer,
    Point,
    Fraction,
    Exponent,
    ExponentSign,
    ExponentDigits,
}

impl Default for Grammar {
    fn default() -> Self {
        Self { open: Vec::new(), expected: Expected::Start, token: Token::None }
    }
}

impl Grammar {
    /// Starts inside a string.
    pub(super) fn of_string() -> Self {
        Self { token: Token::String { is_name: false, escape: InEscape::None }, ..Self::default() }
    }

    /// Returns whether an array or an object has begun.
    pub(super) fn is_in_structure(&self) -> bool {
        !self.open.is_empty()
    }

    /// Returns whether the bytes up to here are not the beginning of JSON.
    pub(super) fn is_invalid(&self) -> bool {
        matches!(self.token, Token::Invalid)
    }

    /// Returns whether a string has begun.
    pub(super) fn is_in_string(&self) -> bool {
        matches!(self.token, Token::String { .. })
    }

    /// Returns whether a member name has begun.
    pub(super) fn is_in_name(&self) -> bool {
        matches!(self.token, Token::String { is_name: true, .. })
    }

    /// Returns whether an escape in a string has begun.
    pub(super) fn is_in_escape(&self) -> bool {
        matches!(self.token, Token::String { escape: InEscape::Begun | InEscape::Digits(_), .. })
    }

    /// Reads more bytes, up to the beginning of an array or an object.
    pub(super) fn read_start(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.is_in_structure() || self.is_invalid() {
                return;
            }
            self.step(*byte);
        }
    }

    /// Reads more bytes.
    pub(super) fn read(&mut self, mut bytes: &[u8]) {
        loop {
            match self.token {
                Token::Invalid => return,
                Token::String { escape: InEscape::None, .. } => {
                    let Some(at) = memchr::memchr2(b'"', b'\\', bytes) else { return };
                    bytes = bytes.get(at..).unwrap_or_default();
                }
                _ => {}
            }
            let Some((byte, rest)) = bytes.split_first() else { return };
            self.step(*byte);
            bytes = rest;
        }
    }

    /// Reads to the end of the string. Returns the number of bytes up to and including the closing quote; `None` if the string does not
    /// end in `bytes`.
    pub(super) fn read_string(&mut self, bytes: &[u8]) -> Option<usize> {
        let at = bytes.iter().position(|byte| {
            self.step(*byte);
            !self.is_in_string()
        })?;
        Some(at + 1)
    }

    fn step(&mut self, byte: u8) {
        match self.token {
            Token::Invalid => {}
            Token::None => self.begin(byte),
            Token::String { is_name, escape } => self.token = self.in_string(byte, is_name, escape),
            Token::Literal(rest, next) => match rest.split_first() {
                Some((first, rest)) if *first == byte => self.literal(rest, next),
                _ => self.token = Token::Invalid,
            },
            Token::Number(state) => match in_number(state, byte) {
                Some(state) => self.token = Token::Number(state),
                None if matches!(
                    state,
                    InNumber::Zero | InNumber::Integer | InNumber::Fraction | InNumber::ExponentDigits
                ) =>
                {
                    (self.token, self.expected) = (Token::None, self.after_value());
                    self.begin(byte);
                }
                None => self.token = Token::Invalid,
            },
        }
    }

    fn literal(&mut self, rest: &'static [u8], next: Expected) {
        if rest.is_empty() {
            (self.token, self.expected) = (Token::None, next);
        } else {
            self.token = Token::Literal(rest, next);
        }
    }

    fn in_string(&mut self, byte: u8, is_name: bool, escape: InEscape) -> Token {
        let escape = match (escape, byte) {
            (InEscape::None, b'"') => {
                self.expected = if is_name { Expected::Colon } else { self.after_value() };
                return Token::None;
            }
            (InEscape::None, b'\\') => InEscape::Begun,
            (InEscape::None, _) | (InEscape::Begun, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                InEscape::None
            }
            (InEscape::Begun, b'u') => InEscape::Digits(4),
            (InEscape::Digits(1), digit) if digit.is_ascii_hexdigit() => InEscape::None,
            (InEscape::Digits(left), digit) if digit.is_ascii_hexdigit() => InEscape::Digits(left - 1),
            (InEscape::Begun | InEscape::Digits(_), _) => return Token::Invalid,
        };
        Token::String { is_name, escape }
    }

    fn after_value(&self) -> Expected {
        if self.open.is_empty() { Expected::End } else { Expected::CommaOrEnd }
    }

    /// Reads the first byte of a token.
    fn begin(&mut self, byte: u8) {
        let after = self.after_value();
        let takes_value = matches!(self.expected, Expected::Start | Expected::Value | Expected::ValueOrEnd);
        match (self.expected, byte) {
            (_, b' ' | b'\t' | b'\r' | b'\n') => {}
            (Expected::Start, 0xEF) => self.token = Token::Literal(b"\xBB\xBF", Expected::Value),
            (Expected::Name | Expected::NameOrEnd, b'"') => {
                self.token = Token::String { is_name: true, escape: InEscape::None };
            }
            (Expected::Colon, b':') => self.expected = Expected::Value,
            (Expected::CommaOrEnd, b',') => {
                self.expected = if self.open.last() == Some(&true) { Expected::Name } else { Expected::Value };
            }
            (Expected::NameOrEnd, b'}') | (Expected::ValueOrEnd, b']') => self.close(),
            (Expected::CommaOrEnd, b'}') if self.open.last() == Some(&true) => self.close(),
            (Expected::CommaOrEnd, b']') if self.open.last() == Some(&false) => self.close(),
            _ if !takes_value => self.token = Token::Invalid,
            (_, b'"') => self.token = Token::String { is_name: false, escape: InEscape::None },
            (_, b'{' | b'[') if self.open.len() < MAX_DEPTH => {
                let is_object = byte == b'{';
                self.open.push(is_object);
                self.expected = if is_object { Expected::NameOrEnd } else { Expected::ValueOrEnd };
            }
            (_, b't' | b'f' | b'n') => {
                let word: &[u8] = match byte {
                    b't' => b"true",
                    b'f' => b"false",
                    _ => b"null",
                };
                self.literal(word.get(1..).unwrap_or_default(), after);
            }
            (_, b'-') => self.token = Token::Number(InNumber::Minus),
            (_, b'0') => self.token = Token::Number(InNumber::Zero),
            (_, b'1'..=b'9') => self.token = Token::Number(InNumber::Integer),
            _ => self.token = Token::Invalid,
        }
    }

    fn close(&mut self) {
        self.open.pop();
        self.expected = self.after_value();
    }
}

/// Returns the state after one more byte of a number; `None` if the byte does not belong to it.
fn in_number(state: InNumber, byte: u8) -> Option<InNumber> {
    use InNumber::{Exponent, ExponentDigits, ExponentSign, Fraction, Integer, Minus, Point, Zero};

    match (state, byte) {
        (Minus, b'0') => Some(Zero),
        (Minus | Integer, b'0'..=b'9') => Some(Integer),
        (Zero | Integer, b'.') => Some(Point),
        (Point | Fraction, b'0'..=b'9') => Some(Fraction),
        (Zero | Integer | Fraction, b'e' | b'E') => Some(Exponent),
        (Exponent, b'+' | b'-') => Some(ExponentSign),
        (Exponent | ExponentSign | ExponentDigits, b'0'..=b'9') => Some(ExponentDigits),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Grammar;
    use proptest::prelude::*;
    use serde::de::IgnoredAny;

    fn is_json(text: &str) -> bool {
        let mut grammar = Grammar::default();
        // A value that is complete can only be followed by whitespace.
        grammar.read(format!("{text} ").as_bytes());
        let is_complete = matches!((grammar.token, grammar.expected), (super::Token::None, super::Expected::End));
        assert!(!(is_complete && grammar.is_invalid()));
        is_complete
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn the_same_texts_are_json_as_for_serde_json(text in r#"[\[\]{},:" 0-9.eE+\-tn]{0,12}|\{"a":[\[\]{},:" 0-9.eE+\-\\u]{0,8}\}|-?[0-9.eE+-]{1,6}|true|nul|[\[ ]false\]"#) {
            // A number can be correct and too large for serde_json.
            let number = |why: &serde_json::Error| why.to_string().contains("number out of range");
            let expected = match serde_json::from_str::<IgnoredAny>(&text) {
                Ok(_) => true,
                Err(why) => number(&why),
            };
            prop_assert_eq!(is_json(&text), expected, "{}", text);
        }
    }

    #[test]
    fn a_byte_order_mark_can_precede_json() {
        assert!(is_json("\u{FEFF}{\"a\":[1,-0.5e+7,\"\\u00e9\\n\",true,null,{}]}"));
        assert!(!is_json("\u{FEFF}\u{FEFF}1") && !is_json("ï»¿1") && !is_json("1\u{FEFF}"));
    }
}
