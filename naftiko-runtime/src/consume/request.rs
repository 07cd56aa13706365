//! The request of one call: everything is checked and encoded here, before the call's future is made.

use super::encode;
use super::plan::{Piece, Plan, Slot, To};
use super::resolve::HIDDEN;
use super::upstream::CredentialPlace;
use crate::error::{Error, Result};
use crate::operation::Sent;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use secrecy::{ExposeSecret, SecretString};
use std::fmt::Write;

/// The longest URL that can be sent, in bytes: what `http::Uri` takes.
pub(crate) const LONGEST_URL: usize = (u16::MAX - 1) as usize;

/// A request that is ready to be sent.
pub(crate) struct Prepared {
    /// The request.
    pub(crate) request: Request<Bytes>,
    /// Whether it carries the capability's own credential.
    pub(crate) own_credential: bool,
    /// What the caller said that nobody else is to read.
    pub(crate) sensitive: Vec<SecretString>,
}

/// The parts of a request.
pub(crate) struct Parts {
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    pub(crate) own_credential: bool,
}

impl Parts {
    /// The request of those parts.
    ///
    /// # Errors
    /// If they do not make a URL.
    pub(crate) fn request(self, method: &Method) -> Result<Request<Bytes>> {
        // Base URI, path and values are each known to fit; `Uri` refuses what does not, and changes nothing.
        let uri = Uri::from_maybe_shared(Bytes::from(self.url))
            .map_err(|_| Error::argument("", "these arguments do not make a URL"))?;
        let mut request = Request::new(self.body.unwrap_or_default());
        *request.method_mut() = method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers;
        Ok(request)
    }

    /// The same as text; headers that are sensitive are hidden.
    pub(crate) fn describe(&self, method: &Method) -> String {
        let mut text = format!("{method} {}", self.url);
        for (name, value) in &self.headers {
            let value = if value.is_sensitive() { HIDDEN.into() } else { String::from_utf8_lossy(value.as_bytes()) };
            // Writing to a string does not fail.
            let _ = write!(text, "\n{name}: {value}");
        }
        if let Some(body) = &self.body {
            let _ = write!(text, "\n\n{}", String::from_utf8_lossy(body));
        }
        text
    }
}

/// What was sent for one argument: no text, one or several.
enum Texts<'a> {
    One(&'a str),
    Many(&'a [String]),
}

impl<'a> Texts<'a> {
    fn iter(&self) -> impl Iterator<Item = &'a str> {
        let (one, many) = match *self {
            Self::One(text) => (Some(text), [].as_slice()),
            Self::Many(texts) => (None, texts),
        };
        one.into_iter().chain(many.iter().map(String::as_str))
    }
}

impl Plan {
    /// The request with those arguments.
    ///
    /// # Errors
    /// If an argument cannot travel where it should; the error names it.
    pub(crate) fn request(&self, sent: &[Sent<'_>]) -> Result<Prepared> {
        let parts = self.parts(sent, false)?;
        let own_credential = parts.own_credential;
        let request = parts.request(&self.method).map_err(|error| error.in_operation(&self.exchange.name))?;
        let sensitive = |(index, sent): (usize, &Sent<'_>)| match sent {
            Sent::Text(text) if self.is_sensitive(index) => Some(SecretString::from(text.as_ref())),
            _ => None,
        };
        let sensitive = sent.iter().enumerate().filter_map(sensitive).collect();
        Ok(Prepared { request, own_credential, sensitive })
    }

    /// The request as text, secrets hidden.
    ///
    /// # Errors
    /// If an argument cannot travel where it should; the error names it.
    pub(crate) fn describe(&self, sent: &[Sent<'_>]) -> Result<String> {
        Ok(self.parts(sent, true)?.describe(&self.method))
    }

    /// The parts of the request; `shown` hides what is secret.
    fn parts(&self, sent: &[Sent<'_>], shown: bool) -> Result<Parts> {
        let upstream = &self.exchange.upstream;
        let query = upstream.credential.as_ref().and_then(|credential| credential.place.query(shown));
        let own = |place: &CredentialPlace| !matches!(place, CredentialPlace::Wherever(_) | CredentialPlace::Query(..));
        let mut parts = Parts {
            url: String::with_capacity(upstream.base.len() + 96),
            headers: upstream.headers.clone(),
            body: None,
            own_credential: upstream.credential.as_ref().is_some_and(|credential| own(&credential.place)),
        };
        let longest = LONGEST_URL - query.map_or(0, |(name, value)| name.len() + value.len() + 2);
        parts.url.push_str(&upstream.base);
        for piece in &self.path {
            match piece {
                Piece::Literal(literal) => parts.url.push_str(literal),
                Piece::Argument(index) => {
                    self.push_segment(&mut parts.url, *index, self.texts(sent, *index, shown)?.as_ref(), shown)?;
                }
            }
            self.check_length(&parts.url, longest, piece)?;
        }
        let mut separator = '?';
        for slot in &self.slots {
            self.place(&mut parts, &mut separator, slot, sent, shown)?;
            if parts.url.len() > longest {
                return Err(self.refused(slot.argument, "it makes the URL too long"));
            }
        }
        for (name, value) in &upstream.query {
            push_pair(&mut parts.url, std::mem::replace(&mut separator, '&'), name);
            push_text(&mut parts.url, if shown { HIDDEN } else { value.expose_secret() }, shown);
        }
        if let Some((name, value)) = query {
            parts.own_credential = true;
            push_pair(&mut parts.url, separator, name);
            parts.url.push_str(value);
        }
        Ok(parts)
    }

    fn check_length(&self, url: &str, longest: usize, piece: &Piece) -> Result<()> {
        match piece {
            Piece::Argument(index) if url.len() > longest => Err(self.refused(*index, "it makes the URL too long")),
            _ => Ok(()),
        }
    }

    /// What was sent for an argument that travels as text.
    fn texts<'s>(&self, sent: &'s [Sent<'_>], index: usize, shown: bool) -> Result<Option<Texts<'s>>> {
        let texts = match sent.get(index) {
            None | Some(Sent::Absent) => return Ok(None),
            Some(Sent::Text(text)) => Texts::One(text),
            Some(Sent::Texts(texts)) => Texts::Many(texts),
            Some(Sent::Failed(error)) => return Err(self.refused(index, &error.to_string())),
            Some(Sent::Json(_)) => return Err(Error::internal("a JSON body was sent where text goes")),
        };
        Ok(Some(if shown && self.is_sensitive(index) { Texts::One(HIDDEN) } else { texts }))
    }

    /// Appends an argument to the path as (a part of) one segment; several values with commas between.
    fn push_segment(&self, url: &mut String, index: usize, texts: Option<&Texts<'_>>, shown: bool) -> Result<()> {
        let mut some = false;
        for text in texts.into_iter().flat_map(Texts::iter) {
            if let Some(why) = encode::refused_segment(text) {
                return Err(self.refused(index, why));
            }
            if std::mem::replace(&mut some, true) {
                url.push(',');
            }
            push_text(url, text, shown);
        }
        if some { Ok(()) } else { Err(self.refused(index, "it is missing, and it is a segment of the path")) }
    }

    /// Puts an argument into its place.
    fn place(
        &self,
        parts: &mut Parts,
        separator: &mut char,
        slot: &Slot,
        sent: &[Sent<'_>],
        shown: bool,
    ) -> Result<()> {
        let index = slot.argument;
        if let To::Body = slot.to {
            return self.place_body(parts, index, sent.get(index));
        }
        let Some(texts) = self.texts(sent, index, shown)? else { return Ok(()) };
        match &slot.to {
            To::Query(name) => {
                for text in texts.iter() {
                    push_pair(&mut parts.url, std::mem::replace(separator, '&'), name);
                    push_text(&mut parts.url, text, shown);
                }
            }
            To::Header(name) => {
                let mut first = true;
                for text in texts.iter() {
                    let value = self.header_value(index, text)?;
                    if std::mem::take(&mut first) {
                        parts.headers.insert(name, value);
                        self.replaced(parts, name);
                    } else {
                        parts.headers.append(name, value);
                    }
                }
            }
            To::Cookie(name) => {
                for text in texts.iter() {
                    self.push_cookie(parts, index, name, text)?;
                }
            }
            To::Body => {}
        }
        Ok(())
    }

    /// The caller's own header stands in for the capability's credential.
    fn replaced(&self, parts: &mut Parts, name: &HeaderName) {
        if let Some(credential) = &self.exchange.upstream.credential
            && let CredentialPlace::Header(own) = &credential.place
            && own == name
        {
            parts.own_credential = false;
        }
    }

    fn header_value(&self, index: usize, text: &str) -> Result<HeaderValue> {
        let mut value = HeaderValue::from_bytes(text.as_bytes())
            .map_err(|_| self.refused(index, "it holds a control character, and it travels in a header"))?;
        value.set_sensitive(self.is_sensitive(index));
        Ok(value)
    }

    fn push_cookie(&self, parts: &mut Parts, index: usize, name: &str, text: &str) -> Result<()> {
        if !encode::is_cookie_value(text) {
            return Err(self.refused(
                index,
                "it travels in a cookie, which takes visible ASCII without quotes, commas, semicolons and backslashes",
            ));
        }
        let before = parts.headers.get(COOKIE).and_then(|value| value.to_str().ok());
        let cookies = before.map_or_else(|| format!("{name}={text}"), |before| format!("{before}; {name}={text}"));
        let mut value = self.header_value(index, &cookies)?;
        value.set_sensitive(true);
        parts.headers.insert(COOKIE, value);
        Ok(())
    }

    fn place_body(&self, parts: &mut Parts, index: usize, sent: Option<&Sent<'_>>) -> Result<()> {
        match sent {
            None | Some(Sent::Absent) => {
                parts.headers.remove(CONTENT_TYPE);
                Ok(())
            }
            Some(Sent::Json(json)) => {
                parts.body = Some(json.clone());
                parts.headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
                Ok(())
            }
            Some(Sent::Failed(error)) => Err(self.refused(index, &error.to_string())),
            Some(Sent::Text(_) | Sent::Texts(_)) => Err(Error::internal("text was sent where a JSON body goes")),
        }
    }

    /// An argument cannot be sent.
    fn refused(&self, index: usize, why: &str) -> Error {
        let name = self.argument(index);
        let pointer = crate::schema::pointer(name);
        Error::argument(pointer, format!("the argument `{name}` cannot be sent: {why}"))
            .in_operation(&self.exchange.name)
    }
}

/// Appends a separator, a name and the sign between it and its value.
pub(crate) fn push_pair(url: &mut String, separator: char, name: &str) {
    url.push(separator);
    url.push_str(name);
    url.push('=');
}

/// Appends a value. In a request that is only shown, what hides a secret stays readable.
pub(crate) fn push_text(url: &mut String, text: &str, shown: bool) {
    if shown && text == HIDDEN { url.push_str(text) } else { encode::push_value(url, text) }
}
