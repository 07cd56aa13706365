//! A misspelt section is one mistake: the keys in it are not reported as missing.

use naftiko::{Result, capability};

/// Misspells `binds`.
#[capability(
    bind(env(KEY)),
    consumes(namespace = "things", base_uri = "https://things.example", authentication(bearer = "{{KEY}}")),
    exposes(rest(port = 8080)),
)]
pub trait Unbound {
    /// Reads one.
    #[get("/things/{id}")]
    async fn read(&self, id: &str) -> Result<String>;
}

/// Misspells `consumes`.
#[capability(
    binds(env(KEY)),
    consume(namespace = "things", base_uri = "https://things.example", authentication(bearer = "{{KEY}}")),
    exposes(rest(port = 8080)),
)]
pub trait Unconsumed {
    /// Reads one.
    #[get("/things/{id}")]
    async fn read(&self, id: &str) -> Result<String>;
}

struct Fake;

impl Unbound for Fake {
    async fn read(&self, id: &str) -> Result<String> {
        Ok(id.to_owned())
    }
}

impl Unconsumed for Fake {
    async fn read(&self, id: &str) -> Result<String> {
        Ok(id.to_owned())
    }
}

fn main() {
    let _ = Unbound::into_capability(Fake);
    let _ = Unconsumed::into_capability(Fake);
    let _ = UnboundClient::from_env().unwrap().read("1");
    let _ = UnconsumedClient::from_env().unwrap().read("1");
}
