//! A program that retries, hedges, limits and caches the calls to its API, and has a circuit breaker.

use naftiko::{Limits, Result, capability};

/// Reads items.
#[capability(
    label = "Measured",
    binds(env(SHOP_KEY)),
    consumes(
        namespace = "shop",
        base_uri = "https://shop.example",
        authentication(bearer = "{{env.SHOP_KEY}}"),
        resilience(circuit_breaker(failures = 2, reset = "9m")),
    ),
    exposes(rest(port = 0), mcp(port = 0))
)]
trait Measured {
    /// Reads an item, with retries.
    #[get("/items/{itemId}", resilience(retry(3, backoff = "1ms")))]
    async fn read_item(&self, item_id: &str) -> Result<String>;

    /// Reads a price, which is cached.
    #[get("/price", cache)]
    async fn read_price(&self) -> Result<String>;

    /// Reads a rating, with a second request if the first takes long.
    #[get("/rating", resilience(hedge = "5ms"))]
    async fn read_rating(&self) -> Result<String>;

    /// Reads the stock, without retries.
    #[get("/stock")]
    #[tool(task)]
    async fn read_stock(&self) -> Result<String>;

    /// Counts the items, one count at a time.
    #[get("/count", resilience(concurrency(1, queue = 0)))]
    async fn count_items(&self) -> Result<String>;

    /// Finds items, once in nine minutes.
    #[get("/find", resilience(rate_limit(1, per = "9m", queue = 0)))]
    async fn find_items(&self) -> Result<String>;

    /// Asks for a review.
    #[prompt(template = "Review the item {{item}}.")]
    async fn review(&self, item: &str) -> Result<String>;

    /// Reads the stock twice.
    #[rest(get = "/twice")]
    async fn read_twice(&self) -> Result<Vec<String>> {
        Ok(vec![self.read_stock().await?, self.read_stock().await?])
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let limits = Limits { operations: 4, ..Limits::default() };
    naftiko::run(MeasuredClient::from_env).limits(limits).await
}
