//! The table of routes: paths of one shape are one entry, whatever their placeholders are called.

use super::problem;
use super::route::Route;
use crate::capability::Capability;
use axum::Router;
use axum::extract::Request;
use axum::routing::{MethodFilter, MethodRouter};
use http::StatusCode;
use naftiko_spec::model::Method;
use std::convert::Infallible;
use std::fmt::Write;
use std::sync::Arc;
use tower::service_fn;
use tower_layer::layer_fn;

/// The routes of one shape.
struct Entry {
    /// With `{}` for each placeholder.
    shape: String,
    /// As axum takes it, with the placeholders of the first route.
    path: String,
    routes: Vec<(Method, Arc<Route>)>,
}

/// The router of the adapter with that number.
pub(super) fn router<S: Clone + Send + Sync + 'static>(capability: &Capability, expose: usize) -> Router<S> {
    let mut router = Router::new();
    for entry in entries(capability, expose) {
        if entry.path.contains("/:") || entry.path.contains("/*") {
            router = router.without_v07_checks();
        }
        router = router.route(&entry.path, method_router(entry.routes));
    }
    router
}

/// The table, in the order of the document.
fn entries(capability: &Capability, expose: usize) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for operation in capability.operations() {
        for part in operation.fragment.routes.iter().filter(|part| part.expose == expose) {
            let Some(path) = Path::read(&part.path) else {
                tracing::error!(path = part.path, "a placeholder is a whole segment; this route is left out");
                continue;
            };
            let method = part.operation.method;
            let route = || Arc::new(Route::new(capability, operation, &path.placeholders));
            match entries.iter_mut().find(|entry| entry.shape == path.shape) {
                Some(entry) if entry.routes.iter().any(|(other, _)| *other == method) => {
                    tracing::error!(
                        method = method.as_str(),
                        path = part.path,
                        "there is such a route already; this one is left out"
                    );
                }
                Some(entry) => entry.routes.push((method, route())),
                None => {
                    let routes = vec![(method, route())];
                    entries.push(Entry { shape: path.shape, path: path.axum, routes });
                }
            }
        }
    }
    entries
}

/// A path, read.
struct Path<'a> {
    shape: String,
    axum: String,
    placeholders: Vec<(usize, &'a str)>,
}

impl<'a> Path<'a> {
    /// None if a placeholder is only a part of a segment.
    fn read(path: &'a str) -> Option<Self> {
        let mut read = Self { shape: String::new(), axum: String::new(), placeholders: Vec::new() };
        for (number, segment) in path.strip_prefix('/').unwrap_or(path).split('/').enumerate() {
            let inner = segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}'));
            let literal = inner.unwrap_or(segment);
            if literal.contains(['{', '}']) {
                return None;
            }
            let Some(name) = inner else {
                let literal = encoded(literal);
                let _ = write!(read.shape, "/{literal}");
                let _ = write!(read.axum, "/{literal}");
                continue;
            };
            read.shape.push_str("/{}");
            let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
            let _ = if plain { write!(read.axum, "/{{{name}}}") } else { write!(read.axum, "/{{p{number}}}") };
            read.placeholders.push((number + 1, name));
        }
        Some(read)
    }
}

/// A literal segment as it comes in a request's target (RFC 3986, section 3.3); what is encoded already stays.
fn encoded(segment: &str) -> String {
    let mut encoded = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        match byte {
            b'%' | b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';'
            | b'=' | b':' | b'@' => encoded.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
            byte => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

/// What answers at one path. Methods that it does not have get a problem; `Allow` is axum's.
fn method_router<S: Clone + Send + Sync + 'static>(routes: Vec<(Method, Arc<Route>)>) -> MethodRouter<S, Infallible> {
    let not_allowed = service_fn(|_: Request| async {
        let detail = "this resource has other methods: `Allow` names them";
        Ok::<_, Infallible>(problem::plain(StatusCode::METHOD_NOT_ALLOWED, detail))
    });
    // As a layer around axum's own fallback it stays a default: a host may add methods at the same path, or say otherwise.
    let mut methods = MethodRouter::new().layer(layer_fn(move |_: axum::routing::Route| not_allowed));
    for (method, route) in routes {
        let service = service_fn(move |request: Request| {
            let route = route.clone();
            async move { Ok::<_, Infallible>(route.answer(request).await) }
        });
        methods = methods.on_service(filter(method), service);
    }
    methods
}

fn filter(method: Method) -> MethodFilter {
    match method {
        Method::Get => MethodFilter::GET,
        Method::Head => MethodFilter::HEAD,
        Method::Post => MethodFilter::POST,
        Method::Put => MethodFilter::PUT,
        Method::Patch => MethodFilter::PATCH,
        Method::Delete => MethodFilter::DELETE,
    }
}
