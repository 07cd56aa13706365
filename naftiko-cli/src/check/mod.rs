//! `naftiko check`: reports the mistakes in documents.

mod checked;
mod json;
mod sarif;
mod text;

pub(crate) use checked::LineIndex;
pub(crate) use text::shown;

use crate::output::{Exit, eprint, print};
use crate::rehearse;
use crate::source::{self, Permissions, Source, Unreadable};
use checked::{Checked, Summary};
use clap::ArgMatches;
use naftiko_spec::load::{Errors, load};
use naftiko_spec::rules::unreadable_file;
use naftiko_spec::{Policy, Severity, printable_json};

pub(crate) fn run(mut given: ArgMatches) -> Exit {
    let names: Vec<String> = given.remove_many("file").map(Iterator::collect).unwrap_or_default();
    let allow: Vec<String> = given.remove_many("allow").map(Iterator::collect).unwrap_or_default();
    let format: String = given.remove_one("format").unwrap_or_default();
    let least = match given.remove_one::<String>("level").as_deref() {
        Some("error") => Severity::Error,
        Some("warning") => Severity::Warning,
        _ => Severity::Info,
    };
    let (permissions, strict) = (Permissions::from_matches(&given), given.get_flag("strict"));
    if let Err(unreadable) = source::check_stdin(&names) {
        return report_unreadable(&unreadable);
    }
    let files = source::files(&names);
    if files.is_empty() {
        let folders: Vec<_> = names.iter().map(|name| format!("`{}`", naftiko_spec::printable(name))).collect();
        eprint(&format!("error: no *.yaml or *.yml files in {} (hidden files are skipped)\n", folders.join(", ")));
        return Exit::Unreadable;
    }
    let mut exit = Exit::Success;
    let (mut all, mut summary) = (Vec::new(), Summary::default());
    for file in files {
        all.push(match file.and_then(|name| source::read(&name)) {
            Ok(source) => check_source(source, &allow, permissions, strict, least, &mut summary, &mut exit),
            Err(Unreadable { name, why }) => {
                summary.files += 1;
                summary.errors += 1;
                exit = exit.max(Exit::Unreadable);
                Checked { name, findings: vec![unreadable_file(why)], lines: LineIndex::of(String::new()) }
            }
        });
    }
    let written = match format.as_str() {
        "json" => printable_json(&json::write(&all, &summary)).into_owned(),
        "sarif" => printable_json(&sarif::write(&all)).into_owned(),
        _ => text::write(&all, &summary),
    };
    exit.max(print(&written))
}

/// Reports a file that cannot be read.
pub(crate) fn report_unreadable(unreadable: &Unreadable) -> Exit {
    eprint(&format!("error: {} cannot be read: {}\n", naftiko_spec::printable(&unreadable.name), unreadable.why));
    Exit::Unreadable
}

/// Checks one document, and returns its findings of at least the severity `least`. Counts all its findings in `summary`, and raises
/// `exit` to the exit code that the findings require.
fn check_source(
    source: Source,
    allow: &[String],
    permissions: Permissions,
    strict: bool,
    least: Severity,
    summary: &mut Summary,
    exit: &mut Exit,
) -> Checked {
    let policy = Policy { errors: Errors::Report, allow: allow.to_vec(), ..Policy::default() };
    let mut findings = match load(&source.text, &policy) {
        Ok(loaded) => {
            summary.allowed += loaded.allowed;
            // A rehearsal finds further reasons why `serve` would refuse the document.
            let more = rehearse::rehearse(&source.name, &loaded, permissions);
            let mut found = loaded.diagnostics;
            found.extend(more);
            found
        }
        Err(refused) => {
            if !refused.is_yaml {
                *exit = (*exit).max(Exit::Unreadable);
            }
            refused.diagnostics
        }
    };
    summary.files += 1;
    for finding in &mut findings {
        if strict && (finding.severity == Severity::Warning || finding.rule.is_repair()) {
            finding.severity = Severity::Error;
        }
        match finding.severity {
            Severity::Error => {
                summary.errors += 1;
                *exit = (*exit).max(Exit::Failure);
            }
            Severity::Warning => summary.warnings += 1,
            Severity::Info => summary.infos += 1,
        }
    }
    findings.retain(|finding| finding.severity >= least);
    Checked { name: source.name, findings, lines: LineIndex::of(source.text) }
}
