//! Lowers `#[page]`: replaces the Rust name of the parameter in `into` with its name on the wire.

use crate::errors::Errors;
use crate::syntax::{Method, Trait};
use naftiko_spec::fragment::Argument;
use naftiko_spec::model::Paging;

/// Returns the settings of a method's pages, as documents write them.
pub(super) fn lower(method: &Method, arguments: &[Argument]) -> Option<Paging> {
    let mut paging = method.helpers.page.as_ref()?.paging.clone();
    if let Some(into) = &mut paging.into {
        let named = method.parameters.iter().zip(arguments).find(|(parameter, _)| parameter.name == *into);
        if let Some((_, argument)) = named {
            into.clone_from(&argument.name);
        }
    }
    Some(paging)
}

/// Reports a method whose name is taken by the page stream of another method.
pub(super) fn check_names(item: &Trait, errors: &mut Errors) {
    for method in item.methods().filter(|method| method.helpers.page.is_some()) {
        let stream = method.pages_name();
        if let Some(other) = item.methods().find(|other| other.name == stream) {
            let message = format!(
                "the name `{stream}` is taken by the generated method that returns the pages of `{}`",
                method.name
            );
            errors.add(other.signature.ident.span(), message, format!("rename `{stream}` or `{}`", method.name));
        }
    }
}
