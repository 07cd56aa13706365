//! Futures and types that are not `Send`, in the trait and in an implementation.

use naftiko::{Result, capability};
use std::cell::Cell;
use std::rc::Rc;

/// Keeps a value that is not `Send` across an `await`.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090)),
)]
pub trait Things {
    /// Reads one.
    #[get("/things")]
    async fn read(&self) -> Result<String>;

    /// Reads one twice.
    #[tool]
    async fn twice(&self) -> Result<String> {
        let count = Rc::new(2);
        let text = self.read().await?;
        Ok(text.repeat(*count))
    }
}

/// Takes a reference to a type that is not `Sync`.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090)),
)]
pub trait Cells {
    /// Writes one.
    #[post("/cells")]
    async fn write(&self, body: &Cell<u8>) -> Result<()>;
}

struct Fake;

impl Things for Fake {
    async fn read(&self) -> Result<String> {
        let text = Rc::new(String::new());
        tokio::task::yield_now().await;
        Ok(text.to_string())
    }
}

fn main() {
    let _ = Fake.into_capability();
    let _ = ThingsClient::builder().build().unwrap().twice();
}
