//! A program of two capabilities: one with a client, one implemented by hand.

use naftiko_program_tests::{Echo, InMemory, TokensClient, Wall};

#[tokio::main(flavor = "current_thread")]
async fn main() -> naftiko::Result<()> {
    naftiko::run(TokensClient::from_env).demo(InMemory::filled).and(|| Ok(Wall.into_capability())).await
}
