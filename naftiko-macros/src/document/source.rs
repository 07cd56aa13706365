//! The document that supplies a trait's operations, and its operations as methods.

use naftiko_spec::Document;
use naftiko_spec::lower::{ForwardRoute, MergedOperation};
use proc_macro2::TokenStream;

/// The document that supplies a trait's operations.
pub(crate) struct DocumentSource {
    /// The location of the file, as an expression.
    pub(crate) location: TokenStream,
    /// The document, after repairs, without the operations that the trait replaces.
    pub(crate) document: Document,
    /// Its operations, in the order in which the runtime numbers them.
    pub(crate) operations: Vec<DocumentOperation>,
    /// Its routes whose requests are forwarded unchanged.
    pub(crate) forwards: Vec<ForwardRoute>,
}

/// An operation of the file, as a method.
pub(crate) struct DocumentOperation {
    /// The method's name, without `r#`.
    pub(crate) method: String,
    pub(crate) merged: MergedOperation,
    /// Its arguments.
    pub(crate) arguments: Vec<GeneratedArgument>,
    /// Its default return type.
    pub(crate) output: TokenStream,
}

/// An argument of a generated method.
pub(crate) struct GeneratedArgument {
    /// Its name, without `r#`.
    pub(crate) name: String,
    /// Its type.
    pub(crate) ty: TokenStream,
}

impl DocumentSource {
    /// Returns the document without its operations.
    pub(crate) fn head(&self) -> Document {
        let mut head = self.document.clone();
        head.clear_operations();
        head
    }
}
