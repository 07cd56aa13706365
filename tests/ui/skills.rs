//! Folders of skills that cannot be served.

use naftiko::{Result, capability};

/// The folder does not exist.
#[capability(skills = "tests/ui/skils", exposes(mcp(port = 9090)))]
pub trait Missing {
    /// Adds a note.
    #[tool]
    async fn add_note(&self, text: &str) -> Result<()> {
        let _ = text;
        Ok(())
    }
}

/// The folder is a file.
#[capability(skills = "Cargo.toml", exposes(mcp(port = 9090)))]
pub trait File {
    /// Adds a note.
    #[tool]
    async fn add_note(&self) -> Result<()> {
        Ok(())
    }
}

/// Nothing in the folder is a skill.
#[capability(skills = "tests/ui/skills/broken/", exposes(mcp(port = 9090)))]
pub trait Broken {
    /// Adds a note.
    #[tool]
    async fn add_note(&self) -> Result<()> {
        Ok(())
    }
}

/// The folder is empty.
#[capability(skills = "tests/ui/skills/empty", exposes(mcp(port = 9090)))]
pub trait Empty {
    /// Adds a note.
    #[tool]
    async fn add_note(&self) -> Result<()> {
        Ok(())
    }
}

/// The folder is outside of the crate.
#[capability(skills = "../skills", exposes(mcp(port = 9090)))]
pub trait Outside {
    /// Adds a note.
    #[tool]
    async fn add_note(&self) -> Result<()> {
        Ok(())
    }
}

/// The key has no value.
#[capability(skills, exposes(mcp(port = 9090)))]
pub trait Bare {
    /// Adds a note.
    #[tool]
    async fn add_note(&self) -> Result<()> {
        Ok(())
    }
}

fn main() {}
