//! Exact numbers: integers written with a point, numbers that no float can represent, and non-finite numbers.

mod decimal;
mod exact;
mod finite;
mod integer;
#[cfg(feature = "mcp")]
mod range;

#[cfg(feature = "document")]
pub(crate) use exact::is_wide;
#[cfg(feature = "mcp")]
pub(crate) use exact::parse_exact;
pub(crate) use exact::{
    append, first_inexact, json, remember_numbers, remember_numbers_of, remember_typed_numbers, remembering,
    remembering_own, remembering_those_of,
};
#[cfg(any(feature = "client", feature = "formats"))]
pub(crate) use exact::{check_rounded, with_remembered_numbers};
#[cfg(any(feature = "client", feature = "formats"))]
pub(crate) use exact::{is_integer, number, text};
pub(crate) use integer::{of_float as integer_of_float, of_text as integer_of_text};
#[cfg(feature = "mcp")]
pub(crate) use range::{parse_finite, string_end};
