//! A trait with the operations of a document: three are unchanged, one has types, one has a body. Two methods are
//! added.

use naftiko::{Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    /// Its ID.
    pub id: String,
}

/// How many there are.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub struct Count {
    /// The number.
    pub tokens: usize,
}

#[capability(document = "tests/documents/tokens.naftiko.yaml")]
pub trait Tokens {
    async fn list_tokens(&self, state: Option<&[String]>, user_id: &str, page_size: Option<u32>) -> Result<Vec<Token>>;

    async fn version(&self) -> Result<String> {
        Ok("4".to_owned())
    }

    /// Counts the tokens of a user.
    #[rest(get = "/v1/users/{userId}/count")]
    async fn count_tokens(&self, user_id: &str) -> Result<Count> {
        let tokens = self.list_tokens(None, user_id, Some(100)).await?;
        Ok(Count { tokens: tokens.len() })
    }

    /// Reads one token of a user.
    #[get("/users/{userId}/tokens/{tokenId}")]
    async fn get_token(&self, user_id: &str, token_id: &str) -> Result<Token>;
}
