//! Undeclared variables, unused binds, secrets in the source, invalid header names.

use naftiko::{Result, capability};

/// Has undeclared variables.
#[capability(
    binds(env(THINGS_KEY), vault(location = "file:///run/secrets", ORG)),
    consumes(
        namespace = "undeclared",
        base_uri = "https://things.example",
        authentication(bearer = "{{env.THING_KEY}}"),
        header("X-Org" = "{{vault.ORG"),
    ),
    exposes(rest(port = 8080)),
)]
pub trait Things {
    /// Reads one.
    #[get("/things/{id}")]
    async fn read(&self, id: &str) -> Result<String>;
}

/// Has secrets in the source.
#[capability(
    binds(env(UNUSED)),
    consumes(
        namespace = "secret",
        base_uri = "https://things.example",
        authentication(apikey(key = "X-Key", value = "0123456789abcdef")),
        header("X Org" = "acme"),
        header("X-Token" = "ghp_0123456789abcdef"),
    ),
    exposes(rest(port = 8080)),
)]
pub trait Secrets {
    /// Reads one.
    #[get("/things/{id}")]
    async fn read(&self, id: &str) -> Result<String>;
}

/// Has invalid binds.
#[capability(
    binds(env(ORG, ORG), vault(location = 5), "PLAIN"),
    consumes(namespace = "bound", base_uri = "https://things.example", header("X-Org" = "{{env.ORG}}")),
    exposes(rest(port = 8080)),
)]
pub trait Bound {
    /// Reads one.
    #[get("/things/{id}")]
    async fn read(&self, id: &str) -> Result<String>;
}

struct Fake;

impl Bound for Fake {
    async fn read(&self, id: &str) -> Result<String> {
        Ok(id.to_owned())
    }
}

impl Things for Fake {
    async fn read(&self, id: &str) -> Result<String> {
        Ok(id.to_owned())
    }
}

impl Secrets for Fake {
    async fn read(&self, id: &str) -> Result<String> {
        Ok(id.to_owned())
    }
}

fn main() {
    let _ = Things::into_capability(Fake);
    let _ = Secrets::into_capability(Fake);
    let _ = ThingsClient::builder().build().unwrap().read("1");
    let _ = SecretsClient::builder().build().unwrap().read("1");
}
