//! The rule for resources and prompts whose operation needs the approval of a person: only calls of tools ask for it.

use super::exposed::danger;
use super::{RuleContext, Subject};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::table::served::MISSING_APPROVAL;
use crate::fragment::Fragment;
use crate::model::{Confirm, Document, Expose, Hints, Method};
use crate::printable;

pub(super) fn check(subject: Subject<'_>, findings: &mut Vec<Diagnostic>) {
    if let RuleContext::File { lowered, .. } = subject.context {
        for operation in &lowered.operations {
            let methods = operation.work.calls().map(|call| call.method);
            let worst = methods.max_by_key(|method| danger(*method));
            for (_, what) in unapproved(subject.document, &operation.fragment, worst) {
                findings.push(missing(&operation.at, &what));
            }
        }
    }
    for (fragment, paths) in subject.fragments() {
        // The effects of a method that is implemented in Rust are known only to the compiled program.
        let method = fragment.consumed.as_ref().map(|part| part.operation.method);
        let places: Vec<&String> = paths.resources.iter().chain(&paths.prompts).collect();
        for (index, what) in unapproved(subject.document, fragment, method) {
            findings.extend(places.get(index).map(|at| missing(at, &what)));
        }
    }
}

fn missing(at: &str, what: &str) -> Diagnostic {
    let message = format!("{what} needs the approval of a person, which only tools ask for");
    Diagnostic::new(&MISSING_APPROVAL, at, message).fix("remove it, and offer the operation as a tool only")
}

/// Returns the resources, then the prompts, of an operation that needs approval in their adapter: the index and the title of each.
/// `method` is the most dangerous HTTP method that the operation sends, if it is known.
fn unapproved(document: &Document, fragment: &Fragment, method: Option<Method>) -> Vec<(usize, String)> {
    let resources = fragment.resources.iter().map(|part| (part.expose, "resource", &part.resource.name));
    let prompts = fragment.prompts.iter().map(|part| (part.expose, "prompt", &part.prompt.name));
    let offered = resources.chain(prompts).enumerate();
    let unapproved = offered.filter(|(_, (expose, ..))| needs_approval(document, fragment, *expose, method));
    unapproved.map(|(index, (_, kind, name))| (index, format!("the {kind} `{}`", printable(name)))).collect()
}

/// Returns whether the calls of an operation need approval in the adapter with the index `expose`.
fn needs_approval(document: &Document, fragment: &Fragment, expose: usize, method: Option<Method>) -> bool {
    let Some(Expose::Mcp(adapter)) = document.capability.exposes.get(expose) else { return false };
    let asks = |hints: Hints| adapter.confirm == Some(Confirm::Destructive) && hints.may_destroy();
    let natural = method.map(Method::hints);
    let mut tools = fragment.tools.iter().filter(|part| part.expose == expose).map(|part| &part.tool).peekable();
    if tools.peek().is_none() {
        return natural.is_some_and(asks);
    }
    tools.any(|tool| {
        let hints = tool.hints.unwrap_or_default();
        // A Rust implementation may call other operations, so only the compiled program knows its effects.
        let is_known = natural.is_some() || hints.destructive.is_some();
        tool.confirm.unwrap_or_else(|| is_known && asks(hints.completed(natural.unwrap_or_default())))
    })
}
