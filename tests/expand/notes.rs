//! A capability without an API: every implementation does the work itself. No client is generated.

use naftiko::{Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A note.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// Its text.
    pub text: String,
}

/// Keeps notes.
#[capability(exposes(
    rest(port = 8080),
    mcp(
        port = 9090,
        resources(guide(uri = "docs://guide", location = "docs/guide", description = "How to take notes."))
    )
))]
pub(crate) trait Notes: std::fmt::Debug {
    /// Writes a note down.
    #[rest(post = "/notes", status = 201)]
    async fn write(&self, text: String, tags: &[String], pinned: Option<bool>) -> Result<Note>;

    /// Finds notes.
    #[rest(get = "/notes")]
    #[tool(name = "find-notes", label = "Find notes", hints(open_world = false))]
    async fn find(&self, word: &str, limit: Option<u32>) -> Result<Vec<Note>>;

    /// Reads a note again.
    #[cfg(test)]
    #[tool]
    async fn again(&self, r#type: Option<&str>, note: Option<&Note>) -> Result<Option<Note>>;
}
