//! A typical capability: three requests to an API, and a method that calls one of them.

use naftiko::{Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    /// Its ID.
    pub id: String,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// How many there are.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub struct Count {
    /// The number.
    pub tokens: usize,
}

/// Lists, creates and deletes the static tokens of a Humanitec user.
#[capability(
    binds(env(HUMANITEC_API_KEY)),
    consumes(
        namespace = "humanitec-tokens",
        base_uri = "https://api.humanitec.io",
        authentication(bearer = "{{env.HUMANITEC_API_KEY}}"),
    ),
    exposes(rest(port = 8080, prefix = "/v1"), mcp(port = 9090))
)]
pub trait HumanitecTokens {
    /// Lists the tokens of a user.
    #[get("/users/{userId}/tokens")]
    async fn list_tokens(&self, user_id: &str, page: Option<u32>) -> Result<Vec<Token>>;

    /// Creates a static token for a user.
    #[post("/users/{userId}/tokens", status = 201)]
    async fn create_token(&self, user_id: &str, body: &Token) -> Result<Token>;

    /// Deletes a token of a user.
    #[delete("/users/{userId}/tokens/{tokenId}")]
    async fn delete_token(&self, user_id: &str, token_id: &str) -> Result<()>;

    /// How many tokens of a user never expire.
    #[rest(get = "/users/{userId}/eternal-tokens")]
    async fn count_eternal(&self, user_id: &str) -> Result<Count> {
        let tokens = self.list_tokens(user_id, None).await?;
        Ok(Count { tokens: tokens.iter().filter(|token| token.expires_at.is_none()).count() })
    }
}
