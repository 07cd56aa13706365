//! Guides, one page for each task.
//!
//! - [`testing`]: how to test your own code, the client against a test upstream, the adapters, the program.
//! - [`embedding`]: the adapters inside an existing axum service.
//! - [`documents`]: a capability that is written as a document: served without Rust, and as a trait.
//! - [`values`]: how numbers, nulls, unknown names and empty strings are read.
//! - [`errors`]: what callers see of errors, and how to report your own.
//! - [`upstreams`]: what callers get for each answer of an upstream.
//! - [`resilience`]: timeouts, retries, hedging, the circuit breaker, limits, and layers of your own.
//! - [`caching`]: which answers of APIs are cached, for whom, and for how long.
//! - [`secrets`]: where credentials come from, where they are sent, what is masked and what is not.
//! - [`deployment`]: a program behind a proxy, in a container, under an orchestrator.

// The documentation has all pages, even if it is built without some features. The examples of a page run only with the features that
// they need.

#[cfg(any(all(doc, not(doctest)), all(feature = "client", feature = "rest", feature = "cli", feature = "testing")))]
#[doc = include_str!("testing.md")]
pub mod testing {}

#[cfg(any(all(doc, not(doctest)), all(feature = "rest", feature = "mcp")))]
#[doc = include_str!("embedding.md")]
pub mod embedding {}

#[cfg(any(all(doc, not(doctest)), all(feature = "document", feature = "rest")))]
#[doc = include_str!("documents.md")]
pub mod documents {}

#[cfg(any(all(doc, not(doctest)), all(feature = "rest", feature = "mcp")))]
#[doc = include_str!("values.md")]
pub mod values {}

#[doc = include_str!("errors.md")]
pub mod errors {}

#[cfg(any(all(doc, not(doctest)), all(feature = "client", feature = "testing")))]
#[doc = include_str!("upstreams.md")]
pub mod upstreams {}

#[cfg(any(all(doc, not(doctest)), all(feature = "client", feature = "rest", feature = "mcp", feature = "testing")))]
#[doc = include_str!("resilience.md")]
pub mod resilience {}

#[cfg(any(all(doc, not(doctest)), all(feature = "client", feature = "rest", feature = "mcp")))]
#[doc = include_str!("caching.md")]
pub mod caching {}

#[cfg(any(all(doc, not(doctest)), all(feature = "document", feature = "cli")))]
#[doc = include_str!("secrets.md")]
pub mod secrets {}

#[cfg(any(all(doc, not(doctest)), all(feature = "client", feature = "rest", feature = "cli")))]
#[doc = include_str!("deployment.md")]
pub mod deployment {}
