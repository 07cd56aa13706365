//! `serve`, `mcp`, `call` and `tools`: documents as capability programs.

use crate::check::{self, shown};
use crate::output::{Exit, eprint, eprint_painted, escape_arguments};
use crate::paint::Paint;
use crate::source::{self, Permissions, STDIN, folder};
use clap::ArgMatches;
use naftiko_runtime::__private::hosted::{Hosted, ProgramEnd};
use naftiko_runtime::ErrorKind;
use naftiko_runtime::document::{self, Settings};
use naftiko_spec::load::{Errors, load as load_text};
use naftiko_spec::model::Expose;
use naftiko_spec::pointer::is_within;
use naftiko_spec::{Diagnostic, Document, Loaded, Policy, Severity, printable};
use std::collections::HashSet;
use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

/// The maximum number of warnings that are listed.
const MAX_WARNINGS: usize = 20;

/// How documents are loaded.
pub(crate) struct LoadOptions {
    policy: Policy,
    /// Whether to hide warnings: for `tools`, which only prints a list, and `export`, which has warnings of its own.
    quiet: bool,
}

impl LoadOptions {
    /// Reads the load options from the parsed command line.
    pub(crate) fn from_matches(given: &mut ArgMatches, quiet: bool) -> Self {
        let allow = given.remove_many("allow").map(Iterator::collect).unwrap_or_default();
        Self { policy: Policy { strict: given.get_flag("strict"), allow, ..Policy::default() }, quiet }
    }
}

pub(crate) fn run(command: &str, mut given: ArgMatches) -> Exit {
    let names: Vec<String> = given.remove_many("file").map(Iterator::collect).unwrap_or_default();
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
    load_with(name, &options.policy, options.quiet)
}

/// Loads a document to export it; reports the errors and returns `None` if that fails.
pub(crate) fn load_to_export(name: &str, options: &LoadOptions) -> Option<Loaded> {
    load_with(name, &Policy { errors: Errors::Report, ..options.policy.clone() }, options.quiet)
}

fn load_with(name: &str, policy: &Policy, quiet: bool) -> Option<Loaded> {
    let source = match source::read(name) {
        Ok(source) => source,
        Err(unreadable) => {
            check::report_unreadable(&unreadable);
            return None;
        }
    };
    let paint = Paint::of(&io::stderr());
    let name = source.name.as_str();
    match load_text(&source.text, policy) {
        Ok(loaded) => {
            if !quiet {
                warn(name, &loaded.reportable().collect::<Vec<_>>(), paint);
            }
            Some(loaded)
        }
        Err(mut refused) => {
            refused.diagnostics.iter_mut().for_each(|found| found.severity = Severity::Error);
            report_errors(name, &source.text, &refused.diagnostics, paint);
            None
        }
    }
}

/// Warns about the routes and tools that are left out of an export, each with the finding that explains it.
pub(crate) fn warn_left_out(name: &str, read: &Loaded) {
    let there: HashSet<&str> = read.lowered.operations.iter().map(|operation| operation.at.as_str()).collect();
    let (mut out, mut reported) = (String::new(), HashSet::new());
    for (index, expose) in read.document.capability.exposes.iter().enumerate() {
        let Expose::Rest(rest) = expose else { continue };
        for (position, resource) in rest.resources.iter().enumerate() {
            for (number, operation) in resource.operations.iter().enumerate() {
                let at = format!("/capability/exposes/{index}/resources/{position}/operations/{number}");
                if there.contains(at.as_str()) {
                    continue;
                }
                let about = |found: &&Diagnostic| is_within(&found.at, &at);
                // The most severe one is the reason.
                let why = read.diagnostics.iter().filter(about).max_by_key(|found| found.severity);
                reported.extend(why.map(|why| why.message.as_str()));
                let why = why.map_or("no reason was reported", |finding| finding.message.as_str());
                let message = format!("{} {} was left out: {why}", operation.method.as_str(), resource.path);
                let _ = writeln!(out, "{name}: warning: {}", message.replace(|c: char| c.is_control(), " "));
            }
        }
    }
    // The loop above misses all tools, and the routes that could not be read: these are not in the document.
    for found in read.diagnostics.iter().filter(|found| found.rule.name == "not_runnable") {
        if reported.insert(&found.message) {
            let _ = writeln!(out, "{name}: warning: a route or a tool was left out: {}", printable(&found.message));
        }
    }
    eprint(&out);
}

/// Reports errors with their lines.
fn report_errors(name: &str, text: &str, findings: &[Diagnostic], paint: Paint) {
    let lines = check::LineIndex::of(text.to_owned());
    let mut out = String::new();
    for finding in findings {
        let line = finding.location.map(|place| lines.line(place.line)).unwrap_or_default();
        let _ = writeln!(out, "{}\n", shown(name, line, finding, paint));
    }
    eprint_painted(&out);
}

/// Reports warnings, one per line.
fn warn(name: &str, findings: &[&Diagnostic], paint: Paint) {
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
