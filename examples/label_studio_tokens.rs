//! API tokens of Label Studio: callers send their own credential, in the same header as the capability's credential.
//!
//! ```sh
//! cargo run --example label_studio_tokens -- serve --demo
//! LABEL_STUDIO_API_KEY='Token …' cargo run --example label_studio_tokens
//! ```

#![allow(clippy::doc_markdown, reason = "the descriptions are the published ones, to the letter")]

use naftiko::{Error, Result, capability, http::StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A token of the current user.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ApiToken {
    /// When it was made.
    pub created_at: String,
    /// When it ends.
    pub expires_at: String,
    /// The token.
    pub token: String,
}

/// A JWT that access tokens are made from.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct RefreshToken {
    /// The JWT.
    pub refresh: String,
}

/// A JWT that gives access for a short while.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct AccessToken {
    /// The JWT.
    pub access: String,
}

/// API Reference — subpackage_tokens. 5 operations. Lead operation: List API tokens. Self-contained Naftiko capability
/// covering one Label Studio business surface.
#[capability(
    label = "API Reference — subpackage_tokens",
    tags = ["Label Studio", "subpackage_tokens"],
    created = "2026-05-19",
    modified = "2026-05-19",
    binds(env(LABEL_STUDIO_API_KEY)),
    consumes(
        namespace = "label-studio-subpackage-tokens",
        base_uri = "http://localhost:8000",
        description = "API Reference — subpackage_tokens business capability. Self-contained, no shared references.",
        authentication(apikey(key = "Authorization", value = "{{env.LABEL_STUDIO_API_KEY}}", placement = "header")),
    ),
    exposes(
        rest(
            port = 8080,
            prefix = "/v1",
            description = "REST adapter for API Reference — subpackage_tokens. One Spectral-compliant resource per consumed operation, prefixed with /v1.",
        ),
        mcp(
            port = 9090,
            description = "MCP adapter for API Reference — subpackage_tokens. One tool per consumed operation, routed inline through this capability's consumes block.",
        ),
    ),
)]
pub trait Tokens {
    /// List API tokens
    #[get("/api/token/")]
    #[tool(name = "list-api-tokens")]
    async fn list(
        &self,
        /// Which field to use when ordering the results.
        ordering: Option<&str>,
        /// The token (or API key) must be passed as a request header. You can find your user token on the User Account
        /// page in Label Studio. Example: <br><pre><code class=
        #[header("Authorization")]
        authorization: &str,
    ) -> Result<Vec<ApiToken>>;

    /// Create API token
    #[post("/api/token/")]
    #[tool(name = "create-api-token", hints(destructive = false))]
    async fn create(
        &self,
        /// The token (or API key) must be passed as a request header. You can find your user token on the User Account
        /// page in Label Studio. Example: <br><pre><code class=
        #[header("Authorization")]
        authorization: &str,
    ) -> Result<ApiToken>;

    /// Blacklist a JWT refresh token
    #[post("/api/token/blacklist/")]
    #[tool(
        name = "blacklist-jwt-refresh-token",
        hints(read_only, destructive = false),
        allow(understated_hint, reason = "as published; it does write")
    )]
    async fn blacklist(
        &self,
        /// Request body (JSON).
        body: Option<&RefreshToken>,
    ) -> Result<()>;

    /// Refresh JWT token
    #[post("/api/token/refresh/")]
    #[tool(name = "refresh-jwt-token", hints(destructive = false))]
    async fn refresh(
        &self,
        /// Request body (JSON).
        body: Option<&RefreshToken>,
    ) -> Result<AccessToken>;

    /// Rotate JWT refresh token
    #[post("/api/token/rotate/")]
    #[tool(name = "rotate-jwt-refresh-token", hints(destructive = false))]
    async fn rotate(
        &self,
        /// The token (or API key) must be passed as a request header. You can find your user token on the User Account
        /// page in Label Studio. Example: <br><pre><code class=
        #[header("Authorization")]
        authorization: &str,
        /// Request body (JSON).
        body: Option<&RefreshToken>,
    ) -> Result<RefreshToken>;
}

/// The demo: one user with two API tokens. Nothing is stored.
struct InMemory;

fn token(name: &str) -> ApiToken {
    ApiToken {
        created_at: "2026-05-19T08:00:00Z".to_owned(),
        expires_at: "2027-05-19T08:00:00Z".to_owned(),
        token: name.to_owned(),
    }
}

fn given(body: Option<&RefreshToken>) -> Result<&RefreshToken> {
    body.ok_or_else(|| Error::new(StatusCode::BAD_REQUEST, "send the refresh token in the body"))
}

impl Tokens for InMemory {
    async fn list(&self, ordering: Option<&str>, _authorization: &str) -> Result<Vec<ApiToken>> {
        let mut tokens = vec![token("demo-1"), token("demo-2")];
        if ordering.is_some_and(|field| field.starts_with('-')) {
            tokens.reverse();
        }
        Ok(tokens)
    }

    async fn create(&self, _authorization: &str) -> Result<ApiToken> {
        Ok(token("demo-3"))
    }

    async fn blacklist(&self, body: Option<&RefreshToken>) -> Result<()> {
        given(body).map(|_| ())
    }

    async fn refresh(&self, body: Option<&RefreshToken>) -> Result<AccessToken> {
        Ok(AccessToken { access: format!("access-for-{}", given(body)?.refresh) })
    }

    async fn rotate(&self, _authorization: &str, body: Option<&RefreshToken>) -> Result<RefreshToken> {
        Ok(RefreshToken { refresh: format!("{}-rotated", given(body)?.refresh) })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    naftiko::run(TokensClient::from_env).demo(|| InMemory).await
}
