//! Mistakes about streams of items.

use naftiko::{Result, Stream, capability, http};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A thing.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Thing {
    name: String,
}

/// A type without a schema.
pub struct Opaque;

/// Watches things.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.acme.io"),
    exposes(rest(port = 8080), mcp(port = 9090)),
)]
pub trait Things {
    /// Has pages of a stream.
    #[get("/pages")]
    #[page(cursor = "$.next", into = "after")]
    async fn pages(&self, after: Option<&str>) -> Result<Stream<Thing>>;

    /// Has a cache for a stream.
    #[get("/kept", cache)]
    async fn kept(&self) -> Result<http::Response<Stream<Thing>>>;

    /// Has `none_on` for a stream.
    #[get("/none", none_on(404))]
    async fn none(&self) -> Result<Stream<Thing>>;

    /// Has the format of streams, but returns a list.
    #[get("/list", format = "stream")]
    async fn list(&self) -> Result<Vec<Thing>>;

    /// Has items without a schema.
    #[get("/opaque")]
    async fn opaque(&self) -> Result<Stream<Opaque>>;
}

fn main() {}
