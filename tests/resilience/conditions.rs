//! Conditional requests to the routes of a document whose answers are cached: functions of aggregates, and dates.

use axum::body::Body;
use naftiko::Capability;
use naftiko::document::Settings;
use naftiko::spec::{Policy, load::load};
use naftiko::testing::{Answer, Upstream};
use serde_json::json;
use tower::ServiceExt;

const DOCUMENT: &str = r#"
naftiko: "1.0.0-alpha2"
info: { label: News, description: Reads news. }
capability:
  consumes:
    - namespace: api
      type: http
      description: Keeps news.
      baseUri: https://news.example
      cache: true
      resources:
        - name: news
          path: /news
          operations: [{ name: read, method: GET, description: Reads news. }]
  aggregates:
    - label: News
      namespace: shared
      functions: [{ name: read, description: Reads news., call: api.read }]
  exposes:
    - type: rest
      namespace: rest
      port: 8080
      resources:
        - { name: called, path: /called, operations: [{ name: called, method: GET, description: Reads news., call: api.read }] }
        - { name: shared, path: /shared, operations: [{ name: shared, method: GET, description: Reads news., ref: shared.read }] }
"#;

const CHANGED: &str = "Tue, 15 Nov 1994 12:45:26 GMT";

fn news(upstream: &Upstream) -> Capability {
    let loaded = load(DOCUMENT, &Policy::default()).unwrap();
    let settings = Settings::default().upstream("api", upstream.url());
    naftiko::document::capability(loaded.document, loaded.lowered, settings).unwrap()
}

/// Returns the status of the answer to a GET with these headers.
async fn status(capability: &Capability, path: &str, headers: &[(&str, &str)]) -> u16 {
    let router: axum::Router = capability.rest_router();
    let request = axum::http::Request::get(path).header("host", "localhost");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_function_of_an_aggregate_has_the_validators_of_its_call() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/news", Answer::json(200, json!(1)).header("etag", "\"v1\""));
    let news = news(&upstream);
    for path in ["/called", "/shared"] {
        assert_eq!(status(&news, path, &[("if-none-match", "\"v1\"")]).await, 304, "{path}");
        assert_eq!(status(&news, path, &[("if-none-match", "\"v2\"")]).await, 200, "{path}");
    }
}

#[tokio::test]
async fn a_caller_who_has_seen_the_last_change_gets_304() {
    let upstream = Upstream::start().await;
    let answer = Answer::json(200, json!(1)).header("cache-control", "max-age=600");
    upstream.answer("GET", "/news", answer.header("last-modified", CHANGED));
    let news = news(&upstream);
    let since = |date| ("if-modified-since", date);
    for (headers, expected) in [
        (&[since(CHANGED)][..], 304),
        (&[since("Wed, 16 Nov 1994 12:45:26 GMT")], 304),
        // In an obsolete format, which servers must accept (RFC 9110, section 5.6.7).
        (&[since("Tue Nov 15 12:45:26 1994")], 304),
        (&[since("Mon, 14 Nov 1994 12:45:26 GMT")], 200),
        (&[since("yesterday")], 200),
        (&[since(CHANGED), since(CHANGED)], 200),
        // `If-None-Match` takes precedence (RFC 9110, section 13.1.3).
        (&[since(CHANGED), ("if-none-match", "\"other\"")], 200),
    ] {
        assert_eq!(status(&news, "/called", headers).await, expected, "{headers:?}");
    }
}
