//! Mistakes in the keys of a verb about the API's answer.

use naftiko::{Download, Result, capability, http};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A thing.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Thing {
    name: String,
}

/// Reads things.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.acme.io"),
    exposes(rest(port = 8080), mcp(port = 9090)),
)]
pub trait Things {
    /// Has statuses that cannot mean `None`.
    #[get("/none", none_on(200, 404, 404, 407, 500, "x"))]
    async fn none(&self) -> Result<Option<Thing>>;

    /// Has an empty `none_on`.
    #[get("/empty", none_on())]
    async fn empty(&self) -> Result<Option<Thing>>;

    /// Has `none_on` in an invalid form.
    #[get("/form", none_on = 404)]
    async fn form(&self) -> Result<Option<Thing>>;

    /// Has a status both in `errors` and in `none_on`.
    #[get("/both", errors(404), none_on(404))]
    async fn both(&self) -> Result<Option<Thing>>;

    /// Has an unknown format.
    #[get("/format", format = "cvs")]
    async fn format(&self) -> Result<Vec<Thing>>;

    /// Has a format that is a list.
    #[get("/formats", format = ["csv", "xml"])]
    async fn formats(&self) -> Result<Vec<Thing>>;

    /// Has headers that cannot be passed on, or are given twice.
    #[get("/headers", response_headers("Location", "location", "Content-Length", "content-type", "a b", 7))]
    async fn headers(&self) -> Result<Thing>;

    /// Has an empty `response_headers`.
    #[get("/no-header", response_headers())]
    async fn no_header(&self) -> Result<Thing>;

    /// Has `response_headers` in `#[rest]` instead of the verb.
    #[get("/route")]
    #[rest(response_headers("Location"))]
    async fn route(&self) -> Result<Thing>;

    /// Returns a string for a format with rows or objects.
    #[get("/strings", format = "html")]
    async fn page(&self) -> Result<http::Response<Option<String>>>;

    /// Returns a string for a format with rows.
    #[get("/rows", format = "csv")]
    async fn rows(&self) -> Result<String>;

    /// Returns a string for a format with an object.
    #[get("/markdown", format = "markdown")]
    async fn markdown(&self) -> naftiko::Result<String>;

    /// Returns a part of the answer, which may be a string.
    #[get("/part", format = "markdown")]
    #[output("$.text")]
    async fn part(&self) -> Result<String>;

    /// Returns a file as `Vec<u8>`.
    #[get("/bytes")]
    async fn bytes(&self) -> Result<Vec<u8>>;
}

/// Reads more things.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.acme.io"),
    exposes(rest(port = 8080)),
)]
pub trait More {
    /// Has `none_on`, but does not return an `Option`.
    #[get("/thing", none_on(404))]
    async fn thing(&self) -> Result<Thing>;

    /// Returns a list of files.
    #[get("/files")]
    async fn files(&self) -> Result<Vec<Download>>;

    /// Has the format of files, but returns another type.
    #[get("/binary", format = "binary")]
    async fn binary(&self) -> Result<Option<Thing>>;

    /// Picks a part of a file.
    #[get("/part")]
    #[output("$.data")]
    async fn part(&self) -> Result<Option<Download>>;

    /// Declares headers, but does not return an `http::Response`.
    #[rest(post = "/own", response_headers("Location"))]
    async fn own(&self) -> Result<Thing> {
        Ok(Thing { name: String::new() })
    }
}

fn main() {}
