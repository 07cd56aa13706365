//! `resilience(…)` of `consumes` and of verbs.

use crate::attribute::Element;
use crate::errors::{Errors, SourceSpan};
use crate::keys::{Key, Keys};
use naftiko_spec::model::{
    CircuitBreaker, Concurrency, Hedge, IDEMPOTENCY_KEY, Milliseconds, RateLimit, Resilience, Retry, invalid_name,
    is_header_name,
};
use proc_macro2::Ident;

/// The content of `resilience(…)`, and the spans of its keys.
#[derive(Clone, Default)]
pub(crate) struct ResilienceSettings {
    pub(crate) resilience: Resilience,
    /// The spans of keys, each with its path in `resilience`. If `retry` is left out, its path has the span of the word `resilience`.
    pub(crate) spans: Vec<(&'static str, SourceSpan)>,
}

const RESILIENCE: &[Key] = &[
    Key("timeout", r#"timeout = "10s""#),
    Key("retry", "retry(3)"),
    Key("hedge", r#"hedge = "300ms""#),
    Key("circuit_breaker", r#"circuit_breaker(failures = 5, reset = "30s")"#),
    Key("rate_limit", r#"rate_limit(50, per = "1s")"#),
    Key("concurrency", "concurrency(20)"),
];

const RETRY: &[Key] = &[
    Key("backoff", r#"backoff = "100ms""#),
    Key("max_backoff", r#"max_backoff = "5s""#),
    Key("idempotency_key", "idempotency_key"),
];

const CIRCUIT_BREAKER: &[Key] = &[Key("failures", "failures = 5"), Key("reset", r#"reset = "30s""#)];

const RATE_LIMIT: &[Key] = &[Key("per", r#"per = "1s""#), Key("queue", "queue = 50")];

const CONCURRENCY: &[Key] = &[Key("queue", "queue = 20")];

/// Takes an optional `resilience(…)`.
pub(super) fn take(keys: &mut Keys, errors: &mut Errors) -> ResilienceSettings {
    let Some((key, elements)) = keys.list("resilience", errors) else { return ResilienceSettings::default() };
    let mut keys = Keys::read("`resilience`", key.span(), elements, RESILIENCE, &[], errors);
    keys.reject_positional(errors);
    let mut spans = vec![("retry", keys.key("retry").as_ref().unwrap_or(&key).span().into())];
    for name in ["timeout", "hedge"] {
        spans.extend(keys.key(name).map(|key| (name, key.span().into())));
    }
    let resilience = Resilience {
        timeout: milliseconds(&mut keys, "timeout", errors),
        retry: keys.list("retry", errors).and_then(|(key, elements)| retry(&key, elements, &mut spans, errors)),
        hedge: hedge(&mut keys, errors),
        circuit_breaker: keys
            .list("circuit_breaker", errors)
            .and_then(|(key, elements)| circuit_breaker(&key, elements, errors)),
        rate_limit: keys.list("rate_limit", errors).and_then(|(key, elements)| rate_limit(&key, elements, errors)),
        concurrency: keys.list("concurrency", errors).and_then(|(key, elements)| concurrency(&key, elements, errors)),
    };
    ResilienceSettings { resilience, spans }
}

fn retry(
    key: &Ident,
    elements: Vec<Element>,
    spans: &mut Vec<(&'static str, SourceSpan)>,
    errors: &mut Errors,
) -> Option<Retry> {
    let mut keys = Keys::read("`retry`", key.span(), elements, RETRY, &[], errors);
    for (name, at) in [("backoff", "retry/backoff"), ("max_backoff", "retry/maxBackoff")] {
        spans.extend(keys.key(name).map(|key| (at, key.span().into())));
    }
    let tries = number(key, &mut keys, "the number of attempts: `retry(3)`", errors);
    let (backoff, max_backoff) =
        (milliseconds(&mut keys, "backoff", errors), milliseconds(&mut keys, "max_backoff", errors));
    let idempotency_key = idempotency_key(&mut keys, errors);
    Some(Retry { tries: tries?, backoff, max_backoff, idempotency_key })
}

/// Reads `idempotency_key`, or `idempotency_key = "X-Key"`.
fn idempotency_key(keys: &mut Keys, errors: &mut Errors) -> Option<String> {
    if !keys.has("idempotency_key") {
        return None;
    }
    if keys.bare("idempotency_key") {
        keys.word("idempotency_key", errors);
        return Some(IDEMPOTENCY_KEY.to_owned());
    }
    let name = keys.text("idempotency_key", errors)?;
    if !is_header_name(&name.value) {
        let message = invalid_name("header", &name.value);
        errors.add(name.span, message, "write the header that the API uses, or `idempotency_key` alone");
        return None;
    }
    Some(name.value)
}

/// Reads `hedge = "300ms"`, or `hedge(off)`.
fn hedge(keys: &mut Keys, errors: &mut Errors) -> Option<Hedge> {
    if !keys.is_list("hedge") {
        return milliseconds(keys, "hedge", errors).map(Hedge::After);
    }
    let (key, elements) = keys.list("hedge", errors)?;
    match elements.as_slice() {
        [Element::Word(word)] if word == "off" => Some(Hedge::Off),
        _ => {
            let message = "expected `hedge = …` or `hedge(off)`, found `hedge(…)`";
            errors.add(key.span(), message, r#"write `hedge = "300ms"`, or `hedge(off)`"#);
            None
        }
    }
}

fn circuit_breaker(key: &Ident, elements: Vec<Element>, errors: &mut Errors) -> Option<CircuitBreaker> {
    let mut keys = Keys::read("`circuit_breaker`", key.span(), elements, CIRCUIT_BREAKER, &[], errors);
    keys.reject_positional(errors);
    if !keys.has("failures") && !keys.has_unknown {
        errors.add(key.span(), "missing `failures` in `circuit_breaker`", "add `failures = 5`");
    }
    let failures = count(&mut keys, "failures", errors);
    let reset = milliseconds(&mut keys, "reset", errors);
    Some(CircuitBreaker { failures: failures?, reset })
}

fn rate_limit(key: &Ident, elements: Vec<Element>, errors: &mut Errors) -> Option<RateLimit> {
    let mut keys = Keys::read("`rate_limit`", key.span(), elements, RATE_LIMIT, &[], errors);
    let calls = number(key, &mut keys, r#"the number of calls: `rate_limit(50, per = "1s")`"#, errors);
    let per = milliseconds(&mut keys, "per", errors);
    let queue = keys.number("queue", errors).map(|(queue, _)| queue);
    Some(RateLimit { calls: calls?, per, queue })
}

fn concurrency(key: &Ident, elements: Vec<Element>, errors: &mut Errors) -> Option<Concurrency> {
    let mut keys = Keys::read("`concurrency`", key.span(), elements, CONCURRENCY, &[], errors);
    let calls = number(key, &mut keys, "the number of calls: `concurrency(20)`", errors);
    let queue = keys.number("queue", errors).map(|(queue, _)| queue);
    Some(Concurrency { calls: calls?, queue })
}

/// Returns the one bare number of a list, at least 1.
fn number(key: &Ident, keys: &mut Keys, what: &str, errors: &mut Errors) -> Option<u16> {
    let positional = std::mem::take(&mut keys.positional);
    let [first, more @ ..] = positional.as_slice() else {
        errors.add(key.span(), format!("missing number in `{key}`"), format!("write {what}"));
        return None;
    };
    for element in more {
        errors.add(element.span(), format!("`{key}` takes one number"), "remove this value");
    }
    let number = crate::keys::positional_number(first).filter(|number| *number > 0);
    if number.is_none() {
        let message = format!("expected an integer from 1 to 65535, found {}", first.found());
        errors.add(first.span(), message, format!("write {what}"));
    }
    number
}

/// Returns a number that is at least 1: `failures = 5`.
fn count(keys: &mut Keys, name: &str, errors: &mut Errors) -> Option<u16> {
    let (number, span) = keys.number(name, errors)?;
    if number == 0 {
        errors.add(span, format!("`{name}` must be at least 1, found 0"), "write an integer from 1 to 65535");
        return None;
    }
    Some(number)
}

fn milliseconds(keys: &mut Keys, name: &str, errors: &mut Errors) -> Option<Milliseconds> {
    keys.duration(name, errors).map(Milliseconds)
}
