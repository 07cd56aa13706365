//! Capabilities built on others: mistakes in `uses`.

use naftiko::{Result, capability};

/// Keeps notes.
#[capability(consumes(namespace = "notes", base_uri = "https://notes.example"))]
pub trait Notes {
    /// Lists notes.
    #[get("/notes")]
    async fn list(&self) -> Result<Vec<String>>;
}

/// Uses nothing.
#[capability(uses(), exposes(mcp(port = 9090)))]
pub trait Nothing {
    /// Counts.
    #[tool]
    async fn count(&self) -> Result<usize> {
        Ok(1)
    }
}

/// Has a used capability without a name, a name twice, a reserved name, the name of a method, and two values that are not traits.
#[capability(
    uses(Notes, notes: Notes, notes: Notes, from_env: Notes, count: Notes, text: "Notes", list: Notes<u8>),
    exposes(mcp(port = 9090))
)]
pub trait Names {
    /// Counts.
    #[tool]
    async fn count(&self) -> Result<usize> {
        Ok(self.notes().list().await?.len())
    }

    /// Has no body.
    #[tool]
    async fn nothing(&self) -> Result<usize>;

    /// Has a verb, but no API.
    #[get("/notes")]
    async fn read(&self) -> Result<usize>;
}

struct Fake;

impl Names for Fake {
    async fn count(&self) -> Result<usize> {
        Ok(1)
    }

    async fn nothing(&self) -> Result<usize> {
        Ok(1)
    }

    async fn read(&self) -> Result<usize> {
        Ok(1)
    }
}

fn main() {
    let _ = Fake.into_capability();
    let _ = NamesClient::from_env();
    let _ = naftiko::run(NamesClient::from_env).demo(|| Fake);
}
