//! Runs one call of an operation with a time limit; a panic or a hang affects only this call.

use super::capability::Capability;
use super::earlier_call;
#[cfg(feature = "mcp")]
use super::early_questions;
use super::exposed_operation::Operation;
use super::{Arguments, Content, Context, Output, OwnedArgument, RawJson};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::CallBudget;
use crate::numbers::remembering;
use crate::telemetry::{self, InFlight, TraceContext};
use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderMap, HeaderName, StatusCode};
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Returns the time limit of a call: the context's own limit, which the calls of MCP tasks have, or otherwise the capability's limit
/// for operations.
pub(crate) fn time_limit(capability: &Capability, context: &Context) -> Duration {
    context.time_limit().unwrap_or(capability.limits().operation)
}

/// Reads an unparsed answer completely, within the time limit of the call.
#[cfg_attr(not(feature = "mcp"), allow(dead_code, reason = "REST streams it"))]
pub(crate) async fn collect(operation: &Operation, raw: RawJson, limit: Duration) -> Result<Bytes> {
    in_time(operation, raw.bytes(), limit).await
}

/// Runs the future `reading`, which reads an answer, within the time limit of the call.
pub(crate) async fn in_time<T>(
    operation: &Operation,
    reading: impl Future<Output = Result<T>>,
    limit: Duration,
) -> Result<T> {
    let read = tokio::time::timeout(limit, reading).await.unwrap_or_else(|_| Err(too_slow(limit)));
    read.map_err(|error| error.in_operation(operation.name()))
}

/// Returns the error of an operation that exceeded its time limit.
#[cold]
fn too_slow(limit: Duration) -> Error {
    let message = format!("the operation took longer than {} s", limit.as_secs_f32());
    Error::of(ErrorKind::Timeout, StatusCode::GATEWAY_TIMEOUT, message)
}

/// Calls an operation with arguments that have been checked against their schemas, and logs a failure. Returns the result and its
/// memory budget.
pub(crate) async fn with_budget(
    capability: &Capability,
    operation: &Arc<Operation>,
    given: Vec<OwnedArgument>,
    context: Context,
) -> Result<(Output, CallBudget)> {
    let trace = context.trace().cloned();
    let called = unlogged(capability, operation, given, context).await;
    called.inspect_err(|error| log_in_trace(operation.name(), error, trace.as_ref()))
}

/// Checks that the arguments of a call can be sent, without calling the operation.
///
/// # Errors
/// Returns an error if an argument cannot be sent. Other errors are ignored: the call itself reports them.
#[cfg(feature = "mcp")]
pub(crate) async fn check(
    capability: &Capability,
    operation: &Arc<Operation>,
    given: Vec<OwnedArgument>,
    context: &Context,
) -> Result<()> {
    let name = operation.name();
    let given = operation.with_defaults(given).map_err(|error| error.in_operation(name))?;
    let arguments = Arguments::new(operation.clone(), given).with_context(context.clone());
    let checked = remembering(async {
        arguments.remember_numbers();
        AssertUnwindSafe(async { capability.check(&arguments, operation) }).catch_unwind().await
    });
    match checked.await {
        Ok(Err(error)) if error.kind() == ErrorKind::Argument => Err(error.in_operation(name)),
        _ => Ok(()),
    }
}

/// Calls an operation without logging a failure, for callers that report the error themselves.
pub(crate) async fn unlogged(
    capability: &Capability,
    operation: &Arc<Operation>,
    given: Vec<OwnedArgument>,
    context: Context,
) -> Result<(Output, CallBudget)> {
    let name = operation.name();
    let given = operation.with_defaults(given).map_err(|error| error.in_operation(name))?;
    let call_budget = capability.limiter().admit().map_err(|error| {
        telemetry::refused("in_flight", "");
        error.in_operation(name)
    })?;
    let _running = InFlight::begin(name);
    let limit = time_limit(capability, &context);
    let trace = context.trace().cloned();
    #[cfg(feature = "mcp")]
    let early = context.early_questions();
    let arguments = Arguments::new(operation.clone(), given).within(call_budget.clone()).with_context(context);
    let arguments = arguments.until(Instant::now().checked_add(limit));
    let work = async {
        arguments.remember_numbers();
        // Arguments are decoded inside the guard, so that a panic while decoding is caught as well.
        let started = capability.start(&arguments, operation)?;
        if operation.has_body { earlier_call::remembering(operation, started).await } else { started.await }
    };
    let work = telemetry::within(trace.as_ref(), AssertUnwindSafe(work).catch_unwind());
    #[cfg(feature = "mcp")]
    let work = early_questions::watched(work, early);
    let guarded = tokio::time::timeout(limit, work);
    let after_call = |error| unanswered(operation, error).in_operation(name);
    match remembering(guarded).await {
        Ok(Ok(Ok(mut output))) => {
            output.content = match output.content {
                Content::Json(json) => Content::Json(call_budget.clone().keep(json).map_err(after_call)?),
                other => other.guarded(operation, trace.as_ref()),
            };
            // Fail if the next page is invalid or is this page again: callers that follow pages would never finish.
            let next = output.next.map_err(after_call)?;
            next.iter().try_for_each(|next| next.check(&operation.inputs)).map_err(after_call)?;
            output.next = Ok(next);
            if let Some(unfiltered) = output.unfiltered.take() {
                pass_on_declared(&operation.fragment.response_headers, &unfiltered, output.headers_mut());
            }
            Ok((output, call_budget))
        }
        Ok(Ok(Err(error))) => Err(after_call(error)),
        Ok(Err(panic)) => Err(panicked(name, panic.as_ref(), trace.as_ref())),
        Err(_) => Err(too_slow(limit).in_operation(name)),
    }
}

/// Passes on the declared headers of a response, unless the operation has set them itself.
fn pass_on_declared(declared: &[String], response: &HeaderMap, headers: &mut HeaderMap) {
    for name in declared {
        if let Some(name) = HeaderName::try_from(name).ok().filter(|name| !headers.contains_key(name)) {
            let values = response.get_all(&name).iter().cloned();
            headers.extend(values.map(|value| (name.clone(), value)));
        }
    }
}

/// Logs a panic, and returns the error that the caller gets.
#[cold]
pub(super) fn panicked(name: &str, panic: &(dyn Any + Send), trace: Option<&TraceContext>) -> Error {
    let text = panic.downcast_ref::<&str>().copied();
    let message = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    let trace_id = trace.map(TraceContext::trace_id);
    tracing::error!(operation = name, trace_id, panic = message, "the operation panicked");
    Error::of(ErrorKind::Panic, StatusCode::INTERNAL_SERVER_ERROR, "the operation failed").in_operation(name)
}

/// Replaces the error of an answer that exceeds the memory budget, unless the operation can be repeated safely. The operation has
/// run, so the error must not advise callers to call again. Other errors are returned unchanged.
#[cold]
pub(crate) fn unanswered(operation: &Operation, error: Error) -> Error {
    let is_full = error.kind() == ErrorKind::Throttled && error.upstream().is_none() && !error.is_unsent();
    if !is_full || operation.is_repeatable() {
        return error;
    }
    let message = "not enough memory for the answer: other calls are using it all; the call may have taken effect";
    Error::of(ErrorKind::BadAnswer, StatusCode::BAD_GATEWAY, message)
}

/// Logs a failure as [`log_in_trace`] does, without a trace.
#[cfg(any(feature = "rest", feature = "mcp"))]
pub(crate) fn log(operation: &str, error: &Error) {
    log_in_trace(operation, error, None);
}

/// Logs a failure, with the ID of the trace that the call belongs to. Internal errors and errors in the configuration are logged as errors,
/// failures of the upstream and timeouts as warnings, both with their causes. Other errors, such as a refusal by the upstream, are logged
/// as debug without causes. An error that has been logged already is skipped: the client itself logs that an answer broke off.
#[cold]
pub(crate) fn log_in_trace(operation: &str, error: &Error, trace: Option<&TraceContext>) {
    if error.is_logged() {
        return;
    }
    let trace_id = trace.map(TraceContext::trace_id);
    let with_causes = || error.causes().fold(error.to_string(), |text, cause| format!("{text}\n  because: {cause}"));
    match error.kind() {
        ErrorKind::Internal | ErrorKind::Configuration => {
            tracing::error!(operation, trace_id, error = with_causes(), "the operation failed");
        }
        ErrorKind::Credential | ErrorKind::BadAnswer | ErrorKind::Unreachable | ErrorKind::Timeout => {
            tracing::warn!(operation, trace_id, error = with_causes(), "the call failed");
        }
        _ => tracing::debug!(operation, trace_id, error = %error, "the operation returned an error"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::schema::{OutputType, Shape};
    use serde_json::{Value, json};

    fn operation(method: &str, hints: &Value) -> Operation {
        let route = json!({
            "expose": 0,
            "path": "/x",
            "resource": "x",
            "description": "",
            "operation": { "method": method, "name": "x", "outputParameters": [] },
        });
        let tool = json!({ "expose": 1, "tool": { "name": "x", "hints": hints, "outputParameters": [] } });
        let fragment = serde_json::from_value(json!({ "name": "x", "routes": [route], "tools": [tool] })).unwrap();
        let output = OutputType { shape: Shape::Value, schema: json!({}) };
        Operation::new(0, "x", fragment, Vec::new(), output)
    }

    #[test]
    fn an_answer_without_memory_may_be_requested_again_only_if_the_call_is_repeatable() {
        for (method, hints, can_be_repeated) in [
            ("GET", json!({ "readOnly": true }), true),
            // A GET whose hints say that it writes.
            ("GET", json!({ "readOnly": false }), false),
            ("PUT", json!({ "readOnly": false, "idempotent": true }), true),
            ("DELETE", json!({ "readOnly": false, "idempotent": true }), true),
            ("POST", json!({ "readOnly": false }), false),
        ] {
            let full = Error::of(ErrorKind::Throttled, StatusCode::SERVICE_UNAVAILABLE, "no memory is left");
            let kind = unanswered(&operation(method, &hints), full).kind();
            let expected = if can_be_repeated { ErrorKind::Throttled } else { ErrorKind::BadAnswer };
            assert_eq!(kind, expected, "{method} {hints}");
        }
    }
}
