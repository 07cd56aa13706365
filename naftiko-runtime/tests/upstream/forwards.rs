//! The parts of a forwarded request and its answer that are passed on.

use crate::support::{capability, indented, serve, yaml};
use axum::Router;
use naftiko_runtime::testing::{Answer, Upstream};
use std::io::Write;

/// Returns a document that forwards everything below `/proxy`.
pub(crate) fn document(trusted: &str) -> String {
    let exposes = format!(
        "- type: rest\n  namespace: rest\n  resources:\n  - path: /proxy\n    forward: {{ targetNamespace: api, trustedHeaders: \
         {trusted} }}\n"
    );
    yaml("", "- name: r\n  path: /own\n  operations:\n  - { name: get, method: GET }\n", &exposes)
}

#[tokio::test]
async fn a_head_answer_has_the_length_of_the_upstream() {
    let upstream = Upstream::start().await;
    let url = serve(&capability(&document("[]"), &upstream)).await;
    let http = reqwest::Client::new();
    let head = async || {
        let answer = http.head(format!("{url}/proxy/x")).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.headers().clone()
    };
    upstream.answer("HEAD", "/x", Answer::of(200, "text/csv", "a,b\n").header("etag", "\"v1\""));
    let headers = head().await;
    for (name, value) in [("content-length", "4"), ("content-type", "text/csv"), ("etag", "\"v1\"")] {
        assert_eq!(headers[name], value);
    }
    upstream.answer("HEAD", "/x", Answer::of(200, "text/csv", "a").without_length());
    assert_eq!(head().await.get("content-length"), None);
    // The declared length is that of the compressed body.
    upstream.answer("HEAD", "/x", Answer::of(200, "text/csv", "a").header("content-encoding", "gzip"));
    assert_eq!(head().await.get("content-length"), None);
}

#[tokio::test]
async fn only_some_headers_of_a_forwarded_answer_are_passed_on() {
    let upstream = Upstream::start().await;
    let kept = [
        ("etag", "W/\"v1\""),
        ("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("cache-control", "max-age=60"),
        ("content-disposition", "attachment; filename=\"a.csv\""),
        ("content-language", "de"),
        ("accept-ranges", "bytes"),
        ("vary", "accept"),
    ];
    let answer = kept.iter().fold(Answer::of(200, "text/csv", "a"), |answer, (name, value)| answer.header(name, value));
    let answer = answer.header("set-cookie", "session=1").header("x-powered-by", "y").header("server", "s");
    upstream.answer("GET", "/x", answer.header("access-control-allow-origin", "*"));
    let url = serve(&capability(&document("[]"), &upstream)).await;
    let answer = reqwest::get(format!("{url}/proxy/x")).await.unwrap();
    for (name, value) in kept {
        assert_eq!(answer.headers()[name], value);
    }
    for name in ["set-cookie", "x-powered-by", "server", "access-control-allow-origin"] {
        assert_eq!(answer.headers().get(name), None, "{name}");
    }
}

#[tokio::test]
async fn links_that_lead_below_the_base_uri_lead_below_the_route() {
    let upstream = Upstream::start().await;
    let yaml = document("[]").replace("http://api.example", "http://api.example/v2");
    let settings = naftiko_runtime::document::Settings::default().upstream("api", format!("{}/v2", upstream.url()));
    let capability = crate::support::load(&yaml, settings).unwrap();
    let rest: Router = capability.rest_router();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, Router::new().nest("/api", rest)).into_future());
    let base = upstream.url();
    for (location, expected) in [
        (format!("{base}/v2/items/1?x=1"), Some("/api/proxy/items/1?x=1")),
        (format!("{}/v2", base.to_uppercase().replace("HTTP", "http")), Some("/api/proxy")),
        ("/v2/items/1".to_owned(), Some("/api/proxy/items/1")),
        ("items/1".to_owned(), Some("items/1")),
        ("?page=2".to_owned(), Some("?page=2")),
        ("https://other.example/v2/a".to_owned(), Some("https://other.example/v2/a")),
        ("//other.example/v2/../a".to_owned(), Some("//other.example/v2/../a")),
        ("urn:isbn:1".to_owned(), Some("urn:isbn:1")),
        // Links that are relative to `/v2/x` at the upstream, but to `/api/proxy/x` for the caller.
        ("../v2/items/./1".to_owned(), Some("/api/proxy/items/1")),
        ("../../v2/items/1?x=1#part".to_owned(), Some("/api/proxy/items/1?x=1#part")),
        ("../v2".to_owned(), Some("/api/proxy")),
        ("a/../b".to_owned(), Some("a/../b")),
        ("/v2/a/%2E%2e/items/.?x=/../".to_owned(), Some("/api/proxy/items/?x=/../")),
        // Links that would lead elsewhere, or reveal the address of the upstream.
        ("/v20/items".to_owned(), None),
        ("/admin".to_owned(), None),
        (format!("{base}/admin"), None),
        (format!("{base}/v2/../admin"), None),
        ("/v2/%2e%2E/admin".to_owned(), None),
        ("/v2/items/../../v20".to_owned(), None),
        ("../admin".to_owned(), None),
        ("./%2e./../admin".to_owned(), None),
        (base.replace("http:", "https:") + "/v2/items", None),
        (format!("//{}/v2/items", base.trim_start_matches("http://").split(':').next().unwrap()), None),
        ("http://127.0.0.1:9999/v2/items".to_owned(), None),
    ] {
        let answer = Answer::status(201).header("location", &location);
        upstream.answer("POST", "/v2/x", answer.header("content-location", &location));
        let answer = reqwest::Client::new().post(format!("{url}/api/proxy/x")).send().await.unwrap();
        for name in ["location", "content-location"] {
            let value = answer.headers().get(name).map(|value| value.to_str().unwrap());
            assert_eq!(value, expected, "{name}: {location}");
        }
    }
    let link = format!(
        "<{base}/v2/x?page=2>; rel=\"next\", </admin>; rel=\"admin\", </v2/x?page=9,0>; rel=\"last\"; title=\"a, b\""
    );
    upstream.answer("GET", "/v2/x", Answer::of(200, "text/csv", "a").header("link", &link));
    let answer = reqwest::get(format!("{url}/api/proxy/x")).await.unwrap();
    let expected = "</api/proxy/x?page=2>; rel=\"next\", </api/proxy/x?page=9,0>; rel=\"last\"; title=\"a, b\"";
    assert_eq!(answer.headers()["link"], expected);
    // A header may contain bytes that are not ASCII; U+00E0 ends with a byte that is a space in ISO-8859-1.
    let link = "</v2/x?page=2>; rel=next; title=\"Übergröße\", </admin>; title=ä, </v2/y>; title=à";
    upstream.answer("GET", "/v2/x", Answer::of(200, "text/csv", "a").header("link", link));
    let answer = reqwest::get(format!("{url}/api/proxy/x")).await.unwrap();
    let expected = "</api/proxy/x?page=2>; rel=next; title=\"Übergröße\", </api/proxy/y>; title=à";
    assert_eq!(answer.headers()["link"].as_bytes(), expected.as_bytes());
}

#[tokio::test]
async fn a_credential_is_masked_in_answers_of_all_media_types() {
    let upstream = Upstream::start().await;
    let own = "authentication: { type: bearer, token: own-s3cret }\n";
    let yaml = document("[]").replacen("    resources:", &format!("{}    resources:", indented(own, 4)), 1);
    let url = serve(&capability(&yaml, &upstream)).await;
    for (content_type, body) in [
        ("application/json", "{\"a\":\"own-s3cret\"}"),
        ("application/json", "you sent \"own-s3cret\": it has expired"),
        ("application/problem+json; charset=utf-8", "{'own-s3cret\": 1}"),
        ("", "<p title=\"own-s3cret\":>"),
        ("text/plain", "own-s3cret\": x"),
        ("text/html", "<a href=\"?k=own%2Ds3cret\">"),
        ("application/xml", "<a k=\"own&#45;s3cret\"/>"),
        ("text/csv", "\"own-s3cret\",1\n"),
        ("application/x-ndjson", "{\"a\":1}\n{\"a\":\"own-s3cret\"}\n"),
        ("text/event-stream", "data: {\"a\":\"own-s3cret\"}\n\n"),
        ("application/octet-stream", "\0own-s3cret\": \0"),
    ] {
        for answer in [Answer::of(200, content_type, body), Answer::of(200, content_type, body).without_length()] {
            upstream.answer("GET", "/x", answer);
            let text = reqwest::get(format!("{url}/proxy/x")).await.unwrap().text().await.unwrap();
            assert!(
                text.len() == body.len() && text.contains("****") && !text.contains("s3cret"),
                "{content_type}: {text}"
            );
        }
    }
}

#[tokio::test]
async fn a_key_of_the_caller_does_not_replace_the_capabilitys() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/x", Answer::status(204));
    let own = "inputParameters: [{ name: v, in: query, value: '1' }]\nauthentication: { type: apikey, key: api_key, value: own-s3cret, placement: query }\n";
    let yaml = document("[]").replacen("    resources:", &format!("{}    resources:", indented(own, 4)), 1);
    let url = serve(&capability(&yaml, &upstream)).await;
    for (sent, seen) in [
        ("api_key=theirs&q=1", "q=1&v=1&api_key=own-s3cret"),
        ("q=1&api_key=theirs", "q=1&v=1&api_key=own-s3cret"),
        ("api%5Fkey=theirs", "v=1&api_key=own-s3cret"),
        ("API_KEY=theirs&Api%5FKey=theirs&V=2", "v=1&api_key=own-s3cret"),
        ("%61pi_key", "v=1&api_key=own-s3cret"),
        ("a=1;api_key=theirs&b=2", "b=2&v=1&api_key=own-s3cret"),
        ("v=7&api_keys=1&xapi_key=2", "api_keys=1&xapi_key=2&v=1&api_key=own-s3cret"),
        ("q=api_key=1", "q=api_key=1&v=1&api_key=own-s3cret"),
        ("", "v=1&api_key=own-s3cret"),
    ] {
        reqwest::get(format!("{url}/proxy/x?{sent}")).await.unwrap();
        assert_eq!(upstream.requests().last().unwrap().query(), Some(seen), "{sent}");
    }
}

#[tokio::test]
async fn a_compressed_body_is_forwarded_with_its_coding() {
    let upstream = Upstream::start().await;
    upstream.answer("POST", "/x", Answer::status(204));
    let url = serve(&capability(&document("[]"), &upstream)).await;
    let post = async |kind: &str, coding: &str, body: Vec<u8>| {
        let request = reqwest::Client::new().post(format!("{url}/proxy/x")).header("content-type", kind);
        request.header("content-encoding", coding).body(body).send().await.unwrap().status()
    };
    assert_eq!(post("text/csv", "gzip", b"packed".to_vec()).await, 204);
    assert_eq!(upstream.requests()[0].header("content-encoding"), Some("gzip"));
    // Duplicate members of a body in an unknown coding cannot be detected.
    assert_eq!(post("application/json", "compress", b"packed".to_vec()).await, 415);
    assert_eq!(upstream.requests().len(), 1);
    let gzip = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let (once, twice) = (gzip(r#"{"a":1}"#), gzip(r#"{"a":1,"a":2}"#));
    let expected = if cfg!(feature = "compression") { [204, 400] } else { [415, 415] };
    assert_eq!(post("application/json", "gzip", once.clone()).await, expected[0]);
    assert_eq!(post("application/json", "gzip", twice).await, expected[1]);
    if cfg!(feature = "compression") {
        assert_eq!(upstream.requests()[1].body, once);
    }
    assert_eq!(upstream.requests().len(), if cfg!(feature = "compression") { 2 } else { 1 });
}

#[tokio::test]
async fn conditional_and_partial_requests_are_forwarded() {
    let upstream = Upstream::start().await;
    let url = serve(&capability(&document("[If-None-Match, Range]"), &upstream)).await;
    upstream.answer_with("GET", "/x", |request| match request.header("if-none-match") {
        Some(_) => Answer::status(304).header("etag", "\"v1\""),
        None => Answer::of(206, "text/csv", "a").header("content-range", "bytes 0-0/9"),
    });
    let get = async |name: &str, value: &str| {
        reqwest::Client::new().get(format!("{url}/proxy/x")).header(name, value).send().await.unwrap()
    };
    let same = get("if-none-match", "\"v1\"").await;
    assert_eq!(same.status(), 304);
    assert_eq!(same.headers()["etag"], "\"v1\"");
    assert_eq!(same.text().await.unwrap(), "");
    let part = get("range", "bytes=0-0").await;
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()["content-range"], "bytes 0-0/9");
    assert_eq!(get("x-other", "1").await.status(), 502);
}

#[tokio::test]
async fn no_forwarded_header_contains_a_secret() {
    let upstream = Upstream::start().await;
    let own = "authentication: { type: apikey, key: X-Key, value: own-s3cret, placement: header }\n";
    let yaml = document("[]").replacen("    resources:", &format!("{}    resources:", indented(own, 4)), 1);
    let url = serve(&capability(&yaml, &upstream)).await;
    let answer =
        Answer::of(200, "text/csv", "a").header("etag", "\"own-s3cret\"").header("link", "</x?k=own-s3cret>; rel=next");
    upstream.answer("GET", "/x", answer);
    let answer = reqwest::get(format!("{url}/proxy/x")).await.unwrap();
    assert_eq!(answer.headers()["etag"], "\"**********\"");
    assert_eq!(answer.headers()["link"], "</proxy/x?k=**********>; rel=next");
}

#[tokio::test]
async fn an_answer_without_content_is_passed_on_without_a_body() {
    let upstream = Upstream::start().await;
    let url = serve(&capability(&document("[If-None-Match]"), &upstream)).await;
    for (status, body) in [(204, ""), (205, "a,b\n"), (304, "")] {
        upstream.answer("GET", "/x", Answer::of(status, "text/csv", body).header("etag", "\"v1\""));
        let request = reqwest::Client::new().get(format!("{url}/proxy/x")).header("if-none-match", "\"v1\"");
        let answer = request.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["etag"]), (status, &"\"v1\"".parse().unwrap()));
        assert_eq!(answer.text().await.unwrap(), "", "{status}");
    }
}
