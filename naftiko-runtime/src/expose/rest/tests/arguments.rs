//! Arguments in the path, query, headers, cookies and JSON body, valid and invalid.

use super::adapter;
use serde_json::json;

#[tokio::test]
async fn path_values_arrive_decoded() {
    let rest = adapter().await;
    for (encoded, decoded) in [
        ("a%2Fb", "a/b"),
        ("..%2fadmin", "../admin"),
        ("%2e%2e", ".."),
        ("a%3Fb%23c", "a?b#c"),
        ("caf%C3%A9", "café"),
        ("a+b", "a+b"),
        ("%5C", "\\"),
        ("%0d%0a", "\r\n"),
        ("%00", "\0"),
    ] {
        let answer = rest.get_raw(&format!("/v1/users/{encoded}/tokens/latest")).await;
        answer.is(200, json!({ "latest of": decoded }));
    }
    let long = "x".repeat(10_000);
    rest.get(&format!("/v1/users/{long}/tokens/latest")).await.is(200, json!({ "latest of": long }));
    let coding = "`/userId` has invalid percent-encoding: each `%` must be followed by two hexadecimal digits";
    for wrong in ["%", "%2", "%zz", "a%g1"] {
        rest.get_raw(&format!("/v1/users/{wrong}/tokens/latest")).await.refuses("/userId", coding);
    }
    rest.get_raw("/v1/users//tokens").await.refuses("/userId", "`/userId` is empty");
    let text = "`/userId` is not UTF-8 once it is percent-decoded";
    rest.get_raw("/v1/users/%ff%fe/tokens/latest").await.refuses("/userId", text);
}

#[tokio::test]
async fn query_values_are_parsed_as_their_types() {
    let rest = adapter().await;
    let of = |page: serde_json::Value, tags: serde_json::Value| json!({ "user": "u", "page": page, "tags": tags });
    rest.get("/v1/users/u/tokens").await.is(200, of(json!(null), json!([])));
    rest.get("/v1/users/u/tokens?tag=a+b%26&&=&x").await.is(200, of(json!(null), json!(["a b&"])));
    rest.get("/v1/users/u/tokens?p%61ge=7").await.is(200, of(json!(7), json!([])));
    // Unknown parameters are ignored, even invalid ones.
    rest.get_raw("/v1/users/u/tokens?%zz=1&other=%zz").await.is(200, of(json!(null), json!([])));
    for (query, message) in [
        ("page=x", "`/page`: expected an integer, found `x`"),
        ("page=", "`/page`: expected an integer, found an empty string"),
        ("page", "`/page`: expected an integer, found an empty string"),
        ("page=-1", "`/page` is too small: at least 0 is needed"),
        ("page=5000000000", "`/page`: expected an integer from 0 to 4294967295"),
        ("page=1.5", "`/page`: expected an integer, found `1.5`"),
        ("page=1&page=1", "`/page` is given more than once"),
        ("page=%zz", "`/page` has invalid percent-encoding: each `%` must be followed by two hexadecimal digits"),
        ("page=%ff", "`/page` is not UTF-8 once it is percent-decoded"),
    ] {
        rest.get_raw(&format!("/v1/users/u/tokens?{query}")).await.refuses("/page", message);
    }
    let long = rest.get(&format!("/v1/users/u/tokens?page={}", "x".repeat(10_000))).await;
    long.refuses("/page", "`/page`: expected an integer");
}

#[tokio::test]
async fn headers_and_cookies_are_arguments_too() {
    let rest = adapter().await;
    let echo = || rest.request("GET", "/v1/echo");
    let answer = rest
        .send(echo().header("x-trace", "t").header("cookie", "a=b; session=\"s=1\"; c").header("x-secret", "7"))
        .await;
    answer.is(200, json!({ "trace": "t", "session": "s=1", "secret": 7 }));
    rest.send(echo().header("x-trace", "é")).await.is(200, json!({ "trace": "é", "session": null, "secret": null }));
    rest.send(echo()).await.refuses("/X-Trace", "the argument `X-Trace` is missing");
    rest.send(echo().header("x-trace", "a").header("x-trace", "b"))
        .await
        .refuses("/X-Trace", "`/X-Trace` is given more than once");
    rest.raw(b"GET /v1/echo HTTP/1.1\r\nHost: localhost\r\nX-Trace: \xff\r\nConnection: close\r\n\r\n")
        .await
        .refuses("/X-Trace", "`/X-Trace` is not UTF-8");
    // Sensitive values are not quoted.
    rest.send(echo().header("x-trace", "t").header("x-secret", "hunter2"))
        .await
        .refuses("/x-secret", "`/x-secret`: expected an integer, found a string");
}

#[tokio::test]
async fn a_body_can_be_one_argument() {
    let rest = adapter().await;
    let create = |body: &'static str| rest.post("/v1/users/u/tokens", body);
    create("").await.refuses("/body", "the argument `body` is missing");
    create(" \n").await.refuses("/body", "the argument `body` is missing");
    create("{}").await.refuses("/body/name", "`/body`: missing member `name`");
    create("null").await.refuses("/body", "`/body`: expected an object, found null");
    create(r#"{"name":""}"#).await.refuses("/body/name", "`/body/name` is empty: at least 1 character is needed");
    create(r#"{"name":"n","tags":[0]}"#)
        .await
        .refuses("/body/tags/0", "`/body/tags/0`: expected a string, found an integer");
    create(r#"{"name":"a","name":"b"}"#).await.refuses("/body/name", "`/body/name` is given twice");
    create(r#"{"name":"n","ttl":null}"#)
        .await
        .is(201, json!({ "user": "u", "new": { "name": "n", "ttl": 0, "tags": [] } }));
    create("{").await.refuses("/body", "the body is not valid JSON: it ends too early");
    create("name=n").await.refuses("/body", "the body is not valid JSON (line 1, column 2)");
    create("\"\u{0}\"").await.refuses("/body", "the body is not valid JSON (line 1, column 2)");
}

#[tokio::test]
async fn an_optional_body_can_be_omitted() {
    let rest = adapter().await;
    rest.send(rest.request("POST", "/v1/refresh")).await.is(201, json!(null));
    rest.post("/v1/refresh", "").await.is(201, json!(null));
    rest.post("/v1/refresh", "null").await.is(201, json!(null));
    rest.post("/v1/refresh", r#"{"name":"n"}"#).await.is(201, json!({ "name": "n", "ttl": 0, "tags": [] }));
}

#[tokio::test]
async fn a_body_can_contain_several_arguments() {
    let rest = adapter().await;
    let moves = |body: &'static str| rest.post("/v1/moves", body);
    moves(r#"{"to":{"name":"b"},"from":"a","dryRun":true}"#)
        .await
        .is(201, json!({ "from": "a", "to": { "name": "b", "children": null }, "dry": true }));
    moves(r#"{"to":{"name":"b"},"from":"a","dryRun":null}"#)
        .await
        .is(201, json!({ "from": "a", "to": { "name": "b", "children": null }, "dry": null }));
    moves("").await.refuses("/from", "the argument `from` is missing");
    moves("{}").await.refuses("/from", "the argument `from` is missing");
    moves(r#"{"from":1,"to":{"name":"b"}}"#).await.refuses("/from", "`/from`: expected a string, found an integer");
    moves(r#"{"from":"a","to":{}}"#).await.refuses("/to/name", "`/to`: missing member `name`");
    moves(r#"{"from":"a","to":{"name":"b"},"dryrun":1}"#)
        .await
        .refuses("/dryrun", "unknown member `dryrun`; did you mean `dryRun`?");
    moves(r#"{"from":"a","from":"b"}"#).await.refuses("/from", "`/from` is given twice");
    moves("[]")
        .await
        .refuses("", "expected a JSON object as the body, with a member for each argument, found an array");
    moves("7").await.refuses("", "expected a JSON object as the body, with a member for each argument, found a number");
    moves(r#"{"from":"#).await.refuses("", "the body is not valid JSON: it ends too early");
    moves(r#"{"from":"a"} x"#).await.refuses("", "the body is not valid JSON (line 1, column 14)");
}
