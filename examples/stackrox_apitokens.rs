//! API tokens of StackRox: the host is a variable of the base URI, and a PATCH is declared idempotent.
//!
//! ```sh
//! cargo run --example stackrox_apitokens -- serve --demo
//! CENTRAL_HOST=central.example.com:8443 STACKROX_API_KEY='Bearer …' cargo run --example stackrox_apitokens
//! ```

#![allow(clippy::doc_markdown, reason = "the descriptions are the published ones, to the letter")]

use naftiko::{Error, Result, capability, http::StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The metadata of a token, without the token itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenMetadata {
    /// Identifier of the token.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The role that it acts in.
    pub role: String,
    /// When it was issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub issued_at: Option<String>,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub expiration: Option<String>,
    /// Whether it has been revoked.
    pub revoked: bool,
}

/// The existing tokens.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TokenList {
    /// The tokens.
    pub tokens: Vec<TokenMetadata>,
}

/// The token to create.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct NewToken {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The role that it acts in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// The token itself: shown once.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct GeneratedToken {
    /// The token.
    #[serde(default)]
    pub token: String,
    /// The metadata of the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<TokenMetadata>,
}

/// API Reference — APITokenService. 4 operations. Lead operation: GetAPITokens returns all the API tokens..
/// Self-contained Naftiko capability covering one Stackrox business surface.
#[capability(
    label = "API Reference — APITokenService",
    tags = ["Stackrox", "APITokenService"],
    created = "2026-05-19",
    modified = "2026-05-19",
    binds(env(STACKROX_API_KEY)),
    consumes(
        namespace = "stackrox-apitokenservice",
        base_uri = "https://{central-host}",
        description = "API Reference — APITokenService business capability. Self-contained, no shared references.",
        authentication(apikey(key = "Authorization", value = "{{env.STACKROX_API_KEY}}", placement = "header")),
    ),
    exposes(
        rest(
            port = 8080,
            prefix = "/v1",
            description = "REST adapter for API Reference — APITokenService. One Spectral-compliant resource per consumed operation, prefixed with /v1.",
        ),
        mcp(
            port = 9090,
            description = "MCP adapter for API Reference — APITokenService. One tool per consumed operation, routed inline through this capability's consumes block.",
        ),
    ),
)]
pub trait ApiTokens {
    /// GetAPITokens returns all the API tokens.
    #[get("/v1/apitokens", name = "getapitokens")]
    #[tool(name = "getapitokens-returns-all-api-tokens")]
    async fn get_api_tokens(&self, revoked: Option<bool>) -> Result<TokenList>;

    /// GenerateToken generates API token for a given user and role.
    #[post("/v1/apitokens/generate", name = "generatetoken")]
    #[tool(name = "generatetoken-generates-api-token-given", hints(destructive = false))]
    async fn generate_token(
        &self,
        /// Request body (JSON).
        body: &NewToken,
    ) -> Result<GeneratedToken>;

    /// RevokeToken removes the API token for a given id.
    #[patch("/v1/apitokens/revoke/{id}", name = "revoketoken")]
    #[tool(name = "revoketoken-removes-api-token-given", hints(destructive = false, idempotent))]
    async fn revoke_token(&self, id: &str) -> Result<()>;

    /// GetAPIToken returns API token metadata for a given id.
    #[get("/v1/apitokens/{id}", name = "getapitoken")]
    #[tool(name = "getapitoken-returns-api-token-metadata")]
    async fn get_api_token(&self, id: &str) -> Result<TokenMetadata>;
}

/// The demo: tokens are numbered as they are made.
#[derive(Default)]
struct InMemory {
    tokens: Mutex<Vec<TokenMetadata>>,
}

impl InMemory {
    fn tokens(&self) -> MutexGuard<'_, Vec<TokenMetadata>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_such_token() -> Error {
    Error::new(StatusCode::NOT_FOUND, "no token has this ID")
}

impl ApiTokens for InMemory {
    async fn get_api_tokens(&self, revoked: Option<bool>) -> Result<TokenList> {
        let wanted = |token: &&TokenMetadata| revoked.is_none_or(|revoked| token.revoked == revoked);
        Ok(TokenList { tokens: self.tokens().iter().filter(wanted).cloned().collect() })
    }

    async fn generate_token(&self, body: &NewToken) -> Result<GeneratedToken> {
        let mut tokens = self.tokens();
        let metadata = TokenMetadata {
            id: (tokens.len() + 1).to_string(),
            name: body.name.clone().unwrap_or_default(),
            role: body.role.clone().unwrap_or_else(|| "None".to_owned()),
            issued_at: Some("2026-05-19T08:00:00Z".to_owned()),
            expiration: None,
            revoked: false,
        };
        tokens.push(metadata.clone());
        Ok(GeneratedToken { token: format!("demo-{}", metadata.id), metadata: Some(metadata) })
    }

    async fn revoke_token(&self, id: &str) -> Result<()> {
        let mut tokens = self.tokens();
        tokens.iter_mut().find(|token| token.id == id).ok_or_else(no_such_token)?.revoked = true;
        Ok(())
    }

    async fn get_api_token(&self, id: &str) -> Result<TokenMetadata> {
        self.tokens().iter().find(|token| token.id == id).cloned().ok_or_else(no_such_token)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    naftiko::run(ApiTokensClient::from_env).demo(InMemory::default).await
}
