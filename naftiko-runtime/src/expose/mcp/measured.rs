//! Measures the requests of MCP clients, if metrics are on.

use super::tools::McpAdapter;
use crate::telemetry::{OTHER, Stopwatch, metrics};
use rmcp::ErrorData;
use rmcp::model::{CallToolRequestMethod, CallToolResponse, ConstString};

/// The error type of a tool whose result is an error (semantic conventions for MCP).
const TOOL_ERROR: &str = "tool_error";

/// A tool call that is being measured.
pub(super) struct MeasuredCall {
    tool: String,
    watch: Stopwatch,
}

impl MeasuredCall {
    /// Begins to measure a call, if metrics are on.
    pub(super) fn begin(table: &McpAdapter, tool: &str) -> Option<Self> {
        let watch = Stopwatch::start()?;
        // A client can send any unknown name, so unknown tools share one label: labels must not grow without limit.
        let tool = table.get(tool).map_or(OTHER, |entry| &*entry.tool.name).to_owned();
        Some(Self { tool, watch })
    }

    /// Ends the measurement; `is_error` is whether the result of the tool is an error.
    pub(super) fn end(self, is_error: bool) {
        self.ended(if is_error { TOOL_ERROR } else { "" });
    }

    /// Ends the measurement with the answer of the handler.
    pub(super) fn answered(self, answer: &Result<CallToolResponse, ErrorData>) {
        match answer {
            Ok(CallToolResponse::Complete(result)) => self.end(result.is_error == Some(true)),
            Ok(_) => self.end(false),
            Err(error) => self.ended(&error.code.0.to_string()),
        }
    }

    fn ended(&self, error: &str) {
        if let Some(metrics) = metrics() {
            metrics.mcp(CallToolRequestMethod::VALUE, &self.tool, error, &self.watch);
        }
    }
}

/// Ends the measurement of a request other than a tool call, and returns its answer.
pub(super) fn measured<T>(
    method: &'static str,
    watch: Option<Stopwatch>,
    answer: Result<T, ErrorData>,
) -> Result<T, ErrorData> {
    if let Some((metrics, watch)) = metrics().zip(watch) {
        let error = answer.as_ref().err().map_or_else(String::new, |error| error.code.0.to_string());
        metrics.mcp(method, "", &error, &watch);
    }
    answer
}
