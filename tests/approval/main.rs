//! Tool calls that need the approval of a person. An approval is valid for one call.
#![cfg(all(feature = "rest", feature = "mcp"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod documents;
mod host;
mod listed;
mod only_tools;
mod pipes;
mod redis;
mod rounds;
mod stored;
mod support;
#[cfg(feature = "client")]
mod unsendable;
