//! Mistakes in the parts of a request.

use naftiko::{Result, Upload, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What to search for.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Filter {
    name: String,
}

/// Has mistakes in the parts of a request.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090)),
)]
pub trait Things {
    /// Has invalid constants.
    #[get("/constants", query("size" = page), header("X-A" = "1", "x-a" = "2", "X-B"), query())]
    async fn constants(&self, page: u32) -> Result<String>;

    /// Has constants with the names of arguments.
    #[get("/beside", query(page = 1), header("X-Meta-Owner" = "me", "x-tag" = "a"))]
    async fn beside(
        &self,
        page: u32,
        #[header("X-Meta-", style = "members")] meta: &BTreeMap<String, String>,
        #[header("X-Tag")] tag: &str,
    ) -> Result<String>;

    /// Has a constant with an undeclared variable.
    #[get("/unbound", header("X-Key" = "{{env.KEY}}"))]
    async fn unbound(&self) -> Result<String>;

    /// Has a JSON body, and the Content-Type of another format.
    #[post("/labelled", header("Content-Type" = "text/csv"))]
    async fn labelled(&self, body: &Filter) -> Result<String>;

    /// Has headers without a prefix, or with an unknown style.
    #[get("/headers")]
    async fn headers(
        &self,
        #[header(style = "members")] all: &BTreeMap<String, String>,
        #[header(style = "deep")] deep: &Filter,
    ) -> Result<String>;

    /// Has styles that are unknown or do not match their arguments.
    #[get("/styles")]
    async fn styles(
        &self,
        #[query(style = "commas")] unknown: &[String],
        #[query(style = "comma")] one: &str,
        #[query(style = "deep")] list: &[String],
        #[query(styles = "comma")] key: &[String],
        #[path(style = "comma")] path: &str,
    ) -> Result<String>;

    /// Has a binary body that is not an `Upload`.
    #[post("/bytes")]
    async fn bytes(&self, #[body(bytes)] body: &[u8]) -> Result<String>;

    /// Has a file that is neither the body nor a part.
    #[post("/file")]
    async fn file(&self, file: Upload) -> Result<String>;

    /// Has a file in the query, and a part that is a reference to a file.
    #[post("/query")]
    async fn query(&self, #[query] file: Upload, #[part] other: &Upload) -> Result<String>;

    /// Has `lists` without a form, and two formats.
    #[post("/kinds")]
    async fn kinds(&self, #[body(text, xml, lists = "brackets")] body: &str) -> Result<String>;

    /// Has both a part and a multipart body.
    #[post("/parts")]
    async fn parts(&self, #[part] name: &str, #[body(multipart)] body: &Filter) -> Result<String>;

    /// Has a limit without a file, and one that is not a size.
    #[post("/limits")]
    async fn limits(&self, #[part(limit = "1MiB")] name: &str, #[part(limit = 50)] file: Upload) -> Result<String>;

    /// Sends JSON with the content type of another format.
    #[post("/types")]
    async fn types(&self, #[body(content_type = "text/csv")] body: &Filter) -> Result<String>;

    /// Has a text body that is a list.
    #[post("/text")]
    async fn text(&self, #[body(text)] body: &[String]) -> Result<String>;

    /// Has the rest of a path within a segment.
    #[get("/a{+path}")]
    async fn glued(&self, path: &str) -> Result<String>;

    #[doc = "Has the rest of a path as others write it."]
    #[get("/files/{path...}")]
    async fn other(&self, path: &str) -> Result<String>;

    #[doc = "Has parts without a valid type."]
    #[post("/part-types")]
    async fn part_types(&self, #[part(content_type = "csv")] rows: &str, #[part(kind = "a/b")] n: u8) -> Result<String>;

    #[doc = "Has a route that goes on."]
    #[get("/files/{+path}/raw")]
    async fn middle(&self, path: &str) -> Result<String>;
}

fn main() {}
