//! `serve`, `mcp`, `call` and `tools`: load documents, and run them as capability programs.

use crate::check::{self, shown};
use crate::output::{Exit, eprint, eprint_painted, escape_arguments};
use crate::paint::Paint;
use crate::source::{self, Permissions, STDIN, folder};
use clap::ArgMatches;
use naftiko_runtime::__private::hosted::{Hosted, ProgramEnd};
use naftiko_runtime::ErrorKind;
use naftiko_runtime::document::{self, Settings};
use naftiko_spec::load::{Errors, load as load_text};
use naftiko_spec::rules::Serving;
use naftiko_spec::{Diagnostic, Document, Loaded, Policy, Severity, printable};
use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

/// The maximum number of warnings that are listed.
const MAX_WARNINGS: usize = 20;

/// The options for loading documents.
pub(crate) struct LoadOptions {
    policy: Policy,
    /// Whether to warn only about parts that are left out: for `tools`, whose list would otherwise seem to be complete.
    left_out_only: bool,
}

impl LoadOptions {
    /// Reads the load options from the parsed command line.
    pub(crate) fn from_matches(given: &mut ArgMatches, left_out_only: bool) -> Self {
        let allow = given.remove_many("allow").map(Iterator::collect).unwrap_or_default();
        Self { policy: Policy { strict: given.get_flag("strict"), allow, ..Policy::default() }, left_out_only }
    }
}

pub(crate) fn run(command: &str, mut given: ArgMatches) -> Exit {
    let names: Vec<String> = given.remove_many("file").map(Iterator::collect).unwrap_or_default();
    if let Err(unreadable) = source::check_stdin(&names) {
        return check::report_unreadable(&unreadable);
    }
    let options = LoadOptions::from_matches(&mut given, matches!(command, "tools"));
    let loaded: Vec<_> = names.iter().map(|name| load(name, &options).map(|read| (name, read))).collect();
    let permissions = Permissions::from_matches(&given);
    let mut hosted = Hosted::default();
    for loaded in loaded {
        let Some((name, Loaded { document, lowered, .. })) = loaded else { return Exit::Unreadable };
        let (document, lowered) = (Arc::new(document), Arc::new(lowered));
        let known = (document.clone(), lowered.clone());
        let describe = move || document::described(Document::clone(&known.0), &known.1);
        let settings = permissions.apply(Settings::default().folder(folder(name)));
        hosted.add(name, document.clone(), describe, move |setup| {
            let settings = settings.setup(setup);
            document::capability(Arc::unwrap_or_clone(document), Arc::unwrap_or_clone(lowered), settings)
        });
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprint(&format!("error: cannot start threads: {error}\n"));
            return Exit::CannotStart;
        }
    };
    match runtime.block_on(hosted.run(command, given)) {
        ProgramEnd::Done => Exit::Success,
        ProgramEnd::Usage(message) => {
            eprint(&escape_arguments(message));
            Exit::Usage
        }
        ProgramEnd::Failed(error) => {
            eprint(&format!("error: {error:?}\n"));
            if error.kind() == ErrorKind::Configuration { Exit::CannotStart } else { Exit::Failure }
        }
    }
}

/// Loads a document to run it; reports the errors and returns `None` if that fails.
fn load(name: &str, options: &LoadOptions) -> Option<Loaded> {
    let (name, loaded) = load_with(name, &options.policy)?;
    let is_shown = |found: &&Diagnostic| !options.left_out_only || found.rule.serving == Serving::LeftOut;
    warn(&name, loaded.reportable().filter(is_shown));
    Some(loaded)
}

/// Loads a document to export it, and returns its name in messages; reports the errors and returns `None` if that fails.
pub(crate) fn load_to_export(name: &str, options: &LoadOptions) -> Option<(String, Loaded)> {
    load_with(name, &Policy { errors: Errors::Report, ..options.policy.clone() })
}

fn load_with(name: &str, policy: &Policy) -> Option<(String, Loaded)> {
    let source = match source::read(name) {
        Ok(source) => source,
        Err(unreadable) => {
            check::report_unreadable(&unreadable);
            return None;
        }
    };
    match load_text(&source.text, policy) {
        Ok(loaded) => Some((source.name, loaded)),
        Err(mut refused) => {
            refused.diagnostics.iter_mut().for_each(|found| found.severity = Severity::Error);
            report_errors(&source.name, &source.text, &refused.diagnostics);
            None
        }
    }
}

/// Reports errors with their lines.
fn report_errors(name: &str, text: &str, findings: &[Diagnostic]) {
    let paint = Paint::of(&io::stderr());
    let lines = check::LineIndex::of(text.to_owned());
    let mut out = String::new();
    for finding in findings {
        let line = finding.location.map(|place| lines.line(place.line)).unwrap_or_default();
        let _ = writeln!(out, "{}\n", shown(name, line, finding, paint));
    }
    eprint_painted(&out);
}

/// Reports warnings, one per line.
pub(crate) fn warn<'a>(name: &str, findings: impl Iterator<Item = &'a Diagnostic>) {
    let findings: Vec<_> = findings.collect();
    let paint = Paint::of(&io::stderr());
    let (mut out, name) = (String::new(), printable(name));
    for finding in findings.iter().take(MAX_WARNINGS) {
        let place = finding.location.map(|place| format!(":{}:{}", place.line, place.column)).unwrap_or_default();
        let label = paint.level("warning", &format!("warning[{}]", finding.rule));
        let message = printable(&finding.message);
        let _ = writeln!(out, "{name}{place}: {label}: {message}");
    }
    if let Some(more) = findings.len().checked_sub(MAX_WARNINGS).filter(|more| *more > 0) {
        let argument = if name == STDIN { "-" } else { &*name };
        let _ = writeln!(out, "{name}: and {more} more: `naftiko check {argument}` lists them");
    }
    eprint_painted(&out);
}
