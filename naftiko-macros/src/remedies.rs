//! Applies the remedy of each message in `tests/remedies`: the mistake gives only that message, and the corrected trait gives
//! none.
//!
//! `tests/remedies.rs` compiles the corrected traits.

#![allow(clippy::unwrap_used, reason = "a test")]

use crate::capability::capability;
use crate::derive::upstream_error;
use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use std::path::Path;
use syn::LitStr;

/// Returns the strings of all `compile_error!`s.
fn mistakes(tokens: TokenStream) -> Vec<String> {
    let mut errors = Vec::new();
    let mut is_error = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => is_error = ident == "compile_error",
            TokenTree::Group(group) if is_error => {
                errors.push(syn::parse2::<LitStr>(group.stream()).unwrap().value());
                is_error = false;
            }
            TokenTree::Group(group) => errors.extend(mistakes(group.stream())),
            _ => {}
        }
    }
    errors
}

#[track_caller]
fn check(wrong: TokenStream, error: &str, help: &str, right: TokenStream) {
    assert_eq!(mistakes(wrong), [format!("{error}\nhelp: {help}")]);
    assert_eq!(mistakes(right), Vec::<String>::new(), "the remedied source has mistakes");
}

/// The arguments of a capability: the given ones, or one API with both adapters.
macro_rules! arguments {
    () => {
        quote! {
            consumes(namespace = "things", base_uri = "https://things.example"),
            exposes(rest(port = 1), mcp(port = 2)),
            allow(missing_description, reason = "a test"),
        }
    };
    ($($given:tt)+) => { quote!($($given)+) };
}

/// Expands a trait, or another item, with these arguments.
fn expand(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let item = quote! {
        /// Does things.
        #item
    };
    capability(&folder, arguments, item)
}

/// Declares a test for each mistake: `by` names the macro that expands its source.
macro_rules! tests {
    (by $expanded:ident; $($name:ident {
        wrong: $(($($wrong_arguments:tt)*))? { $($wrong:tt)* }
        error: $error:literal
        help: $help:literal
        right: $(($($right_arguments:tt)*))? { $($right:tt)* }
    })*) => {$(
        #[test]
        fn $name() {
            let wrong = $expanded!(($($($wrong_arguments)*)?) $($wrong)*);
            let right = $expanded!(($($($right_arguments)*)?) $($right)*);
            check(wrong, $error, $help, right);
        }
    )*};
}

/// Expands a trait with these methods.
macro_rules! of_methods {
    (($($arguments:tt)*) $($methods:tt)*) => {
        expand(arguments!($($arguments)*), &quote!(pub trait Things { $($methods)* }))
    };
}

/// Expands an item that should be a trait.
macro_rules! of_item {
    (() $($item:tt)*) => {
        expand(
            quote! {
                exposes(rest(port = 1), mcp(port = 2)),
                allow(missing_description, reason = "a test"),
            },
            &quote!($($item)*),
        )
    };
}

/// Expands `#[derive(UpstreamError)]` on an item.
macro_rules! of_error {
    (() $($item:tt)*) => { upstream_error(quote!($($item)*)) };
}

macro_rules! remedies {
    ($($mistakes:tt)*) => { tests! { by of_methods; $($mistakes)* } };
}

macro_rules! remedies_of_items {
    ($($mistakes:tt)*) => { tests! { by of_item; $($mistakes)* } };
}

macro_rules! remedies_of_errors {
    ($($mistakes:tt)*) => { tests! { by of_error; $($mistakes)* } };
}

mod arguments {
    use super::*;
    include!("../../tests/remedies/arguments.rs");
}

mod callers {
    use super::*;
    include!("../../tests/remedies/callers.rs");
}

#[cfg(feature = "document")]
mod documents {
    use super::*;
    include!("../../tests/remedies/documents.rs");
}

mod misplaced {
    use super::*;
    include!("../../tests/remedies/misplaced.rs");
}

mod requests {
    use super::*;
    include!("../../tests/remedies/requests.rs");
}

mod methods {
    use super::*;
    include!("../../tests/remedies/methods.rs");
}

mod errors {
    use super::*;
    include!("../../tests/remedies/errors.rs");
}

mod routes {
    use super::*;
    include!("../../tests/remedies/routes.rs");
}

mod signatures {
    use super::*;
    include!("../../tests/remedies/signatures.rs");
}

mod written {
    use super::*;
    include!("../../tests/remedies/written.rs");
}

mod names {
    use super::*;
    include!("../../tests/remedies/names.rs");
}

mod numbers {
    use super::*;
    include!("../../tests/remedies/numbers.rs");
}

mod oauth {
    use super::*;
    include!("../../tests/remedies/oauth.rs");
}

mod offered {
    use super::*;
    include!("../../tests/remedies/offered.rs");
    include!("../../tests/remedies/outputs.rs");
}

mod caches {
    use super::*;
    include!("../../tests/remedies/caches.rs");
}

mod upstreams {
    use super::*;
    include!("../../tests/remedies/upstreams.rs");
}

mod uses {
    use super::*;
    include!("../../tests/remedies/uses.rs");
}

mod adapters {
    use super::*;
    include!("../../tests/remedies/adapters.rs");
}

mod answers {
    use super::*;
    include!("../../tests/remedies/answers.rs");
}

mod refinements {
    use super::*;
    include!("../../tests/remedies/refinements.rs");
}

mod rules {
    use super::*;
    include!("../../tests/remedies/rules.rs");
}

mod settings {
    use super::*;
    include!("../../tests/remedies/settings.rs");
}

mod completions {
    use super::*;
    include!("../../tests/remedies/completions.rs");
}

mod tls {
    use super::*;
    include!("../../tests/remedies/tls.rs");
}

mod traits {
    use super::*;
    include!("../../tests/remedies/traits.rs");
}

mod pages {
    use super::*;
    include!("../../tests/remedies/pages.rs");
}
