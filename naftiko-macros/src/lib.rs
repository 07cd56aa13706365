//! The `#[capability]` attribute.

#![warn(missing_docs, unreachable_pub)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod attribute;
mod capability;
mod errors;
mod expand;
mod findings;
#[cfg(test)]
mod golden;
mod keys;
mod lower;
mod model;
mod syntax;

use proc_macro::TokenStream;

/// Makes a capability of a trait.
#[proc_macro_attribute]
pub fn capability(arguments: TokenStream, item: TokenStream) -> TokenStream {
    capability::capability(arguments.into(), item.into()).into()
}
