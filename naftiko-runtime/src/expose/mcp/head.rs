//! Checks the head of a request: its method, and the headers about its body, the version and the accepted answers.

use super::message::VERSION;
use super::refusal::JsonRpcRefusal;
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE};
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
            "the Content-Type is not `application/json`"
        } else {
            "the request has no Content-Type: send `application/json`"
        };
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, what);
    }
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
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
    let accepted = headers.get_all(ACCEPT);
    // A fast path for the value that the specification asks for.
    if accepted.iter().next().is_some_and(|first| first == "application/json, text/event-stream") {
        return Ok(());
    }
    let mut accepted = accepted.iter().filter_map(|value| value.to_str().ok()).peekable();
    if accepted.peek().is_some() && !accepted.flat_map(|value| value.split(',')).any(accepts_json) {
        return refuse(StatusCode::NOT_ACCEPTABLE, "answers are application/json, which the request does not accept");
    }
    Ok(())
}

/// Returns a media type without its parameters.
fn media_type(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim()
}

/// Returns whether an entry of `Accept` includes JSON.
fn accepts_json(entry: &str) -> bool {
    accepts(entry, &["application/json", "application/*", "*/*"])
}

/// Returns whether an entry of `Accept` is one of these ranges, and not refused by its weight (RFC 9110, section 12.5.1).
fn accepts(entry: &str, ranges: &[&str]) -> bool {
    let refused = |parameter: &str| {
        let weight = parameter.trim().strip_prefix("q=").map(str::parse::<f32>);
        weight.is_some_and(|weight| weight == Ok(0.0))
    };
    let range = media_type(entry);
    let fits = ranges.iter().any(|known| range.eq_ignore_ascii_case(known));
    fits && !entry.split(';').skip(1).any(refused)
}

/// Returns whether a client accepts an event stream, in which messages such as progress come before the answer.
pub(super) fn accepts_streams(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    let takes = |entry: &str| accepts(entry, &["text/event-stream", "text/*", "*/*"]);
    accepted.peek().is_none() || accepted.flat_map(|value| value.split(',')).any(takes)
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
    #[test]
    fn an_entry_of_accept_with_weight_zero_is_refused() {
        for (entry, expected) in [("Text/Event-Stream", true), ("text/event-stream;q=0", false), ("text/html", false)] {
            assert_eq!(super::accepts(entry, &["text/event-stream"]), expected, "{entry}");
        }
    }
}
