//! Tokens of HTTP (RFC 9110, section 5.6.2), such as the names of headers.

/// Returns whether a character may be part of a token.
pub(crate) fn is_token_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

/// Returns whether a string is a token.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_token_char)
}

/// Returns whether a string can be the name of a header (RFC 9110, section 5.1).
#[must_use]
pub fn is_header_name(name: &str) -> bool {
    is_token(name)
}

/// Returns the message for a text that is not the name of a header or, if `what` is `cookie`, of a cookie.
///
/// ```
/// assert_eq!(naftiko_spec::model::invalid_name("header", "X Org"), "`X Org` is not a valid header name");
/// assert_eq!(naftiko_spec::model::invalid_name("header", ""), "a header name cannot be empty");
/// ```
#[must_use]
pub fn invalid_name(what: &str, name: &str) -> String {
    if name.is_empty() {
        format!("a {what} name cannot be empty")
    } else {
        format!("`{}` is not a valid {what} name", name.escape_debug())
    }
}
