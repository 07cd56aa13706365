//! The seed capabilities: their traits lower to the documents that are published, value for value.

use naftiko::Error;
use naftiko::http::StatusCode;
use serde_json::Value;

/// Types of no consequence here: the published documents say nothing of them.
macro_rules! record {
    ($($name:ident),*) => {$(
        /// A record.
        #[derive(Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub struct $name {
            /// Its name.
            pub name: String,
        }
    )*};
}

/// What every operation here answers.
fn nothing<T>() -> naftiko::Result<T> {
    Err(Error::new(StatusCode::NOT_IMPLEMENTED, "nobody calls this"))
}

pub mod logto_subject_tokens {
    use super::nothing;
    use naftiko::{Result, capability};

    record!(NewSubjectToken, SubjectToken);

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
        #[tool(name = "create-new-subject-token")]
        async fn create_subject_token(
            &self,
            /// Request body (JSON).
            body: &NewSubjectToken,
        ) -> Result<SubjectToken>;
    }

    pub struct Nothing;

    impl SubjectTokens for Nothing {
        async fn create_subject_token(&self, _body: &NewSubjectToken) -> Result<SubjectToken> {
            nothing()
        }
    }
}

pub mod label_studio_tokens {
    use super::nothing;
    use naftiko::{Result, capability};

    record!(ApiToken, RefreshToken, AccessToken);

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
        #[tool(name = "create-api-token")]
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
            hints(read_only),
            allow(understated_hint, reason = "as published; it does write")
        )]
        async fn blacklist(
            &self,
            /// Request body (JSON).
            body: Option<&RefreshToken>,
        ) -> Result<()>;

        /// Refresh JWT token
        #[post("/api/token/refresh/")]
        #[tool(name = "refresh-jwt-token")]
        async fn refresh(
            &self,
            /// Request body (JSON).
            body: Option<&RefreshToken>,
        ) -> Result<AccessToken>;

        /// Rotate JWT refresh token
        #[post("/api/token/rotate/")]
        #[tool(name = "rotate-jwt-refresh-token")]
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

    pub struct Nothing;

    impl Tokens for Nothing {
        async fn list(&self, _ordering: Option<&str>, _authorization: &str) -> Result<Vec<ApiToken>> {
            nothing()
        }

        async fn create(&self, _authorization: &str) -> Result<ApiToken> {
            nothing()
        }

        async fn blacklist(&self, _body: Option<&RefreshToken>) -> Result<()> {
            nothing()
        }

        async fn refresh(&self, _body: Option<&RefreshToken>) -> Result<AccessToken> {
            nothing()
        }

        async fn rotate(&self, _authorization: &str, _body: Option<&RefreshToken>) -> Result<RefreshToken> {
            nothing()
        }
    }
}

pub mod humanitec_tokeninfo {
    use super::nothing;
    use naftiko::{Result, capability};

    record!(Token, NewToken, IssuedToken);

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
        #[tool(name = "creates-new-static-token-user")]
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

    pub struct Nothing;

    impl TokenInfo for Nothing {
        async fn list_user_tokens(&self, _user_id: &str) -> Result<Vec<Token>> {
            nothing()
        }

        async fn create_user_token(&self, _user_id: &str, _body: &NewToken) -> Result<IssuedToken> {
            nothing()
        }

        async fn get_user_token(&self, _user_id: &str, _token_id: &str) -> Result<Token> {
            nothing()
        }

        async fn delete_user_token(&self, _user_id: &str, _token_id: &str) -> Result<()> {
            nothing()
        }
    }
}

pub mod stackrox_apitokens {
    use super::nothing;
    use naftiko::{Result, capability};

    record!(TokenList, NewToken, GeneratedToken, TokenMetadata);

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
        #[tool(name = "generatetoken-generates-api-token-given")]
        async fn generate_token(
            &self,
            /// Request body (JSON).
            body: &NewToken,
        ) -> Result<GeneratedToken>;

        /// RevokeToken removes the API token for a given id.
        #[patch("/v1/apitokens/revoke/{id}", name = "revoketoken")]
        #[tool(name = "revoketoken-removes-api-token-given", hints(idempotent))]
        async fn revoke_token(&self, id: &str) -> Result<()>;

        /// GetAPIToken returns API token metadata for a given id.
        #[get("/v1/apitokens/{id}", name = "getapitoken")]
        #[tool(name = "getapitoken-returns-api-token-metadata")]
        async fn get_api_token(&self, id: &str) -> Result<TokenMetadata>;
    }

    pub struct Nothing;

    impl ApiTokens for Nothing {
        async fn get_api_tokens(&self, _revoked: Option<bool>) -> Result<TokenList> {
            nothing()
        }

        async fn generate_token(&self, _body: &NewToken) -> Result<GeneratedToken> {
            nothing()
        }

        async fn revoke_token(&self, _id: &str) -> Result<()> {
            nothing()
        }

        async fn get_api_token(&self, _id: &str) -> Result<TokenMetadata> {
            nothing()
        }
    }
}

pub mod logto_create_resource {
    use super::nothing;
    use naftiko::{Result, capability};

    record!(NewResource, Resource);

    /// Creates the API resources of a Logto tenant.
    #[capability(
        label = "Logto API references — Resources",
        tags = ["Logto", "Resources"],
        binds(env(LOGTO_API_KEY)),
        consumes(
            namespace = "logto-resources",
            base_uri = "https://[tenant_id].logto.app",
            authentication(bearer = "{{env.LOGTO_API_KEY}}"),
        ),
        exposes(rest(port = 8080, prefix = "/v1"), mcp(port = 9090)),
    )]
    pub trait Resources {
        /// Create an API resource in the current tenant.
        #[post("/api/resources", status = 201, errors(400, 401, 403, 422))]
        async fn create_resource(&self, body: &NewResource) -> Result<Resource>;
    }

    pub struct Nothing;

    impl Resources for Nothing {
        async fn create_resource(&self, _body: &NewResource) -> Result<Resource> {
            nothing()
        }
    }
}

/// A published document.
fn published(yaml: &str) -> Value {
    serde_saphyr::from_str(yaml).unwrap()
}

/// The document of a capability.
fn document(capability: &naftiko::Capability) -> Value {
    serde_json::to_value(capability.document()).unwrap()
}

#[test]
fn subject_tokens_are_as_published() {
    use logto_subject_tokens::{Nothing, SubjectTokens};
    let yaml = include_str!("documents/logto-subject-tokens.yaml");
    assert_eq!(document(&Nothing.into_capability()), published(yaml));
}

#[test]
fn label_studio_is_as_published() {
    use label_studio_tokens::{Nothing, Tokens};
    let yaml = include_str!("documents/label-studio-subpackage-tokens.yaml");
    assert_eq!(document(&Nothing.into_capability()), published(yaml));
}

#[test]
fn humanitec_is_as_published() {
    use humanitec_tokeninfo::{Nothing, TokenInfo};
    let yaml = include_str!("documents/humanitec-tokeninfo.yaml");
    assert_eq!(document(&Nothing.into_capability()), published(yaml));
}

#[test]
fn stackrox_is_as_published() {
    use stackrox_apitokens::{ApiTokens, Nothing};
    let yaml = include_str!("documents/stackrox-apitokenservice.yaml");
    assert_eq!(document(&Nothing.into_capability()), published(yaml));
}

#[test]
fn a_resource_is_named_after_its_path() {
    use logto_create_resource::{Nothing, Resources};
    let document = document(&Nothing.into_capability());
    let operation = &document["capability"]["consumes"][0]["resources"][0];
    assert_eq!(operation["name"], "api-resources");
    assert_eq!(operation["operations"][0]["name"], "create-resource");
    assert_eq!(document["capability"]["exposes"][0]["resources"][0]["path"], "/v1/api/resources");
    assert_eq!(document["capability"]["exposes"][1]["tools"][0]["name"], "create-resource");
}
