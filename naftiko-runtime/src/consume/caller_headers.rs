//! The headers of callers that are sent to an API.

use super::resolve::Resolver;
use crate::error::{Error, Result};
use crate::operation::CallerHeaders;
use http::{HeaderMap, HeaderName, HeaderValue};
use naftiko_spec::model::CallerHeader;
use naftiko_spec::rules::is_secret_name;
use secrecy::SecretString;

/// A header of callers that is sent to an API.
pub(crate) struct ReadyCallerHeader {
    name: HeaderName,
    required: bool,
    /// Whether its values are masked in answers and errors.
    secret: bool,
}

impl ReadyCallerHeader {
    /// Prepares the headers of callers that `owner`, an API or an operation, declares.
    pub(super) fn all(resolver: &mut Resolver<'_>, owner: &str, headers: &[CallerHeader]) -> Vec<Self> {
        let ready = |header: &CallerHeader| {
            let why = header.why_not_sent();
            if let (None, Ok(name)) = (why, HeaderName::try_from(&header.name)) {
                let secret = is_secret_name(&header.name);
                return Some(Self { name, required: header.required, secret });
            }
            let (name, why) = (header.name.escape_debug(), why.unwrap_or("is not a valid header name"));
            resolver.report(format!("the caller's header `{name}` of `{owner}` cannot be passed on: it {why}"));
            None
        };
        headers.iter().filter_map(ready).collect()
    }

    /// Copies the caller's values of this header to `headers`, the headers of a request to the API `namespace`. Returns the values
    /// that must be masked.
    ///
    /// # Errors
    /// Returns an error if the header is required and the caller has not sent it.
    pub(super) fn copy(
        &self,
        namespace: &str,
        caller: Option<&CallerHeaders>,
        headers: &mut HeaderMap,
    ) -> Result<Vec<SecretString>> {
        let mut secrets = Vec::new();
        let mut is_first = true;
        for value in caller.into_iter().flat_map(|caller| caller.get_all(&self.name)) {
            if std::mem::take(&mut is_first) {
                headers.insert(&self.name, value.clone());
            } else {
                headers.append(&self.name, value.clone());
            }
            if self.secret {
                // A value that is not UTF-8 cannot occur in the text of an answer.
                let text = std::str::from_utf8(value.as_bytes()).ok();
                secrets.extend(text.filter(|text| !text.is_empty()).map(SecretString::from));
            }
        }
        if is_first && self.required {
            let name = display(&self.name);
            let hint = if caller.is_some_and(CallerHeaders::are_known) {
                ""
            } else {
                "; only calls over HTTP have headers, and a method that is implemented in Rust must pass them on with its `Context`"
            };
            let message = format!("missing header `{name}`, which is forwarded from the caller to `{namespace}`{hint}");
            return Err(Error::argument("", message).lasting());
        }
        Ok(secrets)
    }

    /// Adds the header, with a placeholder as its value, to a request that is shown but not sent.
    pub(super) fn show(&self, headers: &mut HeaderMap) {
        headers.insert(&self.name, HeaderValue::from_static("(the caller's)"));
    }
}

/// Returns the name of a header as it is usually written.
fn display(name: &HeaderName) -> String {
    let words = name.as_str().split('-').map(|word| {
        let mut chars = word.chars();
        chars.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
    });
    words.collect::<Vec<_>>().join("-")
}
