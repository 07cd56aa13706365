//! Helper attributes that no `#[capability]` has read: the trait lacks it.

use crate::errors::Errors;
use proc_macro2::{Span, TokenStream};

/// The item as it is, and an error.
pub(crate) fn outside(name: &str, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    errors.add(
        Span::call_site(),
        format!("`#[{name}]` is about a method of a capability, and this is in none"),
        "put `#[naftiko::capability(…)]` on the trait that the method is in",
    );
    let mut tokens = errors.into_tokens();
    tokens.extend(item);
    tokens
}
