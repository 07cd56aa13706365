//! The capabilities of the programs `tokens` and `several`.

use naftiko::{Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};

/// A token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    /// Its ID.
    pub id: String,
    /// How many days it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// Lists, creates and deletes the tokens of a user.
#[capability(
    label = "Tokens",
    binds(env(TOKENS_KEY)),
    consumes(
        namespace = "tokens",
        base_uri = "https://[tenant_id].tokens.example",
        authentication(bearer = "{{env.TOKENS_KEY}}"),
    ),
    exposes(rest(port = 8080, prefix = "/v1"), mcp(port = 9090))
)]
pub trait Tokens {
    /// Lists the tokens of a user.
    #[get("/users/{userId}/tokens")]
    async fn list_tokens(
        &self,
        /// The user's ID.
        user_id: &str,
        /// How many at most.
        limit: Option<u32>,
        /// Only these.
        ids: Option<Vec<String>>,
    ) -> Result<Vec<Token>>;

    /// Creates a token for a user.
    #[post("/users/{userId}/tokens", status = 201)]
    async fn create_token(&self, user_id: &str, body: &Token) -> Result<Token>;

    /// Deletes a token of a user.
    #[delete("/users/{userId}/tokens/{tokenId}")]
    #[tool(name = "revoke-token")]
    async fn delete_token(&self, user_id: &str, token_id: &str) -> Result<()>;
}

/// The tokens of all users, in memory.
#[derive(Debug, Default)]
pub struct InMemory(Mutex<Vec<(String, Token)>>);

impl InMemory {
    /// Returns an implementation that has two tokens of `u-1`.
    #[must_use]
    pub fn filled() -> Self {
        let token = |id: &str, days| ("u-1".to_owned(), Token { id: id.to_owned(), days });
        Self(Mutex::new(vec![token("ci", Some(30)), token("laptop", None)]))
    }
}

impl Tokens for InMemory {
    async fn list_tokens(&self, user_id: &str, limit: Option<u32>, ids: Option<Vec<String>>) -> Result<Vec<Token>> {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = |token: &&Token| ids.as_ref().is_none_or(|ids| ids.contains(&token.id));
        let limit = limit.map_or(usize::MAX, |limit| limit as usize);
        Ok(tokens
            .iter()
            .filter(|(user, _)| user == user_id)
            .map(|(_, token)| token)
            .filter(wanted)
            .take(limit)
            .cloned()
            .collect())
    }

    async fn create_token(&self, user_id: &str, body: &Token) -> Result<Token> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((user_id.to_owned(), body.clone()));
        Ok(body.clone())
    }

    async fn delete_token(&self, user_id: &str, token_id: &str) -> Result<()> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|(user, token)| user != user_id || token.id != token_id);
        Ok(())
    }
}

/// Repeats a text.
#[capability(label = "Echo", exposes(rest(port = 8080), mcp(port = 9090)))]
pub trait Echo {
    /// Says a text again.
    #[rest(get = "/echo/{text}")]
    async fn echo(&self, text: &str) -> Result<String> {
        Ok(text.to_owned())
    }
}

/// An implementation of [`Echo`].
#[derive(Debug, Default)]
pub struct Wall;

impl Echo for Wall {}
