//! What is decoded, shaped and encoded, and that nothing hostile does harm.

#![allow(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "a test fails by panicking")]

mod decoded;
mod encoded;
mod hostile;
mod shaped;
