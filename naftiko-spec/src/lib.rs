//! The Naftiko capability document: its model, its checks, and its formats.
//!
//! A trait and a YAML file each become a [`Document`]. One set of [`rules`] checks it, regardless of its source, so that a compile
//! error and a line of a report say the same thing. Nothing here is async or reads a file or a socket.

#![warn(missing_docs, unreachable_pub)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod diagnostic;
mod exact;
pub mod fragment;
pub mod host;
pub mod jsonpath;
#[cfg(feature = "yaml")]
pub mod load;
pub mod lower;
pub mod model;
pub mod names;
mod nearest;
pub mod openapi;
pub mod pointer;
mod printable;
#[cfg(feature = "yaml")]
pub mod read;
pub mod rules;
pub mod skill;
pub mod template;
mod typed;
#[cfg(feature = "write-yaml")]
mod yaml;

pub use diagnostic::{Diagnostic, Fix, Location, Severity};
pub use exact::ExactNumbers;
pub use fragment::{Draft, Fragment};
#[cfg(feature = "yaml")]
pub use load::{Loaded, Policy, Refused};
pub use model::Document;
pub use nearest::nearest;
pub use openapi::openapi;
pub use printable::{printable, printable_json, printable_lines};
pub use typed::{refine, typed};
#[cfg(feature = "write-yaml")]
pub use yaml::{YamlError, json_to_yaml};
