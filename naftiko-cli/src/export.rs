//! `naftiko export`: converts a document, and reports the parts that the export leaves out.

use crate::output::{Exit, eprint, print};
use crate::serve::{self, LoadOptions};
use clap::ArgMatches;
use naftiko_runtime::document;
use naftiko_spec::model::Expose;
use naftiko_spec::openapi::OpenapiVersion;
use naftiko_spec::pointer::is_within;
use naftiko_spec::rules::Serving;
use naftiko_spec::template::Template;
use naftiko_spec::{Diagnostic, Document, Loaded, Severity, printable, printable_json};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Bound;

pub(crate) fn run(mut given: ArgMatches) -> Exit {
    let name: String = given.remove_one("file").unwrap_or_default();
    let is_strict = given.get_flag("strict");
    let options = LoadOptions::from_matches(&mut given, false);
    let Some((name, loaded)) = serve::load_to_export(&name, &options) else { return Exit::Unreadable };
    let form: String = given.remove_one("to").unwrap_or_default();
    let left_out = left_out(&loaded, &form);
    for part in &left_out {
        report(&name, if is_strict && part.is_error { "error" } else { "warning" }, &part.message);
    }
    if is_strict && left_out.iter().any(|part| part.is_error) {
        return Exit::Unreadable;
    }
    if form == "naftiko" {
        return to_naftiko(&name, &loaded);
    }
    let capability = document::described(loaded.document, &loaded.lowered);
    if form == "skill" {
        return print(&capability.skill().to_markdown());
    }
    let version: Option<String> = given.remove_one("openapi");
    let version = version.and_then(|text| OpenapiVersion::named(&text)).unwrap_or_default();
    print(&printable_json(&format!("{:#}\n", capability.openapi_as(version))))
}

/// Prints the repaired document, and reports what is repaired, such as the keys that are ignored.
fn to_naftiko(name: &str, loaded: &Loaded) -> Exit {
    serve::warn(name, loaded.reportable().filter(|found| found.rule.is_repair()));
    if loaded.allowed > 0 {
        let why = "comments are not exported, so `naftiko check` may report findings that are allowed here";
        report(name, "warning", why);
    }
    match loaded.document.to_yaml() {
        Ok(yaml) => print(&yaml),
        Err(error) => {
            eprint(&format!("error: {}: {error}\n", printable(name)));
            Exit::Failure
        }
    }
}

/// A part of a document that is missing in the export.
struct LeftOut {
    /// Whether the reason is an error in the document. Any other reason may be intended.
    is_error: bool,
    message: String,
}

/// Returns the parts of the document that an export in the format `form` leaves out, each with the reason.
fn left_out(loaded: &Loaded, form: &str) -> Vec<LeftOut> {
    let unread = loaded.unread.iter().map(|found| {
        let line = found.location.map(|place| format!(" on line {}", place.line)).unwrap_or_default();
        LeftOut { is_error: true, message: format!("the part{line} was left out: {}", found.message) }
    });
    let served: HashSet<&str> = loaded.lowered.operations.iter().map(|operation| operation.at.as_str()).collect();
    let mut first_of_route: HashMap<(&str, String), &Part<'_>> = HashMap::new();
    let mut all: Vec<LeftOut> = unread.collect();
    let parts = parts(&loaded.document, form);
    let findings = Findings::new(&loaded.diagnostics);
    for part in &parts {
        if !served.contains(part.at.as_str()) {
            all.push(part.unserved(&findings));
        } else if let Some((method, path)) = part.route {
            let shape = Template::path(path).map_or_else(|_| path.to_owned(), |path| path.shape());
            let first = *first_of_route.entry((method, shape)).or_insert(part);
            if first.expose != part.expose {
                let message =
                    format!("{} of `{}` was left out: `{}` has the same route", part.name, part.adapter, first.adapter);
                all.push(LeftOut { is_error: false, message });
            }
        }
    }
    all
}

/// A route or a tool of a document.
struct Part<'d> {
    /// The index of its adapter in `exposes`.
    expose: usize,
    /// The namespace of its adapter.
    adapter: &'d str,
    /// Its location, as a JSON Pointer.
    at: String,
    /// Its name in messages.
    name: String,
    /// The method and the path of a route.
    route: Option<(&'d str, &'d str)>,
}

impl Part<'_> {
    /// Returns the reason why a part is not served: the most severe finding about it.
    fn unserved(&self, findings: &Findings<'_>) -> LeftOut {
        let (is_error, why) = match findings.within(&self.at).max_by_key(|found| found.severity) {
            Some(found) => (found.severity == Severity::Error, found.message.as_str()),
            None if findings.any_left_out => (true, "`naftiko check` reports the reason"),
            None => (false, "an `allow` hides the finding with the reason"),
        };
        LeftOut { is_error, message: format!("{} was left out: {why}", self.name) }
    }
}

/// The findings of a document that may be the reason why a part is not served, by location.
struct Findings<'d> {
    by_location: BTreeMap<&'d str, Vec<&'d Diagnostic>>,
    /// Whether an error leaves out a part of the document.
    any_left_out: bool,
}

impl<'d> Findings<'d> {
    fn new(all: &'d [Diagnostic]) -> Self {
        let mut by_location: BTreeMap<&str, Vec<&Diagnostic>> = BTreeMap::new();
        for found in all.iter().filter(|found| found.severity > Severity::Info) {
            by_location.entry(&found.at).or_default().push(found);
        }
        let is_left_out =
            |found: &Diagnostic| found.severity == Severity::Error && found.rule.serving == Serving::LeftOut;
        Self { by_location, any_left_out: all.iter().any(is_left_out) }
    }

    /// Returns the findings about a part, in the order of their locations.
    fn within(&self, at: &str) -> impl Iterator<Item = &'d Diagnostic> {
        let from = self.by_location.range::<str, _>((Bound::Included(at), Bound::Unbounded));
        let candidates = from.take_while(move |(found, _)| found.starts_with(at));
        candidates.filter(move |(found, _)| is_within(found, at)).flat_map(|(_, found)| found.iter().copied())
    }
}

/// Returns the parts that an export in the format `form` describes: the routes for OpenAPI, the tools for a skill.
fn parts<'d>(document: &'d Document, form: &str) -> Vec<Part<'d>> {
    let mut parts = Vec::new();
    for (expose, adapter) in document.capability.exposes.iter().enumerate() {
        match adapter {
            Expose::Rest(rest) if form == "openapi" => {
                for (position, resource) in rest.resources.iter().enumerate() {
                    for (number, operation) in resource.operations.iter().enumerate() {
                        let at = format!("/capability/exposes/{expose}/resources/{position}/operations/{number}");
                        let (method, path) = (operation.method.as_str(), resource.path.as_str());
                        let name = format!("{method} {path}");
                        parts.push(Part { expose, adapter: &rest.namespace, at, name, route: Some((method, path)) });
                    }
                }
            }
            Expose::Mcp(mcp) if form == "skill" => {
                for (number, tool) in mcp.tools.iter().enumerate() {
                    let at = format!("/capability/exposes/{expose}/tools/{number}");
                    let name = format!("the tool `{}`", tool.name);
                    parts.push(Part { expose, adapter: &mcp.namespace, at, name, route: None });
                }
            }
            _ => {}
        }
    }
    parts
}

/// Prints a message about a document.
fn report(name: &str, level: &str, message: &str) {
    eprint(&format!("{}: {level}: {}\n", printable(name), printable(message)));
}
