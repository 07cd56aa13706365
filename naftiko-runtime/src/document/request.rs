//! The request of one call: everything is checked and encoded here, before it is sent.

use super::load::ReadyCall;
use super::scope::{Scope, to_text, visit};
use super::{body, path};
use crate::consume::plan::NOT_ARGUMENTS;
use crate::consume::request::{LONGEST_URL, Parts, Prepared, push_pair, push_text};
use crate::consume::resolve::HIDDEN;
use crate::consume::upstream::CredentialPlace;
use crate::consume::{encode, failure};
use crate::error::{Error, Result};
use http::header::{ACCEPT, CONTENT_TYPE, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use naftiko_spec::lower::{Body, Format, Piece, Source};
use secrecy::{ExposeSecret, SecretString};
use std::borrow::Cow;

/// A request in the making.
pub(super) struct Making<'a> {
    pub(super) ready: &'a ReadyCall,
    pub(super) scope: Scope<'a>,
    /// The names of the arguments.
    pub(super) arguments: &'a [&'a str],
    /// How long the URL may become before the credential.
    longest: usize,
}

impl<'a> Making<'a> {
    pub(super) fn new(ready: &'a ReadyCall, scope: Scope<'a>, arguments: &'a [&'a str]) -> Self {
        let credential = ready.exchange.upstream.credential.as_ref();
        let query = credential.and_then(|credential| credential.place.query(scope.shown));
        let longest = LONGEST_URL - query.map_or(0, |(name, value)| name.len() + value.len() + 2);
        Self { ready, scope, arguments, longest }
    }

    /// The request.
    ///
    /// # Errors
    /// If a value cannot travel where it should; the error names the argument.
    pub(super) fn request(&self) -> Result<Prepared> {
        let parts = self.parts()?;
        let own_credential = parts.own_credential;
        let request = parts.request(&self.ready.method).map_err(|error| error.in_operation(self.name()))?;
        let sensitive = self.ready.call.sensitive.iter().filter_map(|index| {
            let value = self.scope.arguments.get(*index)?.value.as_ref()?;
            Some(SecretString::from(to_text(value).into_owned()))
        });
        Ok(Prepared { request, own_credential, sensitive: sensitive.collect() })
    }

    /// The request as text.
    ///
    /// # Errors
    /// As for [`Self::request`].
    pub(super) fn describe(&self) -> Result<String> {
        Ok(self.parts()?.describe(&self.ready.method))
    }

    fn name(&self) -> &str {
        &self.ready.exchange.name
    }

    fn parts(&self) -> Result<Parts> {
        let upstream = &self.ready.exchange.upstream;
        let place = upstream.credential.as_ref().map(|credential| &credential.place);
        let mut parts = Parts {
            url: String::with_capacity(upstream.base.len() + 96),
            headers: upstream.headers.clone(),
            body: None,
            own_credential: place.is_some_and(|place| !matches!(place, CredentialPlace::Query(..))),
        };
        parts.url.push_str(&upstream.base);
        let query = path::push(self, &self.ready.call.path, &mut parts.url)?;
        self.push_query(&mut parts, query)?;
        self.put_headers(&mut parts)?;
        self.put_cookies(&mut parts)?;
        self.put_body(&mut parts)?;
        Ok(parts)
    }

    fn push_query(&self, parts: &mut Parts, begun: bool) -> Result<()> {
        let upstream = &self.ready.exchange.upstream;
        let mut separator = if begun { '&' } else { '?' };
        let mut given: Vec<&str> = Vec::new();
        for ((_, source), name) in self.ready.call.query.iter().zip(&self.ready.query) {
            for text in self.scope.texts(source) {
                push_pair(&mut parts.url, std::mem::replace(&mut separator, '&'), name);
                push_text(&mut parts.url, &text, self.scope.shown);
                given.push(name);
            }
            if parts.url.len() > self.longest {
                return Err(self.refused(source, "it makes the URL too long"));
            }
        }
        for (name, value) in upstream.query.iter().filter(|(name, _)| !given.contains(&name.as_str())) {
            push_pair(&mut parts.url, std::mem::replace(&mut separator, '&'), name);
            push_text(&mut parts.url, if self.scope.shown { HIDDEN } else { value.expose_secret() }, self.scope.shown);
        }
        let own = upstream.credential.as_ref().and_then(|credential| credential.place.query(self.scope.shown));
        // The caller's own stands in for the capability's.
        if let Some((name, value)) = own.filter(|(name, _)| !given.contains(name)) {
            parts.own_credential = true;
            push_pair(&mut parts.url, separator, name);
            parts.url.push_str(value);
        }
        Ok(())
    }

    fn put_headers(&self, parts: &mut Parts) -> Result<()> {
        let upstream = &self.ready.exchange.upstream;
        if !upstream.accepts {
            parts.headers.insert(ACCEPT, HeaderValue::from_static(accepted(self.ready.call.format)));
        }
        let own = upstream.credential.as_ref().and_then(|credential| match &credential.place {
            CredentialPlace::Header(name) => Some(name),
            _ => None,
        });
        for ((_, source), name) in self.ready.call.headers.iter().zip(&self.ready.headers) {
            let secret = self.scope.is_secret(source);
            for (at, text) in self.scope.texts(source).into_iter().enumerate() {
                if NOT_ARGUMENTS.contains(name) {
                    return Err(self.refused(source, "the header of that name is the connection's own"));
                }
                let value = self.header_value(source, &text, secret)?;
                if at == 0 {
                    parts.headers.insert(name, value);
                    parts.own_credential &= own != Some(name);
                } else {
                    parts.headers.append(name, value);
                }
            }
        }
        Ok(())
    }

    fn header_value(&self, source: &Source, text: &str, secret: bool) -> Result<HeaderValue> {
        let mut value = HeaderValue::from_bytes(text.as_bytes())
            .map_err(|_| self.refused(source, "it holds a control character, and it travels in a header"))?;
        value.set_sensitive(secret);
        Ok(value)
    }

    fn put_cookies(&self, parts: &mut Parts) -> Result<()> {
        let mut cookies = String::new();
        for (name, source) in &self.ready.call.cookies {
            for text in self.scope.texts(source) {
                if !encode::is_cookie_value(&text) {
                    let why = "it travels in a cookie, which takes visible ASCII without quotes, commas, semicolons and backslashes";
                    return Err(self.refused(source, why));
                }
                if let Some(CredentialPlace::Cookie(own)) =
                    self.ready.exchange.upstream.credential.as_ref().map(|credential| &credential.place)
                    && own == name
                {
                    // The caller's own stands in for the capability's.
                    parts.headers.remove(COOKIE);
                    parts.own_credential = false;
                }
                let separator = if cookies.is_empty() { "" } else { "; " };
                cookies.extend([separator, name, "=", &text]);
            }
        }
        if cookies.is_empty() {
            return Ok(());
        }
        if let Some(before) = parts.headers.get(COOKIE).and_then(|value| value.to_str().ok()) {
            cookies = format!("{before}; {cookies}");
        }
        let value = HeaderValue::from_str(&cookies).map(|mut value| {
            value.set_sensitive(true);
            value
        });
        parts.headers.insert(COOKIE, value.map_err(Error::internal)?);
        Ok(())
    }

    fn put_body(&self, parts: &mut Parts) -> Result<()> {
        let Some(described) = &self.ready.call.body else { return Ok(()) };
        let Some((bytes, content_type)) = body::make(self, described)? else { return Ok(()) };
        parts.body = Some(bytes);
        match described {
            // Nobody else knows the boundary.
            Body::Multipart(_) => drop(parts.headers.insert(CONTENT_TYPE, content_type)),
            _ => drop(said_or(&mut parts.headers, &CONTENT_TYPE, content_type)),
        }
        Ok(())
    }

    /// A value cannot be sent: the argument that it comes from, if it does from one.
    pub(super) fn refused(&self, source: &Source, why: &str) -> Error {
        let (mut argument, mut step) = (None, false);
        visit(source, &mut |source| match source {
            Source::Argument(index) => argument = argument.or(Some(*index)),
            Source::Step(_) => step = true,
            _ => {}
        });
        let name = argument.and_then(|index| self.arguments.get(index));
        let error = match name {
            Some(name) => {
                Error::argument(crate::schema::pointer(name), format!("the argument `{name}` cannot be sent: {why}"))
            }
            None if step => {
                let what = format!("cannot be called with what an earlier step gave: {why}");
                failure::bad_answer(&self.ready.exchange, &what)
            }
            None => Error::argument("", format!("a value of the request cannot be sent: {why}")),
        };
        error.in_operation(self.name())
    }

    /// Whether a URL is still short enough.
    pub(super) fn check_length(&self, url: &str, piece: &Piece) -> Result<()> {
        match piece {
            Piece::Value(source) if url.len() > self.longest => Err(self.refused(source, "it makes the URL too long")),
            _ => Ok(()),
        }
    }
}

impl<'a> Scope<'a> {
    /// A value where it must be there: null is absence.
    pub(super) fn value_in_place(&self, source: &'a Source) -> Option<Cow<'a, serde_json::Value>> {
        self.value(source).filter(|value| !value.is_null())
    }
}

/// Sets a header that has not been said.
fn said_or<'m>(headers: &'m mut HeaderMap, name: &HeaderName, value: HeaderValue) -> &'m mut HeaderValue {
    headers.entry(name).or_insert(value)
}

/// What is asked for where the document does not say it.
fn accepted(format: Format) -> &'static str {
    match format {
        Format::Json => "application/json",
        Format::Xml => "application/xml, text/xml, */*;q=0.1",
        Format::Csv => "text/csv, */*;q=0.1",
        Format::Tsv => "text/tab-separated-values, */*;q=0.1",
        Format::Yaml => "application/yaml, */*;q=0.1",
        Format::Html => "text/html, */*;q=0.1",
        Format::Markdown => "text/markdown, */*;q=0.1",
        Format::Text => "text/plain, */*;q=0.1",
        Format::Psv | Format::Binary => "*/*",
    }
}
