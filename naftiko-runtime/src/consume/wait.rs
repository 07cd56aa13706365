//! How long an upstream asks its callers to wait: `Retry-After`, or the headers of an exhausted rate limit.

use http::HeaderMap;
use http::header::RETRY_AFTER;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The maximum length, in bytes, of a `Retry-After` that is parsed and of a header that is quoted.
pub(super) const MAX_QUOTED_HEADER: usize = 256;

/// The maximum delay in seconds; a longer one is reduced to this (RFC 9111, section 1.2.2).
const LONGEST_DELAY: u64 = 1 << 31;

/// A request by the upstream to wait, with the `Retry-After` to pass on; `None` if it specifies no delay.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Wait(pub(super) Option<String>);

impl Wait {
    /// Returns the delay; `None` if the upstream specifies none.
    pub(super) fn length(&self, now: SystemTime) -> Option<Duration> {
        let text = self.0.as_deref()?;
        let until = || httpdate::parse_http_date(text).ok().map(|date| date.duration_since(now).unwrap_or_default());
        text.parse().map(Duration::from_secs).ok().or_else(until)
    }

    /// Reads `Retry-After` (RFC 9110, section 10.2.3), or the headers of an exhausted rate limit.
    pub(super) fn of(headers: &HeaderMap, now: SystemTime) -> Option<Self> {
        if let Some(after) = headers.get_all(RETRY_AFTER).iter().find(|value| !value.is_empty()) {
            return Some(Self(
                after.to_str().ok().filter(|text| text.len() <= MAX_QUOTED_HEADER).and_then(|_| delay(headers)),
            ));
        }
        let number = |names: [&str; 3]| {
            let text = names.into_iter().find_map(|name| headers.get(name))?.to_str().ok()?;
            whole(text.trim())
        };
        if number(["ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining"]) != Some(0) {
            return None;
        }
        let reset = number(["ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset"]);
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        // Some APIs send a number of seconds; others a time, in seconds or milliseconds. A number above half of the current time is a time.
        let reset = reset.map(|reset| if reset / 1000 > now / 2 { reset.div_ceil(1000) } else { reset });
        let after = reset.map(|reset| if reset > now / 2 { reset.saturating_sub(now) } else { reset });
        Some(Self(after.map(|after| after.min(LONGEST_DELAY).to_string())))
    }
}

/// Parses a number that may have decimals, and rounds it up.
fn whole(text: &str) -> Option<u64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let whole = whole.parse::<u64>().ok().filter(|_| !decimals.is_empty())?;
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let has_rest = decimals.bytes().any(|byte| byte != b'0');
    decimals.bytes().all(is_digit).then(|| whole.saturating_add(u64::from(has_rest)))
}

/// Parses the lines of `Retry-After`. Of several numbers of seconds, returns the longest. The first date, in any HTTP format, replaces all
/// numbers, and is converted to the current format (RFC 9110, section 5.6.7).
fn delay(headers: &HeaderMap) -> Option<String> {
    let mut longest = None;
    for line in headers.get_all(RETRY_AFTER).iter().filter_map(|line| line.to_str().ok()) {
        if let Ok(date) = httpdate::parse_http_date(line.trim()) {
            // Formatting a year after 9999 panics.
            let can_be_formatted =
                date.duration_since(UNIX_EPOCH).is_ok_and(|since| since < Duration::from_secs(253_402_300_800));
            return can_be_formatted.then(|| httpdate::fmt_http_date(date));
        }
        for seconds in line.split(',').map(str::trim) {
            if !seconds.is_empty() && seconds.bytes().all(|byte| byte.is_ascii_digit()) {
                let seconds = seconds.parse().unwrap_or(LONGEST_DELAY).min(LONGEST_DELAY);
                longest = longest.max(Some(seconds));
            }
        }
    }
    longest.map(|seconds| seconds.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn wait(lines: &[(&'static str, &str)]) -> Option<Wait> {
        let headers = lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        Wait::of(&headers, UNIX_EPOCH + Duration::from_secs(1_800_000_000))
    }

    #[test]
    fn a_delay_is_seconds_or_a_date() {
        const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
        for (text, after) in [
            ("0", "0"),
            ("120", "120"),
            (DATE, DATE),
            ("Sunday, 06-Nov-94 08:49:37 GMT", DATE),
            ("Sun Nov  6 08:49:37 1994", DATE),
            ("60, 120", "120"),
            ("120,60", "120"),
            ("99999999999", "2147483648"),
            ("99999999999999999999999999", "2147483648"),
        ] {
            assert_eq!(wait(&[("retry-after", text)]), Some(Wait(Some(after.to_owned()))), "{text}");
        }
        assert_eq!(wait(&[("retry-after", "60"), ("retry-after", "120")]), Some(Wait(Some("120".to_owned()))));
        // The API asks callers to wait, but gives no valid delay.
        for junk in ["-1", "soon", "1.5", "Sun, 06 Nov 1994 08:49:37 UTC", "tok-s3cret GMT", &"1".repeat(300)] {
            assert_eq!(wait(&[("retry-after", junk)]), Some(Wait(None)), "{junk}");
        }
        assert_eq!(wait(&[("retry-after", "")]), None);
    }

    #[test]
    fn an_exhausted_rate_limit_asks_to_wait() {
        for (remaining, reset, time, after) in [
            ("x-ratelimit-remaining", "x-ratelimit-reset", "1800000030", "30"),
            ("x-rate-limit-remaining", "x-rate-limit-reset", "1799999999", "0"),
            ("ratelimit-remaining", "ratelimit-reset", "45", "45"),
            ("x-ratelimit-remaining", "ratelimit-reset", "18446744073709551615", "2147483648"),
            ("x-ratelimit-remaining", "x-ratelimit-reset", "1800000030000", "30"),
            ("x-ratelimit-remaining", "x-ratelimit-reset", "1800000000001", "1"),
            ("x-ratelimit-remaining", "x-ratelimit-reset", "1800000030.25", "31"),
            ("ratelimit-remaining", "ratelimit-reset", "2.5", "3"),
            ("ratelimit-remaining", "ratelimit-reset", "2.0", "2"),
        ] {
            assert_eq!(
                wait(&[(remaining, "0"), (reset, time)]),
                Some(Wait(Some(after.to_owned()))),
                "{remaining} {time}"
            );
            assert_eq!(wait(&[(remaining, "0.0"), (reset, time)]), wait(&[(remaining, "0"), (reset, time)]));
            for junk in ["soon", "2.", ".5", "2.5s", "-1", "1.2.3"] {
                assert_eq!(wait(&[(remaining, "0"), (reset, junk)]), Some(Wait(None)), "{junk}");
            }
            assert_eq!(wait(&[(remaining, "0")]), Some(Wait(None)));
            assert_eq!(wait(&[(remaining, "1"), (reset, time)]), None);
            assert_eq!(wait(&[(remaining, "0.5"), (reset, time)]), None);
            assert_eq!(wait(&[(reset, time)]), None);
            assert_eq!(
                wait(&[(remaining, "0"), (reset, time), ("retry-after", "7")]),
                Some(Wait(Some("7".to_owned())))
            );
        }
    }
}
