//! Reading documents as the world writes them: YAML with places, repairs that are numbered and named, and then the model.
//!
//! [`read`] takes the text of a file. What the specification does not say that way, but can be meant in one way only, is
//! repaired, and each repair is reported; where a guess could send another request than the author meant, there is an error
//! with line and column instead. A document that is valid by the formal schema needs no repair.

pub use crate::diagnostic::{REPAIRS, RepairKind, show};

#[cfg(feature = "yaml")]
mod authentication;
#[cfg(feature = "yaml")]
mod base_uri;
#[cfg(feature = "yaml")]
mod binds;
#[cfg(feature = "yaml")]
mod body;
#[cfg(feature = "yaml")]
mod consumes;
#[cfg(feature = "yaml")]
mod document;
#[cfg(feature = "yaml")]
mod exposes;
#[cfg(feature = "yaml")]
mod info;
#[cfg(feature = "yaml")]
mod keys;
#[cfg(feature = "yaml")]
mod lists;
#[cfg(feature = "yaml")]
mod outputs;
#[cfg(feature = "yaml")]
mod parameters;
#[cfg(feature = "yaml")]
mod paths;
#[cfg(feature = "yaml")]
mod placed;
#[cfg(feature = "yaml")]
mod places;
#[cfg(feature = "yaml")]
mod reader;
#[cfg(feature = "yaml")]
mod references;
#[cfg(feature = "yaml")]
mod scalar;
#[cfg(feature = "yaml")]
mod steps;
#[cfg(feature = "yaml")]
mod tools;
#[cfg(feature = "yaml")]
mod tree;
#[cfg(feature = "yaml")]
mod variables;

#[cfg(feature = "yaml")]
pub(crate) use document::read_tree;
#[cfg(feature = "yaml")]
pub use document::{Reading, read};
#[cfg(feature = "yaml")]
pub use places::Places;
#[cfg(feature = "yaml")]
pub(crate) use tree::{LARGEST, parse};
