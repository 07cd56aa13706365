//! Capabilities built on others: a call of a capability that is not in `uses`, and a client of another type.

use naftiko::{Result, capability};

/// Keeps notes.
#[capability(consumes(namespace = "notes", base_uri = "https://notes.example"))]
pub trait Notes {
    /// Lists notes.
    #[get("/notes")]
    async fn list(&self) -> Result<Vec<String>>;
}

/// Calls a capability that is not in `uses`.
#[capability(uses(notes: Notes), exposes(mcp(port = 9090)))]
pub trait Wrong {
    /// Counts.
    #[tool]
    async fn count(&self) -> Result<usize> {
        Ok(self.nodes().list().await?.len())
    }
}

struct NotNotes;

fn main() {
    let _ = WrongClient::new(NotNotes);
}
