//! Tests of decoding, shaping and encoding, with ordinary and hostile input.

#![allow(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "a test fails by panicking")]

mod decoded;
mod encoded;
mod hostile;
mod shaped;

use super::Budget;
use naftiko_spec::lower::Format;
use serde_json::Value;

fn decode(format: Format, bytes: &[u8], content_type: Option<&str>) -> Result<Value, String> {
    super::decode(format, bytes, content_type, &mut Budget::default())
}
