//! A document, and a trait with its operations.

// part: all
use naftiko::{Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A book.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Book {
    /// Its title.
    pub title: String,
}

#[capability(document = "library.naftiko.yaml")]
pub trait Library {
    /// The document has this operation; here it gets types.
    async fn list_books(&self, author: Option<&str>) -> Result<Vec<Book>>;

    /// Counts the books of an author. (The document has no such operation: it is added.)
    #[rest(get = "/v1/authors/{author}/count")]
    async fn count_books(&self, author: &str) -> Result<usize> {
        Ok(self.list_books(Some(author)).await?.len())
    }
}
// end: all

use naftiko::testing::{Answer, Upstream};
use serde_json::json;

#[tokio::test]
async fn the_file_and_the_method_are_one_capability() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/books", Answer::json(200, json!([{ "title": "Notes" }])));
    // part: client
    let client = LibraryClient::builder().base_uri(upstream.url()).bind("LIBRARY_KEY", "s3cret").build().unwrap();
    let books = client.list_books(Some("Ada")).await.unwrap();
    // end: client
    assert_eq!(books[0].title, "Notes");
    let router = client.into_capability().rest_router();
    assert_eq!(crate::ask(&router, crate::get("/v1/authors/Ada/count")).await, (200, "1".into()));
    assert_eq!(crate::ask(&router, crate::get("/v1/books?author=Ada")).await.0, 200);
    let requests = upstream.requests();
    assert!(requests.iter().all(|request| request.path_and_query == "/books?author=Ada"));
    assert_eq!(requests[0].header("authorization"), Some("Bearer s3cret"));
}
