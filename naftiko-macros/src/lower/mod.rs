//! Lowers the syntax to a draft of the document, and records the span of each of its parts.

mod consistent;
mod content_type;
mod documented;
mod exposed;
mod head;
mod offered;
mod operation;
mod page;
mod places;
mod spans;

pub(crate) use operation::MethodOperation;
pub(crate) use spans::{OperationSpans, SourceSpans};

use crate::document::DocumentSource;
use crate::errors::Errors;
use crate::keys::did_you_mean;
use crate::syntax::{CapabilitySettings, Method, Trait};
use naftiko_spec::fragment::AssembledPaths;
use naftiko_spec::{Document, Draft};

/// A trait as a draft.
pub(crate) struct Lowered<'a> {
    /// The head of the document, and a fragment for each operation.
    pub(crate) draft: Draft,
    /// The assembled draft, and the locations of its fragments in it.
    pub(crate) whole: (Document, Vec<AssembledPaths>),
    /// The operations behind the fragments, in the same order.
    pub(crate) operations: Vec<MethodOperation<'a>>,
    /// The spans of the draft's parts in the source.
    pub(crate) spans: SourceSpans,
    /// The document whose operations are methods of the trait. These methods come first in `operations`.
    pub(crate) source: Option<&'a DocumentSource>,
}

/// Lowers a trait.
pub(crate) fn lower<'a>(
    settings: &CapabilitySettings,
    source: Option<&'a DocumentSource>,
    item: &'a Trait,
    errors: &mut Errors,
) -> Lowered<'a> {
    let mut spans = SourceSpans::new(item.ident.span().into());
    let head = match source {
        Some(source) => source.head(),
        None => head::lower(settings, item, &mut spans),
    };
    let mut operations = Vec::new();
    let mut fragments = Vec::new();
    let mut operation_spans = Vec::new();
    let mut add = |(operation, fragment, at)| {
        operations.push(operation);
        fragments.push(fragment);
        operation_spans.push(at);
    };
    let of_document = |method: &&Method| {
        let mut operations = source.iter().flat_map(|source| &source.operations);
        operations.any(|documented| documented.method == method.name)
    };
    for documented in source.iter().flat_map(|source| &source.operations) {
        let method = item.methods().find(|method| method.name == documented.method);
        method.and_then(|method| documented::lower(documented, method, errors)).into_iter().for_each(&mut add);
    }
    for method in item.methods().filter(|method| !of_document(method)) {
        if source.is_some_and(|source| reports_unknown_operation(source, method, errors)) {
            continue;
        }
        operation::lower(settings, &head, method, errors).into_iter().for_each(&mut add);
    }
    page::check_names(item, errors);
    consistent::check_uses(settings, item, errors);
    let draft = Draft { head, fragments };
    let whole = draft.assemble();
    for (number, (at, paths)) in operation_spans.iter().zip(&whole.1).enumerate() {
        spans.add_operation(number, at, paths);
    }
    Lowered { draft, whole, operations, spans, source }
}

/// Reports a method that has neither a verb nor a body, and is not an operation of the document. Returns whether the method was reported.
fn reports_unknown_operation(source: &DocumentSource, method: &Method, errors: &mut Errors) -> bool {
    let helpers = &method.helpers;
    if method.broken || method.body.is_some() || helpers.verb.is_some() {
        return false;
    }
    let names = source.operations.iter().map(|documented| documented.method.as_str());
    let message = format!("the document has no operation `{}`", method.name);
    let help = did_you_mean("the operations of the document are", &method.name, names);
    let or = if help.ends_with('?') { " or" } else { "; or" };
    errors.add(method.signature.ident.span(), message, format!("{help}{or} give the method a verb or a body"));
    true
}
