//! A fallback: a mirror answers while the API fails.

// part: all
use naftiko::{Capability, Result, Setup, capability};

/// Reads exchange rates.
#[capability(
    consumes(
        namespace = "rates",
        base_uri = "https://rates.example",
        resilience(timeout = "2s", hedge = "300ms", circuit_breaker(failures = 5, reset = "30s")),
    ),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Rates {
    /// Reads the rate of a currency, in hundredths of a euro.
    #[get("/rates/{currency}")]
    async fn rate(&self, currency: &str) -> Result<u32>;
}

/// Creates the capability: reads that fail are answered by the mirror.
pub fn rates(api: &str, mirror: &str, setup: &Setup) -> Result<Capability> {
    let api = RatesClient::builder().base_uri(api).setup(setup).build()?;
    let mirror = RatesClient::builder().base_uri(mirror).build()?;
    api.into_capability().with_fallback(mirror.into_capability())
}
// end: all

use naftiko::testing::{Answer, Upstream};
use serde_json::json;

#[tokio::test]
async fn the_mirror_answers_while_the_api_fails() {
    let (api, mirror) = (Upstream::start().await, Upstream::start().await);
    api.answer("GET", "/rates/usd", Answer::status(503)).answer("GET", "/rates/xyz", Answer::status(404));
    mirror.answer("GET", "/rates/usd", Answer::json(200, json!(92)));
    let rates = rates(api.url(), mirror.url(), &Setup::default()).unwrap();
    assert_eq!(rates.call("rate", json!({ "currency": "usd" })).await.unwrap(), json!(92));
    // The API has answered: it does not know the currency.
    assert_eq!(rates.call("rate", json!({ "currency": "xyz" })).await.unwrap_err().status().as_u16(), 404);
    assert_eq!(mirror.requests().len(), 1);
}
