//! The adapter inside an existing axum service, with the state, layers, nesting and fallback of the service; and as a standalone server.

use super::{RestClient, capability, serve};
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use serde_json::json;

#[derive(Clone)]
struct Home(&'static str);

async fn hosted(router: Router) -> RestClient {
    RestClient { http: reqwest::Client::new(), address: serve(router).await }
}

async fn stamp(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let mut response = next.run(request).await;
    response.headers_mut().insert("x-route", path.parse().unwrap());
    response
}

#[tokio::test]
async fn the_routes_merge_into_a_router_with_state_layers_and_a_fallback() {
    let router = Router::new()
        .route("/", get(|State(home): State<Home>| async move { home.0 }))
        // The adapter has this path with another method.
        .route("/v1/echo", axum::routing::post(|| async { "the host's" }))
        .merge(capability().rest_router())
        .fallback(|| async { (StatusCode::NOT_FOUND, "the host's own") })
        .layer(middleware::from_fn(stamp))
        .with_state(Home("home"));
    let host = hosted(router).await;
    assert_eq!(host.get("/").await.body, "home");
    let nowhere = host.get("/v1/nowhere").await;
    assert_eq!((nowhere.status, nowhere.body.as_str()), (404, "the host's own"));
    let token = host.get("/v1/users/u/tokens/t").await;
    token.is(200, json!({ "user": "u", "token": "t" }));
    assert_eq!(token.headers["x-route"], "/v1/users/{userid}/tokens/{tokenid}");
    let wrong = host.send(host.request("PUT", "/v1/echo")).await;
    wrong.problem(405);
    assert_eq!(wrong.headers["allow"], "POST,GET,HEAD");
    assert_eq!(host.send(host.request("POST", "/v1/echo")).await.body, "the host's");
}

#[tokio::test]
async fn the_routes_can_be_nested_below_a_placeholder() {
    let router = Router::new()
        .nest("/api", capability().rest_router())
        .nest("/tenants/{userid}", capability().rest_router())
        .nest_service("/service", capability().rest_router::<()>())
        .with_state(());
    let host = hosted(router).await;
    for prefix in ["/api", "/tenants/x", "/tenants/a%2Fb", "/service"] {
        let token = host.get(&format!("{prefix}/v1/users/u/tokens/t?page=%zz")).await;
        token.is(200, json!({ "user": "u", "token": "t" }));
        host.send(host.request("PUT", &format!("{prefix}/v1/users/u/tokens/t"))).await.problem(405);
    }
}

#[tokio::test]
async fn two_capabilities_share_a_router() {
    let other = {
        use super::{Echo, Method, VALUE, operation};
        use naftiko_spec::fragment::Draft;
        use std::sync::Arc;
        // The first capability has this path with another method.
        let operations = vec![operation(8, Method::Put, "/v1/moves", vec![], &VALUE)];
        let fragments = operations.iter().map(|operation| operation.fragment.clone()).collect();
        let head = capability().document().clone();
        crate::Capability::assemble(Arc::new(Draft { head, fragments }), operations, Arc::new(Echo))
    };
    let host = hosted(capability().rest_router().merge(other.rest_router())).await;
    let wrong = host.get("/v1/moves").await;
    wrong.problem(405);
    assert_eq!(wrong.headers["allow"], "POST,PUT");
}

#[tokio::test]
async fn a_host_can_answer_405_itself() {
    let router = Router::<()>::new()
        .merge(capability().rest_router())
        .method_not_allowed_fallback(|| async { (StatusCode::METHOD_NOT_ALLOWED, "the host's own") });
    let answer = hosted(router).await.get("/v1/moves").await;
    assert_eq!((answer.status, answer.body.as_str()), (405, "the host's own"));
}

#[tokio::test]
async fn a_standalone_adapter_only_answers_to_its_names() {
    use crate::expose::guard::Guard;
    let mut guard = Guard::default();
    guard.allow_hosts(["api.example.com"]);
    let router = crate::expose::rest::standalone::standalone(&capability(), "echo-rest", guard, None).unwrap();
    let rest = hosted(router).await;
    let from = |host: &'static str, path: &str| rest.send(rest.request("GET", path).header("host", host));
    assert_eq!(from("api.example.com", "/v1/users/u/tokens").await.status, 200);
    from("evil.example", "/v1/users/u/tokens").await.problem(403);
    from("evil.example", "/nowhere").await.problem(403);
    from("localhost", "/nowhere").await.problem(404);
    rest.send(rest.request("GET", "/v1/users/u/tokens").header("origin", "https://evil.example")).await.problem(403);
}

#[tokio::test]
async fn routes_that_axum_cannot_mount_are_left_out() {
    use super::{Echo, Method, VALUE, operation};
    use naftiko_spec::fragment::Draft;
    use std::sync::Arc;
    let paths = [
        "/a/{x}.json",
        "/b/{x}{y}",
        "/{",
        "/c/{*rest}",
        "/d/:x/*",
        "/e/{}",
        "/c/{twice}",
        "é/ö",
        "/a b",
        "",
        "/%zz",
        "/f/{x}/{x}",
        // One placeholder more than axum supports.
        &format!("/g{}", "/{x}".repeat(26)),
    ];
    let operations: Vec<_> = paths.iter().map(|path| operation(8, Method::Get, path, vec![], &VALUE)).collect();
    let fragments = operations.iter().map(|operation| operation.fragment.clone()).collect();
    let head = capability().document().clone();
    let capability = crate::Capability::assemble(Arc::new(Draft { head, fragments }), operations, Arc::new(Echo));
    let host = hosted(capability.rest_router()).await;
    for (path, status) in [
        ("/a/1.json", 400),
        ("/a/1.xml", 404),
        ("/b/12", 404),
        ("/c/1", 400),
        ("/d/:x/*", 400),
        ("/e/1", 400),
        ("/%C3%A9/%C3%B6", 400),
        ("/a%20b", 400),
        ("/", 400),
        ("/f/1/2", 400),
    ] {
        // 400 means that the route exists: its operation needs an argument that this test does not declare.
        assert_eq!(host.get_raw(path).await.status, status, "{path}");
    }
}
