//! The rules of `naftiko check`: what can be said of a whole document, where, and what to do about it.
//!
//! The [`check`](crate::check)s of a trait and these rules share their names: what is one rule in both has one name, one
//! explanation and one way to be allowed. What the macro refuses may be a warning here, where a published document runs all the
//! same.

mod allow;
mod exposed;
mod info;
mod names;
mod operations;
mod outputs;
mod parameters;
mod paths;
mod prefixes;
mod secrets;
mod sendable;
mod slots;
mod steps;
mod table;
mod unserved;
mod upstreams;
mod variables;
mod walk;

pub use allow::{Allowances, may_be_allowed};

use crate::lower::{Lowered, Trouble};
use crate::model::Document;
use crate::read::{Repair, RepairKind};
use std::collections::{HashMap, HashSet};
use std::fmt;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Info,
    /// It runs, and somebody should look at it.
    Warning,
    /// It does not run, or would send what nobody meant.
    Error,
}

impl Severity {
    /// `info`, `warning` or `error`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Where `allow(…)` may switch a rule off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allow {
    /// The document runs all the same.
    Anywhere,
    /// Where it is a warning or an info.
    UnlessError,
    /// The document would not run, or would send what nobody meant.
    Nowhere,
}

/// A rule, and what `naftiko explain` says of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rule {
    /// Its name: `understated_hint`.
    pub name: &'static str,
    /// How much its findings matter, at most.
    pub severity: Severity,
    /// Where `allow(…)` may switch it off.
    pub allow: Allow,
    /// What it wants, in one sentence.
    pub summary: &'static str,
    /// Why, in a paragraph.
    pub why: &'static str,
    /// A document that breaks it, as YAML.
    pub wrong: &'static str,
    /// The same document, put right.
    pub right: &'static str,
    /// The repairs that say the same: where one was made, the rule is silent.
    repaired_as: &'static [RepairKind],
}

/// Rules are told apart by name.
impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Rule {}

/// Every rule, by topic.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    table::all()
}

/// The rule of that name.
#[must_use]
pub fn rule(name: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.name == name)
}

/// One thing that a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFinding {
    /// The rule.
    pub rule: &'static Rule,
    /// How much it matters here.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Where, as a JSON Pointer (RFC 6901) into the document.
    pub at: String,
    /// A second place that has to do with it.
    pub also: Option<String>,
}

impl RuleFinding {
    fn new(rule: &'static Rule, at: impl Into<String>, message: impl Into<String>) -> Self {
        Self { rule, severity: rule.severity, message: message.into(), help: None, at: at.into(), also: None }
    }

    /// Whether `allow(…)` may switch this finding off.
    #[must_use]
    pub fn can_be_allowed(&self) -> bool {
        match self.rule.allow {
            Allow::Anywhere => true,
            Allow::UnlessError => self.severity != Severity::Error,
            Allow::Nowhere => false,
        }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn also(mut self, at: impl Into<String>) -> Self {
        self.also = Some(at.into());
        self
    }

    fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}

/// What the rules look at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The document, after its repairs.
    pub document: &'a Document,
    /// The repairs that reading it took: what they say already is not found once more.
    pub repairs: &'a [Repair],
    /// The document, worked out.
    pub lowered: &'a Lowered,
    /// What kept it from being worked out, and what was decided for its author.
    pub troubles: &'a [Trouble],
}

/// Everything that the rules find in a document, by place.
///
/// What comments allow is among it: that is for the caller to ask, by line ([`Allowances`]).
#[must_use]
pub fn check_document(subject: Subject<'_>) -> Vec<RuleFinding> {
    let mut findings = Vec::new();
    let mut walk = walk::Walk::new(subject.document);
    walk.choose(subject);
    info::check(subject.document, &walk, &mut findings);
    names::check(subject.document, &walk, &mut findings);
    variables::check(subject.document, &walk, &mut findings);
    upstreams::check(&walk, &mut findings);
    secrets::check(&walk, &mut findings);
    paths::check(subject, &walk, &mut findings);
    parameters::check(&walk, &mut findings);
    operations::check(subject, &walk, &mut findings);
    exposed::check(subject.document, &walk, &mut findings);
    steps::check(&walk, &mut findings);
    outputs::check(&walk, &mut findings);
    slots::check(subject, &walk, &mut findings);
    sendable::check(subject, &walk, &mut findings);
    prefixes::check(subject.document, &walk, &mut findings);
    unserved::check(subject.document, &mut findings);
    let repairs = repairs(subject);
    findings.retain(|finding| !is_repaired(finding, &repairs));
    troubles(subject.troubles, &walk, &mut findings);
    findings.sort_by(|one, other| walk::order(&one.at, &other.at));
    findings.dedup();
    findings
}

/// What could not be worked out, where no rule has said so already, there or of the operation that is called.
fn troubles(troubles: &[Trouble], walk: &walk::Walk<'_>, findings: &mut Vec<RuleFinding>) {
    let errors: Vec<String> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| finding.at.clone())
        .collect();
    let exactly: HashSet<&str> = errors.iter().map(String::as_str).collect();
    let around: HashSet<&str> = errors.iter().flat_map(|error| outward(error)).collect();
    let is_wrong = |at: &str| around.contains(at) || outward(at).any(|outer| exactly.contains(outer));
    let callables: HashMap<&str, &walk::Callable<'_>> =
        walk.callables.iter().map(|callable| (callable.at.as_str(), callable)).collect();
    // Itself, or what it is a part of.
    let callable = |at: &str| outward(at).filter_map(|outer| callables.get(outer)).last().copied();
    for trouble in troubles.iter().filter(|trouble| trouble.repair.is_none()) {
        let behind = callable(&trouble.at).map(|callable| walk.behind(callable)).unwrap_or_default();
        if is_wrong(&trouble.at) || behind.iter().any(|consumed| is_wrong(&consumed.at)) {
            continue;
        }
        let finding = RuleFinding::new(&table::calls::NOT_RUNNABLE, &trouble.at, &trouble.message);
        findings.push(if trouble.help.is_empty() { finding } else { finding.help(&trouble.help) });
    }
}

/// The places that a place is in, itself the last of them.
fn outward(at: &str) -> impl Iterator<Item = &str> {
    at.match_indices('/').map(|(end, _)| end).chain([at.len()]).filter_map(|end| at.get(..end))
}

/// Whether a repair at the same place says what a finding says.
fn is_repaired(finding: &RuleFinding, repairs: &HashMap<RepairKind, Vec<&str>>) -> bool {
    let mut kinds = finding.rule.repaired_as.iter().filter_map(|kind| Some((kind, repairs.get(kind)?)));
    // A variable is repaired once, wherever it is used.
    kinds.any(|(kind, places)| {
        *kind == RepairKind::UndeclaredVariable || places.iter().any(|at| related(at, &finding.at))
    })
}

/// The places of all repairs, by kind.
fn repairs(subject: Subject<'_>) -> HashMap<RepairKind, Vec<&str>> {
    let mut places: HashMap<RepairKind, Vec<&str>> = HashMap::new();
    let read = subject.repairs.iter().map(|repair| (repair.kind, repair.at.as_str()));
    let lowered = subject.troubles.iter().filter_map(|trouble| Some((trouble.repair?, trouble.at.as_str())));
    for (kind, at) in read.chain(lowered) {
        places.entry(kind).or_default().push(at);
    }
    places
}

/// Whether one place is in the other.
fn related(one: &str, other: &str) -> bool {
    let within = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    within(one, other) || within(other, one)
}

#[cfg(test)]
mod tests;
