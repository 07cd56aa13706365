//! URIs of MCP resources.

use crate::errors::Errors;
use crate::keys::TextLiteral;

/// Reports a URI without a scheme (RFC 3986, section 3.1), or with whitespace; returns whether it is valid. `form` is how to write it.
pub(super) fn is_uri(uri: &TextLiteral, form: &str, errors: &mut Errors) -> bool {
    let scheme = uri.value.split_once(':').map(|(scheme, _)| scheme);
    let fits = |scheme: &str| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    };
    if !scheme.is_some_and(fits) {
        let message = format!("the URI `{}` does not begin with a scheme", uri.value.escape_debug());
        errors.add(uri.span, message, format!("write `{form}`"));
        return false;
    }
    let has_whitespace = uri.value.contains(char::is_whitespace);
    if has_whitespace {
        let message = format!("the URI `{}` contains whitespace", uri.value.escape_debug());
        errors.add(uri.span, message, "remove it, or write `%20` for a space");
    }
    !has_whitespace
}
