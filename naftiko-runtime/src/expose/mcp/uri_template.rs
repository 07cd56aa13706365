//! URI templates: `tokens://{user_id}`, with `{+path}` for values that contain slashes (RFC 6570).

/// A template.
pub(super) struct UriTemplate {
    pieces: Vec<UriPiece>,
}

enum UriPiece {
    Literal(String),
    Value { name: String, slashes: bool },
}

/// The name of a value, whether it may contain slashes, and the value as it is in the URI.
type EncodedValue<'t, 'u> = (&'t str, bool, &'u str);

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

    /// Returns the values in a URI, if it matches. A value ends at the first occurrence of the literal after it. The
    /// pieces after the last value with slashes are matched from the end of the URI instead, since that value may
    /// contain the literal.
    pub(super) fn match_uri(&self, uri: &str) -> Option<Vec<(&str, String)>> {
        let has_slashes = |piece: &UriPiece| matches!(piece, UriPiece::Value { slashes: true, .. });
        let at = self.pieces.iter().rposition(has_slashes).unwrap_or(self.pieces.len());
        let (before, from) = self.pieces.split_at(at);
        let (mut texts, rest) = from_start(before, from.is_empty(), uri)?;
        match from.split_first() {
            Some((UriPiece::Value { name, .. }, after)) => {
                let (last, value) = from_end(after, rest)?;
                texts.push((name, true, value));
                texts.extend(last.into_iter().rev());
            }
            _ if rest.is_empty() => {}
            _ => return None,
        }
        let mut values: Vec<(&str, String)> = Vec::new();
        for (name, slashes, text) in texts {
            if text.is_empty() || (!slashes && text.contains('/')) {
                return None;
            }
            let value = decoded(text)?;
            // A name has one value (RFC 6570, section 2.3), so clients write the same value each time.
            if values.iter().any(|(other, given)| *other == name && *given != value) {
                return None;
            }
            values.push((name, value));
        }
        Some(values)
    }
}

/// Reads pieces from the start of a URI. Returns their values and the rest of the URI. `are_all` is whether these are all pieces of the
/// template: the last literal must then be the end of the URI.
fn from_start<'t, 'u>(
    pieces: &'t [UriPiece],
    are_all: bool,
    uri: &'u str,
) -> Option<(Vec<EncodedValue<'t, 'u>>, &'u str)> {
    let (mut rest, mut values) = (uri, Vec::new());
    let mut remaining = pieces.iter().peekable();
    while let Some(piece) = remaining.next() {
        let (name, slashes) = match piece {
            UriPiece::Literal(text) => {
                rest = rest.strip_prefix(text.as_str())?;
                continue;
            }
            UriPiece::Value { name, slashes } => (name.as_str(), *slashes),
        };
        let end = match remaining.peek() {
            Some(UriPiece::Literal(text)) => {
                let is_last = are_all && std::ptr::eq(*remaining.peek()?, pieces.last()?);
                if is_last { rest.len().checked_sub(text.len())? } else { rest.find(text.as_str())? }
            }
            None if are_all => rest.len(),
            // It is unknown where the first of two adjacent values ends.
            Some(UriPiece::Value { .. }) | None => return None,
        };
        let (value, after) = rest.split_at_checked(end)?;
        values.push((name, slashes, value));
        rest = after;
    }
    Some((values, rest))
}

/// Reads pieces without slashes from the end of a URI. Returns their values, the last one first, and the beginning of the URI.
fn from_end<'t, 'u>(pieces: &'t [UriPiece], uri: &'u str) -> Option<(Vec<EncodedValue<'t, 'u>>, &'u str)> {
    let (mut rest, mut values) = (uri, Vec::new());
    let mut remaining = pieces.iter().rev().peekable();
    while let Some(piece) = remaining.next() {
        match piece {
            UriPiece::Literal(text) => rest = rest.strip_suffix(text.as_str())?,
            UriPiece::Value { name, slashes } => {
                let Some(UriPiece::Literal(text)) = remaining.peek() else { return None };
                let (before, value) = rest.split_at_checked(rest.rfind(text.as_str())? + text.len())?;
                values.push((name.as_str(), *slashes, value));
                rest = before;
            }
        }
    }
    Some((values, rest))
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
            ("a://{+path}/v/{n}", "a://b/v/c/v/3", Some(vec![("path", "b/v/c"), ("n", "3")])),
            ("a://{+path}/v/{n}", "a://v/3", None),
            (
                "a://{x}/{+path}.{kind}",
                "a://1/b.c/d.tar.gz",
                Some(vec![("x", "1"), ("path", "b.c/d.tar"), ("kind", "gz")]),
            ),
            ("a://{+x}/to/{+y}", "a://1/2/to/3/to/4", Some(vec![("x", "1/2"), ("y", "3/to/4")])),
            ("a://{+path}.txt", "a://b.txt/c.txt", Some(vec![("path", "b.txt/c")])),
            ("a://{+path}.txt", "a://.txt", None),
            ("a://{x}{+path}", "a://b", None),
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
