//! Keys of `#[capability]` that are misspelt, repeated, of the wrong form, or have unknown values.

use naftiko::{Result, capability};

/// Reads things.
#[capability(
    lable = "Things",
    tags = "one",
    tags = ["two"],
    created = "2026-13-01",
    modified = 2026,
    description = include_str!("things.md"),
    rename_all = "camel_case",
    "things",
    allow(understated_hints, reason = "it is so"),
    allow(colliding_routes, reason = "it is so"),
    allow(unused_bind),
    allow(reason = "it is so"),
    colour = "red",
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090)),
)]
pub trait Things {
    /// Reads one.
    #[get("/things/{id}")]
    async fn read(&self, id: &str) -> Result<String>;
}

struct Fake;

impl Things for Fake {
    async fn read(&self, id: &str) -> Result<String> {
        Ok(id.to_owned())
    }
}

fn main() {
    let _ = Fake.into_capability();
    let _ = ThingsClient::from_env().unwrap().read("1");
}
