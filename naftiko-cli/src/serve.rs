//! `serve`, `mcp`, `call` and `tools`: documents as capability programs.

use crate::check::{self, shown};
use crate::document::{Finding, Read, look};
use crate::output::{Exit, tell, tell_painted, with_arguments};
use crate::paint::Paint;
use crate::source;
use clap::ArgMatches;
use naftiko_runtime::__private::hosted::{Ended, Hosted};
use naftiko_runtime::ErrorKind;
use naftiko_runtime::document::{self, Settings};
use naftiko_spec::model::Expose;
use naftiko_spec::printable;
use naftiko_spec::rules::Severity;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

/// How many repairs are told one by one.
const TOLD: usize = 20;

/// Rules whose errors keep a document from being served at all: what it would do is not what it says. Other errors leave out
/// the operation that they are about, or are found again when it starts, where the command line may have put them right.
const REFUSED: &[&str] = &[
    "unresolved_call",
    "unresolved_reference",
    "duplicate_namespace",
    "duplicate_step",
    "unknown_step",
    "script_step",
    "unsupported_authentication",
    "unsupported_kind",
];

/// What is left out while the rest runs.
const LEFT_OUT: &[&str] = &["not_runnable", "not_served", "nothing_to_do", "unsupported_format"];

/// How documents are taken.
pub(crate) struct Load {
    strict: bool,
    allow: Vec<String>,
    /// Whether repairs are kept to oneself: whoever only looks was not asked to be told.
    quiet: bool,
}

impl Load {
    /// Takes its options out of the command line.
    pub(crate) fn taken(given: &mut ArgMatches, quiet: bool) -> Self {
        let allow = given.remove_many("allow").map(Iterator::collect).unwrap_or_default();
        Self { strict: given.get_flag("strict"), allow, quiet }
    }
}

pub(crate) fn run(command: &str, mut given: ArgMatches) -> Exit {
    let names: Vec<String> = given.remove_many("file").map(Iterator::collect).unwrap_or_default();
    let load_as = Load::taken(&mut given, matches!(command, "tools"));
    let loaded: Vec<_> = names.iter().map(|name| load(name, &load_as).map(|read| (name, read))).collect();
    let outside = given.get_flag("outside");
    let mut hosted = Hosted::default();
    for loaded in loaded {
        let Some((name, Read { document, lowered, .. })) = loaded else { return Exit::Unreadable };
        let described = document::described(document.clone(), &lowered);
        let settings = Settings::default().folder(folder(name));
        let settings = if outside { settings.allow_location_outside() } else { settings };
        hosted.add(name, described, move || document::capability(document, lowered, settings));
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tell(&format!("error: no threads can be started: {error}\n"));
            return Exit::CannotStart;
        }
    };
    match runtime.block_on(hosted.run(command, given)) {
        Ended::Done => Exit::Fine,
        Ended::Usage(message) => {
            tell(&with_arguments(message));
            Exit::Usage
        }
        Ended::Failed(error) => {
            tell(&format!("error: {error:?}\n"));
            if error.kind() == ErrorKind::Configuration { Exit::CannotStart } else { Exit::Found }
        }
    }
}

/// The folder that relative locations of binds are below.
fn folder(name: &str) -> PathBuf {
    let parent = Path::new(name).parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// A document that can be served; if it is none, that was said.
pub(crate) fn load(name: &str, load: &Load) -> Option<Read> {
    loaded(name, load, true)
}

/// A document that can be read; if it is none, that was said.
pub(crate) fn load_to_write(name: &str, load: &Load) -> Option<Read> {
    loaded(name, load, false)
}

fn loaded(name: &str, load: &Load, to_serve: bool) -> Option<Read> {
    let source = match source::read(name) {
        Ok(source) => source,
        Err(unreadable) => {
            check::refuse(&unreadable);
            return None;
        }
    };
    let paint = Paint::of(&io::stderr());
    let name = source.name.as_str();
    let mut read = match look(&source.text, &load.allow) {
        Ok(read) => read,
        Err(refused) => {
            say(name, &source.text, &refused.findings, paint);
            return None;
        }
    };
    let is_repair = |finding: &Finding| naftiko_spec::read::REPAIRS.iter().any(|repair| repair.code() == finding.rule);
    let mut refused: Vec<Finding> = Vec::new();
    for finding in &mut read.findings {
        if load.strict && is_repair(finding) {
            finding.level = Severity::Error;
            refused.push(finding.clone());
        } else if to_serve && finding.level == Severity::Error && REFUSED.contains(&finding.rule) {
            refused.push(finding.clone());
        }
    }
    if !refused.is_empty() {
        say(name, &source.text, &refused, paint);
        return None;
    }
    if !load.quiet {
        let told: Vec<&Finding> = read
            .findings
            .iter()
            .filter(|finding| {
                LEFT_OUT.contains(&finding.rule) || (is_repair(finding) && finding.level != Severity::Info)
            })
            .collect();
        warn(name, &told, paint);
    }
    Some(read)
}

/// Reports the routes of a document that were not worked out, each with the finding that says why.
pub(crate) fn left_out(name: &str, read: &Read) {
    let there: HashSet<&str> = read.lowered.operations.iter().map(|operation| operation.at.as_str()).collect();
    let mut out = String::new();
    for (index, expose) in read.document.capability.exposes.iter().enumerate() {
        let Expose::Rest(rest) = expose else { continue };
        for (position, resource) in rest.resources.iter().enumerate() {
            for (number, operation) in resource.operations.iter().enumerate() {
                let at = format!("/capability/exposes/{index}/resources/{position}/operations/{number}");
                if there.contains(at.as_str()) {
                    continue;
                }
                let about = |finding: &&Finding| {
                    finding.at.as_deref().is_some_and(|place| {
                        place.strip_prefix(&at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                    })
                };
                // The worst of them is the reason.
                let why = read.findings.iter().filter(about).max_by_key(|finding| finding.level);
                let why = why.map_or("it cannot be worked out", |finding| finding.message.as_str());
                let message = format!("{} {} left out: {why}", operation.method.as_str(), resource.path);
                let _ = writeln!(out, "{name}: warning: {}", message.replace(|c: char| c.is_control(), " "));
            }
            if resource.forward.is_some() {
                let path = resource.path.replace(|c: char| c.is_control(), " ");
                let _ = writeln!(out, "{name}: warning: {path} left out: a forward has no description");
            }
        }
    }
    tell(&out);
}

/// Errors, with their lines.
fn say(name: &str, text: &str, findings: &[Finding], paint: Paint) {
    let lines = check::Lines::of(text.to_owned());
    let mut out = String::new();
    for finding in findings {
        let line = finding.place.map(|(line, _)| lines.line(line)).unwrap_or_default();
        let _ = writeln!(out, "{}\n", shown(name, line, finding, paint));
    }
    tell_painted(&out);
}

/// Warnings, a line each.
fn warn(name: &str, findings: &[&Finding], paint: Paint) {
    let (mut out, name) = (String::new(), printable(name));
    for finding in findings.iter().take(TOLD) {
        let place = finding.place.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
        let label = paint.level("warning", &format!("warning[{}]", finding.rule));
        let message = printable(&finding.message);
        let _ = writeln!(out, "{name}{place}: {label}: {message}");
    }
    if let Some(more) = findings.len().checked_sub(TOLD).filter(|more| *more > 0) {
        let _ = writeln!(out, "{name}: and {more} more: `naftiko check {name}` lists them");
    }
    tell_painted(&out);
}
