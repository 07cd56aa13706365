//! The REST adapter as a standalone server: it answers unknown paths with problems, checks `Host` and `Origin`, and
//! handles CORS.

use super::problem::{self, not_found};
use crate::expose::cors::{self, Cors};
use crate::expose::guard::Guard;
use crate::operation::Capability;
use crate::telemetry::{self, Stopwatch, TraceContext};
use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{self, Next};
use axum::response::Response;
use std::sync::Arc;

/// Returns the REST adapter with that namespace, behind the guard. The router `beside`, if given, handles all other
/// paths.
pub(crate) fn standalone(
    capability: &Capability,
    namespace: &str,
    guard: Guard,
    beside: Option<Router>,
) -> Option<Router> {
    let router = capability.rest_router_of::<()>(namespace)?;
    let served = guarded(
        match beside {
            Some(beside) => router.fallback_service(beside.fallback(|| async { not_found() })),
            None => router.fallback(|| async { not_found() }),
        },
        guard,
    );
    Some(if telemetry::metrics().is_some() { served.layer(middleware::from_fn(measured)) } else { served })
}

/// Measures a request: its route is the path of the adapter that it matches; unknown paths, and paths of the other router, have none.
async fn measured(request: Request, next: Next) -> Response {
    let watch = Stopwatch::start();
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    if let Some((metrics, watch)) = telemetry::metrics().zip(watch) {
        let route = path.as_ref().map_or("", MatchedPath::as_str);
        let trace = TraceContext::of(response.extensions());
        metrics.answered((telemetry::method(&method), route), response.status(), &watch, trace);
    }
    response
}

/// Returns a router behind the guard, with CORS.
pub(crate) fn guarded(router: Router, guard: Guard) -> Router {
    let guard = Arc::new(guard);
    let check = move |request: Request, next: Next| {
        let guard = guard.clone();
        async move {
            let cors = Cors::of(request.method(), request.headers());
            if let Err(refusal) = guard.check(request.uri(), request.headers()) {
                let mut response = problem::plain(refusal.status, &refusal.message);
                cors::vary(response.headers_mut());
                return response;
            }
            let mut response = match cors.preflight("GET, HEAD, POST, PUT, PATCH, DELETE") {
                Some(response) => response,
                None => next.run(request).await,
            };
            cors.allow_origin(response.headers_mut());
            response
        }
    };
    router.layer(middleware::from_fn(check))
}
