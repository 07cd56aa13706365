//! The argument `&Context`, which callers do not see.

use super::types::{argument_of, plain};
use crate::errors::{Errors, SourceSpan};
use proc_macro2::Ident;
use syn::{Pat, PatType, Type};

/// The argument `&Context`.
pub(crate) struct ContextArgument {
    pub(crate) ident: Ident,
    /// The number of caller arguments before it.
    pub(crate) at: usize,
}

/// Returns the name of an argument `context: &naftiko::Context`, and removes its doc comment. Reports `Context` in any other
/// form, such as by value.
pub(super) fn read(argument: &mut PatType, errors: &mut Errors) -> Option<Ident> {
    if argument.attrs.iter().any(|attribute| !attribute.path().is_ident("doc")) {
        return None;
    }
    let Pat::Ident(name) = &*argument.pat else { return None };
    let is_reference = match plain(&argument.ty) {
        Type::Reference(reference) if is_context(&reference.elem) => reference.mutability.is_none(),
        ty if is_context(ty) => false,
        ty => match argument_of(ty, "Option", "option").map(plain) {
            Some(Type::Reference(reference)) if is_context(&reference.elem) => false,
            Some(inner) if is_context(inner) => false,
            _ => return None,
        },
    };
    if !is_reference {
        let help = "write `&Context`; for a type of your own with that name, write its path: `crate::Context`";
        errors.add(SourceSpan::of(&argument.ty), "the context of a call must have the type `&Context`", help);
    }
    let name = name.ident.clone();
    argument.attrs.clear();
    Some(name)
}

/// Returns whether a type is `Context` or `naftiko::Context`.
fn is_context(ty: &Type) -> bool {
    let Type::Path(path) = plain(ty) else { return false };
    let (Some(first), Some(last)) = (path.path.segments.first(), path.path.segments.last()) else { return false };
    let ours = path.path.segments.len() == 1 || first.ident == "naftiko";
    ours && last.ident == "Context" && last.arguments.is_none()
}
