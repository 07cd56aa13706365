//! Decimal numbers as digits and an exponent, for exact comparison.

/// A number as decimal digits, for comparison.
#[derive(PartialEq)]
pub(super) struct Decimal {
    pub(super) negative: bool,
    /// Without leading and trailing zeros.
    pub(super) digits: String,
    /// The power of ten of the last digit.
    pub(super) exponent: i64,
}

impl Decimal {
    /// Parses a JSON number; leading zeros are allowed.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, number) = text.strip_prefix('-').map_or((false, text), |number| (true, number));
        let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if !all_digits(whole) || !all_digits(fraction) || !all_digits(unsigned) {
            return None;
        }
        let all = format!("{whole}{fraction}");
        let trimmed = all.trim_end_matches('0');
        let digits = trimmed.trim_start_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Self { negative: false, digits, exponent: 0 });
        }
        let shift = i64::try_from(all.len() - trimmed.len()).ok()? - i64::try_from(fraction.len()).ok()?;
        Some(Self { negative, digits, exponent: exponent.parse::<i64>().ok()?.checked_add(shift)? })
    }

    /// Returns whether the number has no fraction.
    #[cfg(any(feature = "client", feature = "formats"))]
    pub(super) fn is_integer(&self) -> bool {
        self.exponent >= 0
    }
}
