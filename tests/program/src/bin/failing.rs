//! A program whose operations fail with errors that contain the caller's text.

use naftiko::{Error, Result, capability};

/// Fails.
#[capability(exposes(rest(port = 8080), mcp(port = 9090)))]
trait Failing {
    /// Panics.
    #[rest(get = "/panic")]
    async fn panics(&self, text: &str) -> Result<String> {
        std::panic::panic_any(text.to_owned())
    }

    /// Fails with an internal error.
    #[rest(get = "/internal")]
    async fn internal(&self, text: &str) -> Result<String> {
        Err(Error::internal(text.to_owned()))
    }
}

struct Service;

impl Failing for Service {}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    naftiko::run(|| Ok(Service.into_capability())).await
}
