//! Paging over REST and MCP: each answer names the next page as a URL of our own route or as arguments of our own tool.

use super::{Desk, KINDS, both, client, desk};
use axum::Router;
use http_body_util::BodyExt;
use naftiko::Capability;
use naftiko::http::{Request, Response};
use naftiko::spec::{Policy, load::load};
use naftiko::testing::{Answer, Upstream};
use serde_json::{Map, Value, json};
use tower::ServiceExt;

/// Sends a GET, and returns the status, the `Link` header and the body.
async fn get(router: &Router, target: &str) -> (u16, Option<String>, Value) {
    let request = Request::get(target).header("host", "localhost").body(axum::body::Body::empty()).unwrap();
    let response: Response<_> = router.clone().oneshot(request).await.unwrap();
    let link = response.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, link, serde_json::from_slice(&body).unwrap())
}

/// Resolves a `Link` to the next page against the request, as clients do.
fn follow(target: &str, link: &str) -> String {
    let reference = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
    let url = reqwest::Url::parse(&format!("http://localhost{target}")).unwrap().join(reference).unwrap();
    format!("{}?{}", url.path(), url.query().unwrap())
}

#[tokio::test]
async fn a_link_leads_to_the_next_page_of_our_route() {
    let upstream = desk().await;
    for capability in both(&upstream) {
        let router: Router = capability.rest_router();
        for (name, argument) in KINDS {
            let mut target = format!("/v1/{name}?status=open&flag");
            let mut ids = Vec::new();
            loop {
                let (status, link, page) = get(&router, &target).await;
                assert_eq!(status, 200, "{page}");
                ids.extend(page["items"].as_array().unwrap().iter().map(|ticket| ticket["id"].as_u64().unwrap()));
                let Some(link) = link else { break };
                assert!(!link.contains(upstream.url()), "{link}");
                target = follow(&target, &link);
                assert!(target.starts_with(&format!("/v1/{name}?status=open&flag&")), "{target}");
                assert_eq!(target.matches(argument).count(), 1, "{target}");
            }
            assert_eq!(ids, [1, 2, 3, 4, 5, 6, 7], "{name}");
        }
    }
}

#[tokio::test]
async fn a_loop_is_a_bad_gateway() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/cursor", Answer::json(200, json!({ "items": [], "next": "a" })));
    for capability in both(&upstream) {
        let router: Router = capability.rest_router();
        assert_eq!(get(&router, "/v1/cursor").await.1.as_deref(), Some("<?page-after=a>; rel=\"next\""));
        let (status, link, problem) = get(&router, "/v1/cursor?page-after=a").await;
        assert_eq!((status, link), (502, None));
        assert!(problem["detail"].as_str().unwrap().contains("paging would never end"), "{problem}");
    }
}

#[tokio::test]
async fn a_cursor_that_no_request_can_have_is_a_bad_gateway() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/cursor", Answer::json(200, json!({ "items": [], "next": "a".repeat(70_000) })));
    for capability in both(&upstream) {
        let (status, link, problem) = get(&capability.rest_router(), "/v1/cursor").await;
        assert_eq!((status, link), (502, None));
        assert!(problem["detail"].as_str().unwrap().contains("too long for a URL: 70000 bytes"), "{problem}");
    }
}

#[tokio::test]
async fn a_position_that_cannot_be_counted_is_the_callers_mistake() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/offset", Answer::json(200, json!({ "items": [1] })));
    let capability = untyped(&upstream);
    let (status, _, problem) = get(&capability.rest_router(), "/v1/offset?skip=x").await;
    assert_eq!(status, 400, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("expected a non-negative integer, found `x`"), "{problem}");
}

/// Returns a capability from a document whose `skip` is a string.
fn untyped(upstream: &Upstream) -> Capability {
    let yaml = format!(
        "naftiko: 1.0.0-alpha2
info: {{ label: Desk, description: Lists tickets. }}
capability:
  consumes:
  - type: http
    namespace: desk
    baseUri: {}
    resources:
    - name: offset
      path: /offset
      operations:
      - name: offset
        method: GET
        page: {{ offset: true, into: skip, items: $.items }}
        inputParameters:
        - {{ name: skip, in: query, type: string, description: How many to skip. }}
  exposes:
  - type: rest
    port: 8080
    namespace: desk-rest
    resources:
    - path: /v1/offset
      name: offset
      description: Tickets.
      operations:
      - method: GET
        call: desk.offset
        with: {{ skip: rest.skip }}
",
        upstream.url()
    );
    let loaded = load(&yaml, &Policy::default()).unwrap();
    naftiko::document::capability(loaded.document, loaded.lowered, naftiko::document::Settings::default()).unwrap()
}

/// Calls a tool, and returns its result.
async fn call(router: &Router, tool: &str, arguments: &Map<String, Value>) -> Value {
    let params = json!({ "name": tool, "arguments": arguments });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let request = Request::post("/mcp").header("host", "localhost").header("content-type", "application/json");
    let request = request
        .header("accept", "application/json, text/event-stream")
        .body(axum::body::Body::from(message.to_string()));
    let response: Response<axum::body::Body> = router.clone().oneshot(request.unwrap()).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let mut answer: Value = serde_json::from_slice(&body).unwrap();
    answer["result"].take()
}

#[tokio::test]
async fn a_tool_result_has_the_arguments_for_the_next_page() {
    let upstream = desk().await;
    for capability in both(&upstream) {
        let router = Router::new().route_service("/mcp", capability.mcp_service());
        for (name, _) in KINDS {
            let (mut arguments, mut ids) = (Map::new(), Vec::new());
            loop {
                let result = call(&router, name, &arguments).await;
                let content = result["content"].as_array().unwrap();
                let page: Value = serde_json::from_str(content[0]["text"].as_str().unwrap()).unwrap();
                ids.extend(page["items"].as_array().unwrap().iter().map(|ticket| ticket["id"].as_u64().unwrap()));
                let Some(more) = content.get(1) else { break };
                let more = more["text"].as_str().unwrap();
                let (before, changes) = more.split_at(more.find('{').unwrap());
                assert!(before.starts_with("There are more results."), "{more}");
                arguments.extend(serde_json::from_str::<Map<_, _>>(changes).unwrap());
            }
            assert_eq!(ids, [1, 2, 3, 4, 5, 6, 7], "{name}");
        }
    }
}

#[tokio::test]
async fn the_next_page_is_offered_after_the_last_part_of_a_cut_page() {
    let upstream = desk().await;
    for capability in both(&upstream) {
        let router = Router::new().route_service("/mcp", capability.mcp_service());
        let (mut arguments, mut ids, mut cuts) = (Map::new(), Vec::new(), 0);
        loop {
            let result = call(&router, "cut", &arguments).await;
            let text = result["content"][0]["text"].as_str().unwrap();
            // The cursor for the rest of a truncated page is a member of a typed result, or else in a note at the end.
            let (page, note) = text.split_once("\n\n").unwrap_or((text, ""));
            let page: Value = serde_json::from_str(page).unwrap();
            ids.extend(page["items"].as_array().unwrap().iter().map(|ticket| ticket["id"].as_u64().unwrap()));
            let next = result["content"].get(1).map(|next| next["text"].as_str().unwrap());
            let noted = note.split('"').nth(1).map(Value::from);
            if let Some(cursor) = page.get("more").map(|left| left["cursor"].clone()).or(noted) {
                assert_eq!(next, None, "the next page is offered before the rest of this one: {result}");
                arguments.insert("cursor".to_owned(), cursor);
                cuts += 1;
                continue;
            }
            let Some(next) = next else { break };
            let (changes, without) = next.split_at(next.find('}').unwrap() + 1);
            assert_eq!(without.contains("without `cursor`"), arguments.remove("cursor").is_some(), "{next}");
            arguments.extend(serde_json::from_str::<Map<_, _>>(&changes[changes.find('{').unwrap()..]).unwrap());
        }
        assert_eq!((ids, cuts), (vec![1, 2, 3, 4, 5, 6, 7], 2));
    }
}

#[tokio::test]
async fn a_tool_has_an_error_for_a_loop() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/cursor", Answer::json(200, json!({ "items": [], "next": "a" })));
    let router = Router::new().route_service("/mcp", client(&upstream).into_capability().mcp_service());
    let first = call(&router, "cursor", &Map::new()).await;
    let more = first["content"][1]["text"].as_str().unwrap();
    let again = call(&router, "cursor", &serde_json::from_str(&more[more.find('{').unwrap()..]).unwrap()).await;
    assert_eq!(again["isError"], true, "{again}");
    assert!(again["content"][0]["text"].as_str().unwrap().contains("paging would never end"), "{again}");
}

#[tokio::test]
async fn openapi_and_the_document_describe_the_pages() {
    let upstream = Upstream::start().await;
    let [capability, documented] = both(&upstream);
    for openapi in [capability.openapi(), documented.openapi()] {
        for path in ["/v1/cursor", "/v1/link"] {
            let headers = &openapi["paths"][path]["get"]["responses"]["200"]["headers"];
            assert!(headers.get("Link").is_some(), "{path}: {headers}");
        }
    }
    let document = serde_json::to_value(capability.document()).unwrap();
    let resources = document["capability"]["consumes"][0]["resources"].as_array().unwrap();
    let pages: Vec<&Value> = resources.iter().map(|resource| &resource["operations"][0]["page"]).collect();
    let expected = [
        json!({ "cursor": "$.next", "into": "page-after" }),
        json!({ "cursor": "$.info.end", "into": "after", "more": "$.info.more", "maxPages": 2 }),
        json!({ "offset": true, "into": "skip", "items": "$.items" }),
        json!({ "number": true, "into": "page", "items": "$.items" }),
        json!({ "number": true, "into": "page", "first": 0, "more": "$.more" }),
        json!({ "keyset": "$.id", "into": "after", "items": "$.items" }),
        json!({ "link": "header" }),
        json!({ "link": "$.links.next" }),
        json!({ "offset": true, "into": "skip", "items": "$.items" }),
        json!({ "link": "header", "into": "page" }),
    ];
    assert_eq!(pages, expected.iter().collect::<Vec<_>>());
}
