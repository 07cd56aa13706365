//! Between bytes and values: what upstreams answer in, what becomes of it, and the bodies that they are sent.
//!
//! `decode` makes a value of an answer, `shape` picks from it what is exposed, `encode` writes bodies. They know no HTTP.
#![cfg_attr(not(feature = "document"), allow(dead_code, unused_imports, reason = "the fuzz targets use a part of it"))]

mod budget;
mod decode;
mod encode;
#[cfg(any(feature = "fuzzing", test))]
pub(crate) mod fuzz;
mod shape;
#[cfg(test)]
mod tests;

pub(crate) use budget::Budget;
pub(crate) use decode::{decode, off_reactor};
pub(crate) use encode::{Part, Span, form, form_text, json_text, multipart, xml_text};
pub(crate) use shape::{CompiledOutputs, CompiledShaping};
