//! Mistakes in `cache`: its keys, writes with a cache, answers that do not fit into it.

use naftiko::{Result, capability};

/// Has misspelt keys and invalid values in `cache`.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example", cache("64 MB", ansver = "1MiB")),
    consumes(namespace = "more", base_uri = "https://more.example", cache("64MiB", "1MiB", answer = "big")),
    consumes(namespace = "third", base_uri = "https://third.example", cache = "64MiB"),
    consumes(namespace = "last", base_uri = "https://last.example", cache(off, "64MiB")),
    exposes(rest(port = 8080)),
)]
pub trait Words {
    /// Reads.
    #[get("/things", consumes = "things", cache("1MiB"))]
    async fn read(&self) -> Result<String>;

    /// Reads more.
    #[get("/more", consumes = "more", cache = false)]
    async fn more(&self) -> Result<String>;

    /// Reads the third.
    #[get("/third", consumes = "third", cache(64))]
    async fn third(&self) -> Result<String>;

    /// Reads the last.
    #[get("/last", consumes = "last", cash)]
    async fn last(&self) -> Result<String>;
}

/// Caches the answers to writes.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example", cache),
    exposes(rest(port = 8080)),
)]
pub trait Writes {
    /// Is not cached, and invalidates the cached answers for its path.
    #[post("/things")]
    async fn create(&self) -> Result<()>;

    /// Has `cache`, although it is a POST.
    #[post("/search", cache)]
    async fn search(&self) -> Result<()>;

    /// Turns the cache off.
    #[delete("/things/{id}", cache(off))]
    async fn delete(&self, id: u64) -> Result<()>;
}

/// Has answers that do not fit into the cache.
#[capability(
    consumes(namespace = "small", base_uri = "https://small.example", cache("1MiB", answer = "2MiB")),
    consumes(namespace = "usual", base_uri = "https://usual.example"),
    exposes(rest(port = 8080)),
)]
pub trait Sizes {
    /// Reads.
    #[get("/small", consumes = "small")]
    async fn small(&self) -> Result<String>;

    /// Reads more.
    #[get("/usual", consumes = "usual", cache(answer = "33MiB"))]
    async fn usual(&self) -> Result<String>;
}

fn main() {}
