//! The adapter as a program of its own: unknown paths are problems too, `Host` and `Origin` are checked, and browsers get
//! their CORS headers.

use super::problem::{self, not_found};
use crate::expose::cors::{self, Cors};
use crate::expose::guard::Guard;
use crate::operation::Capability;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use std::sync::Arc;

/// The REST adapter of that namespace, for callers that the guard lets in. What it has no route for is answered by `beside`, if
/// that is there.
pub(crate) fn standalone(
    capability: &Capability,
    namespace: &str,
    guard: Guard,
    beside: Option<Router>,
) -> Option<Router> {
    let router = capability.rest_router_of::<()>(namespace)?;
    Some(guarded(
        match beside {
            Some(beside) => router.fallback_service(beside.fallback(|| async { not_found() })),
            None => router.fallback(|| async { not_found() }),
        },
        guard,
    ))
}

/// A router for callers that the guard lets in.
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
            cors.share(response.headers_mut());
            response
        }
    };
    router.layer(middleware::from_fn(check))
}
