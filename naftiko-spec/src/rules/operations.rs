//! Rules for operations and functions: unknown targets, duplicate names, operations that do nothing, and operations that are not used.

use super::upstreams::COPY_API;
use super::walk::{Callable, CallableKind, DocumentView};
use super::{RuleContext, Subject};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::fix::{Fix, NameKind};
use crate::diagnostic::table::calls::{
    DUPLICATE_OPERATION, NOTHING_TO_DO, UNRESOLVED_CALL, UNRESOLVED_REFERENCE, UNUSED_FUNCTION, UNUSED_OPERATION,
};
use crate::lower::is_constant;
use crate::model::Expose;
use crate::names::some_known;
use crate::nearest::Suggestions;
use crate::printable;
use std::collections::{HashMap, HashSet};

pub(super) fn check(subject: Subject<'_>, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    let RuleContext::File { lowered, .. } = subject.context else {
        return duplicates(subject, walk, findings);
    };
    let lowered_at: HashSet<&str> = lowered.operations.iter().map(|lowered| lowered.at.as_str()).collect();
    let mut used: HashSet<(usize, &str)> = HashSet::new();
    let suggestions = Suggestions::default();
    // Operations and functions that cannot be read; lowering reports the parts that call them.
    let unreadable_names: HashSet<String> = subject.document.unreadable_names().collect();
    for callable in &walk.callables {
        for (at, call) in callable.calls() {
            match walk.operation_of_call(call) {
                Some(consumed) => {
                    used.insert((consumed.api, consumed.operation.name.as_str()));
                }
                // Nothing to report: lowering has resolved the callable, or reports that the operation cannot be read.
                None if lowered_at.contains(callable.at.as_str()) || unreadable_names.contains(call) => {}
                None => {
                    let near = suggestions.nearest(call, walk.known_calls());
                    // The suggested name counts as used.
                    let meant = near.and_then(|near| walk.operation_of_call(near));
                    used.extend(meant.map(|consumed| (consumed.api, consumed.operation.name.as_str())));
                    findings.push(unresolved(call, near, at, walk));
                }
            }
        }
        if callable.reference.is_none_or(|reference| !unreadable_names.contains(reference)) {
            references(callable, &lowered_at, walk, &suggestions, findings);
        }
        without_work(callable, &lowered_at, findings);
    }
    for lowered in &lowered.operations {
        used.extend(lowered.work.calls().map(|call| (call.consume, call.operation.as_str())));
    }
    forwards(subject, walk, &suggestions, findings);
    duplicate_functions(walk, findings);
    duplicates(subject, walk, findings);
    unused(subject, walk, &used, findings);
}

/// Returns the finding for a call of an unknown operation.
fn unresolved(call: &str, near: Option<&str>, at: String, walk: &DocumentView<'_>) -> Diagnostic {
    let is_of = |name: &str| call.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    if walk.apis.iter().any(|api| api.consume.is_imported() && is_of(api.consume.called())) {
        let message = format!("the API of the call `{call}` is imported from another document, which is not supported");
        return Diagnostic::new(&UNRESOLVED_CALL, at, message).fix(COPY_API);
    }
    let own = walk.apis.iter().filter(|api| !api.consume.is_imported());
    let namespaces = || own.clone().map(|api| api.consume.namespace.as_str());
    let namespace = call.split('.').next().unwrap_or_default();
    let (message, help) = if !call.contains('.') {
        (format!("the call `{call}` has no namespace"), "write NAMESPACE.OPERATION".to_owned())
    } else if !namespaces().any(is_of) {
        let known = if namespaces().next().is_none() {
            "add the API to `consumes`".to_owned()
        } else {
            some_known("the namespaces are", namespaces())
        };
        (format!("unknown namespace `{namespace}` in the call `{call}`"), known)
    } else {
        let help = format!("add the operation to `{namespace}`, or call another");
        (format!("`{namespace}` has no operation for the call `{call}`"), help)
    };
    Diagnostic::new(&UNRESOLVED_CALL, at, message).fix(nearest_or(near, help))
}

/// Returns the fix for an unknown name: the nearest known name if there is one, otherwise `other`.
fn nearest_or(near: Option<&str>, other: impl Into<Fix>) -> Fix {
    near.map_or_else(|| other.into(), |near| Fix::Meant(near.to_owned()))
}

/// Finds a `ref` to an unknown function.
fn references(
    callable: &Callable<'_>,
    lowered_at: &HashSet<&str>,
    walk: &DocumentView<'_>,
    suggestions: &Suggestions,
    findings: &mut Vec<Diagnostic>,
) {
    let Some(reference) = callable.reference else { return };
    if walk.referred(reference).is_some() || lowered_at.contains(callable.at.as_str()) {
        return;
    }
    let near = suggestions.nearest(reference, walk.known_references());
    let help = nearest_or(
        near,
        "write NAMESPACE.FUNCTION: the namespace of an entry in `aggregates`, and one of its functions",
    );
    let message = format!("unknown function `{reference}`");
    findings.push(Diagnostic::new(&UNRESOLVED_REFERENCE, format!("{}/ref", callable.at), message).fix(help));
}

/// Finds an operation or a function that neither calls anything nor returns a constant.
fn without_work(callable: &Callable<'_>, lowered_at: &HashSet<&str>, findings: &mut Vec<Diagnostic>) {
    let has_call = callable.call.is_some() || callable.reference.is_some() || !callable.steps.is_empty();
    if has_call || callable.outputs.iter().any(is_constant) || lowered_at.contains(callable.at.as_str()) {
        return;
    }
    let (reference, help) = if callable.kind == CallableKind::Function {
        ("", "add one of them: `call: NAMESPACE.OPERATION`, `steps`, or output parameters with a `value`")
    } else {
        ("`ref`, ", "add one of them: `call: NAMESPACE.OPERATION`, `ref`, `steps`, or output parameters with a `value`")
    };
    let message = format!("{} has no `call`, {reference}`steps` or constant output", callable.title());
    findings.push(Diagnostic::new(&NOTHING_TO_DO, callable.at.clone(), message).fix(help));
}

/// Finds forwards to an unknown API.
fn forwards(subject: Subject<'_>, walk: &DocumentView<'_>, suggestions: &Suggestions, findings: &mut Vec<Diagnostic>) {
    for (index, expose) in subject.document.capability.exposes.iter().enumerate() {
        let Expose::Rest(rest) = expose else { continue };
        for (position, resource) in rest.resources.iter().enumerate() {
            let Some(forward) = &resource.forward else { continue };
            let target = &forward.target_namespace;
            if walk.apis.iter().any(|api| api.consume.namespace == *target) {
                continue;
            }
            let own = walk.apis.iter().filter(|api| !api.consume.is_imported());
            let namespaces: Vec<&str> = own.map(|api| api.consume.namespace.as_str()).collect();
            let near = suggestions.nearest(target, namespaces.iter().copied());
            let other = if namespaces.is_empty() {
                "add the API to `consumes`".to_owned()
            } else {
                some_known("the namespaces are", namespaces)
            };
            let message = format!("`{}` forwards to `{target}`, but no consumed API has that namespace", resource.path);
            let found = Diagnostic::new(
                &UNRESOLVED_CALL,
                format!("/capability/exposes/{index}/resources/{position}/forward/targetNamespace"),
                message,
            );
            findings.push(found.fix(nearest_or(near, other)));
        }
    }
}

/// Finds operations of an API, or of a trait, with the same name.
fn duplicates(subject: Subject<'_>, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    // Operations of a trait that call no API share a separate namespace.
    let own = subject.fragments().filter(|(fragment, _)| fragment.consumed.is_none());
    let own = own.filter_map(|(fragment, paths)| Some((None, fragment.name.as_str(), paths.places().next()?)));
    let consumed = walk.operations.iter();
    let consumed = consumed.map(|it| (Some(it.api), it.operation.name.as_str(), it.at.as_str()));
    let mut seen: HashMap<(Option<usize>, &str), Vec<&str>> = HashMap::new();
    for (api, name, at) in consumed.chain(own) {
        let others = seen.entry((api, name)).or_default();
        if let Some(first) = others.iter().find(|other| !subject.never_together(other, at)) {
            let message = format!("another operation is called `{name}`");
            findings.push(
                Diagnostic::new(&DUPLICATE_OPERATION, format!("{at}/name"), message)
                    .fix(Fix::Rename { what: NameKind::Operation, to: None })
                    .also(format!("{first}/name")),
            );
        }
        // In a file, each duplicate is compared only with the first operation of that name.
        if others.is_empty() || subject.is_trait() {
            others.push(at);
        }
    }
}

/// Finds functions of an aggregate with the same name: a `ref` finds only the last.
fn duplicate_functions(walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<(&str, &str), &str> = HashMap::new();
    for callable in walk.callables.iter().filter(|callable| callable.kind == CallableKind::Function) {
        let aggregate = callable.at.rsplitn(3, '/').nth(2).unwrap_or_default();
        if let Some(first) = seen.insert((aggregate, callable.name), &callable.at) {
            let message =
                format!("another function is called `{}`: `ref` finds only the last", printable(callable.name));
            let found = Diagnostic::new(&DUPLICATE_OPERATION, format!("{}/name", callable.at), message);
            findings.push(found.fix("give one of them another name").also(format!("{first}/name")));
        }
    }
}

/// Finds operations that nothing calls, and functions that nothing refers to.
fn unused(
    subject: Subject<'_>,
    walk: &DocumentView<'_>,
    used: &HashSet<(usize, &str)>,
    findings: &mut Vec<Diagnostic>,
) {
    let may_be_called_otherwise = |namespace: &str| {
        subject.document.capability.exposes.iter().any(|expose| match expose {
            Expose::Rest(rest) => {
                let targets = rest.resources.iter().filter_map(|resource| resource.forward.as_ref());
                targets.clone().any(|forward| forward.target_namespace == namespace)
            }
            // MCP resources may call operations that nothing else calls.
            Expose::Mcp(mcp) => !mcp.resources.is_empty(),
            Expose::Skill(_) | Expose::Control(_) => false,
        })
    };
    let exposes_nothing = subject.document.capability.exposes.is_empty();
    for (index, api) in walk.apis.iter().enumerate() {
        // Shared APIs are for other documents, and a file without adapters is a part of another document.
        if api.shared || exposes_nothing || may_be_called_otherwise(&api.consume.namespace) {
            continue;
        }
        for consumed in walk.operations.iter().filter(|consumed| consumed.api == index) {
            let name = consumed.operation.name.as_str();
            if !used.contains(&(index, name)) {
                let message = format!("nothing calls the operation `{name}`");
                let found = Diagnostic::new(&UNUSED_OPERATION, consumed.at.clone(), message);
                let namespace = &api.consume.namespace;
                findings
                    .push(found.fix(format!("add a route or a tool with `call: {namespace}.{name}`, or remove it")));
            }
        }
    }
    let references: HashSet<&str> = walk.callables.iter().filter_map(|callable| callable.reference).collect();
    for callable in walk.callables.iter().filter(|callable| callable.kind == CallableKind::Function) {
        let is_referred = references.iter().any(|reference| {
            reference
                .strip_suffix(callable.name)
                .is_some_and(|namespace| namespace.is_empty() || namespace.ends_with('.'))
        });
        if !is_referred && !exposes_nothing {
            let message = format!("nothing refers to {}", callable.title());
            let found = Diagnostic::new(&UNUSED_FUNCTION, callable.at.clone(), message);
            let help = format!("add a route or a tool whose `ref` is `NAMESPACE.{}`, or remove it", callable.name);
            findings.push(found.fix(help));
        }
    }
}
