//! Invalid defaults and constraints of arguments.

use naftiko::{Result, capability};

/// Has arguments with defaults and constraints.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090)),
)]
pub trait Things {
    /// Has defaults that do not match their arguments.
    #[get("/things/{id}")]
    async fn defaults(
        &self,
        #[path(default = "a")] id: &str,
        #[query(default = 300)] small: u8,
        #[query(default = "yes")] flag: bool,
        #[query(default = 1)] text: &str,
        #[query(default = "a")] list: &[String],
        #[query(default = 1)] optional: Option<u32>,
        #[query(default = LIMIT)] limit: u32,
        #[header("X-A", default = 1, default = 2)] twice: u32,
    ) -> Result<String>;

    /// Has a body with a default.
    #[post("/things")]
    async fn body(&self, #[body(default = "a")] body: &String) -> Result<String>;

    /// Has constraints that are invalid or do not match their arguments.
    #[get("/constraints")]
    async fn constraints(
        &self,
        #[schemars(range(max = 3))] text: &str,
        #[schemars(length(max = 3))] number: u32,
        #[schemars(range(max = LIMIT))] limit: u32,
        #[schemars(range(most = 3))] most: u32,
        #[schemars(skip)] skipped: u32,
        #[schemars(default = 3)] default: u32,
        #[schemars(lenght(max = 3))] misspelt: &str,
        #[schemars("length")] quoted: &str,
    ) -> Result<String>;

    /// Has keywords that are unknown, or whose values are invalid.
    #[get("/keywords")]
    async fn keywords(
        &self,
        #[schemars(extend("multipleOf" = 0))] multiple: u32,
        #[schemars(length(max = -1))] length: &str,
        #[schemars(extend("pattern" = 5, "title" = true))] text: &str,
        #[schemars(extend("multipelOf" = 5, "x-multipelOf" = 5))] misspelt: u32,
        #[schemars(extend("default" = 5, "type" = "string"))] own: u32,
        #[schemars(email, url)] both: &str,
        #[schemars(inner(extend("multipleOf" = -5)))] items: &[u32],
        #[schemars(regex(pattern = "^[a-z+$"))] pattern: &str,
    ) -> Result<String>;

    /// Has a file with a constraint.
    #[post("/file")]
    async fn file(&self, #[body(bytes)] #[schemars(length(max = 3))] file: naftiko::Upload) -> Result<String>;
}

const LIMIT: u32 = 7;

fn main() {}
