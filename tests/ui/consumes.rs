//! Keys of `consumes` that are missing, misspelt or of the wrong form.

use naftiko::{Result, capability};

/// Has an API without an address and one without a name.
#[capability(
    consumes(namespace = "one"),
    consumes(base_url = "https://two.example"),
    consumes(
        namespace = "three",
        base_uri = "https://three.example",
        authentication(token = "{{env.KEY}}"),
        header("X-Version"),
        timeout = "5 seconds",
    ),
    consumes(
        namespace = "four",
        base_uri = "https://four.example",
        authentication(apikey(key = "X-Key", placement = "cookie")),
        timeout = 5,
    ),
    consumes(
        namespace = "five",
        base_uri = "https://five.example",
        authentication(bearer = "{{KEY}}", basic(username = "{{USER}}", password = "{{PASSWORD}}")),
    ),
    consumes(namespace = "six", base_uri = "https://six.example", authentication()),
    exposes(rest(port = 8080)),
)]
pub trait Things {
    /// Reads one.
    #[get("/things/{id}", consumes = "one")]
    async fn read(&self, id: &str) -> Result<String>;
}

/// Lacks commas.
#[capability(
    consumes(namespace = "things" base_uri = "https://things.example", timeout = "5s" header("X-A" = "b")),
    exposes(rest(port = 8080 prefix = "/v1") mcp(port = 9090)),
)]
pub trait Commas {
    /// Reads one.
    #[get("/things/{id}" status = 200)]
    async fn read(&self, #[path("id")] number: u32) -> Result<String>;
}

struct Fake;

impl Things for Fake {
    async fn read(&self, id: &str) -> Result<String> {
        Ok(id.to_owned())
    }
}

fn main() {
    let _ = Fake.into_capability();
    let _ = ThingsClient::builder().build().unwrap().read("1");
}
