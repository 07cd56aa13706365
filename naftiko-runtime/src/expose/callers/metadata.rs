//! The metadata of an adapter as a protected resource (RFC 9728), which clients read before they have an access token.

use super::Authenticator;
use crate::operation::Capability;
use axum::Router;
use axum::body::Body;
use axum::routing::{MethodRouter, get};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL,
    CONTENT_TYPE,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::Value;

impl Authenticator {
    /// Returns the path and the metadata of the adapter, if its callers authenticate with access tokens.
    fn metadata(&self, name: &str) -> Option<(String, Value)> {
        match self {
            #[cfg(feature = "client")]
            Self::Renewed(renewed) => renewed.current().metadata(name),
            #[cfg(feature = "oauth")]
            Self::OAuth(oauth) => Some((oauth.metadata_path(), oauth.metadata(name))),
            _ => {
                let _ = name;
                None
            }
        }
    }
}

impl Capability {
    /// Returns the routes of the metadata of adapters whose callers need access tokens (RFC 9728). Clients read the metadata
    /// before they have a token, at `/.well-known/oauth-protected-resource`, followed by the path of the `resource`. Merge these routes
    /// at the root of your server; `serve` does so. Without such adapters, the router is empty.
    pub fn metadata_router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        self.metadata_of(|_| true)
    }

    /// Returns the routes of the metadata of the adapters whose namespaces `fits` accepts.
    pub(crate) fn metadata_of<S: Clone + Send + Sync + 'static>(&self, fits: impl Fn(&str) -> bool) -> Router<S> {
        let document = self.document();
        let mut seen = Vec::new();
        let mut router = Router::new();
        for (at, expose) in document.capability.exposes.iter().enumerate().filter(|(_, own)| fits(own.namespace())) {
            let Ok(authenticator) = Authenticator::new(self, Some(at)) else { continue };
            let Some((path, metadata)) = authenticator.metadata(expose.namespace()) else { continue };
            if !seen.contains(&path) {
                router = router.route(&path, route(&metadata.to_string()));
                seen.push(path);
            }
        }
        router
    }
}

/// Returns the route of one metadata document. The document is public: pages of all origins may read it, and may send the headers
/// that MCP clients send.
fn route<S: Clone + Send + Sync + 'static>(metadata: &str) -> MethodRouter<S> {
    let any = HeaderValue::from_static("*");
    let mut headers = HeaderMap::new();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, any.clone());
    let mut preflight = headers.clone();
    preflight.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET"));
    preflight.insert(ACCESS_CONTROL_ALLOW_HEADERS, any);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    let metadata = metadata.to_owned();
    let read = move || {
        let mut response = Response::new(Body::from(metadata));
        *response.headers_mut() = headers;
        std::future::ready(response)
    };
    let preflight = move || {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        *response.headers_mut() = preflight;
        std::future::ready(response)
    };
    get(read).options(preflight)
}
