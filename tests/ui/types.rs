//! Types that cannot be an argument, a result or an error of an operation.

use naftiko::{Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A type that can be a body or a result.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Thing {
    name: String,
}

/// A type that cannot be serialized.
#[derive(Clone)]
pub struct Plain {
    name: String,
}

/// A type that can be serialized, but has no schema.
#[derive(Clone, Serialize, Deserialize)]
pub struct Schemaless {
    name: String,
}

/// An error that cannot become an `Error`.
#[derive(Debug)]
pub struct Failure;

/// Has arguments, results and errors of unsupported types.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090)),
)]
pub trait Things {
    /// Has a struct in the query.
    #[get("/query")]
    async fn query(&self, filter: Option<&Thing>) -> Result<Thing>;

    /// Has a body that cannot be serialized.
    #[post("/body")]
    async fn body(&self, body: &Plain) -> Result<Thing>;

    /// Has an argument that cannot be deserialized.
    #[tool]
    async fn argument(&self, plain: Plain) -> Result<Thing> {
        Ok(Thing { name: plain.name })
    }

    /// Returns a type without a schema.
    #[get("/schemaless")]
    async fn schemaless(&self) -> Result<Schemaless>;

    /// Returns a type that cannot be serialized.
    #[tool]
    async fn unwritten(&self) -> Result<Plain> {
        Ok(Plain { name: String::new() })
    }

    /// Returns no result.
    #[get("/no-result")]
    async fn no_result(&self) -> Thing;

    /// Fails with an error to which a failed request cannot be converted.
    #[get("/error")]
    async fn error(&self) -> std::result::Result<Thing, Failure>;

    /// Has a template, but returns a number.
    #[prompt(template = "Hello.")]
    async fn counted(&self) -> Result<u32>;

    /// Fails with an error that cannot become an `Error`.
    #[tool]
    async fn untold(&self) -> std::result::Result<Thing, Failure> {
        Err(Failure)
    }
}

struct Fake;

impl Things for Fake {
    async fn query(&self, filter: Option<&Thing>) -> Result<Thing> {
        Ok(filter.cloned().unwrap_or(Thing { name: String::new() }))
    }

    async fn body(&self, body: &Plain) -> Result<Thing> {
        Ok(Thing { name: body.name.clone() })
    }

    async fn schemaless(&self) -> Result<Schemaless> {
        Ok(Schemaless { name: String::new() })
    }

    async fn no_result(&self) -> Thing {
        Thing { name: String::new() }
    }

    async fn error(&self) -> std::result::Result<Thing, Failure> {
        Err(Failure)
    }
}

fn main() {
    let _ = Fake.into_capability();
    let _ = ThingsClient::builder().build().unwrap().query(None);
}
