//! Encodes strings for URLs and `Cookie` headers.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

/// The maximum length of a URL, in bytes: the limit of `http::Uri`.
pub(crate) const LONGEST_URL: usize = (u16::MAX - 1) as usize;

/// The characters that are encoded in a value: all except the unreserved characters of RFC 3986, section 2.3.
pub(super) const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The ASCII characters that are encoded in a literal path; all other ASCII characters are kept as the author wrote them.
const LITERAL: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'`')
    .add(b'\\')
    .add(b'^')
    .add(b'|')
    .add(b'{')
    .add(b'}');

/// The ASCII characters that are encoded in a literal query: the URL standard encodes apostrophes there as well.
const QUERY_LITERAL: &AsciiSet = &LITERAL.add(b'\'');

/// Appends a value to a URL so that none of its characters has a special meaning there.
///
/// A space becomes `%20`, which both a path and a form (`application/x-www-form-urlencoded`) decode to a space.
pub(crate) fn push_value(url: &mut String, value: &str) {
    url.extend(utf8_percent_encode(value, VALUE));
}

/// Appends a query literal: encodes non-ASCII characters and those in `QUERY_LITERAL`, and keeps all others as the author wrote them.
pub(crate) fn push_query_literal(url: &mut String, literal: &str) {
    url.extend(utf8_percent_encode(literal, QUERY_LITERAL));
}

/// Encodes a value: see [`push_value`].
pub(crate) fn value(value: &str) -> String {
    utf8_percent_encode(value, VALUE).to_string()
}

/// Encodes the non-ASCII characters of a path literal and those in `LITERAL`, and keeps all others as the author wrote them.
pub(crate) fn literal(literal: &str) -> String {
    utf8_percent_encode(literal, LITERAL).to_string()
}

/// Returns whether an encoded segment decodes to `.` or `..`, when decoded once or twice (RFC 3986, section 5.2.4).
pub(crate) fn is_encoded_dots(segment: &str) -> bool {
    // Two dots, each written as `%252e`, are the longest form.
    segment.len() <= 10 && segment.starts_with(['.', '%']) && is_dots(&segment.replace("%25", "%"))
}

/// Returns whether a value is empty, `.` or `..`, where a dot is `.` or `%2e`.
pub(crate) fn is_dots(value: &str) -> bool {
    dots(value).is_some()
}

/// Returns the number of dots of a value that is empty, `.` or `..`, where a dot is `.` or `%2e`.
pub(super) fn dots(value: &str) -> Option<u8> {
    let mut rest = value;
    let mut dots = 0;
    while !rest.is_empty() && dots < 3 {
        rest = match (rest.strip_prefix('.'), rest.split_at_checked(3)) {
            (Some(rest), _) => rest,
            (None, Some((dot, rest))) if dot.eq_ignore_ascii_case("%2e") => rest,
            _ => return None,
        };
        dots += 1;
    }
    Some(dots).filter(|dots| *dots < 3)
}

/// Returns whether a string can be the name of a cookie: a token, as header names are (RFC 6265, section 4.1.1).
pub(super) fn is_cookie_name(name: &str) -> bool {
    name.parse::<http::HeaderName>().is_ok()
}

/// The condition of [`is_cookie_value`], for messages.
pub(super) const COOKIE_VALUE: &str = "a cookie value can contain only visible ASCII characters other than double quotes, commas, semicolons and backslashes";

/// Returns whether a value consists of the characters that RFC 6265, section 4.1.1 allows in a cookie (`cookie-octet`).
pub(crate) fn is_cookie_value(value: &str) -> bool {
    value.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x2B | 0x2D..=0x3A | 0x3C..=0x5B | 0x5D..=0x7E))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_no_special_characters_in_a_url() {
        let mut url = String::new();
        push_value(&mut url, "../a?b#c\\ü %\r\n\0~");
        assert_eq!(url, "..%2Fa%3Fb%23c%5C%C3%BC%20%25%0D%0A%00~");
    }

    #[test]
    fn dots_are_recognized_however_they_are_encoded() {
        for text in [".", "..", "%2e", "%2E.", ".%2e", "%2e%2E"] {
            assert!(is_encoded_dots(text) && is_encoded_dots(&value(text)), "{text}");
        }
        for text in ["", "...", "a", ".a", "..a", "%2e%2e%2e", "../admin", "%2", "%2f", "ü."] {
            assert!(!is_encoded_dots(&value(text)), "{text}");
        }
    }

    #[test]
    fn a_cookie_value_has_only_allowed_characters() {
        assert!(is_cookie_value("abc=/+123"));
        for value in ["a b", "a;b", "a,b", "a\"b", "a\\b", "ü", "\r\n", "\0"] {
            assert!(!is_cookie_value(value), "{value}");
        }
    }
}
