//! The routes of a page: the page, the index, and the files beside it.

use super::assets::POLICY;
use super::data::PageData;
use super::html::{self, ListedCapability};
use axum::Router;
use axum::body::Body;
use axum::extract::{OriginalUri, Request};
use axum::routing::get;
use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Response, Uri};
use std::sync::Arc;

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// The media type of YAML (RFC 9512).
const YAML: HeaderValue = HeaderValue::from_static("application/yaml");

/// A rendered page.
struct RenderedPage {
    data: PageData,
    script: String,
    /// The page at a path with a trailing slash, whose links need no prefix.
    at_root: Bytes,
    listed: Vec<ListedCapability>,
}

/// Returns the routes of a page. `rest` and `mcp_path` are the paths where the REST routes and the MCP service are mounted; `listed` are
/// the capabilities of the program, which have an index if there are several.
pub(super) fn router<S: Clone + Send + Sync + 'static>(
    data: PageData,
    rest: Option<&str>,
    mcp_path: Option<&str>,
    listed: Vec<ListedCapability>,
) -> Router<S> {
    let script = data.to_script(rest, mcp_path);
    let openapi_json = Bytes::from(format!("{:#}\n", data.openapi));
    let openapi_yaml = Bytes::from(naftiko_spec::json_to_yaml(&data.openapi).unwrap_or_default());
    let document = Bytes::from(data.document.to_yaml().unwrap_or_default());
    let at_root = html::page(&data, &script, "", listed.len().saturating_sub(1)).into();
    let ready = Arc::new(RenderedPage { data, script, at_root, listed });
    let file = |content: Bytes, media_type: HeaderValue| {
        get(move || {
            let response = answer(content.clone(), media_type.clone());
            async move { response }
        })
    };
    let index = ready.clone();
    let mut router = Router::new()
        .route(
            "/",
            get(move |request: Request| {
                let response = ready.page(&link_prefix(&request));
                async move { response }
            }),
        )
        .route("/openapi.json", file(openapi_json, JSON))
        .route("/openapi.yaml", file(openapi_yaml, YAML))
        .route("/capability.yaml", file(document, YAML));
    if index.listed.len() > 1 {
        router = router.route(
            "/capabilities",
            get(move |request: Request| {
                let host = host(request.uri(), request.headers());
                let page = html::index(&index.listed, host.as_deref(), "");
                async move { answer(page.into(), HTML) }
            }),
        );
    }
    router
}

impl RenderedPage {
    /// Returns the page with links that have the prefix `beside`.
    fn page(&self, beside: &str) -> Response<Body> {
        let page = match beside {
            "" => self.at_root.clone(),
            beside => html::page(&self.data, &self.script, beside, self.listed.len().saturating_sub(1)).into(),
        };
        answer(page, HTML)
    }
}

/// Returns the prefix of links to the files beside the page: for `/docs` it is `docs/`.
fn link_prefix(request: &Request) -> String {
    let original = request.extensions().get::<OriginalUri>().map_or(request.uri().path(), |original| original.path());
    let last = original.rsplit('/').next().unwrap_or_default();
    if last.is_empty() { String::new() } else { format!("{last}/") }
}

/// Returns the host name that the caller used, without its port.
fn host(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let header = headers.get(HOST).and_then(|host| host.to_str().ok()).and_then(|host| host.parse::<Uri>().ok());
    let host = uri.host().map(str::to_owned).or_else(|| header?.host().map(str::to_owned))?;
    host.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:[]".contains(c)).then_some(host)
}

/// Returns an answer whose type browsers must not guess, and which cannot be framed.
fn answer(content: Bytes, media_type: HeaderValue) -> Response<Body> {
    let mut response = Response::new(Body::from(content));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, media_type);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    if let Ok(policy) = HeaderValue::from_str(&POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}
