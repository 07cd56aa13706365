//! Method bodies that fail after one of their calls has taken effect: callers are not asked to call again, which would
//! double the effect.

use naftiko::http::StatusCode;
use naftiko::testing::{Answer, Upstream};
use naftiko::{Capability, Error, Result, capability};
use serde_json::{Value, json};

/// Keeps orders.
#[capability(
    consumes(namespace = "orders", base_uri = "https://orders.example"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
trait Orders {
    /// Places an order.
    #[post("/orders", status = 204)]
    #[skip]
    async fn place(&self) -> Result<()>;

    /// Replaces an order.
    #[put("/orders/1", status = 204)]
    #[skip]
    async fn replace(&self) -> Result<()>;

    /// Ships an order.
    #[post("/shipments", status = 204)]
    #[skip]
    async fn ship(&self) -> Result<()>;

    /// Places an order and ships it.
    #[rest(post = "/order-and-ship")]
    async fn order(&self) -> Result<()> {
        self.place().await?;
        self.ship().await
    }

    /// Replaces an order and ships it.
    #[rest(post = "/replace-and-ship")]
    async fn change(&self) -> Result<()> {
        self.replace().await?;
        self.ship().await
    }

    /// Places an order and ships it, unless that has been done.
    #[tool(hints(idempotent))]
    #[rest(put = "/order-once")]
    async fn order_once(&self) -> Result<()> {
        self.place().await?;
        self.ship().await
    }

    /// Places an order, and ships it even if the API has not said that it was placed.
    #[rest(post = "/order-somehow")]
    async fn insist(&self) -> Result<()> {
        let _ = self.place().await;
        self.ship().await
    }

    /// Places an order, and refuses to ship it.
    #[rest(post = "/order-and-refuse")]
    async fn refuse(&self) -> Result<()> {
        self.place().await?;
        Err(Error::new(StatusCode::SERVICE_UNAVAILABLE, "nobody ships today"))
    }
}

async fn served(upstream: &Upstream) -> String {
    let client = OrdersClient::builder().base_uri(upstream.url()).build().unwrap();
    let capability: Capability = client.into_capability();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().merge(capability.rest_router()).route_service("/mcp", capability.mcp_service());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// An API whose shipments ask their callers to wait.
async fn busy_shipments() -> Upstream {
    let upstream = Upstream::start().await;
    upstream.answer("POST", "/orders", Answer::status(204));
    upstream.answer("PUT", "/orders/1", Answer::status(204));
    upstream.answer("POST", "/shipments", Answer::status(429).header("retry-after", "7"));
    upstream
}

#[tokio::test]
async fn callers_are_not_asked_to_repeat_a_body_whose_first_call_has_taken_effect() {
    let upstream = busy_shipments().await;
    let url = served(&upstream).await;
    let http = reqwest::Client::new();
    for (path, method, asks_to_wait, says_so) in [
        ("order-and-ship", "POST", false, true),
        // Repeating the first call has no further effect.
        ("replace-and-ship", "POST", true, false),
        // The author says that the body can be repeated.
        ("order-once", "PUT", true, false),
        // The author's own error.
        ("order-and-refuse", "POST", false, false),
    ] {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let answer = http.request(method, format!("{url}/{path}")).send().await.unwrap();
        assert_eq!(answer.headers().contains_key("retry-after"), asks_to_wait, "{path}: {answer:?}");
        let status = answer.status();
        let problem: Value = answer.json().await.unwrap();
        let detail = problem["detail"].as_str().unwrap();
        assert_eq!(detail.ends_with("; `orders.place` has taken effect"), says_so, "{path}: {detail}");
        if says_so {
            assert_eq!(status, 502, "{path}: {detail}");
        }
    }
}

#[tokio::test]
async fn callers_are_not_asked_to_repeat_a_body_whose_first_call_may_have_taken_effect() {
    let upstream = busy_shipments().await;
    let url = served(&upstream).await;
    for (status, may_be_placed) in [(500, true), (504, true), (400, false), (404, false), (409, false)] {
        upstream.answer("POST", "/orders", Answer::status(status));
        let answer = reqwest::Client::new().post(format!("{url}/order-somehow")).send().await.unwrap();
        assert_eq!(answer.headers().contains_key("retry-after"), !may_be_placed, "{status}: {answer:?}");
        assert_eq!(answer.status() == 502, may_be_placed, "{status}: {answer:?}");
        let problem: Value = answer.json().await.unwrap();
        let detail = problem["detail"].as_str().unwrap();
        assert_eq!(detail.ends_with("; `orders.place` may have taken effect"), may_be_placed, "{status}: {detail}");
    }
}

#[tokio::test]
async fn agents_learn_that_the_first_call_has_taken_effect() {
    let upstream = busy_shipments().await;
    let url = served(&upstream).await;
    let params = json!({ "name": "order", "arguments": {} });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let answer = reqwest::Client::new().post(format!("{url}/mcp")).json(&message).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("`orders.place` has taken effect"), "{text}");
    assert!(text.contains("check before you call again"), "{text}");
}

#[tokio::test]
async fn a_body_whose_first_call_has_failed_may_be_repeated() {
    let upstream = busy_shipments().await;
    upstream.answer("POST", "/orders", Answer::status(429).header("retry-after", "7"));
    let url = served(&upstream).await;
    let answer = reqwest::Client::new().post(format!("{url}/order-and-ship")).send().await.unwrap();
    assert_eq!(answer.headers()["retry-after"], "7");
}
