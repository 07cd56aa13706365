//! `UpstreamError` enums with a variant for each status: what the client, REST callers, tools and OpenAPI get from
//! them.

use crate::{SECRET, get, serve, tool};
use naftiko::testing::{Answer, Upstream};
use naftiko::{Error, ErrorKind, Result, UpstreamError, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A token.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    id: u32,
}

/// The API's answer to a conflict.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    code: String,
    causes: Option<Vec<Problem>>,
}

/// Why there is no token.
#[derive(Debug, UpstreamError)]
pub enum TokenError {
    /// There is no such token.
    ///
    /// # More
    /// Not for callers.
    #[status(404)]
    NotFound,
    #[status(409)]
    NameTaken(Problem),
    /// Too many tokens.
    #[status(429)]
    TooMany(Problem),
    #[other]
    Other(Error),
}

type Tokened<T> = Result<T, TokenError>;

/// Reads tokens.
#[capability(
    binds(env(KEY)),
    consumes(namespace = "api", base_uri = "https://api.acme.io", authentication(bearer = "{{env.KEY}}")),
    exposes(rest(port = 1), mcp(port = 2))
)]
pub trait Tokens {
    /// Reads a token.
    #[get("/tokens/{id}", errors(404, 410))]
    async fn read(&self, id: u32) -> Tokened<Token>;

    /// Reads a token without distinguishing errors.
    #[get("/plain/{id}")]
    async fn plain(&self, id: u32) -> Result<Token>;

    /// Reads two tokens.
    #[rest(get = "/pairs/{id}")]
    async fn pair(&self, id: u32) -> Result<[Token; 2], TokenError> {
        if id == 0 {
            return Err(TokenError::NotFound);
        }
        Ok([self.read(id).await?, self.plain(id).await?])
    }

    /// Reads a token, with any error.
    #[rest(get = "/through/{id}")]
    async fn through(&self, id: u32) -> Result<Token> {
        Ok(self.read(id).await?)
    }
}

async fn upstream(answer: Answer) -> (Upstream, TokensClient) {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/tokens/1", answer);
    let client = TokensClient::builder().base_uri(upstream.url()).bind("KEY", SECRET).build().unwrap();
    (upstream, client)
}

#[tokio::test]
async fn a_client_gets_the_variant() {
    let conflict = || json!({ "code": "taken", "causes": null, "more": 1 });
    let error = async |answer| upstream(answer).await.1.read(1).await.unwrap_err();
    assert!(matches!(error(Answer::status(404)).await, TokenError::NotFound));
    assert!(matches!(error(Answer::json(404, json!([]))).await, TokenError::NotFound));
    let TokenError::NameTaken(problem) = error(Answer::json(409, conflict())).await else { panic!("not a conflict") };
    assert_eq!(problem, Problem { code: "taken".to_owned(), causes: None });
    // An answer that is not of the variant's type, a 429 with `Retry-After`, or any other failure becomes `Other`, with all its details.
    for (answer, kind, status) in [
        (Answer::json(409, json!({ "message": "no" })), ErrorKind::Upstream, 409),
        (Answer::of(409, "text/html", "<p>"), ErrorKind::Upstream, 409),
        (Answer::status(409), ErrorKind::Upstream, 409),
        (Answer::json(410, conflict()), ErrorKind::Upstream, 410),
        (Answer::json(429, conflict()).header("retry-after", "7"), ErrorKind::Throttled, 429),
        (Answer::status(401), ErrorKind::Credential, 502),
        (Answer::status(500), ErrorKind::BadAnswer, 502),
        (Answer::json(200, json!({})), ErrorKind::BadAnswer, 502),
    ] {
        let TokenError::Other(error) = error(answer).await else { panic!("a variant for {kind:?}") };
        assert_eq!((error.kind(), error.status().as_u16(), error.operation()), (kind, status, Some("read")));
    }
    assert_eq!(upstream(Answer::json(200, json!({ "id": 1 }))).await.1.read(1).await.unwrap(), Token { id: 1 });
}

#[tokio::test]
async fn callers_get_the_status_and_the_value() {
    let (_upstream, client) = upstream(Answer::json(409, json!({ "code": "taken", "secret": SECRET }))).await;
    let url = serve(client.into_capability()).await;
    let upstream = json!({ "status": 409, "body": { "code": "taken", "causes": null } });
    let problem = json!({
        "type": "about:blank", "title": "Conflict", "status": 409, "detail": "Name taken", "upstream": upstream,
    });
    // Methods that call `read` pass its error on, whatever their own error type is.
    for path in ["/tokens/1", "/pairs/1", "/through/1"] {
        assert_eq!(get(&url, path).await, (409, problem.clone()), "{path}");
    }
    for name in ["read", "pair", "through"] {
        let result = tool(&url, name, json!({ "id": 1 })).await;
        let text = format!("{name}: Name taken.\nThe API's answer: {{\"code\":\"taken\",\"causes\":null}}");
        assert_eq!((&result["isError"], &result["content"][0]["text"]), (&json!(true), &json!(text)));
    }
    let (status, problem) = get(&url, "/pairs/0").await;
    assert_eq!(
        (status, &problem["detail"], &problem["upstream"]),
        (404, &json!("There is no such token."), &Value::Null)
    );
    let result = tool(&url, "pair", json!({ "id": 0 })).await;
    assert_eq!(result["content"][0]["text"], "pair: There is no such token.");
}

#[tokio::test]
async fn callers_get_the_headers_of_a_refusal() {
    let answers = [
        (Answer::json(409, json!({ "code": "taken" })).header("etag", "\"v1\""), "etag", "\"v1\""),
        (Answer::status(404).header("allow", "PUT"), "allow", "PUT"),
        (
            Answer::json(404, json!({})).header("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
            "last-modified",
            "Sun, 06 Nov 1994 08:49:37 GMT",
        ),
        (Answer::json(429, json!({ "code": "slow" })).header("retry-after", "7"), "retry-after", "7"),
    ];
    for (answer, name, value) in answers {
        let (_upstream, client) = upstream(answer).await;
        let url = serve(client.into_capability()).await;
        let answer = reqwest::get(format!("{url}/tokens/1")).await.unwrap();
        assert_eq!(answer.headers().get(name).map(|value| value.to_str().unwrap()), Some(value), "{name}");
    }
}

#[tokio::test]
async fn openapi_has_each_status_with_its_schema() {
    let (_upstream, client) = upstream(Answer::status(404)).await;
    let openapi = client.into_capability().openapi();
    for path in ["/tokens/{id}", "/pairs/{id}"] {
        let responses = &openapi["paths"][path]["get"]["responses"];
        let content = |status: &str| responses[status]["content"]["application/problem+json"]["schema"].clone();
        assert_eq!(responses["404"]["description"], "There is no such token.");
        assert_eq!(content("404"), json!({ "$ref": "#/components/schemas/Problem" }));
        assert_eq!(responses["409"]["description"], "Name taken");
        let body = &content("409")["allOf"][1]["properties"]["upstream"]["properties"]["body"];
        // The schema of problem details is already called `Problem`.
        assert_eq!(*body, json!({ "$ref": "#/components/schemas/Problem2" }), "{openapi:#}");
        assert_eq!(responses["410"].is_object(), path == "/tokens/{id}");
    }
    let schemas = &openapi["components"]["schemas"];
    assert_eq!(schemas["Problem2"]["properties"]["code"]["type"], "string");
    assert_eq!(schemas["Problem2"]["properties"]["causes"]["items"]["$ref"], "#/components/schemas/Problem2");
    assert_eq!(schemas["Problem"]["properties"]["title"]["type"], "string");
    assert!(openapi["paths"]["/through/{id}"]["get"]["responses"]["409"].is_null());
}
