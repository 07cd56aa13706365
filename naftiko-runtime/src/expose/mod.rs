//! Adapters that expose operations over REST and MCP. They build without the feature `client`; code that needs the
//! client is behind that feature.

#[cfg(any(feature = "mcp", feature = "rest"))]
pub(crate) mod callers;
// Without MCP, only programs and tests use `cors` and `guard`: `Capability::rest_router` checks neither hosts nor origins.
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
