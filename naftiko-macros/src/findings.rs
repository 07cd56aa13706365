//! Reports the findings of the rules at the tokens that caused them.

use crate::errors::Errors;
use crate::fix;
use crate::lower::Lowered;
use crate::syntax::{CapabilitySettings, Method};
use naftiko_spec::Diagnostic;
use naftiko_spec::rules::{RuleContext, Subject, check};
use std::collections::HashSet;

/// Reports the findings about a draft in the order of the source, without those that are allowed or follow from another mistake.
/// `derived` are the methods whose effects only the compiler knows; generated code checks what depends on these effects.
pub(crate) fn report(settings: &CapabilitySettings, lowered: &Lowered<'_>, derived: &[&Method], errors: &mut Errors) {
    let (document, paths) = &lowered.whole;
    let context = RuleContext::Trait { draft: &lowered.draft, paths };
    let found = check(Subject { document, context }).into_iter();
    let mut found: Vec<_> = found.map(|found| (lowered.spans.find(&found.at), found)).collect();
    // Findings about the head have no operation, and `None` sorts first. Several adapters of one kind cause the same finding about an
    // operation several times; it is reported once.
    found.sort_by_key(|(entry, _)| entry.operation.map(|operation| (operation, entry.rank)));
    let mut seen = HashSet::new();
    found.retain(|(entry, found)| {
        entry.operation.is_none() || seen.insert((entry.operation, entry.rank, found.rule.name, found.message.clone()))
    });
    for (entry, found) in found {
        if is_about_document(lowered, entry.operation)
            || is_allowed(settings, lowered, &found, entry.operation)
            || is_follow_up(settings, lowered, &found, entry.operation)
            || is_decided_later(lowered, derived, &found, entry.operation)
        {
            continue;
        }
        let mut help = found.fix.as_ref().map(fix::render);
        if found.rule.can_be_allowed_in_traits() {
            let allow = format!("if intended, write `allow({}, reason = \"…\")`", found.rule);
            help = Some(help.map_or_else(|| allow.clone(), |help| format!("{help}; {allow}")));
        }
        match help {
            Some(help) => errors.add(entry.span, &found.message, help),
            None => errors.add_plain(entry.span, &found.message),
        }
    }
}

/// Returns whether a finding is about the document, which was checked when it was loaded.
fn is_about_document(lowered: &Lowered<'_>, operation: Option<usize>) -> bool {
    let first = lowered.operations.iter().position(|operation| operation.matched.is_none());
    lowered.source.is_some() && operation.is_none_or(|index| first.is_none_or(|first| index < first))
}

/// Returns whether an `allow` for the rule of a finding is on the capability, on the method at fault, or on the other method that the
/// finding names.
fn is_allowed(
    settings: &CapabilitySettings,
    lowered: &Lowered<'_>,
    found: &Diagnostic,
    operation: Option<usize>,
) -> bool {
    let other = found.related.as_ref().and_then(|at| lowered.spans.find(at).operation);
    let on_method = |index: usize| {
        let operation = lowered.operations.get(index);
        operation.is_some_and(|operation| operation.method.helpers.allow.contains(&found.rule))
    };
    // The parser refuses `allow` of a rule that cannot be allowed.
    settings.allow.contains(&found.rule) || operation.is_some_and(on_method) || other.is_some_and(on_method)
}

/// Returns whether a finding depends on effects that only the compiler knows.
fn is_decided_later(lowered: &Lowered<'_>, derived: &[&Method], found: &Diagnostic, operation: Option<usize>) -> bool {
    let operation = operation.and_then(|index| lowered.operations.get(index));
    let is_derived = |method: &Method| derived.iter().any(|derived| std::ptr::eq(*derived, method));
    found.rule.name == "cut_write" && operation.is_some_and(|operation| is_derived(operation.method))
}

/// Returns whether a finding may follow from a mistake that has already been reported.
fn is_follow_up(
    settings: &CapabilitySettings,
    lowered: &Lowered<'_>,
    found: &Diagnostic,
    operation: Option<usize>,
) -> bool {
    let is_broken = |key: &str| settings.broken.contains(&key);
    match found.rule.name {
        "unused_bind" => is_broken("consumes") || is_broken("binds") || is_broken("exposes"),
        "undeclared_variable" => is_broken("binds"),
        // Parts that could not be parsed are missing in the draft.
        _ => {
            operation.is_none()
                && !lowered.spans.is_in_source(&found.at)
                && settings.broken.iter().any(|key| found.at.split('/').any(|token| token == *key))
        }
    }
}
