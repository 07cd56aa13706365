//! Understated and unknown hints, missing descriptions, and outputs that are not JSONPath.

use naftiko::{Result, capability};

#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090)),
)]
pub trait Things {
    #[get("/things")]
    async fn undescribed(&self) -> Result<String>;

    /// Claims to be read-only, although it is a POST.
    #[post("/claims")]
    #[tool(hints(idempotent, read_only))]
    async fn understated(&self) -> Result<String>;

    /// Claims not to be destructive, although it is a DELETE.
    #[delete("/harmless")]
    #[tool(hints(destructive = false))]
    async fn harmless(&self) -> Result<()>;

    /// Claims to be read-only, although it is a PUT, and gives a reason.
    #[put("/reason")]
    #[tool(hints(read_only), allow(understated_hint, reason = "as published"))]
    async fn with_a_reason(&self) -> Result<()>;

    /// Has unknown, repeated and invalid hints.
    #[get("/hints")]
    #[tool(hints(readonly, idempotent, idempotent = false, open_world = "yes"))]
    async fn unknown(&self) -> Result<String>;

    /// Has an output path that does not begin with `$`.
    #[get("/output")]
    #[output("data.items")]
    async fn output(&self) -> Result<String>;

    /// Has an output path that ends too early.
    #[get("/half")]
    #[output("$.data[")]
    async fn half(&self) -> Result<String>;
}

struct Fake;

impl Things for Fake {
    async fn undescribed(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn understated(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn harmless(&self) -> Result<()> {
        Ok(())
    }

    async fn with_a_reason(&self) -> Result<()> {
        Ok(())
    }

    async fn unknown(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn output(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn half(&self) -> Result<String> {
        Ok(String::new())
    }
}

fn main() {
    let _ = Fake.into_capability();
    let _ = ThingsClient::builder().build().unwrap().output();
}
