//! Credentials, variables, and the errors if they are missing.

use crate::support::{capability, load, only, upstream, yaml};
use naftiko_runtime::ErrorKind;
use naftiko_runtime::document::Settings;
use naftiko_runtime::testing::{Answer, Upstream};
use serde_json::json;

fn document(more: &str, path: &str, method: &str) -> String {
    let resources = format!("- name: r\n  path: '{path}'\n  operations:\n  - name: call\n    method: {method}\n");
    let tools =
        "- type: mcp\n  namespace: tools\n  tools:\n  - name: call\n    description: Calls.\n    call: api.call\n";
    yaml(more, &resources, tools)
        .replace("capability:\n", "binds:\n- namespace: env\n  keys: { KEY: NAFTIKO_TEST_UNSET }\ncapability:\n")
}

fn key(placement: &str) -> String {
    format!("authentication: {{ type: apikey, key: key, value: '{{{{env.KEY}}}}', placement: {placement} }}")
}

/// Returns the request that the API receives.
async fn seen(yaml: &str, path: &str, method: &str) -> naftiko_runtime::testing::Recorded {
    let upstream = upstream(&[(method, path)]).await;
    let settings = Settings::default().upstream("api", upstream.url()).bind("KEY", "s3cret/key");
    load(yaml, settings).unwrap().call("call", json!({})).await.unwrap();
    only(&upstream)
}

#[test]
fn an_invalid_name_of_a_cookie_is_not_called_an_invalid_value() {
    let more =
        key("cookie").replace("key: key", "key: a b") + "\ninputParameters:\n- { name: c d, in: cookie, value: x }";
    let error = load(&document(&more, "/x", "GET"), Settings::default().bind("KEY", "k")).unwrap_err().to_string();
    for expected in ["the cookie `c d` of `api` cannot be sent: the name", "cannot be sent: `a b` is not a cookie name"]
    {
        assert!(error.contains(expected) && !error.contains("visible ASCII"), "{error}");
    }
}

#[tokio::test]
async fn an_api_key_is_sent_where_placement_says() {
    let header = seen(&document(&key("header"), "/x", "GET"), "/x", "GET").await;
    assert_eq!(header.header("key"), Some("s3cret/key"));
    let query = seen(&document(&key("query"), "/x", "GET"), "/x", "GET").await;
    assert_eq!(query.query(), Some("key=s3cret%2Fkey"));
    let cookie = seen(&document(&key("cookie"), "/x", "GET"), "/x", "GET").await;
    assert_eq!(cookie.header("cookie"), Some("key=s3cret/key"));
    let path = seen(&document(&key("path"), "/bot{key}/x", "GET"), "/{bot}/x", "GET").await;
    assert_eq!(path.path(), "/bots3cret%2Fkey/x");
    let body = seen(&document(&key("body"), "/x", "POST"), "/x", "POST").await;
    assert_eq!(body.json().unwrap(), json!({ "key": "s3cret/key" }));
}

#[tokio::test]
async fn a_key_can_be_part_of_the_base_uri() {
    let upstream = upstream(&[("GET", "/{bot}/x")]).await;
    let base = format!("{}/bot{{key}}", upstream.url());
    let yaml = document(&key("path"), "/x", "GET").replace("http://api.example", &base);
    let capability = load(&yaml, Settings::default().bind("KEY", "12:s3cret")).unwrap();
    capability.call("call", json!({})).await.unwrap();
    assert_eq!(only(&upstream).path(), "/bot12%3As3cret/x");
}

#[tokio::test]
async fn a_refused_credential_is_not_the_callers_fault_and_is_hidden() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/x", Answer::json(401, json!({ "bad": "s3cret/key" })));
    let settings = Settings::default().upstream("api", upstream.url()).bind("KEY", "s3cret/key");
    let error = load(&document(&key("header"), "/x", "GET"), settings).unwrap().call("call", json!({})).await;
    let error = error.unwrap_err();
    assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::Credential, 502));
    assert!(error.to_string().contains("NAFTIKO_TEST_UNSET") && !format!("{error:?}").contains("s3cret"), "{error:?}");
}

#[test]
fn an_authentication_that_cannot_be_used_is_named_in_the_error() {
    for (authentication, name) in [
        ("{ type: oauth1, consumerKey: x }", "is `oauth1`, but it lacks `signingKey`: "),
        ("{ type: aws-sig-v4, accessKeyId: x }", "is `aws-sig-v4`, but it lacks `"),
        (
            "{ type: oauth1, consumerKey: x, signingKey: y, signatureMethod: PLAINTEXT }",
            "is `oauth1`, which is not supported: ",
        ),
        ("{ type: hmac, keyId: x, secret: y }", "is `hmac`, which is not supported: "),
        ("{ type: oauth2, tokenUri: x }", "is `oauth2`, but "),
    ] {
        let yaml = document(&format!("authentication: {authentication}"), "/x", "GET");
        let error = load(&yaml, Settings::default()).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains("bearer"), "{error}");
    }
}

#[test]
fn everything_missing_is_reported_at_once() {
    let more = "inputParameters: [{ name: X-A, in: header, value: '{{file.A}}' }, { name: X-B, in: header, value: '{{gone.B}}' }]\n";
    let folder = std::env::temp_dir().join(format!("naftiko-document-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("secrets.yaml"), "other: 1\n").unwrap();
    let yaml = document(&format!("{more}{}", key("header")), "/x", "GET")
        .replace("http://api.example", "'https://{naftikoHost}.example/{{env.PATH_PART}}'")
        .replace("KEY: NAFTIKO_TEST_UNSET", "KEY: NAFTIKO_TEST_UNSET, PATH_PART: NAFTIKO_TEST_UNSET_PART")
        .replace(
            "capability:\n",
            "- { namespace: file, location: 'file://./secrets.yaml', keys: { A: a } }\n\
             - { namespace: gone, location: 'file:gone.json', keys: { B: b } }\ncapability:\n",
        );
    let error = load(&yaml, Settings::default().folder(&folder)).unwrap_err().to_string();
    for part in [
        "NAFTIKO_TEST_UNSET is",
        "NAFTIKO_TEST_UNSET_PART",
        "NAFTIKO_HOST",
        "`a` of file://./secrets.yaml",
        "gone.json",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_variable_can_contain_the_start_of_a_base_uri() {
    let upstream = upstream(&[("GET", "/v1/x")]).await;
    let yaml = document("", "/x", "GET").replace("http://api.example", "'{{KEY}}/v1'");
    let capability = load(&yaml, Settings::default().bind("KEY", format!("{}/", upstream.url()))).unwrap();
    capability.call("call", json!({})).await.unwrap();
    for (base, value) in [
        ("'http://{{KEY}}.example'", "evil.com/x"),
        ("'http://h.example/{{KEY}}'", ".."),
        ("'http://h.example/{{KEY}}'", "a/b"),
    ] {
        let yaml = document("", "/x", "GET").replace("http://api.example", base);
        assert!(load(&yaml, Settings::default().bind("KEY", value)).is_err(), "{base} {value}");
    }
}

#[tokio::test]
async fn a_header_of_the_caller_replaces_the_credential() {
    let upstream = upstream(&[("GET", "/x")]).await;
    let yaml = document("authentication: { type: bearer, token: own-s3cret }", "/x", "GET").replace(
        "    method: GET\n",
        "    method: GET\n        inputParameters: [{ name: Authorization, in: header }]\n",
    );
    let capability = capability(&yaml, &upstream);
    capability.call("call", json!({ "Authorization": "Bearer theirs" })).await.unwrap();
    capability.call("call", json!({})).await.unwrap();
    let requests = upstream.requests();
    assert_eq!(requests[0].header("authorization"), Some("Bearer theirs"));
    assert_eq!(requests[1].header("authorization"), Some("Bearer own-s3cret"));
}

#[tokio::test]
async fn an_invalid_constant_is_reported_at_start() {
    let inputs = "\n    inputParameters:\n    - { name: session, in: cookie, value: 'a{{env.KEY}}' }\n    - { name: X-Key, in: header, value: '{{env.KEY}}' }\n";
    let resources = format!("- name: r\n  path: /x\n  operations:\n  - name: call\n    method: GET{inputs}");
    let tools = "- type: mcp\n  namespace: tools\n  tools: [{ name: call, description: Calls., call: api.call }]\n";
    let yaml = yaml("", &resources, tools)
        .replace("capability:\n", "binds:\n- namespace: env\n  keys: { KEY: NAFTIKO_TEST_UNSET }\ncapability:\n");
    let error = load(&yaml, Settings::default().bind("KEY", "s3cret\n")).unwrap_err().to_string();
    assert!(error.contains("the cookie `session` of `api` cannot be sent"), "{error}");
    assert!(error.contains("the header `X-Key` of `api` cannot be sent"), "{error}");
    assert!(!error.contains("s3cret"), "{error}");
    assert!(load(&yaml, Settings::default().bind("KEY", "s3cret")).is_ok());
}

#[tokio::test]
async fn a_variable_sent_as_a_key_is_masked() {
    let upstream = Upstream::start().await;
    upstream.answer_with("GET", "/x", |request| Answer::json(200, json!({ "query": request.query() })));
    let constants = "inputParameters:\n- { name: key, in: query, value: '{{env.KEY}}' }\n- { name: org, in: query, value: '{{env.ORG}}' }";
    let yaml = document(constants, "/x", "GET").replace("{ KEY:", "{ ORG: NAFTIKO_TEST_UNSET_ORG, KEY:");
    let settings =
        Settings::default().upstream("api", upstream.url()).bind("KEY", "s3cret-key").bind("ORG", "a-big-company");
    let answer = load(&yaml, settings).unwrap().call("call", json!({})).await.unwrap();
    assert_eq!(answer, json!({ "query": "key=**********&org=a-big-company" }));
}

#[tokio::test]
async fn a_secret_that_is_a_constant_is_masked() {
    let resources = |place: &str| {
        let operation = match place {
            "json" => "body: { type: json, data: { password: literal-s3cret, grant_type: password, n: x } }".to_owned(),
            "value" => "body: { type: json, data: { password: { value: literal-s3cret } } }".to_owned(),
            "form" => "body: { type: formUrlEncoded, data: { client_secret: literal-s3cret, n: x } }".to_owned(),
            "part" => "body: { type: multipartForm, data: [{ name: token, value: literal-s3cret }] }".to_owned(),
            "with" => "inputParameters: [{ name: token, in: query }]".to_owned(),
            place => format!("inputParameters: [{{ name: x-api-key, in: {place}, value: literal-s3cret }}]"),
        };
        format!("- name: r\n  path: /x\n  operations:\n  - name: call\n    method: POST\n    {operation}\n")
    };
    for place in ["json", "value", "form", "part", "with", "header", "query", "cookie", "body"] {
        let upstream = Upstream::start().await;
        let with = if place == "with" { "\n    with: { token: literal-s3cret }" } else { "" };
        let tools = format!(
            "- type: mcp\n  namespace: tools\n  tools:\n  - name: call\n    description: Calls.\n    call: api.call{with}\n"
        );
        let yaml = yaml("", &resources(place), &tools);
        upstream.answer("POST", "/x", Answer::json(200, json!({ "you": "sent literal-s3cret and password" })));
        let answer = capability(&yaml, &upstream).call("call", json!({})).await.unwrap();
        assert_eq!(answer, json!({ "you": "sent ************** and password" }), "{place}");
        upstream.answer("POST", "/x", Answer::json(400, json!({ "error": "bad literal-s3cret" })));
        let error = capability(&yaml, &upstream).call("call", json!({})).await.unwrap_err();
        let body = error.upstream().map(|answer| answer.body.clone()).unwrap_or_default();
        let text = format!("{error} {error:?} {}", String::from_utf8_lossy(&body));
        assert!(text.contains("bad *") && !text.contains("s3cret"), "{place}: {text}");
    }
}

#[tokio::test]
async fn a_variable_in_a_text_is_masked_if_its_field_is_a_secret() {
    for (content_type, data) in [
        ("application/json", r#"{"password": "{{env.KEY}}"}"#),
        ("application/x-www-form-urlencoded", "a=1&password={{env.KEY}}"),
    ] {
        let upstream = Upstream::start().await;
        upstream.answer("POST", "/x", Answer::json(200, json!({ "you": "sent s3cret-key" })));
        let operation = format!(
            "inputParameters: [{{ name: Content-Type, in: header, value: {content_type} }}]\n    body: {{ type: text, data: '{data}' }}"
        );
        let resources =
            format!("- name: r\n  path: /x\n  operations:\n  - name: call\n    method: POST\n    {operation}\n");
        let tools = "- type: mcp\n  namespace: tools\n  tools: [{ name: call, description: Calls., call: api.call }]\n";
        let yaml = yaml("", &resources, tools)
            .replace("capability:\n", "binds:\n- namespace: env\n  keys: { KEY: NAFTIKO_TEST_UNSET }\ncapability:\n");
        let settings = Settings::default().upstream("api", upstream.url()).bind("KEY", "s3cret-key");
        let answer = load(&yaml, settings).unwrap().call("call", json!({})).await.unwrap();
        assert_eq!(answer, json!({ "you": "sent **********" }), "{content_type}");
    }
}
