//! Helpers for tests: an upstream that sends planned answers and records the requests that it gets.
//!
//! ```
//! use naftiko_runtime::testing::{Answer, Upstream};
//! use serde_json::json;
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let upstream = Upstream::start().await;
//! upstream.answer("GET", "/users/{id}", Answer::json(200, json!({ "id": "u-1" })));
//!
//! // Point a generated client at it with `TokenInfoClient::builder().base_uri(upstream.url()).build()`.
//! reqwest::get(format!("{}/users/u-1?full=true", upstream.url())).await.unwrap();
//!
//! let requests = upstream.requests();
//! assert_eq!(requests[0].method, "GET");
//! assert_eq!(requests[0].path_and_query, "/users/u-1?full=true");
//! # });
//! ```

mod answer;
mod closed;
mod upstream;

pub use answer::Answer;
pub use upstream::{Recorded, Upstream};
