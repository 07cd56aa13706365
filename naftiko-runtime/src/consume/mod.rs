//! The consuming side: an HTTP client for the APIs that a capability calls. It does not depend on any adapter.
//!
//! [`ClientBuilder`] resolves external values (`resolve`) and prepares each upstream call (`ready`). A call builds a
//! request from its arguments (`request`), sends it, and converts the answer to a result or an error (`engine`,
//! `answer`). All of that is compiled once; only the last step, decoding, is generic.

pub(crate) mod answer;
pub(crate) mod authenticate;
mod base_uri;
pub(crate) mod body;
pub(crate) mod builder;
mod caller_headers;
mod carried;
mod client;
pub(crate) mod coding;
mod composed;
mod connection;
mod connection_pool;
mod constant_header;
pub(crate) mod context;
pub(crate) mod credential;
#[cfg(feature = "compression")]
mod decoders;
mod digest;
pub(crate) mod effect;
pub(crate) mod encode;
pub(crate) mod engine;
pub(crate) mod failure;
pub(crate) mod fault;
#[cfg(all(feature = "oauth", any(feature = "rest", feature = "mcp")))]
pub(crate) mod fetch;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzz;
mod items;
pub(crate) mod layers;
mod link_header;
pub(crate) mod locations;
mod missing;
mod network;
pub(crate) mod outgoing;
mod pages;
mod paging;
pub(crate) mod passed_headers;
pub(crate) mod pool;
mod proxies;
pub(crate) mod reading;
pub(crate) mod ready;
pub(crate) mod redact;
mod reference;
mod refusal;
pub(crate) mod request;
mod request_body;
pub(crate) mod resolve;
pub(crate) mod rotation;
pub(crate) mod secrets;
mod sent_request;
pub(crate) mod settings;
mod signed;
pub(crate) mod source;
mod streams;
mod styled;
pub(crate) mod tls;
pub(crate) mod token;
mod token_exchange;
mod tokens;
pub(crate) mod transport;
pub(crate) mod unpack;
pub(crate) mod upstream;
pub(crate) mod upstream_call;
#[cfg(feature = "reqwest")]
mod user_client;
mod wait;
mod watched_body;

pub use builder::ClientBuilder;
#[cfg(feature = "cli")]
pub(crate) use builder::rebuilt;
#[cfg(feature = "document")]
pub(crate) use client::DocumentOperations;
pub use client::{Client, FromClient, LoadDocument};
pub(crate) use client::{ClientInner, ClientOperation, OperationWork};
pub use composed::{ConnectClient, SharedClients, from_environment};
pub use pages::Pages;
