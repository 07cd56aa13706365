//! The `#[capability]` attribute of [naftiko](https://docs.rs/naftiko): use it through the `naftiko` crate.
//!
//! The stages, one type for each arrow: tokens → `syntax` (spans, no meaning, bodies unchanged) → `lower` (a draft of the
//! document, and the spans of its parts) → `findings` (the checks of `naftiko-spec`) → `model` (every decision made) → `expand`
//! (tokens; it cannot fail). Mistakes are collected in `errors` and reported all at once; the trait is generated nevertheless.

#![warn(missing_docs, unreachable_pub)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod attribute;
mod capability;
mod derive;
mod document;
mod errors;
mod expand;
mod findings;
mod fix;
#[cfg(test)]
mod golden;
mod guard;
#[cfg(test)]
mod hostile;
mod keys;
mod lower;
mod model;
mod outside;
#[cfg(test)]
mod remedies;
#[cfg(test)]
mod round_trip;
mod syntax;

use proc_macro::TokenStream;

#[doc = include_str!("../docs/capability.md")]
#[proc_macro_attribute]
pub fn capability(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::guarded(item.into(), |item| capability::capability(&document::folder(), arguments.into(), item)).into()
}

#[doc = include_str!("../docs/upstream_error.md")]
#[proc_macro_derive(UpstreamError, attributes(status, other, naftiko))]
pub fn upstream_error(item: TokenStream) -> TokenStream {
    derive::upstream_error(item.into()).into()
}

/// Declares attributes that `#[capability]` reads and removes: outside of a capability they only report an error.
macro_rules! helpers {
    ($($(#[doc = $line:expr])* $name:ident;)*) => {$(
        $(#[doc = $line])*
        #[proc_macro_attribute]
        pub fn $name(_arguments: TokenStream, item: TokenStream) -> TokenStream {
            outside::outside(stringify!($name), item.into()).into()
        }
    )*};
}

helpers! {
    #[doc = include_str!("../docs/verb.md")]
    get;
    #[doc = include_str!("../docs/verb.md")]
    post;
    #[doc = include_str!("../docs/verb.md")]
    put;
    #[doc = include_str!("../docs/verb.md")]
    patch;
    #[doc = include_str!("../docs/verb.md")]
    delete;
    #[doc = include_str!("../docs/verb.md")]
    head;
    #[doc = include_str!("../docs/rest.md")]
    rest;
    #[doc = include_str!("../docs/tool.md")]
    tool;
    #[doc = include_str!("../docs/skip.md")]
    skip;
    #[doc = include_str!("../docs/output.md")]
    output;
    #[doc = include_str!("../docs/example.md")]
    example;
    #[doc = include_str!("../docs/resource.md")]
    resource;
    #[doc = include_str!("../docs/prompt.md")]
    prompt;
    #[doc = include_str!("../docs/complete.md")]
    complete;
    #[doc = include_str!("../docs/scope.md")]
    scope;
}
