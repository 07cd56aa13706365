//! JSON with numbers beyond the range of a 64-bit float, which `serde_json` does not parse.

use serde_json::Value;

/// The largest finite 64-bit float.
const LARGEST: &str = "1.7976931348623157e308";
/// The smallest finite 64-bit float.
const SMALLEST: &str = "-1.7976931348623157e308";

/// Parses JSON. A number beyond the range of a 64-bit float becomes the largest or smallest one.
///
/// # Errors
/// Returns an error if `json` is not valid JSON.
pub(crate) fn parse_finite(json: &str) -> serde_json::Result<Value> {
    serde_json::from_str(json).or_else(|error| match finite(json) {
        Some(json) => serde_json::from_str(&json),
        None => Err(error),
    })
}

/// Returns the JSON with each number beyond the range of a 64-bit float replaced by the nearest one; `None` if there are none.
fn finite(json: &str) -> Option<String> {
    let is_of_number = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    let mut written = String::with_capacity(json.len());
    let (mut rest, mut is_replaced) = (json, false);
    while let Some(start) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit()) {
        let (before, token) = rest.split_at(start);
        written.push_str(before);
        let end = if token.starts_with('"') {
            string_end(token)
        } else {
            token.find(|c| !is_of_number(c)).unwrap_or(token.len())
        };
        let (token, after) = token.split_at(end);
        match token.parse::<f64>() {
            Ok(number) if number.is_infinite() && !token.starts_with('"') => {
                is_replaced = true;
                written.push_str(if number > 0.0 { LARGEST } else { SMALLEST });
            }
            _ => written.push_str(token),
        }
        rest = after;
    }
    written.push_str(rest);
    is_replaced.then_some(written)
}

/// Returns the length of the JSON string at the start of a text.
pub(crate) fn string_end(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_beyond_the_range_of_a_float_become_finite() {
        let long = "9".repeat(400);
        let json = format!(r#"{{"a\"1e999":[{long}, -{long},1e999 ,-1E+400,1.5,"1e999","\\"],"b":-0}}"#);
        let (most, least) = (f64::MAX, f64::MIN);
        let expected = json!({ "a\"1e999": [most, least, most, least, 1.5, "1e999", "\\"], "b": -0.0 });
        assert_eq!(parse_finite(&json).unwrap(), expected);
        for other in ["", "1e", "[1e999", "\"1e999", "1e999 1e999", "é1e999"] {
            parse_finite(other).unwrap_err();
        }
    }
}
