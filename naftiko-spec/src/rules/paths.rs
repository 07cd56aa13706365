//! Rules for paths of consumed operations and of routes.

use super::walk::{Consumed, DocumentView};
use super::{RuleContext, Subject, routes};
use crate::diagnostic::RepairKind;
use crate::diagnostic::fix::Fix;
use crate::diagnostic::table::requests::{
    INVALID_PATH, QUERY_IN_PATH, TRAILING_SLASH, UNFILLED_PLACEHOLDER, UNMATCHED_PATH_ARGUMENT,
};
use crate::diagnostic::{Diagnostic, Severity};
use crate::lower::{is_declared, split};
use crate::model::{Expose, ParameterIn};
use crate::nearest::nearest;
use crate::template::{Reason, Template, TemplateError, same_name};
use std::collections::HashSet;

pub(super) fn check(subject: Subject<'_>, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    let repaired = repaired(subject, walk);
    for api in &walk.apis {
        for (position, resource) in api.consume.resources.iter().enumerate() {
            consumed(subject, &format!("{}/resources/{position}/path", api.at), &resource.path, findings);
        }
    }
    for operation in &walk.operations {
        if let Some(path) = &operation.operation.path {
            consumed(subject, &format!("{}/path", operation.at), path, findings);
        }
        placeholders(subject, operation, walk, repaired.contains(operation.at.as_str()), findings);
    }
    for (fragment, paths) in subject.fragments() {
        routes::check(fragment, paths, findings);
    }
    if subject.is_trait() {
        return;
    }
    for (index, expose) in subject.document.capability.exposes.iter().enumerate() {
        if let Expose::Rest(rest) = expose {
            for (position, resource) in rest.resources.iter().enumerate() {
                let at = format!("/capability/exposes/{index}/resources/{position}/path");
                route(&at, &resource.path, resource.forward.is_some(), findings);
            }
        }
    }
}

/// Returns the locations of operations whose path parameters got a placeholder during lowering, which reports it at the callable.
fn repaired<'w>(subject: Subject<'_>, walk: &'w DocumentView<'_>) -> HashSet<&'w str> {
    let RuleContext::File { lowering, .. } = subject.context else { return HashSet::new() };
    let repaired = lowering.iter().filter(|diagnostic| diagnostic.rule.repair == Some(RepairKind::PathParameter));
    let places: HashSet<&str> = repaired.map(|diagnostic| diagnostic.at.as_str()).collect();
    let callables = walk.callables.iter().filter(|callable| places.contains(callable.at.as_str()));
    callables.flat_map(|callable| walk.behind(callable)).map(|consumed| consumed.at.as_str()).collect()
}

/// Returns a path without its query and fragment.
fn plain(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or_default()
}

/// Parses a path after replacing `{{name}}` by `{name}`, as the repair does.
fn template(path: &str) -> Result<Template, crate::template::TemplateError> {
    if path.contains("{{") {
        return Template::path(&path.replace("{{", "{").replace("}}", "}"));
    }
    Template::path(path)
}

fn consumed(subject: Subject<'_>, at: &str, path: &str, findings: &mut Vec<Diagnostic>) {
    if subject.is_trait() {
        findings.extend(strict(path, at).err());
        return;
    }
    findings.extend(query(path, at));
    readable(at, plain(path), findings);
    if let Some(segment) = dots(path) {
        let message = format!("the path `{path}` has the segment `{segment}`");
        findings.push(Diagnostic::new(&INVALID_PATH, at, message).fix("write the path without `.` and `..` segments"));
    }
}

/// Reports a query in a path.
fn query(path: &str, at: &str) -> Option<Diagnostic> {
    let (before, query) = path.split_once('?')?;
    let names = query.split('&').filter_map(|pair| pair.split('=').next()).filter(|name| !name.is_empty());
    let listed = names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let fix = if listed.is_empty() {
        format!("write `{before}`")
    } else {
        format!("write `{before}`, and declare its query parameters: {listed}")
    };
    Some(Diagnostic::new(&QUERY_IN_PATH, at, format!("the path `{path}` has a query")).fix(fix))
}

/// Returns a dot segment, which would change the path.
fn dots(path: &str) -> Option<&str> {
    plain(path).split('/').find(|segment| matches!(*segment, "." | ".."))
}

/// Parses a path of a trait. Such paths are not repaired.
#[allow(clippy::result_large_err, reason = "the caller pushes it to the findings")]
pub(super) fn strict(path: &str, at: &str) -> Result<Template, Diagnostic> {
    let wrong = |what: &str, fix: String| -> Result<Template, _> {
        let message = format!("the path `{}` {what}", path.escape_debug());
        Err(Diagnostic::new(&INVALID_PATH, at, message).fix(fix))
    };
    if !path.starts_with('/') {
        return wrong("does not begin with `/`", format!("write `/{path}`"));
    }
    if let Some((rest, name)) = rest_of_path(path) {
        return wrong(
            &format!("has `{{{rest}}}`: a placeholder for several segments begins with `+`"),
            format!("write `{{+{name}}}`"),
        );
    }
    let is_part = |segment: &&str| {
        segment.contains("{+") && !(segment.starts_with("{+") && segment.find('}') == Some(segment.len() - 1))
    };
    if let Some(segment) = path.split('/').find(is_part) {
        let message = format!("has a placeholder for several segments in the segment `{segment}`");
        return wrong(&message, "write `{+name}` between slashes, or `{name}` for a part of one segment".to_owned());
    }
    if let Some((operator, name)) = operator(path) {
        let help = format!("write `{{{name}}}`");
        return wrong(
            &format!("has the operator `{operator}` in `{{{operator}{name}}}`: only plain placeholders are supported"),
            help,
        );
    }
    // A `#` in braces is a mistake in the name, which is found below.
    let is_outside = |before: &&str| before.rfind('{') <= before.rfind('}');
    if let Some(before) = path.match_indices('#').filter_map(|(at, _)| path.get(..at)).find(is_outside) {
        return wrong("has a fragment", format!("end it before the `#`: `{before}`"));
    }
    if let Some(query) = query(path, at) {
        return Err(query);
    }
    if path.chars().any(|c| c.is_control() || c == '\\') {
        return wrong("contains a control character or a backslash", "remove it".to_owned());
    }
    let template = match Template::path(path) {
        Ok(template) => template,
        Err(error) => return wrong(&format!("cannot be read: {error}"), help_with(&error)),
    };
    if path.contains(char::is_whitespace) {
        return wrong("contains a space", "write it as `%20`, or remove it".to_owned());
    }
    if let Some(segment) = dots(path) {
        return wrong(
            &format!("has the segment `{segment}`"),
            "write the path without `.` and `..` segments".to_owned(),
        );
    }
    let names: Vec<_> = template.placeholders().collect();
    let again = names.iter().enumerate().find(|(at, name)| names.iter().take(*at).any(|other| same_name(other, name)));
    match again {
        Some((_, name)) => {
            wrong(&format!("has the placeholder `{{{name}}}` twice"), "give each a unique name".to_owned())
        }
        None => Ok(template),
    }
}

/// Returns a placeholder for several segments in the syntax of other frameworks (`{path*}`, `{*path}`, `{path...}`), and its
/// name.
fn rest_of_path(path: &str) -> Option<(&str, &str)> {
    let is_rest = |hole: &&str| hole.starts_with('*') || hole.ends_with('*') || hole.ends_with("...");
    holes(path).find(is_rest).map(|hole| (hole, hole.trim_matches(['*', '.', '+'])))
}

/// Returns an operator of RFC 6570 at the start of a placeholder, and the name after it.
fn operator(path: &str) -> Option<(char, &str)> {
    holes(path).find_map(|hole| {
        let operator = hole.chars().next().filter(|c| matches!(c, '#' | '.' | '/' | ';' | '?' | '&'))?;
        let name =
            hole.get(1..).filter(|name| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_'))?;
        Some((operator, name))
    })
}

/// Returns the contents of each pair of braces in a path.
fn holes(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(hole, _)| hole)
}

fn help_with(error: &TemplateError) -> String {
    match &error.reason {
        Reason::Unclosed(_) => "a placeholder ends with `}`".to_owned(),
        Reason::Unopened => "a placeholder begins with `{`".to_owned(),
        Reason::Empty => "name the argument that fills it: `{id}`".to_owned(),
        Reason::Doubled(name) => format!("write `{{{name}}}`"),
        Reason::NoName(name) => {
            // The name of an argument that is a Rust keyword is written without `r#`.
            let name = name.strip_prefix("r#").unwrap_or(name);
            let name: String = name.chars().filter(|c| c.is_alphanumeric() || matches!(c, '_' | '-')).collect();
            if name.is_empty() {
                "name the argument that fills it: `{id}`".to_owned()
            } else {
                format!("write `{{{name}}}`")
            }
        }
    }
}

fn readable(at: &str, path: &str, findings: &mut Vec<Diagnostic>) {
    if let Err(error) = template(path) {
        let message = format!("the path `{path}` cannot be read: {error}");
        findings.push(Diagnostic::new(&INVALID_PATH, at, message).fix(help_with(&error)));
    }
}

/// Reports undeclared placeholders, and path parameters without a placeholder.
fn placeholders(
    subject: Subject<'_>,
    consumed: &Consumed<'_>,
    walk: &DocumentView<'_>,
    repaired: bool,
    findings: &mut Vec<Diagnostic>,
) {
    let Some(api) = walk.apis.get(consumed.api) else { return };
    let mut names: Vec<String> = Vec::new();
    let paths = [Some(&consumed.resource.path), consumed.operation.path.as_ref()];
    for path in paths.into_iter().flatten() {
        let Ok(template) = template(plain(path)) else { return };
        names.extend(template.placeholders().map(str::to_owned));
    }
    let own = &consumed.operation.input_parameters;
    // In a file, a variable may fill a placeholder.
    let is_variable = |name: &str| {
        let (namespace, name) = split(name);
        !subject.is_trait() && is_declared(subject.document, namespace, name)
    };
    let fills = |name: &str| consumed.fills(api, name) || is_variable(name);
    // An operation's own path follows its resource's path, or replaces it. To avoid false findings, only placeholders of the own path
    // must be filled, but parameters may fill placeholders of both.
    let sent = consumed.operation.path.as_ref().unwrap_or(&consumed.resource.path);
    let Ok(sent) = template(plain(sent)) else { return };
    let mut missing: Vec<&str> = sent.placeholders().filter(|name| !fills(name)).collect();
    missing.dedup();
    let has = |name: &str| names.iter().any(|other| same_name(other, name));
    if subject.is_trait() && strict(&consumed.resource.path, "").is_err() {
        return;
    }
    if repaired || (subject.is_trait() && has_foreign_placeholder(subject, consumed, findings)) {
        return;
    }
    for name in &missing {
        let at = subject.part(&consumed.at, "path");
        let arguments =
            own.iter().map(|parameter| (parameter.name.as_str(), parameter.place.unwrap_or(ParameterIn::Path)));
        let message = format!("no parameter fills `{{{name}}}` of the path of `{}`", consumed.operation.name);
        let path = consumed.operation.path.as_ref().unwrap_or(&consumed.resource.path);
        let found = Diagnostic::new(&UNFILLED_PLACEHOLDER, at, message);
        findings.push(match name.rsplit_once('.') {
            // A reference in single braces is resolved only for some callers.
            Some((_, own)) if !subject.is_trait() => {
                let fix = format!("write `{{{own}}}`, and declare `{own}` under `inputParameters`, with `in: path`");
                found.fix(fix)
            }
            _ => found.with_severity(Severity::Info).fix(fill(name, path, arguments, &has)),
        });
    }
    for (index, parameter) in own.iter().enumerate() {
        if parameter.place == Some(ParameterIn::Path) && !has(&parameter.name) {
            let at = format!("{}/inputParameters/{index}", consumed.at);
            let message = format!(
                "the path `{}` of `{}` has no placeholder for `{}`",
                consumed.operation.path.as_ref().unwrap_or(&consumed.resource.path),
                consumed.operation.name,
                parameter.name
            );
            let fix = match nearest(&parameter.name, missing.iter().copied()) {
                // In a trait, the placeholder is the mistake, which is already reported.
                Some(_) if subject.is_trait() => continue,
                Some(near) => Fix::Write(corrected(&sent.to_string(), near, &parameter.name)),
                None => Fix::AddPlaceholder(parameter.name.clone()),
            };
            findings.push(Diagnostic::new(&UNMATCHED_PATH_ARGUMENT, at, message).fix(fix));
        }
    }
}

/// Returns a path with one placeholder renamed.
pub(super) fn corrected(path: &str, placeholder: &str, name: &str) -> String {
    let path = path.replace(&format!("{{{placeholder}}}"), &format!("{{{name}}}"));
    path.replace(&format!("{{+{placeholder}}}"), &format!("{{+{name}}}"))
}

/// Returns the fix for an unfilled placeholder: send an existing argument in the path, correct the name, or add an argument.
pub(super) fn fill<'a>(
    name: &str,
    path: &str,
    arguments: impl Iterator<Item = (&'a str, ParameterIn)> + Clone,
    has: &dyn Fn(&str) -> bool,
) -> Fix {
    if let Some((argument, _)) = arguments.clone().find(|(argument, _)| same_name(argument, name)) {
        return Fix::SendIn { argument: argument.to_owned(), place: ParameterIn::Path };
    }
    let spare =
        arguments.filter(|(argument, place)| matches!(place, ParameterIn::Query | ParameterIn::Path) && !has(argument));
    match nearest(name, spare.map(|(argument, _)| argument)) {
        Some(near) => Fix::Write(corrected(path, name, near)),
        None => Fix::AddArgument(name.to_owned()),
    }
}

/// Reports a segment that would be a placeholder in other frameworks (`:id`); here it is literal text.
fn has_foreign_placeholder(subject: Subject<'_>, consumed: &Consumed<'_>, findings: &mut Vec<Diagnostic>) -> bool {
    let found = subject.fragment(&consumed.at).and_then(|fragment| {
        routes::foreign_placeholder(&consumed.resource.path, fragment, &format!("{}/path", consumed.at))
    });
    findings.extend(found.clone());
    found.is_some()
}

fn route(at: &str, path: &str, forwards: bool, findings: &mut Vec<Diagnostic>) {
    if let Some(mark) = path.chars().find(|c| matches!(c, '?' | '#')) {
        let message = if mark == '?' {
            format!("the query of the route `{path}` has no effect: only paths are compared")
        } else {
            format!("the route `{path}` is never reached: a request has no `#`")
        };
        let found = Diagnostic::new(&INVALID_PATH, at, message);
        findings.push(
            found
                .fix(format!("write `{}`; declare query parameters as input parameters", plain(path)))
                .with_severity(Severity::Warning),
        );
    } else {
        readable(at, path, findings);
        if path.len() > 1 && path.ends_with('/') && !forwards {
            let message = format!("the route `{path}` ends with a slash");
            let found = Diagnostic::new(&TRAILING_SLASH, at, message);
            findings.push(found.fix(format!("write `{}`", path.trim_end_matches('/'))));
        }
    }
}
