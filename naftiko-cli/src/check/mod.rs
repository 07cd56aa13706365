//! `naftiko check`: reports the mistakes in documents.

mod json;
mod sarif;
mod text;

pub(crate) use text::shown;

use crate::output::{Exit, eprint, print};
use crate::rehearse;
use crate::source::{self, Permissions, Source, Unreadable};
use clap::ArgMatches;
use naftiko_spec::load::{Errors, load};
use naftiko_spec::rules::unreadable_file;
use naftiko_spec::{Diagnostic, Policy, Severity};

/// The findings in one file.
pub(crate) struct Checked {
    pub(crate) name: String,
    pub(crate) findings: Vec<Diagnostic>,
    /// The lines of the file, for displaying findings.
    pub(crate) lines: LineIndex,
}

/// The lines of a string, indexed once, so that looking up a line is fast.
pub(crate) struct LineIndex {
    text: String,
    starts: Vec<usize>,
}

impl LineIndex {
    /// Indexes the lines of a text, which end with LF, CR or CRLF.
    pub(crate) fn of(text: String) -> Self {
        let mut starts = vec![0];
        let bytes = text.as_bytes();
        for (at, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                starts.push(at + 1);
            }
        }
        Self { text, starts }
    }

    /// Returns the line with the given number (from 1), or an empty string if the text has fewer lines.
    pub(crate) fn line(&self, number: u64) -> &str {
        let index = usize::try_from(number).unwrap_or(usize::MAX).wrapping_sub(1);
        let Some(start) = self.starts.get(index) else { return "" };
        let end = self.starts.get(index + 1).copied().unwrap_or(self.text.len());
        self.text.get(*start..end).unwrap_or_default().trim_end_matches(['\n', '\r'])
    }
}

/// The numbers of files, of findings by level, and of allowed findings.
#[derive(Default)]
pub(crate) struct Summary {
    pub(crate) files: usize,
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) infos: usize,
    pub(crate) allowed: usize,
}

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
        "json" => json::write(&all, &summary),
        "sarif" => sarif::write(&all),
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

#[cfg(test)]
mod tests {
    use super::LineIndex;

    #[test]
    fn cr_lf_and_crlf_end_a_line() {
        let lines = LineIndex::of("a\r\nb\rc\n\nd".to_owned());
        let all: Vec<_> = (0..7).map(|number| lines.line(number).to_owned()).collect();
        assert_eq!(all, ["", "a", "b", "c", "", "d", ""]);
    }
}
