//! A program whose only tool needs approval, with a folder of resources.

use naftiko::{Result, capability};

/// Pays bills.
#[capability(exposes(mcp(port = 9090, resources(sources(uri = "docs://sources", location = "src")))))]
pub trait Bills {
    /// Pays a bill.
    #[tool(confirm)]
    async fn pay(&self, cents: u64) -> Result<u64>;
}

#[derive(Clone)]
struct Wallet;

impl Bills for Wallet {
    async fn pay(&self, cents: u64) -> Result<u64> {
        Ok(cents)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    naftiko::run(|| Ok(Wallet.into_capability())).await
}
