//! Base URIs to which no path can be appended.

use naftiko::{Result, capability};

/// Has APIs with invalid base URIs, and two with the same namespace.
#[capability(
    consumes(namespace = "query", base_uri = "https://things.example?key=1"),
    consumes(namespace = "slash", base_uri = "https://things.example/"),
    consumes(namespace = "scheme", base_uri = "things.example"),
    consumes(namespace = "brace", base_uri = "https://{tenant.things.example"),
    consumes(namespace = "brace", base_uri = "https://things.example"),
    exposes(rest(port = 8080)),
)]
pub trait Things {
    /// Reads one.
    #[get("/things/{id}", consumes = "slash")]
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
    let _ = ThingsClient::builder().build().unwrap().read("1");
}
