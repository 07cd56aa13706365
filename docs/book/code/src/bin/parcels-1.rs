//! The parcels that a shop sends, served as routes and tools.

use naftiko::{Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A parcel.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Parcel {
    /// Its number.
    pub id: u32,
    /// Who gets it.
    pub recipient: String,
    /// Its weight in grams.
    pub weight: u32,
    /// Whether it has arrived.
    pub arrived: bool,
}

/// Sends and tracks parcels.
#[capability(
    binds(env(PARCELS_KEY)),
    consumes(
        namespace = "parcels",
        base_uri = "https://parcels.example/api",
        authentication(bearer = "{{env.PARCELS_KEY}}"),
    ),
    exposes(rest(port = 8080, prefix = "/v1"), mcp(port = 9090))
)]
pub trait Parcels {
    /// Lists all parcels, or only those of one recipient.
    #[get("/parcels")]
    async fn list(
        &self,
        /// The name of the recipient.
        recipient: Option<&str>,
    ) -> Result<Vec<Parcel>>;
}

/// An in-memory implementation, instead of the API.
struct InMemory {
    parcels: Vec<Parcel>,
}

impl Default for InMemory {
    fn default() -> Self {
        let parcels = vec![
            Parcel { id: 1, recipient: "Ada".into(), weight: 500, arrived: true },
            Parcel { id: 2, recipient: "Grace".into(), weight: 1200, arrived: false },
        ];
        Self { parcels }
    }
}

impl Parcels for InMemory {
    async fn list(&self, recipient: Option<&str>) -> Result<Vec<Parcel>> {
        let wanted = |parcel: &&Parcel| recipient.is_none_or(|recipient| parcel.recipient == recipient);
        Ok(self.parcels.iter().filter(wanted).cloned().collect())
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    naftiko::run(ParcelsClient::from_env).demo(InMemory::default).await
}
