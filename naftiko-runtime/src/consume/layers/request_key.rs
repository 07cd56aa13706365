//! Keys of requests: two requests with the same key can share an answer. A key is a keyed hash, so it does not reveal the
//! credentials of its request.
//!
//! The key covers the method, the URI and the headers of the request (except trace headers and, in the cache, cache directives),
//! and with them any credential of a caller. It does not cover the credentials that an inner layer adds to each attempt (tokens,
//! signatures): these identify the capability, not the caller.

use super::PathVersion;
use super::retry::random;
use crate::consume::effect::{EarlierEffect, may_have_effect};
use crate::consume::fault::Failure;
use crate::consume::outgoing::Outgoing;
use crate::consume::reference;
use crate::consume::transport::Incoming;
use aws_lc_rs::hmac;
use http::header::{CACHE_CONTROL, CONTENT_LOCATION, HeaderName, LOCATION, PRAGMA};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri};

/// Hashes of the strings that are resolved for the requests to an API and its authorization server: credentials and other
/// constants.
#[derive(Default)]
pub(crate) struct ResolvedStrings(Vec<RequestDigest>);

impl ResolvedStrings {
    /// Adds the hash of a resolved string. `purpose` must be unique within the client, unless the string is part of the request: the
    /// request's key covers it anyway.
    pub(crate) fn add(&mut self, purpose: &str, text: &str) {
        self.0.push(KeyMaker::public().sign(&[purpose.as_bytes(), text.as_bytes()]));
    }

    /// Returns the hash of all strings, the same in all replicas.
    pub(crate) fn digest(mut self) -> RequestDigest {
        self.0.sort_unstable();
        KeyMaker::public().sign(&self.0.iter().map(RequestDigest::as_slice).collect::<Vec<_>>())
    }
}

/// A keyed hash (HMAC-SHA-256).
pub(crate) type RequestDigest = [u8; 32];

/// Headers that describe a trace (W3C Trace Context), which differ in each request.
const TRACE_HEADERS: [HeaderName; 2] = [HeaderName::from_static("traceparent"), HeaderName::from_static("tracestate")];

/// Headers with directives for caches.
const CACHE_DIRECTIVE_HEADERS: [HeaderName; 2] = [CACHE_CONTROL, PRAGMA];

/// The HMAC secret from which keys are computed: random, or derived from the secrets of a client. It never leaves the process.
/// [`public`](Self::public) uses a constant instead.
#[derive(Clone)]
pub(super) struct KeyMaker(hmac::Key);

impl KeyMaker {
    /// Creates a key maker with a random secret; `None` if the system provides no random numbers.
    pub(super) fn new() -> Option<Self> {
        Some(Self(hmac::Key::new(hmac::HMAC_SHA256, &random::<32>()?)))
    }

    /// Creates a key maker whose secret is derived from other secrets; the same parts give the same keys in all replicas.
    pub(super) fn derived(parts: &[&[u8]]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &Self::public().sign(parts)))
    }

    /// Returns a key maker whose secret is a constant.
    pub(super) fn public() -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, b"naftiko: keys of requests, version 1"))
    }

    /// Returns the key that encrypts the answer to a request.
    pub(super) fn of_seal(&self, request: &Request<Outgoing>) -> RequestDigest {
        self.digest(&[b"seal", request.method().as_str().as_bytes()], request, is_keyed)
    }

    /// Returns the key of a request in the cache.
    pub(super) fn of_answer(&self, request: &Request<Outgoing>) -> RequestDigest {
        self.digest(&[b"answer", request.method().as_str().as_bytes()], request, is_keyed)
    }

    /// Returns the key of an operation's request in flight.
    pub(super) fn of_flight(&self, operation: &str, request: &Request<Outgoing>) -> RequestDigest {
        let method = request.method().as_str().as_bytes();
        let version = request.extensions().get().map_or(&[][..], |PathVersion(version)| version);
        self.digest(&[b"flight", method, operation.as_bytes(), version], request, is_keyed_in_flight)
    }

    /// Returns the key of the resource at a URI, whatever its query.
    pub(super) fn of_resource(&self, uri: &Uri) -> RequestDigest {
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        let scheme = uri.scheme_str().unwrap_or_default();
        let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 }).to_string();
        self.sign(&[b"resource", scheme.as_bytes(), host.as_bytes(), port.as_bytes(), uri.path().as_bytes()])
    }

    /// Returns the key of a header's values.
    pub(super) fn of_values(&self, headers: &HeaderMap, name: &HeaderName) -> RequestDigest {
        let mut parts: Vec<&[u8]> = vec![b"values"];
        parts.extend(headers.get_all(name).iter().map(HeaderValue::as_bytes));
        self.sign(&parts)
    }

    /// Hashes the parts `before`, the URI of a request, and the headers for which `counts` returns `true`.
    fn digest(
        &self,
        before: &[&[u8]],
        request: &Request<Outgoing>,
        counts: impl Fn(&HeaderName) -> bool,
    ) -> RequestDigest {
        let uri = request.uri().to_string();
        let mut headers: Vec<_> = request.headers().iter().filter(|(name, _)| counts(name)).collect();
        // The sort is stable, so the values of a header keep their order.
        headers.sort_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
        let mut parts = before.to_vec();
        parts.push(uri.as_bytes());
        for (name, value) in headers {
            parts.extend([name.as_str().as_bytes(), value.as_bytes()]);
        }
        self.sign(&parts)
    }

    /// Hashes parts, each after its length, so that different lists of parts are never the same bytes.
    fn sign(&self, parts: &[&[u8]]) -> RequestDigest {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(&part.len().to_le_bytes());
            context.update(part);
        }
        let mut digest = RequestDigest::default();
        let tag = context.sign();
        for (byte, hashed) in digest.iter_mut().zip(tag.as_ref()) {
            *byte = *hashed;
        }
        digest
    }

    /// Returns the keys of the resources that a request with an effect may have changed: the resource at its URI, and the resources of the
    /// same origin that its answer names (RFC 9111, section 4.4). There are none if no attempt had an effect: nothing was sent, or the API
    /// refused it.
    fn changed(
        &self,
        uri: &Uri,
        earlier: &EarlierEffect,
        answer: &Result<Response<Incoming>, Failure>,
    ) -> Vec<RequestDigest> {
        if !earlier.is_noted() && !may_have_effect(answer) {
            return Vec::new();
        }
        let headers = answer.iter().map(Response::headers);
        let named = headers.flat_map(|headers| [LOCATION, CONTENT_LOCATION].map(|name| headers.get(name)));
        let named = named.flatten().filter_map(|location| {
            let target = reference::resolve(uri, reference::in_header(location).trim())?;
            reference::is_same_origin(uri, &target).then(|| self.of_resource(&target))
        });
        std::iter::once(self.of_resource(uri)).chain(named).collect()
    }
}

/// A guard for a request with an effect, which reports the resources that the request may have changed. If the guard is dropped before
/// [`end`](Self::end), it reports only the resource at the request's URI.
pub(super) struct EffectGuard<'a, F: FnMut(&[RequestDigest])> {
    keys: &'a KeyMaker,
    uri: Uri,
    /// Whether an attempt before the last one may have had the effect.
    earlier: EarlierEffect,
    /// Notes that resources have changed.
    changed: F,
    is_over: bool,
}

impl<'a, F: FnMut(&[RequestDigest])> EffectGuard<'a, F> {
    /// Begins a request.
    pub(super) fn begin(keys: &'a KeyMaker, request: &mut Request<Outgoing>, changed: F) -> Self {
        let earlier = request.extensions_mut().get_or_insert_default::<EarlierEffect>().clone();
        Self { keys, uri: request.uri().clone(), earlier, changed, is_over: false }
    }

    /// Reports the changed resources, given the answer to the request.
    pub(super) fn end(mut self, answer: &Result<Response<Incoming>, Failure>) {
        self.is_over = true;
        let resources = self.keys.changed(&self.uri, &self.earlier, answer);
        (self.changed)(&resources);
    }
}

impl<F: FnMut(&[RequestDigest])> Drop for EffectGuard<'_, F> {
    fn drop(&mut self) {
        if !self.is_over {
            let resource = self.keys.of_resource(&self.uri);
            (self.changed)(&[resource]);
        }
    }
}

/// Returns whether a header is part of the key of an answer.
pub(super) fn is_keyed(name: &HeaderName) -> bool {
    is_keyed_in_flight(name) && !CACHE_DIRECTIVE_HEADERS.contains(name)
}

/// Returns whether a header is part of the key of a request in flight.
pub(super) fn is_keyed_in_flight(name: &HeaderName) -> bool {
    !TRACE_HEADERS.contains(name)
}

/// Returns whether a method reads a resource: GET or HEAD, whose answers can be shared.
pub(super) fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// Returns the distinct header names in `Vary`; `None` if it contains `*` or an invalid name.
pub(super) fn varies(headers: &HeaderMap) -> Option<Vec<HeaderName>> {
    let mut names = Vec::new();
    for value in headers.get_all(http::header::VARY) {
        for name in value.to_str().ok()?.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            // `*` would also be a valid name.
            names.push(name.parse().ok().filter(|_| name != "*")?);
        }
    }
    names.sort_by(|one: &HeaderName, other| one.as_str().cmp(other.as_str()));
    names.dedup();
    Some(names)
}
