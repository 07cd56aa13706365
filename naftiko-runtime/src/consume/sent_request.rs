//! The properties of a sent request that decide how its answer is interpreted.

use super::failure;
use super::outgoing::Outgoing;
use super::upstream_call::UpstreamCall;
use crate::error::Result;
use http::header::{CONTENT_RANGE, CONTENT_TYPE, IF_MODIFIED_SINCE, IF_NONE_MATCH, RANGE};
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use secrecy::SecretString;

/// The properties of a request that decide how its answer is interpreted.
pub(super) struct SentRequest {
    pub(super) uri: Uri,
    /// Whether 304 is a valid answer: the caller sent a validator.
    pub(super) has_validator: bool,
    /// Whether 206 is a valid answer: the caller asked for a range.
    has_range: bool,
    pub(super) own_credential: bool,
    pub(super) sensitive: Vec<SecretString>,
}

impl SentRequest {
    pub(super) fn of(
        upstream_call: &UpstreamCall,
        request: &Request<Outgoing>,
        (own_credential, has_other_headers): (bool, bool),
        sensitive: Vec<SecretString>,
    ) -> Self {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let constants = &upstream_call.upstream.headers;
        let has_validator =
            |name| request.headers().get(&name).is_some_and(|value| constants.get(&name) != Some(value));
        Self {
            uri: request.uri().clone(),
            has_validator: has_other_headers
                && reads
                && [IF_NONE_MATCH, IF_MODIFIED_SINCE].into_iter().any(has_validator),
            has_range: request.headers().contains_key(RANGE),
            own_credential,
            sensitive,
        }
    }

    /// Checks that a 206 answers a request for a range, and states its range (RFC 9110, section 15.3.7).
    pub(super) fn check_range(
        &self,
        upstream_call: &UpstreamCall,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Result<()> {
        let several =
            || headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/byteranges"));
        let what = match status {
            StatusCode::PARTIAL_CONTENT if !self.has_range => "a part of the answer, but the whole was requested",
            StatusCode::PARTIAL_CONTENT if !headers.contains_key(CONTENT_RANGE) && !several() => {
                "a part of the answer without a Content-Range"
            }
            _ => return Ok(()),
        };
        Err(failure::bad_answer(upstream_call, &format!("answered with {status}: {what}")))
    }
}
