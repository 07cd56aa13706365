//! The rules: checks of a whole document, each with a location and a fix.
//!
//! Files and traits share most rules, which check the document of a file or the assembled document of a trait. Some errors in a
//! trait are only warnings in a file, because published documents contain such mistakes and run nevertheless.

mod allow;
mod approvals;
mod cache;
mod caller_headers;
mod callers;
mod constants;
mod constraints;
mod context;
mod exposed;
mod info;
mod input_schema;
mod names;
mod operations;
mod outputs;
mod paging;
mod parameters;
mod paths;
mod prefixes;
mod prompts;
mod resilience;
mod resources;
mod routes;
mod secrets;
mod sendable;
mod slots;
mod steps;
mod unserved;
mod unused_keys;
mod upstreams;
mod variables;
mod views;
mod walk;
mod work;

pub use crate::diagnostic::{
    Allow, Rule, Serving, invalid_pattern, not_served, not_startable, rule, rules, trait_rules, unreadable_file,
};
pub use allow::{Allowances, may_be_allowed};
pub use constants::is_literal_secret;
pub use context::{RuleContext, Subject};
pub use prompts::{PromptMismatch, prompt_mismatches};
pub use secrets::is_secret_name;

use crate::diagnostic::{Diagnostic, RepairKind, Severity};
use crate::pointer::containing;
use std::collections::{HashMap, HashSet};
use work::count_work;

/// Returns the findings in a document, ordered by location, except those that a repair already reports.
///
/// The result includes findings that `allow` switches off; the caller filters them ([`Allowances`]).
#[must_use]
pub fn check(subject: Subject<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut walk = walk::DocumentView::new(subject.document);
    walk.choose(subject);
    info::check(subject, &walk, &mut findings);
    names::check(subject.document, &walk, &mut findings);
    variables::check(subject, &walk, &mut findings);
    upstreams::check(subject, &walk, &mut findings);
    secrets::check(subject, &walk, &mut findings);
    constants::check(subject, &walk, &mut findings);
    callers::check(subject, &mut findings);
    caller_headers::check(subject.document, &walk, &mut findings);
    paths::check(subject, &walk, &mut findings);
    routes::check(subject, &mut findings);
    parameters::check(subject, &walk, &mut findings);
    resilience::check(subject, &walk, &mut findings);
    paging::check(subject, &walk, &mut findings);
    cache::check(subject, &walk, &mut findings);
    operations::check(subject, &walk, &mut findings);
    exposed::check(subject, &walk, &mut findings);
    unserved::check(subject.document, &mut findings);
    input_schema::check(subject, &mut findings);
    approvals::check(subject, &mut findings);
    resources::check(subject, &mut findings);
    steps::check(&walk, &mut findings);
    outputs::check(subject, &walk, &mut findings);
    match subject.context {
        RuleContext::Trait { .. } => {
            findings.retain(|finding| finding.rule.in_traits.is_some());
            for finding in &mut findings {
                finding.severity = Severity::Error;
            }
        }
        RuleContext::File { repairs, lowered, lowering } => {
            slots::check(lowered, &walk, &mut findings);
            unused_keys::check(subject.document, &walk, &mut findings);
            sendable::check(subject.document, lowered, &walk, &mut findings);
            prefixes::check(subject.document, &walk, &mut findings);
            prompts::check(subject.document, &mut findings);
            let repairs = repair_places(repairs.iter().chain(lowering));
            findings.retain(|finding| !is_repaired(finding, &repairs));
            add_lowering_errors(lowering, &walk, &mut findings);
        }
    }
    findings.sort_by(|one, other| walk::order(&one.at, &other.at));
    findings.dedup();
    findings
}

/// Adds the errors of lowering, unless a rule has already reported the same operation or the operation that it calls.
fn add_lowering_errors(lowering: &[Diagnostic], walk: &walk::DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    let errors: Vec<String> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| finding.at.clone())
        .collect();
    let reported: HashSet<&str> = errors.iter().map(String::as_str).collect();
    let with_ancestors: HashSet<&str> = errors.iter().flat_map(|error| containing(error)).collect();
    // A part is reported if an error is in it, at it, or at an ancestor.
    let is_reported =
        |at: &str| with_ancestors.contains(at) || containing(at).any(|ancestor| reported.contains(ancestor));
    let callables: HashMap<&str, &walk::Callable<'_>> =
        walk.callables.iter().map(|callable| (callable.at.as_str(), callable)).collect();
    // The callable at a location, or around it.
    let callable = |at: &str| containing(at).rev().find_map(|outer| callables.get(outer)).copied();
    // Whether the called operations of a callable or function are reported. Each entry is computed once, because many steps of one
    // callable, and many callables with one function, may have an error.
    let mut calls_reported: HashMap<&str, bool> = HashMap::new();
    for diagnostic in lowering.iter().filter(|diagnostic| !diagnostic.rule.is_repair()) {
        let calls_reported = callable(&diagnostic.at).is_some_and(|callable| {
            let behind = || walk.behind(callable).any(|consumed| is_reported(&consumed.at));
            let calling = walk.function_behind(callable).unwrap_or(callable);
            *calls_reported.entry(&calling.at).or_insert_with(behind)
        });
        if !calls_reported && !is_reported(&diagnostic.at) {
            findings.push(diagnostic.clone());
        }
    }
}

/// The locations of repairs of one kind, and of everything that contains one.
#[derive(Default)]
struct RepairPlaces<'a> {
    at: HashSet<&'a str>,
    around: HashSet<&'a str>,
}

/// Returns whether a repair at the same location already reports the mistake of a finding.
fn is_repaired(finding: &Diagnostic, repairs: &HashMap<RepairKind, RepairPlaces<'_>>) -> bool {
    let mut kinds = finding.rule.repaired_as.iter().filter_map(|kind| Some((kind, repairs.get(kind)?)));
    // The repair of a variable is reported once, at its bind, for all of its uses.
    kinds.any(|(kind, places)| {
        *kind == RepairKind::UndeclaredVariable
            || places.around.contains(finding.at.as_str())
            || containing(&finding.at).inspect(|_| count_work()).any(|outer| places.at.contains(outer))
    })
}

/// Returns the locations of all repairs, by kind.
fn repair_places<'a>(repairs: impl Iterator<Item = &'a Diagnostic>) -> HashMap<RepairKind, RepairPlaces<'a>> {
    let mut places: HashMap<RepairKind, RepairPlaces<'_>> = HashMap::new();
    for (kind, at) in repairs.filter_map(|found| Some((found.rule.repair?, found.at.as_str()))) {
        let places = places.entry(kind).or_default();
        places.at.insert(at);
        places.around.extend(containing(at));
    }
    places
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod trait_tests;
