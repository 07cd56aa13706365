//! Mistakes in `max_output`, `task` and `input_schema`, and in the names of a tool's arguments.

use naftiko::{Result, Value, capability};

/// Has mistakes in the settings of tools.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Cut {
    /// Has `max_output`, although it writes.
    #[post("/things")]
    #[tool(max_output = "16KiB")]
    async fn create(&self, body: &Value) -> Result<Vec<Value>>;

    /// Has `max_output`, although it may write.
    #[tool(max_output = "16KiB")]
    async fn count(&self) -> Result<Vec<Value>> {
        Ok(Vec::new())
    }

    /// Has a size without a unit.
    #[get("/a")]
    #[tool(max_output = 16)]
    async fn number(&self) -> Result<Vec<Value>>;

    /// Has an unknown value of `task`.
    #[get("/c")]
    #[tool(task = "always")]
    async fn task_of_another_kind(&self) -> Result<Vec<Value>>;

    /// Has `task` in an invalid form.
    #[get("/d")]
    #[tool(task(required))]
    async fn task_of_another_form(&self) -> Result<Vec<Value>>;

    /// Has an input schema of arrays.
    #[get("/e")]
    #[tool(input_schema = { "type": "array" })]
    async fn schema_of_lists(&self) -> Result<Vec<Value>>;

    /// Has an input schema that is not JSON.
    #[get("/f")]
    #[tool(input_schema = { anyOf: [] })]
    async fn schema_without_quotes(&self) -> Result<Vec<Value>>;

    /// Has an input schema that is not an object.
    #[get("/g")]
    #[tool(input_schema = true)]
    async fn schema_of_everything(&self) -> Result<Vec<Value>>;

    /// Has `max_output`, but no tool.
    #[get("/b")]
    #[tool(skip, max_output = "16KiB")]
    async fn skipped(&self) -> Result<Vec<Value>>;
}

/// Has arguments whose names MCP clients refuse.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Named {
    /// Has two arguments with such names.
    #[get("/things")]
    async fn list(
        &self,
        #[query("$filter")] filter: &str,
        #[query("page[size]")] size: Option<u32>,
        plain: Option<u32>,
    ) -> Result<Vec<Value>>;

    /// Renames only one of two such arguments.
    #[get("/named")]
    #[tool(argument(filter = "filter"))]
    async fn named(
        &self,
        #[query("$filter")] filter: &str,
        #[query("page[size]")] size: Option<u32>,
    ) -> Result<Vec<Value>>;

    /// Is not a tool, so MCP clients do not get its arguments.
    #[get("/skipped")]
    #[tool(skip)]
    async fn skipped(&self, #[query("$filter")] filter: &str) -> Result<Vec<Value>>;
}

fn main() {}
