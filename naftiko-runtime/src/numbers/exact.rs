//! Numbers without loss: integers beyond 64 bits keep their digits where they are passed through, and what is not a number
//! is not written as `null`.
//!
//! `serde_json::Value` holds such an integer as the nearest `f64`. Its feature `arbitrary_precision` would keep the digits,
//! but for every crate of a program, and `#[serde(flatten)]` and untagged enumerations no longer read floats then. So a call
//! remembers the integers that it was given, and looks them up where it writes one of those floats.

use super::finite::Finite;
use serde::Serialize;
use serde::ser;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter};
#[cfg(any(feature = "client", feature = "formats"))]
use serde_json::{Number, Value};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// An integer that 64 bits may not hold has so many digits.
const WIDE: usize = 19;

/// More than so many are not remembered: they are refused then.
const MOST: usize = 65_536;

/// Why a value with such integers is refused.
const AMBIGUOUS: &str =
    "it has several integers beyond 64 bits that differ only in their last digits; pass them as strings";

/// What is remembered.
#[derive(Default)]
struct Wide {
    /// The digits of integers beyond 64 bits by the bits of the nearest float; `None` where two have the same.
    digits: HashMap<u64, Option<String>>,
    /// Whether one was written as a text that may be the other's.
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "the client refuses it"))]
    rounded: bool,
}

/// The integers that a call remembers.
type Remembered = Arc<Mutex<Wide>>;

tokio::task_local! {
    static REMEMBERED: Remembered;
}

/// Runs a future that remembers such integers.
pub(crate) async fn remembering<T>(future: impl Future<Output = T>) -> T {
    REMEMBERED.scope(Remembered::default(), future).await
}

#[cfg(any(feature = "client", feature = "formats"))]
/// Takes what the call remembers along to another thread.
#[cfg(any(feature = "client", feature = "formats"))]
pub(crate) fn along<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let remembered = REMEMBERED.try_with(Remembered::clone);
    move || match remembered {
        Ok(remembered) => REMEMBERED.sync_scope(remembered, work),
        Err(_) => work(),
    }
}

/// Does something with those of one JSON text remembered.
pub(crate) fn remembering_those_of<T>(json: &[u8], work: impl FnOnce() -> T) -> T {
    REMEMBERED.sync_scope(Remembered::default(), || {
        note(json);
        work()
    })
}

/// Looks at the integers that are remembered; `None` where nothing is.
fn with_wide<T>(look: impl FnOnce(&mut Wide) -> T) -> Option<T> {
    REMEMBERED.try_with(|wide| look(&mut wide.lock().unwrap_or_else(PoisonError::into_inner))).ok()
}

/// Remembers the integers beyond 64 bits of a JSON text, for the call that is being answered.
pub(crate) fn note(json: &[u8]) {
    let digit = |at: usize| json.get(at).is_some_and(u8::is_ascii_digit);
    let mut at = 0;
    // So many digits in a row have one at a multiple of that.
    while at < json.len() {
        let next = at + WIDE;
        if digit(at) {
            let start = (0..at).rev().take_while(|at| digit(*at)).last().unwrap_or(at);
            let end = (at..json.len()).find(|at| !digit(*at)).unwrap_or(json.len());
            let negative = start > 0 && json[start - 1] == b'-';
            let fraction = start > 0 && json[start - 1] == b'.';
            let goes_on = json.get(end).is_some_and(|byte| matches!(byte, b'.' | b'e' | b'E'));
            if end - start >= WIDE && !fraction && !goes_on {
                note_one(&json[start - usize::from(negative)..end]);
            }
            at = end.max(next);
        } else {
            at = next;
        }
    }
}

fn note_one(literal: &[u8]) {
    let Ok(literal) = std::str::from_utf8(literal) else { return };
    if literal.parse::<u64>().is_ok() || literal.parse::<i64>().is_ok() {
        return;
    }
    let Ok(float) = literal.parse::<f64>() else { return };
    with_wide(|wide| {
        let is_full = wide.digits.len() >= MOST;
        match wide.digits.entry(float.to_bits()) {
            // Without digits it cannot be written.
            Entry::Vacant(new) => drop(new.insert((!is_full).then(|| literal.to_owned()))),
            Entry::Occupied(mut known) if known.get().as_deref() != Some(literal) => drop(known.insert(None)),
            Entry::Occupied(_) => {}
        }
    });
}

#[cfg(feature = "document")]
/// Whether a float stands for an integer beyond 64 bits that was given.
pub(crate) fn is_wide(float: f64) -> bool {
    !matches!(digits(float), Ok(None))
}

/// The digits of the integer that a float stands for, if it does; fails if there are several.
fn digits(float: f64) -> Result<Option<String>, ()> {
    // Most floats are smaller.
    if float.abs() < 9e18 {
        return Ok(None);
    }
    let known = with_wide(|wide| wide.digits.get(&float.to_bits()).cloned()).flatten();
    known.map(|digits| digits.ok_or(())).transpose()
}

/// A number as JSON writes it.
#[cfg(any(feature = "client", feature = "formats"))]
pub(crate) fn number(number: &Number) -> String {
    let exact = number.as_f64().filter(|_| number.is_f64()).map(digits);
    exact.map_or(Ok(None), |digits| digits.map_err(|()| round())).ok().flatten().unwrap_or_else(|| number.to_string())
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
fn round() {
    with_wide(|wide| wide.rounded = true);
}

/// Checks that no text of this call has other digits than the integer that was given.
///
/// # Errors
/// If one may have.
#[cfg(feature = "client")]
pub(crate) fn check_rounded() -> Result<(), &'static str> {
    if with_wide(|wide| wide.rounded) == Some(true) { Err(AMBIGUOUS) } else { Ok(()) }
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
    let start = json.len();
    value.serialize(&mut Serializer::with_formatter(&mut *json, Digits(CompactFormatter)))?;
    // serde_json writes NaN as `null`, which only another look tells from what is `null`.
    if json.get(start..).unwrap_or_default().windows(4).any(|word| word == b"null") {
        value.serialize(Finite).map_err(|error| ser::Error::custom(error.to_string()))?;
    }
    Ok(())
}

/// Writes the floats that stand for integers beyond 64 bits with the digits of those.
struct Digits(CompactFormatter);

impl Formatter for Digits {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        match digits(value) {
            Ok(None) => self.0.write_f64(writer, value),
            Ok(Some(digits)) => writer.write_all(digits.as_bytes()),
            Err(()) => Err(io::Error::other(AMBIGUOUS)),
        }
    }
}
