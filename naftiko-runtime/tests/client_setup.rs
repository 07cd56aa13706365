//! The setup of a client, and the errors for missing or invalid values.
#![cfg(all(feature = "client", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Bearer, Open};
use naftiko_runtime::ErrorKind;
use naftiko_runtime::testing::{Answer, Recorded, Upstream};
use serde_json::json;
#[cfg(feature = "reqwest")]
use std::time::Duration;

common::capability!(
    KeyInHeader,
    r#"{"naftiko":"1.0.0-alpha2","info":{"label":"Keys"},"binds":[{"namespace":"env","keys":{"KEY":"NAFTIKO_TEST_KEY","ORG":"NAFTIKO_TEST_ORG"}}],"capability":{"consumes":[{"namespace":"keys","baseUri":"http://localhost","inputParameters":[{"name":"X-Org","in":"header","value":"org-{{ORG}}"},{"name":"Accept","in":"header","value":"application/vnd.keys+json"}],"authentication":{"type":"apikey","key":"X-Api-Key","value":"Token {{env.KEY}}","placement":"header"}}]}}"#
);
common::capability!(
    KeyInQuery,
    r#"{"naftiko":"1.0.0-alpha2","info":{"label":"Keys"},"binds":[{"namespace":"env","keys":{"KEY":"NAFTIKO_TEST_KEY"}}],"capability":{"consumes":[{"namespace":"keys","baseUri":"http://localhost","authentication":{"type":"apikey","key":"api key","value":"{{KEY}}","placement":"query"}}]}}"#
);
common::capability!(
    Basic,
    r#"{"naftiko":"1.0.0-alpha2","info":{"label":"Keys"},"binds":[{"namespace":"env","keys":{"PASSWORD":"NAFTIKO_TEST_PASSWORD"}}],"capability":{"consumes":[{"namespace":"keys","baseUri":"http://localhost","authentication":{"type":"basic","username":"Aladdin","password":"{{env.PASSWORD}}"}}]}}"#
);
common::capability!(
    FromProcess,
    r#"{"naftiko":"1.0.0-alpha2","info":{"label":"Keys"},"binds":[{"namespace":"env","keys":{"NAME":"CARGO_PKG_NAME"}}],"capability":{"consumes":[{"namespace":"keys","baseUri":"http://localhost","authentication":{"type":"bearer","token":"{{env.NAME}}"}}]}}"#
);
common::capability!(
    Vault,
    r#"{"naftiko":"1.0.0-alpha2","info":{"label":"Keys"},"binds":[{"namespace":"vault","location":"file:///run/secrets.json","keys":{"KEY":"key"}}],"capability":{"consumes":[{"namespace":"keys","baseUri":"http://localhost","authentication":{"type":"bearer","token":"{{vault.KEY}}"}}]}}"#
);
common::capability!(
    Hosts,
    r#"{"naftiko":"1.0.0-alpha2","info":{"label":"Hosts"},"capability":{"consumes":[{"namespace":"one","baseUri":"http://{naftiko-test-host}/v1"},{"namespace":"two","baseUri":"https://[naftiko_test_tenant].example.com/{naftiko-test-host}"}]}}"#
);

/// Makes a call to an upstream that answers `delete`, and returns the request that the upstream received.
async fn asked<F: Future<Output = naftiko_runtime::Result<()>>>(call: impl FnOnce(&Upstream) -> F) -> Recorded {
    let upstream = Upstream::start().await;
    upstream.answer("DELETE", "/things/{id}", Answer::status(204));
    upstream.answer("DELETE", "/v1/things/{id}", Answer::status(204));
    call(&upstream).await.unwrap();
    upstream.requests().remove(0)
}

#[tokio::test]
async fn a_key_is_sent_in_a_header() {
    let builder = KeyInHeader::builder().bind("env.KEY", "s3cret-key").bind("ORG", "acme");
    let seen = asked(|upstream| builder.base_uri(upstream.url()).build().unwrap().delete("t")).await;
    assert_eq!(seen.header("x-api-key"), Some("Token s3cret-key"));
    assert_eq!(seen.header("x-org"), Some("org-acme"));
    assert_eq!(seen.header("accept"), Some("application/vnd.keys+json"));
}

#[tokio::test]
async fn a_key_is_sent_in_the_query_after_the_arguments() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/things/{id}", Answer::json(200, json!({ "id": "s3cret%20%26%20key" })));
    let client = KeyInQuery::builder().base_uri(upstream.url()).bind("KEY", "s3cret & key").build().unwrap();
    let extras = common::Extras { page: Some(1), ..common::Extras::default() };
    let thing = client.get_with("t", extras).await.unwrap();
    assert_eq!(upstream.requests()[0].path_and_query, "/things/t?page%5Bsize%5D=1&api%20key=s3cret%20%26%20key");
    assert_eq!(thing.id, "*".repeat(18), "the echo of the URL shows the key");
    upstream.answer("GET", "/things/{id}", Answer::status(401));
    assert_eq!(client.get("t").await.unwrap_err().kind(), ErrorKind::Credential);
}

#[tokio::test]
async fn a_user_name_and_password_are_sent_as_basic_credentials() {
    let upstream = Upstream::start().await;
    let echo = "QWxhZGRpbjpvcGVuIHNlc2FtZQ== open sesame Aladdin";
    upstream.answer("GET", "/things/{id}", Answer::json(200, json!({ "id": echo })));
    let client = Basic::builder().base_uri(upstream.url()).bind("PASSWORD", "open sesame").build().unwrap();
    let thing = client.get("t").await.unwrap();
    // The example of RFC 7617, section 2.
    assert_eq!(upstream.requests()[0].header("authorization"), Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    assert_eq!(thing.id, format!("{} {} Aladdin", "*".repeat(28), "*".repeat(11)));
}

#[tokio::test]
async fn missing_settings_are_read_from_the_environment() {
    let seen = asked(|upstream| FromProcess::builder().base_uri(upstream.url()).build().unwrap().delete("t")).await;
    assert_eq!(seen.header("authorization"), Some("Bearer naftiko-runtime"));
}

#[tokio::test]
async fn variables_of_base_uris_are_filled_in() {
    let seen = asked(|upstream| {
        let host = upstream.url().trim_start_matches("http://").to_owned();
        let builder = Hosts::builder().variable("naftiko-test-host", host).base_uri_of("two", "http://localhost");
        builder.build().unwrap().delete("t")
    })
    .await;
    assert_eq!(seen.path_and_query, "/v1/things/t");
}

#[test]
fn one_error_lists_all_missing_values() {
    let error = Bearer::builder().build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(
        error.to_string(),
        "the client of `Things` cannot be set up:\n  \
         NAFTIKO_TEST_TOKEN is not set; it is used for the bearer token of `things` (from the console)\n  \
         TENANT_ID is not set; it is used for part of the base URI of `things`, https://[tenant_id].things.example\n  \
         set missing values in the environment, or on the client's builder (`bind`, `variable`, `base_uri`)"
    );
    let error = Hosts::builder().build().unwrap_err().to_string();
    assert_eq!(error.matches("NAFTIKO_TEST_HOST is not set").count(), 1, "{error}");
    assert!(error.contains("`one`") && error.contains("`two`") && error.contains("NAFTIKO_TEST_TENANT"), "{error}");
}

#[test]
fn a_replaced_base_uri_needs_no_variables() {
    Bearer::builder().base_uri("http://localhost:1").bind("TOKEN", "t").build().unwrap();
    Hosts::builder().base_uri("http://localhost").base_uri_of("two", "http://localhost").build().unwrap();
}

#[test]
fn an_unknown_name_is_reported_with_the_most_similar_name() {
    let error = Bearer::builder().base_uri("http://localhost").bind("TOKNE", "t").build().unwrap_err().to_string();
    assert!(error.contains("unknown bind `TOKNE`; did you mean `TOKEN`?"), "{error}");
    let error = Hosts::builder().variable("naftiko-test-hots", "x").build().unwrap_err().to_string();
    assert!(error.contains("did you mean `naftiko-test-host`?"), "{error}");
    let error = Hosts::builder().base_uri_of("tow", "http://localhost").build().unwrap_err().to_string();
    assert!(error.contains("unknown consumed API `tow`; did you mean `two`?"), "{error}");
}

#[test]
fn a_base_uri_that_cannot_be_called_is_refused() {
    let cases = [
        ("api.example.com", "is not valid"),
        ("ftp://api.example.com", "has the scheme `ftp`"),
        ("https://user:s3cret@api.example.com", "contains a user name or a password"),
        ("https://api.example.com?key=s3cret", "has a query"),
        ("https://api.example.com#a", "has a query or a fragment"),
        ("https://", "is not valid"),
    ];
    for (uri, expected) in cases {
        let error = Open::builder().base_uri(uri).build().unwrap_err().to_string();
        assert!(error.contains("the base URI of `things`") && error.contains(expected), "{uri}: {error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}

#[test]
fn a_variable_cannot_redirect_the_request() {
    let tenant = |tenant: &str| {
        let builder =
            Hosts::builder().variable("naftiko-test-host", "localhost").variable("naftiko_test_tenant", tenant);
        builder.build().map(drop)
    };
    tenant("t-1").unwrap();
    tenant("a.b").unwrap();
    for value in
        ["evil.com/", "evil.com#", "user@evil", "a:80", "a?b", "..", "a..b", ".", "", "a b", "é", "a\n", "a\\b"]
    {
        assert!(tenant(value).is_err(), "{value:?}");
    }
    let host = |host: &str| {
        let builder = Hosts::builder().variable("naftiko-test-host", host).base_uri_of("two", "http://localhost");
        builder.build().map(drop)
    };
    host("central.example.com:8443").unwrap();
    for value in ["a:b", "a:", ":80", "a:80:80", "a:70000", "a/b", "a@b", "a:+80"] {
        assert!(host(value).is_err(), "{value:?}");
    }
}

#[test]
fn a_bind_of_a_missing_file_can_be_set_on_the_builder() {
    let error = Vault::builder().build().unwrap_err().to_string();
    assert!(error.contains("the binds of file:///run/secrets.json: `/run/secrets.json` cannot be read"), "{error}");
    Vault::builder().bind("vault.KEY", "s3cret-key").build().unwrap();
}

#[test]
fn a_credential_that_is_invalid_in_a_header_is_refused_without_showing_it() {
    let builder = Bearer::builder().base_uri("http://localhost").bind("TOKEN", "s3cret\r\nX-Evil: 1");
    let error = builder.build().unwrap_err();
    assert!(error.to_string().contains("NAFTIKO_TEST_TOKEN has a line break"), "{error}");
    assert!(!format!("{error:?}").contains("s3cret"));
}

#[test]
fn debug_shows_the_address_and_no_secret() {
    let builder = Bearer::builder().base_uri("http://localhost:1/api/").bind("TOKEN", "s3cret-token");
    let shown = format!("{builder:?}");
    assert!(
        shown.contains("things") && shown.contains("http://localhost:1/api/") && shown.contains("TOKEN"),
        "{shown}"
    );
    assert!(!shown.contains("s3cret"), "{shown}");
    let shown = format!("{:?}", builder.build().unwrap());
    assert_eq!(shown, "Bearer(Client[things at http://localhost:1/api])");
}

#[test]
fn debug_shows_no_credentials_of_base_uris_and_no_values_of_variables() {
    let builder = Bearer::builder()
        .base_uri("https://user:s3cret-a@api.example.com/v1?key=s3cret-b")
        .base_uri_of("things", "user:s3cret-c@things.example.com#s3cret-d")
        .variable("tenant_id", "s3cret-e")
        .bind("TOKEN", "s3cret-f");
    let shown = format!("{builder:?}");
    for name in ["https://…", "things", "tenant_id", "TOKEN"] {
        assert!(shown.contains(name), "{name} in {shown}");
    }
    assert!(!shown.contains("s3cret"), "{shown}");
}

#[cfg(feature = "reqwest")]
#[tokio::test]
async fn a_custom_http_client_is_used() {
    let http = reqwest::Client::builder()
        .default_headers([(http::header::VIA, "mine".parse().unwrap())].into_iter().collect());
    let http = http.build().unwrap();
    let seen =
        asked(|upstream| Open::builder().base_uri(upstream.url()).http_client(http).build().unwrap().delete("t")).await;
    assert_eq!(seen.header("via"), Some("mine"));
}

#[cfg(feature = "reqwest")]
#[tokio::test]
async fn a_custom_http_client_has_the_same_errors() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/things/hang", Answer::hang());
    upstream.answer("GET", "/things/stall", Answer::json(200, json!({ "id": "t" })).then_stall());
    upstream.answer("GET", "/things/cut-off", Answer::cut_off());
    upstream.answer("GET", "/things/..%2Fa", Answer::status(404));
    upstream.answer("GET", "/things/redirect", Answer::redirect("/things/hang"));
    let cases = [
        ("hang", ErrorKind::Timeout, "the call to `things` took longer than 200ms"),
        ("stall", ErrorKind::Timeout, "the call to `things` took longer than 200ms"),
        ("cut-off", ErrorKind::BadAnswer, "`things` closed the connection in the middle of its answer"),
        (
            "redirect",
            ErrorKind::BadAnswer,
            "`/things/redirect` redirects to `/things/hang`, but redirects are not followed",
        ),
        ("../a", ErrorKind::Upstream, "404"),
        ("..", ErrorKind::Argument, "`thingId`"),
    ];
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let builder = || Open::builder().base_uri(upstream.url()).timeout(Duration::from_millis(200));
    for client in [builder().build().unwrap(), builder().http_client(http.clone()).build().unwrap()] {
        for (id, kind, message) in cases {
            let error = client.get(id).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{id}: {error}");
            assert!(error.to_string().contains(message), "{id}: {error}");
            assert!(!format!("{error:?}").contains(upstream.url()), "{error:?}");
        }
        assert_eq!(upstream.requests().last().unwrap().path_and_query, "/things/..%2Fa");
    }
    let refusing = Upstream::refusing();
    let error = Open::builder().base_uri(refusing.url()).http_client(http).build().unwrap().get("t").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(!format!("{error:?}").contains(refusing.url()), "{error:?}");
}

#[tokio::test]
async fn a_server_without_tls_is_unreachable_over_https() {
    let upstream = Upstream::start().await;
    let uri = upstream.url().replace("http:", "https:");
    let error = Open::builder().base_uri(uri).build().unwrap().get("t").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error:?}");
    assert!(upstream.requests().is_empty());
}
