//! The REST adapter: an axum router.

mod body;
mod extract;
mod files;
mod forward;
mod multipart;
mod objects;
mod pattern;
mod problem;
mod route;
mod routes;
mod segment;
#[cfg(any(feature = "cli", test))]
mod standalone;
mod text;

#[cfg(test)]
mod tests;

#[cfg(all(feature = "cli", feature = "page"))]
pub(crate) use standalone::guarded;
#[cfg(feature = "cli")]
pub(crate) use standalone::standalone;

use crate::operation::Capability;
use axum::Router;
use naftiko_spec::model::Expose;

impl Capability {
    /// The routes of the first REST adapter of this capability; `None` if it has no such adapter.
    ///
    /// They merge into any router, whatever its state, and nest in any; they set no fallback, so unknown paths stay the
    /// host's. Middleware is added as to any router. The limits are those that the capability has now.
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
    /// Nothing tells the compiler the state of a router that stands alone: write its type.
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
    /// An answer is JSON with the status of the upstream's own success, or the declared one; 204 where there is nothing to
    /// say. One that is passed on unread (`RawJson`, a whole answer of a document) keeps the upstream's `ETag`,
    /// `Last-Modified` and `Content-Range`; no other header of a success goes on. Errors are `application/problem+json` (RFC 9457): 400 with the `pointer` of the argument at fault, 405 with
    /// `Allow`, 413, 415, and what the upstream answered under `upstream`.
    ///
    /// A body must say by its Content-Type that it is JSON, even if there is nothing else that it could be: pages of other
    /// origins could send it unasked otherwise. Query parameters that no argument is called by are ignored, unless the
    /// adapter says `unknownQuery: refuse`; members of a body that are arguments of their own are not, and neither are members
    /// given twice.
    pub fn rest_router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let exposes = &self.document().capability.exposes;
        match exposes.iter().position(|expose| matches!(expose, Expose::Rest(_))) {
            Some(expose) => routes::router(self, expose),
            None => Router::new(),
        }
    }

    /// The routes of the REST adapter of that namespace, if this capability has it.
    #[must_use]
    pub fn rest_router_of<S: Clone + Send + Sync + 'static>(&self, namespace: &str) -> Option<Router<S>> {
        let exposes = &self.document().capability.exposes;
        let expose = exposes
            .iter()
            .position(|expose| matches!(expose, Expose::Rest(adapter) if adapter.namespace == namespace))?;
        Some(routes::router(self, expose))
    }
}
