//! What a program measures: metrics and their text for Prometheus, the traces of calls, and spans.
//!
//! Nothing is counted until a control port calls [`start`]: until then, and always without the feature `telemetry`, [`metrics`]
//! returns `None`. Names follow the semantic conventions of OpenTelemetry, as Prometheus spells them; others begin with `naftiko_`.
//! The values of labels are names from the capability (operations, namespaces, tools, routes), known methods, statuses and types of errors:
//! never data from callers.

#![cfg_attr(
    not(all(feature = "telemetry", feature = "mcp")),
    allow(dead_code, unused_imports, reason = "without the control port, nothing reads the metrics")
)]

mod family;
mod sent;
mod spans;
mod timer;
mod trace_context;
mod upstreams;

pub(crate) use family::MetricsFormat;
use family::{Counter, Family, Gauge, Histogram};
use http::Method;
pub(crate) use sent::{RequestTimer, SentFor};
#[cfg(feature = "otlp")]
pub use spans::trace_with;
pub(crate) use spans::{CallSpan, McpTarget, within};
use std::sync::OnceLock;
pub(crate) use timer::{InFlight, Stopwatch};
pub(crate) use trace_context::TraceContext;
pub(crate) use upstreams::{
    BreakerState, CredentialState, SecretState, note_token, unreadable_secrets, upstream, watch_breaker, watch_secrets,
};

/// The label value for values that are not well-known.
pub(crate) const OTHER: &str = "_OTHER";

/// The upper bounds of the buckets for HTTP requests (semantic conventions for HTTP metrics), in seconds.
const HTTP_BUCKETS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// The upper bounds of the buckets for MCP operations (semantic conventions for MCP), in seconds.
const MCP_BUCKETS: [f64; 14] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];

static METRICS: OnceLock<Metrics> = OnceLock::new();

/// All metrics of the process.
pub(crate) struct Metrics {
    http_server: Family<Histogram>,
    http_client: Family<Histogram>,
    mcp_server: Family<Histogram>,
    in_flight: Family<Gauge>,
    retries: Family<Counter>,
    refused_retries: Family<Counter>,
    hedges: Family<Counter>,
    fallbacks: Family<Counter>,
    cache: Family<Counter>,
    refused: Family<Counter>,
}

/// Starts counting, and returns the metrics.
pub(crate) fn start() -> &'static Metrics {
    METRICS.get_or_init(Metrics::new)
}

/// Returns the metrics; `None` if [`start`] has not been called.
pub(crate) fn metrics() -> Option<&'static Metrics> {
    if cfg!(feature = "telemetry") { METRICS.get() } else { None }
}

/// Counts a call that is refused before anything is sent: by a limit on calls of `upstream` or, if that is empty, by a limit of the
/// program.
pub(crate) fn refused(reason: &'static str, upstream: &str) {
    if let Some(metrics) = metrics() {
        metrics.refused.of(&[reason, upstream]).add();
    }
}

/// Counts a read that failed and called its fallback.
pub(crate) fn fallback(operation: &str, result: &'static str) {
    if let Some(metrics) = metrics() {
        metrics.fallbacks.of(&[operation, result]).add();
    }
}

/// Returns the label value of a method: its name if it is well-known, otherwise [`OTHER`].
pub(crate) fn method(method: &Method) -> &str {
    match method.as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "TRACE" | "CONNECT") => known,
        _ => OTHER,
    }
}

impl Metrics {
    fn new() -> Self {
        Self {
            http_server: Family::timed(
                "http_server_request_duration_seconds",
                "Time from receiving a request at the REST adapter until its answer begins.",
                &["http_request_method", "http_route", "http_response_status_code"],
                &HTTP_BUCKETS,
            ),
            http_client: Family::timed(
                "http_client_request_duration_seconds",
                "Time from sending a request to an API until its answer begins; each attempt of a call is one request.",
                &[
                    "naftiko_operation",
                    "naftiko_upstream",
                    "http_request_method",
                    "http_response_status_code",
                    "error_type",
                ],
                &HTTP_BUCKETS,
            ),
            mcp_server: Family::timed(
                "mcp_server_operation_duration_seconds",
                "Time from receiving a request of an MCP client until its answer begins.",
                &["mcp_method_name", "gen_ai_tool_name", "error_type"],
                &MCP_BUCKETS,
            ),
            in_flight: Family::new(
                "naftiko_operations_in_flight",
                "Operations that are running.",
                &["naftiko_operation"],
            ),
            retries: Family::new(
                "naftiko_retries_total",
                "Attempts of calls after the first one.",
                &["naftiko_operation", "naftiko_upstream"],
            ),
            refused_retries: Family::new(
                "naftiko_refused_retries_total",
                "Attempts that were not made, because the retry budget of the API was used up.",
                &["naftiko_operation", "naftiko_upstream"],
            ),
            hedges: Family::new(
                "naftiko_hedges_total",
                "Second requests that were sent because the first one was slow.",
                &["naftiko_operation", "naftiko_upstream"],
            ),
            fallbacks: Family::new(
                "naftiko_fallbacks_total",
                "Reads that failed and called their fallback, by the result of the fallback.",
                &["naftiko_operation", "result"],
            ),
            cache: Family::new(
                "naftiko_cache_total",
                "Calls that looked for a cached answer, by result; a call that joins another one is also a miss.",
                &["naftiko_operation", "naftiko_upstream", "result"],
            ),
            refused: Family::new(
                "naftiko_refused_total",
                "Calls that were refused before anything was sent, by reason.",
                &["reason", "naftiko_upstream"],
            ),
        }
    }

    /// Returns all metrics as text.
    pub(crate) fn text(&self, format: MetricsFormat) -> String {
        let mut text = String::new();
        self.http_server.write(format, &mut text);
        self.http_client.write(format, &mut text);
        self.mcp_server.write(format, &mut text);
        self.in_flight.write(format, &mut text);
        self.retries.write(format, &mut text);
        self.refused_retries.write(format, &mut text);
        self.hedges.write(format, &mut text);
        self.fallbacks.write(format, &mut text);
        self.cache.write(format, &mut text);
        self.refused.write(format, &mut text);
        let breakers: Family<Gauge> = Family::new(
            "naftiko_breaker_open",
            "1 while the circuit breaker of an API refuses calls, otherwise 0.",
            &["naftiko_upstream"],
        );
        for (namespace, open) in upstreams::breakers() {
            breakers.of(&[&namespace]).raise_to(open.into());
        }
        breakers.write(format, &mut text);
        if format == MetricsFormat::OpenMetrics {
            text.push_str("# EOF\n");
        }
        text
    }

    /// Counts an answer of the REST adapter. `route` is empty if the path does not match a route of the adapter.
    pub(crate) fn answered(
        &self,
        (method, route): (&str, &str),
        status: http::StatusCode,
        watch: &Stopwatch,
        trace: Option<&TraceContext>,
    ) {
        self.http_server.observe(&[method, route, status.as_str()], watch.elapsed(), trace);
    }

    /// Counts an answer to an MCP client. `tool` and `error` are empty if the request calls no tool or does not fail.
    pub(crate) fn mcp(
        &self,
        (method, tool): (&str, &str),
        error: &str,
        watch: &Stopwatch,
        trace: Option<&TraceContext>,
    ) {
        self.mcp_server.observe(&[method, tool, error], watch.elapsed(), trace);
    }
}

#[cfg(test)]
mod tests;
