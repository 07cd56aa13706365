//! Parses the user's source: spans are kept, nothing is interpreted yet, and bodies of methods stay unchanged.

pub(crate) mod adapters;
pub(crate) mod answer;
mod argument_format;
pub(crate) mod authentication;
mod bounds;
mod bytes;
pub(crate) mod cache;
pub(crate) mod caller_headers;
pub(crate) mod calls;
pub(crate) mod constants;
pub(crate) mod context;
mod decoded;
pub(crate) mod docs;
mod example;
pub(crate) mod helpers;
pub(crate) mod hints;
pub(crate) mod item;
mod keywords;
pub(crate) mod method;
mod misspelt;
pub(crate) mod oauth2;
pub(crate) mod offered;
pub(crate) mod page;
pub(crate) mod parameter;
mod refinement;
pub(crate) mod resilience;
pub(crate) mod settings;
mod tls;
pub(crate) mod uses;

pub(crate) use docs::description;
pub(crate) use helpers::arguments;
pub(crate) use item::{Item, Trait};
pub(crate) use method::Method;
pub(crate) use parameter::{Form, Parameter};
pub(crate) use settings::CapabilitySettings;
pub(crate) use uses::UsedCapability;
