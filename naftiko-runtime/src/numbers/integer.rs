//! Integers that are written with a decimal point or an exponent: `5.0` is 5, `1e3` is 1000.

use super::decimal::Decimal;

/// Beyond 2^53, adjacent integers have the same float, so the original integer is unknown.
const SAFE: i64 = 1 << 53;

/// Parses an integer that may have a decimal point or an exponent; `None` for other text, and beyond 2^53.
pub(crate) fn of_text(text: &str) -> Option<i64> {
    let Decimal { negative, digits, exponent } = Decimal::parse(text)?;
    if digits.is_empty() {
        return Some(0);
    }
    let power = 10_i64.checked_pow(u32::try_from(exponent).ok()?)?;
    let number = digits.parse::<i64>().ok()?.checked_mul(power)?;
    (number <= SAFE).then_some(if negative { -number } else { number })
}

/// Returns the integer that a float represents exactly; `None` for a fraction, for a float of 2^53 or more, and for a float that
/// replaces a different number of the input.
pub(crate) fn of_float(float: f64) -> Option<i64> {
    // The float 2^53 may also be 2^53 + 1, rounded.
    #[allow(clippy::cast_precision_loss, reason = "a power of two")]
    let safe = float.abs() < SAFE as f64;
    (safe && float.fract() == 0.0 && !super::exact::is_inexact(float))
        .then(|| format!("{float:.0}").parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_may_have_a_point_or_an_exponent() {
        let texts = [
            ("5.0", 5),
            ("1e3", 1000),
            ("1.5E+1", 15),
            ("-20e-1", -2),
            ("0.0", 0),
            ("-0.0", 0),
            ("00.50e1", 5),
            ("9007199254740992.0", 1 << 53),
            ("0e999", 0),
        ];
        for (text, integer) in texts {
            assert_eq!(of_text(text), Some(integer), "{text}");
        }
        for text in
            ["5.5", "1e-1", "9007199254740993.0", "1e16", "1e99999999999", "", ".5", "5.", "e3", "1e", "+5.0", "0x1"]
        {
            assert_eq!(of_text(text), None, "{text}");
        }
        assert_eq!(of_float(-5.0), Some(-5));
        assert_eq!((of_float(5.5), of_float(9_007_199_254_740_992.0), of_float(f64::NAN)), (None, None, None));
    }
}
