//! Tests of which hosts in a document may have private addresses, and of files and values that are too large. In tests, `private.test` has
//! only private addresses, including 127.0.0.1, and `loopback.test` only 127.0.0.1 (`consume/network/tests.rs`).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::Settings;
use crate::operation::Capability;
use crate::testing::{Answer, Upstream};
use crate::{Error, ErrorKind, Result};
use naftiko_spec::Policy;
use naftiko_spec::load::load;
use serde_json::{Value, json};

const ONLY_PRIVATE: &str = "its host has only private addresses; allow it with `--allow-private`";

fn opened(base_uri: &str, more: &str, settings: Settings) -> Result<Capability> {
    let document = format!(
        r#"
naftiko: "1.0.0-alpha2"
info: {{ label: Counter, description: Counts. }}
binds:
- {{ namespace: env, keys: {{ HOST: NAFTIKO_TEST_HOST, ID: NAFTIKO_TEST_ID, SECRET: NAFTIKO_TEST_SECRET }} }}
- {{ namespace: files, location: "file://files.env", keys: {{ HOST: HOST }} }}
capability:
  consumes:
  - type: http
    namespace: api
    baseUri: "{base_uri}"
    {more}
    resources:
    - {{ name: count, path: /count, operations: [{{ name: count, method: GET }}] }}
  exposes:
  - type: mcp
    transport: http
    port: 1
    namespace: tools
    tools:
    - {{ name: count, description: Counts., call: api.count }}
"#
    );
    let loaded = load(&document, &Policy::default()).unwrap();
    crate::document::capability(loaded.document, loaded.lowered, settings)
}

async fn called(base_uri: &str, more: &str, settings: Settings) -> std::result::Result<Value, Error> {
    opened(base_uri, more, settings).unwrap().call("count", json!({})).await
}

/// Starts an API on this machine, and returns its port.
async fn api() -> (Upstream, String) {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/count", Answer::json(200, json!(7)));
    let port = upstream.url().rsplit(':').next().unwrap().to_owned();
    (upstream, port)
}

#[tokio::test]
async fn a_host_that_the_document_names_must_have_a_public_address() {
    let (upstream, port) = api().await;
    let named = format!("http://private.test:{port}");
    for (base_uri, settings) in [
        (named.clone(), Settings::default()),
        (format!("http://{{name}}.test:{port}"), Settings::default().variable("name", "private")),
        (format!("//private.test:{port}"), Settings::default()),
        (format!("http://private.{{{{env.HOST}}}}:{port}"), Settings::default().bind("env.HOST", "test")),
    ] {
        let error = called(&base_uri, "", settings).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreachable);
        assert!(error.to_string().contains(ONLY_PRIVATE), "{base_uri}: {error}");
    }
    assert!(upstream.requests().is_empty());
    for (base_uri, settings) in [
        (named.clone(), Settings::default().allow_private()),
        // Hosts that the operator chose.
        ("https://api.example".to_owned(), Settings::default().upstream("api", &named)),
        (format!("http://{{host}}:{port}"), Settings::default().variable("host", "private.test")),
        (format!("http://{{{{env.HOST}}}}:{port}"), Settings::default().bind("env.HOST", "private.test")),
        // Hosts whose addresses are written in the document.
        (format!("http://localhost:{port}"), Settings::default()),
        (format!("http://127.0.0.1:{port}"), Settings::default()),
    ] {
        assert_eq!(called(&base_uri, "", settings).await.unwrap(), json!(7), "{base_uri}");
    }
}

#[tokio::test]
async fn a_host_from_a_file_of_binds_must_have_a_public_address() {
    let (_upstream, port) = api().await;
    let folder = std::env::temp_dir().join(format!("naftiko-private-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("files.env"), "HOST=private.test\n").unwrap();
    let (base_uri, settings) = (format!("http://{{{{files.HOST}}}}:{port}"), Settings::default().folder(&folder));
    let refused = called(&base_uri, "", settings.clone()).await.unwrap_err();
    let allowed = called(&base_uri, "", settings.bind("files.HOST", "localhost")).await;
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(refused.to_string().contains(ONLY_PRIVATE), "{refused}");
    assert_eq!(allowed.unwrap(), json!(7));
}

#[tokio::test]
async fn the_host_of_a_token_url_is_checked_separately() {
    let (upstream, port) = api().await;
    let oauth2 = r#"authentication: { type: oauth2, tokenUrl: "https://loopback.test/token", clientId: "{{env.ID}}", clientSecret: "{{env.SECRET}}" }"#;
    let settings = || Settings::default().bind("env.ID", "id").bind("env.SECRET", "s3cret");
    let base_uri = format!("http://localhost:{port}");
    let error = called(&base_uri, oauth2, settings()).await.unwrap_err().to_string();
    assert!(
        error.contains("the authorization server of `api` cannot be called") && error.contains(ONLY_PRIVATE),
        "{error}"
    );
    // An API that the operator chose does not make the token URL the operator's choice.
    let error = called("https://api.example", oauth2, settings().upstream("api", &base_uri)).await.unwrap_err();
    assert!(error.to_string().contains(ONLY_PRIVATE), "{error}");
    let error = called(&base_uri, oauth2, settings().allow_private()).await.unwrap_err().to_string();
    // Nothing answers at the token URL.
    assert!(error.contains("the authorization server of `api` ") && !error.contains("cannot be called"), "{error}");
    assert!(upstream.requests().is_empty());
    let link_local = oauth2.replace("loopback.test", "169.254.169.254");
    let error = opened(&base_uri, &link_local, settings()).err().unwrap().to_string();
    assert!(error.contains("the host of the token URL of `api` is a link-local address"), "{error}");
}

#[test]
fn a_link_local_address_of_a_document_is_refused_at_start() {
    for host in ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]"] {
        let base_uri = format!("http://{host}/latest");
        let error = opened(&base_uri, "", Settings::default()).err().unwrap().to_string();
        assert!(error.contains("the host of the base URI of `api` is a link-local address"), "{error}");
        opened(&base_uri, "", Settings::default().allow_private()).unwrap();
        opened("https://api.example", "", Settings::default().upstream("api", &base_uri)).unwrap();
    }
}

#[tokio::test]
async fn constants_that_do_not_fit_into_a_url_are_refused_at_start() {
    let key = "authentication: { type: apikey, key: key, value: '{{env.SECRET}}', placement: query }";
    let constant = "inputParameters: [{ name: v, in: query, value: '{{env.ID}}' }]";
    let both = format!("{key}\n    {constant}");
    let settings = |id: usize, secret: usize| {
        Settings::default().bind("env.ID", "i".repeat(id)).bind("env.SECRET", "s".repeat(secret))
    };
    for (more, id, secret) in [(key, 1, 70_000), (constant, 70_000, 1), (both.as_str(), 40_000, 30_000)] {
        let error = opened("https://api.example", more, settings(id, secret)).err().unwrap().to_string();
        assert!(error.contains("the URLs of `api` would be longer than 65534 bytes"), "{more}: {error}");
        assert_eq!(error.contains("the API key (NAFTIKO_TEST_SECRET)"), more != constant, "{error}");
        assert!(!error.contains("ss") && !error.contains("ii"), "{error}");
    }
    let (upstream, port) = api().await;
    let base_uri = format!("http://localhost:{port}");
    assert_eq!(called(&base_uri, &both, settings(30_000, 30_000)).await.unwrap(), json!(7));
    assert_eq!(upstream.requests().len(), 1);
    // An argument can be too long alone, or together with a constant.
    let argument =
        "inputParameters: [{ name: q, in: query, type: string }, { name: v, in: query, value: '{{env.ID}}' }]";
    for (id, length, fits) in [(1, 60_000, true), (1, 70_000, false), (30_000, 40_000, false)] {
        let capability = opened(&base_uri, argument, settings(id, 1)).unwrap();
        let answer = capability.call("count", json!({ "q": "q".repeat(length) })).await;
        let error =
            answer.as_ref().err().map(|error| (error.kind(), error.to_string().contains("longer than 65534 bytes")));
        assert_eq!(error, (!fits).then_some((ErrorKind::Argument, true)), "{id} {length} {answer:?}");
    }
    assert_eq!(upstream.requests().len(), 2);
}

#[test]
fn a_file_that_is_too_large_is_reported_as_such_if_the_limit_is_within_a_character() {
    let folder = std::env::temp_dir().join(format!("naftiko-too-large-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("files.env"), "\u{e4}".repeat(600_000)).unwrap();
    let document = folder.join("large.naftiko.yaml");
    std::fs::write(&document, "\u{e4}".repeat(naftiko_spec::load::MAX_BYTES)).unwrap();
    let binds = opened("https://{{files.HOST}}", "", Settings::default().folder(&folder));
    let large = crate::document::open(&document, Settings::default());
    std::fs::write(&document, b"naftiko: \xff").unwrap();
    let invalid = crate::document::open(&document, Settings::default());
    std::fs::remove_dir_all(&folder).unwrap();
    let messages = [binds, large, invalid].map(|opened| opened.err().unwrap().to_string());
    let expected = ["files.env` is larger than 1048576 bytes", "it is larger than 8 MiB", "the text is not UTF-8"];
    for (message, expected) in messages.iter().zip(expected) {
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn debug_shows_no_credentials_of_base_uris_and_no_values_of_variables() {
    let settings = Settings::default()
        .upstream("api", "https://user:s3cret-a@api.example.com/v1?key=s3cret-b")
        .variable("tenant_id", "s3cret-c")
        .bind("TOKEN", "s3cret-d");
    let shown = format!("{settings:?}");
    for name in ["api", "https://…", "tenant_id", "TOKEN"] {
        assert!(shown.contains(name), "{name} in {shown}");
    }
    assert!(!shown.contains("s3cret"), "{shown}");
}
