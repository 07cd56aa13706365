//! Tool calls that run as tasks, in both eras of MCP, over HTTP and over pipes.
#![cfg(feature = "mcp")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod documents;
mod early;
mod extension;
mod handshake;
#[path = "../sessions/messages.rs"]
mod messages;
mod notices;
mod pipes;
mod replicas;
mod support;
