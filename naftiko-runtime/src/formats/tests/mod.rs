//! Tests of decoding, shaping and encoding, with ordinary and hostile input.

#![allow(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "a test fails by panicking")]

mod decoded;
mod encoded;
mod hostile;
mod shaped;
