//! The headers of a caller's request that a capability sends to its APIs: copied by an adapter, and passed with the call.

use super::Capability;
use crate::error::{Error, Result};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use naftiko_spec::model::invalid_name;
use std::sync::Arc;

/// The declared headers of one caller's request.
#[derive(Clone, Default)]
pub(crate) struct CallerHeaders(Option<Arc<HeaderMap>>);

impl CallerHeaders {
    /// Returns the values of a header.
    #[cfg(feature = "client")]
    pub(crate) fn get_all(&self, name: &HeaderName) -> impl Iterator<Item = &HeaderValue> {
        self.0.iter().flat_map(move |headers| headers.get_all(name))
    }

    /// Returns whether headers of the caller are known: over HTTP and from `Context::with_caller_header`, but not over stdin.
    #[cfg(feature = "client")]
    pub(crate) fn are_known(&self) -> bool {
        self.0.is_some()
    }

    /// Adds a header.
    ///
    /// # Errors
    /// Returns an error if the name or the value is not valid in a header; the error does not contain the value.
    pub(super) fn add(&mut self, name: &str, value: &str) -> Result<()> {
        let invalid = |what: String| Error::argument("", what);
        let not_a_name = |_| invalid(invalid_name("header", name));
        let name = HeaderName::try_from(name).map_err(not_a_name)?;
        let not_a_value = |_| invalid(format!("the value of the caller's header `{name}` has a control character"));
        let mut value = HeaderValue::try_from(value).map_err(not_a_value)?;
        value.set_sensitive(true);
        Arc::make_mut(self.0.get_or_insert_default()).append(name, value);
        Ok(())
    }

    /// Returns the names and values as bytes, to bind sealed state to these headers; empty without headers. Equal
    /// headers have equal bytes.
    #[cfg(feature = "mcp")]
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut all: Vec<(&HeaderName, &HeaderValue)> = self.0.iter().flat_map(|headers| headers.iter()).collect();
        // The order of the values of one header is kept.
        all.sort_by_key(|(name, _)| name.as_str());
        let mut bytes = Vec::new();
        for text in all.iter().flat_map(|(name, value)| [name.as_str().as_bytes(), value.as_bytes()]) {
            bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
            bytes.extend_from_slice(text);
        }
        bytes
    }
}

/// The names of the headers that an adapter copies.
#[cfg_attr(not(any(feature = "rest", feature = "mcp")), allow(dead_code, reason = "only adapters copy headers"))]
#[derive(Default)]
pub(crate) struct CopiedHeaders(Vec<HeaderName>);

#[cfg_attr(not(any(feature = "rest", feature = "mcp")), allow(dead_code, reason = "only adapters copy headers"))]
impl CopiedHeaders {
    /// Returns the headers of callers that are sent to APIs, by the capability or by the capabilities that it is built on.
    pub(crate) fn of(capability: &Capability) -> Self {
        let apis = capability.document().all_consumes().into_iter();
        let of_api = apis.flat_map(|api| {
            let operations = api.resources.iter().flat_map(|resource| &resource.operations);
            api.sent_caller_headers()
                .into_iter()
                .chain(operations.flat_map(|operation| operation.caller_headers.clone()))
        });
        let mut names: Vec<HeaderName> = Vec::new();
        let used = capability.used_apis().caller_headers.iter().cloned();
        for header in of_api.chain(used).filter(|header| header.why_not_sent().is_none()) {
            names.extend(HeaderName::try_from(&header.name).ok().filter(|name| !names.contains(name)));
        }
        Self(names)
    }

    /// Returns whether the adapter copies no headers.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the names.
    #[cfg(feature = "rest")]
    pub(crate) fn names(&self) -> &[HeaderName] {
        &self.0
    }

    /// Copies the headers of a request into its extensions. Call this before authentication, which removes the
    /// credential from the request.
    pub(crate) fn copy(&self, parts: &mut Parts) {
        if self.is_empty() {
            return;
        }
        let mut copied = HeaderMap::new();
        for name in &self.0 {
            for value in parts.headers.get_all(name) {
                let mut value = value.clone();
                value.set_sensitive(true);
                copied.append(name, value);
            }
        }
        parts.extensions.insert(CallerHeaders(Some(Arc::new(copied))));
    }
}
