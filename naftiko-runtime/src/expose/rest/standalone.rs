//! The adapter as a program of its own: unknown paths are problems too, and `Host` and `Origin` are checked.

use super::problem::{self, not_found};
use crate::expose::guard::Guard;
use crate::operation::Capability;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use std::sync::Arc;

/// The REST adapter of that namespace, for callers that the guard lets in.
pub(crate) fn standalone(capability: &Capability, namespace: &str, guard: Guard) -> Option<Router> {
    let guard = Arc::new(guard);
    let check = move |request: Request, next: Next| {
        let guard = guard.clone();
        async move {
            match guard.check(request.uri(), request.headers()) {
                Ok(()) => next.run(request).await,
                Err(refusal) => problem::plain(refusal.status, &refusal.message),
            }
        }
    };
    let router = capability.rest_router_of::<()>(namespace)?;
    Some(router.fallback(|| async { not_found() }).layer(middleware::from_fn(check)))
}
