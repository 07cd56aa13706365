//! A capability as a trait object, and types of other crates.

use naftiko::{Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A type that can be a body, but not a query parameter.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Filter {
    name: String,
}

/// Does things.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090)),
)]
pub trait Things {
    /// Has a struct in the query.
    #[get("/query")]
    async fn query(&self, #[query] filter: &Filter) -> Result<String>;

    /// Has a type of another crate in the query.
    #[get("/foreign")]
    async fn foreign(&self, #[query] timeout: std::time::Duration) -> Result<String>;

    /// Fails with an error of another crate.
    #[get("/error")]
    async fn error(&self) -> std::result::Result<String, std::io::Error>;
}

fn boxed(things: Box<dyn Things>) {
    drop(things);
}

fn main() {}
