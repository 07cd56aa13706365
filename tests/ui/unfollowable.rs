//! Mistakes that have no obvious remedy: their help must work when it is followed.

use naftiko::{Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A type that can be a body, but not a query parameter.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Filter {
    name: String,
}

/// Has requests and routes that are not supported.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090)),
)]
pub trait Things {
    /// Has the rest of a path.
    #[get("/files/{+path}")]
    async fn rest(&self, path: &str) -> Result<String>;

    /// Has the rest of a path in the syntax of a router.
    #[rest(get = "/local/{*path}")]
    async fn local(&self, path: &str) -> Result<String> {
        Ok(path.to_owned())
    }

    /// Has a struct as the body of a GET.
    #[get("/get")]
    async fn get(&self, body: &Filter) -> Result<String>;

    /// Has a body on a DELETE.
    #[delete("/things/{id}")]
    async fn delete(&self, id: &str, body: &Filter) -> Result<String>;

    /// Has a body on the route of a DELETE.
    #[rest(delete = "/local/{id}")]
    async fn delete_local(&self, id: &str, body: &Filter) -> Result<String> {
        Ok(format!("{id} {}", body.name))
    }

    /// Declares that a DELETE has a body, but has none.
    #[delete("/none/{id}", body)]
    async fn none(&self, id: &str) -> Result<String>;

    /// Declares that a GET has a body.
    #[get("/body", body)]
    async fn body_on_get(&self) -> Result<String>;

    /// Declares that a POST has a body.
    #[post("/body", body)]
    async fn body_on_post(&self, body: &Filter) -> Result<String>;

    #[get("/described")]
    #[doc = described!()]
    async fn described(&self) -> Result<String>;
}

fn main() {}
