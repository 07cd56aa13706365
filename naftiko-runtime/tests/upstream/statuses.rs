//! Statuses that are not just passed on: 206, redirects, 304, 401, 403, and those about the connection to the upstream.

use crate::common::Bearer;
use crate::support::{capability, serve, tool, yaml};
use naftiko_runtime::testing::{Answer, Upstream};
use naftiko_runtime::{Error, ErrorKind};
use serde_json::json;
use std::time::Duration;

const SECRET: &str = "s3cret-t0ken";
const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

/// Returns the error of a typed call that the upstream answers with `answer`.
async fn failing(answer: Answer) -> Error {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/things/{id}", answer);
    let client = Bearer::builder().base_uri(upstream.url()).bind("TOKEN", SECRET).build().unwrap();
    let error = client.get("t-1").await.unwrap_err();
    assert!(!format!("{error:?}").contains(SECRET), "{error:?}");
    error
}

/// Returns a document with one operation, exposed as a route and a tool, whose arguments are `headers`.
fn document(headers: &[&str]) -> String {
    let inputs =
        |line: &dyn Fn(&str) -> String| headers.iter().map(|header| line(header)).collect::<Vec<_>>().join(", ");
    let consumed = inputs(&|header| format!("{{ name: {header}, in: header }}"));
    let routes = inputs(&|header| format!("{{ name: {header}, in: header, type: string }}"));
    let tools = inputs(&|header| format!("{{ name: {header}, type: string, description: A header. }}"));
    let with = |from: &str| inputs(&|header| format!("{header}: {from}.{header}"));
    let resources = format!(
        "- name: r\n  path: /x\n  operations:\n  - name: get\n    method: GET\n    inputParameters: [{consumed}]\n"
    );
    let exposes = format!(
        "- type: rest\n  namespace: rest\n  resources:\n  - path: /x\n    operations:\n    - method: GET\n      call: api.get\n      \
         inputParameters: [{routes}]\n      with: {{ {} }}\n\
         - type: mcp\n  namespace: tools\n  tools:\n  - name: get\n    description: Gets.\n    call: api.get\n    \
         inputParameters: [{tools}]\n    with: {{ {} }}\n",
        with("rest"),
        with("tools")
    );
    yaml("", &resources, &exposes)
}

#[tokio::test]
async fn not_modified_is_passed_on_if_the_caller_sent_a_validator() {
    for header in ["If-None-Match", "If-Modified-Since"] {
        let upstream = Upstream::start().await;
        let answer = Answer::status(304).header("etag", "\"v1\"").header("cache-control", "max-age=60");
        upstream.answer("GET", "/x", answer.header("set-cookie", "a=b").header("content-type", "text/html"));
        let url = serve(&capability(&document(&[header]), &upstream)).await;
        let value = if header == "If-None-Match" { "\"v1\"" } else { DATE };
        let rest = reqwest::Client::new().get(format!("{url}/x")).header(header, value).send().await.unwrap();
        assert_eq!(upstream.requests()[0].header(header), Some(value));
        assert_eq!(rest.status(), 304);
        assert_eq!(rest.headers()["etag"], "\"v1\"");
        assert_eq!(rest.headers()["cache-control"], "max-age=60");
        for absent in ["content-type", "set-cookie"] {
            assert_eq!(rest.headers().get(absent), None);
        }
        assert_eq!(rest.text().await.unwrap(), "");
        let result = tool(&url, "get", json!({ header: value })).await;
        let words = result["content"][0]["text"].as_str().unwrap();
        assert!(words.contains("has not changed"), "{words}");
        let facts = &result["_meta"]["io.naftiko/error"];
        assert_eq!((&facts["kind"], &facts["status"]), (&json!("not_modified"), &json!(304)));
    }
}

#[tokio::test]
async fn not_modified_without_a_validator_is_a_bad_answer() {
    let error = failing(Answer::status(304)).await;
    assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::BadAnswer, 502));
    assert!(error.to_string().contains("304 Not Modified") && !error.to_string().contains("base URI"), "{error}");
    // The validator must come from the caller, not from a constant, and a write has nothing to revalidate.
    let constant = document(&[]).replace(
        "    resources:\n    - name: r",
        "    inputParameters: [{ name: If-None-Match, in: header, value: x }]\n    resources:\n    - name: r",
    );
    let write = document(&["If-None-Match"]).replace("GET", "PUT");
    for (yaml, method) in [(constant, "GET"), (write, "PUT")] {
        let upstream = Upstream::start().await;
        upstream.answer(method, "/x", Answer::status(304));
        let url = serve(&capability(&yaml, &upstream)).await;
        let request = reqwest::Client::new().request(method.parse().unwrap(), format!("{url}/x"));
        let answer = request.header("if-none-match", "\"v1\"").send().await.unwrap();
        assert_eq!(answer.status(), 502, "{method}");
        assert!(upstream.requests()[0].header("if-none-match").is_some());
    }
}

#[tokio::test]
async fn a_redirect_is_reported_with_path_and_target() {
    let upstream = Upstream::start().await;
    let base = format!("{}/v2", upstream.url());
    let client = Bearer::builder().base_uri(&base).bind("TOKEN", SECRET).build().unwrap();
    let host = upstream.url().strip_prefix("http://").unwrap();
    for (status, location, named) in [
        (301, format!("{base}/items/t-1?api_key={SECRET}#top"), "`/items/t-1`"),
        (308, "/v2/items/t-1?q=x".to_owned(), "`/items/t-1`"),
        (302, "/login?to=%2Fv2".to_owned(), "`/login`"),
        (307, "t-2".to_owned(), "`t-2`"),
        (303, format!("http://user:pa55word@{host}/v2/items/{SECRET}"), "`/items/************`"),
        (302, "https://login.example/sso?state=1".to_owned(), "`https://login.example/sso`"),
    ] {
        upstream.answer("GET", "/v2/things/{id}", Answer::status(status).header("location", &location));
        let error = client.get("t-1").await.unwrap_err();
        let words = error.to_string();
        assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::BadAnswer, 502));
        assert!(words.contains("`/things/t-1`") && words.contains(named), "{location}: {words}");
        assert!(words.contains(&status.to_string()) && !words.contains("base URI"), "{location}: {words}");
        for hidden in [SECRET, "pa55word", "?", "#", upstream.url()] {
            assert!(!words.contains(hidden), "{location}: {words}");
        }
    }
    for location in ["https://new.example/v2/things/t-1?x=1", "//new.example/v3/things/t-1"] {
        upstream.answer("GET", "/v2/things/{id}", Answer::status(301).header("location", location));
        let words = client.get("t-1").await.unwrap_err().to_string();
        assert!(words.contains("base URI") && words.contains("new.example/v"), "{location}: {words}");
        assert!(!words.contains("t-1"), "{location}: {words}");
    }
    let long = format!("/v2/{}", "x".repeat(5000));
    for answer in [
        Answer::status(300),
        Answer::status(302).header("location", "\u{fe}"),
        Answer::status(301).header("location", ""),
        Answer::status(301).header("location", &long),
    ] {
        upstream.answer("GET", "/v2/things/{id}", answer);
        let words = client.get("t-1").await.unwrap_err().to_string();
        assert!(words.contains("`/things/t-1`") && words.len() < 1000, "{words}");
    }
}

#[tokio::test]
async fn forbidden_concerns_the_call_and_not_the_credential() {
    let error = failing(Answer::json(403, json!({ "message": "not yours" }))).await;
    assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::Upstream, 403));
    assert_eq!(error.upstream().unwrap().body, r#"{"message":"not yours"}"#);
    let limited = Answer::json(403, json!({ "message": "slow down" })).header("retry-after", "60");
    let error = failing(limited).await;
    assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::Throttled, 403));
    assert_eq!(error.retry_after().unwrap().delay(), Some(Duration::from_secs(60)));
    assert_eq!(error.upstream().unwrap().body, r#"{"message":"slow down"}"#);
    assert_eq!(failing(Answer::status(401)).await.kind(), ErrorKind::Credential);
}

#[tokio::test]
async fn a_delay_can_be_a_date_in_any_http_format() {
    for date in [DATE, "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
        let error = failing(Answer::status(429).header("retry-after", date)).await;
        // The date is passed on in the preferred format (RFC 9110, section 5.6.7).
        assert_eq!(error.retry_after().unwrap().0, DATE, "{date}");
    }
    for junk in ["Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 99 Nov 1994 08:49:37 GMT", "soon", "-1"] {
        assert_eq!(failing(Answer::status(429).header("retry-after", junk)).await.retry_after(), None, "{junk}");
    }
}

#[tokio::test]
async fn a_throttled_call_keeps_its_status_in_every_notation_of_the_delay() {
    let upstream = Upstream::start().await;
    let url = serve(&capability(&document(&[]), &upstream)).await;
    for (status, headers, after) in [
        (503, &[("retry-after", "99999999999")][..], Some("2147483648")),
        (503, &[("retry-after", "60, 120")], Some("120")),
        (503, &[("retry-after", "60"), ("retry-after", "120")], Some("120")),
        (503, &[("retry-after", "soon")], None),
        // The headers of GitHub.
        (403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1")], Some("1")),
        (429, &[("ratelimit-remaining", "0"), ("ratelimit-reset", "30")], Some("30")),
        (403, &[("x-ratelimit-remaining", "0")], None),
    ] {
        let answer = Answer::json(status, json!({ "message": "API rate limit exceeded" }));
        upstream.answer("GET", "/x", headers.iter().fold(answer, |answer, (name, value)| answer.header(name, value)));
        let rest = reqwest::get(format!("{url}/x")).await.unwrap();
        assert_eq!(rest.status().as_u16(), status, "{headers:?}");
        assert_eq!(rest.headers().get("retry-after").map(|value| value.to_str().unwrap()), after, "{headers:?}");
        let result = tool(&url, "get", json!({})).await;
        assert_eq!(result["_meta"]["io.naftiko/error"]["kind"], "throttled", "{headers:?}");
        let words = result["content"][0]["text"].as_str().unwrap();
        let advice = after.map_or("Call again later".to_owned(), |after| format!("Call again in {after} second"));
        assert!(words.contains(&advice) && words.contains("rate limit exceeded"), "{headers:?}: {words}");
    }
}

#[tokio::test]
async fn agents_are_not_advised_to_retry_a_misconfiguration() {
    let upstream = Upstream::start().await;
    let url = serve(&capability(&document(&[]), &upstream)).await;
    for (status, lasting) in
        [(301, true), (308, true), (302, true), (407, true), (421, true), (500, false), (408, false)]
    {
        upstream.answer("GET", "/x", Answer::status(status).header("location", "/y"));
        let result = tool(&url, "get", json!({})).await;
        let words = result["content"][0]["text"].as_str().unwrap();
        assert_eq!(words.contains("calling again does not help"), lasting, "{status}: {words}");
        assert_eq!(words.contains("call again later"), !lasting, "{status}: {words}");
    }
}

#[tokio::test]
async fn statuses_about_the_connection_are_not_passed_on() {
    for status in [407, 408, 411, 417, 421, 425, 426] {
        let answer = Answer::json(status, json!({})).header("proxy-authenticate", "Basic").header("upgrade", "h2c");
        let error = failing(answer).await;
        assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::BadAnswer, 502), "{status}");
        assert!(error.to_string().contains(&status.to_string()), "{error}");
        assert!(error.to_string().contains(": "), "expected an explanation: {error}");
    }
}

#[tokio::test]
async fn only_some_headers_of_an_error_answer_are_passed_on() {
    let upstream = Upstream::start().await;
    let url = serve(&capability(&document(&["Authorization"]), &upstream)).await;
    for (status, name, value) in [
        (401, "www-authenticate", "Bearer realm=\"api\", error=\"invalid_token\""),
        (405, "allow", "GET, HEAD"),
        (416, "content-range", "bytes */10"),
        (412, "etag", "\"v2\""),
    ] {
        let answer =
            Answer::json(status, json!({})).header(name, value).header("set-cookie", "a=b").header("x-powered", "y");
        upstream.answer("GET", "/x", answer);
        let rest = reqwest::Client::new().get(format!("{url}/x")).header("authorization", "Bearer mine").send().await;
        let rest = rest.unwrap();
        assert_eq!(rest.status().as_u16(), status);
        assert_eq!(rest.headers()[name], value);
        assert_eq!(rest.headers().get("set-cookie").or(rest.headers().get("x-powered")), None);
        assert_eq!(rest.headers()["content-type"], "application/problem+json");
    }
    let several =
        Answer::status(401).header("www-authenticate", "Basic").header("www-authenticate", "Bearer mine-s3cret");
    upstream.answer("GET", "/x", several);
    let request = reqwest::Client::new().get(format!("{url}/x")).header("authorization", "Bearer mine-s3cret");
    let rest = request.send().await.unwrap();
    let values: Vec<_> = rest.headers().get_all("www-authenticate").iter().collect();
    assert_eq!(values, ["Basic", "******************"]);
}

#[tokio::test]
async fn an_unrequested_part_is_a_bad_answer() {
    let part = || Answer::json(206, json!({ "id": "t" }));
    let ranged = || part().header("content-range", "bytes 0-9/100");
    for answer in [part(), ranged()] {
        let error = failing(answer).await;
        assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::BadAnswer, 502));
        assert!(error.to_string().contains("206"), "{error}");
    }
    let upstream = Upstream::start().await;
    let url = serve(&capability(&document(&["Range"]), &upstream)).await;
    for (answer, status) in [(part(), 502), (ranged(), 206)] {
        upstream.answer("GET", "/x", answer);
        let rest = reqwest::Client::new().get(format!("{url}/x")).header("range", "bytes=0-9").send().await.unwrap();
        assert_eq!(rest.status(), status);
        let rest = reqwest::get(format!("{url}/x")).await.unwrap();
        assert_eq!(rest.status(), 502);
    }
}

#[tokio::test]
async fn callers_in_rust_get_not_modified_as_a_status() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/x", Answer::status(304).header("etag", "\"v1\""));
    let capability = capability(&document(&["If-None-Match"]), &upstream);
    let error = capability.call("get", json!({ "If-None-Match": "\"v1\"" })).await.unwrap_err();
    assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::NotModified, 304));
    assert_eq!(error.upstream().unwrap().headers["etag"], "\"v1\"");
}

#[tokio::test]
async fn a_whole_answer_keeps_its_validators() {
    let upstream = Upstream::start().await;
    let plain = Answer::json(200, json!({ "id": "t" })).header("etag", "\"v1\"").header("last-modified", DATE);
    let plain = plain.header("set-cookie", "a=b").header("location", "/internal");
    upstream.answer("GET", "/x", plain);
    let url = serve(&capability(&document(&["Range"]), &upstream)).await;
    let rest = reqwest::get(format!("{url}/x")).await.unwrap();
    assert_eq!(
        (&rest.headers()["etag"], &rest.headers()["last-modified"]),
        (&"\"v1\"".parse().unwrap(), &DATE.parse().unwrap())
    );
    for absent in ["set-cookie", "location", "content-range"] {
        assert_eq!(rest.headers().get(absent), None, "{absent}");
    }
    // A shaped answer differs from the upstream's, so its validators do not apply.
    let outputs = "        outputParameters: [{ type: object, properties: { id: { type: string, mapping: $.id } } }]\n";
    let shaped =
        document(&["Range"]).replacen("        call: api.get\n", &format!("        call: api.get\n{outputs}"), 1);
    let url = serve(&capability(&shaped, &upstream)).await;
    let rest = reqwest::get(format!("{url}/x")).await.unwrap();
    assert_eq!((rest.status().as_u16(), rest.headers().get("etag")), (200, None));

    let part = Answer::json(206, json!({ "id": "t" })).header("content-range", "bytes 0-9/90");
    upstream.answer("GET", "/x", part);
    for (text, status, range) in [(document(&["Range"]), 206, Some("bytes 0-9/90")), (shaped, 200, None)] {
        let url = serve(&capability(&text, &upstream)).await;
        let rest = reqwest::Client::new().get(format!("{url}/x")).header("range", "bytes=0-9").send().await.unwrap();
        let given = rest.headers().get("content-range").map(|value| value.to_str().unwrap());
        assert_eq!((rest.status().as_u16(), given), (status, range), "{text}");
    }
}
