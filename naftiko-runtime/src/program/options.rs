//! The values of options that several commands have, and pairs `NAME=VALUE`.

/// The options that select where calls go: the demo, or other base URIs for the upstreams.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Backend {
    pub(super) demo: bool,
    /// Pairs of a consumed API's namespace and its base URI.
    pub(super) upstreams: Vec<(String, String)>,
}

/// A pair `NAME=VALUE`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NamedValue {
    pub(super) name: String,
    pub(super) value: String,
}

impl NamedValue {
    /// Parses a pair.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        split(text, "NAME=VALUE").map(|(name, value)| Self { name, value })
    }

    /// Returns whether the value of an argument that is not a string names a file or stdin, as `@FILE` or `@-`.
    pub(super) fn names_source(&self) -> bool {
        self.value.starts_with('@')
    }
}

/// Splits a string at the first `=`. `form` is the expected form of the string, for the error.
pub(super) fn split(text: &str, form: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("expected {form}")),
    }
}
