//! The parcels that a shop sends, served as routes and tools.

// >>> new
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::{Router, routing::get};
// <<<
use naftiko::http::StatusCode;
// >>> new
use naftiko::{CallerAuthentication, Error, Result, UpstreamError, capability};
// <<<
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
// >>> new
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
// <<<

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
    /// The parcel has already arrived.
    #[status(409)]
    Arrived,
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
    #[tool(name = "find-parcels", label = "Find parcels")]
    async fn list(
        &self,
        /// The name of the recipient.
        #[example("Ada")]
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

    /// Cancels a parcel that has not arrived. It cannot be sent again: send a new one.
    #[delete("/parcels/{id}")]
    async fn cancel(
        &self,
        /// The number of the parcel.
        id: u32,
    ) -> Result<(), ParcelError>;

    /// Counts and weighs what is on its way.
    #[rest(get = "/load")]
    #[tool(hints(read_only))]
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

    async fn cancel(&self, id: u32) -> Result<(), ParcelError> {
        let mut parcels = self.parcels.lock().unwrap();
        let place = parcels.iter().position(|parcel| parcel.id == id).ok_or(ParcelError::NotFound)?;
        if parcels[place].arrived {
            return Err(ParcelError::Arrived);
        }
        parcels.remove(place);
        Ok(())
    }
}

// >>> new
/// The state of the service.
#[derive(Clone)]
struct Shop {
    name: String,
    /// How many calls of routes and tools were not refused for their token.
    calls: Arc<AtomicUsize>,
}

/// Returns the service's own page, for everybody.
async fn home(State(shop): State<Shop>) -> String {
    format!("{} has answered {} calls.\n", shop.name, shop.calls.load(Ordering::Relaxed))
}

/// Counts the calls, except those without a valid token.
async fn count(State(shop): State<Shop>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if response.status() != StatusCode::UNAUTHORIZED {
        shop.calls.fetch_add(1, Ordering::Relaxed);
    }
    response
}

/// Returns the whole service, with anything that implements the trait. Callers of routes and tools must send the token.
fn app(shop: Shop, caller_token: String, parcels: impl Parcels + 'static) -> Result<Router> {
    let capability = parcels.into_capability().with_authentication(CallerAuthentication::bearer(caller_token));
    // Reports an empty token here, not in each caller's request.
    capability.check_callers()?;
    let counted = Router::new()
        .merge(capability.rest_router())
        .route_service("/mcp", capability.mcp_service())
        .layer(middleware::from_fn_with_state(shop.clone(), count));
    Ok(Router::new().route("/", get(home)).merge(counted).with_state(shop))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let shop = Shop { name: "The shop".into(), calls: Arc::default() };
    let app = app(shop, "let-me-in".into(), InMemory::default())?;
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:8080".into());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
// <<<
