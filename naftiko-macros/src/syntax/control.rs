//! `control(…)` in `exposes(…)`: the control port.

use super::authentication;
use crate::errors::Errors;
use crate::keys::{Key, Keys};
use proc_macro2::Ident;

pub(super) const KEYS: &[Key] = &[
    Key("namespace", r#"namespace = "…""#),
    Key("port", "port = 9100"),
    Key("address", r#"address = "127.0.0.1""#),
    Key("authentication", authentication::OF_CALLERS),
    Key("without", "without(status, logs)"),
];

/// The endpoints that can be turned off.
const ENDPOINTS: &[Key] =
    &[Key("health", "health"), Key("status", "status"), Key("logs", "logs"), Key("metrics", "metrics")];

/// Reads `without(status, logs)`.
pub(super) fn without(keys: &mut Keys, errors: &mut Errors) -> Vec<Ident> {
    let Some((key, elements)) = keys.list("without", errors) else { return Vec::new() };
    if elements.is_empty() {
        errors.add(key.span(), "`without` is empty", "name endpoints, `without(status, logs)`, or remove it");
    }
    let mut keys = Keys::read("`without`", key.span(), elements, ENDPOINTS, &[], errors);
    keys.reject_positional(errors);
    ENDPOINTS.iter().filter_map(|Key(name, _)| keys.word(name, errors)).collect()
}
