//! The single entry point for files: limits, reading, repairs, lowering and rules, with the same findings for every caller.

use crate::diagnostic::table::requests::INVALID_TEMPLATE;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lower::{Lowered, lower};
use crate::model::Document;
use crate::pointer::containing;
use crate::read::{Reading, SourceMap, parse, read_tree};
use crate::rules::{Allowances, RuleContext, Serving, Subject, check};
use std::collections::HashSet;

/// The maximum size of the text of a document, in bytes.
pub const MAX_BYTES: usize = crate::read::MAX_BYTES;

/// A policy for reading files.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Whether a document that needs repairs is refused.
    pub strict: bool,
    /// How errors are treated, including operations that cannot be lowered.
    pub errors: Errors,
    /// The rules and repairs that are switched off.
    pub allow: Vec<String>,
}

/// The treatment of errors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Errors {
    /// Operations that cannot be lowered are left out and reported; a document that would misbehave is refused.
    #[default]
    LeaveOut,
    /// The document is refused if it has any error.
    Refuse,
    /// Errors are reported, and nothing is refused: the document is inspected, not run.
    Report,
}

/// A document that was read, with the findings.
#[derive(Debug)]
pub struct Loaded {
    /// The document, after its repairs.
    pub document: Document,
    /// The lowered document: the plans of its routes, tools and MCP resources.
    pub lowered: Lowered,
    /// Repairs and findings, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
    /// The positions of its parts in the text.
    pub places: SourceMap,
    /// The errors of the parts that could not be read, and are not in the document; they are also in `diagnostics`.
    pub unread: Vec<Diagnostic>,
    /// How many findings were switched off by comments or by the policy.
    pub allowed: usize,
}

/// The reasons why a text is refused.
#[derive(Debug)]
pub struct Refused {
    /// The findings for which it is refused, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether the text was parsed as YAML; `false` if it is invalid or empty, or exceeds a limit of the parser.
    pub is_yaml: bool,
}

/// Reads a document, lowers it and checks it.
///
/// # Errors
/// Returns all findings that keep the text from being a document, or that the policy refuses.
pub fn load(text: &str, policy: &Policy) -> Result<Loaded, Refused> {
    let (root, exact) = parse(text).map_err(|found| Refused { diagnostics: vec![found], is_yaml: false })?;
    let Reading { document, repairs, kept, left_out, places } =
        read_tree(root, exact).map_err(|diagnostics| Refused { diagnostics, is_yaml: true })?;
    let (lowered, lowering) = lower(&document);
    let context = RuleContext::File { repairs: &repairs, lowered: &lowered, lowering: &lowering };
    let rules = check(Subject { document: &document, context });
    let of_lowering = lowering.iter().filter(|diagnostic| diagnostic.rule.is_repair()).cloned();
    let located = of_lowering.chain(rules).map(|found| Diagnostic {
        location: places.of(&found.at),
        also_location: found.related.as_ref().and_then(|at| places.of(at)),
        ..found
    });
    let mut diagnostics: Vec<Diagnostic> =
        repairs.iter().chain(&kept).chain(&left_out).cloned().chain(located).collect();
    let before = diagnostics.len();
    let mut allowances = Allowances::of(text);
    let by_policy = |found: &Diagnostic| policy.allow.iter().any(|name| name == found.rule.name);
    diagnostics.retain(|found| {
        let mut by_comment =
            || allowances.mentions(found.rule.name) && allowances.allow(found.rule.name, &lines(found, &places));
        // `|` evaluates both sides, so a comment counts as used even if the policy allows the finding.
        !(found.can_be_allowed() && (by_policy(found) | by_comment()))
    });
    let mut about_comments = allowances.findings();
    let before = before + about_comments.len();
    about_comments.retain(|found| !(found.can_be_allowed() && by_policy(found)));
    let allowed = before - diagnostics.len() - about_comments.len();
    // A mistake in a part that two routes share is reported once.
    let mut seen = HashSet::new();
    diagnostics.retain(|found| seen.insert((found.rule.name, found.message.clone(), found.location)));
    diagnostics.extend(about_comments);
    diagnostics.sort_by_key(|found| found.location);
    let loaded = Loaded { document, lowered, diagnostics, places, unread: left_out, allowed };
    let refused: Vec<Diagnostic> = loaded.refused(policy).cloned().collect();
    if refused.is_empty() { Ok(loaded) } else { Err(Refused { diagnostics: refused, is_yaml: true }) }
}

impl Loaded {
    /// Returns the findings that `serve` reports: repairs above severity info, operations and other parts that are left out, and
    /// braces that are sent as text.
    pub fn reportable(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|found| {
            found.rule.serving == Serving::LeftOut
                || (found.rule.is_repair() && found.severity != Severity::Info)
                || (found.rule.name == INVALID_TEMPLATE.name && found.severity == Severity::Warning)
        })
    }

    /// Returns the findings for which a policy refuses the document.
    fn refused<'a>(&'a self, policy: &'a Policy) -> impl Iterator<Item = &'a Diagnostic> {
        self.diagnostics.iter().filter(|found| {
            let is_error = found.severity == Severity::Error;
            (policy.strict && found.rule.is_repair())
                || match policy.errors {
                    Errors::Refuse => is_error,
                    Errors::LeaveOut => is_error && found.rule.serving == Serving::Refused,
                    Errors::Report => false,
                }
        })
    }
}

/// Returns the line of a finding, and the lines of the list entries that contain it.
fn lines(found: &Diagnostic, places: &SourceMap) -> Vec<u64> {
    let is_entry = |at: &&str| at.rsplit('/').next().is_some_and(|token| token.parse::<usize>().is_ok());
    let entries = containing(&found.at).filter(is_entry).filter_map(|entry| places.of(entry));
    found.location.into_iter().chain(entries).map(|location| location.line).collect()
}
