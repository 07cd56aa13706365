//! Mistakes in `#[derive(UpstreamError)]`.

use naftiko::{Error, UpstreamError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The body of an error of the API.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    code: String,
}

/// A type without a schema.
#[derive(Debug)]
pub struct Plain;

#[derive(Debug, UpstreamError)]
pub enum NoOther {
    #[status(404)]
    NotFound,
}

#[derive(Debug, UpstreamError)]
pub enum Statuses {
    #[status(404)]
    NotFound,
    #[status(404)]
    Again,
    #[status(200)]
    Success,
    #[status(503)]
    Busy,
    #[status(407)]
    Proxy,
    #[status("409")]
    Text,
    #[status]
    Missing,
    #[status(409, 410)]
    Two,
    #[status(411)]
    #[status(412)]
    Twice,
    Unsaid,
    #[other]
    Other(Error),
    #[other]
    More(Error),
}

#[derive(Debug, UpstreamError)]
pub enum Shapes {
    #[status(409)]
    Pair(Problem, Problem),
    #[status(410)]
    Named { problem: Problem },
    #[other]
    Other,
}

#[derive(Debug, UpstreamError)]
pub enum OtherPair {
    #[other(404)]
    Other(Error, Error),
}

#[derive(Debug, UpstreamError)]
pub enum Generic<T> {
    #[status(409)]
    Conflict(T),
    #[other]
    Other(Error),
}

#[derive(Debug, UpstreamError)]
pub struct Struct {
    error: Error,
}

#[derive(Debug, UpstreamError)]
#[naftiko(crate)]
pub enum Crate {
    #[other]
    Other(Error),
}

#[derive(Debug, UpstreamError)]
pub enum Types {
    #[status(409)]
    Conflict(Plain),
    #[other]
    Other(String),
}

// Code that uses a trait or an error with mistakes causes no further errors.

/// Reads things.
#[naftiko::capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 1), mcp(port = 2))
)]
pub trait Things {
    /// Reads a thing.
    #[get("/things/{id}", none_of(404))]
    async fn read(&self, id: &str) -> Result<Option<String>, NoOther>;
}

#[derive(Default)]
struct Fake;

impl Things for Fake {
    async fn read(&self, _id: &str) -> Result<Option<String>, NoOther> {
        Err(NoOther::NotFound)
    }
}

fn main() {
    let _program = naftiko::run(ThingsClient::from_env).demo(Fake::default);
}
