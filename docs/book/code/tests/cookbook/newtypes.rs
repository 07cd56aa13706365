//! Your own types as scalars.

// part: all
use naftiko::{Result, Scalar, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The number of an order, as `o-` and digits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderId(#[schemars(regex(pattern = "^o-[0-9]+$"))] String);

impl Scalar for OrderId {}

/// What to sort by.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SortBy {
    Newest,
    TotalPrice,
}

impl Scalar for SortBy {}

/// Reads orders.
#[capability(
    consumes(namespace = "orders", base_uri = "https://orders.example"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Orders {
    /// Lists the numbers of the orders.
    #[get("/orders")]
    async fn list(&self, sort: Option<SortBy>) -> Result<Vec<OrderId>>;

    /// Cancels an order.
    #[delete("/orders/{id}")]
    async fn cancel(&self, id: &OrderId) -> Result<()>;
}
// end: all

use naftiko::testing::{Answer, Upstream};
use serde_json::json;

#[tokio::test]
async fn a_newtype_and_an_enum_are_sent_as_text() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/orders", Answer::json(200, json!(["o-1"])));
    upstream.answer("DELETE", "/orders/o-1", Answer::status(204));
    let client = OrdersClient::builder().base_uri(upstream.url()).build().unwrap();
    let ids = client.list(Some(SortBy::TotalPrice)).await.unwrap();
    assert_eq!(ids, [OrderId("o-1".into())]);
    client.cancel(&ids[0]).await.unwrap();
    let sent: Vec<_> = upstream.requests().into_iter().map(|request| request.path_and_query).collect();
    assert_eq!(sent, ["/orders?sort=total_price", "/orders/o-1"]);

    let router = client.into_capability().rest_router();
    let (status, text) = crate::ask(&router, crate::get("/orders?sort=biggest")).await;
    assert!(status == 400 && text.contains("total_price"), "{text}");
    let delete = naftiko::http::Request::delete("/orders/17").body(String::new()).unwrap();
    let (status, text) = crate::ask(&router, delete).await;
    assert!(status == 400 && text.contains("/id"), "{text}");
}
