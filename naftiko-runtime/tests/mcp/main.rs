//! The MCP adapter over real sockets and pipes, driven with raw JSON-RPC.
#![cfg(feature = "mcp")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]

mod equality;
mod errors;
mod http;
mod messages;
mod pipes;
mod protocol;
mod sessions;
mod strict;
mod support;
