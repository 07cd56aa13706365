//! `uses` together with documents: a used capability whose operations are in a document, and a composed capability whose
//! own operations are in one.
#![cfg(feature = "document")]

use super::{annotations, get, serve};
use naftiko::testing::{Answer, Upstream};
use naftiko::{Result, Value, capability};
use serde_json::json;

/// The capability of a document.
pub mod tokens {
    use naftiko::capability;

    /// Keeps tokens, as a document describes.
    #[capability(document = "tests/documents/tokens.naftiko.yaml")]
    pub trait Tokens {}
}

/// Looks after tokens.
#[capability(
    uses(tokens: tokens::Tokens),
    exposes(rest(port = 8080), mcp(port = 9090)),
    allow(missing_description, reason = "a test")
)]
pub trait Keeper {
    #[rest(get = "/count/{user}")]
    async fn count(&self, user: &str) -> Result<usize> {
        Ok(self.tokens().list_tokens(user, None, None).await?.json::<Vec<Value>>().await?.len())
    }

    #[tool]
    async fn looks(&self, user: &str) -> Result<usize> {
        self.count(user).await
    }

    #[tool]
    async fn revokes(&self, user: &str) -> Result<usize> {
        self.tokens().revoke_token(user, "t-1").await?;
        self.count(user).await
    }
}

/// Keeps the names of users.
#[capability(consumes(namespace = "users", base_uri = "https://users.example"))]
pub trait Users {
    /// Returns the name of a user.
    #[get("/users/{id}/name")]
    async fn name(&self, id: &str) -> Result<String>;

    /// Removes a user.
    #[delete("/users/{id}", status = 204)]
    async fn remove(&self, id: &str) -> Result<()>;
}

/// The operations of the document, and methods that call another capability.
#[capability(document = "tests/documents/tokens.naftiko.yaml", uses(users: Users))]
pub trait Extended {
    /// Replaces an operation of the document.
    async fn version(&self) -> Result<String> {
        self.users().name("admin").await
    }

    /// Counts the tokens of a user, and names the user.
    #[rest(get = "/v1/users/{user}/owned")]
    async fn owned(&self, user: &str) -> Result<String> {
        let tokens: Vec<Value> = self.list_tokens(user, None, None).await?.json().await?;
        Ok(format!("{}: {}", self.users().name(user).await?, tokens.len()))
    }

    /// Removes a user.
    #[tool]
    async fn forget(&self, user: &str) -> Result<String> {
        let name = self.users().name(user).await?;
        self.users().remove(user).await?;
        Ok(name)
    }
}

/// Replaces what an operation of the document does.
#[capability(document = "tests/documents/tokens.naftiko.yaml", uses(users: Users))]
pub trait Replaced {
    /// Reads instead.
    async fn revoke_token(&self, user_id: &str, token_id: &str) -> Result<String> {
        Ok(self.users().name(user_id).await? + token_id)
    }
}

/// Writes where the document has a tool that only reads. This compiles with `allow`, as the help of the error says.
#[capability(
    document = "tests/ui/documents/things.naftiko.yaml",
    uses(users: Users),
    allow(understated_hint, reason = "what it removes is a copy")
)]
pub trait Allowed {
    /// Removes a user before it reads.
    async fn read(&self, id: &str, part: Option<&str>) -> Result<String> {
        self.users().remove(id).await?;
        Ok(format!("{id} {part:?}"))
    }
}

/// Writes where its document says that it may. It compiles, as the help of the errors says: with `readOnly: false` for the tool, and
/// `method: POST` for the route.
#[capability(document = "tests/documents/written.naftiko.yaml", uses(users: Users))]
pub trait Written {
    /// Removes a user before it reads.
    async fn read(&self, id: &str) -> Result<String> {
        self.users().remove(id).await?;
        self.users().name(id).await
    }

    /// Removes a user before it looks.
    async fn look(&self, id: &str) -> Result<String> {
        self.users().remove(id).await?;
        self.users().name(id).await
    }
}

#[tokio::test]
async fn a_body_may_write_if_the_document_says_that_its_tool_writes() {
    let written = WrittenClient::from_env().unwrap().into_capability();
    // The exported document keeps the hints that the tool of the file declares.
    let document = serde_json::to_value(written.document()).unwrap();
    assert_eq!(document["capability"]["exposes"][1]["tools"][0]["hints"], json!({ "readOnly": false }));
    let (_, read) = annotations(written).await.into_iter().find(|(name, _)| name == "read").unwrap();
    assert_eq!(read, json!({ "destructiveHint": true }));
}

#[tokio::test]
async fn an_operation_of_the_document_has_the_effects_of_the_body_that_replaces_it() {
    let own = ReplacedClient::builder().bind("TOKENS_API_KEY", "k").build().unwrap();
    let replaced = ReplacedClient::new(own, UsersClient::from_env().unwrap());
    let capability = replaced.into_capability();
    let document = serde_json::to_value(capability.document()).unwrap();
    let exported = document.pointer("/capability/exposes/1/tools").unwrap().as_array().unwrap();
    let exported = exported.iter().find(|tool| tool["name"] == "revoke-token").unwrap();
    assert_eq!(exported["hints"]["readOnly"], true, "{exported}");
    let tools = annotations(capability).await;
    let (_, revoke) = tools.iter().find(|(name, _)| name == "revoke-token").unwrap();
    assert_eq!(*revoke, json!({ "readOnlyHint": true }));
}

async fn token_api() -> Upstream {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/users/{id}/tokens", Answer::json(200, json!([{ "id": "t-1" }])));
    upstream.answer("DELETE", "/users/{id}/tokens/{token}", Answer::status(204));
    upstream
}

#[tokio::test]
async fn a_used_capability_may_come_from_a_document() {
    let api = token_api().await;
    let tokens = tokens::TokensClient::builder().base_uri(api.url()).bind("TOKENS_API_KEY", "k").build().unwrap();
    let keeper = KeeperClient::new(tokens).into_capability();
    assert_eq!(get(&serve(keeper.clone()).await, "/count/u").await, (200, json!(1)));
    assert_eq!(api.requests()[0].header("authorization"), Some("Bearer k"));
    let reads = json!({ "readOnlyHint": true });
    let expected = [("count", reads.clone()), ("looks", reads), ("revokes", json!({ "destructiveHint": true }))];
    assert_eq!(annotations(keeper).await, expected.map(|(name, hints)| (name.to_owned(), hints)));
    let error = KeeperClient::from_env().unwrap_err().to_string();
    assert!(error.contains("TOKENS_API_KEY"), "{error}");
}

#[tokio::test]
async fn a_capability_of_a_document_may_be_built_on_others() {
    let (api, users) = (token_api().await, Upstream::start().await);
    users.answer("GET", "/users/{id}/name", Answer::json(200, json!("Ada")));
    let own = ExtendedClient::builder().base_uri(api.url()).bind("TOKENS_API_KEY", "k").build().unwrap();
    let extended = ExtendedClient::new(own, UsersClient::builder().base_uri(users.url()).build().unwrap());
    let capability = extended.clone().into_capability();
    let url = serve(capability.clone()).await;
    assert_eq!(get(&url, "/v1/users/u/owned").await, (200, json!("Ada: 1")));
    // An operation of the document keeps the answer of its API.
    assert_eq!(get(&url, "/v1/users/u/tokens").await, (200, json!([{ "id": "t-1" }])));
    assert_eq!(capability.call("version", json!({})).await.unwrap(), json!("Ada"));
    assert_eq!(users.requests()[0].header("authorization"), None);
    let forget = annotations(capability.clone()).await.into_iter().find(|(name, _)| name == "forget").unwrap();
    assert_eq!(forget.1, json!({ "destructiveHint": true }));
    // The capability's document is the file plus the routes and tools of the trait.
    let document = serde_json::to_value(capability.document()).unwrap();
    let tools = document.pointer("/capability/exposes/1/tools").unwrap().as_array().unwrap();
    assert_eq!(tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect::<Vec<_>>().last(), Some(&"forget"));
    let error = ExtendedClient::from_env().unwrap_err().to_string();
    assert!(error.contains("TOKENS_API_KEY"), "{error}");
}
