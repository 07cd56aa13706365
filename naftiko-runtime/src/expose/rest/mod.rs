//! The REST adapter: an axum router.

mod body;
mod body_error;
mod body_limit;
#[cfg(feature = "compression")]
mod decoding;
mod extract;
mod files;
mod form;
mod forward;
mod forward_body;
mod given;
mod link;
mod multipart;
#[cfg(not(feature = "compression"))]
mod no_decoding;
mod objects;
mod problem;
mod route;
mod routes;
mod segment;
mod segment_pattern;
#[cfg(any(feature = "cli", test))]
mod standalone;
mod stream;
mod text;
mod validators;

#[cfg(test)]
mod tests;

#[cfg(feature = "telemetry")]
pub(crate) use problem::plain;
#[cfg(feature = "telemetry")]
pub(crate) use routes::authenticated;
#[cfg(all(feature = "cli", any(feature = "page", feature = "telemetry")))]
pub(crate) use standalone::guarded;
#[cfg(feature = "cli")]
pub(crate) use standalone::standalone;

use crate::operation::Capability;
use axum::Router;
use naftiko_spec::model::Expose;
#[cfg(not(feature = "compression"))]
use no_decoding as decoding;

impl Capability {
    /// Returns the routes of the first REST adapter of this capability, or an empty router if there is none.
    ///
    /// They can be merged into or nested in any router, with any state. They set no fallback, so your service handles
    /// unknown paths. Middleware works as on any router. The capability's current limits apply.
    ///
    /// ```
    /// # fn embed(capability: naftiko_runtime::Capability) -> axum::Router {
    /// use axum::{Router, routing::get};
    ///
    /// #[derive(Clone)]
    /// struct Greeting(&'static str);
    ///
    /// Router::new()
    ///     .route("/", get(|state: axum::extract::State<Greeting>| async move { state.0.0 }))
    ///     .merge(capability.rest_router())
    ///     .with_state(Greeting("hello"))
    /// # }
    /// ```
    ///
    /// The compiler cannot infer the state of a router that is used alone, so write its type.
    ///
    /// ```
    /// # fn embed(capability: naftiko_runtime::Capability) -> axum::Router {
    /// let router: axum::Router = capability.rest_router();
    /// # router.merge(capability.rest_router::<()>()).nest("/api", capability.rest_router())
    /// # }
    /// ```
    ///
    /// # What callers get
    ///
    /// An answer is JSON, a file or a stream of items, with the success status of the upstream, or the declared status; 204 if
    /// there is no content. An answer that is passed on without parsing (`RawJson`, a document's whole answer) keeps the
    /// upstream's `ETag`, `Last-Modified` and `Content-Range`; of the other headers of a success, only declared ones are passed
    /// on. Errors are `application/problem+json` (RFC 9457), such as 400 with the `pointer` of the invalid argument, and 405
    /// with `Allow`; the upstream's error is under `upstream`.
    ///
    /// The Content-Type of a JSON body must be JSON, even if the operation accepts nothing else: otherwise pages of
    /// other origins could send it without a preflight request. Unknown query parameters are ignored, unless the
    /// adapter has `unknownQuery: refuse`. If each member of a body is an argument, unknown members are rejected. Inside an
    /// argument, which may be the whole body, they are ignored, unless the adapter has `unknownMembers: refuse`. Duplicate
    /// members of JSON are always rejected.
    pub fn rest_router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let exposes = &self.document().capability.exposes;
        match exposes.iter().position(|expose| matches!(expose, Expose::Rest(_))) {
            Some(expose) => routes::router(self, expose),
            None => Router::new(),
        }
    }

    /// Returns the routes of the REST adapter with that namespace, or `None`.
    #[must_use]
    pub fn rest_router_of<S: Clone + Send + Sync + 'static>(&self, namespace: &str) -> Option<Router<S>> {
        let exposes = &self.document().capability.exposes;
        let expose = exposes
            .iter()
            .position(|expose| matches!(expose, Expose::Rest(adapter) if adapter.namespace == namespace))?;
        Some(routes::router(self, expose))
    }
}
