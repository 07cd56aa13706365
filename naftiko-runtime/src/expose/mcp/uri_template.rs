//! URI templates: `tokens://{user_id}`, with `{+path}` for values that contain slashes (RFC 6570).

/// A template.
pub(super) struct UriTemplate {
    pieces: Vec<UriPiece>,
}

enum UriPiece {
    Literal(String),
    Value { name: String, slashes: bool },
}

impl UriTemplate {
    /// Parses a template.
    pub(super) fn parse(uri: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = uri;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            if !before.is_empty() {
                pieces.push(UriPiece::Literal(before.to_owned()));
            }
            let slashes = name.starts_with('+');
            pieces.push(UriPiece::Value { name: name.trim_start_matches('+').to_owned(), slashes });
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(UriPiece::Literal(rest.to_owned()));
        }
        Self { pieces }
    }

    /// Returns whether it contains placeholders.
    pub(super) fn is_template(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, UriPiece::Value { .. }))
    }

    /// Returns the names of its placeholders.
    #[cfg(feature = "page")]
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            UriPiece::Value { name, .. } => Some(name.as_str()),
            UriPiece::Literal(_) => None,
        })
    }

    /// Returns the values in a URI, if it matches. A value ends at the first occurrence of the literal after it; the last literal
    /// must be the end of the URI.
    pub(super) fn match_uri(&self, uri: &str) -> Option<Vec<(&str, String)>> {
        let (mut rest, mut values) = (uri, Vec::new());
        let mut pieces = self.pieces.iter().peekable();
        while let Some(piece) = pieces.next() {
            let (name, slashes) = match piece {
                UriPiece::Literal(text) => {
                    rest = rest.strip_prefix(text.as_str())?;
                    continue;
                }
                UriPiece::Value { name, slashes } => (name, *slashes),
            };
            let end = match pieces.peek() {
                Some(UriPiece::Literal(text)) => {
                    let is_last = std::ptr::eq(*pieces.peek()?, self.pieces.last()?);
                    if is_last { rest.len().checked_sub(text.len())? } else { rest.find(text.as_str())? }
                }
                Some(UriPiece::Value { .. }) => return None,
                None => rest.len(),
            };
            let (value, after) = rest.split_at_checked(end)?;
            if value.is_empty() || (!slashes && value.contains('/')) {
                return None;
            }
            let value = decoded(value)?;
            // A name has one value (RFC 6570, section 2.3), so clients write the same one each time.
            if values.iter().any(|(other, given)| *other == name && *given != value) {
                return None;
            }
            values.push((name.as_str(), value));
            rest = after;
        }
        rest.is_empty().then_some(values)
    }
}

/// Decodes a percent-encoded value; `None` if its encoding is not valid or it is not UTF-8.
pub(super) fn decoded(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        bytes.push(if byte == b'%' { digit(rest.next())? * 16 + digit(rest.next())? } else { byte });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn values_are_read_from_a_uri() {
        for (template, uri, expected) in [
            ("tokens://{user_id}", "tokens://ada", Some(vec![("user_id", "ada")])),
            ("tokens://{user_id}", "tokens://a%20b", Some(vec![("user_id", "a b")])),
            ("tokens://{user_id}", "tokens://a/b", None),
            ("tokens://{user_id}", "tokens://", None),
            ("tokens://{user_id}", "tokens://%ff", None),
            ("tokens://{user_id}", "tokens://%f", None),
            ("test://template/{id}/data", "test://template/7/data", Some(vec![("id", "7")])),
            ("test://template/{id}/data", "test://template/7/date", None),
            ("test://template/{id}/data", "test://template/7/8/data", None),
            ("files:///{+path}", "files:///a/b.txt", Some(vec![("path", "a/b.txt")])),
            ("a://{x}/{y}.txt", "a://1/2.txt", Some(vec![("x", "1"), ("y", "2")])),
            ("a://{x}.txt", "a://é", None),
            ("a://x", "a://x", Some(vec![])),
            ("a://{x}/{x}", "a://1/2", None),
            ("a://{x}/{x}", "a://1/1", Some(vec![("x", "1"), ("x", "1")])),
        ] {
            let expected = expected
                .map(|values| values.into_iter().map(|(name, value)| (name, value.to_owned())).collect::<Vec<_>>());
            assert_eq!(UriTemplate::parse(template).match_uri(uri), expected, "{template} {uri}");
        }
    }
}
