//! An annotated trait becomes a capability: an HTTP client of somebody's API, a REST router and an MCP server, all checked
//! at compile time.

#![warn(missing_docs, unreachable_pub)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod guide;

pub use naftiko_macros::capability;
pub use naftiko_runtime::{
    Answer, AnswerError, Argument, Capability, Error, ErrorKind, Input, Limits, Output, OutputError, RawJson, Result,
    RetryAfter, Scalar, UpstreamError, capability, http, spec,
};

#[cfg(feature = "client")]
pub use naftiko_runtime::ClientBuilder;
#[cfg(feature = "testing")]
pub use naftiko_runtime::testing;

#[cfg(feature = "mcp")]
pub use naftiko_runtime::McpService;

#[cfg(feature = "cli")]
pub use naftiko_runtime::{Program, run};

/// The attributes that [`#[capability]`](macro@capability) reads on methods, each with its keys.
///
/// They need no import: `#[capability]` reads them and takes them away before anybody asks where they come from. They are
/// here to be read about. Those of arguments (`#[path]`, `#[query]`, `#[header]`, `#[cookie]`, `#[body]`) are told about at
/// [`#[capability]`](macro@capability#arguments).
pub mod attributes {
    pub use naftiko_macros::{delete, get, head, output, patch, post, put, rest, skip, tool};
}

#[doc(hidden)]
pub use naftiko_runtime::__private;
