//! The adapters inside an existing service, which keeps its own state, routes, middleware and fallback.
//!
//! ```sh
//! cargo run --example embed
//! curl http://127.0.0.1:3000/
//! curl http://127.0.0.1:3000/api/notes/1
//! ```

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Router, middleware};
use naftiko::{Error, Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A note.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// Its number.
    pub id: usize,
    /// Its text.
    pub text: String,
}

/// Reads the notes of this service.
#[capability(exposes(rest(port = 3000, prefix = "/api"), mcp(port = 3001)))]
pub trait Notes {
    /// Reads a note.
    #[rest(get = "/notes/{id}")]
    async fn read_note(
        &self,
        /// The note's number.
        id: usize,
    ) -> Result<Note> {
        // A default for implementations without notes; `OwnNotes` has its own.
        Err(Error::new(StatusCode::NOT_FOUND, format!("there is no note {id}")))
    }
}

/// The service's own code implements the trait: no upstream is called.
pub struct OwnNotes {
    pub notes: Vec<Note>,
}

impl Notes for OwnNotes {
    async fn read_note(&self, id: usize) -> Result<Note> {
        let found = self.notes.iter().find(|note| note.id == id).cloned();
        found.ok_or_else(|| Error::new(StatusCode::NOT_FOUND, format!("there is no note {id}")))
    }
}

/// The existing state of the service.
#[derive(Clone, Default)]
struct AppState {
    requests: Arc<AtomicUsize>,
}

async fn home(State(state): State<AppState>) -> String {
    format!("This service has answered {} requests.\n", state.requests.load(Ordering::Relaxed))
}

/// Returns the service, a plain axum router.
fn app() -> Router {
    let capability = OwnNotes { notes: vec![Note { id: 1, text: "Water the plants.".to_owned() }] }.into_capability();
    let state = AppState::default();
    let count = state.requests.clone();

    Router::new()
        .route("/", get(home))
        .merge(capability.rest_router())
        .route_service("/mcp", capability.mcp_service())
        .fallback(|| async { (StatusCode::NOT_FOUND, "Nothing here.\n") })
        .layer(middleware::map_request(move |request: axum::extract::Request| {
            count.fetch_add(1, Ordering::Relaxed);
            std::future::ready(request)
        }))
        .with_state(state)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app()).await
}
