//! Errors by status.

// part: all
use naftiko::{Error, Result, UpstreamError, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A room.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Room {
    /// Its name.
    pub name: String,
}

/// The API's description of a conflict.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Conflict {
    /// Until when the room is taken.
    pub until: String,
}

/// Why there is no booking.
#[derive(Debug, UpstreamError)]
pub enum BookingError {
    /// There is no such room.
    #[status(404)]
    NoRoom,
    /// The room is taken.
    #[status(409)]
    Taken(Conflict),
    #[other]
    Other(Error),
}

/// Books rooms.
#[capability(
    consumes(namespace = "rooms", base_uri = "https://rooms.example"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Rooms {
    /// Looks up a room.
    #[get("/rooms/{name}", none_on(404))]
    async fn room(&self, name: &str) -> Result<Option<Room>>;

    /// Books a room.
    #[post("/rooms/{name}/bookings", status = 201)]
    async fn book(&self, name: &str) -> Result<(), BookingError>;

    /// Books a room, or another one if it is taken.
    #[rest(post = "/bookings")]
    async fn book_either(&self, name: &str, or: &str) -> Result<(), BookingError> {
        match self.book(name).await {
            Err(BookingError::Taken(_)) => self.book(or).await,
            done => done,
        }
    }
}
// end: all

use naftiko::testing::{Answer, Upstream};
use serde_json::json;

#[tokio::test]
async fn each_status_is_a_variant() {
    let upstream = Upstream::start().await;
    upstream
        .answer("GET", "/rooms/attic", Answer::status(404))
        .answer("POST", "/rooms/blue/bookings", Answer::json(409, json!({ "until": "noon" })))
        .answer("POST", "/rooms/green/bookings", Answer::status(201))
        .answer("POST", "/rooms/attic/bookings", Answer::status(404));
    let client = RoomsClient::builder().base_uri(upstream.url()).build().unwrap();
    assert!(client.room("attic").await.unwrap().is_none());
    assert!(matches!(client.book("blue").await, Err(BookingError::Taken(taken)) if taken.until == "noon"));
    client.book_either("blue", "green").await.unwrap();

    let router = client.into_capability().rest_router();
    let post = naftiko::http::Request::post("/rooms/attic/bookings").body(String::new()).unwrap();
    let (status, text) = crate::ask(&router, post).await;
    assert!(status == 404 && text.contains("There is no such room."), "{text}");
}
