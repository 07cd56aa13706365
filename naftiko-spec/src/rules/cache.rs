//! Rules for caches: only reads are cached, and an answer fits into its cache.

use super::Subject;
use super::walk::{Consumed, DocumentView};
use crate::diagnostic::table::resilience::{CACHED_WRITE, OVERSIZED_ANSWER};
use crate::diagnostic::{Diagnostic, Fix};
use crate::model::{Cache, CacheLimits};

pub(super) fn check(subject: Subject<'_>, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    for api in &walk.apis {
        let limits = Cache::limits(None, api.consume.cache);
        findings.extend(limits.and_then(|limits| oversized(subject, &api.at, limits)));
    }
    for consumed in &walk.operations {
        let Some(cache) = consumed.operation.cache else { continue };
        if !consumed.operation.method.is_read() {
            findings.push(cached_write(consumed, cache));
            continue;
        }
        let api = walk.apis.get(consumed.api).and_then(|api| api.consume.cache);
        let own = Cache::limits(Some(cache), api).filter(|_| matches!(cache, Cache::On(own) if own.answer.is_some()));
        findings.extend(own.and_then(|limits| oversized(subject, &consumed.at, limits)));
    }
}

/// Returns the finding for a `cache` on a method that is not a read.
fn cached_write(consumed: &Consumed<'_>, cache: Cache) -> Diagnostic {
    let method = consumed.operation.method.as_str();
    let message = match cache {
        Cache::On(_) => format!("the answer to a {method} cannot be cached: each request may have an effect"),
        Cache::Off => format!("the answer to a {method} is never cached, so there is nothing to switch off"),
    };
    let found = Diagnostic::new(&CACHED_WRITE, format!("{}/cache", consumed.at), message);
    found.fix("remove `cache`: it applies only to GET and HEAD, and other methods invalidate the cached answers of their path")
}

/// Finds an answer that may be larger than the whole cache.
fn oversized(subject: Subject<'_>, at: &str, limits: CacheLimits) -> Option<Diagnostic> {
    let (size, answer) = (limits.size.unwrap_or(CacheLimits::SIZE), limits.answer?);
    if answer <= size {
        return None;
    }
    let message = format!("`answer` is {answer}, but the whole cache has room for {size}");
    let found = Diagnostic::new(&OVERSIZED_ANSWER, format!("{at}/cache"), message);
    let fix = if subject.is_trait() {
        format!("write at most `\"{size}\"`, or a larger size in `cache(\"…\")` of the API")
    } else {
        format!("write at most `{size}`, or increase `size` in the `cache` of the API")
    };
    Some(found.fix(Fix::from(fix)))
}
