//! The exposing side: adapters over operations. They do not depend on the HTTP client.

#[cfg(any(feature = "mcp", feature = "rest"))]
pub(crate) mod callers;
#[cfg(any(feature = "mcp", all(feature = "rest", any(feature = "cli", test))))]
pub(crate) mod cors;
#[cfg(any(feature = "mcp", all(feature = "rest", any(feature = "cli", test))))]
pub(crate) mod guard;
#[cfg(feature = "mcp")]
pub(crate) mod mcp;
#[cfg(any(feature = "mcp", feature = "rest"))]
mod negotiation;
#[cfg(feature = "page")]
pub(crate) mod page;
#[cfg(feature = "rest")]
pub(crate) mod rest;
