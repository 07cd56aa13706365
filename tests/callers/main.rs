//! Callers of REST and MCP adapters: their authentication, scopes, forwarded headers and traces.
#![cfg(all(feature = "client", feature = "rest", feature = "mcp", feature = "testing"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod credentials;
mod digest;
mod documents;
#[cfg(feature = "document")]
mod exchanged;
mod forwarded;
mod oauth;
mod scopes;
mod searched;
mod state;
mod support;
mod traces;
