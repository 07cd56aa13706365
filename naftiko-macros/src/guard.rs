//! Keeps the user's item if the macro panics.

use crate::errors::Errors;
use proc_macro2::{Span, TokenStream};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Expands the item of `#[capability]`; after a panic, returns the item unchanged, with an error that says where to report it.
pub(crate) fn attribute(item: TokenStream, expand: impl FnOnce(TokenStream) -> TokenStream) -> TokenStream {
    let original = item.clone();
    guarded("#[capability]", || expand(item)).unwrap_or_else(|mut error| {
        error.extend(original);
        error
    })
}

/// Expands the item of `#[derive(UpstreamError)]`, which the compiler keeps; after a panic, returns an error that says where to
/// report it.
pub(crate) fn derive(item: TokenStream, expand: impl FnOnce(TokenStream) -> TokenStream) -> TokenStream {
    guarded("#[derive(UpstreamError)]", || expand(item)).unwrap_or_else(|error| error)
}

fn guarded(macro_name: &str, expand: impl FnOnce() -> TokenStream) -> Result<TokenStream, TokenStream> {
    catch_unwind(AssertUnwindSafe(expand)).map_err(|panic| {
        let mut errors = Errors::default();
        let help = "please report it, with this item, at the repository that https://docs.rs/naftiko links to";
        errors.add(Span::call_site(), format!("a bug in `{macro_name}`: {}", message(&*panic)), help);
        errors.into_tokens()
    })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("it panicked")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "the test panics on purpose")]

    use super::*;
    use quote::quote;

    #[test]
    fn the_item_is_kept_after_a_panic() {
        let tokens = attribute(
            quote!(
                trait Kept {}
            ),
            |_| panic!("out of {}", "luck"),
        )
        .to_string();
        assert!(tokens.contains("a bug in `#[capability]`: out of luck"), "{tokens}");
        assert!(tokens.ends_with("trait Kept { }"), "{tokens}");
    }
    #[test]
    fn a_panic_of_the_derive_is_reported() {
        let tokens = derive(
            quote!(
                enum Own {}
            ),
            |_| panic!("out of luck"),
        )
        .to_string();
        assert!(tokens.contains("a bug in `#[derive(UpstreamError)]`: out of luck"), "{tokens}");
        assert!(!tokens.contains("enum Own"), "{tokens}");
    }
}
