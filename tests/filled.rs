//! Traits that get their operations from a document: called as clients, implemented by hand, extended, overridden, exposed.
#![cfg(all(feature = "document", feature = "rest", feature = "mcp", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use naftiko::testing::{Answer, Recorded, Upstream};
use naftiko::{ErrorKind, RawJson, Result, Value, capability, spec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    id: String,
}

/// The number of tokens.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub struct Count {
    tokens: usize,
}

/// A trait without methods of its own.
mod plain {
    use naftiko::capability;

    #[capability(document = "tests/documents/tokens.naftiko.yaml")]
    pub trait Tokens {}
}

/// A trait with methods of its own.
#[capability(document = "tests/documents/tokens.naftiko.yaml")]
pub trait Tokens {
    async fn list_tokens(
        &self,
        user_id: &str,
        page_size: Option<u32>,
        state: Option<Vec<String>>,
    ) -> Result<Vec<Token>>;

    async fn revoke_token(&self, token_id: &str, user_id: &str) -> Result<()>;

    async fn version(&self) -> Result<String> {
        Ok("4".to_owned())
    }

    /// Creates a token under another route.
    #[post("/users/{userId}/tokens", status = 201)]
    #[rest(path = "/v2/users/{userId}/tokens")]
    #[tool(skip)]
    async fn create_token(&self, user_id: &str, body: &Value) -> Result<Token>;

    /// Counts the tokens of a user.
    #[rest(get = "/v1/users/{userId}/count")]
    async fn count_tokens(&self, user_id: &str) -> Result<Count> {
        Ok(Count { tokens: self.list_tokens(user_id, Some(100), None).await?.len() })
    }
}

/// Returns the parsed document.
fn document() -> spec::Document {
    let text = include_str!("documents/tokens.naftiko.yaml");
    spec::Document::from_yaml(text).unwrap()
}

async fn upstream() -> Upstream {
    let upstream = Upstream::start().await;
    upstream
        .answer("GET", "/users/u%2F1/tokens", Answer::json(200, json!([{ "id": "t-1", "more": 1 }, { "id": "t-2" }])))
        .answer("POST", "/users/u%2F1/tokens", Answer::json(201, json!({ "id": "t-3", "name": "ci" })))
        .answer("DELETE", "/users/u%2F1/tokens/t-1", Answer::status(204));
    upstream
}

fn rendered(request: &Recorded) -> String {
    let query = request.query().map(|query| format!("?{query}")).unwrap_or_default();
    let key = request.header("authorization").unwrap_or_default();
    format!("{} {}{query} {key} {}", request.method, request.path(), String::from_utf8_lossy(&request.body))
}

fn plain_client(upstream: &Upstream) -> plain::TokensClient {
    plain::TokensClient::builder().base_uri(upstream.url()).bind("TOKENS_API_KEY", "k").build().unwrap()
}

fn client(upstream: &Upstream) -> TokensClient {
    TokensClient::builder().base_uri(upstream.url()).bind("TOKENS_API_KEY", "k").build().unwrap()
}

#[tokio::test]
async fn the_client_sends_the_requests_of_the_document() {
    use plain::Tokens;

    let upstream = upstream().await;
    let tokens = plain_client(&upstream);
    let state = ["a b".to_owned(), "c".to_owned()];
    let list: Vec<Token> = tokens.list_tokens("u/1", Some(5), Some(&state)).await.unwrap().json().await.unwrap();
    assert_eq!(list.len(), 2);
    let created: Value = tokens.create_token("u/1", &json!({ "name": "ci" })).await.unwrap().json().await.unwrap();
    assert_eq!(created, json!({ "id": "t-3", "name": "ci" }));
    let name: Value = tokens.create_token_tool("u/1", &json!({ "name": "ci" })).await.unwrap().json().await.unwrap();
    assert_eq!(name, json!({ "name": "ci" }));
    assert!(tokens.revoke_token("u/1", "t-1").await.unwrap().bytes().await.unwrap().is_empty());
    assert_eq!(tokens.version().await.unwrap().json::<String>().await.unwrap(), "3");
    let requests: Vec<String> = upstream.requests().iter().map(rendered).collect();
    assert_eq!(
        requests,
        [
            "GET /users/u%2F1/tokens?page%5Bsize%5D=5&state=a%20b&state=c Bearer k ",
            "POST /users/u%2F1/tokens Bearer k {\"name\":\"ci\"}",
            "POST /users/u%2F1/tokens Bearer k {\"name\":\"ci\"}",
            "DELETE /users/u%2F1/tokens/t-1 Bearer k ",
        ]
    );
}

#[tokio::test]
async fn an_unexpected_answer_is_reported_without_quoting_it() {
    use plain::Tokens;

    let upstream = upstream().await;
    let raw = plain_client(&upstream).list_tokens("u/1", None, None).await.unwrap();
    let error = raw.json::<Vec<u32>>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadAnswer);
    assert!(error.to_string().contains("expected u32, at line 1") && !error.to_string().contains("t-1"), "{error}");
    let error = client(&upstream).list_tokens("..", None, None).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Argument, Some("list_tokens")), "{error}");
}

#[test]
fn a_missing_variable_is_reported_at_setup() {
    let error = plain::TokensClient::from_env().unwrap_err();
    assert!(error.to_string().contains("TOKENS_API_KEY"), "{error}");
}

#[tokio::test]
async fn the_document_that_is_exported_is_the_one_that_was_read() {
    use plain::Tokens;

    let capability = plain_client(&upstream().await).into_capability();
    assert_eq!(*capability.document(), document());
    let names: Vec<&str> = capability.operations().iter().map(|operation| operation.name()).collect();
    assert_eq!(names, ["list-tokens", "create-token", "create-token", "revoke-token", "version"]);
}

#[tokio::test]
async fn the_document_is_exposed() {
    use plain::Tokens;

    let upstream = upstream().await;
    let capability = plain_client(&upstream).into_capability();
    let listed = capability.call("list-tokens", json!({ "userId": "u/1", "state": ["a"] })).await.unwrap();
    assert_eq!(listed, json!([{ "id": "t-1", "more": 1 }, { "id": "t-2" }]));
    let error = capability.call("list-tokens", json!({ "userId": "u/1", "page[size]": "many" })).await.unwrap_err();
    assert_eq!(error.pointer(), Some("/page[size]"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router: axum::Router = capability.rest_router();
    tokio::spawn(axum::serve(listener, router.route_service("/mcp", capability.mcp_service())).into_future());
    let answer = reqwest::get(format!("{url}/v1/users/u%2F1/tokens?page%5Bsize%5D=2&state=x&state=y")).await.unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap(), listed);
    let last = upstream.requests().iter().map(rendered).next_back().unwrap();
    assert_eq!(last, "GET /users/u%2F1/tokens?page%5Bsize%5D=2&state=x&state=y Bearer k ");
    let post = reqwest::Client::new().post(format!("{url}/v1/users/u%2F1/tokens")).json(&json!({ "name": "ci" }));
    let answer = post.send().await.unwrap();
    // The upstream's status is passed on, as it is when a document is served without Rust code.
    assert_eq!(answer.status(), 201);
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "create-token", "arguments": { "userId": "u/1", "body": { "name": "ci" } },
    } });
    let post = reqwest::Client::new().post(format!("{url}/mcp")).json(&call);
    let answer = post.header("accept", "application/json, text/event-stream").send().await.unwrap();
    let text = answer.text().await.unwrap();
    assert!(text.contains(r#""structuredContent":{"name":"ci"}"#), "{text}");
}

#[tokio::test]
async fn a_signature_replaces_the_types_of_the_document() {
    let upstream = upstream().await;
    let tokens = client(&upstream);
    let list = tokens.list_tokens("u/1", Some(5), Some(vec!["a".to_owned()])).await.unwrap();
    assert_eq!(list, [Token { id: "t-1".to_owned() }, Token { id: "t-2".to_owned() }]);
    tokens.revoke_token("t-1", "u/1").await.unwrap();
    let requests: Vec<String> = upstream.requests().iter().map(rendered).collect();
    assert_eq!(
        requests,
        ["GET /users/u%2F1/tokens?page%5Bsize%5D=5&state=a Bearer k ", "DELETE /users/u%2F1/tokens/t-1 Bearer k ",]
    );
    let capability = tokens.into_capability();
    let listed = capability.call("list_tokens", json!({ "userId": "u/1", "page[size]": 5 })).await.unwrap();
    assert_eq!(listed, json!([{ "id": "t-1" }, { "id": "t-2" }]), "a field that the type does not have is returned");
    let error = capability.call("list_tokens", json!({ "userId": "u/1", "page[size]": -5 })).await.unwrap_err();
    assert_eq!(error.pointer(), Some("/page[size]"), "a value that the type does not allow is accepted");
    let openapi = capability.openapi();
    let answer = "/paths/~1v1~1users~1{userId}~1tokens/get/responses/200/content/application~1json/schema/items";
    assert_eq!(openapi.pointer(answer), Some(&json!({ "$ref": "#/components/schemas/Token" })), "{openapi}");
    assert!(openapi.pointer("/components/schemas/Token/properties/id").is_some(), "{openapi}");
}

#[tokio::test]
async fn methods_with_bodies_replace_operations_of_the_document() {
    let upstream = upstream().await;
    let capability = client(&upstream).into_capability();
    assert_eq!(capability.call("version", json!({})).await.unwrap(), json!("4"));
    assert_eq!(capability.call("count_tokens", json!({ "userId": "u/1" })).await.unwrap(), json!({ "tokens": 2 }));
    let created = capability.call("create_token", json!({ "userId": "u/1", "body": {} })).await.unwrap();
    assert_eq!(created, json!({ "id": "t-3" }));
}

#[tokio::test]
async fn added_methods_are_in_the_document() {
    let exported = serde_json::to_value(client(&upstream().await).into_capability().document()).unwrap();
    let at = |pointer: &str| exported.pointer(pointer).cloned().unwrap_or_default();
    let rest = at("/capability/exposes/0/resources");
    let paths: Vec<&str> = rest.as_array().unwrap().iter().filter_map(|resource| resource["path"].as_str()).collect();
    assert_eq!(paths, ["/v1/users/{userid}/tokens", "/v2/users/{userId}/tokens", "/v1/users/{userId}/count"]);
    let methods = at("/capability/exposes/0/resources/0/operations");
    assert_eq!(methods.as_array().unwrap().len(), 1, "the document's route to `create_token` is still there");
    let tools = at("/capability/exposes/1/tools");
    let names: Vec<&str> = tools.as_array().unwrap().iter().filter_map(|tool| tool["name"].as_str()).collect();
    assert_eq!(names, ["list-tokens", "create-token", "revoke-token", "version", "count-tokens"]);
    // The other operation of this route, and `info`, are unchanged.
    let before = serde_json::to_value(document()).unwrap();
    assert_eq!(
        at("/capability/exposes/0/resources/0/operations/0"),
        before["capability"]["exposes"][0]["resources"][0]["operations"][0]
    );
    assert_eq!(at("/info"), before["info"]);
}

/// An implementation by hand.
struct Fake;

impl plain::Tokens for Fake {
    async fn list_tokens(&self, user_id: &str, page_size: Option<i64>, _: Option<&[String]>) -> Result<RawJson> {
        Ok(json!([{ "id": format!("{user_id}-{page_size:?}") }]).to_string().into())
    }

    async fn create_token(&self, _: &str, body: &Value) -> Result<RawJson> {
        Ok(body.to_string().into())
    }

    async fn create_token_tool(&self, _: &str, body: &Value) -> Result<RawJson> {
        Ok(body.to_string().into())
    }

    async fn revoke_token(&self, _: &str, _: &str) -> Result<RawJson> {
        Ok(String::new().into())
    }

    async fn version(&self) -> Result<RawJson> {
        Ok("\"0\"".to_owned().into())
    }
}

#[tokio::test]
async fn every_implementation_of_the_trait_can_be_exposed() {
    use plain::Tokens;

    let capability = Fake.into_capability();
    assert_eq!(*capability.document(), document());
    let listed = capability.call("list-tokens", json!({ "userId": "u", "page[size]": 2 })).await.unwrap();
    assert_eq!(listed, json!([{ "id": "u-Some(2)" }]));
    assert_eq!(capability.call("revoke-token", json!({ "userId": "u", "tokenId": "t" })).await.unwrap(), Value::Null);
    assert_eq!(capability.call("version", json!({})).await.unwrap(), json!("0"));
}
