//! Numbers without loss: what no float holds keeps its digits where it is passed through, and what is not a number is not
//! written as `null`.
//!
//! `serde_json::Value` holds integers beyond 64 bits and decimals as the nearest `f64`. Its feature `arbitrary_precision` would
//! keep the digits, but for every crate of a program, and `#[serde(flatten)]` and untagged enumerations no longer read floats
//! then. So a call remembers the texts that it was given, and looks up how a float was written where it writes one.

use super::finite::Finite;
use super::integer::Decimal;
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

/// Every decimal of so many digits has a float of its own.
const CERTAIN: usize = 15;

/// More numbers than so many are not remembered: those that no float holds are refused then.
const MOST: usize = 262_144;

/// Why a value with such numbers is refused.
const AMBIGUOUS: &str =
    "it has several numbers that are the same 64-bit float and differ only in their last digits; pass them as strings";

/// What a call remembers.
#[derive(Default)]
struct Memory {
    /// The texts that nobody has looked into yet, and whether they are decoded as a type.
    texts: Vec<(Bytes, bool)>,
    /// How a float was written, by its bits; `None` where different numbers have the same.
    written: HashMap<u64, Option<String>>,
    /// Whether one was written as a text that may be the other's.
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "the client refuses it"))]
    rounded: bool,
}

type Remembered = Arc<Mutex<Memory>>;

tokio::task_local! {
    static REMEMBERED: Remembered;
}

/// Runs a future that remembers how numbers are written.
pub(crate) async fn remembering<T>(future: impl Future<Output = T>) -> T {
    REMEMBERED.scope(Remembered::default(), future).await
}

/// Takes what the call remembers along to another thread.
#[cfg(any(feature = "client", feature = "formats"))]
pub(crate) fn along<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let remembered = REMEMBERED.try_with(Remembered::clone);
    move || match remembered {
        Ok(remembered) => REMEMBERED.sync_scope(remembered, work),
        Err(_) => work(),
    }
}

/// Does something with the numbers of one JSON text remembered, and no others.
pub(crate) fn remembering_those_of<T>(json: &[u8], work: impl FnOnce() -> T) -> T {
    let mut memory = Memory::default();
    memory.learn(json, false);
    REMEMBERED.sync_scope(Arc::new(Mutex::new(memory)), work)
}

/// Remembers the numbers of a JSON text, for the call that is being answered. They are looked for when a float is written.
pub(crate) fn note(json: &Bytes) {
    if may_have_other(json) {
        remember(json.clone(), false);
    }
}

/// Whether a text may have a number that is written otherwise than the float that holds it.
fn may_have_other(text: &[u8]) -> bool {
    text.len() > CERTAIN || text.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'))
}

/// The same of the numbers of a text that is not JSON.
pub(crate) fn note_text(text: &str) {
    if may_have_other(text.as_bytes()) {
        let numbers = numbers_of(text);
        if !numbers.is_empty() {
            remember(numbers.into(), false);
        }
    }
}

/// The numbers of a text that is not JSON, between blanks and punctuation.
pub(crate) fn numbers_of(text: &str) -> Vec<u8> {
    let words = text.as_bytes().split(|byte| byte.is_ascii_whitespace() || b",:[]{}\"".contains(byte));
    let mut numbers = Vec::new();
    for number in words.filter(|word| is_other(word) && word.iter().all(|byte| is_part(*byte))) {
        numbers.extend_from_slice(number);
        numbers.push(b' ');
    }
    numbers
}

/// The same of JSON that is decoded as a type: one that has floats has chosen them.
#[cfg(feature = "client")]
pub(crate) fn note_typed(json: &Bytes) {
    remember(json.clone(), true);
}

fn remember(json: Bytes, typed: bool) {
    let _ = REMEMBERED.try_with(|memory| locked(memory).texts.push((json, typed)));
}

fn locked(memory: &Remembered) -> MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The numbers of a JSON text, and where they are.
fn literals(json: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut rest = json;
    std::iter::from_fn(move || {
        loop {
            let at = rest.iter().position(|byte| matches!(byte, b'"' | b'-' | b'0'..=b'9'))?;
            rest = &rest[at..];
            if rest[0] != b'"' {
                let (literal, after) = rest.split_at(rest.iter().take_while(|byte| is_part(**byte)).count());
                rest = after;
                return Some((json.len() - rest.len() - literal.len(), literal));
            }
            let mut end = 1;
            loop {
                end += memchr::memchr2(b'"', b'\\', rest.get(end..)?)?;
                if rest[end] == b'"' {
                    break;
                }
                // What is escaped is not looked at.
                end += 2;
            }
            rest = &rest[end + 1..];
        }
    })
}

/// Whether a byte may be one of a number.
fn is_part(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')
}

/// Whether a number may be written otherwise than the float that holds it, or not be held by one.
fn is_other(literal: &[u8]) -> bool {
    let has = |byte| literal.contains(&byte);
    literal.iter().filter(|byte| byte.is_ascii_digit()).count() > CERTAIN
        || has(b'e')
        || has(b'E')
        || (has(b'.') && literal.ends_with(b"0") && !literal.ends_with(b".0"))
}

/// The float that holds a number; `None` if an integer does.
fn float(literal: &[u8]) -> Option<(&str, f64)> {
    let text = std::str::from_utf8(literal).ok()?;
    if text.parse::<u64>().is_ok() || text.parse::<i64>().is_ok() {
        return None;
    }
    serde_json::from_str(text).ok().map(|float| (text, float))
}

/// Whether two numbers are the same one.
fn is_same(one: &str, other: &str) -> bool {
    one == other || Decimal::parse(one).is_some_and(|one| Some(one) == Decimal::parse(other))
}

/// Whether a float is the number that is written there.
fn is_exact(literal: &str, float: f64) -> bool {
    is_same(literal, &format!("{float:e}"))
}

impl Memory {
    /// Remembers the numbers of a JSON text.
    fn learn(&mut self, json: &[u8], typed: bool) {
        let mut any_inexact = false;
        let all = || literals(json).map(|(_, literal)| literal);
        for (literal, float) in all().filter(|literal| is_other(literal)).filter_map(float) {
            any_inexact |= self.learn_one((literal, float), typed);
        }
        if any_inexact {
            // Another number may be the very float.
            for (literal, float) in all().filter(|literal| !is_other(literal)).filter_map(float) {
                if self.written.contains_key(&float.to_bits()) {
                    self.learn_one((literal, float), typed);
                }
            }
        }
    }

    /// Remembers one number, and returns whether the float is another.
    fn learn_one(&mut self, (literal, float): (&str, f64), typed: bool) -> bool {
        let (is_full, is_inexact) = (self.written.len() >= MOST, !is_exact(literal, float));
        let is_float = typed && literal.contains(['.', 'e', 'E']);
        match self.written.entry(float.to_bits()) {
            Entry::Occupied(mut known) => {
                if known.get().as_ref().is_some_and(|known| !is_same(known, literal)) {
                    known.insert(is_float.then(|| Value::from(float).to_string()));
                }
            }
            Entry::Vacant(new) if !is_full => drop(new.insert(Some(literal.to_owned()))),
            // Without its digits it cannot be written.
            Entry::Vacant(new) if is_inexact && !is_float => drop(new.insert(None)),
            Entry::Vacant(_) => {}
        }
        is_inexact
    }

    /// How a float was written, if it was; fails if that is not known.
    fn literal(&mut self, float: f64) -> Result<Option<String>, ()> {
        for (text, typed) in std::mem::take(&mut self.texts) {
            self.learn(&text, typed);
        }
        self.written.get(&float.to_bits()).map(|literal| literal.clone().ok_or(())).transpose()
    }
}

/// How a float was written, if it was; fails if there are several numbers that it may have been.
fn literal(float: f64) -> Result<Option<String>, ()> {
    REMEMBERED.try_with(|memory| locked(memory).literal(float)).unwrap_or(Ok(None))
}

/// Whether a float stands for another number that was given.
pub(super) fn is_inexact(float: f64) -> bool {
    match literal(float) {
        Ok(literal) => literal.is_some_and(|literal| !is_exact(&literal, float)),
        Err(()) => true,
    }
}

/// Whether a float stands for an integer beyond 64 bits that was given.
#[cfg(feature = "document")]
pub(crate) fn is_wide(float: f64) -> bool {
    literal(float).map_or(true, |literal| literal.is_some_and(|literal| !literal.contains(['.', 'e', 'E'])))
}

/// Whether a number has no fraction.
#[cfg(any(feature = "client", feature = "formats"))]
pub(crate) fn is_integer(number: &Number) -> bool {
    let Some(float) = number.as_f64().filter(|_| number.is_f64()) else { return true };
    // What may be one of several numbers is refused where it is written.
    literal(float).map_or(true, |literal| {
        let written = literal.unwrap_or_else(|| format!("{float:e}"));
        Decimal::parse(&written).is_some_and(|number| number.is_integer())
    })
}

/// The place of the first number of a JSON text that a `Value` cannot hold, in bytes.
pub(crate) fn first_inexact(json: &[u8]) -> Option<usize> {
    let mut others = literals(json).filter(|(_, literal)| is_other(literal));
    others.find_map(|(at, literal)| float(literal).is_some_and(|(text, float)| !is_exact(text, float)).then_some(at))
}

/// A number as JSON writes it, or as it was written.
#[cfg(any(feature = "client", feature = "formats"))]
pub(crate) fn number(number: &Number) -> String {
    let literal = number.as_f64().filter(|_| number.is_f64()).map(literal);
    literal.and_then(|literal| literal.unwrap_or_else(|()| round())).unwrap_or_else(|| number.to_string())
}

/// A value as JSON.
#[cfg(any(feature = "client", feature = "formats"))]
pub(crate) fn text(value: &Value) -> String {
    json(value).ok().and_then(|json| String::from_utf8(json).ok()).unwrap_or_else(|| {
        round();
        value.to_string()
    })
}

#[cfg(any(feature = "client", feature = "formats"))]
fn round() -> Option<String> {
    let _ = REMEMBERED.try_with(|memory| locked(memory).rounded = true);
    None
}

/// Checks that no text of this call has other digits than the number that was given.
///
/// # Errors
/// If one may have.
#[cfg(feature = "client")]
pub(crate) fn check_rounded() -> Result<(), &'static str> {
    if REMEMBERED.try_with(|memory| locked(memory).rounded) == Ok(true) { Err(AMBIGUOUS) } else { Ok(()) }
}

/// A value as JSON.
///
/// # Errors
/// If it is or holds a number that JSON has no word for, or cannot be serialized.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Vec<u8>> {
    let mut json = Vec::with_capacity(128);
    append(&mut json, value)?;
    Ok(json)
}

/// Appends a value as JSON.
///
/// # Errors
/// As for [`json`].
pub(crate) fn append<T: Serialize + ?Sized>(json: &mut Vec<u8>, value: &T) -> serde_json::Result<()> {
    let mut exact = Exact { has_null: false };
    value.serialize(&mut Serializer::with_formatter(json, &mut exact))?;
    // serde_json writes NaN as `null`, which only another look tells from what is `null`.
    if exact.has_null {
        value.serialize(Finite).map_err(|error| ser::Error::custom(error.to_string()))?;
    }
    Ok(())
}

/// Writes floats as they were written.
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

    proptest! {
        #[test]
        fn a_number_is_written_as_the_number_that_it_was(number in "-?(0|[1-9][0-9]{0,24})([.][0-9]{1,24})?([eE][-+]?[0-9]{1,2})?") {
            let text = format!("[\"\\\\\",{number}]");
            let value: Value = serde_json::from_str(&text).unwrap_or_default();
            let written = remembering_those_of(text.as_bytes(), || json(&value)).unwrap_or_default();
            let written = String::from_utf8_lossy(&written);
            let written = written.strip_prefix("[\"\\\\\",").and_then(|rest| rest.strip_suffix(']'));
            prop_assert!(written.is_some_and(|written| is_same(written, &number)), "{} is written {:?}", number, written);
        }

        #[test]
        fn no_text_makes_it_fail(pieces in prop::collection::vec(prop::sample::select(vec!["\"", "\\", "-", "1", "e", ".", "0", " ", "é"]), 0..40)) {
            let text = pieces.concat();
            remembering_those_of(text.as_bytes(), || literal(1.0)).unwrap_or_default();
            prop_assert!(first_inexact(text.as_bytes()).is_none_or(|at| at < text.len()));
            numbers_of(&text);
        }
    }
}
