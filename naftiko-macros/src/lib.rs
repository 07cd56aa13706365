//! The `#[capability]` attribute of [naftiko](https://docs.rs/naftiko): use it through the `naftiko` crate.
//!
//! The stages, each with its own output type: tokens → `syntax` (parsed, not interpreted; bodies unchanged) → `lower` (a draft of the
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
#[cfg_attr(not(feature = "skills"), allow(dead_code, unused_imports, reason = "no folder is read"))]
mod skills;
mod syntax;

use proc_macro::TokenStream;

// rust-analyzer shows only the literal lines of a doc comment, not the text of an `include_str!`.

/// Makes a trait a capability: `#[capability(consumes(…), exposes(rest(port = 8080), mcp(port = 9090)))]`.
///
#[doc = include_str!("../docs/capability.md")]
#[proc_macro_attribute]
pub fn capability(arguments: TokenStream, item: TokenStream) -> TokenStream {
    guard::guarded(item.into(), |item| capability::capability(&document::folder(), arguments.into(), item)).into()
}

/// Distinguishes the error statuses of an API: `#[status(404)]` on a variant, `#[other]` on the variant for all other errors.
///
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
    /// Sends a GET request to a consumed API: `#[get("/users/{id}")]`.
    ///
    #[doc = include_str!("../docs/verb.md")]
    get;
    /// Sends a POST request to a consumed API: `#[post("/users/{id}")]`.
    ///
    #[doc = include_str!("../docs/verb.md")]
    post;
    /// Sends a PUT request to a consumed API: `#[put("/users/{id}")]`.
    ///
    #[doc = include_str!("../docs/verb.md")]
    put;
    /// Sends a PATCH request to a consumed API: `#[patch("/users/{id}")]`.
    ///
    #[doc = include_str!("../docs/verb.md")]
    patch;
    /// Sends a DELETE request to a consumed API: `#[delete("/users/{id}")]`.
    ///
    #[doc = include_str!("../docs/verb.md")]
    delete;
    /// Sends a HEAD request to a consumed API: `#[head("/users/{id}")]`.
    ///
    #[doc = include_str!("../docs/verb.md")]
    head;
    /// Sets the route of a method: `#[rest(get = "/path")]`, `#[rest(path = "/path")]`, `#[rest(skip)]`.
    ///
    #[doc = include_str!("../docs/rest.md")]
    rest;
    /// Sets the MCP tool of a method: `#[tool(name = "list-users", hints(idempotent))]`, `#[tool(skip)]`.
    ///
    #[doc = include_str!("../docs/tool.md")]
    tool;
    /// Hides a method from all callers.
    ///
    #[doc = include_str!("../docs/skip.md")]
    skip;
    /// Selects a part of the answer of an API: `#[output("$.data.items")]`.
    ///
    #[doc = include_str!("../docs/output.md")]
    output;
    /// Publishes an example of an argument or of a result: `#[example("u-17")]`.
    ///
    #[doc = include_str!("../docs/example.md")]
    example;
    /// Makes a method an MCP resource: `#[resource(uri = "users://{id}")]`.
    ///
    #[doc = include_str!("../docs/resource.md")]
    resource;
    /// Makes a method an MCP prompt: `#[prompt]`, `#[prompt(template = "…")]`.
    ///
    #[doc = include_str!("../docs/prompt.md")]
    prompt;
    /// Completes the arguments of a resource or a prompt: `#[complete(id = complete_id)]`.
    ///
    #[doc = include_str!("../docs/complete.md")]
    complete;
    /// Declares the scopes that a caller needs: `#[scope("tokens:write")]`.
    ///
    #[doc = include_str!("../docs/scope.md")]
    scope;
}
