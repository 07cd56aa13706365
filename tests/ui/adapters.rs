//! Mistakes in attributes for single adapters (`on`), and in examples.

use naftiko::{Result, capability};

/// Keeps things.
#[capability(
    version = 7,
    consumes(namespace = "things", base_uri = "https://things.acme.io"),
    exposes(
        rest(namespace = "public", port = 1),
        mcp(namespace = "agents", port = 2),
        mcp(namespace = "admins", port = 3),
    ),
)]
pub trait Things {
    /// Names adapters that do not exist, or are of the other kind.
    #[get("/unknown")]
    #[rest(on = "agents")]
    #[tool(on = ["admin", "agents"])]
    async fn unknown(&self) -> Result<String>;

    /// Names the adapter `agents` twice.
    #[get("/twice")]
    #[tool(on = "agents", name = "one")]
    #[tool(on = ["admins", "agents"], name = "two")]
    async fn twice(&self) -> Result<String>;

    /// Has two `#[tool]` attributes for all adapters.
    #[get("/all")]
    #[tool(name = "one")]
    #[tool(name = "two")]
    async fn all(&self) -> Result<String>;

    /// Has an empty `on`.
    #[get("/none")]
    #[tool(on = [])]
    async fn none(&self) -> Result<String>;

    /// Names an adapter without quotes.
    #[get("/word")]
    #[tool(on = agents)]
    async fn word(&self) -> Result<String>;

    /// Combines `on` with a route and a status.
    #[rest(on = "public", get = "/route", status = 201)]
    async fn route(&self) -> Result<String> {
        Ok(String::new())
    }

    /// Renames arguments that do not exist, or to names that are missing or invalid.
    #[get("/arguments/{id}")]
    #[tool(argument(ids = "key"), argument(id = "a b", kind), argument(kind(title = "x")))]
    async fn arguments(&self, id: u32, kind: &str) -> Result<String>;

    /// Has two arguments with the same name in the tool.
    #[get("/same/{id}")]
    #[tool(argument(id = "kind"))]
    async fn same(&self, id: u32, kind: &str) -> Result<String>;

    /// Renames an argument that does not exist.
    #[get("/missing/{id}")]
    #[tool(argument(ids = "key"))]
    async fn missing(&self, id: u32) -> Result<String>;

    /// Has examples that are not valid JSON.
    #[get("/examples/{id}")]
    #[example]
    #[example({ "id": other })]
    #[example([1 2])]
    async fn examples(&self, #[example()] #[example(x)] id: u32) -> Result<String>;
}

fn main() {}
