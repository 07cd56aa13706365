//! Pages of an API, read by hand.

// part: all
use naftiko::http::Response;
use naftiko::{Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A ticket.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ticket {
    /// Its number.
    pub id: u32,
}

/// A page of tickets.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Page {
    /// The tickets.
    pub items: Vec<Ticket>,
    /// Leads to the next page, if there is one.
    pub next: Option<String>,
}

/// Reads tickets.
#[capability(
    consumes(namespace = "desk", base_uri = "https://desk.example/api"),
    exposes(rest(port = 8080, prefix = "/v1"), mcp(port = 9090))
)]
pub trait Desk {
    /// Lists a page of the tickets. The `next` of one page is the `cursor` of the following one.
    #[get("/tickets")]
    async fn page(&self, cursor: Option<&str>) -> Result<Page>;

    /// Lists tickets from all pages.
    #[rest(get = "/all-tickets")]
    async fn all(&self, #[query(default = 100)] limit: usize) -> Result<Vec<Ticket>> {
        let mut tickets = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = self.page(cursor.as_deref()).await?;
            tickets.extend(page.items);
            cursor = page.next;
            if cursor.is_none() || tickets.len() >= limit {
                tickets.truncate(limit);
                return Ok(tickets);
            }
        }
    }

    /// Lists a page of the comments. `Link` leads to the others.
    #[get("/comments", response_headers("Link"))]
    async fn comments(&self, page: Option<u32>) -> Result<Response<Vec<String>>>;
}
// end: all

use naftiko::testing::{Answer, Upstream};
use serde_json::json;

async fn client() -> (Upstream, DeskClient) {
    let upstream = Upstream::start().await;
    upstream.answer_with("GET", "/tickets", |request| match request.query() {
        Some("cursor=b") => Answer::json(200, json!({ "items": [{ "id": 3 }], "next": null })),
        _ => Answer::json(200, json!({ "items": [{ "id": 1 }, { "id": 2 }], "next": "b" })),
    });
    let link = "<https://desk.example/api/comments?page=2>; rel=\"next\"";
    upstream.answer("GET", "/comments", Answer::json(200, json!(["Hello"])).header("link", link));
    let client = DeskClient::builder().base_uri(upstream.url()).build().unwrap();
    (upstream, client)
}

#[tokio::test]
async fn all_pages_are_read_until_there_are_enough() {
    let (upstream, client) = client().await;
    let ids: Vec<u32> = client.all(100).await.unwrap().into_iter().map(|ticket| ticket.id).collect();
    assert_eq!(ids, [1, 2, 3]);
    assert_eq!(client.all(1).await.unwrap(), [Ticket { id: 1 }]);
    assert_eq!(upstream.requests().len(), 3);
}

#[tokio::test]
async fn the_link_is_there_in_rust_and_over_rest() {
    let (_upstream, client) = client().await;
    // part: link
    let answer = client.comments(None).await.unwrap();
    let link = answer.headers().get("link").and_then(|link| link.to_str().ok());
    let more = link.is_some_and(|link| link.contains("rel=\"next\""));
    // end: link
    assert!(more);
    let router = client.into_capability().rest_router();
    let answer = crate::send(&router, crate::get("/v1/comments")).await;
    assert_eq!(answer.headers()["link"], "<https://desk.example/api/comments?page=2>; rel=\"next\"");
}
