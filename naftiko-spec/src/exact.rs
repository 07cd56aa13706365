//! The source text of numbers that a 64-bit float cannot represent exactly: the shortest decimal text of the nearest float is another
//! number. `0.1` is exact in this sense, `0.12345678901234567891` is not.

use serde_json::{Number, Value};
use std::collections::HashMap;

/// The source text, in JSON syntax, of a document's numbers that are stored as floats. `serde_json::Value` stores integers beyond
/// 64 bits and long decimals as the nearest float.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExactNumbers(HashMap<u64, String>);

impl ExactNumbers {
    /// Adds a float and its source text. Returns `false` if a different number was added with the same float.
    #[cfg_attr(not(feature = "yaml"), allow(dead_code, reason = "only the YAML reader adds numbers"))]
    pub(crate) fn add(&mut self, float: f64, written: &str) -> bool {
        let literal = json_literal(written);
        let known = self.0.entry(float.to_bits()).or_insert_with(|| literal.clone());
        *known == literal || decimal(known) == decimal(&literal)
    }

    /// Returns whether every number equals the float that stores it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the source text of a float, if its value differs from the float.
    #[must_use]
    pub fn literal(&self, number: &Number) -> Option<&str> {
        let float = number.as_f64().filter(|_| number.is_f64())?;
        let literal = self.0.get(&float.to_bits())?;
        (!is_same(float, literal)).then_some(literal)
    }

    /// Returns whether a value contains a float that differs from its source text.
    #[must_use]
    pub fn has_any(&self, value: &Value) -> bool {
        match value {
            Value::Number(number) => self.literal(number).is_some(),
            Value::Array(list) => list.iter().any(|value| self.has_any(value)),
            Value::Object(members) => members.values().any(|value| self.has_any(value)),
            _ => false,
        }
    }

    /// Returns the floats whose value differs from their source text, and that text.
    #[cfg(feature = "write-yaml")]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (f64, &str)> {
        self.0.iter().map(|(bits, literal)| (f64::from_bits(*bits), literal.as_str()))
    }

    /// Drops the numbers that a float represents exactly. Call it after the last number is added.
    #[cfg_attr(not(feature = "yaml"), allow(dead_code, reason = "only the YAML reader adds numbers"))]
    pub(crate) fn complete(mut self) -> Self {
        self.0.retain(|bits, literal| !is_same(f64::from_bits(*bits), literal));
        self
    }
}

/// Returns whether the shortest decimal text of a float has the value of its source text.
fn is_same(float: f64, literal: &str) -> bool {
    decimal(literal) == decimal(&format!("{float:e}"))
}

/// Returns whether a value contains a float.
pub(crate) fn has_float(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(list) => list.iter().any(has_float),
        Value::Object(members) => members.values().any(has_float),
        _ => false,
    }
}

/// Converts a number from YAML to JSON syntax: a digit on each side of the point, no `+`, no leading zeros.
fn json_literal(written: &str) -> String {
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

/// Splits a number into its sign, its digits without leading and trailing zeros, and the exponent of the last digit.
fn decimal(literal: &str) -> (bool, String, i64) {
    let (negative, number) = literal.strip_prefix('-').map_or((false, literal), |number| (true, number));
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let trimmed = all.trim_end_matches('0');
    let digits = trimmed.trim_start_matches('0').to_owned();
    let length = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX);
    let shift = length(&all).saturating_sub(length(trimmed)).saturating_sub(length(fraction));
    let exponent = exponent.parse::<i64>().unwrap_or_default().saturating_add(shift);
    if digits.is_empty() { (false, digits, 0) } else { (negative, digits, exponent) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_beyond_floats_keep_their_text() {
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
