//! Capabilities built on others: methods that promise to read only, and call what may write.

use naftiko::{Result, capability};

/// Sends bills.
#[capability(consumes(namespace = "billing", base_uri = "https://billing.example"))]
pub trait Billing {
    /// Reads a bill.
    #[get("/bills/{id}")]
    async fn bill(&self, id: u32) -> Result<String>;

    /// Charges a customer.
    #[post("/customers/{id}/charges")]
    async fn charge(&self, id: u32) -> Result<()>;
}

/// Promises too much.
#[capability(
    consumes(namespace = "own", base_uri = "https://own.example"),
    uses(billing: Billing),
    exposes(rest(port = 8080), mcp(namespace = "first", port = 9090), mcp(namespace = "second", port = 9091))
)]
pub trait Promises {
    /// Claims to be read-only.
    #[tool(hints(read_only))]
    async fn claims(&self, id: u32) -> Result<String> {
        self.billing().charge(id).await?;
        self.billing().bill(id).await
    }

    /// Is a GET.
    #[rest(get = "/charges/{id}")]
    async fn gets(&self, id: u32) -> Result<()> {
        self.billing().charge(id).await
    }

    /// Passes it on.
    #[rest(get = "/bills/{id}")]
    async fn passes_on(&self, id: u32) -> Result<String> {
        first(self.billing(), id).await
    }

    /// Calls a helper.
    #[tool(hints(read_only))]
    async fn calls_a_helper(&self, id: u32) -> Result<()> {
        self.helper(id).await
    }

    /// Calls its own API.
    #[tool(hints(read_only))]
    async fn calls_its_api(&self, id: u32) -> Result<()> {
        self.write(id).await
    }

    /// Says that it writes.
    #[rest(get = "/written/{id}")]
    #[tool(hints(read_only = false))]
    async fn says_so(&self, id: u32) -> Result<()> {
        self.billing().charge(id).await
    }

    /// Is allowed.
    #[tool(hints(read_only), allow(understated_hint, reason = "the charge is a trial"))]
    async fn is_allowed(&self, id: u32) -> Result<()> {
        self.billing().charge(id).await
    }

    /// Says for one adapter alone that it writes.
    #[rest(get = "/partly/{id}")]
    #[tool(on = "first", hints(read_only = false))]
    #[tool(on = "second")]
    async fn says_so_once(&self, id: u32) -> Result<()> {
        self.billing().charge(id).await
    }

    /// Writes.
    #[post("/written")]
    #[skip]
    async fn write(&self, body: u32) -> Result<()>;

    #[skip]
    async fn helper(&self, id: u32) -> Result<()> {
        self.billing().charge(id).await
    }
}

/// Replaces an operation that its document says only reads.
#[capability(document = "tests/ui/documents/things.naftiko.yaml", uses(billing: Billing))]
pub trait Replaces {
    async fn read(&self, id: &str, part: Option<&str>) -> Result<String> {
        self.billing().charge(1).await?;
        Ok(format!("{id} {part:?}"))
    }
}

async fn first(billing: &impl Billing, id: u32) -> Result<String> {
    billing.bill(id).await
}

fn main() {}
