//! Numbers of a document that no 64-bit float holds, as they are written.

use serde_json::{Number, Value};
use std::collections::HashMap;

/// How the floats of a document are written: `serde_json::Value` holds integers beyond 64 bits and long decimals as the nearest
/// float.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExactNumbers(HashMap<u64, String>);

impl ExactNumbers {
    /// Adds a float and how it is written; returns false if another number with the same float is known.
    #[cfg_attr(not(feature = "yaml"), allow(dead_code, reason = "only what is read has them"))]
    pub(crate) fn add(&mut self, float: f64, written: &str) -> bool {
        let literal = json(written);
        let known = self.0.entry(float.to_bits()).or_insert_with(|| literal.clone());
        *known == literal || decimal(known) == decimal(&literal)
    }

    /// Returns whether all numbers are the floats that hold them.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns how a float is written, if it is another number than the float.
    #[must_use]
    pub fn literal(&self, number: &Number) -> Option<&str> {
        let float = number.as_f64().filter(|_| number.is_f64())?;
        let literal = self.0.get(&float.to_bits())?;
        (!is_same(float, literal)).then_some(literal)
    }

    /// Returns whether a float in a value is another number than is written.
    #[must_use]
    pub fn has_any(&self, value: &Value) -> bool {
        match value {
            Value::Number(number) => self.literal(number).is_some(),
            Value::Array(list) => list.iter().any(|value| self.has_any(value)),
            Value::Object(members) => members.values().any(|value| self.has_any(value)),
            _ => false,
        }
    }

    /// Returns the floats that are written as other numbers, and how.
    #[cfg(feature = "write-yaml")]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (f64, &str)> {
        self.0.iter().map(|(bits, literal)| (f64::from_bits(*bits), literal.as_str()))
    }

    /// Forgets the numbers that are the floats that hold them: none is added any more.
    #[cfg_attr(not(feature = "yaml"), allow(dead_code, reason = "only what is read has them"))]
    pub(crate) fn complete(mut self) -> Self {
        self.0.retain(|bits, literal| !is_same(f64::from_bits(*bits), literal));
        self
    }
}

/// Returns whether a float is the number that is written.
fn is_same(float: f64, literal: &str) -> bool {
    decimal(literal) == decimal(&format!("{float:e}"))
}

/// Returns whether a value has a number that only a float holds.
pub(crate) fn has_float(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(list) => list.iter().any(has_float),
        Value::Object(members) => members.values().any(has_float),
        _ => false,
    }
}

/// Writes a number of YAML as JSON does: with a digit on each side of the point, without `+` and zeros before it.
fn json(written: &str) -> String {
    let (sign, number) = match written.strip_prefix('-') {
        Some(number) => ("-", number),
        None => ("", written.strip_prefix('+').unwrap_or(written)),
    };
    let at = number.find(['e', 'E']).unwrap_or(number.len());
    let (mantissa, exponent) = number.split_at(at);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = Some(whole.trim_start_matches('0')).filter(|whole| !whole.is_empty()).unwrap_or("0");
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}{exponent}")
}

/// Returns a number as its sign, its digits without zeros at either end, and the power of ten of the last digit.
fn decimal(literal: &str) -> (bool, String, i64) {
    let (negative, number) = literal.strip_prefix('-').map_or((false, literal), |number| (true, number));
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let most = all.trim_end_matches('0');
    let digits = most.trim_start_matches('0').to_owned();
    let length = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX);
    let shift = length(&all).saturating_sub(length(most)).saturating_sub(length(fraction));
    let exponent = exponent.parse::<i64>().unwrap_or_default().saturating_add(shift);
    if digits.is_empty() { (false, digits, 0) } else { (negative, digits, exponent) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_known_as_it_is_written_if_no_float_is_that_number() {
        let mut exact = ExactNumbers::default();
        for (written, literal) in [
            ("12345678901234567890123", Some("12345678901234567890123")),
            ("-0.1234567890123456789", Some("-0.1234567890123456789")),
            ("+00.12345678901234567891", Some("0.12345678901234567891")),
            (".12345678901234567892e3", Some("0.12345678901234567892e3")),
            ("1.50", None),
            ("1e22", None),
            ("1.", None),
            ("0.0", None),
        ] {
            let float = written.parse::<f64>().unwrap_or_default();
            assert!(exact.add(float, written), "{written}");
            let known = Number::from_f64(float).and_then(|number| exact.literal(&number).map(str::to_owned));
            assert_eq!(known.as_deref(), literal, "{written}");
        }
        let float = 12_345_678_901_234_567_890_123.0;
        assert!(exact.add(float, "12345678901234567890123.0"), "the same number");
        assert!(!exact.add(float, "12345678901234567890124"), "another number");
    }
}
