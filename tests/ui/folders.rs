//! Folders of MCP resources that cannot be served.

use naftiko::{Result, capability};

/// Keys are unknown, missing or in the wrong form.
#[capability(exposes(mcp(
    port = 9090,
    resources(
        misspelt(uri = "docs://a", folder = "docs"),
        without_location(uri = "docs://b"),
        without_uri(location = "docs"),
        wrong_form(uri = "docs://c", location("docs")),
        bare,
        synonyms(uri = "docs://d", location = "docs", label = "Docs", title = "Docs"),
    )
)))]
pub trait Keys {
    /// Adds a note.
    #[tool]
    async fn add_note(&self) -> Result<()> {
        Ok(())
    }
}

/// The values are invalid.
#[capability(exposes(mcp(
    port = 9090,
    resources(
        no_scheme(uri = "guide", location = "docs"),
        template(uri = "docs://{page}", location = "docs"),
        scope(uri = "docs://a", location = "docs", scopes = ["docs:read", "docs read", "docs:read"]),
    )
)))]
pub trait Values {
    /// Adds a note.
    #[tool]
    async fn add_note(&self) -> Result<()> {
        Ok(())
    }
}

/// The locations are not folders that a program may serve.
#[capability(exposes(mcp(
    port = 9090,
    resources(
        remote(uri = "docs://a", location = "https://docs.example.com"),
        outside(uri = "docs://b", location = "../docs"),
        further_outside(uri = "docs://c", location = "file://./docs/../../guide"),
        nothing(uri = "docs://d", location = ""),
        absolute(uri = "docs://e", location = "file:///srv/docs"),
        inside(uri = "docs://f", location = "docs/../guide"),
    )
)))]
pub trait Locations {
    /// Adds a note.
    #[tool]
    async fn add_note(&self) -> Result<()> {
        Ok(())
    }
}

/// Names and URIs are given twice.
#[capability(exposes(mcp(
    port = 9090,
    resources(
        guide(uri = "docs://guide", location = "docs/guide"),
        guide(uri = "docs://other", location = "docs/other"),
        pages(uri = "docs://guide", location = "docs/pages"),
    )
)))]
pub trait Twice {
    /// The guide.
    #[resource(uri = "docs://guide")]
    async fn guide(&self) -> Result<String> {
        Ok(String::new())
    }
}

/// The list is empty.
#[capability(exposes(mcp(port = 9090, resources())))]
pub trait Empty {
    /// Adds a note.
    #[tool]
    async fn add_note(&self) -> Result<()> {
        Ok(())
    }
}

/// A REST adapter cannot have resources.
#[capability(exposes(rest(port = 8080, resources(guide(uri = "docs://guide", location = "docs")))))]
pub trait Rest {
    /// Reads.
    #[rest(get = "/notes")]
    async fn notes(&self) -> Result<String> {
        Ok(String::new())
    }
}

fn main() {}
