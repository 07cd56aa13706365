//! One document: read, worked out, and looked at by the rules.

use naftiko_runtime::document::bad_patterns;
use naftiko_spec::Document;
use naftiko_spec::lower::{Lowered, Trouble, lower};
use naftiko_spec::read::{Places, ReadError, Repair, RepairKind, read};
use naftiko_spec::rules::{Allowances, RuleFinding, Severity, Subject, check_document};
use std::collections::HashSet;

/// What `rule` says of a text that is no document.
pub(crate) const UNREADABLE: &str = "unreadable";

/// One thing to say of a file.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    /// The rule's name, the repair's number, or [`UNREADABLE`].
    pub(crate) rule: &'static str,
    pub(crate) level: Severity,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    /// Line and column, counted from 1.
    pub(crate) place: Option<(u64, u64)>,
    pub(crate) at: Option<String>,
    pub(crate) also: Option<(Option<(u64, u64)>, String)>,
    /// Whether `allow` may switch it off.
    pub(crate) can_be_allowed: bool,
}

/// A document that was read.
pub(crate) struct Read {
    pub(crate) document: Document,
    pub(crate) lowered: Lowered,
    pub(crate) findings: Vec<Finding>,
    /// How many findings comments or the command line switched off.
    pub(crate) allowed: usize,
}

/// Why a text is no document.
pub(crate) struct Refused {
    pub(crate) findings: Vec<Finding>,
    /// Whether it is YAML at all.
    pub(crate) is_yaml: bool,
}

/// Reads a document; what it takes to be one, and what the rules say of it, are its findings. `allow` names rules and repairs
/// that are not looked for.
pub(crate) fn look(text: &str, allow: &[String]) -> Result<Read, Refused> {
    let reading = read(text).map_err(|errors| Refused {
        is_yaml: errors.iter().any(|error| error.at.is_some()),
        findings: errors.into_iter().map(unreadable).collect(),
    })?;
    let (lowered, troubles) = lower(&reading.document);
    let subject =
        Subject { document: &reading.document, repairs: &reading.repairs, lowered: &lowered, troubles: &troubles };
    let rules = check_document(subject);
    let places = &reading.places;
    let repairs = reading.repairs.iter().map(|repair| repaired(repair, Severity::Warning));
    let kept = reading.kept.iter().map(|repair| repaired(repair, Severity::Info));
    let decided = troubles.iter().filter_map(|trouble| decided(trouble, places));
    let mut findings: Vec<Finding> =
        repairs.chain(kept).chain(decided).chain(rules.into_iter().map(|rule| found(rule, places))).collect();
    findings.extend(bad_patterns(&lowered).into_iter().map(|(at, name)| Finding {
        rule: "invalid_pattern",
        level: Severity::Error,
        message: format!("the pattern of `{name}` is not a regular expression"),
        help: Some("write one as JSON Schema has it: `^[A-Z]{3}$`".to_owned()),
        place: places.of(at),
        at: Some(at.to_owned()),
        also: None,
        can_be_allowed: false,
    }));
    let before = findings.len();
    let mut allowances = Allowances::of(text);
    let mut said = HashSet::new();
    findings.retain(|finding| {
        let named = finding.can_be_allowed && allow.iter().any(|name| name == finding.rule);
        let commented = finding.can_be_allowed && allowances.allow(finding.rule, &lines(finding, places));
        !named && !commented
    });
    let allowed = before - findings.len();
    // What two routes share is told once.
    findings.retain(|finding| said.insert((finding.rule, finding.message.clone(), finding.place)));
    let comments = allowances.findings().into_iter().map(|(line, column, finding)| Finding {
        place: Some((line, column)),
        at: None,
        ..found(finding, places)
    });
    findings.extend(comments.filter(|finding| !allow.iter().any(|name| name == finding.rule)));
    findings.sort_by_key(|finding| finding.place);
    Ok(Read { document: reading.document, lowered, findings, allowed })
}

fn unreadable(error: ReadError) -> Finding {
    Finding {
        rule: UNREADABLE,
        level: Severity::Error,
        message: error.message,
        help: error.help,
        place: (error.line > 0).then_some((error.line, error.column)),
        at: error.at,
        also: None,
        can_be_allowed: false,
    }
}

/// Repairs that say what a document is called, and change nothing that it does.
fn is_about_form(kind: RepairKind) -> bool {
    matches!(kind, RepairKind::Version | RepairKind::InfoLabel | RepairKind::DescriptionPlace)
}

fn repaired(repair: &Repair, level: Severity) -> Finding {
    Finding {
        rule: repair.kind.code(),
        level: if is_about_form(repair.kind) { Severity::Info } else { level },
        message: repair.message.clone(),
        help: None,
        place: (repair.line > 0).then_some((repair.line, repair.column)),
        at: Some(repair.at.clone()),
        also: None,
        can_be_allowed: true,
    }
}

fn decided(trouble: &Trouble, places: &Places) -> Option<Finding> {
    Some(Finding {
        rule: trouble.repair?.code(),
        level: Severity::Warning,
        message: trouble.message.clone(),
        help: Some(trouble.help.clone()).filter(|help| !help.is_empty()),
        place: places.of(&trouble.at),
        at: Some(trouble.at.clone()),
        also: None,
        can_be_allowed: true,
    })
}

fn found(finding: RuleFinding, places: &Places) -> Finding {
    Finding {
        rule: finding.rule.name,
        level: finding.severity,
        can_be_allowed: finding.can_be_allowed(),
        place: places.of(&finding.at),
        message: finding.message,
        help: finding.help,
        at: Some(finding.at),
        also: finding.also.map(|at| (places.of(&at), at)),
    }
}

/// The line of a finding, and those of the entries of lists that it is in.
fn lines(finding: &Finding, places: &Places) -> Vec<u64> {
    let mut lines: Vec<u64> = finding.place.iter().map(|(line, _)| *line).collect();
    let Some(at) = &finding.at else { return lines };
    for (end, _) in at.match_indices('/').chain([(at.len(), "")]) {
        let Some(entry) = at.get(..end) else { continue };
        let is_entry = entry.rsplit('/').next().is_some_and(|token| token.parse::<usize>().is_ok());
        if is_entry && let Some((line, _)) = places.of(entry) {
            lines.push(line);
        }
    }
    lines
}
