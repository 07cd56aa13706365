//! Adds the operations of a file to a trait.

use super::file::File;
use super::source::{DocumentOperation, DocumentSource};
use super::{docs, generated, names, without};
use crate::errors::Errors;
use crate::syntax::settings::DocumentKey;
use crate::syntax::{Item, Method, Trait};
use naftiko_spec::lower::{Lowered, lower};
use naftiko_spec::{Document, Loaded};
use proc_macro2::TokenStream;
use std::path::Path;

/// Reads the file, and adds a method to the trait for each operation that has none. A method of the trait that is complete without the
/// document replaces the operation. Returns `None` if the file cannot be read or parsed.
pub(crate) fn fill(
    key: &DocumentKey,
    folder: &Path,
    krate: &TokenStream,
    item: &mut Trait,
    errors: &mut Errors,
) -> Option<DocumentSource> {
    let file = File::read(&key.path, folder, errors)?;
    let Loaded { document, lowered, .. } = file.load(key, errors)?;
    let source_of = |document: Document, lowered: &Lowered, reserved: &[String]| {
        let merged = lowered.merged();
        let operations = names::methods(merged.iter().map(|merged| &merged.operation), reserved);
        let operations = operations.into_iter().zip(merged).map(|(method, merged)| DocumentOperation {
            method,
            arguments: generated::arguments(&merged.operation, krate),
            merged,
            output: generated::output(krate),
        });
        let (operations, forwards) = (operations.collect(), lowered.forwards.clone());
        DocumentSource { location: file.location.clone(), document, operations, forwards }
    };
    let mut source = source_of(document, &lowered, &[]);
    let is_replaced = |operation: &&DocumentOperation| {
        item.methods().any(|method| method.name == operation.method && is_complete(method))
    };
    let replaced: Vec<String> =
        source.operations.iter().filter(is_replaced).map(|operation| operation.method.clone()).collect();
    if !replaced.is_empty() {
        let pointers = source.operations.iter().filter(|operation| replaced.contains(&operation.method));
        let pointers: Vec<&str> =
            pointers.flat_map(|operation| operation.merged.at.iter().map(String::as_str)).collect();
        let mut document = source.document;
        without::remove_at(&mut document, &pointers);
        let (lowered, _) = lower(&document);
        source = source_of(document, &lowered, &replaced);
    }
    docs::describe_trait(item, &source.document);
    for operation in &source.operations {
        match item.items.iter_mut().find_map(|item| method_named(item, &operation.method)) {
            Some(method) => docs::describe_method(method, operation),
            None => item.items.extend(generated::method(operation, key.path.span, errors)),
        }
    }
    Some(source)
}

fn method_named<'a>(item: &'a mut Item, name: &str) -> Option<&'a mut Method> {
    match item {
        Item::Method(method) if method.name == name => Some(method),
        _ => None,
    }
}

/// Returns whether a method is complete without the document, so that it replaces the operation with its name.
fn is_complete(method: &Method) -> bool {
    let helpers = &method.helpers;
    let is_exposed_or_hidden = helpers.is_offered()
        || helpers.rests().next().is_some()
        || helpers.tools().next().is_some()
        || helpers.skip.is_some();
    helpers.verb.is_some() || (method.body.is_some() && is_exposed_or_hidden)
}
