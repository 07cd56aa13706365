//! Rules for resilience: safe retries, and enough time for all tries.

use super::Subject;
use super::walk::{Consumed, DocumentView};
use crate::diagnostic::table::resilience::{RETRIED_WRITE, RETRIES_TOO_LONG};
use crate::diagnostic::{Diagnostic, Fix};
use crate::model::{CALL_LIMIT, ConsumedOperation, IDEMPOTENCY_KEY, Milliseconds, ParameterIn};

pub(super) fn check(subject: Subject<'_>, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    for consumed in &walk.operations {
        findings.extend(retried_write(consumed));
        findings.extend(too_long(subject, walk, consumed));
    }
}

/// Finds retries that could repeat a write.
fn retried_write(consumed: &Consumed<'_>) -> Option<Diagnostic> {
    let operation = consumed.operation;
    let retry = operation.resilience.retry.as_ref().filter(|retry| retry.tries > 1)?;
    let is_safe = operation.method.hints().idempotent == Some(true);
    if is_safe || retry.idempotency_key.is_some() || has_key(operation) {
        return None;
    }
    let message = format!("a retried {} may take effect twice", operation.method.as_str());
    let found = Diagnostic::new(&RETRIED_WRITE, format!("{}/resilience/retry", consumed.at), message);
    Some(found.fix(Fix::IdempotencyKey))
}

/// Returns whether callers of the operation send an idempotency key.
fn has_key(operation: &ConsumedOperation) -> bool {
    let is_key = |name: &str| name.eq_ignore_ascii_case(IDEMPOTENCY_KEY);
    operation.input_parameters.iter().any(|parameter| {
        parameter.place == Some(ParameterIn::Header) && parameter.value.is_none() && is_key(&parameter.name)
    })
}

/// Finds retries that cannot all start within the time limit of a call.
fn too_long(subject: Subject<'_>, walk: &DocumentView<'_>, consumed: &Consumed<'_>) -> Option<Diagnostic> {
    let api = walk.apis.get(consumed.api)?;
    let own = &consumed.operation.resilience;
    let both = own.over(&api.consume.resilience);
    let last = both.last_try()?;
    let limit = subject.fragment(&consumed.at).and_then(|fragment| fragment.timeout_ms);
    let limit = limit.map_or(CALL_LIMIT, Milliseconds);
    if last < limit {
        return None;
    }
    let at = if own.retry.is_some() || own.timeout.is_some() { &consumed.at } else { &api.at };
    let tries = both.retry.map_or(0, |retry| retry.tries);
    let message = format!("the last of {tries} tries may start after {last}, but the call is limited to {limit}");
    let found = Diagnostic::new(&RETRIES_TOO_LONG, format!("{at}/resilience/retry"), message);
    Some(found.fix("lower the tries, their `timeout` or their `backoff`, or raise the time limit of the call"))
}
