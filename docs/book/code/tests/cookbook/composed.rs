//! A capability that is built on others.

// part: all
use naftiko::{Result, capability};

/// Looks up what customers owe.
#[capability(
    binds(env(BILLING_KEY)),
    consumes(
        namespace = "billing",
        base_uri = "https://billing.example",
        authentication(bearer = "{{env.BILLING_KEY}}"),
    )
)]
pub trait Billing {
    /// Adds up the unpaid bills of a customer, in cents.
    #[get("/customers/{id}/amount-due")]
    async fn amount_due(&self, id: u32) -> Result<u64>;
}

/// Sends messages to customers.
#[capability(consumes(namespace = "mail", base_uri = "https://mail.example"))]
pub trait Mail {
    /// Sends a message to a customer.
    #[post("/customers/{id}/messages", status = 202)]
    async fn send(&self, id: u32, body: &str) -> Result<()>;
}

/// Reminds customers of what they owe.
#[capability(uses(billing: Billing, mail: Mail), exposes(rest(port = 8080), mcp(port = 9090)))]
pub trait Reminders {
    /// Reads what a customer owes, in cents.
    #[rest(get = "/customers/{id}/debt")]
    async fn debt(&self, id: u32) -> Result<u64> {
        self.billing().amount_due(id).await
    }

    /// Reminds a customer who owes something; returns whether a message was sent.
    #[rest(post = "/customers/{id}/reminder")]
    #[tool(hints(destructive = false))]
    async fn remind(&self, id: u32) -> Result<bool> {
        let due = self.billing().amount_due(id).await?;
        if due > 0 {
            self.mail().send(id, &format!("You owe {due} cents.")).await?;
        }
        Ok(due > 0)
    }
}
// end: all

use naftiko::ErrorKind;
use naftiko::testing::{Answer, Upstream};
use serde_json::json;

// part: fake
/// A mailer that sends nothing.
struct Silent;

impl Mail for Silent {
    async fn send(&self, _id: u32, _body: &str) -> Result<()> {
        Ok(())
    }
}
// end: fake

#[tokio::test]
async fn the_client_calls_any_implementation_of_the_used_traits() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/customers/7/amount-due", Answer::json(200, json!(1250)));
    let billing = BillingClient::builder().base_uri(upstream.url()).bind("BILLING_KEY", "s3cret").build().unwrap();
    // part: new
    let reminders = RemindersClient::new(billing, Silent);
    assert!(reminders.remind(7).await.unwrap());
    // end: new
    upstream.answer("GET", "/customers/7/amount-due", Answer::json(500, json!({})));
    let error = reminders.remind(7).await.unwrap_err();
    assert_eq!((error.kind(), error.api()), (ErrorKind::BadAnswer, Some("billing")));
}
