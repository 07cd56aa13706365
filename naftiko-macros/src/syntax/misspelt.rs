//! Reports misspelt helper attributes: the compiler would only report that it cannot find them.

use crate::errors::{Errors, SourceSpan};
use naftiko_spec::nearest;
use syn::Attribute;

/// Attributes of Rust itself whose names are similar to ours.
const OF_RUST: [&str; 2] = ["path", "test"];

/// Reports an attribute whose name is similar to one in `known`; returns whether it did.
pub(super) fn refuse(attribute: &Attribute, known: &[&'static str], errors: &mut Errors) -> bool {
    let Some(name) = attribute.path().get_ident().map(ToString::to_string) else { return false };
    if OF_RUST.contains(&name.as_str()) || known.contains(&name.as_str()) {
        return false;
    }
    let Some(meant) = nearest(&name, known.iter().copied()) else { return false };
    let at = SourceSpan::of(attribute.path());
    errors.add(at, format!("unknown attribute `#[{name}]`"), format!("did you mean `#[{meant}]`?"));
    true
}
