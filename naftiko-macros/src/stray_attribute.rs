//! Refuses helper attributes outside of a trait with `#[capability]`.

use crate::errors::Errors;
use proc_macro2::{Span, TokenStream};

/// The kind of item on which an attribute is allowed.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    Method,
    Argument,
}

/// Returns the item unchanged, with an error.
pub(crate) fn refuse(name: &str, place: Place, item: TokenStream) -> TokenStream {
    // The compiler never expands an attribute on an argument: such an attribute is on something else here.
    let (place, help) = match place {
        Place::Method => ("a method", "put `#[naftiko::capability(…)]` on the trait that contains the method"),
        Place::Argument => (
            "an argument of a method",
            "put it before an argument, and `#[naftiko::capability(…)]` on the trait that contains the method",
        ),
    };
    let mut errors = Errors::default();
    let message = format!("`#[{name}]` is only allowed on {place} of a trait with `#[capability]`");
    errors.add(Span::call_site(), message, help);
    let mut tokens = errors.into_tokens();
    tokens.extend(item);
    tokens
}
