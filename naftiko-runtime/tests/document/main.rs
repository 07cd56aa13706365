//! Documents that are served without Rust: their requests, and the answers for callers.
#![cfg(all(feature = "document", feature = "rest", feature = "mcp", feature = "cli", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod bodies;
mod bounds;
mod constants;
mod credentials;
mod defaults;
mod forwards;
mod locations;
mod offered;
mod paging;
mod references;
mod repaired;
mod requests;
mod routes;
mod secrets;
mod steps;
mod support;
mod urls;
mod values;
