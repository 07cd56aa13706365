//! Error statuses that mean "nothing found".

use crate::{SECRET, documented, get, serve, tool, tools};
use naftiko::testing::{Answer, Upstream};
use naftiko::{ErrorKind, Result, capability, http};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A token.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    id: String,
}

type Maybe<T> = Result<Option<T>>;

/// Reads tokens.
#[capability(
    binds(env(KEY)),
    consumes(namespace = "api", base_uri = "https://api.acme.io", authentication(bearer = "{{env.KEY}}")),
    exposes(rest(port = 1), mcp(port = 2))
)]
pub trait Tokens {
    /// Reads a token.
    #[get("/tokens/{id}", none_on(404, 410, 429), errors(409))]
    async fn read(&self, id: u32) -> Maybe<Token>;

    /// Reads a part of a token.
    #[get("/parts/{id}", none_on(404))]
    #[output("$.inner")]
    async fn part(&self, id: u32) -> Result<Option<Token>>;

    /// Reads a token, and returns the status.
    #[get("/heads/{id}", none_on(404))]
    async fn head(&self, id: u32) -> Result<http::Response<Option<Token>>>;
}

async fn upstream(answer: Answer) -> (Upstream, TokensClient) {
    let upstream = Upstream::start().await;
    for path in ["/tokens/1", "/parts/1", "/heads/1"] {
        upstream.answer("GET", path, answer.clone());
    }
    let client = TokensClient::builder().base_uri(upstream.url()).bind("KEY", SECRET).build().unwrap();
    (upstream, client)
}

#[tokio::test]
async fn a_status_in_none_on_is_null_for_every_caller() {
    for answer in [Answer::json(404, json!({ "id": "no" })), Answer::status(404), Answer::of(404, "text/html", "<p>")] {
        let (upstream, client) = upstream(answer).await;
        assert_eq!(client.read(1).await.unwrap(), None);
        assert_eq!(client.part(1).await.unwrap(), None);
        let head = client.head(1).await.unwrap();
        assert_eq!((head.status().as_u16(), head.body()), (404, &None));
        let capability = client.into_capability();
        for url in [serve(capability.clone()).await, serve(documented(&capability, &upstream)).await] {
            for (path, name) in [("/tokens/1", "read"), ("/parts/1", "part"), ("/heads/1", "head")] {
                assert_eq!(get(&url, path).await, (200, Value::Null), "{path}");
                let result = tool(&url, name, json!({ "id": 1 })).await;
                assert_eq!(result["isError"], false, "{result}");
                let text = result["content"][0]["text"].as_str().unwrap();
                assert!(matches!(text, "null" | r#"{"result":null}"#), "{text}");
            }
        }
        assert_eq!(capability.call("read", json!({ "id": 1 })).await.unwrap(), Value::Null);
    }
}

#[tokio::test]
async fn other_error_statuses_and_a_429_with_a_delay_stay_errors() {
    let throttled = Answer::status(429).header("retry-after", "7");
    for (answer, kind) in [
        (Answer::status(403), ErrorKind::Upstream),
        (Answer::status(400), ErrorKind::Upstream),
        (Answer::status(401), ErrorKind::Credential),
        (throttled, ErrorKind::Throttled),
        (Answer::status(500), ErrorKind::BadAnswer),
    ] {
        let (_upstream, client) = upstream(answer).await;
        assert_eq!(client.read(1).await.unwrap_err().kind(), kind);
    }
    let (_upstream, client) = upstream(Answer::status(410)).await;
    assert_eq!(client.read(1).await.unwrap(), None);
    client.part(1).await.unwrap_err();
}

#[tokio::test]
async fn a_value_that_exists_is_returned() {
    let (upstream, client) = upstream(Answer::json(200, json!({ "id": "t", "inner": { "id": "i" } }))).await;
    assert_eq!(client.read(1).await.unwrap().unwrap().id, "t");
    assert_eq!(client.part(1).await.unwrap().unwrap().id, "i");
    let capability = client.into_capability();
    let url = serve(documented(&capability, &upstream)).await;
    assert_eq!(get(&url, "/tokens/1").await.1["id"], "t");
    let tools = tools(&serve(capability).await).await;
    assert_eq!(tools[0]["outputSchema"]["properties"]["result"]["type"], json!(["object", "null"]), "{tools}");
}
