//! Tests of traits that contain fragments of `macro_rules!`, such as `$limit:literal` and `$body:block`: the compiler
//! puts each fragment into an invisible group.
//!
//! `tests/hygiene.rs` tests the same with real macros.

#![allow(clippy::unwrap_used, reason = "a test")]

use crate::capability::capability;
use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{ToTokens, quote};
use std::path::Path;

fn fragment(tokens: TokenStream) -> Group {
    Group::new(Delimiter::None, tokens)
}

fn expanded(arguments: TokenStream, methods: &TokenStream) -> String {
    let item = quote! {
        /// Does things.
        pub trait Fragmented { #methods }
    };
    capability(Path::new(env!("CARGO_MANIFEST_DIR")), arguments, item).to_string()
}

fn arguments() -> TokenStream {
    quote!(
        consumes(namespace = "things", base_uri = "https://things.example"),
        exposes(rest(port = 1), mcp(port = 2)),
        allow(missing_description, reason = "a test"),
    )
}

#[test]
fn a_body_may_be_a_fragment() {
    let body = fragment(quote!({ Ok(1) }));
    let expanded = expanded(
        arguments(),
        &quote!(#[rest(get = "/one")] async fn one(&self) -> Result<u8> #body #[get("/two")] async fn two(&self) -> Result<u8>;),
    );
    assert!(!expanded.contains("compile_error"), "{expanded}");
}

#[test]
fn examples_and_schemas_may_have_fragments() {
    let (five, negative, nested) =
        (fragment(quote!(5)), fragment(quote!(-5)), fragment(fragment(quote!(7)).into_token_stream()));
    let expanded = expanded(
        arguments(),
        &quote! {
            #[get("/a")]
            async fn a(&self, #[example(#five)] a: u8, #[example(#nested)] b: u8) -> Result<Value>;
            #[post("/b")]
            #[tool(input_schema = { "minProperties": #five })]
            #[example([#negative, { "a": #five }])]
            async fn b(&self, body: &Value) -> Result<Value>;
        },
    );
    assert!(!expanded.contains("compile_error"), "{expanded}");
}

#[test]
fn a_broken_composition_uses_the_traits_it_is_built_on() {
    let expanded = expanded(
        quote!(uses(apis: apis::Api), exposes(rest(port = 1))),
        &quote!(
            #[rest(get = "/y", stauts = 200)]
            async fn y(&self) -> Result<u16> {
                self.apis().read().await
            }
        ),
    );
    let compact: String = expanded.split_whitespace().collect();
    assert!(compact.contains("compile_error"), "{expanded}");
    assert!(compact.contains("fn__uses<__0:apis::Api>(_:(apis::ApiClient,)){}"), "{expanded}");
}
