//! A capability built on two others: its methods call their clients, and the hints of its tools follow from the operations
//! that they call.
//!
//! ```sh
//! cargo run --example reminders -- serve --demo
//! curl http://127.0.0.1:8080/v1/customers/7/debt
//! ```

use naftiko::{Result, capability};

/// Looks up what customers owe.
#[capability(
    binds(env(BILLING_API_KEY)),
    consumes(
        namespace = "billing",
        base_uri = "http://localhost:9001",
        authentication(bearer = "{{env.BILLING_API_KEY}}"),
    )
)]
pub trait Billing {
    /// Adds up the unpaid bills of a customer, in cents.
    #[get("/customers/{id}/amount-due")]
    async fn amount_due(&self, id: u32) -> Result<u64>;
}

/// Sends messages to customers.
#[capability(consumes(namespace = "mail", base_uri = "http://localhost:9002"))]
pub trait Mail {
    /// Sends a message to a customer. (It adds a message, and changes nothing else.)
    #[post("/customers/{id}/messages", status = 202)]
    #[tool(hints(destructive = false))]
    async fn send(&self, id: u32, body: &str) -> Result<()>;
}

/// Reminds customers of what they owe.
#[capability(
    label = "Reminders",
    uses(billing: Billing, mail: Mail),
    exposes(
        rest(namespace = "reminders-rest", port = 8080, prefix = "/v1"),
        mcp(namespace = "reminders-mcp", port = 9090)
    )
)]
pub trait Reminders {
    /// Reads what a customer owes, in cents.
    #[rest(get = "/customers/{id}/debt")]
    async fn debt(
        &self,
        /// The customer's number.
        id: u32,
    ) -> Result<u64> {
        self.billing().amount_due(id).await
    }

    /// Adds up what several customers owe, in cents.
    #[tool]
    async fn total(
        &self,
        /// The numbers of the customers.
        ids: Vec<u32>,
    ) -> Result<u64> {
        let mut total: u64 = 0;
        for id in ids {
            total = total.saturating_add(self.billing().amount_due(id).await?);
        }
        Ok(total)
    }

    /// Reminds a customer who owes something; returns whether a message was sent.
    #[rest(post = "/customers/{id}/reminder")]
    async fn remind(
        &self,
        /// The customer's number.
        id: u32,
    ) -> Result<bool> {
        let due = self.debt(id).await?;
        if due > 0 {
            self.mail().send(id, &format!("You owe {due} cents.")).await?;
        }
        Ok(due > 0)
    }
}

/// The demo: customers with odd numbers owe something, and no message is sent. `RemindersClient` calls it instead of
/// the two APIs.
struct InMemory;

impl Billing for InMemory {
    async fn amount_due(&self, id: u32) -> Result<u64> {
        Ok(if id % 2 == 1 { 850 } else { 0 })
    }
}

impl Mail for InMemory {
    async fn send(&self, _id: u32, _body: &str) -> Result<()> {
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    naftiko::run(RemindersClient::from_env).demo(|| RemindersClient::new(InMemory, InMemory)).await
}
