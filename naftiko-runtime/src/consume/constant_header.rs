//! Parses the headers that are the same in every request.

use super::resolve::{Resolved, Resolver};
use http::{HeaderName, HeaderValue};
use secrecy::ExposeSecret;

/// Parses the name of a header; reports an invalid name, with the purpose of the header.
pub(super) fn header_name(values: &mut Resolver<'_>, name: &str, purpose: &str) -> Option<HeaderName> {
    let parsed = name.parse().ok();
    if parsed.is_none() {
        values.report(format!("{purpose} cannot be sent: `{name}` is not a valid header name"));
    }
    parsed
}

/// Returns a header value that is marked as sensitive: a scheme such as `Bearer `, then the text. Reports a value that cannot be sent.
pub(super) fn header_value(
    values: &mut Resolver<'_>,
    resolved: &Resolved,
    scheme: &str,
    purpose: &str,
) -> Option<HeaderValue> {
    let parsed = HeaderValue::from_str(&format!("{scheme}{}", resolved.text.expose_secret())).ok();
    if parsed.is_none() {
        let names = if resolved.names.is_empty() { "it".to_owned() } else { resolved.names.join(", ") };
        values.report(format!(
            "{purpose} cannot be sent in a header: {names} has a line break or another control character"
        ));
    }
    parsed.map(|mut value| {
        value.set_sensitive(true);
        value
    })
}
