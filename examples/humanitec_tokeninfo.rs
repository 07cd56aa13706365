//! Tokens of a Humanitec user: list, create, get, delete.
//!
//! ```sh
//! cargo run --example humanitec_tokeninfo -- serve --demo
//! curl http://127.0.0.1:8080/v1/users/u-1/tokens
//! ```

#![allow(clippy::doc_markdown, reason = "the descriptions are the published ones, to the letter")]

use naftiko::{Error, Result, capability, http::StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The metadata of a token, without the token itself.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    /// Identifier of the token, unique for the user.
    pub id: String,
    /// What kind of token it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is for.
    pub description: String,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: String,
    /// When it expires; `null` if never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// The token to create.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct NewToken {
    /// Identifier of the token. Must be unique for the user.
    pub id: String,
    /// The type of the token.
    #[serde(rename = "type")]
    pub kind: TokenType,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The time the token expires. If not set, the token will not expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3})?Z$"))]
    pub expires_at: Option<String>,
}

/// The types of tokens.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TokenType {
    /// A token that does not change.
    Static,
}

/// The token itself: shown once.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct IssuedToken {
    /// The token.
    pub token: String,
    /// Its type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// Humanitec API — TokenInfo. 4 operations. Lead operation: Lists tokens associated with a user. Self-contained Naftiko
/// capability covering one Humanitec business surface.
#[capability(
    label = "Humanitec API — TokenInfo",
    tags = ["Humanitec", "TokenInfo"],
    created = "2026-05-19",
    modified = "2026-05-19",
    binds(env(HUMANITEC_API_KEY)),
    allow(unused_bind, reason = "as published: the key is bound and never used"),
    consumes(
        namespace = "humanitec-tokeninfo",
        base_uri = "https://api.humanitec.io",
        description = "Humanitec API — TokenInfo business capability. Self-contained, no shared references.",
    ),
    exposes(
        rest(
            port = 8080,
            prefix = "/v1",
            description = "REST adapter for Humanitec API — TokenInfo. One Spectral-compliant resource per consumed operation, prefixed with /v1.",
        ),
        mcp(
            port = 9090,
            description = "MCP adapter for Humanitec API — TokenInfo. One tool per consumed operation, routed inline through this capability's consumes block.",
        ),
    ),
)]
pub trait TokenInfo {
    /// Lists tokens associated with a user
    #[get("/users/{userId}/tokens", name = "listusertokens")]
    #[tool(name = "lists-tokens-associated-user")]
    async fn list_user_tokens(
        &self,
        /// The user ID.
        user_id: &str,
    ) -> Result<Vec<Token>>;

    /// Creates a new static token for a user.
    #[post("/users/{userId}/tokens", name = "createusertoken")]
    #[tool(name = "creates-new-static-token-user", hints(destructive = false))]
    async fn create_user_token(
        &self,
        /// The user ID.
        user_id: &str,
        /// Request body (JSON).
        body: &NewToken,
    ) -> Result<IssuedToken>;

    /// Gets a specific token associated with a user
    #[get("/users/{userId}/tokens/{tokenId}", name = "getusertoken")]
    #[tool(name = "gets-specific-token-associated-user")]
    async fn get_user_token(
        &self,
        /// The user ID.
        user_id: &str,
        /// The token ID.
        token_id: &str,
    ) -> Result<Token>;

    /// Deletes a specific token associated with a user
    #[delete("/users/{userId}/tokens/{tokenId}", name = "deleteusertoken")]
    #[tool(name = "deletes-specific-token-associated-user")]
    async fn delete_user_token(
        &self,
        /// The user ID.
        user_id: &str,
        /// The token ID.
        token_id: &str,
    ) -> Result<()>;
}

/// The demo: the tokens of all users, by user and ID. One of them exists from the start.
struct InMemory {
    tokens: Mutex<BTreeMap<(String, String), Token>>,
}

impl Default for InMemory {
    fn default() -> Self {
        let token = Token {
            id: "ci".to_owned(),
            kind: "static".to_owned(),
            description: "Calls from the build".to_owned(),
            created_by: "u-1".to_owned(),
            created_at: "2026-05-19T08:00:00Z".to_owned(),
            expires_at: None,
        };
        Self { tokens: Mutex::new(BTreeMap::from([(("u-1".to_owned(), "ci".to_owned()), token)])) }
    }
}

impl InMemory {
    fn tokens(&self) -> MutexGuard<'_, BTreeMap<(String, String), Token>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_such_token() -> Error {
    Error::new(StatusCode::NOT_FOUND, "this user has no token with this ID")
}

impl TokenInfo for InMemory {
    async fn list_user_tokens(&self, user_id: &str) -> Result<Vec<Token>> {
        Ok(self.tokens().iter().filter(|((user, _), _)| user == user_id).map(|(_, token)| token.clone()).collect())
    }

    async fn create_user_token(&self, user_id: &str, body: &NewToken) -> Result<IssuedToken> {
        let key = (user_id.to_owned(), body.id.clone());
        let mut tokens = self.tokens();
        if tokens.contains_key(&key) {
            return Err(Error::new(StatusCode::CONFLICT, "a token with this ID already exists"));
        }
        let token = Token {
            id: body.id.clone(),
            kind: "static".to_owned(),
            description: body.description.clone().unwrap_or_default(),
            created_by: user_id.to_owned(),
            created_at: "2026-05-19T08:00:00Z".to_owned(),
            expires_at: body.expires_at.clone(),
        };
        tokens.insert(key, token);
        Ok(IssuedToken { token: format!("demo-{user_id}-{}", body.id), kind: Some("static".to_owned()) })
    }

    async fn get_user_token(&self, user_id: &str, token_id: &str) -> Result<Token> {
        self.tokens().get(&(user_id.to_owned(), token_id.to_owned())).cloned().ok_or_else(no_such_token)
    }

    async fn delete_user_token(&self, user_id: &str, token_id: &str) -> Result<()> {
        self.tokens().remove(&(user_id.to_owned(), token_id.to_owned())).map(|_| ()).ok_or_else(no_such_token)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    naftiko::run(TokenInfoClient::from_env).demo(InMemory::default).await
}
