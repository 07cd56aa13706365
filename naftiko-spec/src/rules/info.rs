//! Rules for texts that people and agents read: label, tags, descriptions, and markup that they must not contain.

use super::Subject;
use super::walk::{CallableKind, DocumentView, is_blank};
use crate::diagnostic::fix::Fix;
use crate::diagnostic::table::people::{MISSING_DESCRIPTION, MISSING_LABEL, MISSING_TAGS};
use crate::diagnostic::table::secrets::SCRIPT_IN_MARKDOWN;
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Document, Expose};

pub(super) fn check(subject: Subject<'_>, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    let document = subject.document;
    let info = &document.info;
    if info.label.trim().is_empty() {
        let missing = Diagnostic::new(&MISSING_LABEL, "/info/label", "this capability has no label");
        findings.push(missing.fix("name it in a few words: `label: GitHub repositories`"));
    }
    if info.tags.is_empty() {
        let missing = Diagnostic::new(&MISSING_TAGS, "/info/tags", "this capability has no tags");
        findings.push(missing.fix("add the words that people search for: `tags: [GitHub, repositories]`"));
    }
    if info.description.trim().is_empty() {
        findings.push(missing("/info/description", "this capability", Severity::Warning, Fix::DescribeCapability));
    }
    for (fragment, paths) in subject.fragments().filter(|(fragment, _)| is_blank(fragment.description.as_deref())) {
        // A method that only completes arguments is not in the document, and callers do not choose it.
        let Some(at) = paths.places().next().map(|at| format!("{at}/description")) else { continue };
        let what = format!("the operation `{}`", fragment.name);
        findings.push(missing(at, &what, Severity::Warning, Fix::DescribeOperation));
    }
    if subject.is_trait() {
        return;
    }
    apis(walk, findings);
    for (index, expose) in document.capability.exposes.iter().enumerate() {
        if let Expose::Rest(rest) = expose {
            for (position, resource) in rest.resources.iter().enumerate() {
                if is_blank(resource.description.as_deref()) {
                    let at = format!("/capability/exposes/{index}/resources/{position}");
                    let what = format!("the resource `{}`", resource.path);
                    findings.push(missing(at, &what, Severity::Info, Fix::DescribeResource));
                }
            }
        }
    }
    callables(walk, findings);
    descriptions(document, walk, findings);
}

fn missing(at: impl Into<String>, what: &str, severity: Severity, fix: Fix) -> Diagnostic {
    let message = format!("{what} has no description");
    Diagnostic::new(&MISSING_DESCRIPTION, at, message).fix(fix).with_severity(severity)
}

fn apis(walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    for api in &walk.apis {
        if is_blank(api.consume.description.as_deref()) && !api.consume.is_imported() {
            let what = format!("the consumed API `{}`", api.consume.namespace);
            // Only an info: most generated documents have no such description, and nothing depends on it.
            findings.push(missing(&api.at, &what, Severity::Info, Fix::DescribeApi));
        }
    }
}

/// Finds callables that neither have nor inherit a description.
fn callables(walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    for callable in walk.callables.iter().filter(|callable| is_blank(callable.description)) {
        let function = callable.reference.and_then(|reference| walk.referred(reference));
        let inherited = function.map_or_else(
            || walk.behind(callable).next().and_then(|consumed| consumed.operation.description.as_deref()),
            |function| function.description,
        );
        if is_blank(inherited) {
            let severity = if callable.kind == CallableKind::Tool { Severity::Warning } else { Severity::Info };
            findings.push(missing(&callable.at, &callable.title(), severity, Fix::DescribeOperation));
        }
    }
}

/// Checks the descriptions of the capability, of APIs with their resources and operations, of adapters and callables, and of
/// parameters.
fn descriptions(document: &Document, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    let mut check = |at: &dyn Fn() -> String, text: Option<&str>| {
        let Some(found) = text.and_then(script) else { return };
        let message = format!("the description contains `{found}`, which browsers run");
        findings.push(Diagnostic::new(&SCRIPT_IN_MARKDOWN, at(), message).fix("remove it, or describe it in words"));
    };
    check(&|| "/info/description".to_owned(), Some(&document.info.description));
    for api in &walk.apis {
        check(&|| format!("{}/description", api.at), api.consume.description.as_deref());
        for (position, resource) in api.consume.resources.iter().enumerate() {
            let at = || format!("{}/resources/{position}/description", api.at);
            check(&at, resource.description.as_deref());
        }
    }
    for consumed in &walk.operations {
        check(&|| format!("{}/description", consumed.at), consumed.operation.description.as_deref());
        for (index, parameter) in consumed.operation.input_parameters.iter().enumerate() {
            let at = || format!("{}/inputParameters/{index}/description", consumed.at);
            check(&at, parameter.description.as_deref());
        }
    }
    for (index, expose) in document.capability.exposes.iter().enumerate() {
        let at = || format!("/capability/exposes/{index}/description");
        match expose {
            Expose::Rest(rest) => check(&at, rest.description.as_deref()),
            Expose::Mcp(mcp) => check(&at, mcp.description.as_deref()),
            Expose::Skill(other) | Expose::Control(other) => {
                check(&at, other.other_keys.get("description").and_then(serde_json::Value::as_str));
            }
        }
    }
    for callable in &walk.callables {
        check(&|| format!("{}/description", callable.at), callable.description);
        for (index, parameter) in callable.inputs.iter().enumerate() {
            let at = || format!("{}/inputParameters/{index}/description", callable.at);
            check(&at, parameter.description.as_deref());
        }
    }
}

/// Returns markup that a Markdown renderer might execute.
fn script(text: &str) -> Option<&'static str> {
    const RUN: [&str; 3] = ["<script", "javascript:", "eval("];
    let found = |needle: &&str| {
        let (text, needle) = (text.as_bytes(), needle.as_bytes());
        text.windows(needle.len()).enumerate().any(|(at, window)| {
            // `retrieval(s)` and `medieval(…)` are words, not calls of `eval`.
            let inside_a_word =
                || at.checked_sub(1).and_then(|before| text.get(before)).is_some_and(u8::is_ascii_alphanumeric);
            window.eq_ignore_ascii_case(needle) && (needle.starts_with(b"<") || !inside_a_word())
        })
    };
    RUN.into_iter().find(found)
}
