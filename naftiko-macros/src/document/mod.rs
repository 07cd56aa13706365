//! `#[capability(document = "…")]`: supplies a trait's operations from a file.
#![cfg_attr(not(feature = "document"), allow(dead_code, reason = "no file is read"))]

mod docs;
#[cfg(feature = "document")]
mod file;
#[cfg(feature = "document")]
mod fill;
mod generated;
mod matched;
mod names;
mod without;

#[cfg(feature = "document")]
pub(crate) use fill::fill;
pub(crate) use matched::{Matched, matched};

#[cfg(not(feature = "document"))]
use crate::{errors::Errors, syntax::Trait, syntax::settings::DocumentKey};
use naftiko_spec::Document;
use naftiko_spec::lower::{ForwardRoute, MergedOperation};
use proc_macro2::TokenStream;
#[cfg(not(feature = "document"))]
use std::path::Path;
use std::path::PathBuf;

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

/// Reports that the feature `document` is off.
#[cfg(not(feature = "document"))]
pub(crate) fn fill(
    key: &DocumentKey,
    _folder: &Path,
    _krate: &TokenStream,
    _item: &mut Trait,
    errors: &mut Errors,
) -> Option<DocumentSource> {
    errors.add(
        key.path.span,
        "`document` requires the feature `document` of `naftiko`",
        "enable it in Cargo.toml: `naftiko = { …, features = [\"document\"] }`",
    );
    None
}

/// Returns the folder of the crate that is compiled.
pub(crate) fn folder() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default()
}
