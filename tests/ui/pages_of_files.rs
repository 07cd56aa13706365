//! Pages whose next page is found in the body of an answer that has no JSON.

use naftiko::{Download, Result, Stream, capability};

/// Lists files.
#[capability(consumes(namespace = "files", base_uri = "https://files.example"))]
pub trait Files {
    /// Reads a page as a file.
    #[get("/files")]
    #[page(cursor = "$.next", into = "after")]
    async fn list(&self, after: Option<&str>) -> Result<Download>;

    /// Reads a page as items.
    #[get("/items")]
    #[page(cursor = "$.next", into = "after")]
    async fn follow(&self, after: Option<&str>) -> Result<Stream<String>>;

    /// Reads a page whose next one is in a header.
    #[get("/linked")]
    #[page(link = "header")]
    async fn linked(&self) -> Result<Download>;
}

fn main() {}
