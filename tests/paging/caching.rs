//! Paging with conditional requests, and links to next pages that contain secrets of the request.

use naftiko::layer::BoxError;
use naftiko::testing::{Answer, Upstream};
use naftiko::{Authenticate, CredentialRequest, Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tower::ServiceExt;

/// A page of numbers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Numbers {
    items: Vec<u64>,
}

/// Lists numbers, with a cache, and with a secret in the query.
#[capability(
    binds(env(KEY)),
    consumes(namespace = "desk", base_uri = "https://desk.example", query("key" = "{{env.KEY}}"), cache),
    exposes(rest(port = 1))
)]
pub trait KeptNumbers {
    /// Has a cursor.
    #[get("/cursor")]
    #[page(cursor = "$.next", into = "after")]
    async fn cursor(&self, after: Option<u64>) -> Result<Numbers>;

    /// Has a link in the body.
    #[get("/link")]
    #[page(link = "$.next")]
    async fn link(&self, page: Option<u64>) -> Result<Numbers>;
}

/// Adds a signature to the query.
struct Signer;

impl Authenticate for Signer {
    async fn authenticate(&self, request: &mut CredentialRequest) -> Result<(), BoxError> {
        request.push_query("sig", "s3cret-signature")?;
        Ok(())
    }
}

#[tokio::test]
async fn a_new_next_page_is_not_hidden_by_a_304() {
    let upstream = Upstream::start().await;
    let client = KeptNumbersClient::builder().base_uri(upstream.url()).bind("KEY", "s3cret-key").build().unwrap();
    let router: axum::Router = client.into_capability().rest_router();
    let get = |tag: Option<String>| {
        let router = router.clone();
        let request = axum::http::Request::get("/cursor").header("host", "localhost");
        let request = tag.into_iter().fold(request, |request, tag| request.header("if-none-match", tag));
        async move {
            let response = router.oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
            let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
            (response.status().as_u16(), header("etag"), header("link"))
        }
    };
    upstream.answer("GET", "/cursor", Answer::json(200, json!({ "items": [1, 2], "next": null })));
    let (_, last, link) = get(None).await;
    assert_eq!((get(last.clone()).await, link), ((304, last.clone(), None), None));
    upstream.answer("GET", "/cursor", Answer::json(200, json!({ "items": [1, 2], "next": 2 })));
    let next = Some("<?after=2>; rel=\"next\"".to_owned());
    let (status, tag, link) = get(last.clone()).await;
    assert_eq!((status, &link), (200, &next));
    assert_ne!(tag, last);
    assert_eq!(get(tag.clone()).await, (304, tag, next));
}

#[tokio::test]
async fn a_link_may_repeat_the_secrets_of_the_request() {
    let upstream = Upstream::start().await;
    upstream.answer_with("GET", "/link", |request| {
        let query = request.query().unwrap().to_owned();
        assert!(query.contains("key=s3cret-key") && query.contains("sig=s3cret-signature"), "{query}");
        let next = (!query.contains("page=2")).then_some("?page=2&key=s3cret-key&sig=s3cret-signature");
        Answer::json(200, json!({ "items": [query.len()], "next": next }))
    });
    let builder = KeptNumbersClient::builder().base_uri(upstream.url()).bind("KEY", "s3cret-key");
    let client = builder.authenticate(Signer).build().unwrap();
    let mut pages = client.link_pages(None);
    for _ in 0..2 {
        pages.next().await.unwrap().unwrap();
    }
    assert!(pages.next().await.is_none());
}
