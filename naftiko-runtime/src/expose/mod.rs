//! The exposing side: adapters over operations. They know no HTTP client.

#[cfg(feature = "mcp")]
mod mcp;
#[cfg(feature = "rest")]
mod rest;
