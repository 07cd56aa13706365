//! JSON Pointers (RFC 6901): escaping of names, and containment of locations.

use std::borrow::Cow;

/// Escapes a name as a token of a JSON Pointer.
///
/// ```
/// assert_eq!(naftiko_spec::pointer::escape("a/b~c"), "a~1b~0c");
/// ```
#[must_use]
pub fn escape(name: &str) -> Cow<'_, str> {
    if name.contains(['~', '/']) { name.replace('~', "~0").replace('/', "~1").into() } else { name.into() }
}

/// Returns the name that a token of a JSON Pointer encodes.
#[must_use]
pub fn unescape(token: &str) -> Cow<'_, str> {
    if token.contains('~') { token.replace("~1", "/").replace("~0", "~").into() } else { token.into() }
}

/// Returns the pointers to everything that contains a location, from the document to the location itself.
#[must_use]
pub fn containing(at: &str) -> impl DoubleEndedIterator<Item = &str> {
    at.match_indices('/').map(|(end, _)| end).chain([at.len()]).filter_map(|end| at.get(..end))
}

/// Returns whether one location is the other, or inside it.
#[must_use]
pub fn is_within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
