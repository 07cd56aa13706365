//! Keeps the user's item if the macro panics.

use crate::errors::Errors;
use proc_macro2::{Span, TokenStream};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Expands an item; after a panic, returns the item unchanged, with an error that says where to report it.
pub(crate) fn guarded(item: TokenStream, expand: impl FnOnce(TokenStream) -> TokenStream) -> TokenStream {
    let original = item.clone();
    match catch_unwind(AssertUnwindSafe(|| expand(item))) {
        Ok(tokens) => tokens,
        Err(panic) => {
            let mut errors = Errors::default();
            let help = "please report it, with this trait, at the repository that https://docs.rs/naftiko links to";
            errors.add(Span::call_site(), format!("a bug in `#[capability]`: {}", message(&*panic)), help);
            let mut tokens = errors.into_tokens();
            tokens.extend(original);
            tokens
        }
    }
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
        let tokens = guarded(
            quote!(
                trait Kept {}
            ),
            |_| panic!("out of {}", "luck"),
        )
        .to_string();
        assert!(tokens.contains("a bug in `#[capability]`: out of luck"), "{tokens}");
        assert!(tokens.ends_with("trait Kept { }"), "{tokens}");
    }
}
