//! Keeps numbers exact: a number that no float can represent keeps its digits when it is passed through, and a
//! non-finite number is not written as `null`.
//!
//! `serde_json::Value` stores integers beyond 64 bits and decimals as the nearest `f64`. Its feature
//! `arbitrary_precision` would keep the digits, but it applies to every crate of a program, and breaks floats in
//! `#[serde(flatten)]` and untagged enums. Instead, a call remembers the JSON of its input, and looks up the
//! original digits when it writes a float.

use super::decimal::Decimal;
use super::finite::Finite;
use bytes::Bytes;
use serde::Serialize;
use serde::ser;
#[cfg(any(feature = "client", feature = "formats"))]
use serde_json::Number;
use serde_json::Serializer;
use serde_json::Value;
use serde_json::ser::{CompactFormatter, Formatter};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Different decimals with at most this number of digits have different floats.
const EXACT_DIGITS: usize = 15;

/// The maximum number of remembered numbers. Beyond this maximum, numbers that no float represents are rejected.
const MAX_REMEMBERED: usize = if cfg!(test) { 1024 } else { 262_144 };

/// The maximum total length of the remembered numbers, in bytes. It has the same effect as [`MAX_REMEMBERED`].
const MAX_DIGITS: usize = 16 * 1024 * 1024;

/// The maximum number and total size, in bytes, of the texts that are kept to be searched later, except that one text may be larger.
const MAX_WAITING: (usize, usize) = (64, 256 * 1024);

/// Why a value with ambiguous numbers is rejected.
const AMBIGUOUS: &str = "it has different numbers that are read as the same 64-bit float, or too many numbers that no 64-bit float represents \
     exactly; strings keep their digits";

/// The numbers that a call remembers.
#[derive(Default)]
struct Memory {
    /// The JSON texts that have not been searched yet, and whether they are decoded to a type.
    texts: Vec<(Bytes, bool)>,
    /// The original digits of a float, by its bits; `None` if different numbers share the float, or if the memory is full.
    written: HashMap<u64, Option<String>>,
    /// The total length of the digits in `written`.
    digits: usize,
    /// Whether there were too many numbers that no float represents, so that any float may replace one of them.
    lost: bool,
    /// Whether a number was written with digits that may belong to another number.
    #[cfg_attr(
        not(any(feature = "client", feature = "formats")),
        allow(dead_code, reason = "only answers are shaped")
    )]
    rounded: bool,
}

type Remembered = Arc<Mutex<Memory>>;

tokio::task_local! {
    static REMEMBERED: Remembered;
}

/// Runs a future with a memory for the original digits of numbers, which is empty at first.
pub(crate) async fn remembering<T>(future: impl Future<Output = T>) -> T {
    REMEMBERED.scope(Remembered::default(), future).await
}

/// Runs work that remembers only its own numbers, not the numbers of the current call.
pub(crate) fn remembering_own<T>(work: impl FnOnce() -> T) -> T {
    REMEMBERED.sync_scope(Remembered::default(), work)
}

/// Wraps work for another thread, so that it has the remembered numbers of this call.
#[cfg(any(feature = "client", feature = "formats"))]
pub(crate) fn with_remembered_numbers<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let remembered = REMEMBERED.try_with(Remembered::clone);
    move || match remembered {
        Ok(remembered) => REMEMBERED.sync_scope(remembered, work),
        Err(_) => work(),
    }
}

/// Runs `work` with the numbers of one JSON text remembered, and no others.
pub(crate) fn remembering_those_of<T>(json: &[u8], work: impl FnOnce() -> T) -> T {
    let mut memory = Memory::default();
    memory.add_numbers(json, false);
    REMEMBERED.sync_scope(Arc::new(Mutex::new(memory)), work)
}

/// Remembers the numbers of a JSON text for the current call. The text is searched when the digits of a float are needed.
pub(crate) fn remember_numbers(json: &Bytes) {
    if may_differ_in(json) {
        remember(json.clone(), false);
    }
}

/// Returns whether a text may contain a number that is written differently from its float.
fn may_differ_in(text: &[u8]) -> bool {
    text.len() > EXACT_DIGITS || text.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'))
}

/// Remembers the numbers of a string that is not JSON.
pub(crate) fn remember_numbers_of(text: &str) {
    if may_differ_in(text.as_bytes()) {
        let numbers = numbers_of(text);
        if !numbers.is_empty() {
            remember(numbers.into(), false);
        }
    }
}

/// Returns the numbers of a text that may be written differently from their floats, with a space after each. In the text, whitespace
/// and punctuation separate the numbers.
fn numbers_of(text: &str) -> Vec<u8> {
    let words = text.as_bytes().split(|byte| byte.is_ascii_whitespace() || b",:[]{}\"".contains(byte));
    let mut numbers = Vec::new();
    for number in words.filter(|word| may_differ(word) && word.iter().all(|byte| is_number_byte(*byte))) {
        numbers.extend_from_slice(number);
        numbers.push(b' ');
    }
    numbers
}

/// Remembers the numbers of JSON that is decoded to a type. Its decimals may be written rounded, since float members of a type round
/// them anyway.
pub(crate) fn remember_typed_numbers(json: &Bytes) {
    remember(json.clone(), true);
}

fn remember(json: Bytes, typed: bool) {
    let _ = REMEMBERED.try_with(|memory| locked(memory).keep(json, typed));
}

fn locked(memory: &Remembered) -> MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the numbers of a JSON text with their positions.
fn literals(json: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut rest = json;
    std::iter::from_fn(move || {
        loop {
            let at = rest.iter().position(|byte| matches!(byte, b'"' | b'-' | b'0'..=b'9'))?;
            rest = &rest[at..];
            if rest[0] != b'"' {
                let (literal, after) = rest.split_at(rest.iter().take_while(|byte| is_number_byte(**byte)).count());
                rest = after;
                return Some((json.len() - rest.len() - literal.len(), literal));
            }
            let mut end = 1;
            loop {
                end += memchr::memchr2(b'"', b'\\', rest.get(end..)?)?;
                if rest[end] == b'"' {
                    break;
                }
                // Escapes are skipped.
                end += 2;
            }
            rest = &rest[end + 1..];
        }
    })
}

/// Returns whether a byte can be part of a number.
fn is_number_byte(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')
}

/// Returns whether a number may be written differently from its float, or have no float.
fn may_differ(literal: &[u8]) -> bool {
    let has = |byte| literal.contains(&byte);
    literal.iter().filter(|byte| byte.is_ascii_digit()).count() > EXACT_DIGITS
        || has(b'e')
        || has(b'E')
        || (has(b'.') && literal.ends_with(b"0") && !literal.ends_with(b".0"))
}

/// Returns a number as text and as a float; `None` if it is stored as an integer or is not a number.
fn float(literal: &[u8]) -> Option<(&str, f64)> {
    let text = std::str::from_utf8(literal).ok()?;
    if text.parse::<u64>().is_ok() || text.parse::<i64>().is_ok() {
        return None;
    }
    serde_json::from_str(text).ok().map(|float| (text, float))
}

/// Returns whether two strings are the same number.
fn is_same(one: &str, other: &str) -> bool {
    one == other || Decimal::parse(one).is_some_and(|one| Some(one) == Decimal::parse(other))
}

/// Returns whether a float is exactly the number in the text.
fn is_exact(literal: &str, float: f64) -> bool {
    is_same(literal, &format!("{float:e}"))
}

impl Memory {
    /// Keeps a text to be searched later. Earlier texts are searched now if there are many, so that a call that reads many answers or
    /// items does not keep all of them in memory.
    fn keep(&mut self, json: Bytes, typed: bool) {
        let waiting: usize = self.texts.iter().map(|(text, _)| text.len()).sum();
        if self.texts.len() >= MAX_WAITING.0 || waiting + json.len() > MAX_WAITING.1 {
            self.search_texts();
        }
        self.texts.push((json, typed));
    }

    fn search_texts(&mut self) {
        for (text, typed) in std::mem::take(&mut self.texts) {
            self.add_numbers(&text, typed);
        }
    }

    /// Remembers the numbers of a JSON text.
    fn add_numbers(&mut self, json: &[u8], typed: bool) {
        let mut any_inexact = false;
        let all = || literals(json).map(|(_, literal)| literal);
        for (literal, float) in all().filter(|literal| may_differ(literal)).filter_map(float) {
            any_inexact |= self.add_number((literal, float), typed);
        }
        if any_inexact {
            // A short number, skipped above, may have the same float: then both are ambiguous.
            for (literal, float) in all().filter(|literal| !may_differ(literal)).filter_map(float) {
                if self.written.contains_key(&float.to_bits()) {
                    self.add_number((literal, float), typed);
                }
            }
        }
    }

    /// Remembers one number, and returns whether the float differs from the number.
    fn add_number(&mut self, (literal, float): (&str, f64), typed: bool) -> bool {
        let is_full = self.written.len() >= MAX_REMEMBERED || self.digits >= MAX_DIGITS;
        let (has_no_place, is_inexact) = (self.written.len() >= 2 * MAX_REMEMBERED, !is_exact(literal, float));
        let is_float = typed && literal.contains(['.', 'e', 'E']);
        match self.written.entry(float.to_bits()) {
            Entry::Occupied(mut known) => {
                if known.get().as_ref().is_some_and(|known| !is_same(known, literal)) {
                    known.insert(is_float.then(|| Value::from(float).to_string()));
                }
            }
            Entry::Vacant(new) if !is_full => {
                self.digits += literal.len();
                new.insert(Some(literal.to_owned()));
            }
            // The memory is full, so writing this number fails.
            Entry::Vacant(_) if is_inexact && !is_float && has_no_place => self.lost = true,
            Entry::Vacant(new) if is_inexact && !is_float => drop(new.insert(None)),
            Entry::Vacant(_) => {}
        }
        is_inexact
    }

    /// Returns the original digits of a float; `None` if no remembered number has this float. Fails if several numbers share the float,
    /// or if the memory was too full for its digits.
    fn literal(&mut self, float: f64) -> Result<Option<String>, ()> {
        self.search_texts();
        match self.written.get(&float.to_bits()) {
            Some(literal) => literal.clone().ok_or(()).map(Some),
            None if self.lost => Err(()),
            None => Ok(None),
        }
    }
}

/// Returns the original digits of a float in the current call; fails as [`Memory::literal`] does.
fn literal(float: f64) -> Result<Option<String>, ()> {
    REMEMBERED.try_with(|memory| locked(memory).literal(float)).unwrap_or(Ok(None))
}

/// Returns whether a float replaces a different number of the input, or may do so.
pub(super) fn is_inexact(float: f64) -> bool {
    match literal(float) {
        Ok(literal) => literal.is_some_and(|literal| !is_exact(&literal, float)),
        Err(()) => true,
    }
}

/// Returns whether a float replaces an integer of the input that has more than 64 bits, or may do so.
#[cfg(feature = "document")]
pub(crate) fn is_wide(float: f64) -> bool {
    literal(float).map_or(true, |literal| literal.is_some_and(|literal| !literal.contains(['.', 'e', 'E'])))
}

/// Returns whether a number has no fraction.
#[cfg(any(feature = "client", feature = "formats"))]
pub(crate) fn is_integer(number: &Number) -> bool {
    let Some(float) = number.as_f64().filter(|_| number.is_f64()) else { return true };
    // An ambiguous number is rejected when it is written.
    literal(float).map_or(true, |literal| {
        let written = literal.unwrap_or_else(|| format!("{float:e}"));
        Decimal::parse(&written).is_some_and(|number| number.is_integer())
    })
}

/// Returns the byte offset of the first number of a JSON text that a `Value` cannot store exactly.
pub(crate) fn first_inexact(json: &[u8]) -> Option<usize> {
    let mut candidates = literals(json).filter(|(_, literal)| may_differ(literal));
    candidates
        .find_map(|(at, literal)| float(literal).is_some_and(|(text, float)| !is_exact(text, float)).then_some(at))
}

/// Parses JSON; `None` if it is not valid, or if it has a number that a `Value` cannot store exactly.
#[cfg(feature = "mcp")]
pub(crate) fn parse_exact(json: &[u8]) -> Option<Value> {
    if first_inexact(json).is_some() { None } else { serde_json::from_slice(json).ok() }
}

/// Returns a number as JSON, with its original digits if they are known. Ambiguous digits are rounded, which [`check_rounded`] then
/// reports.
#[cfg(any(feature = "client", feature = "formats"))]
pub(crate) fn number(number: &Number) -> String {
    let literal = number.as_f64().filter(|_| number.is_f64()).map(literal);
    literal.and_then(|literal| literal.unwrap_or_else(|()| note_rounded())).unwrap_or_else(|| number.to_string())
}

/// Returns a value as JSON; if that fails, with rounded digits, which [`check_rounded`] then reports.
#[cfg(any(feature = "client", feature = "formats"))]
pub(crate) fn text(value: &Value) -> String {
    json(value).ok().and_then(|json| String::from_utf8(json).ok()).unwrap_or_else(|| {
        note_rounded();
        value.to_string()
    })
}

/// Notes that a text of this call contains rounded digits, for [`check_rounded`]. Always returns `None`.
#[cfg(any(feature = "client", feature = "formats"))]
fn note_rounded() -> Option<String> {
    let _ = REMEMBERED.try_with(|memory| locked(memory).rounded = true);
    None
}

/// Checks that no text of this call contains digits that differ from the original number.
///
/// # Errors
/// Returns an error if a text may contain such digits.
#[cfg(any(feature = "client", feature = "formats"))]
pub(crate) fn check_rounded() -> Result<(), &'static str> {
    if REMEMBERED.try_with(|memory| locked(memory).rounded) == Ok(true) { Err(AMBIGUOUS) } else { Ok(()) }
}

/// Returns a value as JSON.
///
/// # Errors
/// Returns an error if the value contains a number that JSON cannot represent or whose digits are ambiguous, or cannot be serialized.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Vec<u8>> {
    let mut json = Vec::with_capacity(128);
    append(&mut json, value)?;
    Ok(json)
}

/// Appends a value as JSON.
///
/// # Errors
/// Returns the errors of [`json`].
pub(crate) fn append<T: Serialize + ?Sized>(json: &mut Vec<u8>, value: &T) -> serde_json::Result<()> {
    let mut exact = Exact { has_null: false };
    value.serialize(&mut Serializer::with_formatter(json, &mut exact))?;
    // serde_json writes NaN as `null`, so a value with null is checked separately.
    if exact.has_null {
        value.serialize(Finite).map_err(|error| ser::Error::custom(error.to_string()))?;
    }
    Ok(())
}

/// A formatter that writes floats with their original digits.
struct Exact {
    has_null: bool,
}

impl Formatter for &mut Exact {
    fn write_null<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.has_null = true;
        CompactFormatter.write_null(writer)
    }

    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        match literal(value) {
            Ok(None) => CompactFormatter.write_f64(writer, value),
            Ok(Some(literal)) => writer.write_all(literal.as_bytes()),
            Err(()) => Err(io::Error::other(AMBIGUOUS)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// The number of texts that are in memory.
    static HELD: AtomicUsize = AtomicUsize::new(0);

    struct Text(String);

    impl Text {
        fn counted(text: String) -> Bytes {
            HELD.fetch_add(1, Ordering::Relaxed);
            Bytes::from_owner(Self(text))
        }
    }

    impl AsRef<[u8]> for Text {
        fn as_ref(&self) -> &[u8] {
            self.0.as_bytes()
        }
    }

    impl Drop for Text {
        fn drop(&mut self) {
            HELD.fetch_sub(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_call_that_reads_many_texts_does_not_keep_them() {
        remembering_own(|| {
            let most = (0..5_000_u64).map(|item| {
                remember_typed_numbers(&Text::counted(format!("[\"{}\",{item}.10]", "x".repeat(1_000))));
                HELD.load(Ordering::Relaxed)
            });
            assert!(most.max() < Some(100), "only the last texts are held");
            // The digits of the first one are still known.
            assert_eq!(literal(0.1), Ok(Some("0.10".to_owned())));
        });
        assert_eq!(HELD.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_call_with_too_many_numbers_remembers_no_more_of_them() {
        remembering_own(|| {
            for item in 0..5_000 {
                remember_typed_numbers(&Bytes::from(format!("1{item:04}2345678901234567890123")));
            }
            // Any other float may replace a number that is not remembered.
            assert_eq!(literal(0.5), Err(()));
            assert_eq!(REMEMBERED.with(|memory| locked(memory).written.len()), 2 * MAX_REMEMBERED);
        });
    }

    proptest! {
        #[test]
        fn a_written_number_equals_the_original(number in "-?(0|[1-9][0-9]{0,24})([.][0-9]{1,24})?([eE][-+]?[0-9]{1,2})?") {
            let text = format!("[\"\\\\\",{number}]");
            let value: Value = serde_json::from_str(&text).unwrap_or_default();
            let written = remembering_those_of(text.as_bytes(), || json(&value)).unwrap_or_default();
            let written = String::from_utf8_lossy(&written);
            let written = written.strip_prefix("[\"\\\\\",").and_then(|rest| rest.strip_suffix(']'));
            prop_assert!(written.is_some_and(|written| is_same(written, &number)), "{} is written {:?}", number, written);
        }

        #[test]
        fn no_text_causes_a_panic(pieces in prop::collection::vec(prop::sample::select(vec!["\"", "\\", "-", "1", "e", ".", "0", " ", "é"]), 0..40)) {
            let text = pieces.concat();
            remembering_those_of(text.as_bytes(), || literal(1.0)).unwrap_or_default();
            prop_assert!(first_inexact(text.as_bytes()).is_none_or(|at| at < text.len()));
            numbers_of(&text);
        }
    }
}
