//! The control port: metrics, health, readiness and status of a program. Its responses contain no secrets, no addresses
//! of APIs, and no data from callers.

use super::pages::Pages;
use axum::Router;

/// Returns `None`: the Cargo feature `telemetry` is disabled.
#[cfg(not(feature = "telemetry"))]
pub(super) fn router(_: &Pages<'_>) -> Option<Router> {
    None
}

#[cfg(feature = "telemetry")]
pub(super) use built::router;

#[cfg(feature = "telemetry")]
mod built {
    use super::{Pages, Router};
    use crate::expose::rest::guarded;
    use crate::operation::Capability;
    use crate::program::adapter::guard;
    use crate::telemetry::{self, upstream};
    use axum::body::Body;
    use axum::routing::get;
    use http::header::{CACHE_CONTROL, CONTENT_TYPE};
    use http::{HeaderValue, Response, StatusCode};
    use serde_json::{Value, json};
    use std::sync::Arc;
    use std::time::Instant;

    /// The media type of metrics (Prometheus text format 0.0.4).
    const METRICS: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

    const JSON: HeaderValue = HeaderValue::from_static("application/json");

    /// What a program serves.
    struct Served {
        begun: Instant,
        capabilities: Vec<(Capability, Vec<Value>)>,
    }

    /// Returns the routes of the control port.
    #[allow(clippy::unnecessary_wraps, reason = "the same signature as without the feature")]
    pub(in crate::program) fn router(pages: &Pages<'_>) -> Option<Router> {
        let adapters = |part: usize| {
            let all = pages.endpoints.iter().zip(pages.addresses).filter(move |(endpoint, _)| endpoint.part == part);
            all.map(|(endpoint, address)| {
                json!({ "type": endpoint.kind.word(), "namespace": endpoint.namespace, "port": address.port() })
            })
        };
        let capabilities = pages.capabilities.iter().enumerate();
        let capabilities = capabilities.map(|(part, capability)| (capability.clone(), adapters(part).collect()));
        let served = Arc::new(Served { begun: Instant::now(), capabilities: capabilities.collect() });
        let (ready, status) = (served.clone(), served);
        let is_ready = move || async move { ready.ready() };
        let is_alive = || async { json_answer(StatusCode::OK, &json!({ "status": "ok" })) };
        let router = Router::new()
            .route("/metrics", get(|| async { answer(StatusCode::OK, METRICS, telemetry::start().text()) }))
            .route("/health", get(is_alive))
            .route("/health/live", get(is_alive))
            .route("/health/ready", get(is_ready.clone()))
            .route("/ready", get(is_ready))
            .route("/status", get(|| async move { json_answer(StatusCode::OK, &status.status()) }));
        let mut guard = guard(pages.callers);
        guard.allow_addresses();
        Some(guarded(router, guard))
    }

    impl Served {
        /// Returns the namespaces of the consumed APIs of a capability.
        fn upstreams(capability: &Capability) -> impl Iterator<Item = &str> {
            capability.document().all_consumes().into_iter().map(|consume| consume.namespace.as_str())
        }

        /// Answers 200 if calls can reach all APIs, or 503 with the reasons: an open circuit breaker, a missing access
        /// token.
        fn ready(&self) -> Response<Body> {
            let mut reasons: Vec<String> = Vec::new();
            for namespace in self.capabilities.iter().flat_map(|(capability, _)| Self::upstreams(capability)) {
                let state = upstream(namespace);
                if state.breaker == Some(true) {
                    reasons.push(format!("the circuit breaker of `{namespace}` is open"));
                }
                if state.without_token {
                    reasons.push(format!("the access token of `{namespace}` cannot be fetched"));
                }
            }
            reasons.dedup();
            if reasons.is_empty() {
                return json_answer(StatusCode::OK, &json!({ "status": "ready" }));
            }
            json_answer(StatusCode::SERVICE_UNAVAILABLE, &json!({ "status": "not ready", "reasons": reasons }))
        }

        fn status(&self) -> Value {
            let of = |(capability, adapters): &(Capability, Vec<Value>)| {
                let upstreams = Self::upstreams(capability).map(|namespace| {
                    let breaker = upstream(namespace).breaker.map(|open| if open { "open" } else { "closed" });
                    json!({ "namespace": namespace, "breaker": breaker })
                });
                json!({
                    "label": capability.document().info.label,
                    "version": capability.document().info.version.as_deref().or(capability.crate_version()),
                    "adapters": adapters,
                    "upstreams": upstreams.collect::<Vec<_>>(),
                })
            };
            let capabilities: Vec<Value> = self.capabilities.iter().map(of).collect();
            json!({ "uptime_seconds": self.begun.elapsed().as_secs(), "capabilities": capabilities })
        }
    }

    fn json_answer(status: StatusCode, body: &Value) -> Response<Body> {
        answer(status, JSON, body.to_string())
    }

    fn answer(status: StatusCode, media_type: HeaderValue, body: String) -> Response<Body> {
        let mut response = Response::new(body.into());
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, media_type);
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
