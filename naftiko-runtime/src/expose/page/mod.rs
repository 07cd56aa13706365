//! A page for people: the operations and tools of a capability, a form to try each, and how agents connect.

mod assets;
mod data;
mod html;
mod redact;
mod routes;

#[cfg(test)]
mod tests;

pub(crate) use html::ListedCapability;

use crate::operation::Capability;
use axum::Router;
use data::PageData;
use naftiko_spec::model::Expose;
use std::fmt;

/// A page about a capability, as routes for any axum router: the page at `/`, with `openapi.json`, `openapi.yaml` and
/// `capability.yaml` beside it.
///
/// The page is a single HTML file with inline style and script; browsers run no other code in it. It contains no secrets, no
/// addresses of consumed APIs and no values of the environment.
///
/// ```
/// # fn embed(capability: naftiko_runtime::Capability) -> axum::Router {
/// axum::Router::new()
///     .nest("/api", capability.rest_router())
///     .route_service("/mcp", capability.mcp_service())
///     .nest("/docs", capability.page().rest_at("/api").mcp_at("/mcp").into_router())
/// # }
/// ```
#[must_use]
pub struct Page {
    capability: Capability,
    rest: Option<usize>,
    mcp: Option<usize>,
    rest_at: Option<String>,
    mcp_at: Option<String>,
    listed: Vec<ListedCapability>,
}

impl Capability {
    /// Returns the page of the first REST adapter and the first MCP adapter of this capability.
    pub fn page(&self) -> Page {
        let exposes = &self.document().capability.exposes;
        Page {
            capability: self.clone(),
            rest: exposes.iter().position(|expose| matches!(expose, Expose::Rest(_))),
            mcp: exposes.iter().position(|expose| matches!(expose, Expose::Mcp(_))),
            rest_at: None,
            mcp_at: None,
            listed: Vec::new(),
        }
    }

    /// Returns the routes of the [page](Self::page), to be merged with those of [`rest_router`](Self::rest_router).
    pub fn page_router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        self.page().into_router()
    }
}

impl Page {
    /// Sets the path where the routes of the REST adapter are mounted. By default, they are beside the page.
    pub fn rest_at(mut self, path: impl Into<String>) -> Self {
        self.rest_at = Some(path.into());
        self
    }

    /// Sets the path where the MCP service is mounted. Without it, the page lists the tools but cannot call them.
    pub fn mcp_at(mut self, path: impl Into<String>) -> Self {
        self.mcp_at = Some(path.into());
        self
    }

    /// Selects adapters by their namespaces; `None` selects no adapter.
    #[cfg(feature = "cli")]
    pub(crate) fn of(mut self, rest: Option<&str>, mcp: Option<&str>) -> Self {
        let exposes = &self.capability.document().capability.exposes;
        let find = |namespace: Option<&str>, is_kind: fn(&Expose) -> bool| {
            let namespace = namespace?;
            exposes.iter().position(|expose| is_kind(expose) && expose.namespace() == namespace)
        };
        let rest = find(rest, |expose| matches!(expose, Expose::Rest(_)));
        let mcp = find(mcp, |expose| matches!(expose, Expose::Mcp(_)));
        (self.rest, self.mcp) = (rest, mcp);
        self
    }

    /// Adds an index of the capabilities of the program, if there are several.
    #[cfg(feature = "cli")]
    pub(crate) fn listing(mut self, listed: Vec<ListedCapability>) -> Self {
        self.listed = listed;
        self
    }

    /// Returns the routes of this page, which can be merged into or nested in any router, with any state.
    pub fn into_router<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        let data = PageData::of(&self.capability, self.rest, self.mcp);
        routes::router(data, self.rest_at.as_deref(), self.mcp_at.as_deref(), self.listed)
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Page({})", self.capability.document().info.label)
    }
}
