//! Helper attributes outside of a trait with `#[capability]`.

use crate::errors::Errors;
use proc_macro2::{Span, TokenStream};

/// Returns the item unchanged, with an error.
pub(crate) fn outside(name: &str, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    errors.add(
        Span::call_site(),
        format!("`#[{name}]` is only allowed on a method of a trait with `#[capability]`"),
        "put `#[naftiko::capability(…)]` on the trait that contains the method",
    );
    let mut tokens = errors.into_tokens();
    tokens.extend(item);
    tokens
}
