//! Names in the input schema of a tool that are not its arguments.

use naftiko::{Result, Value, capability};

/// Has two adapters.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(mcp(namespace = "people", port = 9090), mcp(namespace = "admins", port = 9091))
)]
pub trait Desk {
    /// Misspells arguments in each keyword of the input schema.
    #[get("/a")]
    #[tool(input_schema = {
        "$defs": { "by-phone": { "required": ["phne"] }, "unused": { "properties": { "any": true } } },
        "properties": { "fone": { "properties": { "inner": true } }, "mail": { "required": ["inner"] } },
        "required": ["by"],
        "if": { "properties": { "byy": { "const": "phone" } }, "required": ["by"] },
        "then": { "$ref": "#/$defs/by-phone" },
        "else": { "not": { "anyOf": [{ "required": ["mail", "colour"] }] } },
        "dependentRequired": { "fone": ["mail", "byy"] },
        "dependentSchemas": { "maill": { "oneOf": [{ "required": ["phonee"] }] } }
    })]
    async fn call(&self, by: &str, phone: Option<&str>, mail: Option<&str>) -> Result<Value>;

    /// Has another schema for each adapter.
    #[get("/b")]
    #[tool(on = ["people"], input_schema = { "required": ["phone"] })]
    #[tool(on = ["admins"], argument(phone = "number"), input_schema = { "required": ["phone"] })]
    async fn ring(&self, phone: Option<&str>) -> Result<Value>;
}

fn main() {}
