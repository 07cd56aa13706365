//! Pages as a stream in Rust: complete lists, loops, endless lists, and answers whose next page cannot be read.

use super::{DeskClient, Page, Ticket, client, desk};
use naftiko::testing::{Answer, Upstream};
use naftiko::{ErrorKind, Pages, Result};
use serde_json::{Value, json};

/// Reads all pages.
async fn all(mut pages: Pages<Result<Page>>) -> Vec<Vec<u64>> {
    let mut all = Vec::new();
    while let Some(page) = pages.next().await {
        all.push(page.unwrap().ids());
    }
    assert!(pages.next().await.is_none());
    all
}

/// Returns the number of pages, and the error at their end.
async fn failed<T>(mut pages: Pages<Result<T>>) -> (usize, naftiko::Error) {
    for read in 0.. {
        if let Err(error) = pages.next().await.unwrap_or_else(|| panic!("no error after {read} pages")) {
            assert!(pages.next().await.is_none(), "the stream continues after an error");
            return (read, error);
        }
    }
    unreachable!("the loop returns")
}

#[tokio::test]
async fn every_kind_of_pages_is_read_to_its_end() {
    let upstream = desk().await;
    let client = client(&upstream);
    let whole = [vec![1, 2, 3], vec![4, 5, 6], vec![7]];
    assert_eq!(all(client.cursor_pages(None, Some(vec!["x".to_owned()]))).await, whole);
    assert_eq!(all(client.zero_pages(None)).await, whole);
    assert_eq!(all(client.header_pages(None, Some("open"))).await, whole);
    assert_eq!(all(client.link_pages(None, Some("open"))).await, whole);
    assert_eq!(all(client.one_pages(None)).await, whole);
    // If answers do not say which page is the last, the stream ends with an empty page.
    let mut counted = whole.to_vec();
    counted.push(Vec::new());
    assert_eq!(all(client.offset_pages(None)).await, counted);
    assert_eq!(all(client.number_pages(None)).await, counted);
    assert_eq!(all(client.keyset_pages(None)).await, counted);
    // The other arguments are sent with each page.
    let requests = upstream.requests();
    assert!(requests[..3].iter().all(|request| request.query().unwrap().contains("tag=x")));
    assert!(requests.iter().filter(|request| request.path() == "/link").all(|it| it.query().unwrap().contains("open")));
}

#[tokio::test]
async fn pages_begin_at_the_arguments_and_are_read_only_when_asked_for() {
    let upstream = desk().await;
    let client = client(&upstream);
    assert_eq!(all(client.number_pages(Some(3))).await, [vec![7], vec![]]);
    let before = upstream.requests().len();
    let mut pages = client.offset_pages(Some(5));
    assert_eq!(upstream.requests().len(), before, "a request was sent before the first page was asked for");
    assert_eq!(pages.next().await.unwrap().unwrap().ids(), [6, 7]);
    drop(pages);
    assert_eq!(upstream.requests().len(), before + 1);
}

#[tokio::test]
async fn more_pages_than_the_limit_are_an_error() {
    let upstream = desk().await;
    let (read, error) = failed(client(&upstream).relay_pages(None)).await;
    assert_eq!((read, error.kind()), (2, ErrorKind::BadAnswer));
    assert!(error.to_string().contains("more than 2 pages") && error.to_string().contains("max_pages"), "{error}");
    assert_eq!(upstream.requests().len(), 2);
    // A list that ends exactly at the limit is not an error.
    let mut pages = client(&upstream).relay_pages(Some(3));
    assert_eq!(pages.next().await.unwrap().unwrap(), [4, 5, 6].map(|id| Ticket { id }));
    assert_eq!(pages.next().await.unwrap().unwrap(), [Ticket { id: 7 }]);
    assert!(pages.next().await.is_none());
}

/// Starts an API whose answers to `/cursor` have the cursor that `next` returns for the cursor of the request.
async fn cursors(next: fn(&str) -> Value) -> (Upstream, DeskClient) {
    let upstream = Upstream::start().await;
    upstream.answer_with("GET", "/cursor", move |request| {
        let after = super::query(request).remove("page-after").unwrap_or_default();
        Answer::json(200, json!({ "items": [], "next": next(&after) }))
    });
    let client = client(&upstream);
    (upstream, client)
}

#[tokio::test]
async fn a_loop_is_noticed() {
    // A page that names itself as the next page.
    let (upstream, same) = cursors(|_| json!("a")).await;
    let (read, error) = failed(same.cursor_pages(None, None)).await;
    assert_eq!((read, error.kind(), upstream.requests().len()), (2, ErrorKind::BadAnswer, 2));
    assert!(error.to_string().contains("returned the requested page as its own next page"), "{error}");
    // A call that reads only this page succeeds: it does not need the next one.
    assert!(same.cursor_page_is_read(Some("a")).await);
    // Two pages, each with the cursor of the other.
    let next = |after: &str| json!(if after == "a" { "b" } else { "a" });
    let (upstream, circle) = cursors(next).await;
    let (read, error) = failed(circle.cursor_pages(None, None)).await;
    assert_eq!((read, error.kind(), upstream.requests().len()), (3, ErrorKind::BadAnswer, 3));
    assert!(error.to_string().contains("paging would never end"), "{error}");
}

impl DeskClient {
    /// Returns whether a call for a single page succeeds.
    async fn cursor_page_is_read(&self, after: Option<&str>) -> bool {
        super::Desk::cursor(self, after, None).await.is_ok()
    }
}

#[tokio::test]
async fn a_list_without_an_end_ends_after_a_thousand_pages() {
    let next = |after: &str| json!(after.parse::<u64>().unwrap_or_default() + 1);
    let (upstream, client) = cursors(next).await;
    let (read, error) = failed(client.cursor_pages(None, None)).await;
    assert_eq!((read, upstream.requests().len()), (1000, 1000));
    assert!(error.to_string().contains("more than 1000 pages"), "{error}");
}

#[tokio::test]
async fn the_last_page_has_no_cursor() {
    for last in [json!({ "items": [] }), json!({ "items": [], "next": null }), json!({ "items": [], "next": "" })] {
        let upstream = Upstream::start().await;
        upstream.answer("GET", "/cursor", Answer::json(200, last));
        assert_eq!(all(client(&upstream).cursor_pages(None, None)).await, [Vec::<u64>::new()]);
    }
}

#[tokio::test]
async fn a_cursor_that_is_a_long_number_is_sent_as_it_was_written() {
    let upstream = Upstream::start().await;
    upstream.answer_with("GET", "/cursor", |request| match super::query(request).get("page-after") {
        None => Answer::of(200, "application/json", r#"{"items":[],"next":123456789012345678901234567890}"#),
        Some(after) => {
            assert_eq!(after, "123456789012345678901234567890");
            Answer::json(200, json!({ "items": [{ "id": 1 }] }))
        }
    });
    assert_eq!(all(client(&upstream).cursor_pages(None, None)).await, [vec![], vec![1]]);
}

#[tokio::test]
async fn a_next_page_that_cannot_be_read_is_an_error() {
    for (path, answer, message) in [
        (
            "/cursor",
            json!({ "items": [], "next": { "a": 1 } }),
            "expected a string or a number at `$.next`, found an object",
        ),
        (
            "/cursor",
            json!({ "items": [], "next": false }),
            "expected a string or a number at `$.next`, found a boolean",
        ),
        ("/zero", json!({ "items": [], "more": "yes" }), "expected true or false at `$.more`, found a string"),
        ("/link", json!({ "items": [], "links": { "next": 1 } }), "differs only in its path"),
    ] {
        let upstream = Upstream::start().await;
        upstream.answer("GET", path, Answer::json(200, answer));
        let client = client(&upstream);
        let pages = match path {
            "/cursor" => client.cursor_pages(None, None),
            "/zero" => client.zero_pages(None),
            _ => client.link_pages(None, None),
        };
        let (read, error) = failed(pages).await;
        assert_eq!((read, error.kind()), (1, ErrorKind::BadAnswer), "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[tokio::test]
async fn a_keyset_does_not_read_whether_there_are_more_pages() {
    let upstream = Upstream::start().await;
    upstream.answer_with("GET", "/keyset", |request| match super::query(request).get("after") {
        None => Answer::json(200, json!({ "items": [{ "id": 1 }], "more": 1 })),
        Some(_) => Answer::json(200, json!({ "items": [], "more": 1 })),
    });
    assert_eq!(all(client(&upstream).keyset_pages(None)).await, [vec![1], vec![]]);
}

#[tokio::test]
async fn an_error_of_the_api_is_the_last_item() {
    let upstream = Upstream::start().await;
    upstream.answer_with("GET", "/number", |request| match super::query(request).get("page") {
        None => Answer::json(200, json!({ "items": [{ "id": 1 }] })),
        Some(_) => Answer::json(404, json!({ "error": "no such page" })),
    });
    let (read, error) = failed(client(&upstream).number_pages(None)).await;
    assert_eq!((read, error.kind(), error.status().as_u16()), (1, ErrorKind::Upstream, 404));
    assert_eq!(error.operation(), Some("number"));
}
