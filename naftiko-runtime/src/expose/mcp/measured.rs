//! Measures the requests of MCP clients, and records their spans.

use super::tasks::ToolResponse;
use super::tools::ToolEntry;
use super::trace::trace_of_context;
use crate::telemetry::{CallSpan, McpTarget, OTHER, Stopwatch, TraceContext, metrics};
use rmcp::model::{CallToolRequestMethod, ConstString};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

/// The error type of a tool whose result is an error (semantic conventions for MCP).
const TOOL_ERROR: &str = "tool_error";

/// A tool call that is being measured.
pub(super) struct MeasuredCall {
    tool: String,
    watch: Option<Stopwatch>,
    span: CallSpan,
}

impl MeasuredCall {
    /// Begins to measure the call of a tool, or of an unknown one (`None`), and begins its span in the trace of the client.
    pub(super) fn begin(tool: Option<&ToolEntry>, trace: Option<TraceContext>) -> Self {
        let watch = Stopwatch::start();
        // A client can send any unknown name, so unknown tools share one label: labels must not grow without limit.
        let tool = tool.map_or(OTHER, |entry| &*entry.tool.name);
        let span = CallSpan::of_mcp(CallToolRequestMethod::VALUE, McpTarget::Tool(tool), trace);
        let tool = if watch.is_some() { tool.to_owned() } else { String::new() };
        Self { tool, watch, span }
    }

    /// Returns the trace that the work of the call belongs to.
    pub(super) fn trace(&self) -> Option<&TraceContext> {
        self.span.trace()
    }

    /// Ends the measurement; `is_error` is whether the result of the tool is an error.
    pub(super) fn end(mut self, is_error: bool) {
        let error = if is_error { TOOL_ERROR } else { "" };
        self.count(error);
        self.span.ended(error);
    }

    /// Ends the measurement with the answer of the handler. The measurement of a call that runs as a task ends once the task has begun.
    pub(super) fn end_with(mut self, answer: &Result<ToolResponse, ErrorData>) {
        match answer {
            Ok(ToolResponse::Result(result)) => self.end(result.is_error == Some(true)),
            Ok(_) => self.end(false),
            Err(error) => {
                let code = error.code.0.to_string();
                self.count(&code);
                self.span.refused(&code);
            }
        }
    }

    fn count(&mut self, error: &str) {
        if let Some((metrics, watch)) = metrics().zip(self.watch.take()) {
            metrics.mcp((CallToolRequestMethod::VALUE, &self.tool), error, &watch, self.span.trace());
        }
    }
}

/// Begins the span of a request other than a tool call. The work of the request belongs to this span.
pub(super) fn begin_span(
    method: &'static str,
    target: McpTarget<'_>,
    context: &mut RequestContext<RoleServer>,
) -> CallSpan {
    let span = CallSpan::of_mcp(method, target, trace_of_context(context));
    note_trace(span.trace(), context);
    span
}

/// Stores the trace that the work of a request belongs to, for [`trace_of_context`].
pub(super) fn note_trace(trace: Option<&TraceContext>, context: &mut RequestContext<RoleServer>) {
    if let Some(trace) = trace {
        context.extensions.insert(trace.clone());
    }
}

/// Ends the span of a request with its answer, and returns the answer.
pub(super) fn end_span<T>(span: CallSpan, answer: Result<T, ErrorData>) -> Result<T, ErrorData> {
    if span.is_recorded() {
        match &answer {
            Ok(_) => span.ended(""),
            Err(error) => span.refused(&error.code.0.to_string()),
        }
    }
    answer
}

/// Ends the measurement of a request other than a tool call, and returns its answer.
pub(super) fn measured<T>(
    method: &'static str,
    watch: Option<Stopwatch>,
    trace: Option<&TraceContext>,
    answer: Result<T, ErrorData>,
) -> Result<T, ErrorData> {
    if let Some((metrics, watch)) = metrics().zip(watch) {
        let error = answer.as_ref().err().map_or_else(String::new, |error| error.code.0.to_string());
        metrics.mcp((method, ""), &error, &watch, trace);
    }
    answer
}
