//! What an answer means that is not a success.

use super::answer::Asked;
use super::coding;
use super::context::{ClientContext, UpstreamCall};
use super::onward::{self, Target};
use super::redact::Masks;
use super::transport::Incoming;
use super::{body, failure};
use crate::error::{Error, ErrorKind, RetryAfter, UpstreamError};
use http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderName, StatusCode};
use std::time::{Duration, UNIX_EPOCH};
use tokio::time::Instant;

/// How much of an error's body is kept, in bytes.
const ERROR_BODY: usize = 64 * 1024;

/// How long a header that is quoted may be, in bytes.
pub(super) const KEPT_HEADER: usize = 256;

/// How much of a path or a `Location` is quoted, in characters.
const SHOWN: usize = 200;

/// Makes an error of an answer that is not a success.
pub(super) async fn refused(
    context: &ClientContext,
    upstream_call: &UpstreamCall,
    asked: &Asked,
    (status, headers): (StatusCode, &HeaderMap),
    body: Incoming,
    deadline: Instant,
) -> Error {
    let masks = Masks::new(&context.errors, &asked.sensitive);
    let namespace = &upstream_call.upstream.namespace;
    if status == StatusCode::NOT_MODIFIED && asked.validates {
        let message = format!("`{namespace}` answered that nothing has changed ({status})");
        let headers = onward::kept(headers, &onward::NOT_MODIFIED);
        let upstream = UpstreamError { status, headers, ..UpstreamError::default() };
        return Error::of(ErrorKind::NotModified, status, message).with_upstream(upstream);
    }
    if status.is_redirection() {
        return failure::bad_answer(upstream_call, &redirected(&masks, upstream_call, asked, status, headers));
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
    let retry_after = kept(headers, &RETRY_AFTER).filter(|_| throttles).and_then(|after| delay(&after));
    if let Some(why) = of_the_hop(status) {
        return failure::bad_answer(upstream_call, &format!("answered with {status}: {why}"));
    }
    if !status.is_client_error() && retry_after.is_none() {
        return failure::bad_answer(upstream_call, &format!("answered with {status}"));
    }
    let content_type = kept(headers, &CONTENT_TYPE);
    // A secret that begins before the cut and ends behind it is masked as well.
    let body = body::beginning(body, coding::of(headers), ERROR_BODY + masks.reach(), deadline).await;
    let mut body = masks.mask(body);
    body.truncate(ERROR_BODY);
    let headers = onward::kept(headers, &onward::REFUSED);
    let upstream = UpstreamError { status, body, content_type, headers };
    if let Some(after) = retry_after {
        let message = format!("`{namespace}` asks to wait ({status}, Retry-After: {after})");
        return Error::of(ErrorKind::Throttled, status, message)
            .with_retry_after(RetryAfter(after))
            .with_upstream(upstream);
    }
    let message = format!("`{namespace}` answered with {status}");
    Error::of(ErrorKind::Upstream, status, message).with_upstream(upstream)
}

/// Describes a redirect: what moved and where to, without queries and credentials.
fn redirected(
    masks: &Masks<'_>,
    upstream_call: &UpstreamCall,
    asked: &Asked,
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
            return format!("answered with {status} for `{from}`, and no Location that can be read");
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
    format!("answered with {status}: `{from}` leads to `{to}`, and redirects are not followed; check the path")
}

/// Explains a status that is about the way to the upstream, or invites callers to repeat what may have been done.
fn of_the_hop(status: StatusCode) -> Option<&'static str> {
    Some(match status.as_u16() {
        407 => "a proxy before it asks for a credential",
        408 => "it did not get the whole request in time",
        411 => "it wants a length, which the request declares",
        417 => "it cannot meet an expectation of the request",
        421 => "it does not serve that host; check its base URI",
        425 => "it does not take the request that early",
        426 => "it wants another protocol",
        _ => return None,
    })
}

/// Returns a header that is quoted: short visible ASCII, secrets masked.
fn kept(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let text = headers.get(name)?.to_str().ok().filter(|text| text.len() <= KEPT_HEADER)?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Reads a `Retry-After`: seconds, or a date in any form of HTTP, which becomes the one that is sent today (RFC 9110,
/// sections 5.6.7 and 10.2.3).
fn delay(text: &str) -> Option<String> {
    if (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.to_owned());
    }
    let date = httpdate::parse_http_date(text).ok()?;
    // Formatting a year beyond 9999 panics.
    let is_written = date.duration_since(UNIX_EPOCH).is_ok_and(|since| since < Duration::from_secs(253_402_300_800));
    is_written.then(|| httpdate::fmt_http_date(date))
}

#[cfg(test)]
mod tests {
    use super::delay;

    #[test]
    fn a_delay_is_seconds_or_a_date() {
        const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(delay("0").as_deref(), Some("0"));
        assert_eq!(delay("120").as_deref(), Some("120"));
        for date in [DATE, "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(delay(date).as_deref(), Some(DATE), "{date}");
        }
        for junk in ["", "-1", "soon", "99999999999", "1.5", "Sun, 06 Nov 1994 08:49:37 UTC", "tok-s3cret GMT"] {
            assert_eq!(delay(junk), None, "{junk}");
        }
    }
}
