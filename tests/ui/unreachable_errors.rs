//! Variants of errors that never occur.

use naftiko::{Error, Result, UpstreamError, capability, http};

/// Why a thing could not be returned.
#[derive(Debug, UpstreamError)]
pub enum ThingError {
    #[status(404)]
    NotFound,
    #[status(410)]
    Gone,
    #[status(409)]
    Conflict,
    #[other]
    Other(Error),
}

type Things<T> = std::result::Result<T, ThingError>;

/// Reads things.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.acme.io"),
    exposes(rest(port = 8080), mcp(port = 9090)),
)]
pub trait ThingApi {
    /// Returns `None` for a status of its error.
    #[get("/thing", none_on(404))]
    async fn thing(&self) -> Result<Option<String>, ThingError>;

    /// Returns `None` for two statuses of its error, which is behind an alias.
    #[get("/two", none_on(403, 404, 410))]
    async fn two(&self) -> Things<http::Response<Option<String>>>;

    /// Returns `None` for a status that its error does not have.
    #[get("/other", none_on(403))]
    async fn other(&self) -> Things<Option<String>>;
}

fn main() {}
