//! The answers to successful calls, and to wrong methods and paths.

use super::{Method, ParameterIn, RestClient, STR, VALUE};
use super::{adapter, argument, capability, capability_of, operation, serve};
use axum::Router;
use serde_json::json;

#[tokio::test]
async fn each_route_calls_its_operation() {
    let rest = adapter().await;
    let list = rest.get("/v1/users/u-1/tokens?page=2&tag=a&unknown=x&tag=b").await;
    list.is(200, json!({ "user": "u-1", "page": 2, "tags": ["a", "b"] }));
    assert_eq!(list.headers["content-length"], list.body.len().to_string());
    rest.get("/v1/users/u-1/tokens/t-1").await.is(200, json!({ "user": "u-1", "token": "t-1" }));
    // The literal takes precedence over the placeholder.
    rest.get("/v1/users/u-1/tokens/latest").await.is(200, json!({ "latest of": "u-1" }));
    let made = rest.post("/v1/users/u-1/tokens", r#"{"name":"ci"}"#).await;
    made.is(201, json!({ "user": "u-1", "new": { "name": "ci", "ttl": 0, "tags": [] } }));
}

#[tokio::test]
async fn an_operation_without_a_result_answers_204() {
    let rest = adapter().await;
    let answer = rest.send(rest.request("DELETE", "/v1/users/u/tokens/t")).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert!(!answer.headers.contains_key("content-type"));
}

#[tokio::test]
async fn head_answers_like_get_without_the_body() {
    let rest = adapter().await;
    let answer = rest.send(rest.request("HEAD", "/v1/users/u/tokens")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    let length = rest.get("/v1/users/u/tokens").await.body.len();
    assert_eq!(answer.headers["content-length"], length.to_string());
    // An operation whose method is HEAD.
    assert_eq!(rest.send(rest.request("HEAD", "/v1/exists")).await.status, 204);
    rest.get("/v1/exists").await.problem(405);
}

#[tokio::test]
async fn unparsed_json_is_streamed_with_its_length() {
    let rest = adapter().await;
    rest.get("/v1/raw/bytes").await.is(200, json!({ "raw": true }));
    let sized = rest.get("/v1/raw/sized").await;
    sized.is(200, json!([1, 2, 3]));
    assert_eq!(sized.headers["content-length"], "7");
    let chunked = rest.get("/v1/raw/chunked").await;
    chunked.is(200, json!([1, 2]));
    assert!(!chunked.headers.contains_key("content-length"));
    // The client sees that a stream has failed.
    let broken = match rest.request("GET", "/v1/raw/broken").send().await {
        Ok(response) => response.bytes().await,
        Err(error) => Err(error),
    };
    assert!(broken.is_err());
}

#[tokio::test]
async fn the_upstreams_success_status_is_kept_if_it_fits() {
    use super::{Operations, UNIT};
    use crate::operation::{Arguments, BoxFuture, Content, Output};
    use crate::{Capability, Result};
    use http::StatusCode;
    use naftiko_spec::fragment::Draft;
    use std::sync::Arc;

    struct Consumed;
    impl Operations for Consumed {
        fn call<'a>(&'a self, operation: usize, _: &'a Arguments) -> Result<BoxFuture<'a, Result<Output>>> {
            let null = Content::Json("null".into());
            let (content, status) = match operation {
                0 => (null, Some(StatusCode::ACCEPTED)),
                1 => (null, Some(StatusCode::NO_CONTENT)),
                // An orchestration has no upstream status.
                2 => (null, None),
                _ => (Content::Empty, Some(StatusCode::OK)),
            };
            Ok(Box::pin(async move { Ok(Output { status, ..content.into() }) }))
        }
    }
    let paths = ["/accepted", "/empty", "/orchestrated", "/unit"];
    let operations: Vec<_> = paths
        .iter()
        .enumerate()
        .map(|(index, path)| {
            if index == 3 {
                operation(index, Method::Post, path, vec![], &UNIT)
            } else {
                operation(index, Method::Post, path, vec![], &VALUE)
            }
        })
        .collect();
    let fragments = operations.iter().map(|operation| operation.fragment.clone()).collect();
    let head = capability().document().clone();
    let capability = Capability::assemble(Arc::new(Draft { head, fragments }), operations, Arc::new(Consumed));
    let rest = RestClient { http: reqwest::Client::new(), address: serve(capability.rest_router()).await };
    rest.post("/accepted", "").await.is(202, json!(null));
    let empty = rest.post("/empty", "").await;
    assert_eq!((empty.status, empty.body.as_str()), (204, ""));
    rest.post("/orchestrated", "").await.is(201, json!(null));
    // 200 would need content, so the declared status is used.
    assert_eq!(rest.post("/unit", "").await.status, 201);
}

#[tokio::test]
async fn wrong_methods_and_paths_are_problems() {
    let rest = adapter().await;
    for (method, path, allow) in [
        ("PUT", "/v1/users/u/tokens", "GET,HEAD,POST"),
        ("PATCH", "/v1/users/u/tokens/t", "GET,HEAD,DELETE"),
        ("OPTIONS", "/v1/users/u/tokens", "GET,HEAD,POST"),
        ("BREW", "/v1/echo", "GET,HEAD"),
        ("GET", "/v1/moves", "POST"),
    ] {
        let answer = rest.send(rest.request(method, path)).await;
        answer.problem(405);
        assert_eq!(answer.headers["allow"], allow);
    }
    for path in ["/", "/v1", "/v1/users", "/v1/users/u/tokens/", "/V1/echo", "/v1/users/u/tokens/t/x"] {
        rest.get(path).await.problem(404);
    }
}

#[tokio::test]
async fn a_get_route_answers_head_also_if_its_path_shares_a_shape() {
    let of =
        |method, path| operation(4, method, path, vec![(argument("userId", ParameterIn::Path, true), &STR)], &VALUE);
    let operations = vec![
        of(Method::Get, "/a/{userId}.json"),
        of(Method::Post, "/a/{userId}.xml"),
        of(Method::Get, "/b/{userId}.json"),
        of(Method::Head, "/b/{userId}.xml"),
        of(Method::Post, "/b/{userId}.txt"),
        of(Method::Get, "/c/{userId}.json"),
        operation(
            4,
            Method::Head,
            "/c/{userId}",
            vec![(argument("userId", ParameterIn::Path, true), &STR), (argument("x", ParameterIn::Query, true), &STR)],
            &VALUE,
        ),
    ];
    let rest =
        RestClient { http: reqwest::Client::new(), address: serve(capability_of(operations).rest_router()).await };
    for (path, allow) in [("/a/1.json", "GET,HEAD"), ("/b/1.json", "GET,HEAD"), ("/b/1.xml", "HEAD")] {
        let answer = rest.send(rest.request("POST", path)).await;
        answer.problem(405);
        assert_eq!(answer.headers["allow"], allow);
        let head = rest.send(rest.request("HEAD", path)).await;
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
    }
    assert_eq!(rest.send(rest.request("HEAD", "/b/1.txt")).await.status, 405);
    // The route for GET is more specific.
    assert_eq!(rest.send(rest.request("HEAD", "/c/1.json")).await.status, 200);
    assert_eq!(rest.send(rest.request("HEAD", "/c/1.xml")).await.status, 400);
    // No route of the shape has this method.
    let answer = rest.send(rest.request("PUT", "/a/1.xml")).await;
    answer.problem(405);
    assert_eq!(answer.headers["allow"], "POST");
    rest.send(rest.request("PUT", "/a/1.txt")).await.problem(404);
}

#[tokio::test]
async fn adapters_are_found_by_namespace() {
    let capability = capability();
    assert!(capability.rest_router_of::<()>("echo-mcp").is_none());
    assert!(capability.rest_router_of::<()>("nothing").is_none());
    assert!(!capability.rest_router_of::<()>("other-rest").unwrap().has_routes());
    let router: Router = capability.rest_router_of("echo-rest").unwrap();
    let rest = RestClient { http: reqwest::Client::new(), address: serve(router).await };
    assert_eq!(rest.get("/v1/users/u/tokens/t").await.status, 200);
}
