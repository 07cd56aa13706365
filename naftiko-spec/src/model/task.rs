//! Calls of tools that run as tasks, so that callers can fetch the result later.

use serde::{Deserialize, Serialize};

/// Whether the calls of a tool run as tasks (MCP 2025-11-25, `ToolExecution`; later SEP-2663).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskSupport {
    /// Calls of clients that support tasks run as tasks; other clients wait for the answer.
    Optional,
    /// All calls run as tasks; clients that do not support tasks cannot call the tool.
    Required,
}

impl TaskSupport {
    /// The words of documents and attributes, each with its meaning.
    pub const WORDS: [(&'static str, Self); 2] = [("optional", Self::Optional), ("required", Self::Required)];
}
