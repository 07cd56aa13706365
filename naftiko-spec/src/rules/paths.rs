//! Paths of consumed operations and of routes.

use super::table::requests::{
    INVALID_PATH, QUERY_IN_PATH, TRAILING_SLASH, UNFILLED_PLACEHOLDER, UNMATCHED_PATH_ARGUMENT,
};
use super::walk::{Consumed, Walk};
use super::{RuleFinding, Severity, Subject};
use crate::model::{Authentication, Expose, InputParameter, Place, Placement};
use crate::nearest::nearest;
use crate::read::RepairKind;
use crate::template::{Reason, Template, same_name};
use std::collections::HashSet;

pub(super) fn check(subject: Subject<'_>, walk: &Walk<'_>, findings: &mut Vec<RuleFinding>) {
    let repaired = repaired(subject, walk);
    for api in &walk.apis {
        for (position, resource) in api.consume.resources.iter().enumerate() {
            consumed(&format!("{}/resources/{position}/path", api.at), &resource.path, findings);
        }
    }
    for operation in &walk.operations {
        if let Some(path) = &operation.operation.path {
            consumed(&format!("{}/path", operation.at), path, findings);
        }
        placeholders(operation, walk, repaired.contains(operation.at.as_str()), findings);
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

/// The operations whose path parameters were given a place when they were worked out; that is told where they are called.
fn repaired<'w>(subject: Subject<'_>, walk: &'w Walk<'_>) -> HashSet<&'w str> {
    let places: HashSet<&str> = subject
        .troubles
        .iter()
        .filter(|trouble| trouble.repair == Some(RepairKind::PathParameter))
        .map(|trouble| trouble.at.as_str())
        .collect();
    let callables = walk.callables.iter().filter(|callable| places.contains(callable.at.as_str()));
    callables.flat_map(|callable| walk.behind(callable)).map(|consumed| consumed.at.as_str()).collect()
}

/// What comes before a query or a fragment.
fn plain(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or_default()
}

/// A path in which `{{name}}` is the placeholder that it is repaired to.
fn template(path: &str) -> Result<Template, crate::template::TemplateError> {
    if path.contains("{{") {
        return Template::path(&path.replace("{{", "{").replace("}}", "}"));
    }
    Template::path(path)
}

fn consumed(at: &str, path: &str, findings: &mut Vec<RuleFinding>) {
    if let Some((before, query)) = path.split_once('?') {
        let names: Vec<_> =
            query.split('&').filter_map(|pair| pair.split('=').next()).filter(|name| !name.is_empty()).collect();
        let listed = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        findings.push(
            RuleFinding::new(&QUERY_IN_PATH, at, format!("the path `{before}` goes on with a query"))
                .help(format!("write {listed} as input parameters with `in: query` and a `value`")),
        );
    }
    readable(at, plain(path), findings);
}

fn readable(at: &str, path: &str, findings: &mut Vec<RuleFinding>) {
    if let Err(error) = template(path) {
        let help = match &error.reason {
            Reason::Unclosed(_) => "a placeholder ends with `}`",
            Reason::Unopened => "a placeholder begins with `{`",
            _ => "a placeholder is a name in braces: `{userId}`",
        };
        findings
            .push(RuleFinding::new(&INVALID_PATH, at, format!("the path `{path}` cannot be read: {error}")).help(help));
    }
}

/// Placeholders that nothing declares, and path parameters that have none.
fn placeholders(consumed: &Consumed<'_>, walk: &Walk<'_>, repaired: bool, findings: &mut Vec<RuleFinding>) {
    let api = walk.apis.get(consumed.api);
    let constant = api.map(|api| api.consume.input_parameters.as_slice()).unwrap_or_default();
    // An API key with that name may be what fills it.
    let key = api.and_then(|api| match &api.consume.authentication {
        Some(Authentication::Apikey { key, placement: Placement::Path, .. }) => Some(key.as_str()),
        _ => None,
    });
    let mut names: Vec<String> = Vec::new();
    let paths = [Some(&consumed.resource.path), consumed.operation.path.as_ref()];
    for path in paths.into_iter().flatten() {
        let Ok(template) = template(plain(path)) else { return };
        names.extend(template.placeholders().map(str::to_owned));
    }
    let own = &consumed.operation.input_parameters;
    let declared: Vec<&InputParameter> =
        own.iter().chain(&consumed.resource.input_parameters).chain(constant).collect();
    let fills = |name: &str| {
        let path = |parameter: &&&InputParameter| parameter.place.is_none_or(|place| place == Place::Path);
        declared.iter().filter(path).any(|parameter| same_name(&parameter.name, name))
            || key.is_some_and(|key| same_name(key, name))
    };
    // With a path of its own, the operation's says which placeholders are sent; both are looked at, so that none is reported
    // that the other path has.
    let sent = consumed.operation.path.as_ref().unwrap_or(&consumed.resource.path);
    let Ok(sent) = template(plain(sent)) else { return };
    let mut missing: Vec<&str> = sent.placeholders().filter(|name| !fills(name)).collect();
    missing.dedup();
    if !missing.is_empty() && !repaired {
        let listed = missing.iter().map(|name| format!("`{{{name}}}`")).collect::<Vec<_>>().join(", ");
        findings.push(
            RuleFinding::new(
                &UNFILLED_PLACEHOLDER,
                consumed.at.clone(),
                format!("no path parameter of `{}` declares {listed}", consumed.operation.name),
            )
            .help("declare it with `in: path`, a type and a description"),
        );
    }
    for (index, parameter) in own.iter().enumerate() {
        if !repaired
            && parameter.place == Some(Place::Path)
            && !names.iter().any(|name| same_name(name, &parameter.name))
        {
            let free = missing.iter().copied();
            let help = match nearest(&parameter.name, free) {
                Some(near) => format!("rename it to `{near}`"),
                None => format!("put `{{{}}}` into the path, or say `in: query`", parameter.name),
            };
            findings.push(
                RuleFinding::new(
                    &UNMATCHED_PATH_ARGUMENT,
                    format!("{}/inputParameters/{index}", consumed.at),
                    format!("the path of `{}` has no placeholder for `{}`", consumed.operation.name, parameter.name),
                )
                .help(help),
            );
        }
    }
}

fn route(at: &str, path: &str, forwards: bool, findings: &mut Vec<RuleFinding>) {
    if let Some(mark) = path.chars().find(|c| matches!(c, '?' | '#')) {
        findings.push(
            RuleFinding::new(
                &INVALID_PATH,
                at,
                format!("the route `{path}` is never reached: `{mark}` ends a request's path"),
            )
            .help(format!("write `{}`; what a query holds is an input parameter", plain(path)))
            .with_severity(Severity::Warning),
        );
    } else {
        readable(at, path, findings);
        if path.len() > 1 && path.ends_with('/') && !forwards {
            findings.push(
                RuleFinding::new(&TRAILING_SLASH, at, format!("the route `{path}` ends with a slash"))
                    .help(format!("write `{}`", path.trim_end_matches('/'))),
            );
        }
    }
}
