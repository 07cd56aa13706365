//! Routes whose requests are forwarded to an API.

use super::Forward;
use std::sync::Arc;

/// A route whose requests are forwarded to an API.
#[derive(Clone)]
pub struct Forwarded {
    /// The index of its adapter in the document's `exposes`.
    pub expose: usize,
    /// The prefix that is removed from a request's path.
    pub prefix: String,
    /// Forwards the requests.
    pub forward: Arc<dyn Forward>,
}

#[cfg(any(feature = "cli", feature = "document"))]
impl Forwarded {
    /// Returns the forward routes of a document, for descriptions only.
    pub(crate) fn described(lowered: &naftiko_spec::lower::Lowered) -> Vec<Self> {
        let routes = lowered.forwards.iter();
        let route = |route: &naftiko_spec::lower::ForwardRoute| Self {
            expose: route.expose,
            prefix: route.prefix.clone(),
            forward: Arc::new(super::NotCallable),
        };
        routes.map(route).collect()
    }
}
