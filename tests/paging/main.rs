//! Tests of `#[page]`. APIs point to the next page in six ways; each is offered as a stream in Rust, as a `Link` header
//! over REST and as arguments over MCP, both from a trait and from its document.
#![cfg(all(feature = "client", feature = "rest", feature = "mcp", feature = "document", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod adapters;
mod caching;
mod filled;
mod links;
mod stream;

use naftiko::document::Settings;
use naftiko::spec::{Policy, load::load};
use naftiko::testing::{Answer, Recorded, Upstream};
use naftiko::{Capability, Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;

/// A ticket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ticket {
    id: u64,
}

/// A page of tickets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Page {
    items: Vec<Ticket>,
}

/// A page of long tickets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Letters {
    items: Vec<Letter>,
}

/// A long ticket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Letter {
    id: u64,
    text: String,
}

impl Page {
    fn ids(&self) -> Vec<u64> {
        self.items.iter().map(|ticket| ticket.id).collect()
    }
}

/// Lists tickets, with each kind of paging.
#[capability(
    consumes(namespace = "desk", base_uri = "https://desk.example", query("version" = "2")),
    exposes(rest(port = 1, prefix = "/v1"), mcp(port = 2))
)]
pub trait Desk {
    /// Has a cursor.
    #[get("/cursor")]
    #[page(cursor = "$.next", into = "after")]
    async fn cursor(&self, #[query("page-after")] after: Option<&str>, tag: Option<Vec<String>>) -> Result<Page>;

    /// Has a cursor even on the last page, and returns the list without its envelope.
    #[get("/relay")]
    #[page(cursor = "$.info.end", into = "after", more = "$.info.more", max_pages = 2)]
    #[output("$.items")]
    async fn relay(&self, after: Option<u64>) -> Result<Vec<Ticket>>;

    /// Counts items.
    #[get("/offset")]
    #[page(offset, into = "skip", items = "$.items")]
    async fn offset(&self, skip: Option<u64>) -> Result<Page>;

    /// Counts pages, from 1.
    #[get("/number")]
    #[page(number, into = "page", items = "$.items")]
    async fn number(&self, page: Option<u32>) -> Result<Page>;

    /// Counts pages, from 0.
    #[get("/zero")]
    #[page(number, into = "page", first = 0, more = "$.more")]
    async fn zero(&self, page: Option<u32>) -> Result<Page>;

    /// Continues after the last item.
    #[get("/keyset")]
    #[page(keyset = "$.id", into = "after", items = "$.items")]
    async fn keyset(&self, after: Option<u64>) -> Result<Page>;

    /// Has a link in the header.
    #[get("/header")]
    #[page(link)]
    async fn header(&self, page: Option<u32>, status: Option<&str>) -> Result<Page>;

    /// Has a link in the body.
    #[get("/link")]
    #[page(link = "$.links.next")]
    async fn link(&self, page: Option<u32>, status: Option<&str>) -> Result<Page>;

    /// Counts items, in answers that are cut.
    #[get("/cut")]
    #[rest(skip)]
    #[tool(max_output = "1KiB")]
    #[page(offset, into = "skip", items = "$.items")]
    async fn cut(&self, skip: Option<u64>) -> Result<Letters>;

    /// Takes one argument of a link.
    #[get("/one")]
    #[page(link, into = "page")]
    async fn one(&self, page: Option<u32>) -> Result<Page>;
}

/// The operations that return a [`Page`], each with the argument that selects the page.
const KINDS: [(&str, &str); 8] = [
    ("cursor", "page-after"),
    ("offset", "skip"),
    ("number", "page"),
    ("zero", "page"),
    ("keyset", "after"),
    ("header", "page"),
    ("link", "page"),
    ("one", "page"),
];

fn client(upstream: &Upstream) -> DeskClient {
    DeskClient::builder().base_uri(upstream.url()).build().unwrap()
}

/// Returns the same capability from its document, written as YAML and read again.
fn documented(upstream: &Upstream) -> Capability {
    let document = client(upstream).into_capability().document().clone();
    let loaded = load(&document.to_yaml().unwrap(), &Policy { strict: true, ..Policy::default() }).unwrap();
    assert_eq!(loaded.document, document);
    let settings = Settings::default().upstream("desk", upstream.url());
    naftiko::document::capability(loaded.document, loaded.lowered, settings).unwrap()
}

/// Returns the capabilities of the trait and of its document.
fn both(upstream: &Upstream) -> [Capability; 2] {
    [client(upstream).into_capability(), documented(upstream)]
}

/// Returns the query of a request, decoded.
fn query(request: &Recorded) -> HashMap<String, String> {
    let pairs = reqwest::Url::parse(&format!("http://desk{}?{}", request.path(), request.query().unwrap_or_default()));
    pairs.unwrap().query_pairs().into_owned().collect()
}

/// Skips the first `from` of seven items, and returns up to three of the rest.
fn items(from: u64) -> Vec<Value> {
    (from + 1..=7.min(from + 3)).map(|id| json!({ "id": id })).collect()
}

/// Starts an API with seven tickets, three on a page.
async fn desk() -> Upstream {
    let upstream = Upstream::start().await;
    let url = upstream.url().to_owned();
    let number = |request: &Recorded, name: &str| query(request).get(name).map(|text| text.parse::<u64>().unwrap());
    upstream.answer_with("GET", "/cursor", move |request| {
        // A cursor with characters that must be encoded in a query.
        let from = match query(request).get("page-after").map(String::as_str) {
            None => 0,
            Some("a&b=+ü/3?#%20") => 3,
            Some(other) => other.parse().unwrap(),
        };
        // One of the cursors is a number, and the last one is null.
        let next = [json!("a&b=+ü/3?#%20"), json!(6), Value::Null][usize::try_from(from / 3).unwrap()].clone();
        Answer::json(200, json!({ "items": items(from), "next": next }))
    });
    upstream.answer_with("GET", "/relay", move |request| {
        let from = number(request, "after").unwrap_or_default();
        let info = json!({ "end": from + 3, "more": from < 6 });
        Answer::json(200, json!({ "items": items(from), "info": info }))
    });
    for (path, name, first, step) in
        [("/offset", "skip", 0, 1), ("/number", "page", 1, 3), ("/zero", "page", 0, 3), ("/keyset", "after", 0, 1)]
    {
        upstream.answer_with("GET", path, move |request| {
            let from = number(request, name).map_or(0, |number| (number - first) * step);
            Answer::json(200, json!({ "items": items(from), "more": from + 3 < 7 }))
        });
    }
    upstream.answer_with("GET", "/cut", move |request| {
        let mut items = items(number(request, "skip").unwrap_or(0));
        for item in &mut items {
            item["text"] = "x".repeat(400).into();
        }
        Answer::json(200, json!({ "items": items }))
    });
    for path in ["/header", "/link", "/one"] {
        let url = url.clone();
        upstream.answer_with("GET", path, move |request| {
            let from = number(request, "page").map_or(0, |page| (page - 1) * 3);
            let mut target = query(request);
            target.insert("page".to_owned(), (from / 3 + 2).to_string());
            if path == "/one" {
                target.insert("unknown".to_owned(), "1".to_owned());
            }
            let target: Vec<String> = target.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let target = format!("{url}{path}?{}", target.join("&"));
            let (more, link) = (from + 3 < 7, format!("<{url}{path}>; rel=\"first\", <{target}>; rel=\"next\""));
            let next = if more { json!(target) } else { Value::Null };
            let body = if path == "/link" {
                json!({ "items": items(from), "links": { "next": next } })
            } else {
                json!({ "items": items(from) })
            };
            let answer = Answer::json(200, body);
            if more && path != "/link" { answer.header("link", &link) } else { answer }
        });
    }
    upstream
}
