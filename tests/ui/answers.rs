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

    /// Has no status.
    #[get("/empty", none_on())]
    async fn empty(&self) -> Result<Option<Thing>>;

    /// Has it in another form.
    #[get("/form", none_on = 404)]
    async fn form(&self) -> Result<Option<Thing>>;

    /// Has a status twice.
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

    /// Has no header.
    #[get("/no-header", response_headers())]
    async fn no_header(&self) -> Result<Thing>;

    /// Has them on the route.
    #[get("/route")]
    #[rest(response_headers("Location"))]
    async fn route(&self) -> Result<Thing>;

    /// Has strings where rows or objects are.
    #[get("/strings", format = "html")]
    async fn page(&self) -> Result<http::Response<Option<String>>>;

    /// Has a string where rows are.
    #[get("/rows", format = "csv")]
    async fn rows(&self) -> Result<String>;

    /// Has a string where an object is.
    #[get("/markdown", format = "markdown")]
    async fn markdown(&self) -> naftiko::Result<String>;

    /// Has a part that may be a string.
    #[get("/part", format = "markdown")]
    #[output("$.text")]
    async fn part(&self) -> Result<String>;

    /// Holds a file.
    #[get("/bytes")]
    async fn bytes(&self) -> Result<Vec<u8>>;
}

/// Reads more things.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.acme.io"),
    exposes(rest(port = 8080)),
)]
pub trait More {
    /// Has no way to say that there is nothing.
    #[get("/thing", none_on(404))]
    async fn thing(&self) -> Result<Thing>;

    /// Has a list of files.
    #[get("/files")]
    async fn files(&self) -> Result<Vec<Download>>;

    /// Has a format for files only.
    #[get("/binary", format = "binary")]
    async fn binary(&self) -> Result<Option<Thing>>;

    /// Picks a part of a file.
    #[get("/part")]
    #[output("$.data")]
    async fn part(&self) -> Result<Option<Download>>;

    /// Has headers that it does not return.
    #[rest(post = "/own", response_headers("Location"))]
    async fn own(&self) -> Result<Thing> {
        Ok(Thing { name: String::new() })
    }
}

fn main() {}
