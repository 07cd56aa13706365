//! What becomes of an upstream's answer: a result, or an error that says what it means for the caller.

use super::body::{self, Streamed};
use super::exchange::{Exchange, Line};
use super::failure;
use super::redact::Masks;
use super::request::Prepared;
use super::transport::Incoming;
use crate::error::{Error, ErrorKind, Result, RetryAfter, UpstreamError};
use crate::operation::RawJson;
use crate::schema::json_location;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};

/// How much of an error's body is kept, in bytes.
const ERROR_BODY: usize = 64 * 1024;

/// How long a header that is kept may be, in bytes.
const KEPT_HEADER: usize = 256;

/// A success; its body is still to come.
pub(crate) struct Opened {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    body: Incoming,
    deadline: Instant,
}

/// Sends a request; what is no success is an error that says what it means.
pub(crate) async fn open(line: &Line, exchange: &Exchange, prepared: Prepared) -> Result<Opened> {
    let Prepared { request, own_credential, sensitive } = prepared;
    let deadline = Instant::now() + exchange.timeout;
    let response = match timeout_at(deadline, line.transport.send(request)).await {
        Ok(Ok(response)) => response,
        Ok(Err(failure)) => return Err(failure::unanswered(exchange, failure)),
        Err(_) => return Err(failure::too_slow(exchange)),
    };
    let (Parts { status, headers, .. }, body) = response.into_parts();
    if !status.is_success() {
        let masks = Masks::new(&line.errors, &sensitive);
        let error = refused(&masks, exchange, status, &headers, body, own_credential, deadline).await;
        let (upstream, operation) = (&exchange.upstream.namespace, &exchange.name);
        tracing::debug!(upstream, operation, status = status.as_u16(), "refused");
        return Err(error.in_operation(operation));
    }
    Ok(Opened { status, headers, body, deadline })
}

impl Opened {
    /// What it says it is.
    pub(crate) fn content_type(&self) -> Option<&HeaderValue> {
        self.headers.get(CONTENT_TYPE)
    }

    /// Whether it says that it is JSON, or nothing.
    pub(crate) fn is_json(&self) -> bool {
        self.content_type().is_none_or(is_json)
    }

    /// Nobody reads the body; whether it comes to an end does not matter.
    pub(crate) async fn skip(self) {
        let _ = timeout_at(self.deadline, body::skip(self.body)).await;
    }

    /// The body is as it was asked for.
    ///
    /// # Errors
    /// If it is in an encoding.
    fn unencoded(self, exchange: &Exchange) -> Result<Self> {
        let plain = |encoding: &HeaderValue| encoding.as_bytes().eq_ignore_ascii_case(b"identity");
        if self.headers.get(CONTENT_ENCODING).is_none_or(plain) {
            return Ok(self);
        }
        Err(failure::bad_answer(exchange, "answered in an encoding that was not asked for (Content-Encoding)"))
    }

    /// All of the body, secrets masked.
    pub(crate) async fn whole(self, line: &Line, exchange: &Exchange) -> Result<Bytes> {
        let opened = self.unencoded(exchange)?;
        let collected = timeout_at(opened.deadline, body::collect(opened.body, exchange, line.max_answer)).await;
        Ok(line.answers.mask(collected.unwrap_or_else(|_| Err(failure::too_slow(exchange)))?))
    }

    /// The body as it comes, secrets masked.
    fn streamed(self, line: Arc<Line>, exchange: Arc<Exchange>) -> Result<Streamed> {
        let opened = self.unencoded(&exchange)?;
        Streamed::new(opened.body, line, exchange, opened.deadline)
    }
}

/// The body of an answer as it comes, secrets masked; `None` if nothing comes.
///
/// # Errors
/// If it breaks off before it begins.
pub(crate) async fn streamed(line: &Arc<Line>, exchange: &Arc<Exchange>, opened: Opened) -> Result<Option<RawJson>> {
    let mut body = opened.streamed(line.clone(), exchange.clone())?;
    Ok(body.begins().await?.then(|| RawJson::streaming(UnsyncBoxBody::new(body))))
}

/// What an answer means that is no success.
async fn refused(
    masks: &Masks<'_>,
    exchange: &Exchange,
    status: StatusCode,
    headers: &HeaderMap,
    body: Incoming,
    own_credential: bool,
    deadline: Instant,
) -> Error {
    let namespace = &exchange.upstream.namespace;
    let operation = &exchange.name;
    if status.is_redirection() {
        return failure::redirected(exchange);
    }
    if own_credential
        && matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
        && let Some(credential) = &exchange.upstream.credential
    {
        let message =
            format!("`{namespace}` refused {} with {status} (operation `{operation}`): check it", credential.what);
        return Error::of(ErrorKind::Credential, StatusCode::BAD_GATEWAY, message);
    }
    let throttles = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let retry_after = kept(masks, headers, &RETRY_AFTER).filter(|after| throttles && is_delay(after));
    if !status.is_client_error() && retry_after.is_none() {
        return failure::bad_answer(exchange, &format!("answered with {status}"));
    }
    let content_type = kept(masks, headers, &CONTENT_TYPE);
    // One that begins before the cut and ends behind it is masked as well.
    let body = body::beginning(body, ERROR_BODY + masks.longest(), deadline).await;
    let mut body = masks.mask(body);
    body.truncate(ERROR_BODY);
    let upstream = UpstreamError { status, body, content_type };
    if let Some(after) = retry_after {
        let message = format!("`{namespace}` asks to wait ({status}, Retry-After: {after}; operation `{operation}`)");
        return Error::of(ErrorKind::Throttled, status, message)
            .with_retry_after(RetryAfter(after))
            .with_upstream(upstream);
    }
    let message = format!("`{namespace}` answered with {status} (operation `{operation}`)");
    Error::of(ErrorKind::Upstream, status, message).with_upstream(upstream)
}

/// A header that is kept: short visible ASCII, secrets masked.
fn kept(masks: &Masks<'_>, headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let text = headers.get(name)?.to_str().ok().filter(|text| text.len() <= KEPT_HEADER)?;
    Some(masks.mask_text(text.trim())).filter(|text| !text.is_empty())
}

/// Whether a `Retry-After` is what it may be: seconds, or a date as HTTP writes it (RFC 9110, sections 5.6.7 and 10.2.3).
fn is_delay(text: &str) -> bool {
    let seconds = (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    // `Sun, 06 Nov 1994 08:49:37 GMT`: what is no letter and no digit stands where it stands there.
    let shape = |c: char| match c {
        'A'..='Z' | 'a'..='z' => 'a',
        '0'..='9' => '0',
        c => c,
    };
    seconds || (text.ends_with(" GMT") && text.chars().map(shape).eq("aaa, 00 aaa 0000 00:00:00 aaa".chars()))
}

/// Whether a Content-Type is one of JSON: `application/json`, `text/json`, `application/problem+json`.
fn is_json(content_type: &HeaderValue) -> bool {
    let essence = content_type.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let Ok(essence) = std::str::from_utf8(essence) else { return false };
    let subtype = essence.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    essence.is_empty() || subtype == "json" || subtype.ends_with("+json") || subtype == "x-json"
}

pub(crate) fn not_json(line: &Line, exchange: &Exchange, content_type: Option<&HeaderValue>) -> Error {
    let named = content_type
        .and_then(|value| value.to_str().ok())
        .filter(|text| text.len() <= KEPT_HEADER)
        .map_or("something else".into(), |text| {
            line.errors.mask_text(text.split(';').next().unwrap_or_default().trim())
        });
    failure::bad_answer(exchange, &format!("answered with {named} where JSON was expected: check its base URI"))
}

/// An answer cannot be read as what the operation returns.
pub(crate) fn unreadable(
    line: &Line,
    exchange: &Exchange,
    bytes: &[u8],
    content_type: Option<&HeaderValue>,
    why: &serde_json::Error,
) -> Error {
    if bytes.trim_ascii().is_empty() {
        return failure::bad_answer(exchange, "answered with nothing, and the operation returns something");
    }
    let data = why.classify() == serde_json::error::Category::Data;
    if !data && content_type.is_some_and(|value| !is_json(value)) {
        return not_json(line, exchange, content_type);
    }
    let place = json_location::of(bytes, why);
    let what = if data { json_location::expected(why) } else { "it is no JSON".to_owned() };
    let part = exchange.part.as_ref().map_or_else(String::new, |part| format!(" in {part}"));
    failure::bad_answer(exchange, &format!("gave an answer that does not fit{part}: {what}, at {place}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_delay_is_seconds_or_a_date() {
        for delay in ["0", "120", "Sun, 06 Nov 1994 08:49:37 GMT"] {
            assert!(is_delay(delay), "{delay}");
        }
        for junk in ["", "-1", "soon", "99999999999", "1.5", "Sun, 06 Nov 1994 08:49:37 UTC", "tok-s3cret GMT"] {
            assert!(!is_delay(junk), "{junk}");
        }
    }

    #[test]
    fn json_has_many_names() {
        for name in ["application/json", "application/json; charset=utf-8", "application/problem+json", "TEXT/JSON", ""]
        {
            assert!(is_json(&HeaderValue::from_static(name)), "{name}");
        }
        for name in ["text/html", "application/jsonp", "text/plain", "application/x-ndjson"] {
            assert!(!is_json(&HeaderValue::from_static(name)), "{name}");
        }
    }
}
