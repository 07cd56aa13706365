//! An annotated trait becomes a capability: an HTTP client for somebody's API, a REST router and an MCP server. Mistakes in the
//! trait are compile errors.
//!
//! ```
//! use naftiko::{Result, capability};
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//!
//! /// A token of a user.
//! #[derive(Serialize, Deserialize, JsonSchema)]
//! pub struct Token {
//!     /// Its identifier.
//!     pub id: String,
//! }
//!
//! /// Reads the tokens of users.
//! #[capability(
//!     consumes(namespace = "tokens", base_uri = "https://api.example.com"),
//!     exposes(rest(port = 8080, prefix = "/v1"), mcp(port = 9090))
//! )]
//! pub trait Tokens {
//!     /// Lists the tokens of a user.
//!     #[get("/users/{userId}/tokens")]
//!     async fn list_tokens(&self, user_id: &str) -> Result<Vec<Token>>;
//! }
//! ```
//!
//! This generates `TokensClient`, which calls the API, and adds a method `into_capability()` to every implementation of the trait
//! (the client, a fake, your own code). A [`Capability`] has a REST router and an MCP service for your axum server; [`run`]
//! turns it into a program.
//!
//! - [`#[capability]`](macro@capability) is the reference for traits, [`attributes`] the reference for their methods.
//! - The [`guide`] shows how to test, embed and deploy a capability, and how errors reach callers.
//! - A capability that is written as a document needs no trait: [`document`] opens it, the `naftiko` command (crate
//!   `naftiko-cli`) checks and serves it, and [`#[capability(document = "…")]`](macro@capability) turns it into a trait. The
//!   module and such traits need the feature `document`.
//! - [`dynamic`] is for capabilities that are only known at run time.
//! - The [README](https://crates.io/crates/naftiko) lists the Cargo features; `client`, `rest`, `mcp` and `cli` are on by default.
//!
#![cfg_attr(
    not(feature = "document"),
    doc = "[`document`]: https://docs.rs/naftiko/latest/naftiko/document/index.html\n"
)]
#![doc = include_str!("glossary.md")]
#![warn(missing_docs, unreachable_pub)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![cfg_attr(docsrs, feature(doc_cfg))]
// If a default feature is off, some items that the documentation links to do not exist.
#![cfg_attr(
    not(all(feature = "client", feature = "rest", feature = "mcp", feature = "cli")),
    allow(rustdoc::broken_intra_doc_links)
)]

pub mod dynamic;
pub mod guide;

pub use naftiko_macros::{UpstreamError, capability};
/// Any JSON value. In a trait with the operations of a document, it is the type of arguments for which the document has
/// no narrower type.
pub use serde_json::Value;

pub use naftiko_runtime::{
    Answer, AnswerError, Argument, Caller, CallerAuthentication, Capability, ContentBlock, Context, Download,
    EmbeddedResource, Error, ErrorKind, Input, Limits, LogLevel, Output, OutputError, PromptMessage, RawJson, Reply,
    Result, RetryAfter, Role, Scalar, Stream, Upload, UpstreamError, http, spec,
};

#[cfg(feature = "testing")]
pub use naftiko_runtime::testing;
#[cfg(feature = "client")]
pub use naftiko_runtime::{Authenticate, ClientBuilder, CredentialRequest, Pages, SecretSource, SecretValue};

#[cfg(feature = "page")]
pub use naftiko_runtime::Page;
#[cfg(feature = "document")]
pub use naftiko_runtime::document;
#[cfg(feature = "client")]
pub use naftiko_runtime::layer;
#[cfg(any(feature = "client", feature = "mcp"))]
pub use naftiko_runtime::store;
#[cfg(feature = "mcp")]
pub use naftiko_runtime::{ApprovalRequests, Approvals, McpService, PendingCall};

#[cfg(any(feature = "client", feature = "cli"))]
pub use naftiko_runtime::Setup;
#[cfg(feature = "otlp")]
pub use naftiko_runtime::trace_with;
#[cfg(feature = "cli")]
pub use naftiko_runtime::{Program, run};

/// The attributes that [`#[capability]`](macro@capability) reads on methods and on their arguments, each with its keys.
///
/// They need no import: `#[capability]` reads and removes them before the compiler resolves names. They are listed here for their
/// documentation. The attributes of arguments are `#[path]`, `#[query]`, `#[header]`, `#[cookie]`, `#[body]`, `#[part]` and
/// `#[example]`: see [`#[capability]`](macro@capability#arguments).
pub mod attributes {
    pub use naftiko_macros::{body, cookie, header, part, path, query};
    pub use naftiko_macros::{
        complete, delete, example, get, head, output, page, patch, post, prompt, put, resource, rest, scope, skip, tool,
    };
}

#[doc(hidden)]
pub use naftiko_runtime::__private;
