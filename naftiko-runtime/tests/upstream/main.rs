//! Upstreams with unusual answers: statuses that need care, encodings, malformed and interrupted answers, closed
//! connections.
#![cfg(all(feature = "document", feature = "rest", feature = "mcp", feature = "cli", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;
mod connections;
mod encodings;
mod forwarded_bodies;
mod forwards;
mod statuses;
mod streams;
#[path = "../document/support.rs"]
#[allow(dead_code, reason = "the tests of documents use the rest")]
mod support;
mod wire;
