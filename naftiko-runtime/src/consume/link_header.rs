//! Parses the header `Link` (RFC 8288, section 3): the target with the relation `next`.

use super::reference;
use http::HeaderMap;
use http::header::LINK;

/// Returns the target of the first link with the relation `next`.
///
/// Links with an `anchor` are about another resource, and are skipped. Bytes that are not ASCII, which a title can contain, do not
/// invalidate a field.
pub(super) fn next(headers: &HeaderMap) -> Option<String> {
    let mut fields = headers.get_all(LINK).iter().map(reference::in_header);
    fields.find_map(|field| Links { rest: &field }.find(Link::is_next).map(|link| link.target))
}

/// One link.
#[derive(Debug, Default, PartialEq)]
struct Link {
    target: String,
    relations: Option<String>,
    has_anchor: bool,
}

impl Link {
    fn is_next(&self) -> bool {
        let relations = self.relations.as_deref().unwrap_or_default();
        !self.has_anchor && relations.split_ascii_whitespace().any(|relation| relation.eq_ignore_ascii_case("next"))
    }
}

/// The links of one field value. Everything after a syntax error is ignored.
struct Links<'a> {
    rest: &'a str,
}

impl Links<'_> {
    fn skip(&mut self, what: &[char]) {
        self.rest = self.rest.trim_start_matches(what);
    }

    /// Takes a character, if it is next.
    fn take(&mut self, character: char) -> bool {
        let rest = self.rest.strip_prefix(character);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Takes everything before the first of the characters `ends`, without trailing spaces and tabs.
    fn until(&mut self, ends: &[char]) -> &str {
        let (taken, rest) = self.rest.split_at(self.rest.find(ends).unwrap_or(self.rest.len()));
        self.rest = rest;
        taken.trim_end_matches([' ', '\t'])
    }

    /// Takes the value of a parameter: a token, or a quoted string (RFC 9110, section 5.6.4).
    fn value(&mut self) -> String {
        if !self.take('"') {
            return self.until(&[',', ';']).to_owned();
        }
        let mut value = String::new();
        let mut characters = self.rest.chars();
        while let Some(character) = characters.next() {
            match character {
                '"' => break,
                '\\' => value.extend(characters.next()),
                other => value.push(other),
            }
        }
        self.rest = characters.as_str();
        value
    }
}

impl Iterator for Links<'_> {
    type Item = Link;

    fn next(&mut self) -> Option<Link> {
        self.skip(&[' ', '\t', ',']);
        if !self.take('<') {
            return None;
        }
        let (target, rest) = self.rest.split_once('>')?;
        let mut link = Link { target: target.trim().to_owned(), ..Link::default() };
        self.rest = rest;
        loop {
            self.skip(&[' ', '\t']);
            if !self.take(';') {
                return Some(link);
            }
            self.skip(&[' ', '\t']);
            let name = self.until(&['=', ';', ',']).to_ascii_lowercase();
            let value = if self.take('=') {
                self.skip(&[' ', '\t']);
                Some(self.value())
            } else {
                None
            };
            match name.as_str() {
                // Only the first `rel` counts (section 3.3).
                "rel" if link.relations.is_none() => link.relations = value,
                "anchor" => link.has_anchor = true,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    fn of(fields: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(LINK, HeaderValue::from_str(field).unwrap());
        }
        next(&headers)
    }

    #[test]
    fn the_next_page_is_found_among_other_links() {
        for (fields, target) in [
            (&["<https://a/x?page=2>; rel=\"next\""][..], "https://a/x?page=2"),
            (&["</x?a=1,2;3>; rel=\"prev\", </x?b=1,2;3>; rel=\"next\""], "/x?b=1,2;3"),
            (&["<a>; rel=prev", "<b>;rel=next"], "b"),
            (&["<a>; title=\"x, <y>; rel=next\"; rel=\"last\", <b>;\trel = \"NEXT last\""], "b"),
            (&["<a>; title=\"\\\"; rel=next\"; rel=first,<b>; rel=\"first next\""], "b"),
            (&[", <a>; crossorigin; rel=next"], "a"),
        ] {
            assert_eq!(of(fields).as_deref(), Some(target), "{fields:?}");
        }
    }

    #[test]
    fn a_title_that_is_not_ascii_does_not_hide_a_link() {
        for title in [&b"\xDCber"[..], "Über".as_bytes()] {
            let field =
                [b"</x?page=1>; rel=prev; title=\"", title, b"\", </x?page=2>; title=", title, b"; rel=next"].concat();
            let headers = HeaderMap::from_iter([(LINK, HeaderValue::from_bytes(&field).unwrap())]);
            assert_eq!(next(&headers).as_deref(), Some("/x?page=2"));
        }
    }

    #[test]
    fn other_links_are_not_the_next_page() {
        for field in [
            "",
            "https://a/x; rel=next",
            "<a",
            "<a>",
            "<a>; rel",
            "<a>; rel=\"prev\"; rel=\"next\"",
            "<a>; rel=next; anchor=\"#part\"",
            "<a>; rel=nextish",
            "<a>; title=\"rel=next",
        ] {
            assert_eq!(of(&[field]), None, "{field}");
        }
    }

    proptest! {
        #[test]
        fn any_field_is_parsed(field in "[ -~]{0,60}") {
            let _ = Links { rest: &field }.count();
        }
    }
}
