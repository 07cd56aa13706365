//! Builds the request of one call. Everything is checked and encoded here, before the future of the call is created.

use super::coding::NO_CODING;
use super::credential::{ACCESS_TOKEN, CredentialPlace};
use super::encode::{self, COOKIE_VALUE, LONGEST_URL};
use super::failure;
use super::layers::redirect::KeyInQuery;
use super::outgoing::Outgoing;
use super::paging::RequestedPage;
use super::ready::{NOT_ARGUMENTS, PathPiece, ReadyCall, ReadyHeader};
use super::request_body::ReadyBody;
use super::resolve::HIDDEN;
use super::rotation::Generation;
use super::source::{Inputs, OwnedInputs, ReadySource, Scope, to_text};
use super::upstream::Upstream;
use crate::error::{Error, Result};
use crate::operation::{ArgumentValue, Context};
use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use secrecy::{ExposeSecret, SecretString};
use std::fmt::Write;
use std::sync::Arc;
use tokio::time::Instant;

/// A request that is ready to be sent.
pub(crate) struct Prepared {
    /// The request.
    pub(crate) request: Box<Request<Outgoing>>,
    /// Whether it carries the capability's own credential, not the caller's.
    pub(crate) own_credential: bool,
    /// The values of the confidential arguments.
    pub(crate) sensitive: Vec<SecretString>,
    /// The credentials of the caller that are headers of the request.
    pub(crate) caller_secrets: Vec<SecretString>,
    /// Whether it has other headers besides the constant headers of the API.
    pub(crate) has_other_headers: bool,
    /// The page that it asks for, if the call has pages.
    pub(crate) page: Option<RequestedPage>,
    /// The inputs for building it again if the API refuses a secret that has changed.
    pub(crate) again: Option<Box<OwnedInputs>>,
    /// The generation of calls that it was built from; `None` for the calls that the client was built with.
    pub(crate) generation: Option<Arc<Generation>>,
    /// When the call must be answered; `None` if its time limit starts when the request is sent.
    pub(crate) deadline: Option<Instant>,
}

/// The parts of a request to an API.
pub(crate) struct Parts {
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Outgoing>,
    pub(crate) own_credential: bool,
    /// The credential in the query.
    key: Option<KeyInQuery>,
    pub(crate) caller_secrets: Vec<SecretString>,
}

impl Parts {
    /// Returns the parts that all requests to an API share: base URI, headers, and credential.
    pub(crate) fn of(upstream: &Upstream) -> Self {
        let mut url = String::with_capacity(upstream.base.len() + 96);
        url.push_str(&upstream.base);
        let place = upstream.credential.as_ref().map(|credential| &credential.place);
        let own_credential = place.is_some_and(|place| !matches!(place, CredentialPlace::Query(..)));
        let (headers, caller_secrets) = (upstream.headers.clone(), Vec::new());
        Self { url, headers, body: None, own_credential, key: None, caller_secrets }
    }

    /// Appends the constant query parameters of the API, and its credential if it is sent in the query. Skips the
    /// parameters whose encoded names are in `given`: the call has its own values for them. `separator` is `?` or `&`.
    /// If `shown` is set, secrets are hidden.
    pub(crate) fn push_constants(&mut self, upstream: &Upstream, given: &[&str], mut separator: char, shown: bool) {
        for (name, value, secret) in upstream.query.iter().filter(|(name, ..)| !given.contains(&name.as_str())) {
            push_pair(&mut self.url, std::mem::replace(&mut separator, '&'), name);
            push_text(&mut self.url, if shown && *secret { HIDDEN } else { value.expose_secret() }, shown);
        }
        let own = upstream.credential.as_ref().and_then(|credential| credential.place.query(shown));
        if let Some((name, value)) = own.filter(|(name, _)| !given.contains(name)) {
            self.own_credential = true;
            push_pair(&mut self.url, separator, name);
            let start = self.url.len() - name.len() - 1;
            self.url.push_str(value);
            self.key = self.url.get(start..).map(KeyInQuery::new);
        }
    }

    /// Adds cookies to the constant cookies of the API.
    ///
    /// # Errors
    /// Returns an error if they are not valid in a header.
    pub(crate) fn add_cookies(&mut self, mut cookies: String) -> Result<()> {
        if cookies.is_empty() {
            return Ok(());
        }
        if let Some(before) = self.headers.get(COOKIE).and_then(|value| value.to_str().ok()) {
            cookies = format!("{before}; {cookies}");
        }
        let mut value = HeaderValue::from_str(&cookies).map_err(Error::internal)?;
        value.set_sensitive(true);
        self.headers.insert(COOKIE, value);
        Ok(())
    }

    /// Builds the request.
    ///
    /// # Errors
    /// Returns an error if the parts do not form a URL.
    pub(crate) fn request(self, method: &Method) -> Result<Box<Request<Outgoing>>> {
        // Base URI, path and values have been checked separately; `Uri` rejects an invalid combination and never
        // rewrites one.
        let is_too_long = self.url.len() > LONGEST_URL;
        let uri = Uri::from_maybe_shared(Bytes::from(self.url)).map_err(|_| {
            let too_long = is_too_long.then(|| format!("the URL is longer than {LONGEST_URL} bytes"));
            Error::argument("", too_long.unwrap_or_else(|| "the arguments do not form a valid URL".to_owned()))
        })?;
        let mut request = Box::new(Request::new(self.body.unwrap_or_default()));
        *request.method_mut() = method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers;
        if let Some(key) = self.key {
            request.extensions_mut().insert(key);
        }
        Ok(request)
    }

    /// Returns the request as text; sensitive headers are hidden.
    pub(crate) fn describe(&self, method: &Method) -> String {
        let mut text = format!("{method} {}", self.url);
        let is_default = |name: &HeaderName, value: &HeaderValue| name == ACCEPT_ENCODING && value == NO_CODING;
        for (name, value) in self.headers.iter().filter(|(name, value)| !is_default(name, value)) {
            let value = if value.is_sensitive() { HIDDEN.into() } else { String::from_utf8_lossy(value.as_bytes()) };
            // Writing to a string does not fail.
            let _ = write!(text, "\n{name}: {value}");
        }
        if let Some(body) = &self.body {
            let _ = write!(text, "\n\n{}", body.shown());
        }
        text
    }
}

/// A builder of the request of a call.
pub(crate) struct RequestBuilder<'a> {
    call: &'a ReadyCall,
    pub(super) upstream: &'a Upstream,
    pub(super) scope: Scope<'a>,
    /// The maximum length of the URL without the credential.
    longest: usize,
}

impl<'a> RequestBuilder<'a> {
    /// Creates a builder for a call with these inputs. If the request is only `shown`, secrets are hidden.
    pub(crate) fn new(call: &'a ReadyCall, inputs: Inputs<'a>, shown: bool) -> Self {
        let upstream = &*call.upstream_call.upstream;
        let query = upstream.credential.as_ref().and_then(|credential| credential.place.query(shown));
        // `Upstream::new` reports a credential that is longer than a URL.
        let longest = LONGEST_URL.saturating_sub(query.map_or(0, |(name, value)| name.len() + value.len() + 2));
        Self { call, upstream, scope: Scope { inputs, sensitive: &call.sensitive, shown }, longest }
    }

    /// Builds the request.
    ///
    /// # Errors
    /// Returns an error if a value cannot be sent where the call places it; the error names the argument.
    pub(crate) fn request(&self) -> Result<Box<Prepared>> {
        let mut parts = self.parts()?;
        let (own_credential, caller_secrets) = (parts.own_credential, std::mem::take(&mut parts.caller_secrets));
        let mut request = parts.request(&self.call.method).map_err(|error| error.in_operation(self.name()))?;
        if let Some(trace) = self.scope.inputs.context.and_then(Context::trace) {
            request.extensions_mut().insert(trace.clone());
        }
        let sensitive = self.call.sensitive.iter().filter_map(|index| self.scope.argument(*index));
        let sensitive = sensitive.map(|value| SecretString::from(to_text(&value).into_owned())).collect();
        let has_other_headers = self.call.has_other_headers();
        let page = self.call.page.as_ref().map(|pager| pager.requested(&self.scope, request.uri()));
        Ok(Box::new(Prepared {
            request,
            own_credential,
            sensitive,
            caller_secrets,
            has_other_headers,
            page,
            again: None,
            generation: None,
            deadline: None,
        }))
    }

    /// Returns the request as text.
    ///
    /// # Errors
    /// Returns the errors of [`Self::request`].
    pub(crate) fn describe(&self) -> Result<String> {
        let mut parts = self.parts()?;
        // Shows the headers that layers add later.
        let credential = self.upstream.credential.as_ref().filter(|_| self.upstream.credentials.is_some());
        if let Some(CredentialPlace::Header(name)) = credential.map(|credential| &credential.place)
            && !parts.headers.contains_key(name)
        {
            let is_token = credential.is_some_and(|credential| credential.what == ACCESS_TOKEN);
            let shown = if is_token { "Bearer ***" } else { HIDDEN };
            parts.headers.insert(name, HeaderValue::from_static(shown));
        }
        if let Some(key) =
            self.call.upstream_call.idempotency_header.as_ref().filter(|_| !self.call.method.is_idempotent())
            && !parts.headers.contains_key(key)
        {
            parts.headers.insert(key, HeaderValue::from_static("(a new UUID for each call)"));
        }
        Ok(parts.describe(&self.call.method))
    }

    fn name(&self) -> &str {
        &self.call.upstream_call.name
    }

    fn parts(&self) -> Result<Parts> {
        for (index, given) in self.scope.inputs.given.iter().enumerate() {
            if let ArgumentValue::Failed(why) = given {
                return Err(self.refused_argument(Some(index), &format!("it cannot be encoded: {why}")));
            }
        }
        let mut parts = Parts::of(self.upstream);
        let in_query = self.push_path(&mut parts.url)?;
        self.push_query(&mut parts, if in_query { '&' } else { '?' })?;
        self.put_headers(&mut parts)?;
        self.put_caller_headers(&mut parts)?;
        self.put_cookies(&mut parts)?;
        self.put_body(&mut parts)?;
        Ok(parts)
    }

    fn put_caller_headers(&self, parts: &mut Parts) -> Result<()> {
        for header in self.upstream.caller_headers.iter().chain(&self.call.caller_headers) {
            if self.scope.shown {
                header.show(&mut parts.headers);
                continue;
            }
            let caller = self.scope.inputs.context.map(Context::headers);
            let secrets = header.copy(&self.upstream.namespace, caller, &mut parts.headers);
            let secrets = secrets.map_err(|error| error.in_operation(self.name()))?;
            // If the API refuses the request, the reason may be the caller's credential instead of the capability's.
            parts.own_credential &= secrets.is_empty();
            parts.caller_secrets.extend(secrets);
        }
        Ok(())
    }

    /// Appends the path; returns whether it has begun a query.
    fn push_path(&self, url: &mut String) -> Result<bool> {
        // The start of the current segment, and the last value in it.
        let (mut start, mut value) = (url.len(), None);
        let mut in_query = false;
        for piece in &self.call.path {
            match piece {
                PathPiece::Literal(literal) => match (literal.find('/'), literal.rfind('/')) {
                    (Some(first), Some(last)) => {
                        let before = url.len();
                        url.push_str(literal);
                        self.end_segment(url.get(start..before + first), value.take())?;
                        start = before + last + 1;
                    }
                    _ => url.push_str(literal),
                },
                PathPiece::Value(source) => {
                    self.push_values(url, source)?;
                    value = Some(source);
                }
                PathPiece::Rest(source) => self.push_rest(url, source)?,
                PathPiece::Query(literal) => {
                    if !in_query {
                        self.end_segment(url.get(start..), value.take())?;
                    }
                    in_query = true;
                    url.push_str(literal);
                }
                PathPiece::QueryValue(source) => {
                    let text = self.scope.value(source);
                    push_text(url, text.as_deref().map(to_text).as_deref().unwrap_or_default(), self.scope.shown);
                    self.check_length(url, source)?;
                }
            }
        }
        if !in_query {
            self.end_segment(url.get(start..), value)?;
        }
        Ok(in_query)
    }

    /// Checks a segment that contains a value: `.` and `..` would change the path.
    fn end_segment(&self, segment: Option<&str>, value: Option<&ReadySource>) -> Result<()> {
        match (segment, value) {
            (Some(segment), Some(source)) if encode::is_encoded_dots(segment) => {
                Err(self.refused(source, "`.` and `..` are not allowed in a path"))
            }
            _ => Ok(()),
        }
    }

    /// Appends a value to the path as (part of) one segment; several values are separated by commas.
    fn push_values(&self, url: &mut String, source: &'a ReadySource) -> Result<()> {
        let mut has_value = false;
        self.scope.each_text(source, |text| {
            if text.is_empty() {
                return Err(self.refused(source, "it is part of the path and cannot be empty"));
            }
            if std::mem::replace(&mut has_value, true) {
                url.push(',');
            }
            push_text(url, text, self.scope.shown);
            self.check_length(url, source)
        })?;
        if has_value { Ok(()) } else { Err(self.refused(source, "it is part of the path and needs a value")) }
    }

    /// Appends a value to the path as several segments.
    fn push_rest(&self, url: &mut String, source: &'a ReadySource) -> Result<()> {
        let value = self.scope.non_null_value(source);
        let text = value.as_deref().map(to_text).unwrap_or_default();
        let mut separator = "";
        for segment in text.split('/') {
            if segment.is_empty() {
                let why = "it is part of the path and cannot contain empty segments";
                return Err(self.refused(source, why));
            }
            url.push_str(std::mem::replace(&mut separator, "/"));
            let start = url.len();
            push_text(url, segment, self.scope.shown);
            self.end_segment(url.get(start..), Some(source))?;
        }
        self.check_length(url, source)
    }

    fn push_query(&self, parts: &mut Parts, mut separator: char) -> Result<()> {
        let mut given: Vec<&str> = Vec::new();
        let has_constants = !self.upstream.query.is_empty() || self.upstream.credential.is_some();
        for (name, source) in &self.call.query {
            let before = parts.url.len();
            match source {
                ReadySource::Styled(style, source) => {
                    self.push_styled(parts, &mut separator, name, *style, source)?;
                }
                source => self.scope.each_text(source, |text| {
                    push_pair(&mut parts.url, std::mem::replace(&mut separator, '&'), name);
                    push_text(&mut parts.url, text, self.scope.shown);
                    self.check_length(&parts.url, source)
                })?,
            }
            if has_constants && parts.url.len() > before {
                given.push(name);
            }
        }
        parts.push_constants(self.upstream, &given, separator, self.scope.shown);
        Ok(())
    }

    fn put_headers(&self, parts: &mut Parts) -> Result<()> {
        if let Some(accept) = &self.call.accept {
            parts.headers.insert(ACCEPT, accept.clone());
        }
        let own = self.upstream.credential.as_ref().and_then(|credential| match &credential.place {
            CredentialPlace::Header(name) => Some(name),
            _ => None,
        });
        for ReadyHeader { name, source, secret } in &self.call.headers {
            if let ReadySource::Styled(style, source) = source {
                self.put_styled(parts, (name, *secret), *style, source)?;
                continue;
            }
            let mut first = true;
            self.scope.each_text(source, |text| {
                if NOT_ARGUMENTS.contains(name) {
                    return Err(self.refused(source, &format!("the header `{name}` is set by the HTTP client")));
                }
                let mut value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| {
                    self.refused(source, "it is sent in a header and cannot contain control characters")
                })?;
                value.set_sensitive(*secret);
                if std::mem::take(&mut first) {
                    parts.headers.insert(name, value);
                    // The caller's credential replaces the capability's.
                    parts.own_credential &= own != Some(name);
                } else {
                    parts.headers.append(name, value);
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn put_cookies(&self, parts: &mut Parts) -> Result<()> {
        let mut cookies = String::new();
        for (name, source) in &self.call.cookies {
            self.scope.each_text(source, |text| {
                if !encode::is_cookie_value(text) {
                    return Err(self.refused(source, COOKIE_VALUE));
                }
                if let Some(CredentialPlace::Cookie(own)) =
                    self.upstream.credential.as_ref().map(|credential| &credential.place)
                    && own == name
                {
                    // The caller's credential replaces the capability's.
                    parts.headers.remove(COOKIE);
                    parts.own_credential = false;
                }
                let separator = if cookies.is_empty() { "" } else { "; " };
                cookies.extend([separator, name, "=", text]);
                Ok(())
            })?;
        }
        parts.add_cookies(cookies)
    }

    fn put_body(&self, parts: &mut Parts) -> Result<()> {
        let Some(body) = &self.call.body else { return Ok(()) };
        let built = body.build(&self.scope, &|source, why| self.refused(source, why))?;
        let Some((bytes, content_type)) = built else {
            parts.headers.remove(CONTENT_TYPE);
            return Ok(());
        };
        parts.body = Some(bytes);
        if let ReadyBody::Multipart(_) = body {
            // The Content-Type must name the boundary that was chosen for this body.
            parts.headers.insert(CONTENT_TYPE, content_type);
        } else {
            parts.headers.entry(CONTENT_TYPE).or_insert(content_type);
        }
        Ok(())
    }

    /// Describes a value that cannot be sent; names the argument that it comes from, if any.
    pub(super) fn refused(&self, source: &ReadySource, why: &str) -> Error {
        if source.argument().is_none() && source.contains_steps() {
            let what = format!("cannot be called with the result of an earlier step: {why}");
            return failure::bad_answer(&self.call.upstream_call, &what).in_operation(self.name());
        }
        self.refused_argument(source.argument(), why)
    }

    fn refused_argument(&self, argument: Option<usize>, why: &str) -> Error {
        let name = argument.and_then(|index| self.call.arguments.get(index));
        let error = match name {
            Some(name) => {
                Error::argument(crate::schema::pointer(name), format!("the argument `{name}` cannot be sent: {why}"))
            }
            None => Error::argument("", format!("a value of the request cannot be sent: {why}")),
        };
        error.in_operation(self.name())
    }

    /// Checks that a URL is not too long.
    pub(super) fn check_length(&self, url: &str, source: &ReadySource) -> Result<()> {
        if url.len() <= self.longest {
            return Ok(());
        }
        Err(self.refused(source, &format!("it makes the URL longer than {LONGEST_URL} bytes")))
    }
}

/// Appends a separator, a name and `=`.
pub(super) fn push_pair(url: &mut String, separator: char, name: &str) {
    url.push(separator);
    url.push_str(name);
    url.push('=');
}

/// Appends a value. If the request is only shown, the placeholder of a secret is not encoded.
pub(super) fn push_text(url: &mut String, text: &str, shown: bool) {
    if shown && text == HIDDEN { url.push_str(text) } else { encode::push_value(url, text) }
}
