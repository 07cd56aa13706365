//! Uses of variables: `{{NAME}}`.

use super::tree::Position;

/// The context of a `{{…}}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TemplateContext {
    /// Only variables are possible: in a base URI, a path, `tls` or a credential.
    Credential,
    /// Arguments are possible too: in a body or a value. Only names in capitals and names in `env` are variables.
    Template,
}

/// One use of a variable.
#[derive(Debug, Clone)]
pub(super) struct VariableUse {
    pub(super) namespace: Option<String>,
    pub(super) name: String,
    pub(super) place: Position,
}

/// Splits a variable into its namespace, if there is one, and its name.
pub(super) fn split(name: &str) -> (Option<&str>, &str) {
    match name.split_once('.') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, name),
    }
}

/// Returns the names between `{{` and `}}`, trimmed.
pub(super) fn holes(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(name, _)| name.trim())
}

pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-'))
}

/// Returns whether a name has upper-case letters and no lower-case ones.
pub(super) fn in_capitals(name: &str) -> bool {
    name.bytes().any(|c| c.is_ascii_uppercase()) && !name.bytes().any(|c| c.is_ascii_lowercase())
}
