//! Sessions of MCP clients of the revisions up to 2025-11-25, in replicas that share a store.
#![cfg(feature = "mcp")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "tests")]

mod cancelled;
mod listening;
mod messages;
mod questions;
mod replicas;
mod support;
