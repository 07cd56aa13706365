//! Reads documents: parses YAML with locations, applies numbered repairs, and builds the model.
//!
//! [`read`] takes the text of a file. It repairs and reports each deviation from the specification that has only one possible
//! meaning. If a guess could change the request, it returns an error with line and column instead. A document that conforms to
//! the formal schema is rarely repaired: for example, if its base URI ends with a slash.

pub use crate::diagnostic::{REPAIRS, RepairKind, show};

mod answers;
mod authentication;
mod base_uri;
mod binds;
mod body;
mod cache;
mod consumes;
mod document;
mod exposes;
mod fields;
mod info;
mod json_types;
mod keys;
mod lists;
mod messages;
mod offered;
mod outputs;
mod paging;
mod parameters;
mod paths;
mod placed;
mod places;
mod reader;
mod references;
mod resilience;
mod scalar;
mod scalars;
mod spelling;
mod steps;
mod tls;
mod tools;
mod tree;
mod undeclared;
mod unused;
mod variables;

pub(crate) use document::read_tree;
pub use document::{Reading, read};
pub use places::SourceMap;
pub use scalars::{Scalar, scalars};
pub(crate) use tree::{MAX_BYTES, parse};
