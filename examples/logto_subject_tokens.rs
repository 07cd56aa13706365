//! Subject tokens of Logto: one operation behind a bearer token, with a variable in the base URI.
//!
//! ```sh
//! cargo run --example logto_subject_tokens -- serve --demo
//! TENANT_ID=acme LOGTO_API_KEY=… cargo run --example logto_subject_tokens
//! ```

use naftiko::{Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Whom to impersonate.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewSubjectToken {
    /// The user to impersonate.
    pub user_id: String,
    /// The context for custom JWTs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Map<String, Value>>,
}

/// A token that stands for a user.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubjectToken {
    /// The token.
    pub subject_token: String,
    /// How long it is valid, in seconds.
    pub expires_in: f64,
}

/// Logto API references — Subject tokens. 1 operations. Lead operation: Create a new subject token.. Self-contained
/// Naftiko capability covering one Logto business surface.
#[capability(
    label = "Logto API references — Subject tokens",
    tags = ["Logto", "Subject tokens"],
    created = "2026-05-19",
    modified = "2026-05-19",
    binds(env(LOGTO_API_KEY)),
    consumes(
        namespace = "logto-subject-tokens",
        base_uri = "https://[tenant_id].logto.app",
        description = "Logto API references — Subject tokens business capability. Self-contained, no shared references.",
        authentication(bearer = "{{env.LOGTO_API_KEY}}"),
    ),
    exposes(
        rest(
            port = 8080,
            prefix = "/v1",
            description = "REST adapter for Logto API references — Subject tokens. One Spectral-compliant resource per consumed operation, prefixed with /v1.",
        ),
        mcp(
            port = 9090,
            description = "MCP adapter for Logto API references — Subject tokens. One tool per consumed operation, routed inline through this capability's consumes block.",
        ),
    ),
)]
pub trait SubjectTokens {
    /// Create a new subject token.
    #[post("/api/subject-tokens", name = "createsubjecttoken")]
    #[tool(name = "create-new-subject-token", hints(destructive = false))]
    async fn create_subject_token(
        &self,
        /// Request body (JSON).
        body: &NewSubjectToken,
    ) -> Result<SubjectToken>;
}

/// The demo: every user can be impersonated.
struct InMemory;

impl SubjectTokens for InMemory {
    async fn create_subject_token(&self, body: &NewSubjectToken) -> Result<SubjectToken> {
        Ok(SubjectToken { subject_token: format!("sub_{}", body.user_id), expires_in: 600.0 })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    naftiko::run(SubjectTokensClient::from_env).demo(|| InMemory).await
}
