//! Adapters that expose operations over REST and MCP. They build without the feature `client`; code that needs the
//! client is behind that feature.

#[cfg(any(feature = "mcp", feature = "rest"))]
pub(crate) mod callers;
// `Capability::rest_router` has no checks of hosts and origins: with REST alone, only programs and tests use these two.
#[cfg(any(feature = "mcp", all(feature = "rest", any(feature = "cli", test))))]
pub(crate) mod cors;
#[cfg(any(feature = "mcp", all(feature = "rest", any(feature = "cli", test))))]
pub(crate) mod guard;
#[cfg(feature = "mcp")]
pub(crate) mod mcp;
#[cfg(any(feature = "mcp", feature = "rest"))]
pub(crate) mod negotiation;
#[cfg(feature = "page")]
pub(crate) mod page;
#[cfg(feature = "rest")]
pub(crate) mod rest;
