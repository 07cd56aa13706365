//! The skills that the suite's scenarios about skills list and read (SEP-2640).

use naftiko::{Result, capability};

/// Writes minutes.
#[capability(skills = "examples/conformance/skills/", exposes(mcp(port = 8001)))]
pub trait Skilled {
    /// Writes the minutes of a meeting.
    #[tool]
    async fn write_minutes(&self, text: &str) -> Result<String> {
        Ok(text.to_owned())
    }
}

/// The capability that the suite calls.
pub struct Secretary;

impl Skilled for Secretary {}
