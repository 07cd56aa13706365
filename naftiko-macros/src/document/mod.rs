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
mod source;
mod without;

#[cfg(feature = "document")]
pub(crate) use fill::fill;
pub(crate) use matched::{Matched, matched};
pub(crate) use source::{DocumentOperation, DocumentSource};

#[cfg(not(feature = "document"))]
use crate::{errors::Errors, syntax::Trait, syntax::settings::DocumentKey};
#[cfg(not(feature = "document"))]
use proc_macro2::TokenStream;
#[cfg(not(feature = "document"))]
use std::path::Path;
use std::path::PathBuf;

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
