//! Requests to APIs: the call that each belongs to, and how long each takes.

use super::spans::{OpenSpan, SpanSide, named};
use super::{TraceContext, method, metrics};
use http::{Extensions, Method, StatusCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;
use tokio::time::Instant;

/// An extension of a request to an API while metrics or spans are recorded: the call that the request belongs to.
#[derive(Clone)]
pub(crate) struct SentFor(Arc<CallNames>);

/// The names of a call, and its deadline.
#[derive(Clone)]
struct CallNames {
    operation: Box<str>,
    upstream: Box<str>,
    /// The path, with the names of arguments in place of values.
    template: Option<Arc<str>>,
    deadline: Instant,
    /// The number of requests so far.
    requests: Arc<AtomicU32>,
}

impl SentFor {
    /// Adds to a request the operation, the namespace of the API and the template of the path, if metrics or spans are recorded.
    pub(crate) fn note(
        extensions: &mut Extensions,
        (operation, upstream): (&str, &str),
        template: Option<&Arc<str>>,
        deadline: Instant,
    ) {
        if metrics().is_some() || OpenSpan::is_on() {
            extensions.insert(Self(Arc::new(CallNames {
                operation: operation.into(),
                upstream: upstream.into(),
                template: template.cloned(),
                deadline,
                requests: Arc::default(),
            })));
        }
    }

    /// Returns the call that a request belongs to, if it is known.
    pub(crate) fn of(extensions: &Extensions) -> Option<Self> {
        extensions.get().cloned()
    }

    /// Shortens the time limit of a request.
    pub(crate) fn limit(extensions: &mut Extensions, limit: Duration) {
        if let Some(sent) = extensions.get_mut::<Self>()
            && let Some(end) = Instant::now().checked_add(limit)
        {
            let names = Arc::make_mut(&mut sent.0);
            names.deadline = names.deadline.min(end);
        }
    }

    /// Begins the span of one request.
    fn span(&self, called: &Method, parent: Option<&TraceContext>) -> Option<OpenSpan> {
        let CallNames { operation, upstream, template, requests, .. } = &*self.0;
        let name = || match template {
            Some(template) => format!("{} {template}", named(called)),
            None => named(called).to_owned(),
        };
        let mut span = OpenSpan::begin(SpanSide::Client, name, parent)?;
        span.text("http.request.method", method(called));
        if let Some(template) = template {
            span.text("url.template", template);
        }
        span.text("naftiko.operation", operation);
        span.text("naftiko.upstream", upstream);
        let earlier = requests.fetch_add(1, Relaxed);
        if earlier > 0 {
            span.number("http.request.resend_count", earlier);
        }
        Some(span)
    }

    /// Counts a retry.
    pub(crate) fn retry(extensions: &Extensions) {
        if let Some((metrics, sent)) = metrics().zip(extensions.get::<Self>()) {
            metrics.retries.of(&[&sent.0.operation, &sent.0.upstream]).add();
        }
    }

    /// Counts a retry that is not made, because the retry budget of the API is used up.
    pub(crate) fn refused_retry(extensions: &Extensions) {
        if let Some((metrics, sent)) = metrics().zip(extensions.get::<Self>()) {
            metrics.refused_retries.of(&[&sent.0.operation, &sent.0.upstream]).add();
        }
    }

    /// Counts a second request that is sent because the first request of the attempt is slow.
    pub(crate) fn hedge(extensions: &Extensions) {
        if let Some((metrics, sent)) = metrics().zip(extensions.get::<Self>()) {
            metrics.hedges.of(&[&sent.0.operation, &sent.0.upstream]).add();
        }
    }

    /// Counts a call that looked for a cached answer. `result` is a label value, such as `hit`.
    pub(crate) fn cache(extensions: &Extensions, result: &'static str) {
        if let Some((metrics, sent)) = metrics().zip(extensions.get::<Self>()) {
            metrics.cache.of(&[&sent.0.operation, &sent.0.upstream, result]).add();
        }
    }
}

/// A timer of one request to an API. A request that is dropped before its answer begins is counted too.
pub(crate) struct RequestTimer {
    sent: SentFor,
    method: Method,
    begun: Instant,
    ended: bool,
    span: Option<OpenSpan>,
    /// The trace that the request belongs to.
    trace: Option<TraceContext>,
}

impl RequestTimer {
    /// Begins to measure a request, and begins its span; `None` if nothing is recorded, or the request belongs to no call.
    pub(crate) fn begin(method: &Method, extensions: &Extensions) -> Option<Box<Self>> {
        let sent = SentFor::of(extensions)?;
        let trace = TraceContext::of(extensions);
        let span = sent.span(method, trace);
        let trace = span.as_ref().map(OpenSpan::context).or_else(|| trace.cloned());
        Some(Box::new(Self { sent, method: method.clone(), begun: Instant::now(), ended: false, span, trace }))
    }

    /// Counts the request, with its status or the type of its failure.
    pub(crate) fn end(mut self, result: Result<StatusCode, &'static str>) {
        self.ended = true;
        self.observe(result);
    }

    /// Returns the trace of the request, if its span is recorded.
    pub(crate) fn trace(&self) -> Option<TraceContext> {
        self.trace.clone().filter(|_| self.span.is_some())
    }

    fn observe(&mut self, result: Result<StatusCode, &'static str>) {
        let status = result.as_ref().map_or("", StatusCode::as_str);
        let is_error = result.is_ok_and(|status| status.is_client_error() || status.is_server_error());
        let error = result.err().unwrap_or(if is_error { status } else { "" });
        if let Some(mut span) = self.span.take() {
            if let Ok(status) = result {
                span.status(status);
            }
            if !error.is_empty() {
                span.failed(error);
            }
        }
        let Some(metrics) = metrics() else { return };
        let CallNames { operation, upstream, .. } = &*self.sent.0;
        let labels = [operation, upstream, method(&self.method), status, error];
        metrics.http_client.observe(&labels, self.begun.elapsed(), self.trace.as_ref());
    }
}

impl Drop for RequestTimer {
    fn drop(&mut self) {
        if !self.ended {
            self.observe(Err(if self.sent.0.deadline <= Instant::now() { "timeout" } else { "cancelled" }));
        }
    }
}
