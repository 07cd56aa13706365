//! Authentication of callers in documents: the key `authentication` of adapters.
#![cfg(feature = "document")]

use crate::support::Served;
use naftiko::document::{self, Settings};
use naftiko::testing::{Answer, Upstream};
use naftiko::{Capability, Result};
use serde_json::json;
use std::fs;

/// Returns a document whose adapters have this `authentication`.
fn document(authentication: &str) -> String {
    format!(
        r"naftiko: 1.0.0-alpha2
info: {{ label: Things, description: Things. }}
binds:
- namespace: env
  keys: {{ NAFTIKO_TEST_CALLER: NAFTIKO_TEST_CALLER }}
capability:
  consumes:
  - type: http
    namespace: api
    baseUri: http://api.example
    resources:
    - path: /things
      name: things
      operations: [{{ method: GET, name: list, inputParameters: [{{ name: key, in: query }}, {{ name: tag, in: query }}] }}]
  exposes:
  - type: rest
    namespace: things-rest
    port: 8080
    unknownQuery: refuse
    authentication: {authentication}
    resources:
    - path: /things
      operations: [{{ method: GET, name: list, call: api.list, with: {{ tag: rest.tag }}, inputParameters: [{{ name: tag, in: query, type: string }}] }}]
    - path: /forwarded
      forward: {{ targetNamespace: api, trustedHeaders: [X-Trusted] }}
  - type: mcp
    namespace: things-mcp
    port: 9090
    authentication: {authentication}
    tools: [{{ name: list, description: Lists., call: api.list }}]
"
    )
}

fn open(name: &str, authentication: &str, upstream: &Upstream, value: Option<&str>) -> Result<Capability> {
    let folder = std::env::temp_dir().join(format!("naftiko-callers-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("things.naftiko.yaml");
    fs::write(&file, document(authentication)).unwrap();
    let settings = Settings::default().upstream("api", upstream.url());
    let settings = value.into_iter().fold(settings, |all, value| all.bind("NAFTIKO_TEST_CALLER", value));
    let opened = document::open(&file, settings);
    fs::remove_dir_all(&folder).unwrap();
    opened
}

async fn upstream() -> Upstream {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/things", Answer::json(200, json!([])));
    upstream.answer("GET", "/below", Answer::json(200, json!([])));
    upstream
}

#[tokio::test]
async fn a_document_says_how_callers_authenticate() {
    let upstream = upstream().await;
    let schemes = [
        ("{ type: bearer, token: '{{env.NAFTIKO_TEST_CALLER}}' }", ("authorization", "Bearer s3cret")),
        ("{ type: apikey, key: X-Key, value: '{{env.NAFTIKO_TEST_CALLER}}' }", ("x-key", "s3cret")),
        // The credential is `ada:s3cret` in Base64.
        (
            "{ type: basic, username: ada, password: '{{env.NAFTIKO_TEST_CALLER}}' }",
            ("authorization", "Basic YWRhOnMzY3JldA=="),
        ),
    ];
    for (number, (scheme, header)) in schemes.into_iter().enumerate() {
        let capability = open(&format!("says-{number}"), scheme, &upstream, Some("s3cret")).unwrap();
        let served = Served::new(&capability).await;
        assert_eq!(served.get("/things", &[]).await.status, 401, "{scheme}");
        assert_eq!(served.tool("list", json!({}), &[]).await.status, 401, "{scheme}");
        assert_eq!(served.get("/forwarded/below", &[]).await.status, 401, "{scheme}");
        let read = served.get("/things?tag=a", &[header]).await;
        assert_eq!(read.status, 200, "{scheme}: {read:?}");
        assert_eq!(served.tool("list", json!({}), &[header]).await.status, 200, "{scheme}");
        let below = served.get("/forwarded/below?x=1", &[header, ("x-trusted", "yes")]).await;
        assert_eq!(below.status, 200, "{scheme}: {below:?}");
    }
    let sent = upstream.requests();
    assert_eq!(sent.len(), 9);
    assert!(!format!("{sent:?}").contains("s3cret"));
    assert_eq!((sent[2].header("x-trusted"), sent[2].path_and_query.as_str()), (Some("yes"), "/below?x=1"));
}

#[tokio::test]
async fn a_key_in_the_query_is_not_passed_on() {
    let upstream = upstream().await;
    let scheme = "{ type: apikey, key: 'key', value: '{{env.NAFTIKO_TEST_CALLER}}', placement: query }";
    let served = Served::new(&open("query", scheme, &upstream, Some("s3 cret&")).unwrap()).await;
    for query in ["", "?key=", "?key=other", "?key", "?key=s3+cret%26&key=s3+cret%26", "?Key=s3+cret%26"] {
        assert_eq!(served.get(&format!("/things{query}"), &[]).await.status, 401, "{query}");
    }
    for (query, left) in [("?key=s3+cret%26", "/things"), ("?tag=a&%6Bey=s3%20cret%26", "/things?tag=a")] {
        let read = served.get(&format!("/things{query}"), &[]).await;
        assert_eq!(read.status, 200, "{read:?}");
        assert_eq!(upstream.requests().last().unwrap().path_and_query, left);
    }
    let below = served.get("/forwarded/below?a=1&key=s3+cret%26&b=2", &[]).await;
    assert_eq!(below.status, 200, "{below:?}");
    assert_eq!(upstream.requests().last().unwrap().path_and_query, "/below?a=1&b=2");
}

#[tokio::test]
async fn an_authentication_that_cannot_be_checked_is_an_error() {
    let upstream = upstream().await;
    let error =
        open("hmac", "{ type: hmac, secret: '{{env.NAFTIKO_TEST_CALLER}}' }", &upstream, Some("x")).unwrap_err();
    assert!(error.to_string().contains("authentication by `hmac` is not supported for callers"), "{error}");
    let unset = open("unset", "{ type: bearer, token: '{{env.NAFTIKO_TEST_CALLER}}' }", &upstream, None).unwrap();
    let error = unset.check_callers().unwrap_err().to_string();
    assert!(
        error.contains("NAFTIKO_TEST_CALLER is not set; it is used for the token of the callers of `things-rest`"),
        "{error}"
    );
}
