//! Rules for namespaces, ports and the spelling of names.

use super::walk::{CallableKind, DocumentView};
use crate::diagnostic::fix::{self, Fix};
use crate::diagnostic::table::people::UNCONVENTIONAL_NAME;
use crate::diagnostic::table::structure::{DUPLICATE_NAMESPACE, DUPLICATE_PORT, SHARED_NAMESPACE};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Document, Expose};
use std::collections::HashMap;

/// A namespace, with the kind and the location of its owner.
struct Namespace<'a> {
    kind: &'static str,
    name: &'a str,
    at: String,
}

pub(super) fn check(document: &Document, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    namespaces(document, walk, findings);
    ports(&document.capability.exposes, findings);
    conventions(document, walk, findings);
}

/// Returns the namespaces of a document that are not empty.
fn all_namespaces<'a>(document: &'a Document, walk: &DocumentView<'a>) -> Vec<Namespace<'a>> {
    let mut all: Vec<Namespace<'a>> = Vec::new();
    let capability = &document.capability;
    for (list, binds) in [("/capability/binds", &capability.binds), ("/binds", &document.binds)] {
        all.extend(binds.iter().enumerate().map(|(index, bind)| Namespace {
            kind: "bind",
            name: &bind.namespace,
            at: format!("{list}/{index}"),
        }));
    }
    all.extend(walk.apis.iter().map(|api| Namespace {
        kind: "consumed API",
        name: &api.consume.namespace,
        at: api.at.clone(),
    }));
    all.extend(capability.aggregates.iter().enumerate().map(|(index, aggregate)| Namespace {
        kind: "aggregate",
        name: &aggregate.namespace,
        at: format!("/capability/aggregates/{index}"),
    }));
    all.extend(capability.exposes.iter().enumerate().map(|(index, expose)| Namespace {
        kind: "adapter",
        name: expose.namespace(),
        at: format!("/capability/exposes/{index}"),
    }));
    all.retain(|named| !named.name.is_empty());
    all
}

/// Finds namespaces that are used twice.
fn namespaces(document: &Document, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    let all = all_namespaces(document, walk);
    let mut seen: HashMap<&str, &Namespace<'_>> = HashMap::new();
    let mut of_kind: HashMap<(&str, &str), &Namespace<'_>> = HashMap::new();
    for named in &all {
        let first = *seen.entry(named.name).or_insert(named);
        let same = *of_kind.entry((named.kind, named.name)).or_insert(named);
        let at = format!("{}/namespace", named.at);
        let name = named.name;
        if same.at != named.at {
            let severity = if named.kind == "consumed API" { Severity::Error } else { Severity::Warning };
            let message = format!("another {} has the namespace `{name}`", named.kind);
            let found = Diagnostic::new(&DUPLICATE_NAMESPACE, at, message);
            let what = if named.kind == "bind" { fix::NameKind::Bind } else { fix::NameKind::Namespace };
            findings.push(
                found
                    .fix(Fix::Rename { what, to: None })
                    .also(format!("{}/namespace", same.at))
                    .with_severity(severity),
            );
        } else if first.kind != named.kind {
            let article = |kind: &str| if kind.starts_with('a') { "an" } else { "a" };
            let message = format!(
                "{} {} and {} {} have the namespace `{name}`",
                article(first.kind),
                first.kind,
                article(named.kind),
                named.kind
            );
            let found = Diagnostic::new(&SHARED_NAMESPACE, at, message);
            findings.push(found.fix("the specification requires unique namespaces: give one of them a suffix such as `-rest` or `-mcp`")
                .also(format!("{}/namespace", first.at)));
        }
    }
}

/// Finds adapters with the same port and address.
fn ports(exposes: &[Expose], findings: &mut Vec<Diagnostic>) {
    for (index, expose) in exposes.iter().enumerate() {
        let Some(port) = expose.port().filter(|port| *port != 0) else { continue };
        let taken = |other: &Expose| other.port() == Some(port) && other.address() == expose.address();
        if let Some(first) = exposes.iter().take(index).position(taken) {
            // Only a warning for skill adapters: published documents give them the port of another adapter, and `--port` can
            // change the port.
            let other = exposes.get(first);
            let is_strict = |expose: &Expose| !matches!(expose, Expose::Skill(_));
            let both = is_strict(expose) && other.is_some_and(is_strict);
            let names = (other.map(adapter_name).unwrap_or_default(), adapter_name(expose));
            let message = format!("the adapters `{}` and `{}` both listen on port {port}", names.0, names.1);
            let found = Diagnostic::new(&DUPLICATE_PORT, format!("/capability/exposes/{index}/port"), message);
            findings.push(
                found.fix(Fix::Port).also(format!("/capability/exposes/{first}/port")).with_severity(if both {
                    Severity::Error
                } else {
                    Severity::Warning
                }),
            );
        }
    }
}

/// Returns the name of an adapter; a control port may have none.
fn adapter_name(expose: &Expose) -> &str {
    match expose {
        Expose::Control(_) if expose.namespace().is_empty() => "control",
        other => other.namespace(),
    }
}

/// The maximum number of names that a finding lists.
const MAX_SHOWN: usize = 3;

/// Finds names that are not in kebab-case.
fn conventions(document: &Document, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    let mut report = |at: &str, what: &str, names: &[&str]| {
        let odd: Vec<_> = names.iter().copied().filter(|name| !name.is_empty() && !is_kebab(name)).collect();
        if odd.is_empty() {
            return;
        }
        let shown =
            odd.iter().take(MAX_SHOWN).map(|name| format!("`{}`", name.escape_debug())).collect::<Vec<_>>().join(", ");
        let more = if odd.len() > MAX_SHOWN { ", …" } else { "" };
        let message = match (odd.len(), names.len()) {
            (1, 1) => format!("the {what} {shown} is not in kebab-case"),
            (1, all) => format!("1 of {all} {what}s is not in kebab-case: {shown}"),
            (count, all) => format!("{count} of {all} {what}s are not in kebab-case: {shown}{more}"),
        };
        let written = odd.iter().take(MAX_SHOWN).map(|name| format!("`{}`", crate::names::kebab(name)));
        let fix = format!("write {}{more}", written.collect::<Vec<_>>().join(", "));
        findings.push(Diagnostic::new(&UNCONVENTIONAL_NAME, at, message).fix(fix));
    };
    for (index, api) in walk.apis.iter().enumerate() {
        report(&format!("{}/namespace", api.at), "namespace", &[&api.consume.namespace]);
        let own = walk.operations.iter().filter(|consumed| consumed.api == index);
        let names: Vec<_> = own.map(|consumed| consumed.operation.name.as_str()).collect();
        report(&format!("{}/resources", api.at), "operation name", &names);
    }
    for (index, expose) in document.capability.exposes.iter().enumerate() {
        let at = format!("/capability/exposes/{index}");
        report(&format!("{at}/namespace"), "namespace", &[expose.namespace()]);
        // Tools are exempt: their names are often in snake_case.
        let routes = walk.callables.iter().filter(|callable| {
            matches!(callable.kind, CallableKind::Route(_))
                && callable.at.strip_prefix(&at).is_some_and(|rest| rest.starts_with('/'))
        });
        let names: Vec<_> = routes.map(|callable| callable.name).collect();
        report(&format!("{at}/resources"), "operation name", &names);
    }
    for callable in walk.callables.iter().filter(|callable| !callable.steps.is_empty()) {
        let names: Vec<_> = callable.steps.iter().map(crate::model::Step::name).collect();
        report(&format!("{}/steps", callable.at), "step name", &names);
    }
}

/// Returns whether a name consists of lower-case letters and digits with single `-` between them.
fn is_kebab(name: &str) -> bool {
    !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
        && name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
}
