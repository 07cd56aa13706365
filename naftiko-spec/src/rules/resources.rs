//! Rules for MCP resources: reading a resource changes nothing, and its URI has the arguments that its operation needs.

use super::exposed::danger;
use super::{RuleContext, Subject};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::table::requests::UNFED_PARAMETER;
use crate::diagnostic::table::structure::UNDERSTATED_HINT;
use crate::lower::{LoweredOperation, placeholders};
use crate::model::{McpResource, Method};
use crate::printable;
use crate::template::{folded, uri_template_fault};
use std::collections::HashSet;

/// Reports the resources of a file by what their operations send after lowering, and those of a trait by the verb of their methods.
pub(super) fn check(subject: Subject<'_>, findings: &mut Vec<Diagnostic>) {
    if let RuleContext::File { lowered, .. } = subject.context {
        for operation in &lowered.operations {
            let worst = operation.work.calls().map(|call| call.method).max_by_key(|method| danger(*method));
            for part in &operation.fragment.resources {
                findings.extend(write(&operation.at, worst, &part.resource));
                needs(operation, &part.resource, findings);
            }
        }
    }
    for (fragment, paths) in subject.fragments() {
        let method = fragment.consumed.as_ref().map(|part| part.operation.method);
        let resources = fragment.resources.iter().zip(&paths.resources);
        findings.extend(resources.filter_map(|(part, at)| write(at, method, &part.resource)));
    }
}

/// Finds a resource whose operation may write: clients read resources without asking. `worst` is the most dangerous HTTP method that the
/// operation sends.
fn write(at: &str, worst: Option<Method>, resource: &McpResource) -> Option<Diagnostic> {
    let worst = worst.filter(|method| !method.is_read())?;
    let message = format!("reading the resource `{}` sends a {}", printable(&resource.name), worst.as_str());
    let found = Diagnostic::new(&UNDERSTATED_HINT, at, message);
    Some(found.fix("make it a tool: clients read resources without asking; if the request only reads, allow the finding with a reason"))
}

/// Finds required arguments of the operation that the URI does not contain.
fn needs(operation: &LoweredOperation, resource: &McpResource, findings: &mut Vec<Diagnostic>) {
    // Another rule reports an invalid template, which may contain the argument in a form that cannot be read.
    if uri_template_fault(&resource.uri).is_some() {
        return;
    }
    let given: HashSet<String> = placeholders(&resource.uri).into_iter().map(folded).collect();
    let is_given = |name: &str| given.contains(&folded(name));
    let arguments = operation.fragment.arguments.iter();
    for argument in arguments.filter(|argument| argument.required && !is_given(&argument.name)) {
        let name = printable(&argument.name);
        let message =
            format!("reading the resource `{}` needs `{name}`, which its URI lacks", printable(&resource.name));
        let found = Diagnostic::new(&UNFED_PARAMETER, &operation.at, message);
        findings.push(found.fix(format!("write `{{{name}}}` in the `uri`, or its value under `with`: `{name}: …`")));
    }
}
