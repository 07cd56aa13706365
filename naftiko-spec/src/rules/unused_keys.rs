//! The rule for keys without effect: an operation with two targets, and mappings that nothing reads or that others replace.

use super::walk::{Callable, DocumentView};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::table::calls::UNUSED_KEY;
use crate::model::{Document, Expose, Mapping, McpResource, Step};
use crate::printable;

/// The maximum number of mappings that are compared; larger operations are machine-generated.
const MAX_COMPARED: usize = 500;

pub(super) fn check(document: &Document, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    for callable in &walk.callables {
        let targets = [
            ("ref", callable.reference.is_some()),
            ("steps", !callable.steps.is_empty()),
            ("call", callable.call.is_some()),
        ];
        findings.extend(two_targets(&callable.at, &callable.title(), &targets));
        mappings(callable, walk, findings);
    }
    for (index, expose) in document.capability.exposes.iter().enumerate() {
        let Expose::Mcp(mcp) = expose else { continue };
        for (number, resource) in mcp.resources.iter().enumerate() {
            of_resource(&format!("/capability/exposes/{index}/resources/{number}"), resource, findings);
        }
    }
}

/// Finds keys without effect of an MCP resource.
fn of_resource(at: &str, resource: &McpResource, findings: &mut Vec<Diagnostic>) {
    let targets = [
        ("location", resource.location.is_some()),
        ("steps", !resource.steps.is_empty()),
        ("call", resource.call.is_some()),
    ];
    let title = format!("the resource `{}`", printable(&resource.name));
    findings.extend(two_targets(at, &title, &targets));
    if resource.steps.is_empty() && !resource.mappings.is_empty() && resource.location.is_none() {
        findings.push(without_steps(at, &title));
    }
    if !resource.steps.is_empty() {
        replaced(at, &resource.mappings, &resource.steps, findings);
    }
}

/// Finds a second key that specifies what runs: only one of them can take effect.
fn two_targets(at: &str, title: &str, targets: &[(&str, bool)]) -> Option<Diagnostic> {
    let mut present = targets.iter().filter(|(_, is_present)| *is_present).map(|(key, _)| *key);
    let (first, second) = (present.next()?, present.next()?);
    let message = format!("{title} has both `{first}` and `{second}`, but only one of them can specify what runs");
    Some(Diagnostic::new(&UNUSED_KEY, format!("{at}/{second}"), message).fix("remove one of them"))
}

/// Finds mappings without effect of a route, a tool or a function.
fn mappings(callable: &Callable<'_>, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    if callable.mappings.is_empty() {
        return;
    }
    match walk.steps(callable) {
        [] => findings.push(without_steps(&callable.at, &callable.title())),
        steps => replaced(&callable.at, callable.mappings, steps, findings),
    }
}

fn without_steps(at: &str, title: &str) -> Diagnostic {
    let message = format!("the `mappings` of {title} have no effect without `steps`");
    let found = Diagnostic::new(&UNUSED_KEY, format!("{at}/mappings"), message);
    found.fix(
        "remove `mappings`, and write the `mapping` of each output parameter: a part of the answer, such as `$.name`",
    )
}

/// Finds mappings whose output a later mapping replaces: the two have the same target, or one target is a part of the other.
fn replaced(at: &str, mappings: &[Mapping], steps: &[Step], findings: &mut Vec<Diagnostic>) {
    // A target that begins with the name of a step is a parameter of that step.
    let feeds_step =
        |target: &str| target.split_once('.').is_some_and(|(first, _)| steps.iter().any(|step| step.name() == first));
    let contains = |outer: &str, inner: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
    let targets: Vec<&str> = mappings.iter().take(MAX_COMPARED).map(|mapping| mapping.target_name.as_str()).collect();
    for (index, target) in targets.iter().enumerate() {
        let clashes = |other: &&str| {
            *other == *target
                || ((contains(other, target) || contains(target, other)) && !feeds_step(other) && !feeds_step(target))
        };
        let earlier = targets.get(..index).unwrap_or_default();
        let Some(first) = earlier.iter().position(clashes) else { continue };
        let other = earlier.get(first).copied().unwrap_or_default();
        let message = if other == *target {
            format!("another mapping has the target `{}`", printable(target))
        } else {
            format!(
                "the targets `{}` and `{}` overlap: the later mapping replaces the earlier one",
                printable(other),
                printable(target)
            )
        };
        let found = Diagnostic::new(&UNUSED_KEY, format!("{at}/mappings/{index}/targetName"), message);
        findings.push(found.fix("remove one of them").also(format!("{at}/mappings/{first}/targetName")));
    }
}
