//! Hedging: a slow read is sent a second time.

// part: all
use naftiko::{Result, capability};

/// Reads exchange rates.
#[capability(
    consumes(namespace = "rates", base_uri = "https://rates.example", resilience(timeout = "2s", hedge = "300ms"),),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Rates {
    /// Reads the rate of a currency, in hundredths of a euro.
    #[get("/rates/{currency}")]
    async fn rate(&self, currency: &str) -> Result<u32>;

    /// Reads the report of a day. Each report takes seconds, so a second request would help nobody.
    #[get("/reports/{day}", resilience(timeout = "20s", hedge(off)))]
    async fn report(&self, day: &str) -> Result<String>;

    /// Publishes a rate. A write is never hedged.
    #[post("/rates/{currency}")]
    async fn publish(&self, currency: &str, body: u32) -> Result<()>;
}
// end: all

use naftiko::testing::{Answer, Upstream};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};

#[tokio::test]
async fn a_slow_read_is_sent_a_second_time() {
    let (api, requests) = (Upstream::start().await, AtomicUsize::new(0));
    api.answer_with("GET", "/rates/usd", move |_| match requests.fetch_add(1, Ordering::SeqCst) {
        0 => Answer::hang(),
        _ => Answer::json(200, json!(92)),
    });
    api.answer("POST", "/rates/usd", Answer::status(204));
    api.answer("GET", "/reports/today", Answer::json(200, json!("busy")));
    let rates = RatesClient::builder().base_uri(api.url()).build().unwrap();
    assert_eq!(rates.rate("usd").await.unwrap(), 92);
    rates.publish("usd", 92).await.unwrap();
    assert_eq!(rates.report("today").await.unwrap(), "busy");
    let sent: Vec<String> = api.requests().iter().map(|one| format!("{} {}", one.method, one.path())).collect();
    assert_eq!(sent, ["GET /rates/usd", "GET /rates/usd", "POST /rates/usd", "GET /reports/today"]);
}
