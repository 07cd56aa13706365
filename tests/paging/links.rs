//! Links to the next page: they set arguments, and are refused if they lead to another origin or path, or change other parameters.

use super::{client, desk};
use naftiko::ErrorKind;
use naftiko::testing::{Answer, Upstream};
use serde_json::json;

/// Returns the error after a page whose link to the next page is `link`; `URL` in the link is replaced by the address of the API.
async fn refused(link: &str) -> String {
    let upstream = Upstream::start().await;
    let link = link.replace("URL", upstream.url());
    let page = json!({ "items": [{ "id": 1 }], "links": { "next": link } });
    upstream.answer("GET", "/link", Answer::json(200, page.clone()));
    upstream.answer("GET", "/header", Answer::json(200, page).header("link", &format!("<{link}>; rel=next")));
    let (mut body, mut header) = (client(&upstream).link_pages(None, None), client(&upstream).header_pages(None, None));
    assert!(body.next().await.unwrap().is_ok() && header.next().await.unwrap().is_ok());
    let (body, header) = (body.next().await.unwrap().unwrap_err(), header.next().await.unwrap().unwrap_err());
    assert_eq!(
        (body.kind(), header.kind(), upstream.requests().len()),
        (ErrorKind::BadAnswer, ErrorKind::BadAnswer, 2)
    );
    let tell = |error: &naftiko::Error| error.to_string().split_once("`desk` ").unwrap().1.to_owned();
    assert_eq!(tell(&body), tell(&header));
    tell(&body)
}

#[tokio::test]
async fn another_origin_is_refused() {
    for link in ["https://evil.example/link?page=2", "//evil.example/link?page=2", "http://127.0.0.1:1/link?page=2"] {
        let message = refused(link).await;
        assert_eq!(
            message, "links to a next page with another scheme, host or port; such links are not followed",
            "{link}"
        );
    }
}

#[tokio::test]
async fn a_link_that_arguments_cannot_express_is_refused() {
    for (link, message) in [
        ("URL/elsewhere?version=2", "links to a next page that differs only in its path"),
        ("?version=2", "returned the requested page as its own next page"),
        (
            "URL/link?version=3&page=2",
            "changes `version` in the link to the next page, but the operation has no such argument",
        ),
        ("URL/link?version=2&page=2&snapshot=7", "changes `snapshot` in the link to the next page"),
        ("mailto:desk@desk.example", "sent a link to the next page that is not a valid URL"),
    ] {
        let found = refused(link).await;
        assert!(found.starts_with(message), "{link}: {found}");
    }
}

#[tokio::test]
async fn a_link_can_remove_an_argument() {
    let upstream = Upstream::start().await;
    upstream.answer_with("GET", "/link", |request| match request.query().unwrap() {
        "status=open&version=2" => Answer::json(200, json!({ "items": [], "links": { "next": "?page=2" } })),
        query => {
            assert_eq!(query, "page=2&version=2");
            Answer::json(200, json!({ "items": [{ "id": 1 }], "links": {} }))
        }
    });
    let mut pages = client(&upstream).link_pages(None, Some("open"));
    assert!(pages.next().await.unwrap().is_ok());
    assert_eq!(pages.next().await.unwrap().unwrap().ids(), [1]);
    assert!(pages.next().await.is_none());
}

#[tokio::test]
async fn a_link_without_the_argument_is_refused() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/one", Answer::json(200, json!({ "items": [] })).header("link", "</one?p=2>; rel=next"));
    let mut pages = client(&upstream).one_pages(None);
    assert!(pages.next().await.unwrap().is_ok());
    let error = pages.next().await.unwrap().unwrap_err();
    assert!(error.to_string().contains("links to a next page without the parameter `page`"), "{error}");
}

#[tokio::test]
async fn a_link_sets_arguments_and_its_url_is_not_requested() {
    let upstream = desk().await;
    let mut pages = client(&upstream).one_pages(None);
    while let Some(page) = pages.next().await {
        page.unwrap();
    }
    let queries: Vec<String> = upstream.requests().iter().map(|request| request.query().unwrap().to_owned()).collect();
    assert_eq!(queries, ["version=2", "page=2&version=2", "page=3&version=2"]);
}
