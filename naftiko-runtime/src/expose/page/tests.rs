//! Tests of pages in a router: their headers, their paths, and what they must not contain.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::html::{self, ListedCapability};
use crate::error::Result;
use crate::operation::{Arguments, BoxFuture, Operations, Output, Shape, no_operation};
use crate::operation::{CallerAuthentication, Capability, Operation, OutputType};
use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Request, StatusCode};
use naftiko_spec::{Draft, Fragment};
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;

struct Nothing;

impl Operations for Nothing {
    fn call<'a>(&'a self, operation: usize, _: &'a Arguments) -> Result<BoxFuture<'a, Result<Output>>> {
        no_operation(operation)
    }
}

const HOSTILE: &str = "</script><script>alert(1)</script><!-- & </style> {{env.X}}";

fn capability() -> Capability {
    capability_with(&json!({ "type": "bearer", "token": "caller-secret" }))
}

/// Returns a capability whose REST adapter has this `authentication`.
fn capability_with(authentication: &Value) -> Capability {
    let draft: Draft = serde_json::from_value(json!({
        "head": {
            "naftiko": "1.0.0-alpha2",
            "info": { "label": HOSTILE, "description": HOSTILE, "tags": [HOSTILE] },
            "binds": [{ "namespace": "file", "location": "file:///etc/secret-folder", "keys": { "KEY": "KEY" } }],
            "capability": {
                "consumes": [{
                    "type": "http", "namespace": "books", "baseUri": "https://upstream.example",
                    "authentication": { "type": "apikey", "key": "X-Key", "value": "literal-secret", "placement": "header" },
                    "inputParameters": [{ "name": "X-Org", "in": "header", "value": "literal-org" }],
                    "tls": { "ca": "{{env.CA}}", "key": "literal-private-key" },
                    "resources": [{ "name": "notes", "path": "/notes", "operations": [
                        { "name": "add", "method": "POST", "body": { "type": "json", "data": { "key": ["literal-body"], "text": "{{text}}" } } },
                        { "name": "raw", "method": "POST", "body": "literal-text" },
                    ] }],
                }],
                "exposes": [
                    { "type": "rest", "namespace": "books-rest", "authentication": authentication },
                    { "type": "mcp", "namespace": "books-mcp", "sessions": true, "tools": [],
                        "resources": [{ "name": "files", "uri": "books://files", "location": "file:///etc/secret-folder" }] },
                    { "type": "skill", "namespace": "books-skill",
                        "authentication": { "type": "certificate", "key": "literal-key", "chain": ["literal-certificate"], "scopes": ["read"] },
                        "skills": [{ "name": "books", "location": "file:///etc/secret-folder" }] },
                ],
            },
        },
        "fragments": [{
            "name": "get",
            "description": HOSTILE,
            "consumed": { "consume": 0, "resource": "books", "path": "/books", "operation": { "name": "get", "method": "GET" } },
            "routes": [{ "expose": 0, "path": "/books", "resource": "books", "description": HOSTILE, "operation": { "method": "GET" } }],
            "tools": [{ "expose": 1, "tool": { "name": "get", "description": HOSTILE, "confirm": true, "task": "optional", "with": { "page": "tools.page", "key": "literal-key" } } }],
            "arguments": [{ "name": "page", "in": "query", "description": HOSTILE }],
        }, {
            // What needs approval is only a tool.
            "name": "read",
            "description": HOSTILE,
            "resources": [{ "expose": 1, "resource": { "name": "page", "uri": "books://{page}/text", "description": HOSTILE, "mimeType": "text/plain" } }],
            "prompts": [{ "expose": 1, "prompt": { "name": "ask", "arguments": [{ "name": "page", "label": "The page" }, { "name": "tone", "required": false }] } }],
            "arguments": [{ "name": "page", "in": "query", "description": HOSTILE }],
        }],
    }))
    .unwrap();
    let output = OutputType { shape: Shape::Value, schema: json!({ "type": "string" }) };
    let operation = |index, fragment: &Fragment| {
        let schemas = vec![json!({ "type": "integer" })];
        Arc::new(Operation::new(index, &fragment.name, fragment.clone(), schemas, output.clone()))
    };
    let operations = draft.fragments.iter().enumerate().map(|(index, fragment)| operation(index, fragment)).collect();
    Capability::assemble(Arc::new(draft), operations, Arc::new(Nothing))
}

/// Returns the data for the script of a page.
fn data_of(page: &str) -> Value {
    let data = page.split_once("id=\"data\">").unwrap().1.split_once("</script>").unwrap().0;
    serde_json::from_str(data).unwrap()
}

async fn get(router: &Router, path: &str) -> (StatusCode, HeaderMap, String) {
    let request = Request::get(path).header("host", "localhost").body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().into()).unwrap();
    (parts.status, parts.headers, body)
}

#[tokio::test]
async fn a_page_and_its_files_are_served_under_a_strict_policy() {
    let router: Router = capability().page_router();
    let media_types = [
        ("/", "text/html; charset=utf-8"),
        ("/openapi.json", "application/json"),
        ("/openapi.yaml", "application/yaml"),
        ("/capability.yaml", "application/yaml"),
    ];
    for (path, media_type) in media_types {
        let (status, headers, body) = get(&router, path).await;
        assert_eq!((status.as_u16(), headers.get("content-type").unwrap().to_str().unwrap()), (200, media_type));
        let policy = headers.get("content-security-policy").unwrap().to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(headers.get("x-content-type-options").unwrap(), "nosniff");
        assert!(!body.is_empty(), "{path}");
    }
    let (.., json) = get(&router, "/openapi.json").await;
    let description: Value = serde_json::from_str(&json).unwrap();
    assert!(description.pointer("/paths/~1books/get").is_some());
    assert_eq!(get(&router, "/capabilities").await.0, 404);
}

#[tokio::test]
async fn a_page_shows_references_and_hides_constants() {
    let router: Router = capability().page_router();
    for path in ["/", "/openapi.json", "/openapi.yaml", "/capability.yaml"] {
        let (.., body) = get(&router, path).await;
        for secret in ["upstream.example", "literal-", "caller-secret", "secret-folder"] {
            assert!(!body.contains(secret), "{path} shows {secret}");
        }
    }
    let (.., document) = get(&router, "/capability.yaml").await;
    for reference in ["{{env.CA}}", "{{text}}", "tools.page"] {
        assert!(document.contains(reference), "{reference} is hidden: {document}");
    }
}

#[tokio::test]
async fn texts_of_documents_are_escaped() {
    let router: Router = capability().page_router();
    let (.., page) = get(&router, "/").await;
    assert_eq!(page.matches("<script").count(), 2, "expected one element for the data and one for the script");
    assert_eq!(page.matches("</script>").count(), 2);
    assert_eq!((page.matches("<style").count(), page.matches("</style>").count()), (1, 1));
    assert!(!page.contains("<!--"));
    let data = data_of(&page);
    assert_eq!(data.pointer("/tools/0/description"), Some(&json!(HOSTILE)));
    assert_eq!(data.pointer("/auth"), Some(&json!({ "rest": { "kind": "bearer" }, "mcp": null })));
    assert!(page.contains("id=\"token-form\""));
}

#[tokio::test]
async fn tools_that_need_approval_or_run_as_tasks_say_so() {
    let router: Router = capability().page_router();
    let (.., page) = get(&router, "/").await;
    assert!(page.contains(">needs approval</span>") && page.contains(">task</span>"), "{page}");
}

#[tokio::test]
async fn resources_and_prompts_are_listed_with_their_arguments() {
    let router: Router = capability().page_router();
    let (.., page) = get(&router, "/").await;
    for part in [
        r##"<a href="#resources">Resources</a>"##,
        r##"<a href="#prompts">Prompts</a>"##,
        r#"id="resource-page""#,
        "books://<i>{page}</i>/text",
        "<span class=\"cost\">text/plain</span>",
        r#"id="prompt-ask""#,
        "<span><b>1</b> resource</span><span><b>1</b> prompt</span>",
    ] {
        assert!(page.contains(part), "{part} is missing: {page}");
    }
    let data = data_of(&page);
    let resource = json!([{
        "name": "page", "title": null, "description": HOSTILE, "uri": "books://{page}/text", "mimeType": "text/plain", "folder": false,
        "arguments": [{ "name": "page", "description": HOSTILE, "required": true, "schema": { "type": "integer" } }],
    }]);
    assert_eq!(data.pointer("/resources"), Some(&resource));
    let prompt = json!([{
        "name": "ask", "title": null, "description": HOSTILE,
        "arguments": [
            { "name": "page", "description": "The page", "required": true, "schema": { "type": "integer" } },
            { "name": "tone", "description": null, "required": false, "schema": { "type": "string" } },
        ],
    }]);
    assert_eq!(data.pointer("/prompts"), Some(&prompt));
}

#[tokio::test]
async fn a_page_may_be_nested() {
    let page = capability().page().rest_at("/api").mcp_at("/mcp").into_router();
    let router: Router = Router::new().nest("/about/docs", page);
    let (status, _, nested) = get(&router, "/about/docs").await;
    assert_eq!(status, 200);
    assert!(nested.contains("data-beside=\"docs/\"") && nested.contains(r#""path":"/mcp""#));
    assert!(nested.contains(r#""rest":"/api""#));
    assert_eq!(get(&router, "/about/docs/openapi.json").await.0, 200);
    let router: Router = capability().page_router();
    let (.., page) = get(&router, "/").await;
    assert!(page.contains("data-beside=\"\"") && page.contains(r#""path":null"#));
}

#[tokio::test]
async fn the_page_asks_for_the_credential_that_the_program_sets() {
    let capability = capability().with_authentication(CallerAuthentication::apikey("X-Key", "caller-secret"));
    let router: Router = capability.page_router();
    let (.., page) = get(&router, "/").await;
    let key = json!({ "kind": "apikey", "name": "X-Key", "in": "header" });
    assert_eq!(data_of(&page).pointer("/auth"), Some(&json!({ "rest": key, "mcp": key })));
    assert!(!page.contains("caller-secret"));
    assert!(page.contains("Your token"), "{page}");
    let capability = self::capability().with_authentication(CallerAuthentication::basic("ada", "caller-secret"));
    let router: Router = capability.page_router();
    let (.., page) = get(&router, "/").await;
    assert!(page.contains("Your user name and password") && !page.contains("Your token"), "{page}");
    let capability = self::capability().with_authentication(CallerAuthentication::digest("ada", "caller-secret"));
    let router: Router = capability.page_router();
    let (.., page) = get(&router, "/").await;
    // Browsers answer Digest challenges themselves.
    assert_eq!(data_of(&page).pointer("/auth"), Some(&json!({ "rest": null, "mcp": null })));
    assert!(!page.contains("caller-secret"));
}

#[tokio::test]
async fn the_page_does_not_ask_for_a_key_whose_name_is_a_variable() {
    let key = |name: &str| json!({ "type": "apikey", "key": name, "value": "caller-secret", "placement": "header" });
    let router: Router = capability_with(&key("{{file.KEY}}")).page_router();
    let (.., page) = get(&router, "/").await;
    assert_eq!(data_of(&page).pointer("/auth"), Some(&json!({ "rest": null, "mcp": null })));
    assert!(!page.contains("Your token") && page.contains("the name of the key is a variable"), "{page}");
    let router: Router = capability_with(&key("X-Key")).page_router();
    let (.., page) = get(&router, "/").await;
    assert_eq!(data_of(&page).pointer("/auth/rest/name"), Some(&json!("X-Key")));
    assert!(page.contains("Your token") && !page.contains("the name of the key is a variable"), "{page}");
    // The program's own key takes precedence, and is never a variable.
    let own = CallerAuthentication::apikey("X-Own", "caller-secret");
    let router: Router = capability_with(&key("{{file.KEY}}")).with_authentication(own).page_router();
    let (.., page) = get(&router, "/").await;
    assert_eq!(data_of(&page).pointer("/auth/rest/name"), Some(&json!("X-Own")));
    assert!(!page.contains("the name of the key is a variable"), "{page}");
}

#[tokio::test]
async fn the_script_knows_the_path_of_the_mcp_adapter_and_whether_it_has_sessions() {
    let router: Router = capability().page().mcp_at("/mcp").into_router();
    let (.., page) = get(&router, "/").await;
    let mcp = json!({ "name": "books-mcp", "path": "/mcp", "sessions": true });
    assert_eq!(data_of(&page).pointer("/mcp"), Some(&mcp));
}

#[test]
fn the_index_links_to_the_ports_of_the_callers_host() {
    let of = |label: &str, port| {
        let (label, description) = (label.to_owned(), String::new());
        ListedCapability { label, description, operations: 2, tools: 1, port }
    };
    let index = html::index(&[of("Own <b>", None), of("Other", Some(8081))], Some("api.example.com"), "");
    assert!(index.contains("Own &lt;b&gt;") && index.contains("href=\"http://api.example.com:8081/\""), "{index}");
}
