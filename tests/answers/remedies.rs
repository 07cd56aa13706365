//! Applies the help of compile errors about answers and adapters (`tests/ui/answers.rs`, `adapters.rs`,
//! `upstream_errors.rs`): the result compiles and works.

use naftiko::testing::{Answer, Upstream};
use naftiko::{Download, RawJson, Result, UpstreamError, Value, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A thing.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Thing {
    name: String,
}

/// What the API answers.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    code: String,
}

/// Why a thing could not be returned.
#[derive(Debug, UpstreamError)]
#[naftiko(crate = naftiko)]
pub enum ThingError {
    #[status(404)]
    NotFound,
    #[status(409)]
    Conflict(Problem),
    #[other]
    Other(naftiko::Error),
}

/// Keeps things.
#[capability(
    version = "1.2.0",
    consumes(namespace = "api", base_uri = "https://api.acme.io"),
    exposes(
        rest(namespace = "public", port = 1),
        mcp(namespace = "agents", port = 2),
        mcp(namespace = "admins", port = 3),
    )
)]
pub trait Things {
    /// Returns nothing for some error statuses.
    #[get("/none", errors(409), none_on(404, 410))]
    async fn none(&self) -> Result<Option<Thing>>;

    /// Has a format.
    #[get("/format", format = "csv")]
    async fn format(&self) -> Result<Vec<Thing>>;

    /// Declares a header of the answer.
    #[get("/headers", response_headers("Location"))]
    #[rest(name = "headers")]
    async fn headers(&self) -> Result<Thing>;

    /// Gives a file.
    #[get("/bytes")]
    async fn bytes(&self) -> Result<Download>;

    /// Gives JSON as it is.
    #[get("/raw")]
    async fn raw(&self) -> Result<RawJson>;

    /// Gives an array of numbers.
    #[get("/numbers")]
    async fn numbers(&self) -> Result<Vec<u16>>;

    /// Has another name on each adapter.
    #[get("/twice")]
    #[tool(on = "agents", name = "one")]
    #[tool(on = ["admins"], name = "two")]
    async fn twice(&self) -> Result<Value, ThingError>;

    /// Is a route of all adapters, with another name on one.
    #[rest(get = "/route", status = 201)]
    #[rest(on = "public", name = "way")]
    async fn route(&self) -> Result<String> {
        Ok(String::new())
    }

    /// Renames its arguments in the tool.
    #[get("/arguments/{id}")]
    #[tool(argument(id = "key"), argument(kind(name = "user", description = "Of which kind.")))]
    async fn arguments(&self, #[example(30)] id: u32, #[example("ci")] kind: &str) -> Result<String>;

    /// Has an example.
    #[get("/examples")]
    #[example({ "id": 7, "tags": ["a"] })]
    async fn examples(&self) -> Result<Value>;
}

#[tokio::test]
async fn the_remedies_compile_and_work() {
    let upstream = Upstream::start().await;
    upstream
        .answer("GET", "/none", Answer::status(410))
        .answer("GET", "/format", Answer::of(200, "text/csv", "name\na\n"))
        .answer("GET", "/bytes", Answer::of(200, "image/png", "x"))
        .answer("GET", "/raw", Answer::json(200, json!(["a"])))
        .answer("GET", "/numbers", Answer::json(200, json!([1, 2])))
        .answer("GET", "/twice", Answer::json(409, json!({ "code": "taken" })));
    let client = ThingsClient::builder().base_uri(upstream.url()).build().unwrap();
    assert!(client.none().await.unwrap().is_none());
    assert_eq!(client.format().await.unwrap()[0].name, "a");
    assert_eq!(client.bytes().await.unwrap().content_type(), "image/png");
    assert_eq!(client.raw().await.unwrap().bytes().await.unwrap(), r#"["a"]"#);
    assert_eq!(client.numbers().await.unwrap(), [1, 2]);
    assert!(matches!(client.twice().await.unwrap_err(), ThingError::Conflict(problem) if problem.code == "taken"));
    let capability = client.into_capability();
    let openapi = capability.openapi();
    let answer = |path: &str, status: &str| &openapi["paths"][path]["get"]["responses"][status];
    assert!(answer("/headers", "200")["headers"]["Location"].is_object(), "{openapi}");
    assert!(answer("/route", "201").is_object(), "{openapi}");
    let example = &answer("/examples", "200")["content"]["application/json"]["examples"]["example-1"];
    assert_eq!(*example, json!({ "value": { "id": 7, "tags": ["a"] } }));
    let document = serde_json::to_value(capability.document()).unwrap();
    assert_eq!(document["info"]["version"], "1.2.0");
    let exposes = &document["capability"]["exposes"];
    let tools = |expose: usize| exposes[expose]["tools"].to_string();
    assert!(tools(1).contains(r#""name":"one""#) && tools(2).contains(r#""name":"two""#));
    assert!(tools(1).contains(r#""id":"tools.key""#) && tools(1).contains(r#""kind":"tools.user""#));
    assert!(exposes[0].to_string().contains(r#""name":"way""#));
}
