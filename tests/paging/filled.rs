//! A trait that takes its operations from a document has the same streams of pages as a trait that declares them.

use super::{Desk, Page, client, desk};
use naftiko::{Result, capability};
use serde_json::json;

/// Lists tickets.
#[capability(document = "tests/paging/desk.naftiko.yaml")]
pub trait Filled {
    /// Counts items.
    async fn offset(&self, skip: Option<i64>) -> Result<Page>;
}

#[tokio::test]
async fn desk_exports_desk_naftiko_yaml() {
    let upstream = desk().await;
    let document = client(&upstream).into_capability().document().to_yaml().unwrap();
    let written = include_str!("desk.naftiko.yaml");
    assert_eq!(document, written, "write it to tests/paging/desk.naftiko.yaml:\n{document}");
}

#[tokio::test]
async fn a_trait_filled_from_a_document_streams_pages() {
    let upstream = desk().await;
    let filled = FilledClient::builder().base_uri(upstream.url()).build().unwrap();
    let mut pages = filled.offset_pages(Some(3));
    assert_eq!(pages.next().await.unwrap().unwrap().ids(), [4, 5, 6]);
    assert_eq!(pages.next().await.unwrap().unwrap().ids(), [7]);
    assert_eq!(pages.next().await.unwrap().unwrap().ids(), [0; 0]);
    assert!(pages.next().await.is_none());
    // A generated method returns the API's JSON.
    let mut pages = filled.link_pages(None, Some("open"));
    let mut read = 0;
    while let Some(page) = pages.next().await {
        let page: serde_json::Value = serde_json::from_slice(&page.unwrap().bytes().await.unwrap()).unwrap();
        read += page["items"].as_array().unwrap().len();
        assert_ne!(page["items"], json!([]));
    }
    assert_eq!(read, 7);
}
