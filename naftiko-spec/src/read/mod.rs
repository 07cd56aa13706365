//! Reading documents as the world writes them: YAML with places, repairs that are numbered and named, and then the model.
//!
//! [`read`] takes the text of a file. What the specification does not say that way, but can be meant in one way only, is
//! repaired, and each repair is reported; where a guess could send another request than the author meant, there is an error
//! with line and column instead. A document that is valid by the formal schema needs no repair.

pub use crate::diagnostic::{REPAIRS, RepairKind, show};

mod answers;
mod authentication;
mod base_uri;
mod binds;
mod body;
mod consumes;
mod document;
mod exposes;
mod info;
mod keys;
mod lists;
mod offered;
mod outputs;
mod parameters;
mod paths;
mod placed;
mod places;
mod reader;
mod references;
mod resilience;
mod scalar;
mod steps;
mod tools;
mod tree;
mod variables;

pub(crate) use document::read_tree;
pub use document::{Reading, read};
pub use places::Places;
pub(crate) use tree::{LARGEST, parse};
