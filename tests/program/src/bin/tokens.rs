//! A program of one capability, with a demo and a layer.

use naftiko_program_tests::{InMemory, TokensClient};
use tower::util::MapResponseLayer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> naftiko::Result<()> {
    let stamp = MapResponseLayer::new(|mut response: axum::response::Response| {
        response.headers_mut().insert("x-layer", naftiko::http::HeaderValue::from_static("seen"));
        response
    });
    naftiko::run(TokensClient::from_env).demo(InMemory::filled).layer(stamp).await
}
