//! Mistakes in `tls(…)`: no keys, half of a client certificate, unknown keys, a private key in the source.

use naftiko::{Result, capability};

/// Has `tls` with missing, unknown and invalid keys.
#[capability(
    consumes(namespace = "one", base_uri = "https://one.example", tls()),
    consumes(namespace = "two", base_uri = "https://two.example", tls(certificate = "{{env.CERT}}")),
    consumes(namespace = "three", base_uri = "https://three.example", tls(cert = "{{env.CERT}}", ca)),
    exposes(rest(port = 8080)),
)]
pub trait Certificates {
    /// Reads.
    #[get("/things", consumes = "one")]
    async fn read(&self) -> Result<String>;
}

/// Has a private key in the source.
#[capability(
    binds(env(CERT)),
    consumes(namespace = "api", base_uri = "https://api.example", tls(certificate = "{{env.CERT}}", key = "-----BEGIN")),
    exposes(rest(port = 8080)),
)]
pub trait Key {
    /// Reads.
    #[get("/things")]
    async fn read(&self) -> Result<String>;
}

fn main() {}
