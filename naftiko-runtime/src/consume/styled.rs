//! Encodes lists and objects in a request's query and headers, in the parameter styles that APIs use.

use super::credential::CredentialPlace;
use super::encode;
use super::ready::NOT_ARGUMENTS;
use super::request::{Parts, RequestBuilder, push_pair, push_text};
use super::source::{ReadySource, to_text};
use crate::error::Result;
use crate::formats::pairs;
use http::{HeaderName, HeaderValue};
use naftiko_spec::model::Style;
use serde_json::Value;
use std::borrow::Cow;

impl<'a> RequestBuilder<'a> {
    /// Appends a list or an object to the query; the name is already encoded.
    pub(super) fn push_styled(
        &self,
        parts: &mut Parts,
        separator: &mut char,
        name: &str,
        style: Style,
        source: &'a ReadySource,
    ) -> Result<()> {
        let Some(value) = self.scope.non_null_value(source) else { return Ok(()) };
        let url = &mut parts.url;
        // The suffix that `pairs` adds to a name (`[0]`) is percent-encoded, like the name itself.
        let mut push = |name: &str, suffix: &str, texts: &[Cow<'_, str>]| {
            push_pair(url, std::mem::replace(separator, '&'), &format!("{name}{}", encode::value(suffix)));
            if let Some(delimiter) = style.delimiter().filter(|delimiter| *delimiter != ',') {
                self.check_elements(source, texts.iter().map(AsRef::as_ref), delimiter)?;
            }
            for (at, text) in texts.iter().enumerate() {
                match style.delimiter() {
                    Some(',') if at > 0 => url.push(','),
                    Some(delimiter) if at > 0 => url.push_str(&encode::value(delimiter.encode_utf8(&mut [0; 4]))),
                    _ => {}
                }
                push_text(url, text, self.scope.shown);
            }
            self.check_length(url, source)
        };
        match (&*value, style) {
            (Value::Object(members), Style::Members) => members.iter().try_for_each(|(member, value)| {
                let name = encode::value(member);
                if self.is_own_query(&name) {
                    return Err(
                        self.refused(source, &format!("the query parameter `{member}` is set by the capability"))
                    );
                }
                pairs(&mut String::new(), value, Style::Repeated, &mut |suffix, texts, _| push(&name, suffix, texts))
            }),
            (value, style) => {
                pairs(&mut String::new(), value, style, &mut |suffix, texts, _| push(name, suffix, texts))
            }
        }
    }

    /// Checks that no element of a list contains the delimiter, since an encoded delimiter also separates elements.
    fn check_elements<'t>(
        &self,
        source: &ReadySource,
        mut texts: impl Iterator<Item = &'t str>,
        delimiter: char,
    ) -> Result<()> {
        if texts.any(|text| text.contains(delimiter)) {
            return Err(
                self.refused(source, &format!("an element contains `{delimiter}`, which separates the elements"))
            );
        }
        Ok(())
    }

    /// Returns whether a query parameter (encoded name) is a constant of the API, or carries its credential.
    fn is_own_query(&self, name: &str) -> bool {
        let credential = self.upstream.credential.as_ref().and_then(|credential| credential.place.query(false));
        self.upstream.query.iter().any(|(own, ..)| own == name) || credential.is_some_and(|(own, _)| own == name)
    }

    /// Adds the members of an object as headers whose names begin with `prefix`. Adds a list as one header with the name `prefix`, or as
    /// repeated headers if the style has no delimiter. Nulls and empty lists are left out.
    pub(super) fn put_styled(
        &self,
        parts: &mut Parts,
        (prefix, secret): (&HeaderName, bool),
        style: Style,
        source: &'a ReadySource,
    ) -> Result<()> {
        let Some(value) = self.scope.non_null_value(source) else { return Ok(()) };
        let header_value = |text: &str| {
            let mut value = HeaderValue::from_bytes(text.as_bytes())
                .map_err(|_| self.refused(source, "it is sent in a header and cannot contain control characters"))?;
            value.set_sensitive(secret);
            Ok(value)
        };
        let texts = |value: &Value| -> Vec<String> {
            match value {
                Value::Null => Vec::new(),
                Value::Array(items) => {
                    items.iter().filter(|item| !item.is_null()).map(|item| to_text(item).into_owned()).collect()
                }
                one => vec![to_text(one).into_owned()],
            }
        };
        match &*value {
            Value::Object(members) => members.iter().try_for_each(|(member, value)| {
                let name = HeaderName::from_bytes(format!("{prefix}{member}").as_bytes())
                    .map_err(|_| self.refused(source, &not_a_header(prefix, member)))?;
                let credential = self.upstream.credential.as_ref().map(|credential| &credential.place);
                let is_own = matches!(credential, Some(CredentialPlace::Header(own)) if *own == name);
                if is_own || NOT_ARGUMENTS.contains(&name) || self.upstream.headers.contains_key(&name) {
                    return Err(self.refused(source, &format!("the header `{name}` is set by the capability")));
                }
                texts(value).iter().try_for_each(|text| {
                    parts.headers.append(name.clone(), header_value(text)?);
                    Ok(())
                })
            }),
            _ if NOT_ARGUMENTS.contains(prefix) => {
                Err(self.refused(source, &format!("the header `{prefix}` is set by the HTTP client")))
            }
            value => {
                let texts = texts(value);
                if texts.is_empty() {
                    return Ok(());
                }
                let texts = match style.delimiter() {
                    Some(delimiter) => {
                        self.check_elements(source, texts.iter().map(String::as_str), delimiter)?;
                        vec![texts.join(", ")]
                    }
                    None => texts,
                };
                let values = texts.iter().map(|text| header_value(text)).collect::<Result<Vec<_>>>()?;
                // The caller's values replace those of the capability.
                let credential = self.upstream.credential.as_ref().map(|credential| &credential.place);
                parts.own_credential &= !matches!(credential, Some(CredentialPlace::Header(own)) if own == prefix);
                parts.headers.remove(prefix);
                for value in values {
                    parts.headers.append(prefix.clone(), value);
                }
                Ok(())
            }
        }
    }
}

/// Describes a member of an object that cannot be sent as a header, because the prefix with its name is not a header
/// name.
fn not_a_header(prefix: &HeaderName, member: &str) -> String {
    let shown: String = member.escape_debug().take(60).collect();
    format!("`{prefix}{shown}` is not a valid header name")
}
