//! Prompts in files that cannot be served.

use naftiko::{Result, capability};

/// Keys are unknown, missing or in the wrong form.
#[capability(exposes(mcp(
    port = 9090,
    prompts(
        misspelt(location = "a.txt", argument(code)),
        without_location(description = "Without."),
        wrong_form(location("a.txt")),
        bare,
        synonyms(location = "a.txt", label = "A", title = "A"),
        empty(location = "a.txt", arguments()),
        literal(location = "a.txt", arguments("code")),
        unknown(location = "a.txt", arguments(code(type = "string"))),
        wrong_flag(location = "a.txt", arguments(code(required = "no"))),
        scope(location = "a.txt", scopes = ["a b"]),
    )
)))]
pub trait Keys {
    /// Adds a note.
    #[tool]
    async fn add_note(&self) -> Result<()> {
        Ok(())
    }
}

/// The locations are not files that a program may serve.
#[capability(exposes(mcp(
    port = 9090,
    prompts(
        remote(location = "https://docs.example.com"),
        outside(location = "../a.txt"),
        nothing(location = ""),
        inside(location = "file:///srv/a.txt"),
    )
)))]
pub trait Locations {
    /// Adds a note.
    #[tool]
    async fn add_note(&self) -> Result<()> {
        Ok(())
    }
}

/// Names are given twice.
#[capability(exposes(mcp(
    port = 9090,
    prompts(
        review(location = "a.txt", arguments(code, code)),
        review(location = "b.txt"),
        explain(location = "c.txt"),
    )
)))]
pub trait Twice {
    /// Explains.
    #[prompt]
    async fn explain(&self) -> Result<String> {
        Ok(String::new())
    }
}

/// The list is empty.
#[capability(exposes(mcp(port = 9090, prompts())))]
pub trait Empty {
    /// Adds a note.
    #[tool]
    async fn add_note(&self) -> Result<()> {
        Ok(())
    }
}

fn main() {}
