//! API resources of Logto: a body whose lengths and format are enforced, a default, the status 201, and error statuses
//! in OpenAPI.
//!
//! ```sh
//! cargo run --example logto_create_resource -- serve --demo
//! curl http://127.0.0.1:8080/v1/api/resources --json '{"name": "orders", "indicator": "https://api.example.com/orders"}'
//! ```

use naftiko::{Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The API resource to create.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewResource {
    /// The tenant; the current one if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 21))]
    pub tenant_id: Option<String>,
    /// The name of the resource.
    #[schemars(length(min = 1))]
    pub name: String,
    /// The unique resource indicator. Should be a valid URI.
    #[schemars(url, length(min = 1))]
    pub indicator: String,
    /// The access token TTL in seconds. It affects the exp claim of the access token granted for this resource.
    #[serde(default = "an_hour")]
    pub access_token_ttl: f64,
}

fn an_hour() -> f64 {
    3600.0
}

/// An API resource.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// Its tenant.
    #[schemars(length(max = 21))]
    pub tenant_id: String,
    /// Its identifier.
    #[schemars(length(min = 1, max = 21))]
    pub id: String,
    /// Its name.
    #[schemars(length(min = 1))]
    pub name: String,
    /// The unique resource indicator.
    #[schemars(length(min = 1))]
    pub indicator: String,
    /// Whether it is the tenant's default.
    pub is_default: bool,
    /// The access token TTL in seconds.
    pub access_token_ttl: f64,
    /// Its scopes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Scope>>,
}

/// A permission of an API resource.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Scope {
    /// Its tenant.
    #[schemars(length(max = 21))]
    pub tenant_id: String,
    /// Its identifier.
    #[schemars(length(min = 1, max = 21))]
    pub id: String,
    /// The resource that it is part of.
    #[schemars(length(min = 1, max = 21))]
    pub resource_id: String,
    /// Its name.
    #[schemars(length(min = 1, max = 256))]
    pub name: String,
    /// What it permits.
    pub description: Option<String>,
    /// When it was made, in milliseconds since 1970.
    pub created_at: f64,
}

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

/// The demo: answers as if it had created the resource, and stores nothing.
struct InMemory;

impl Resources for InMemory {
    async fn create_resource(&self, body: &NewResource) -> Result<Resource> {
        Ok(Resource {
            tenant_id: body.tenant_id.clone().unwrap_or_else(|| "default".to_owned()),
            id: "demo-resource".to_owned(),
            name: body.name.clone(),
            indicator: body.indicator.clone(),
            is_default: false,
            access_token_ttl: body.access_token_ttl,
            scopes: Some(Vec::new()),
        })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    naftiko::run(ResourcesClient::from_env).demo(|| InMemory).await
}
