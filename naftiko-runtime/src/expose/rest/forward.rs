//! Routes that forward requests unchanged.

use super::body_error::too_late;
use super::segment::{MAX_PLACEHOLDERS, encoded};
use super::{forward_body, problem};
use crate::error::{ErrorKind, Result};
use crate::limits::{Limits, OperationLimiter};
use crate::operation::{Capability, Forwarded, call};
use crate::operation::{ForwardAnswer, ForwardRequest};
use crate::telemetry::{CallSpan, TraceContext};
use axum::Router;
use axum::body::Body;
use axum::extract::{OriginalUri, Request};
use axum::routing::any_service;
use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, Response, StatusCode};
use std::convert::Infallible;
use std::sync::Arc;
use tower::service_fn;

/// The methods that are forwarded.
const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];

/// The maximum number of path segments after a prefix, if another route has a placeholder directly after that prefix.
const MAX_SEGMENTS: usize = MAX_PLACEHOLDERS;

/// One forward route.
struct ForwardHandler {
    forwarded: Forwarded,
    limits: Limits,
    limiter: Arc<OperationLimiter>,
    /// The number of segments of the route's prefix.
    segments: usize,
}

/// Adds the forward routes of an adapter. `shapes` are the paths of existing routes, which take precedence, with `{}` for each
/// placeholder.
pub(super) fn mount<S: Clone + Send + Sync + 'static>(
    mut router: Router<S>,
    capability: &Capability,
    expose: usize,
    mut shapes: Vec<String>,
) -> Router<S> {
    for forwarded in capability.forwards().iter().filter(|forwarded| forwarded.expose == expose) {
        let prefix = prefix(&forwarded.prefix);
        let segments = prefix.matches('/').count();
        let (limits, limiter) = (capability.limits().clone(), capability.limiter().clone());
        let handler = Arc::new(ForwardHandler { forwarded: forwarded.clone(), limits, limiter, segments });
        let service = service_fn(move |request: Request| {
            let handler = handler.clone();
            async move { Ok::<_, Infallible>(handler.answer(request).await) }
        });
        let mut paths = vec![prefix.clone(), format!("{prefix}/")];
        // axum does not accept a placeholder beside a catch-all.
        let beside = format!("{prefix}/{{}}");
        if shapes.iter().any(|shape| shape.starts_with(&beside)) {
            let mut below = prefix;
            for _ in 0..MAX_SEGMENTS {
                below.push_str("/{}");
                paths.extend([below.clone(), format!("{below}/")]);
            }
        } else {
            paths.push(format!("{prefix}/{{*path}}"));
        }
        for shape in paths {
            if shape.is_empty() || shapes.contains(&shape) {
                continue;
            }
            router = router.route(&with_named_placeholders(&shape), any_service(service.clone()));
            shapes.push(shape);
        }
    }
    router
}

/// Names each placeholder of a shape, as axum requires.
pub(super) fn with_named_placeholders(shape: &str) -> String {
    let mut number = 0;
    let segments = shape.split('/').map(|segment| {
        number += 1;
        if segment == "{}" { format!("{{s{number}}}") } else { segment.to_owned() }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// Returns a prefix for axum: its literal segments up to the first placeholder or `*`, without a trailing slash.
fn prefix(declared: &str) -> String {
    let segments = declared.split('/').filter(|segment| !segment.is_empty());
    let literal = segments.take_while(|segment| !segment.contains(['{', '}']) && *segment != "*");
    literal.flat_map(|segment| ["/".to_owned(), encoded(segment)]).collect()
}

impl ForwardHandler {
    async fn answer(&self, request: Request) -> Response<Body> {
        if !METHODS.contains(request.method()) {
            let mut response = problem::plain(StatusCode::METHOD_NOT_ALLOWED, "this method is not forwarded");
            let allowed = HeaderValue::from_static("GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS");
            response.headers_mut().insert(ALLOW, allowed);
            return response;
        }
        let is_head = request.method() == Method::HEAD;
        let names = (&*self.forwarded.prefix, &*self.forwarded.prefix);
        let span = CallSpan::of_route(request.method(), names, request.headers());
        let trace = span.trace().cloned();
        let mut response = match self.forward(request, trace.clone()).await {
            Ok(answer) => success(answer, is_head),
            Err(error) => {
                call::log_in_trace(&self.forwarded.prefix, &error, trace.as_ref());
                problem::of_error(&error)
            }
        };
        let (status, trace_id) = (response.status().as_u16(), trace.as_ref().map(TraceContext::trace_id));
        tracing::debug!(forward = self.forwarded.prefix, trace_id, status, "answered");
        span.note(response.extensions_mut());
        span.answered(response.status());
        response
    }

    async fn forward(&self, request: Request, trace: Option<TraceContext>) -> Result<ForwardAnswer> {
        let (parts, body) = request.into_parts();
        let needs_whole = self.forwarded.forward.needs_whole_body();
        let (body, arrival) = forward_body::read(&parts.headers, body, &self.limits, needs_whole).await?;
        let path = parts.uri.path();
        let below = path.match_indices('/').nth(self.segments).and_then(|(at, _)| path.get(at..)).unwrap_or_default();
        let whole = parts.extensions.get::<OriginalUri>().map_or(path, |original| original.path());
        let request = ForwardRequest {
            method: parts.method,
            prefix: whole.strip_suffix(below).unwrap_or_default().to_owned(),
            path: below.to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers: parts.headers,
            body,
            trace,
            call_budget: self.limiter.admit()?,
        };
        let answer = self.forwarded.forward.forward(request).await;
        answer.map_err(|error| if error.kind() == ErrorKind::Timeout && arrival.is_late() { too_late() } else { error })
    }
}

/// Returns the answer of the upstream as a response. `is_head` is whether the request is HEAD.
fn success(answer: ForwardAnswer, is_head: bool) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    if is_head {
        // A body of unknown length has no Content-Length; the length of an empty body would be wrong.
        *response.body_mut() = Body::from_stream(futures_util::stream::empty::<Result<Bytes>>());
    }
    if let Some(media) = answer.media {
        let headers = response.headers_mut();
        if let Ok(content_type) = HeaderValue::from_str(media.content_type()) {
            headers.insert(CONTENT_TYPE, content_type);
        }
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        *response.body_mut() = media.into_body().into_body().map_or_else(Body::new, Body::from);
    }
    response
}
