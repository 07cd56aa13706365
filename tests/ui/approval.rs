//! Mistakes in the keys that require the approval of a person: `confirm`, `approval`.

use naftiko::{Result, capability};

/// Has adapters with invalid settings.
#[capability(exposes(
    rest(port = 1, confirm = "destructive"),
    mcp(namespace = "one", port = 2, confirm),
    mcp(namespace = "two", port = 3, confirm = "all", approval = "model"),
))]
pub trait Settings {
    /// Reads one.
    #[rest(get = "/things/{id}")]
    async fn read(&self, id: &str) -> Result<String>;
}

/// Has `confirm` in invalid forms and places.
#[capability(exposes(rest(port = 1), mcp(port = 2)))]
pub trait Tools {
    /// Has a string for `confirm`.
    #[tool(confirm = "yes")]
    async fn text(&self) -> Result<()>;

    /// Has a list for `confirm`.
    #[tool(confirm(true))]
    async fn list(&self) -> Result<()>;

    /// Has `confirm`, but no tool.
    #[rest(delete = "/things/{id}")]
    #[tool(skip, confirm)]
    async fn delete(&self, id: &str) -> Result<()>;

    /// Has `confirm` in a route.
    #[rest(delete = "/others/{id}", confirm)]
    async fn other(&self, id: &str) -> Result<()>;
}

/// Offers operations that need approval as resources and prompts, too.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(mcp(port = 2, confirm = "destructive")),
    allow(understated_hint, reason = "this case is about approval")
)]
pub trait Offered {
    /// Removes a thing.
    #[delete("/things/{id}")]
    #[resource(uri = "things://{id}")]
    #[prompt]
    async fn remove(&self, id: &str) -> Result<String>;

    /// Looks at a thing.
    #[tool(confirm)]
    #[resource(uri = "looks://{id}")]
    async fn look(&self, id: &str) -> Result<String> {
        Ok(id.to_owned())
    }
}

fn main() {}
