//! Lowers the syntax to a draft of the document, and records the span of each of its parts.

mod consistent;
mod content_type;
mod exposed;
mod filled;
mod head;
mod offered;
mod operation;
mod page;
mod places;
mod spans;

pub(crate) use operation::MethodOperation;
pub(crate) use page::stream_name;
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
    /// The document that fills the trait. Its operations come first.
    pub(crate) filling: Option<&'a DocumentSource>,
}

/// Lowers a trait.
pub(crate) fn lower<'a>(
    settings: &CapabilitySettings,
    filling: Option<&'a DocumentSource>,
    item: &'a Trait,
    errors: &mut Errors,
) -> Lowered<'a> {
    let mut spans = SourceSpans::new(item.ident.span().into());
    let head = match filling {
        Some(filling) => filling.head(),
        None => head::lower(settings, item, &mut spans),
    };
    let mut operations = Vec::new();
    let mut fragments = Vec::new();
    let mut places = Vec::new();
    let mut add = |(operation, fragment, at)| {
        operations.push(operation);
        fragments.push(fragment);
        places.push(at);
    };
    let of_document = |method: &&Method| {
        let mut operations = filling.iter().flat_map(|filling| &filling.operations);
        operations.any(|filled| filled.method == method.name)
    };
    for filled in filling.iter().flat_map(|filling| &filling.operations) {
        let method = item.methods().find(|method| method.name == filled.method);
        method.and_then(|method| filled::lower(filled, method, errors)).into_iter().for_each(&mut add);
    }
    for method in item.methods().filter(|method| !of_document(method)) {
        if filling.is_some_and(|filling| is_misspelt(filling, method, errors)) {
            continue;
        }
        operation::lower(settings, &head, method, errors).into_iter().for_each(&mut add);
    }
    page::check_names(item, errors);
    consistent::uses(settings, item, errors);
    let draft = Draft { head, fragments };
    let whole = draft.assemble();
    for (number, (at, paths)) in places.iter().zip(&whole.1).enumerate() {
        spans.operation(number, at, paths);
    }
    Lowered { draft, whole, operations, spans, filling }
}

/// Reports a method without verb and body whose name is not that of an operation of the document; returns whether it did.
fn is_misspelt(filling: &DocumentSource, method: &Method, errors: &mut Errors) -> bool {
    let helpers = &method.helpers;
    if method.broken || method.body.is_some() || helpers.verb.is_some() {
        return false;
    }
    let names = filling.operations.iter().map(|filled| filled.method.as_str());
    let message = format!("the document has no operation `{}`", method.name);
    let help = did_you_mean("its operations are", &method.name, names);
    errors.add(method.signature.ident.span(), message, format!("{help}; or give it a verb or a body"));
    true
}
