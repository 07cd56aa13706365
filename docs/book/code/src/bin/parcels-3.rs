//! The parcels that a shop sends, served as routes and tools.

use naftiko::http::StatusCode;
use naftiko::{Error, Result, UpstreamError, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Mutex;

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

/// A parcel to send.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct NewParcel {
    /// Who gets it.
    #[schemars(length(min = 1, max = 80))]
    pub recipient: String,
    /// Its weight in grams.
    #[schemars(range(min = 1, max = 30000))]
    pub weight: u32,
}

/// The parcels on their way: their number and total weight.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Load {
    /// The number of parcels.
    pub parcels: usize,
    /// Their weight in grams.
    pub weight: u32,
}

/// Errors of reading a parcel.
#[derive(Debug, UpstreamError)]
pub enum ParcelError {
    /// No parcel has this number.
    #[status(404)]
    NotFound,
    // >>> new
    /// The parcel has already arrived.
    #[status(409)]
    Arrived,
    // <<<
    #[other]
    Other(Error),
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
    // >>> new
    #[tool(name = "find-parcels", label = "Find parcels")]
    // <<<
    async fn list(
        &self,
        /// The name of the recipient.
        // >>> new
        #[example("Ada")]
        // <<<
        recipient: Option<&str>,
    ) -> Result<Vec<Parcel>>;

    /// Reads a parcel.
    #[get("/parcels/{id}")]
    async fn parcel(
        &self,
        /// The number of the parcel.
        id: u32,
    ) -> Result<Parcel, ParcelError>;

    /// Sends a parcel.
    #[post("/parcels", status = 201)]
    async fn send(&self, body: &NewParcel) -> Result<Parcel>;

    // >>> new
    /// Cancels a parcel that has not arrived. It cannot be sent again: send a new one.
    #[delete("/parcels/{id}")]
    async fn cancel(
        &self,
        /// The number of the parcel.
        id: u32,
    ) -> Result<(), ParcelError>;

    // <<<
    /// Counts and weighs what is on its way.
    #[rest(get = "/load")]
    // >>> new
    #[tool(hints(read_only))]
    // <<<
    async fn load(&self) -> Result<Load> {
        let parcels = self.list(None).await?;
        let moving: Vec<&Parcel> = parcels.iter().filter(|parcel| !parcel.arrived).collect();
        if moving.is_empty() {
            return Err(Error::new(StatusCode::CONFLICT, "all parcels have arrived"));
        }
        Ok(Load { parcels: moving.len(), weight: moving.iter().map(|parcel| parcel.weight).sum() })
    }
}

/// An in-memory implementation, instead of the API.
struct InMemory {
    parcels: Mutex<Vec<Parcel>>,
}

impl Default for InMemory {
    fn default() -> Self {
        let parcels = vec![
            Parcel { id: 1, recipient: "Ada".into(), weight: 500, arrived: true },
            Parcel { id: 2, recipient: "Grace".into(), weight: 1200, arrived: false },
        ];
        Self { parcels: Mutex::new(parcels) }
    }
}

impl Parcels for InMemory {
    async fn list(&self, recipient: Option<&str>) -> Result<Vec<Parcel>> {
        let wanted = |parcel: &&Parcel| recipient.is_none_or(|recipient| parcel.recipient == recipient);
        Ok(self.parcels.lock().unwrap().iter().filter(wanted).cloned().collect())
    }

    async fn parcel(&self, id: u32) -> Result<Parcel, ParcelError> {
        let parcels = self.parcels.lock().unwrap();
        parcels.iter().find(|parcel| parcel.id == id).cloned().ok_or(ParcelError::NotFound)
    }

    async fn send(&self, body: &NewParcel) -> Result<Parcel> {
        let mut parcels = self.parcels.lock().unwrap();
        let id = parcels.iter().map(|parcel| parcel.id + 1).max().unwrap_or(1);
        let parcel = Parcel { id, recipient: body.recipient.clone(), weight: body.weight, arrived: false };
        parcels.push(parcel.clone());
        Ok(parcel)
    }
    // >>> new

    async fn cancel(&self, id: u32) -> Result<(), ParcelError> {
        let mut parcels = self.parcels.lock().unwrap();
        let place = parcels.iter().position(|parcel| parcel.id == id).ok_or(ParcelError::NotFound)?;
        if parcels[place].arrived {
            return Err(ParcelError::Arrived);
        }
        parcels.remove(place);
        Ok(())
    }
    // <<<
}

#[tokio::main]
async fn main() -> Result<()> {
    naftiko::run(ParcelsClient::from_env).demo(InMemory::default).await
}
