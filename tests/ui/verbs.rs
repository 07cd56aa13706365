//! Mistakes in verbs, bodies and the attributes of methods.

use naftiko::{Result, capability};

/// Has mistakes in verbs, bodies and the attributes of methods.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090)),
)]
pub trait Things {
    /// Has two verbs.
    #[get("/two")]
    #[post("/two")]
    async fn two(&self) -> Result<String>;

    /// Has one verb twice.
    #[get("/twice")]
    #[get("/again")]
    async fn twice(&self) -> Result<String>;

    /// Has a verb and a body.
    #[get("/both")]
    async fn both(&self) -> Result<String> {
        Ok(String::new())
    }

    /// Has neither a verb nor a body.
    async fn neither(&self) -> Result<String>;

    /// Has a body, but neither a route nor a tool.
    async fn hidden(&self) -> Result<String> {
        Ok(String::new())
    }

    /// Has a route, but neither a verb nor a body.
    #[rest(get = "/empty")]
    async fn empty(&self) -> Result<String>;

    /// Has a body, and a route without a method.
    #[rest(path = "/half")]
    async fn half(&self) -> Result<String> {
        Ok(String::new())
    }

    /// Has a verb, and a route with another method.
    #[get("/other")]
    #[rest(post = "/other")]
    async fn other(&self) -> Result<String>;

    /// Is skipped, but has a tool.
    #[get("/skipped")]
    #[skip]
    #[tool(name = "skipped")]
    async fn skipped(&self) -> Result<String>;

    /// Has `skip` together with other keys.
    #[get("/part")]
    #[rest(skip, path = "/parts")]
    #[tool(skip, hints(read_only))]
    async fn part(&self) -> Result<String>;

    /// Has no path.
    #[get]
    async fn pathless(&self) -> Result<String>;

    /// Has a path that is not a string.
    #[get(path)]
    async fn no_text(&self) -> Result<String>;

    /// Has its path after `=` instead of in parentheses.
    #[get = "/equals"]
    async fn equals(&self) -> Result<String>;

    /// Has an output path, but sends no request.
    #[tool]
    #[output("$.data")]
    async fn picks(&self) -> Result<String> {
        Ok(String::new())
    }

    /// Has an invalid status, invalid errors and an invalid timeout.
    #[get("/numbers", status = 404, errors(200, "404", 404, 404), timeout = "5")]
    async fn numbers(&self) -> Result<String>;

    /// Has unknown keys.
    #[get("/keys", stauts = 201, name = 5, name = "x")]
    #[tool(naem = "x")]
    #[rest(paht = "/x")]
    async fn keys(&self) -> Result<String>;
}

struct Fake;

impl Things for Fake {
    async fn two(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn twice(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn neither(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn empty(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn other(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn skipped(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn part(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn pathless(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn no_text(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn equals(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn numbers(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn keys(&self) -> Result<String> {
        Ok(String::new())
    }
}

fn main() {
    let _ = Fake.both();
    let _ = Fake.into_capability();
    let _ = ThingsClient::builder().build().unwrap().hidden();
}
