//! The trace of an MCP request: in its `_meta`, or in the headers of its HTTP request.

use crate::telemetry::TraceContext;
use http::HeaderMap;
use http::request::Parts;
use rmcp::RoleServer;
use rmcp::model::RequestMetaObject;
use rmcp::service::RequestContext;

/// Returns the trace of a request. `_meta` takes precedence: it belongs to the message itself, and proxies change the headers.
pub(super) fn trace_of(meta: Option<&RequestMetaObject>, headers: Option<&HeaderMap>) -> Option<TraceContext> {
    let in_meta = meta.and_then(|meta| TraceContext::of_caller(meta.get_traceparent()?, meta.get_tracestate()));
    in_meta.or_else(|| TraceContext::of_headers(headers?))
}

/// Returns the trace of a request that rmcp has parsed: the trace of its span, or else the trace that the client sent.
pub(super) fn trace_of_context(context: &RequestContext<RoleServer>) -> Option<TraceContext> {
    let of_client = || trace_of(Some(&context.meta), context.extensions.get::<Parts>().map(|head| &head.headers));
    context.extensions.get::<TraceContext>().cloned().or_else(of_client)
}
