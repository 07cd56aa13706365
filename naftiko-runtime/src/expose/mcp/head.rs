//! Checks the head of a request: its method, and the headers about its body, the version and the accepted answers.

use super::message::VERSION;
use super::refusal::JsonRpcRefusal;
use crate::expose::negotiation::{accepts, is_compressed};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use rmcp::model::ErrorCode;

/// Checks the method, and the headers about the body, the version and the answer.
///
/// # Errors
/// Returns 405 for a method other than POST, 415 for a body that is not JSON or is compressed, 400 for two different versions, and 406
/// if the client does not accept JSON.
pub(super) fn check_head(method: &Method, headers: &HeaderMap) -> Result<(), JsonRpcRefusal> {
    let refuse = |status, message: &str| Err(JsonRpcRefusal::new(status, ErrorCode::INVALID_REQUEST, message));
    if *method != Method::POST {
        return refuse(
            StatusCode::METHOD_NOT_ALLOWED,
            "only POST is supported: this server has no sessions, and no stream for GET",
        );
    }
    if !is_json(headers) {
        let what = if headers.contains_key(CONTENT_TYPE) {
            "expected the Content-Type `application/json`"
        } else {
            "the request has no Content-Type: send `application/json`"
        };
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, what);
    }
    if is_compressed(headers) {
        return refuse(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "compressed bodies are not supported: send the body without Content-Encoding",
        );
    }
    let mut versions = headers.get_all(VERSION).iter();
    if versions.next().is_some_and(|first| versions.any(|other| other != first)) {
        return refuse(
            StatusCode::BAD_REQUEST,
            "the MCP-Protocol-Version header is given twice, with different versions",
        );
    }
    // A fast path for the value that the specification asks for.
    let is_usual = headers.get(ACCEPT).is_some_and(|accepted| accepted == "application/json, text/event-stream");
    if !is_usual && !accepts(headers, "application", "json") {
        return refuse(StatusCode::NOT_ACCEPTABLE, "the Accept header must include `application/json`");
    }
    Ok(())
}

/// Returns a media type without its parameters.
fn media_type(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim()
}

/// Returns whether a client accepts an event stream, in which messages such as progress come before the answer.
pub(super) fn accepts_streams(headers: &HeaderMap) -> bool {
    accepts(headers, "text", "event-stream")
}

/// Returns whether the headers declare a JSON body.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let has_json_type = |value: &str| media_type(value).eq_ignore_ascii_case("application/json");
    // A fast path for the most frequent value.
    let is_json = |value: &HeaderValue| value == "application/json" || value.to_str().is_ok_and(has_json_type);
    headers.get(CONTENT_TYPE).is_some_and(is_json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_sent_to_clients_that_accept_it() {
        let takes =
            |accept: &'static str| accepts_streams(&[(ACCEPT, HeaderValue::from_static(accept))].into_iter().collect());
        assert!(accepts_streams(&HeaderMap::new()));
        for accept in
            ["Text/Event-Stream", "text/*", "*/*;Q=0.1", "text/event-stream;q=nonsense", "*/*;q=-1", "*/*;q=NaN"]
        {
            assert!(takes(accept), "{accept}");
        }
        for accept in ["text/event-stream;q=0", "text/event-stream; Q=0.0, */*", "text/html", ""] {
            assert!(!takes(accept), "{accept}");
        }
    }
}
