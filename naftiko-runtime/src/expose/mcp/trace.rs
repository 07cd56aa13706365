//! The trace of an MCP request: in its `_meta`, or in the headers of its HTTP request.

use crate::telemetry::TraceContext;
use http::HeaderMap;
use rmcp::model::RequestMetaObject;

/// Returns the trace of a request. `_meta` takes precedence: proxies change the headers, and a client may send several messages in
/// one trace.
pub(super) fn trace_of(meta: Option<&RequestMetaObject>, headers: Option<&HeaderMap>) -> Option<TraceContext> {
    let in_meta = meta.and_then(|meta| TraceContext::new(meta.get_traceparent()?, meta.get_tracestate()));
    in_meta.or_else(|| TraceContext::of_headers(headers?))
}
