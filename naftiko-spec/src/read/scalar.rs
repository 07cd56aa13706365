//! Resolves plain scalars by the core schema of YAML 1.2 (section 10.3), in which `yes` and `on` are strings.

use serde_json::{Number, Value};

/// Returns the value of an unquoted scalar; `None` if it is a string.
pub(super) fn plain(text: &str) -> Option<Value> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Value::Null),
        "true" | "True" | "TRUE" => return Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Value::Bool(false)),
        _ => {}
    }
    number(text).map(Value::Number)
}

/// Parses a number. A number that JSON cannot represent (`.inf`, `1e400`) stays a string.
pub(super) fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return if_digits(octal, 8).and_then(|digits| u64::from_str_radix(digits, 8).ok()).map(Number::from);
    }
    if let Some(hexadecimal) = text.strip_prefix("0x") {
        return if_digits(hexadecimal, 16).and_then(|digits| u64::from_str_radix(digits, 16).ok()).map(Number::from);
    }
    if if_digits(digits, 10).is_some() {
        let text = text.strip_prefix('+').unwrap_or(text);
        let integer = text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from));
        // A float may lose digits; `ExactNumbers` keeps them.
        return integer.ok().or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64));
    }
    is_float(digits).then(|| text.parse::<f64>().ok()).flatten().and_then(Number::from_f64)
}

/// Returns a text if it consists of digits.
fn if_digits(digits: &str, radix: u32) -> Option<&str> {
    (!digits.is_empty() && digits.chars().all(|c| c.is_digit(radix))).then_some(digits)
}

/// Returns whether a text is a float without a sign: `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = |part: &str| part.bytes().all(|c| c.is_ascii_digit());
    all(whole)
        && all(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| if_digits(exponent, 10).is_some())
}

#[cfg(test)]
mod tests {
    use super::plain;
    use serde_json::json;

    #[test]
    fn scalars_follow_the_core_schema() {
        for word in
            ["yes", "on", "No", "tRUE", "1_000", "1:30", "0b1", "2024-01-01", "1.0.0", ".", "e5", "1e", "0xg", ".inf"]
        {
            assert_eq!(plain(word), None, "{word}");
        }
        for (text, value) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("True", json!(true)),
            ("-7", json!(-7)),
            ("+7", json!(7)),
            ("007", json!(7)),
            ("0x1F", json!(31)),
            ("0o17", json!(15)),
            ("1.50", json!(1.5)),
            (".5", json!(0.5)),
            ("1e3", json!(1000.0)),
            ("18446744073709551615", json!(u64::MAX)),
        ] {
            assert_eq!(plain(text), Some(value), "{text}");
        }
        assert_eq!(plain(&"9".repeat(40)), Some(json!(1e40)), "its digits are kept elsewhere");
        assert_eq!(plain("1e400"), None, "a number that JSON cannot represent is a string");
    }
}
