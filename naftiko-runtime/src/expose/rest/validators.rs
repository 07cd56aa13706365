//! Validators of answers: for an operation whose answers are cached, a caller can send the `ETag` of the last answer
//! in `If-None-Match`, or its `Last-Modified` in `If-Modified-Since`, and gets 304 instead of the same body (RFC 9110, sections 8.8,
//! 13.1.2 and 13.1.3).
//!
//! An answer that is passed on unchanged keeps the API's `ETag`, if it has one. An answer that is JSON in memory and has none
//! gets a strong `ETag`: a hash of the body that the caller gets, which can differ from the API's, and of the link to the next page.

use crate::operation::{Content, Operation, Output, from_document};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_LOCATION, DATE, ETAG, EXPIRES, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    IF_UNMODIFIED_SINCE, LAST_MODIFIED, LINK, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use naftiko_spec::model::{Cache, Document, ExposedOperation, ParameterIn};
use sha2::{Digest, Sha256};
use std::time::SystemTime;

/// The number of bytes of the hash that an `ETag` contains.
const TAG_LENGTH: usize = 18;

/// The headers that a 304 keeps (RFC 9110, section 15.4.5), and the link to the next page.
const HEADERS_OF_304: [HeaderName; 8] =
    [CACHE_CONTROL, CONTENT_LOCATION, DATE, ETAG, EXPIRES, LAST_MODIFIED, LINK, VARY];

/// The headers with conditions that an API may evaluate itself.
const CONDITIONS: [HeaderName; 4] = [IF_NONE_MATCH, IF_MATCH, IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE];

/// The condition of a request: it is answered with 304 if the caller has the body already.
pub(super) enum Condition {
    /// The values of `If-None-Match`.
    NoneOf(Vec<HeaderValue>),
    /// The date of `If-Modified-Since`.
    Since(SystemTime),
}

/// Returns whether the answers of a route have validators: the route is safe (GET, HEAD), and calls one operation whose
/// answers are cached, itself or through a function of an aggregate. If a header with a condition, such as `If-None-Match`, is an
/// argument of the operation, the API evaluates the header, and the answers have no validators.
pub(super) fn has_validators(document: &Document, route: &ExposedOperation, operation: &Operation) -> bool {
    let own_conditions = operation.fragment.arguments.iter().any(|argument| {
        let is = |name: &HeaderName| argument.name.eq_ignore_ascii_case(name.as_str());
        argument.place == ParameterIn::Header && CONDITIONS.iter().any(is)
    });
    if own_conditions || !route.method.is_read() {
        return false;
    }
    let call = from_document::called(document, route.call.as_deref(), route.reference.as_deref());
    let Some((namespace, name)) = call.and_then(|call| call.split_once('.')) else { return false };
    let api = document.all_consumes().into_iter().find(|api| api.namespace == namespace);
    let called = api.and_then(|api| {
        let mut operations = api.resources.iter().flat_map(|resource| &resource.operations);
        operations.find(|operation| operation.name == name).map(|operation| (api.cache, operation))
    });
    called.is_some_and(|(api, called)| called.method.is_read() && Cache::limits(called.cache, api).is_some())
}

/// Adds an `ETag` to an answer that has none, if the body is JSON in memory.
pub(super) fn add(output: &mut Output) {
    if let Content::Json(json) = &output.content
        && output.header(&ETAG).is_none()
        && let Ok(tag) = HeaderValue::from_maybe_shared(Bytes::from(tag(json, output.header(&LINK))))
    {
        output.headers_mut().insert(ETAG, tag);
    }
}

/// Hashes a body, and the link to the next page, which can change while the body stays the same.
fn tag(body: &[u8], next: Option<&HeaderValue>) -> String {
    let hash = Sha256::new().chain_update(body).chain_update(next.map_or(&[][..], HeaderValue::as_bytes)).finalize();
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(hash.get(..TAG_LENGTH).unwrap_or(&hash)))
}

/// Replaces a 200 response with a 304 if `condition` says that the caller has the body already: it names the `ETag` of the response,
/// or a date that is not before its `Last-Modified`.
pub(super) fn validated<B: Default>(condition: Option<&Condition>, response: Response<B>) -> Response<B> {
    let has = match condition {
        None => false,
        Some(Condition::NoneOf(sent)) => {
            response.headers().get(ETAG).is_some_and(|tag| sent.iter().any(|sent| names_tag(sent, tag)))
        }
        Some(Condition::Since(date)) => {
            one_date(response.headers(), &LAST_MODIFIED).is_some_and(|modified| modified <= *date)
        }
    };
    if !has || response.status() != StatusCode::OK {
        return response;
    }
    let mut unchanged = Response::new(B::default());
    *unchanged.status_mut() = StatusCode::NOT_MODIFIED;
    let kept = response.headers().iter().filter(|(name, _)| HEADERS_OF_304.contains(name));
    unchanged.headers_mut().extend(kept.map(|(name, value)| (name.clone(), value.clone())));
    unchanged
}

/// Returns the condition of a request. With `If-None-Match`, `If-Modified-Since` is ignored.
pub(super) fn condition(headers: &HeaderMap) -> Option<Condition> {
    if headers.contains_key(IF_NONE_MATCH) {
        return Some(Condition::NoneOf(headers.get_all(IF_NONE_MATCH).iter().cloned().collect()));
    }
    one_date(headers, &IF_MODIFIED_SINCE).map(Condition::Since)
}

/// Returns the date in a header; `None` if the header occurs more than once, or contains no date.
fn one_date(headers: &HeaderMap, name: &HeaderName) -> Option<SystemTime> {
    let mut values = headers.get_all(name).iter();
    let date = values.next().filter(|_| values.next().is_none())?;
    httpdate::parse_http_date(date.to_str().ok()?.trim()).ok()
}

/// Returns whether a value of `If-None-Match` names a tag, by weak comparison. Tags may contain commas.
fn names_tag(condition: &HeaderValue, tag: &HeaderValue) -> bool {
    let opaque = |text: &str| text.trim().trim_start_matches("W/").to_owned();
    let (Ok(mut rest), Ok(tag)) = (condition.to_str(), tag.to_str().map(opaque)) else { return false };
    if rest.trim() == "*" {
        return true;
    }
    while let Some((_, after)) = rest.split_once('"') {
        let Some((own, after)) = after.split_once('"') else { return false };
        if tag == format!("\"{own}\"") {
            return true;
        }
        rest = after;
    }
    false
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn conditions_are_compared_weakly() {
        let is = |condition: &str, tag: &str| names_tag(&condition.parse().unwrap(), &tag.parse().unwrap());
        for (condition, tag) in [
            ("\"a\"", "\"a\""),
            ("W/\"a\"", "\"a\""),
            ("\"a\"", "W/\"a\""),
            ("\"b\", W/\"a,b\",\"c\"", "\"a,b\""),
            ("*", "\"a\""),
            (" * ", "\"a\""),
        ] {
            assert!(is(condition, tag), "{condition} {tag}");
        }
        for (condition, tag) in [
            ("\"a\"", "\"b\""),
            ("a", "\"a\""),
            ("\"a", "\"a\""),
            ("", "\"a\""),
            ("\"b\", \"c\"", "\", \""),
            ("\"*\"", "\"a\""),
            ("\"A\"", "\"a\""),
        ] {
            assert!(!is(condition, tag), "{condition} {tag}");
        }
    }

    #[test]
    fn a_tag_depends_on_the_body_and_the_next_page() {
        assert_eq!(tag(b"{}", None), tag(b"{}", None));
        assert_ne!(tag(b"{}", None), tag(b"{ }", None));
        assert_eq!(tag(b"", None).len(), 26);
        let next = HeaderValue::from_static("</list?page=2>; rel=\"next\"");
        assert_ne!(tag(b"{}", Some(&next)), tag(b"{}", None));
    }
}
