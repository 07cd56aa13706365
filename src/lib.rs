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

#[doc(hidden)]
pub use naftiko_runtime::__private;
