//! Parses the headers that are the same in every request.

use super::resolve::{FilledText, Resolver};
use http::{HeaderName, HeaderValue};
use naftiko_spec::model::invalid_name;
use secrecy::ExposeSecret;

/// Parses the name of a header. Reports an invalid name; `purpose` names the header in the message.
pub(super) fn header_name(resolver: &mut Resolver<'_>, name: &str, purpose: &str) -> Option<HeaderName> {
    let parsed = name.parse().ok();
    if parsed.is_none() {
        resolver.report(format!("{purpose} cannot be sent: {}", invalid_name("header", name)));
    }
    parsed
}

/// Returns `scheme` (such as `Bearer `) and the text as a header value that is marked as sensitive. Reports a value
/// that cannot be sent.
pub(super) fn header_value(
    resolver: &mut Resolver<'_>,
    filled: &FilledText,
    scheme: &str,
    purpose: &str,
) -> Option<HeaderValue> {
    let text = format!("{scheme}{}", filled.text.expose_secret());
    let mut value = valid_part(resolver, &text, &filled.names, purpose)?;
    value.set_sensitive(true);
    Some(value)
}

/// Returns a string as the value of a header, or as a part of one. Reports a string that cannot be sent, with the names of its variables.
pub(super) fn valid_part(
    resolver: &mut Resolver<'_>,
    text: &str,
    names: &[String],
    purpose: &str,
) -> Option<HeaderValue> {
    let parsed = HeaderValue::from_str(text).ok();
    if parsed.is_none() {
        let who = match names {
            [] => "it".to_owned(),
            [name] => name.clone(),
            several => format!("one of {}", several.join(", ")),
        };
        resolver.report(format!(
            "{purpose} cannot be sent in a header: {who} has a line break or another control character"
        ));
    }
    parsed
}
