//! Converts unsuccessful answers to errors.

use super::coding;
use super::context::ClientContext;
use super::layers::authentication::UnauthorizedReason;
use super::layers::redirect::NotFollowed;
use super::passed_headers::{self, Target};
use super::redact::ErrorMasker;
use super::sent_request::SentRequest;
use super::transport::Incoming;
use super::upstream_call::UpstreamCall;
use super::wait::{MAX_QUOTED_HEADER, Wait};
use super::{body, failure, reference};
use crate::error::{Error, ErrorKind, RetryAfter, UpstreamError};
use crate::formats::text;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, StatusCode};
use std::time::SystemTime;
use tokio::time::Instant;

/// The maximum length of an error body that is kept, in bytes.
const ERROR_BODY: usize = 64 * 1024;

/// The maximum number of bytes that are read after [`ERROR_BODY`], to find a secret that crosses this limit.
const MAX_BEYOND: usize = 512 * 1024;

/// The maximum length of a quoted path or `Location`, in characters.
const MAX_QUOTED: usize = 200;

/// Converts an answer that is not a success to an error.
pub(super) async fn refused(
    context: &ClientContext,
    upstream_call: &UpstreamCall,
    sent: &SentRequest,
    (status, headers, not_followed, unauthorized_reason): (
        StatusCode,
        &HeaderMap,
        Option<&NotFollowed>,
        Option<&UnauthorizedReason>,
    ),
    body: Incoming,
    deadline: Instant,
) -> Error {
    let masker = ErrorMasker::new(&context.errors, &sent.sensitive);
    let namespace = &upstream_call.upstream.namespace;
    if status == StatusCode::NOT_MODIFIED && sent.has_validator {
        let message = format!("`{namespace}` answered that the resource has not changed ({status})");
        let headers = passed_headers::select(headers, &passed_headers::NOT_MODIFIED);
        let upstream = UpstreamError { status, headers, ..UpstreamError::default() };
        return Error::of(ErrorKind::NotModified, status, message).with_upstream(upstream);
    }
    if status.is_redirection() {
        let what = redirected(&masker, upstream_call, sent, (status, headers, not_followed));
        return failure::bad_answer(upstream_call, &what).lasting();
    }
    if sent.own_credential
        && status == StatusCode::UNAUTHORIZED
        && let Some(credential) = &upstream_call.upstream.credential
    {
        if unauthorized_reason.is_none()
            && let Some(state) = &upstream_call.upstream.credential_state
        {
            state.note_refused();
        }
        let message = match unauthorized_reason {
            None => format!("`{namespace}` refused {} with {status}: check it", credential.what),
            Some(UnauthorizedReason::Unanswered(why)) => format!("`{namespace}` {} ({status})", masker.mask_text(why)),
            Some(UnauthorizedReason::Renewed) => format!(
                "`{namespace}` asked for new credentials ({status}), but this body can be sent only once: call again"
            ),
        };
        let error = Error::of(ErrorKind::Credential, StatusCode::BAD_GATEWAY, message);
        return match unauthorized_reason {
            Some(UnauthorizedReason::Renewed) => error.with_retry_after(RetryAfter("0".to_owned())),
            _ => error,
        };
    }
    let throttles =
        matches!(status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let wait = if throttles { Wait::of(headers, SystemTime::now()) } else { None };
    // A 407 comes from the next proxy, not from the API (RFC 9110, section 15.5.8).
    if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED
        && let Some(transport) = upstream_call.upstream.transport.as_ref().or(context.transport.as_ref())
        && let Some(variable) = transport.forwarding_proxy(&sent.uri)
    {
        return failure::behind_proxy(upstream_call, variable).lasting().unsent();
    }
    if let Some(why) = why_not_passed_on(status) {
        let error = failure::bad_answer(upstream_call, &format!("answered with {status}: {why}"));
        return if matches!(status.as_u16(), 408 | 425) { error } else { error.lasting() };
    }
    if !status.is_client_error() && wait.is_none() {
        return failure::bad_answer(upstream_call, &format!("answered with {status}"));
    }
    let content_type = quotable_header(headers, &CONTENT_TYPE);
    // Reads further than the limit, so that a secret that crosses the limit is masked too.
    let length = ERROR_BODY + masker.max_length().min(MAX_BEYOND);
    let (body, is_whole) = body::beginning(body, coding::of(headers), length, deadline).await;
    // A body that cannot be converted to UTF-8 is passed on unchanged.
    let body = text::json(body.clone(), content_type.as_deref()).unwrap_or(body);
    let mut body = if is_whole { masker.mask(body) } else { masker.mask_beginning(body) };
    body.truncate(ERROR_BODY);
    let headers = passed_headers::select(headers, &passed_headers::REFUSED);
    let upstream = UpstreamError { status, body, content_type, headers };
    if let Some(Wait(after)) = wait {
        let how_long = after.as_ref().map(|after| format!(", Retry-After: {after}")).unwrap_or_default();
        let message = format!("`{namespace}` asks its callers to wait ({status}{how_long})");
        let error = Error::of(ErrorKind::Throttled, status, message).with_upstream(upstream);
        return match after {
            Some(after) => error.with_retry_after(RetryAfter(after)),
            None => error,
        };
    }
    let message = format!("`{namespace}` answered with {status}");
    Error::of(ErrorKind::Upstream, status, message).with_upstream(upstream)
}

/// Describes a redirect: its source and its target, without queries and credentials.
fn redirected(
    masker: &ErrorMasker<'_>,
    upstream_call: &UpstreamCall,
    sent: &SentRequest,
    (status, headers, not_followed): (StatusCode, &HeaderMap, Option<&NotFollowed>),
) -> String {
    if status == StatusCode::NOT_MODIFIED {
        return format!("answered with {status} to a request without a validator");
    }
    let base = upstream_call.upstream.base.as_str();
    let path_of = |text: &str| text.split(['?', '#']).next().unwrap_or_default().to_owned();
    let shown = |text: &str| masker.mask_text(&path_of(text)).chars().take(MAX_QUOTED).collect::<String>();
    let uri = not_followed.map_or(&sent.uri, |redirect| &redirect.uri);
    let url = uri.to_string();
    let path = match Target::of(base, &url) {
        Target::Below(path) => path_of(&path),
        _ => uri.path().to_owned(),
    };
    let from = shown(&path);
    let location = headers.get(LOCATION).map(reference::in_header).unwrap_or_default();
    let location = location.trim();
    let why = not_followed.map_or("redirects are not followed", |redirect| redirect.why.as_str());
    let target = reference::resolve(uri, location);
    if let Some(target) = target.filter(|target| reference::is_same_origin(uri, target) && target.path() == uri.path())
        && !location.is_empty()
    {
        // A query can contain secrets, so it is not shown.
        let query = if target.query() == uri.query() { "" } else { " with another query" };
        return format!("answered with {status}: `{from}` redirects to itself{query}, but {why}; check the request");
    }
    let to = match Target::of(base, location) {
        _ if location.is_empty() => {
            return format!("answered with {status} for `{from}`, without a valid Location");
        }
        Target::Below(path) => shown(&path),
        Target::Beside(path) | Target::Relative(path) => shown(path),
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
    format!("answered with {status}: `{from}` redirects to `{to}`, but {why}; check the path")
}

/// Explains a status that is not passed on: it concerns the connection to the upstream, or callers would react to it by
/// repeating a call that may have taken effect.
fn why_not_passed_on(status: StatusCode) -> Option<&'static str> {
    Some(match status.as_u16() {
        407 => "a proxy in front of it requires credentials",
        408 => "it did not receive the whole request in time",
        411 => "it requires a Content-Length; a streamed file has one only if its size is declared",
        417 => "it cannot meet the request's `Expect` header",
        421 => "it does not serve that host; check its base URI",
        425 => "it refuses early data, which is not used here",
        426 => "it requires another protocol",
        _ => return None,
    })
}

/// Returns a header for quoting, if it is short and visible ASCII. Secrets in `headers` must already be masked.
fn quotable_header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let text = headers.get(name)?.to_str().ok().filter(|text| text.len() <= MAX_QUOTED_HEADER)?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
