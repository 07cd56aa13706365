//! Converts errors to tool results, as text for the agent and in `_meta` for programs, and to JSON-RPC errors.

use crate::error::{Error, ErrorKind, LastingCause, RetryAfter};
use crate::numbers::parse_exact;
use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock, MetaObject};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// The key in `_meta` under which programs find the error, since `structuredContent` must match the output schema.
const META: &str = "io.naftiko/error";

/// The maximum length of an upstream's error body that is quoted, in bytes.
const BODY_LIMIT: usize = 16 * 1024;

/// The words of messages that report a possible effect, so that the advice does not report it again.
const POSSIBLE_EFFECT: &str = "may have taken effect";

/// Converts an error to a tool result with `isError`, which agents can read. `repeatable` is whether a second call of the tool
/// has no further effect.
pub(super) fn result(error: &Error, repeatable: bool) -> CallToolResult {
    let mut meta = MetaObject::new();
    meta.0.insert(META.to_owned(), Value::Object(json(error)));
    CallToolResult::error(vec![ContentBlock::text(text(error, repeatable))]).with_meta(Some(meta))
}

/// Describes what happened, in which operation, and what to do. If the tool is not `repeatable`, a second call could
/// repeat its effect.
fn text(error: &Error, repeatable: bool) -> String {
    let message = message(error);
    let mut words = String::new();
    if let Some(operation) = error.operation() {
        words.push_str(operation);
        words.push_str(": ");
    }
    words.push_str(&message);
    if let Some(pointer) = error.pointer().filter(|pointer| !pointer.is_empty()) {
        // Writing to a string does not fail.
        let _ = write!(words, " (at {pointer})");
    }
    if !words.ends_with(['.', '!', '?']) {
        words.push('.');
    }
    if let Some(upstream) = error.upstream().filter(|_| error.kind() != ErrorKind::NotModified) {
        let (body, cut) = body(&upstream.body);
        let _ = match (body.is_empty(), cut) {
            (true, _) => write!(words, " The API's answer had no body."),
            (false, false) => write!(words, "\nThe API's answer: {body}"),
            (false, true) => write!(words, "\nThe API's answer: {body}… (only the first {BODY_LIMIT} bytes)"),
        };
    }
    let check_first = if message.contains(POSSIBLE_EFFECT) {
        "Check before you call again."
    } else {
        "The call may have taken effect; check before you call again."
    };
    let advice = match (error.kind(), error.retry_after()) {
        (_, Some(RetryAfter(delay))) if delay.trim() == "0" => "Call again now.".to_owned(),
        (_, Some(RetryAfter(delay))) if delay.trim() == "1" => "Call again in 1 second.".to_owned(),
        (_, Some(RetryAfter(delay))) if delay.trim().parse::<u64>().is_ok() => {
            format!("Call again in {} seconds.", delay.trim())
        }
        (_, Some(RetryAfter(date))) => format!("Call again after {}.", date.trim()),
        (ErrorKind::Argument, None) if error.lasting_cause() == Some(LastingCause::Request) => {
            "The client has to send the header; the arguments are not the cause.".to_owned()
        }
        (ErrorKind::Argument, None) => "Correct the arguments and call again.".to_owned(),
        (ErrorKind::Credential, None) => {
            "The operator of this server has to correct its credential for the API; calling again does not help."
                .to_owned()
        }
        (ErrorKind::BadAnswer | ErrorKind::Unreachable, None)
            if error.lasting_cause() == Some(LastingCause::Request) =>
        {
            "The operator of this server has to correct how it calls the API; calling again does not help.".to_owned()
        }
        (ErrorKind::BadAnswer, None) if error.lasting_cause() == Some(LastingCause::Size) => {
            let check_first = if repeatable { String::new() } else { format!("{check_first} ") };
            format!(
                "{check_first}Request less data, such as a smaller page or a narrower filter; the same call would fail again. If no \
                 argument does that, the operator of this server has to raise the limit."
            )
        }
        (ErrorKind::BadAnswer | ErrorKind::Timeout, None) if !repeatable => check_first.to_owned(),
        (ErrorKind::Throttled | ErrorKind::Unreachable, None) => "Call again later.".to_owned(),
        (ErrorKind::BadAnswer, None) => "The API failed; call again later.".to_owned(),
        (ErrorKind::Timeout, None) => "Call again later, or request less data.".to_owned(),
        (ErrorKind::Panic | ErrorKind::Internal | ErrorKind::Configuration, None) => {
            "The server failed; the arguments are not the cause. The log of the server has the details.".to_owned()
        }
        (ErrorKind::Application | ErrorKind::Upstream | ErrorKind::NotModified, None) => return words,
    };
    words.push('\n');
    words.push_str(&advice);
    words
}

/// Converts an error to a JSON-RPC error, for requests that are not tool calls.
pub(super) fn error_data(error: &Error, data: Option<Value>) -> ErrorData {
    match error.kind() {
        ErrorKind::Argument => ErrorData::invalid_params(message(error), data),
        _ => ErrorData::internal_error(message(error), data),
    }
}

/// Returns the message of an error; details of server faults are hidden from callers.
pub(super) fn message(error: &Error) -> String {
    match error.kind() {
        ErrorKind::Panic | ErrorKind::Internal | ErrorKind::Configuration => "the operation failed".to_owned(),
        _ => error.to_string(),
    }
}

/// Describes the error as JSON for programs.
fn json(error: &Error) -> Map<String, Value> {
    let mut facts = Map::new();
    let mut add = |name: &str, value: Value| facts.insert(name.to_owned(), value);
    add("kind", kind(error.kind()).into());
    add("status", error.callers_status().as_u16().into());
    add("message", message(error).into());
    if let Some(operation) = error.operation() {
        add("operation", operation.into());
    }
    if let Some(pointer) = error.pointer() {
        add("pointer", pointer.into());
    }
    if let Some(api) = error.api() {
        add("api", api.into());
    }
    if let Some(RetryAfter(delay)) = error.retry_after() {
        add("retryAfter", delay.as_str().into());
    }
    if let Some(upstream) = error.upstream() {
        let (text, cut) = body(&upstream.body);
        let whole = (!cut).then(|| parse_exact(&upstream.body)).flatten();
        add(
            "upstream",
            json!({ "status": upstream.status.as_u16(), "body": whole.unwrap_or_else(|| Value::from(text)) }),
        );
    }
    facts
}

/// Returns the beginning of a body as text, and whether the text is truncated.
fn body(body: &[u8]) -> (String, bool) {
    let start = body.get(..BODY_LIMIT).unwrap_or(body);
    (String::from_utf8_lossy(start).trim().to_owned(), start.len() < body.len())
}

fn kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Configuration => "configuration",
        ErrorKind::Argument => "argument",
        ErrorKind::Application => "application",
        ErrorKind::Upstream => "upstream",
        ErrorKind::NotModified => "not_modified",
        ErrorKind::Credential => "credential",
        ErrorKind::Throttled => "throttled",
        ErrorKind::BadAnswer => "bad_answer",
        ErrorKind::Unreachable => "unreachable",
        ErrorKind::Timeout => "timeout",
        ErrorKind::Panic => "panic",
        ErrorKind::Internal => "internal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::UpstreamError;
    use bytes::Bytes;
    use http::StatusCode;

    fn error(kind: ErrorKind, status: u16, message: &str) -> Error {
        let status = StatusCode::from_u16(status).unwrap_or_default();
        Error::of(kind, status, message).in_operation("list-tokens")
    }

    fn upstream(status: u16, body: impl Into<Bytes>) -> UpstreamError {
        let status = StatusCode::from_u16(status).unwrap_or_default();
        UpstreamError { status, body: body.into(), ..UpstreamError::default() }
    }

    #[test]
    fn an_error_never_has_a_success_status() {
        for (kind, status, expected) in [
            (ErrorKind::Application, 200, 500),
            (ErrorKind::Application, 302, 500),
            (ErrorKind::Application, 409, 409),
            (ErrorKind::Upstream, 204, 500),
            (ErrorKind::BadAnswer, 502, 502),
            (ErrorKind::NotModified, 304, 304),
        ] {
            assert_eq!(json(&error(kind, status, "failed"))["status"], expected, "{status}");
        }
    }

    #[test]
    fn errors_are_described_with_the_advice_for_their_kind() {
        let missing = Error::argument("/userId", "the argument `userId` is missing").in_operation("list-tokens");
        let refused = error(ErrorKind::Upstream, 404, "`humanitec` answered with 404 Not Found");
        let throttled = || error(ErrorKind::Throttled, 429, "the upstream asks its callers to wait");
        for (error, expected) in [
            (
                missing,
                "list-tokens: the argument `userId` is missing (at /userId).\nCorrect the arguments and call again.",
            ),
            (
                refused.with_upstream(upstream(404, r#"{"code":"none"}"#)),
                "list-tokens: `humanitec` answered with 404 Not Found.\nThe API's answer: {\"code\":\"none\"}",
            ),
            (
                error(ErrorKind::Upstream, 410, "It is gone!").with_upstream(upstream(410, "")),
                "list-tokens: It is gone! The API's answer had no body.",
            ),
            (
                error(ErrorKind::Credential, 502, "the upstream refused the credential of this server"),
                "list-tokens: the upstream refused the credential of this server.\n\
                 The operator of this server has to correct its credential for the API; calling again does not help.",
            ),
            (
                throttled().with_retry_after(RetryAfter("30".to_owned())),
                "list-tokens: the upstream asks its callers to wait.\nCall again in 30 seconds.",
            ),
            (
                throttled().with_retry_after(RetryAfter("Wed, 21 Oct 2026 07:28:00 GMT".to_owned())),
                "list-tokens: the upstream asks its callers to wait.\nCall again after Wed, 21 Oct 2026 07:28:00 GMT.",
            ),
            (
                error(ErrorKind::BadAnswer, 502, "the upstream answered 500"),
                "list-tokens: the upstream answered 500.\nThe API failed; call again later.",
            ),
            (
                error(ErrorKind::Unreachable, 502, "the upstream cannot be reached"),
                "list-tokens: the upstream cannot be reached.\nCall again later.",
            ),
            (
                error(ErrorKind::Timeout, 504, "the upstream was too slow"),
                "list-tokens: the upstream was too slow.\nCall again later, or request less data.",
            ),
            (
                Error::internal("a secret"),
                "the operation failed.\nThe server failed; the arguments are not the cause. The log of the server has the details.",
            ),
            (
                Error::configuration("the file /etc/secret is missing").in_operation("list-tokens"),
                "list-tokens: the operation failed.\nThe server failed; the arguments are not the cause. The log of the server has the details.",
            ),
            (Error::new(StatusCode::CONFLICT, "there is one already"), "there is one already."),
        ] {
            assert_eq!(text(&error, true), expected);
        }
    }

    #[test]
    fn after_a_call_that_may_have_taken_effect_the_advice_is_to_check_first() {
        let advice = |kind| text(&error(kind, 502, "no"), false).lines().last().map(str::to_owned);
        let check_first = Some("The call may have taken effect; check before you call again.".to_owned());
        assert_eq!(advice(ErrorKind::BadAnswer), check_first);
        assert_eq!(advice(ErrorKind::Timeout), check_first);
        let lasting = error(ErrorKind::BadAnswer, 502, "it moved").lasting();
        assert!(text(&lasting, true).ends_with("calling again does not help."));
        let header = Error::argument("", "missing header `X-Tenant`").lasting();
        assert!(text(&header, true).ends_with("the arguments are not the cause."));
        // The address is refused.
        let refused = error(ErrorKind::Unreachable, 502, "its addresses are private").lasting();
        assert!(text(&refused, false).ends_with("calling again does not help."));
        let large = error(ErrorKind::BadAnswer, 502, "it answered with more than 9 bytes").too_large();
        let less = "Request less data, such as a smaller page or a narrower filter; the same call would fail again. If no \
                    argument does that, the operator of this server has to raise the limit.";
        assert_eq!(text(&large, true).lines().last(), Some(less));
        let after = format!("The call may have taken effect; check before you call again. {less}");
        assert_eq!(text(&large, false).lines().last(), Some(&*after));
        // Nothing was sent, or the upstream reports that nothing was done.
        let later = Some("Call again later.".to_owned());
        assert_eq!(advice(ErrorKind::Unreachable), later);
        assert_eq!(advice(ErrorKind::Throttled), later);
    }

    #[test]
    fn a_message_that_reports_a_possible_effect_is_not_repeated_by_the_advice() {
        for message in
            ["no memory; the call may have taken effect", "an earlier attempt of this call may have taken effect"]
        {
            let error = error(ErrorKind::BadAnswer, 502, message);
            let expected = format!("list-tokens: {message}.\nCheck before you call again.");
            assert_eq!(text(&error, false), expected);
        }
        let large = error(ErrorKind::BadAnswer, 502, "it is too large; the call may have taken effect").too_large();
        assert_eq!(text(&large, false).matches("may have taken effect").count(), 1);
    }

    #[test]
    fn the_details_of_server_faults_are_hidden_from_all_requests() {
        let error = Error::configuration("the file /etc/secret is missing");
        assert_eq!(error_data(&error, None), ErrorData::internal_error("the operation failed", None));
        assert_eq!(message(&Error::internal("a secret")), "the operation failed");
        let wrong = Error::argument("/id", "expected a number");
        assert_eq!(error_data(&wrong, None), ErrorData::invalid_params("expected a number", None));
    }

    #[test]
    fn programs_get_the_same_facts() {
        let error = error(ErrorKind::Throttled, 503, "wait")
            .with_retry_after(RetryAfter("7".to_owned()))
            .with_upstream(upstream(503, r#"{"busy":true}"#));
        let expected = json!({
            "kind": "throttled", "status": 503, "message": "wait", "operation": "list-tokens", "retryAfter": "7",
            "upstream": { "status": 503, "body": { "busy": true } },
        });
        assert_eq!(Value::Object(json(&error)), expected);
        assert_eq!(json(&Error::argument("/a/b", "no"))["pointer"], "/a/b");
    }

    #[test]
    fn a_long_upstream_body_is_cut_off() {
        let body = "ü".repeat(BODY_LIMIT);
        let error = error(ErrorKind::Upstream, 400, "no").with_upstream(upstream(400, body));
        let words = text(&error, true);
        assert!(words.len() < BODY_LIMIT + 200, "{}", words.len());
        assert!(words.ends_with(&format!("… (only the first {BODY_LIMIT} bytes)")));
        assert!(json(&error)["upstream"]["body"].as_str().is_some_and(|body| body.len() <= BODY_LIMIT));
        let garbage = upstream(400, vec![0xff; 10]);
        let error = Error::new(StatusCode::BAD_REQUEST, "no").with_upstream(garbage);
        assert!(super::text(&error, true).contains('\u{fffd}'));
        // It is not valid JSON, so it is a text, as in a problem of the REST adapter.
        let error = Error::new(StatusCode::BAD_REQUEST, "no").with_upstream(upstream(400, &b"{\"a\":\"\xff\"}"[..]));
        assert_eq!(json(&error)["upstream"]["body"], "{\"a\":\"\u{fffd}\"}");
        // A parsed number would lose digits.
        let wide = r#"{"id":18446744073709551617}"#;
        let error = Error::new(StatusCode::BAD_REQUEST, "no").with_upstream(upstream(400, wide));
        assert_eq!(json(&error)["upstream"]["body"], wide);
    }
}
