//! Rules for routes of a trait: arguments fill their placeholders, and a router can match them.

use super::Subject;
use super::paths::{fill, foreign_placeholder, strict};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::fix::Fix;
use crate::diagnostic::table::requests::{INVALID_PATH, UNFILLED_PLACEHOLDER, UNMATCHED_PATH_ARGUMENT};
use crate::fragment::{AssembledPaths, Fragment};
use crate::model::ParameterIn;
use crate::nearest::nearest;
use crate::template::{Template, same_name};

pub(super) fn check(subject: Subject<'_>, findings: &mut Vec<Diagnostic>) {
    for (fragment, paths) in subject.fragments() {
        routes(fragment, paths, findings);
    }
}

/// Checks the routes of an operation.
fn routes(fragment: &Fragment, paths: &AssembledPaths, findings: &mut Vec<Diagnostic>) {
    let consumed = fragment.consumed.as_ref().map(|part| Template::path(&part.path));
    // Routes are derived from the consumed path. If it has a mistake, they are not checked, so that the mistake is reported once.
    let consumed = match (consumed, &fragment.consumed) {
        (Some(Ok(path)), Some(part))
            if strict(&part.path, "").is_ok() && foreign_placeholder(&part.path, fragment, "").is_none() =>
        {
            Some(path)
        }
        (None, _) => None,
        _ => return,
    };
    for (route, at) in fragment.routes.iter().zip(&paths.routes) {
        let at_path = format!("{at}/path");
        let path = match strict(&route.path, &at_path) {
            Ok(path) => path,
            Err(wrong) => {
                findings.push(wrong);
                continue;
            }
        };
        if let Some(found) = foreign_placeholder(&route.path, fragment, &at_path) {
            findings.push(found);
            continue;
        }
        check_segments(&route.path, &at_path, findings);
        report_unfilled_placeholders(&path, fragment, consumed.as_ref(), &at_path, findings);
        report_unplaced_arguments(&path, fragment, consumed.as_ref(), at, findings);
    }
}

/// Checks that a router can match a path: literal text separates two placeholders of a segment, and a placeholder for several
/// segments is last.
fn check_segments(path: &str, at: &str, findings: &mut Vec<Diagnostic>) {
    if let Some(segment) = path.split('/').find(|segment| segment.contains("}{")) {
        let message = format!("in the route `{path}`, nothing separates the placeholders of the segment `{segment}`");
        findings.push(Diagnostic::new(&INVALID_PATH, at, message).fix(Fix::WholeSegments));
    }
    let mut after = path.split('/').skip_while(|segment| !segment.starts_with("{+"));
    if let (Some(rest), Some(_)) = (after.next(), after.next()) {
        let message = format!("in the route `{path}`, `{rest}` must be the last segment");
        findings.push(Diagnostic::new(&INVALID_PATH, at, message).fix(Fix::WholeSegments));
    }
}

/// Returns whether a path has a placeholder called `name`.
fn has(path: &Template, name: &str) -> bool {
    path.placeholders().any(|other| same_name(other, name))
}

/// Reports placeholders that no argument fills, except those that are also in the consumed path.
fn report_unfilled_placeholders(
    path: &Template,
    fragment: &Fragment,
    consumed: Option<&Template>,
    at: &str,
    findings: &mut Vec<Diagnostic>,
) {
    let arguments = fragment.arguments.iter().map(|argument| (argument.name.as_str(), argument.place));
    let is_filled =
        |name: &str| arguments.clone().any(|(other, place)| place == ParameterIn::Path && same_name(other, name));
    let is_missing = |name: &&str| !is_filled(name) && consumed.is_none_or(|consumed| !has(consumed, name));
    for name in path.placeholders().filter(is_missing) {
        let message = format!("no parameter fills `{{{name}}}` of the route `{path}`");
        let fix = fill(name, &path.to_string(), arguments.clone(), &|name| has(path, name));
        findings.push(Diagnostic::new(&UNFILLED_PLACEHOLDER, at, message).fix(fix));
    }
}

/// Reports path arguments without a placeholder. If the consumed path has the placeholder, the route is at fault.
fn report_unplaced_arguments(
    path: &Template,
    fragment: &Fragment,
    consumed: Option<&Template>,
    at: &str,
    findings: &mut Vec<Diagnostic>,
) {
    for (index, argument) in fragment.arguments.iter().enumerate() {
        let name = &argument.name;
        if argument.place != ParameterIn::Path
            || has(path, name)
            || consumed.is_some_and(|consumed| !has(consumed, name))
        {
            continue;
        }
        let is_free = |placeholder: &&str| !fragment.arguments.iter().any(|other| same_name(&other.name, placeholder));
        let (part, fix) = if consumed.is_some() {
            ("path".to_owned(), Fix::AddToRoute(name.to_lowercase()))
        } else {
            // An unfilled placeholder has a similar name. This name is the mistake, and is already reported.
            if nearest(name, path.placeholders().filter(is_free)).is_some() {
                continue;
            }
            (format!("inputParameters/{index}"), Fix::AddPlaceholder(name.clone()))
        };
        let message = format!("the route `{path}` has no placeholder for `{name}`");
        findings.push(Diagnostic::new(&UNMATCHED_PATH_ARGUMENT, format!("{at}/{part}"), message).fix(fix));
    }
}
