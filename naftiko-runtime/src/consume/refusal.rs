//! Converts answers that are not a success to errors.

use super::answer::SentRequest;
use super::coding;
use super::context::{ClientContext, UpstreamCall};
use super::passed_headers::{self, Target};
use super::redact::Masks;
use super::transport::Incoming;
use super::{body, failure};
use crate::error::{Error, ErrorKind, RetryAfter, UpstreamError};
use http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderName, StatusCode};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// The maximum length of an error body that is kept, in bytes.
const ERROR_BODY: usize = 64 * 1024;

/// The maximum length of a header that is quoted, in bytes.
pub(super) const KEPT_HEADER: usize = 256;

/// The maximum length of a quoted path or `Location`, in characters.
const SHOWN: usize = 200;

/// Converts an answer that is not a success to an error.
pub(super) async fn refused(
    context: &ClientContext,
    upstream_call: &UpstreamCall,
    asked: &SentRequest,
    (status, headers): (StatusCode, &HeaderMap),
    body: Incoming,
    deadline: Instant,
) -> Error {
    let masks = Masks::new(&context.errors, &asked.sensitive);
    let namespace = &upstream_call.upstream.namespace;
    if status == StatusCode::NOT_MODIFIED && asked.validates {
        let message = format!("`{namespace}` answered that the resource has not changed ({status})");
        let headers = passed_headers::kept(headers, &passed_headers::NOT_MODIFIED);
        let upstream = UpstreamError { status, headers, ..UpstreamError::default() };
        return Error::of(ErrorKind::NotModified, status, message).with_upstream(upstream);
    }
    if status.is_redirection() {
        let what = redirected(&masks, upstream_call, asked, status, headers);
        return failure::bad_answer(upstream_call, &what).lasting();
    }
    if asked.own_credential
        && status == StatusCode::UNAUTHORIZED
        && let Some(credential) = &upstream_call.upstream.credential
    {
        let message = format!("`{namespace}` refused {} with {status}: check it", credential.what);
        return Error::of(ErrorKind::Credential, StatusCode::BAD_GATEWAY, message);
    }
    let throttles =
        matches!(status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let wait = if throttles { Wait::of(headers, SystemTime::now()) } else { None };
    if let Some(why) = of_the_hop(status) {
        let error = failure::bad_answer(upstream_call, &format!("answered with {status}: {why}"));
        return if matches!(status.as_u16(), 408 | 425) { error } else { error.lasting() };
    }
    if !status.is_client_error() && wait.is_none() {
        return failure::bad_answer(upstream_call, &format!("answered with {status}"));
    }
    let content_type = kept(headers, &CONTENT_TYPE);
    // Reads further than the limit, so that a secret that crosses it is masked too.
    let body = body::beginning(body, coding::of(headers), ERROR_BODY + masks.reach(), deadline).await;
    let mut body = masks.mask(body);
    body.truncate(ERROR_BODY);
    let headers = passed_headers::kept(headers, &passed_headers::REFUSED);
    let upstream = UpstreamError { status, body, content_type, headers };
    if let Some(Wait(after)) = wait {
        let how_long = after.as_ref().map(|after| format!(", Retry-After: {after}")).unwrap_or_default();
        let message = format!("`{namespace}` asks to wait ({status}{how_long})");
        let error = Error::of(ErrorKind::Throttled, status, message).with_upstream(upstream);
        return match after {
            Some(after) => error.with_retry_after(RetryAfter(after)),
            None => error,
        };
    }
    let message = format!("`{namespace}` answered with {status}");
    Error::of(ErrorKind::Upstream, status, message).with_upstream(upstream)
}

/// Describes a redirect: what moved and where to, without queries and credentials.
fn redirected(
    masks: &Masks<'_>,
    upstream_call: &UpstreamCall,
    asked: &SentRequest,
    status: StatusCode,
    headers: &HeaderMap,
) -> String {
    if status == StatusCode::NOT_MODIFIED {
        return format!("answered with {status} to a request without a validator");
    }
    let base = upstream_call.upstream.base.as_str();
    let path_of = |text: &str| text.split(['?', '#']).next().unwrap_or_default().to_owned();
    let shown = |text: &str| masks.mask_text(&path_of(text)).chars().take(SHOWN).collect::<String>();
    let url = asked.uri.to_string();
    let path = match Target::of(base, &url) {
        Target::Below(path) => path_of(path),
        _ => asked.uri.path().to_owned(),
    };
    let from = shown(&path);
    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok()).map_or("", str::trim);
    let to = match Target::of(base, location) {
        _ if location.is_empty() => {
            return format!("answered with {status} for `{from}`, without a valid Location");
        }
        Target::Below(path) | Target::Beside(path) | Target::Relative(path) => shown(path),
        Target::Elsewhere { scheme, host, path: elsewhere } => {
            if let Some(above) = path_of(elsewhere).strip_suffix(path.as_str())
                && path.len() > 1
            {
                let moved = shown(&format!("{scheme}://{host}{above}"));
                return format!("answered with {status}: the API moved to `{moved}`, so set its base URI to that");
            }
            shown(&format!("{scheme}://{host}{elsewhere}"))
        }
    };
    format!("answered with {status}: `{from}` redirects to `{to}`, but redirects are not followed; check the path")
}

/// Explains a status that concerns the connection to the upstream, or that would make callers repeat a call that may
/// have taken effect.
fn of_the_hop(status: StatusCode) -> Option<&'static str> {
    Some(match status.as_u16() {
        407 => "a proxy in front of it requires credentials",
        408 => "it did not receive the whole request in time",
        411 => "it requires a length, although the request declares one",
        417 => "it cannot meet the request's `Expect` header",
        421 => "it does not serve that host; check its base URI",
        425 => "it refuses early data, which is not used here",
        426 => "it requires another protocol",
        _ => return None,
    })
}

/// Returns a header for quoting: short visible ASCII, with secrets masked.
fn kept(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let text = headers.get(name)?.to_str().ok().filter(|text| text.len() <= KEPT_HEADER)?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The maximum delay in seconds; a longer one is reduced to this (RFC 9111, section 1.2.2).
const LONGEST_DELAY: u64 = 1 << 31;

/// A request by the upstream to wait, with the `Retry-After` to pass on; `None` if it gives no delay.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Wait(Option<String>);

impl Wait {
    /// Returns the delay; `None` if the upstream gives none.
    pub(super) fn length(&self, now: SystemTime) -> Option<Duration> {
        let text = self.0.as_deref()?;
        let until = || httpdate::parse_http_date(text).ok().map(|date| date.duration_since(now).unwrap_or_default());
        text.parse().map(Duration::from_secs).ok().or_else(until)
    }

    /// Reads `Retry-After` (RFC 9110, section 10.2.3), or the headers of an exhausted rate limit.
    pub(super) fn of(headers: &HeaderMap, now: SystemTime) -> Option<Self> {
        if let Some(after) = headers.get_all(RETRY_AFTER).iter().find(|value| !value.is_empty()) {
            return Some(Self(
                after.to_str().ok().filter(|text| text.len() <= KEPT_HEADER).and_then(|_| delay(headers)),
            ));
        }
        let number = |names: [&str; 3]| {
            let text = names.into_iter().find_map(|name| headers.get(name))?.to_str().ok()?;
            text.trim().parse::<u64>().ok()
        };
        if number(["ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining"]) != Some(0) {
            return None;
        }
        let reset = number(["ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset"]);
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        // Some APIs send a time, others a number of seconds.
        let after = reset.map(|reset| if reset > now / 2 { reset.saturating_sub(now) } else { reset });
        Some(Self(after.map(|after| after.min(LONGEST_DELAY).to_string())))
    }
}

/// Parses the lines of `Retry-After`: seconds (the longest delay wins), or a date in any HTTP format, which is
/// converted to the current format (RFC 9110, section 5.6.7).
fn delay(headers: &HeaderMap) -> Option<String> {
    let mut longest = None;
    for line in headers.get_all(RETRY_AFTER).iter().filter_map(|line| line.to_str().ok()) {
        if let Ok(date) = httpdate::parse_http_date(line.trim()) {
            // Formatting a year after 9999 panics.
            let is_written =
                date.duration_since(UNIX_EPOCH).is_ok_and(|since| since < Duration::from_secs(253_402_300_800));
            return is_written.then(|| httpdate::fmt_http_date(date));
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
        // It asks to wait without a delay.
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
        ] {
            assert_eq!(
                wait(&[(remaining, "0"), (reset, time)]),
                Some(Wait(Some(after.to_owned()))),
                "{remaining} {time}"
            );
            assert_eq!(wait(&[(remaining, "0"), (reset, "soon")]), Some(Wait(None)));
            assert_eq!(wait(&[(remaining, "0")]), Some(Wait(None)));
            assert_eq!(wait(&[(remaining, "1"), (reset, time)]), None);
            assert_eq!(wait(&[(reset, time)]), None);
            assert_eq!(
                wait(&[(remaining, "0"), (reset, time), ("retry-after", "7")]),
                Some(Wait(Some("7".to_owned())))
            );
        }
    }
}
