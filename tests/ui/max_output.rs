//! Mistakes in `max_output`, `task` and `input_schema`, and in the names of a tool's arguments.

use naftiko::{Result, Value, capability};

/// Cuts answers.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Cut {
    /// Writes.
    #[post("/things")]
    #[tool(max_output = "16KiB")]
    async fn create(&self, body: &Value) -> Result<Vec<Value>>;

    /// May write.
    #[tool(max_output = "16KiB")]
    async fn count(&self) -> Result<Vec<Value>> {
        Ok(Vec::new())
    }

    /// Has no size.
    #[get("/a")]
    #[tool(max_output = 16)]
    async fn number(&self) -> Result<Vec<Value>>;

    /// Runs in no known way.
    #[get("/c")]
    #[tool(task = "always")]
    async fn task_of_another_kind(&self) -> Result<Vec<Value>>;

    /// Runs in no known form.
    #[get("/d")]
    #[tool(task(required))]
    async fn task_of_another_form(&self) -> Result<Vec<Value>>;

    /// Has a schema that is not one of objects.
    #[get("/e")]
    #[tool(input_schema = { "type": "array" })]
    async fn schema_of_lists(&self) -> Result<Vec<Value>>;

    /// Has a schema that is not JSON.
    #[get("/f")]
    #[tool(input_schema = { anyOf: [] })]
    async fn schema_without_quotes(&self) -> Result<Vec<Value>>;

    /// Has a schema that is not an object.
    #[get("/g")]
    #[tool(input_schema = true)]
    async fn schema_of_everything(&self) -> Result<Vec<Value>>;

    /// Is not a tool.
    #[get("/b")]
    #[tool(skip, max_output = "16KiB")]
    async fn skipped(&self) -> Result<Vec<Value>>;
}

/// Has arguments whose names models do not get.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Named {
    /// Has two of them.
    #[get("/things")]
    async fn list(
        &self,
        #[query("$filter")] filter: &str,
        #[query("page[size]")] size: Option<u32>,
        plain: Option<u32>,
    ) -> Result<Vec<Value>>;

    /// Names one of them.
    #[get("/named")]
    #[tool(argument(filter = "filter"))]
    async fn named(
        &self,
        #[query("$filter")] filter: &str,
        #[query("page[size]")] size: Option<u32>,
    ) -> Result<Vec<Value>>;

    /// Is not a tool.
    #[get("/skipped")]
    #[tool(skip)]
    async fn skipped(&self, #[query("$filter")] filter: &str) -> Result<Vec<Value>>;
}

fn main() {}
