//! Spans of calls and of requests to APIs, if they are recorded (OpenTelemetry).
//!
//! Names follow the semantic conventions for HTTP and MCP. Attribute values are names from the capability (operations, namespaces, tools,
//! path templates), methods, statuses, error types and numbers of retries: never arguments, addresses or data from callers.

use super::{OTHER, TraceContext, method, metrics};
use http::{Extensions, HeaderMap, Method, StatusCode};

#[cfg(not(feature = "otlp"))]
pub(crate) use absent::{OpenSpan, within};
#[cfg(feature = "otlp")]
pub use recorded::trace_with;
#[cfg(feature = "otlp")]
pub(crate) use recorded::{OpenSpan, within};

/// The kind of a span (OpenTelemetry's `SpanKind`).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SpanSide {
    /// A caller's call, which is answered here.
    Server,
    /// A request to an API.
    Client,
}

/// The target of an MCP client's request. An unknown name is recorded as [`OTHER`], because clients can send any name.
#[derive(Clone, Copy)]
pub(crate) enum McpTarget<'n> {
    Tool(&'n str),
    Prompt(&'n str),
    /// Neither a tool nor a prompt.
    None,
}

/// A call from a caller, and the trace for its work: the trace of the call's span or, if no spans are recorded, the caller's trace. A call
/// that is dropped before it ends was cancelled.
pub(crate) struct CallSpan {
    span: Option<OpenSpan>,
    trace: Option<TraceContext>,
}

impl CallSpan {
    fn begin(name: impl FnOnce() -> String, trace: Option<TraceContext>) -> Self {
        let span = OpenSpan::begin(SpanSide::Server, name, trace.as_ref());
        let trace = span.as_ref().map(OpenSpan::context).or(trace);
        Self { span, trace }
    }

    /// Begins the span of a request to a route.
    pub(crate) fn of_route(called: &Method, (route, operation): (&str, &str), headers: &HeaderMap) -> Self {
        let mut call = Self::begin(|| format!("{} {route}", named(called)), TraceContext::of_headers(headers));
        if let Some(span) = &mut call.span {
            span.text("http.request.method", method(called));
            span.text("http.route", route);
            span.text("naftiko.operation", operation);
        }
        call
    }

    /// Begins the span of a request of an MCP client.
    pub(crate) fn of_mcp(called: &'static str, target: McpTarget<'_>, trace: Option<TraceContext>) -> Self {
        let named = match target {
            McpTarget::Tool(name) => Some(("gen_ai.tool.name", name)),
            McpTarget::Prompt(name) => Some(("gen_ai.prompt.name", name)),
            McpTarget::None => None,
        };
        let name = || match named {
            Some((_, name)) if name != OTHER => format!("{called} {name}"),
            _ => called.to_owned(),
        };
        let mut call = Self::begin(name, trace);
        if let Some(span) = &mut call.span {
            span.text("mcp.method.name", called);
            if matches!(target, McpTarget::Tool(_)) {
                span.text("gen_ai.operation.name", "execute_tool");
            }
            if let Some((key, name)) = named {
                span.text(key, name);
            }
        }
        call
    }

    /// Returns the trace context for the work of the call.
    pub(crate) fn trace(&self) -> Option<&TraceContext> {
        self.trace.as_ref()
    }

    /// Adds the trace to the extensions of the answer, as an exemplar for the metrics, if the trace is sampled and metrics are on.
    pub(crate) fn note(&self, answer: &mut Extensions) {
        if let Some(trace) = self.trace.as_ref().filter(|trace| trace.is_sampled() && metrics().is_some()) {
            answer.insert(trace.clone());
        }
    }

    /// Returns whether the call has a span, sampled or not.
    pub(crate) fn is_recorded(&self) -> bool {
        self.span.is_some()
    }

    /// Ends the call with the status of its answer.
    pub(crate) fn answered(mut self, status: StatusCode) {
        if let Some(mut span) = self.span.take() {
            span.status(status);
            // An error of the caller is not an error of the server.
            if status.is_server_error() {
                span.failed(status.as_str());
            }
        }
    }

    /// Ends the call with the type of its error; empty for a success.
    pub(crate) fn ended(mut self, error: &str) {
        if let Some(mut span) = self.span.take().filter(|_| !error.is_empty()) {
            span.failed(error);
        }
    }

    /// Ends the call of an MCP client with the code of a JSON-RPC error.
    pub(crate) fn refused(mut self, code: &str) {
        if let Some(mut span) = self.span.take() {
            span.text("rpc.response.status_code", code);
            span.failed(code);
        }
    }
}

impl Drop for CallSpan {
    fn drop(&mut self) {
        if let Some(span) = &mut self.span {
            span.failed("cancelled");
        }
    }
}

/// Returns the method as it is written in the name of a span: `HTTP` if it is not well-known.
pub(super) fn named(called: &Method) -> &str {
    match method(called) {
        OTHER => "HTTP",
        known => known,
    }
}

#[cfg(not(feature = "otlp"))]
mod absent {
    //! Without the feature `otlp`, there are no spans.

    use super::{SpanSide, StatusCode, TraceContext};

    /// A span that has begun: without the feature, there is none.
    pub(crate) enum OpenSpan {}

    impl OpenSpan {
        pub(crate) fn is_on() -> bool {
            false
        }

        pub(crate) fn begin(_: SpanSide, _: impl FnOnce() -> String, _: Option<&TraceContext>) -> Option<Self> {
            None
        }

        pub(crate) fn text(&mut self, _: &'static str, _: &str) {
            match *self {}
        }

        pub(crate) fn number(&mut self, _: &'static str, _: u32) {
            match *self {}
        }

        pub(crate) fn status(&mut self, _: StatusCode) {
            match *self {}
        }

        pub(crate) fn failed(&mut self, _: &str) {
            match *self {}
        }

        pub(crate) fn context(&self) -> TraceContext {
            match *self {}
        }
    }

    /// Returns the future unchanged.
    pub(crate) fn within<F>(_: Option<&TraceContext>, future: F) -> F {
        future
    }
}

#[cfg(feature = "otlp")]
mod recorded {
    //! Spans recorded with the OpenTelemetry API.

    use super::{SpanSide, StatusCode, TraceContext};
    use crate::error::{Error, Result};
    use opentelemetry::global::{BoxedSpan, BoxedTracer};
    use opentelemetry::trace::{
        Span, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId, TraceState,
        Tracer,
    };
    use opentelemetry::{Context, KeyValue};
    use pin_project_lite::pin_project;
    use std::pin::Pin;
    use std::sync::OnceLock;
    use std::task::Poll;

    /// The tracer that records the spans of the process.
    static TRACER: OnceLock<BoxedTracer> = OnceLock::new();

    /// Records spans with an OpenTelemetry tracer from now on: one for each call of a caller, and one for each request to an API. This is
    /// for capabilities that are embedded in a program with its own tracer provider; [`run`](crate::run) exports spans itself.
    ///
    /// The span of a call belongs to the trace of its caller (W3C Trace Context); a request to an API belongs to the call, or else to the
    /// current span of the task.
    ///
    /// ```
    /// # use naftiko_runtime as naftiko;
    /// # fn main() -> naftiko::Result<()> {
    /// naftiko::trace_with(opentelemetry::global::tracer("naftiko"))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns an error if spans are recorded already.
    pub fn trace_with<S, T>(tracer: T) -> Result<()>
    where
        S: Span + Send + Sync + 'static,
        T: Tracer<Span = S> + Send + Sync + 'static,
    {
        let tracer = BoxedTracer::new(Box::new(tracer));
        TRACER.set(tracer).map_err(|_| Error::configuration("spans are recorded already, with another tracer"))
    }

    /// A span that has begun. It ends when it is dropped.
    pub(crate) struct OpenSpan(BoxedSpan);

    impl OpenSpan {
        /// Returns whether spans are recorded.
        pub(crate) fn is_on() -> bool {
            TRACER.get().is_some()
        }

        /// Begins a span; `None` if no spans are recorded. Without a parent, the span belongs to the current span of the task.
        pub(crate) fn begin(
            side: SpanSide,
            name: impl FnOnce() -> String,
            parent: Option<&TraceContext>,
        ) -> Option<Self> {
            let tracer = TRACER.get()?;
            let parent = match parent.and_then(|parent| of_trace(parent, side == SpanSide::Server)) {
                Some(parent) => Context::new().with_remote_span_context(parent),
                None => Context::current(),
            };
            let kind = if side == SpanSide::Server { SpanKind::Server } else { SpanKind::Client };
            let builder = SpanBuilder::from_name(name()).with_kind(kind);
            Some(Self(tracer.build_with_context(builder, &parent)))
        }

        /// Adds an attribute.
        pub(crate) fn text(&mut self, key: &'static str, value: &str) {
            if self.0.is_recording() {
                self.0.set_attribute(KeyValue::new(key, value.to_owned()));
            }
        }

        /// Adds an attribute that is a number.
        pub(crate) fn number(&mut self, key: &'static str, value: u32) {
            self.0.set_attribute(KeyValue::new(key, i64::from(value)));
        }

        /// Adds the status of the answer.
        pub(crate) fn status(&mut self, status: StatusCode) {
            self.number("http.response.status_code", status.as_u16().into());
        }

        /// Marks the span as failed, with the type of the error.
        pub(crate) fn failed(&mut self, error: &str) {
            self.text("error.type", error);
            self.0.set_status(Status::error(""));
        }

        /// Returns the trace context for work within the span.
        pub(crate) fn context(&self) -> TraceContext {
            let context = self.0.span_context();
            let (trace, span, flags) = (context.trace_id(), context.span_id(), context.trace_flags().to_u8());
            TraceContext::of_span(format!("00-{trace}-{span}-{flags:02x}"), &context.trace_state().header())
        }
    }

    /// Converts a trace to the context of its span; `None` if an ID is not valid.
    fn of_trace(trace: &TraceContext, is_remote: bool) -> Option<SpanContext> {
        let id = TraceId::from_hex(trace.trace_id()).ok()?;
        let span = SpanId::from_hex(trace.span_id()).ok()?;
        let state = trace.state().and_then(|state| state.parse::<TraceState>().ok()).unwrap_or_default();
        Some(SpanContext::new(id, span, TraceFlags::new(trace.flags()), is_remote, state))
    }

    pin_project! {
        /// A future that runs in the span of a call.
        pub(crate) struct WithinSpan<F> {
            context: Option<Context>,
            #[pin]
            future: F,
        }
    }

    /// Runs a future in a trace: spans without a parent of their own belong to the trace.
    pub(crate) fn within<F>(trace: Option<&TraceContext>, future: F) -> WithinSpan<F> {
        let context = trace.filter(|_| OpenSpan::is_on()).and_then(|trace| of_trace(trace, false));
        WithinSpan { context: context.map(|context| Context::current().with_remote_span_context(context)), future }
    }

    impl<F: Future> Future for WithinSpan<F> {
        type Output = F::Output;

        fn poll(self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<F::Output> {
            let this = self.project();
            let _current = this.context.clone().map(Context::attach);
            this.future.poll(cx)
        }
    }
}
