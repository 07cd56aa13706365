//! Requests to APIs: the call that each belongs to, and how long each takes.

use super::{method, metrics};
use http::{Extensions, Method, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// An extension of a request while metrics are on: the call that it belongs to.
#[derive(Clone)]
pub(crate) struct SentFor(Arc<CallNames>);

/// The names of a call, and its deadline.
#[derive(Clone)]
struct CallNames {
    operation: Box<str>,
    upstream: Box<str>,
    deadline: Instant,
}

impl SentFor {
    /// Notes in a request the operation and the namespace of the API, if metrics are on.
    pub(crate) fn note(extensions: &mut Extensions, (operation, upstream): (&str, &str), deadline: Instant) {
        if metrics().is_some() {
            extensions.insert(Self(Arc::new(CallNames {
                operation: operation.into(),
                upstream: upstream.into(),
                deadline,
            })));
        }
    }

    /// Returns the note of a request.
    pub(crate) fn of(extensions: &Extensions) -> Option<Self> {
        metrics().and_then(|_| extensions.get().cloned())
    }

    /// Shortens the time limit of a request.
    pub(crate) fn limit(extensions: &mut Extensions, limit: Duration) {
        if metrics().is_some()
            && let Some(sent) = extensions.get_mut::<Self>()
            && let Some(end) = Instant::now().checked_add(limit)
        {
            let names = Arc::make_mut(&mut sent.0);
            names.deadline = names.deadline.min(end);
        }
    }

    /// Counts a retry.
    pub(crate) fn retry(extensions: &Extensions) {
        if let Some((metrics, sent)) = metrics().zip(extensions.get::<Self>()) {
            metrics.retries.of(&[&sent.0.operation, &sent.0.upstream]).add();
        }
    }

    /// Counts a call that looked for a stored answer.
    pub(crate) fn cache(extensions: &Extensions, result: &'static str) {
        if let Some((metrics, sent)) = metrics().zip(extensions.get::<Self>()) {
            metrics.cache.of(&[&sent.0.operation, &sent.0.upstream, result]).add();
        }
    }
}

/// Measures one request to an API. A request that is dropped before its answer begins is counted too.
pub(crate) struct RequestTimer {
    sent: SentFor,
    method: Method,
    begun: Instant,
    ended: bool,
}

impl RequestTimer {
    /// Begins to measure a request; `None` if metrics are off, or the request belongs to no call.
    pub(crate) fn begin(method: &Method, extensions: &Extensions) -> Option<Box<Self>> {
        let (sent, method) = (SentFor::of(extensions)?, method.clone());
        Some(Box::new(Self { sent, method, begun: Instant::now(), ended: false }))
    }

    /// Counts the request, with its status or the type of its failure.
    pub(crate) fn end(mut self, result: Result<StatusCode, &'static str>) {
        self.ended = true;
        self.observe(result);
    }

    fn observe(&self, result: Result<StatusCode, &'static str>) {
        let Some(metrics) = metrics() else { return };
        let status = result.as_ref().map_or("", StatusCode::as_str);
        let is_error = result.is_ok_and(|status| status.is_client_error() || status.is_server_error());
        let error = result.err().unwrap_or(if is_error { status } else { "" });
        let CallNames { operation, upstream, .. } = &*self.sent.0;
        metrics.http_client.observe(&[operation, upstream, method(&self.method), status, error], self.begun.elapsed());
    }
}

impl Drop for RequestTimer {
    fn drop(&mut self) {
        if !self.ended {
            self.observe(Err(if self.sent.0.deadline <= Instant::now() { "timeout" } else { "cancelled" }));
        }
    }
}
