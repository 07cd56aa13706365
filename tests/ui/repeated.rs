//! Attributes and keys that are given twice; invalid parts and constraints.

use naftiko::{Result, capability};

/// Has values that are repeated, missing or invalid.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090)),
)]
pub trait Things {
    /// Has two paths.
    #[get("/a", "/b")]
    async fn two_paths(&self) -> Result<String>;

    /// Has two output paths.
    #[get("/outputs")]
    #[output("$.a", "$.b")]
    async fn two_outputs(&self) -> Result<String>;

    /// Has two names for an argument.
    #[get("/names")]
    async fn two_names(&self, #[query("tag", "label")] tag: &str) -> Result<String>;

    /// Has a scope twice.
    #[get("/scopes")]
    #[scope("read", "read")]
    async fn two_scopes(&self) -> Result<String>;

    /// Has a part of the type `Vec<u8>`.
    #[post("/part")]
    async fn part(&self, #[part] file: Vec<u8>) -> Result<String>;

    /// Has an empty `argument`.
    #[get("/argument")]
    #[tool(argument())]
    async fn no_argument(&self) -> Result<String>;

    /// Has `body` in a route without a DELETE.
    #[get("/body")]
    #[rest(body)]
    async fn body(&self) -> Result<String>;

    /// Has an empty range.
    #[get("/range")]
    async fn range(&self, #[schemars(range(min = 10, max = 1))] limit: u32) -> Result<String>;

    /// Has a default out of its range.
    #[get("/default")]
    async fn default(&self, #[query(default = 300)] #[schemars(range(max = 9))] n: u32) -> Result<String>;

    /// Has a pattern without its key.
    #[get("/pattern")]
    async fn pattern(&self, #[schemars(regex("^a"))] name: &str) -> Result<String>;

    /// Has a keyword without a value.
    #[get("/keyword")]
    async fn keyword(&self, #[schemars(extend("multipleOf"))] page: u32) -> Result<String>;
}

fn main() {}
