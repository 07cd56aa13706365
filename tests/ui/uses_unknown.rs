//! A capability that is built on a trait that does not exist.

use naftiko::{Result, capability};

/// Keeps notes.
#[capability(consumes(namespace = "notes", base_uri = "https://notes.example"))]
pub trait Notes {
    /// Lists notes.
    #[get("/notes")]
    async fn list(&self) -> Result<Vec<String>>;
}

/// Uses a trait that does not exist.
#[capability(uses(notes: Notez), exposes(mcp(port = 9090)))]
pub trait Unknown {
    /// Counts.
    #[tool]
    async fn count(&self) -> Result<usize> {
        Ok(1)
    }
}

fn main() {}
