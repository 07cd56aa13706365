//! Pagination.

// part: all
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
    /// Lists a page of the tickets with a status.
    #[get("/tickets")]
    #[page(cursor = "$.next", into = "cursor")]
    async fn tickets(&self, status: &str, cursor: Option<&str>) -> Result<Page>;

    /// Lists tickets from all pages.
    #[rest(get = "/all-tickets")]
    async fn all(&self, status: &str, #[query(default = 100)] limit: usize) -> Result<Vec<Ticket>> {
        let mut tickets = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = self.tickets(status, cursor.as_deref()).await?;
            tickets.extend(page.items);
            cursor = page.next;
            if cursor.is_none() || tickets.len() >= limit {
                tickets.truncate(limit);
                return Ok(tickets);
            }
        }
    }

    /// Lists a page of the comments.
    #[get("/comments")]
    #[page(link)]
    async fn comments(&self, page: Option<u32>) -> Result<Vec<String>>;
}
// end: all

use naftiko::testing::{Answer, Upstream};
use serde_json::json;

async fn client() -> (Upstream, DeskClient) {
    let upstream = Upstream::start().await;
    upstream.answer_with("GET", "/tickets", |request| match request.query() {
        Some("status=open&cursor=b") => Answer::json(200, json!({ "items": [{ "id": 3 }], "next": null })),
        _ => Answer::json(200, json!({ "items": [{ "id": 1 }, { "id": 2 }], "next": "b" })),
    });
    upstream.answer_with("GET", "/comments", |request| match request.query() {
        Some("page=2") => Answer::json(200, json!(["Bye"])),
        _ => Answer::json(200, json!(["Hello"])).header("link", "</api/comments?page=2>; rel=\"next\""),
    });
    let client = DeskClient::builder().base_uri(upstream.url()).build().unwrap();
    (upstream, client)
}

#[tokio::test]
async fn pages_are_read_until_the_limit_is_reached() {
    let (upstream, client) = client().await;
    let ids: Vec<u32> = client.all("open", 100).await.unwrap().into_iter().map(|ticket| ticket.id).collect();
    assert_eq!(ids, [1, 2, 3]);
    assert_eq!(client.all("open", 1).await.unwrap(), [Ticket { id: 1 }]);
    assert_eq!(upstream.requests().len(), 3);
}

#[tokio::test]
async fn the_stream_has_all_pages() {
    let (upstream, client) = client().await;
    // part: stream
    let mut pages = client.tickets_pages("open", None);
    let mut count = 0;
    while let Some(page) = pages.next().await {
        count += page.unwrap().items.len();
    }
    // end: stream
    assert_eq!((count, upstream.requests().len()), (3, 2));
}

#[tokio::test]
async fn the_link_leads_to_our_own_route() {
    let (_upstream, client) = client().await;
    let router = client.into_capability().rest_router();
    let answer = crate::send(&router, crate::get("/v1/tickets?status=open")).await;
    assert_eq!(answer.headers()["link"], "<?status=open&cursor=b>; rel=\"next\"");
    let answer = crate::send(&router, crate::get("/v1/comments")).await;
    assert_eq!(answer.headers()["link"], "<?page=2>; rel=\"next\"");
    let answer = crate::send(&router, crate::get("/v1/comments?page=2")).await;
    assert!(!answer.headers().contains_key("link"));
}
