//! Sizes in bytes: `"50MiB"`.

use crate::attribute::Value;
use crate::errors::{Errors, SourceSpan};
use crate::keys::Keys;
use naftiko_spec::model::ByteSize;
use syn::Lit;

/// Takes a key whose value is a size such as `"50MiB"`; returns the size in bytes.
pub(super) fn take(key: &str, keys: &mut Keys, errors: &mut Errors) -> Option<(u64, SourceSpan)> {
    let value = keys.value(key, errors)?;
    Some((read(&value, errors)?, value.span()))
}

/// Parses a size such as `"50MiB"` to bytes.
pub(super) fn read(value: &Value, errors: &mut Errors) -> Option<u64> {
    let found = match value {
        Value::Literal(Lit::Str(text)) => ByteSize::parse(&text.value()).map(|size| size.0),
        _ => None,
    };
    if found.is_none() {
        let help = "write an integer and a unit, `KiB`, `MiB` or `GiB`: `\"50MiB\"`";
        errors.add(value.span(), format!("expected a size, found {}", value.found()), help);
    }
    found
}
