//! The exposing side: adapters over operations. They know no HTTP client.

#[cfg(any(feature = "mcp", feature = "rest"))]
pub(crate) mod guard;
#[cfg(feature = "mcp")]
pub(crate) mod mcp;
#[cfg(feature = "rest")]
mod rest;
