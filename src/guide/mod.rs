//! Guides, one page for each thing that is done with a capability.
//!
//! - [`testing`]: your own code, the client against an upstream of the test, the adapters, the program.
//! - [`embedding`]: the adapters inside an axum service that is there already.
//! - [`documents`]: a capability that is written as a document: served without Rust, and as a trait.
//! - [`values`]: which numbers, nulls, names and empty texts mean what.
//! - [`errors`]: what callers get to know, and how to report errors of your own.
//! - [`upstreams`]: what upstreams answer, and what callers get for it.
//! - [`secrets`]: where credentials come from, where they go, what is masked and what is not.
//! - [`deployment`]: a program behind a proxy, in a container, under an orchestrator.

#[cfg(all(feature = "client", feature = "rest", feature = "cli", feature = "testing"))]
#[doc = include_str!("testing.md")]
pub mod testing {}

#[cfg(all(feature = "rest", feature = "mcp"))]
#[doc = include_str!("embedding.md")]
pub mod embedding {}

#[cfg(all(feature = "document", feature = "rest"))]
#[doc = include_str!("documents.md")]
pub mod documents {}

#[cfg(all(feature = "rest", feature = "mcp"))]
#[doc = include_str!("values.md")]
pub mod values {}

#[doc = include_str!("errors.md")]
pub mod errors {}

#[cfg(all(feature = "client", feature = "testing"))]
#[doc = include_str!("upstreams.md")]
pub mod upstreams {}

#[cfg(all(feature = "document", feature = "cli"))]
#[doc = include_str!("secrets.md")]
pub mod secrets {}

#[cfg(all(feature = "client", feature = "rest", feature = "cli"))]
#[doc = include_str!("deployment.md")]
pub mod deployment {}
