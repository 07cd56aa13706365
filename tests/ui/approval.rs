//! Mistakes in the keys that require the approval of a person: `confirm`, `approval`.

use naftiko::{Result, capability};

/// Has settings that are none.
#[capability(exposes(
    rest(port = 1, confirm = "destructive"),
    mcp(namespace = "one", port = 2, confirm),
    mcp(namespace = "two", port = 3, confirm = "all", approval = "model"),
))]
pub trait Settings {
    /// Reads one.
    #[rest(get = "/things/{id}")]
    async fn read(&self, id: &str) -> Result<String>;
}

/// Confirms in the wrong way.
#[capability(exposes(rest(port = 1), mcp(port = 2)))]
pub trait Tools {
    /// Has a text.
    #[tool(confirm = "yes")]
    async fn text(&self) -> Result<()>;

    /// Has a list.
    #[tool(confirm(true))]
    async fn list(&self) -> Result<()>;

    /// Has no tool.
    #[rest(delete = "/things/{id}")]
    #[tool(skip, confirm)]
    async fn delete(&self, id: &str) -> Result<()>;

    /// Confirms a route.
    #[rest(delete = "/others/{id}", confirm)]
    async fn other(&self, id: &str) -> Result<()>;
}

fn main() {}
