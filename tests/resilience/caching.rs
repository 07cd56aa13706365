//! Caching: which reads ask the API again, which are answered from memory, and for whom.

use super::reopened;
use axum::body::Body;
use http_body_util::BodyExt;
use naftiko::document::Settings;
use naftiko::testing::{Answer, Upstream};
use naftiko::{Capability, Result, capability};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Barrier;
use tower::ServiceExt;

/// Keeps articles.
#[capability(
    binds(env(KEY)),
    consumes(
        namespace = "api",
        base_uri = "https://api.acme.io",
        authentication(bearer = "{{env.KEY}}"),
        cache("1MiB", answer = "64KiB"),
    ),
    exposes(rest(port = 1), mcp(port = 2))
)]
pub trait Articles {
    /// Reads an article.
    #[get("/articles/{id}")]
    async fn read(&self, id: &str, lang: Option<&str>) -> Result<Value>;

    /// Reads an article with the caller's credential.
    #[get("/own/{id}")]
    async fn read_own(&self, id: &str, #[header("Authorization")] token: Option<&str>) -> Result<Value>;

    /// Reads the time.
    #[get("/time", cache(off))]
    async fn time(&self) -> Result<Value>;

    /// Writes an article.
    #[put("/articles/{id}")]
    async fn write(&self, id: &str, body: &Value) -> Result<()>;

    /// Adds an article.
    #[post("/articles")]
    async fn add(&self, body: &Value) -> Result<()>;
}

/// Reads prices: one of its methods has a cache, its API has none.
#[capability(consumes(namespace = "api", base_uri = "https://api.acme.io"), exposes(rest(port = 1)))]
pub trait Prices {
    /// Reads a price.
    #[get("/prices/{id}", cache(answer = "1KiB"))]
    async fn price(&self, id: u64) -> Result<Value>;

    /// Lists prices.
    #[get("/prices")]
    async fn list(&self) -> Result<Value>;

    /// Sets a price.
    #[put("/prices/{id}")]
    async fn set(&self, id: u64, body: u64) -> Result<()>;
}

/// Reads prices, with a cache; the document has the operation that removes a price.
#[capability(document = "tests/resilience/prices.naftiko.yaml")]
pub trait FilledPrices {
    /// Reads a price.
    #[get("/prices/{id}", cache(answer = "1KiB"))]
    #[rest(skip)]
    async fn price(&self, id: u64) -> Result<Value>;
}

/// Returns the capability of the trait, and the capability of its document.
fn both(upstream: &Upstream) -> [Capability; 2] {
    let url = upstream.url();
    let capability =
        ArticlesClient::builder().base_uri(url).bind("KEY", "s3cret-key").build().unwrap().into_capability();
    let yaml = capability.document().to_yaml().unwrap();
    for text in ["cache:\n      size: 1MiB\n      answer: 64KiB", "cache: false"] {
        assert!(yaml.contains(text), "{yaml}");
    }
    let settings = Settings::default().bind("KEY", "s3cret-key").upstream("api", url);
    let document = reopened(&capability, settings);
    [capability, document]
}

/// Answers a path with the number of its earlier answers.
fn counts(upstream: &Upstream, method: &str, path: &str, headers: &'static [(&'static str, &'static str)]) {
    let count = Arc::new(AtomicUsize::new(0));
    upstream.answer_with(method, path, move |_| {
        let answer = Answer::json(200, json!(count.fetch_add(1, Ordering::SeqCst)));
        headers.iter().fold(answer, |answer, (name, value)| answer.header(name, value))
    });
}

#[tokio::test]
async fn a_fresh_answer_is_cached_until_a_write() {
    for number in 0..2 {
        let upstream = Upstream::start().await;
        counts(&upstream, "GET", "/articles/{id}", &[("cache-control", "max-age=600")]);
        counts(&upstream, "PUT", "/articles/{id}", &[]);
        upstream.answer("POST", "/articles", Answer::status(201).header("location", "/articles/b"));
        counts(&upstream, "GET", "/time", &[("cache-control", "max-age=600")]);
        let capability = both(&upstream)[number].clone();
        let read =
            async |id: &str, lang: &str| capability.call("read", json!({ "id": id, "lang": lang })).await.unwrap();
        for _ in 0..3 {
            assert_eq!(read("a", "en").await, json!(0));
            assert_eq!(read("a", "de").await, json!(1));
            assert_eq!(read("b", "en").await, json!(2));
        }
        assert_eq!(upstream.requests().len(), 3);
        capability.call("write", json!({ "id": "a", "body": {} })).await.unwrap();
        assert_eq!(
            (read("a", "en").await, read("a", "de").await, read("b", "en").await),
            (json!(3), json!(4), json!(2))
        );
        capability.call("add", json!({ "body": {} })).await.unwrap();
        assert_eq!((read("a", "en").await, read("b", "en").await), (json!(3), json!(5)));
        for time in 0..3 {
            assert_eq!(capability.call("time", json!({})).await.unwrap(), json!(time));
        }
    }
}

#[tokio::test]
async fn a_validated_answer_is_not_sent_again() {
    for number in 0..2 {
        let upstream = Upstream::start().await;
        upstream.answer_with("GET", "/articles/{id}", |request| match request.header("if-none-match") {
            Some("\"v1\"") => Answer::status(304).header("etag", "\"v1\""),
            _ => Answer::json(200, json!({ "title": "one" })).header("etag", "\"v1\""),
        });
        let capability = both(&upstream)[number].clone();
        for _ in 0..3 {
            let article = capability.call("read", json!({ "id": "a" })).await.unwrap();
            assert_eq!(article, json!({ "title": "one" }));
        }
        let asked: Vec<_> =
            upstream.requests().iter().map(|request| request.header("if-none-match").map(ToOwned::to_owned)).collect();
        assert_eq!(asked, [None, Some("\"v1\"".to_owned()), Some("\"v1\"".to_owned())]);
    }
}

#[tokio::test]
async fn callers_with_their_own_credentials_share_no_cached_answers() {
    for number in 0..2 {
        let upstream = Upstream::start().await;
        upstream.answer_with("GET", "/own/{id}", |request| {
            let owner = request.header("authorization").unwrap_or_default().replace("Bearer ", "for ");
            Answer::json(200, json!({ "of": owner.replace("s3cret-key", "the capability") }))
                .header("cache-control", "public, max-age=600")
        });
        let capability = both(&upstream)[number].clone();
        let read = async |token: Option<&str>| {
            let arguments = token.map_or(json!({ "id": "a" }), |token| json!({ "id": "a", "Authorization": token }));
            capability.call("read-own", arguments).await.unwrap()["of"].as_str().unwrap().to_owned()
        };
        for _ in 0..2 {
            assert_eq!(read(Some("Bearer anna")).await, "for anna");
            assert_eq!(read(Some("Bearer bert")).await, "for bert");
            assert_eq!(read(None).await, "for the capability");
        }
        assert_eq!(upstream.requests().len(), 3);
    }
}

#[tokio::test]
async fn a_cached_answer_is_masked_too() {
    for number in 0..2 {
        let upstream = Upstream::start().await;
        upstream.answer_with("GET", "/articles/{id}", |request| {
            let echo = json!({ "echo": request.header("authorization").unwrap() });
            Answer::json(200, echo).header("cache-control", "max-age=600")
        });
        let capability = both(&upstream)[number].clone();
        for _ in 0..2 {
            let article = capability.call("read", json!({ "id": "a" })).await.unwrap().to_string();
            assert!(article.contains("Bearer") && !article.contains("s3cret-key"), "{article}");
        }
        assert_eq!(upstream.requests().len(), 1);
    }
}

#[tokio::test]
async fn identical_reads_in_flight_are_one_request() {
    for number in 0..2 {
        let upstream = Upstream::start().await;
        counts(&upstream, "GET", "/articles/{id}", &[("cache-control", "no-cache")]);
        let capability = both(&upstream)[number].clone();
        let barrier = Arc::new(Barrier::new(20));
        let reads: Vec<_> = (0..20)
            .map(|_| {
                let (capability, barrier) = (capability.clone(), barrier.clone());
                tokio::spawn(async move {
                    barrier.wait().await;
                    capability.call("read", json!({ "id": "a" })).await.unwrap()
                })
            })
            .collect();
        for read in reads {
            assert_eq!(read.await.unwrap(), json!(0));
        }
        assert_eq!(upstream.requests().len(), 1);
        assert_eq!(capability.call("read", json!({ "id": "a" })).await.unwrap(), json!(1));
    }
}

#[tokio::test]
async fn an_answer_that_was_cut_off_or_is_too_large_is_not_cached() {
    for number in 0..2 {
        let upstream = Upstream::start().await;
        let large =
            |bytes: usize| Answer::json(200, json!("x".repeat(bytes - 2))).header("cache-control", "max-age=600");
        upstream.answer("GET", "/articles/cut", Answer::cut_off().header("cache-control", "max-age=600"));
        upstream.answer("GET", "/articles/fits", large(64 * 1024).without_length());
        upstream.answer("GET", "/articles/large", large(64 * 1024 + 1).without_length());
        let capability = both(&upstream)[number].clone();
        for _ in 0..2 {
            capability.call("read", json!({ "id": "cut" })).await.unwrap_err();
            for (id, length) in [("fits", 64 * 1024 - 2), ("large", 64 * 1024 - 1)] {
                let read = capability.call("read", json!({ "id": id })).await.unwrap();
                assert_eq!(read.as_str().unwrap().len(), length);
            }
        }
        let of = |path: &str| upstream.requests().iter().filter(|request| request.path() == path).count();
        assert_eq!((of("/articles/cut"), of("/articles/fits"), of("/articles/large")), (2, 1, 2));
    }
}

#[tokio::test]
async fn one_method_can_have_a_cache() {
    let upstream = Upstream::start().await;
    counts(&upstream, "GET", "/prices/{id}", &[("cache-control", "max-age=600")]);
    counts(&upstream, "GET", "/prices", &[("cache-control", "max-age=600")]);
    counts(&upstream, "PUT", "/prices/{id}", &[]);
    let client = PricesClient::builder().base_uri(upstream.url()).build().unwrap();
    for count in 0..2 {
        assert_eq!((client.price(1).await.unwrap(), client.list().await.unwrap()), (json!(0), json!(count)));
    }
    client.set(1, 7).await.unwrap();
    assert_eq!((client.price(1).await.unwrap(), client.price(1).await.unwrap()), (json!(1), json!(1)));
}

#[tokio::test]
async fn a_write_of_the_document_invalidates_what_the_trait_caches() {
    let upstream = Upstream::start().await;
    counts(&upstream, "GET", "/prices/{id}", &[("cache-control", "max-age=600")]);
    counts(&upstream, "DELETE", "/prices/{id}", &[]);
    let capability = FilledPricesClient::builder().base_uri(upstream.url()).build().unwrap().into_capability();
    let read = || async { capability.call("price", json!({ "id": 1 })).await.unwrap() };
    assert_eq!((read().await, read().await), (json!(0), json!(0)));
    capability.call("remove", json!({ "id": 1 })).await.unwrap();
    assert_eq!(read().await, json!(1));
}

/// Sends a GET to a capability; returns the status, the `ETag` and the body.
async fn get(capability: &Capability, path: &str, condition: Option<&str>) -> (u16, Option<String>, String) {
    let router: axum::Router = capability.rest_router();
    let mut request = axum::http::Request::get(path).header("host", "localhost");
    if let Some(condition) = condition {
        request = request.header("if-none-match", condition);
    }
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let tag = response.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, tag, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_caller_who_has_the_answer_gets_304() {
    let upstream = Upstream::start().await;
    let article = Answer::json(200, json!({ "title": "one" }));
    upstream.answer("GET", "/articles/{id}", article.header("etag", "\"v1\"").header("cache-control", "max-age=600"));
    upstream.answer("GET", "/time", Answer::json(200, json!(7)).header("etag", "\"t1\""));
    let [of_trait, of_document] = both(&upstream);
    for (capability, own_tag) in [(of_trait, true), (of_document, false)] {
        let (status, tag, body) = get(&capability, "/articles/a", None).await;
        assert_eq!((status, body.as_str()), (200, r#"{"title":"one"}"#));
        let tag = tag.unwrap();
        // The document passes on the answer with the API's `ETag`; the trait encodes the answer again, with an `ETag` of its own.
        assert_eq!(tag != "\"v1\"", own_tag, "{tag}");
        for condition in [tag.clone(), format!("\"x\", W/{tag}"), "*".to_owned()] {
            let unchanged = get(&capability, "/articles/a", Some(&condition)).await;
            assert_eq!(unchanged, (304, Some(tag.clone()), String::new()));
        }
        assert_eq!(get(&capability, "/articles/a", Some("\"x\"")).await, (200, Some(tag), body));
        // Without a cache, nothing is hashed and no condition is checked.
        assert_eq!(get(&capability, "/time", Some("*")).await.0, 200);
        assert_eq!(get(&capability, "/articles/b", Some("*")).await.0, 304);
    }
}
