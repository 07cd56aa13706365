//! A program with tools that run as tasks, and with routes that answer with cached values, the API's own JSON, and streams.

use naftiko::store::MemoryStore;
use naftiko::{Context, Limits, RawJson, Result, Stream, capability};
use schemars::JsonSchema;
use serde::Deserialize;
use std::time::Duration;

/// What a caller chooses.
#[derive(Deserialize, JsonSchema)]
pub struct Choice {
    name: String,
}

/// Orders things.
#[capability(
    label = "Ordering",
    consumes(namespace = "shop", base_uri = "https://shop.example"),
    exposes(rest(port = 8080), mcp(port = 9090, sessions))
)]
pub trait Ordering {
    /// Orders a thing.
    #[post("/orders")]
    async fn order(&self) -> Result<u32>;

    /// Reads the catalogue, which is cached.
    #[get("/catalogue", cache)]
    async fn read_catalogue(&self) -> Result<Vec<String>>;

    /// Reads the terms, as the API sends them.
    #[get("/terms")]
    async fn read_terms(&self) -> Result<RawJson>;

    /// Reads the news as it comes.
    #[get("/news")]
    async fn read_news(&self) -> Result<Stream<String>>;

    /// Orders two things.
    #[tool(task)]
    async fn order_two(&self) -> Result<u32> {
        Ok(self.order().await? + self.order().await?)
    }

    /// Orders what the caller chooses.
    #[tool(task)]
    async fn order_chosen(&self, context: &Context) -> Result<u32> {
        // Without this line, the question would be asked before the task begins: a task begins once its method waits for
        // anything but an answer.
        tokio::task::yield_now().await;
        match context.ask::<Choice>("Which one?").await?.accepted() {
            Some(choice) if !choice.name.is_empty() => self.order().await,
            _ => Ok(0),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let seconds = std::env::var("ORDERING_LIMIT").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let limits = Limits { operation: Duration::from_secs(seconds), ..Limits::default() };
    let program = naftiko::run(OrderingClient::from_env).limits(limits);
    // An explicit store that, like the default one, is not shared.
    if std::env::var_os("ORDERING_MEMORY").is_some() {
        program.store(MemoryStore::default()).await
    } else {
        program.await
    }
}
