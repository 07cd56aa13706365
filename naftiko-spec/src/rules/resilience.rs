//! Rules for resilience: safe retries and hedges, and enough time for all attempts.

use super::Subject;
use super::walk::{CallableKind, Consumed, DocumentView};
use crate::diagnostic::table::resilience::{HEDGED_WRITE, RETRIED_WRITE, RETRIES_TOO_LONG, UNREACHABLE_LIMIT};
use crate::diagnostic::{Diagnostic, Fix};
use crate::model::{
    CALL_LIMIT, ConsumedOperation, Expose, IDEMPOTENCY_KEY, Milliseconds, OPERATION_LIMIT, ParameterIn, Resilience,
    Retry,
};
use std::collections::{HashMap, HashSet};

pub(super) fn check(subject: Subject<'_>, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    let tasks = Tasks::new(subject, walk);
    let mut longest: HashMap<usize, Milliseconds> = HashMap::new();
    for consumed in &walk.operations {
        let most = limit(walk, consumed);
        longest.entry(consumed.api).and_modify(|longest| *longest = most.max(*longest)).or_insert(most);
        findings.extend(retried_write(consumed));
        findings.extend(too_long(subject, walk, consumed, &tasks));
        findings.extend(hedged_write(consumed).or_else(|| late_hedge(subject, walk, consumed)));
        unreachable(subject, &consumed.at, &consumed.operation.resilience, limit(walk, consumed), findings);
    }
    for (index, api) in walk.apis.iter().enumerate() {
        // The settings of an API apply to all its calls. A limit is reported only if no call can reach it, so the longest call counts.
        let of_api = api.consume.timeout.unwrap_or(CALL_LIMIT);
        let longest = longest.get(&index).copied().unwrap_or(of_api);
        unreachable(subject, &api.at, &api.consume.resilience, longest, findings);
        findings.extend(late(subject, &api.at, &api.consume.resilience, api.consume.resilience.timeout, longest));
    }
}

/// Returns how long a call may take, all attempts together.
fn limit(walk: &DocumentView<'_>, consumed: &Consumed<'_>) -> Milliseconds {
    let of_api = || walk.apis.get(consumed.api)?.consume.timeout;
    consumed.operation.timeout.or_else(of_api).unwrap_or(CALL_LIMIT)
}

/// Finds time limits and waits of an API or an operation that no call can reach: a call may take at most `limit`, and a wait at most
/// the longest backoff.
fn unreachable(
    subject: Subject<'_>,
    at: &str,
    settings: &Resilience,
    limit: Milliseconds,
    findings: &mut Vec<Diagnostic>,
) {
    let mut find = |key: &str, message: String, fix: Fix| {
        findings.push(Diagnostic::new(&UNREACHABLE_LIMIT, format!("{at}/resilience/{key}"), message).fix(fix));
    };
    if let Some(timeout) = settings.timeout.filter(|timeout| *timeout > limit) {
        let message = format!("one attempt may take {timeout}, but a call may take {limit} in all");
        find("timeout", message, Fix::AtMost { limit, wanted: timeout });
    }
    let Some(retry) = settings.retry.as_ref().filter(|retry| retry.tries > 1) else { return };
    let (backoff, longest) = (subject.key("backoff"), subject.key("maxBackoff"));
    let first = retry.backoff.unwrap_or(Retry::BACKOFF);
    match retry.max_backoff {
        Some(most) if most > limit => {
            let message = format!("the wait before a retry may take {most}, but a call may take {limit} in all");
            find("retry/maxBackoff", message, Fix::AtMost { limit, wanted: most });
        }
        Some(most) if most < first => {
            let message = format!("`{longest}` is {most}, but the first wait (`{backoff}`) may already take {first}");
            find("retry/maxBackoff", message, Fix::Backoff { first: most, longest: first });
        }
        None if first > Retry::MAX_BACKOFF => {
            let most = Retry::MAX_BACKOFF;
            let message = format!("`{backoff}` is {first}, but no wait takes longer than `{longest}`, which is {most}");
            find("retry/backoff", message, Fix::Backoff { first: most, longest: first });
        }
        _ => {}
    }
}

/// Finds retries of an operation that could repeat a write.
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

/// Finds retries of which the last may start after the time limit of the call, or of the operation that makes it.
fn too_long(
    subject: Subject<'_>,
    walk: &DocumentView<'_>,
    consumed: &Consumed<'_>,
    tasks: &Tasks<'_>,
) -> Option<Diagnostic> {
    let api = walk.apis.get(consumed.api)?;
    let own = &consumed.operation.resilience;
    let both = own.over(&api.consume.resilience);
    let last = both.last_try(is_read(consumed))?;
    let call = limit(walk, consumed);
    // Another rule reports an attempt that is longer than its call.
    if both.timeout.is_some_and(|timeout| timeout > call) {
        return None;
    }
    let (what, limit) = match call {
        call if last >= call => ("call", call),
        _ if last >= OPERATION_LIMIT && is_limited(subject, consumed, tasks) => ("operation", OPERATION_LIMIT),
        _ => return None,
    };
    let at = if own.retry.is_some() || own.timeout.is_some() { &consumed.at } else { &api.at };
    let tries = both.retry.map_or(0, |retry| retry.tries);
    let message = format!("the last of {tries} attempts may start after {last}, but the {what} is limited to {limit}");
    let found = Diagnostic::new(&RETRIES_TOO_LONG, format!("{at}/resilience/retry"), message);
    Some(found.fix(if what == "call" {
        "lower the number of attempts, `timeout` or `backoff`, or raise the time limit of the call"
    } else {
        "lower the number of attempts, `timeout` or `backoff`"
    }))
}

/// Returns whether the time limit of operations applies to the calls of an operation: it is served, and not only as a task.
fn is_limited(subject: Subject<'_>, consumed: &Consumed<'_>, tasks: &Tasks<'_>) -> bool {
    if let Some(fragment) = subject.fragment(&consumed.at) {
        let tools = fragment.tools.iter().any(|part| part.tool.task.is_none());
        return tools || !(fragment.routes.is_empty() && fragment.resources.is_empty() && fragment.prompts.is_empty());
    }
    !tasks.only_as_tasks.contains(consumed.at.as_str())
}

/// The consumed operations of a file that only tasks call.
struct Tasks<'w> {
    /// Their locations.
    only_as_tasks: HashSet<&'w str>,
}

impl<'w> Tasks<'w> {
    fn new(subject: Subject<'_>, walk: &'w DocumentView<'_>) -> Self {
        let exposes = subject.document.capability.exposes.iter().enumerate();
        let tasks = exposes.flat_map(|(adapter, expose)| {
            let tools = if let Expose::Mcp(mcp) = expose { mcp.tools.as_slice() } else { &[] };
            let tasks = tools.iter().enumerate().filter(|(_, tool)| tool.task.is_some());
            tasks.map(move |(tool, _)| format!("/capability/exposes/{adapter}/tools/{tool}"))
        });
        let tasks: HashSet<String> = tasks.collect();
        let mut only_as_tasks = HashSet::new();
        if tasks.is_empty() {
            return Self { only_as_tasks };
        }
        // A function runs only as a part of the routes and tools that refer to it.
        let callers = walk.callables.iter().filter(|callable| callable.kind != CallableKind::Function);
        let (tasks, others): (Vec<_>, Vec<_>) = callers.partition(|callable| tasks.contains(&callable.at));
        only_as_tasks.extend(walk.behind_all(tasks).into_iter().map(|consumed| consumed.at.as_str()));
        for consumed in walk.behind_all(others).into_iter().chain(walk.behind_resources(subject.document)) {
            only_as_tasks.remove(consumed.at.as_str());
        }
        Self { only_as_tasks }
    }
}

/// Returns whether an operation only reads.
fn is_read(consumed: &Consumed<'_>) -> bool {
    consumed.operation.method.is_read()
}

/// Finds `hedge` on a method that is not a read.
fn hedged_write(consumed: &Consumed<'_>) -> Option<Diagnostic> {
    let _is_set = consumed.operation.resilience.hedge?;
    if is_read(consumed) {
        return None;
    }
    let message =
        format!("a {} is never hedged, because both requests may take effect", consumed.operation.method.as_str());
    let found = Diagnostic::new(&HEDGED_WRITE, format!("{}/resilience/hedge", consumed.at), message);
    Some(
        found.fix(
            "remove `hedge`: only GET and HEAD are sent twice, and the `hedge` of an API applies to no other method",
        ),
    )
}

/// Finds a `hedge` of an operation whose second request would be sent too late.
fn late_hedge(subject: Subject<'_>, walk: &DocumentView<'_>, consumed: &Consumed<'_>) -> Option<Diagnostic> {
    let own = &consumed.operation.resilience;
    let timeout = own.timeout.or(walk.apis.get(consumed.api)?.consume.resilience.timeout);
    late(subject, &consumed.at, own, timeout, limit(walk, consumed))
}

/// Finds a `hedge` whose delay is not below the time limit of an attempt or of the call.
fn late(
    subject: Subject<'_>,
    at: &str,
    settings: &Resilience,
    timeout: Option<Milliseconds>,
    limit: Milliseconds,
) -> Option<Diagnostic> {
    let hedge = settings.hedge_after()?;
    let (what, most) = match timeout {
        Some(timeout) if timeout < limit => ("one attempt may take", timeout),
        _ => ("the whole call may take", limit),
    };
    if hedge < most {
        return None;
    }
    let message = format!("the second request would be sent after {hedge}, but {what} {most}");
    let found = Diagnostic::new(&UNREACHABLE_LIMIT, format!("{at}/resilience/hedge"), message);
    Some(found.fix(if subject.is_trait() { "lower `hedge`, or raise the time limit" } else { "lower `hedge`" }))
}
