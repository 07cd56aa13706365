//! Payments of Stripe: nested forms, an idempotency key, lists in brackets, a range as an object, a file.
//!
//! ```sh
//! STRIPE_KEY=sk_test_… cargo run --example stripe -- serve
//! curl -H 'Idempotency-Key: 1' --json '{"amount": 1000, "currency": "eur"}' http://127.0.0.1:8080/v1/payment_intents
//! curl -F purpose=dispute_evidence -F file=@receipt.pdf http://127.0.0.1:8080/v1/files
//! ```
//!
//! `stripe.naftiko.yaml` beside it is its document, and sends the same requests.

use naftiko::{Result, Upload, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A payment to be made.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct NewPayment {
    /// How much, in the smallest unit of the currency.
    pub amount: u64,
    /// The currency, in three small letters.
    #[schemars(length(equal = 3))]
    pub currency: String,
    /// The ways in which it may be paid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payment_method_types: Vec<String>,
    /// Where the goods go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping: Option<Shipping>,
    /// What the caller wants to remember of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Which parts of the answer are objects and not IDs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expand: Vec<String>,
}

/// Where goods go.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Shipping {
    /// To whom.
    pub name: String,
    /// To which address.
    pub address: Address,
}

/// An address.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Address {
    /// Street and number.
    pub line1: String,
    /// The country, in two letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// A payment.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Payment {
    /// Its ID.
    pub id: String,
    /// What has become of it.
    pub status: String,
}

/// Times, in seconds since 1970.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Range {
    /// Not before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gte: Option<u64>,
    /// Before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lt: Option<u64>,
}

/// One page of payments.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Payments {
    /// The payments.
    pub data: Vec<Payment>,
    /// Whether there are more.
    pub has_more: bool,
}

/// A file that Stripe has.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct StoredFile {
    /// Its ID.
    pub id: String,
}

/// Makes and lists payments of Stripe, and hands in files.
#[capability(
    binds(env(STRIPE_KEY)),
    consumes(
        namespace = "stripe",
        base_uri = "https://api.stripe.com/v1",
        authentication(bearer = "{{env.STRIPE_KEY}}"),
        header("Stripe-Version" = "2024-10-28"),
    ),
    consumes(
        namespace = "stripe-files",
        base_uri = "https://files.stripe.com/v1",
        authentication(bearer = "{{env.STRIPE_KEY}}"),
    ),
    exposes(rest(port = 8080, prefix = "/v1"), mcp(port = 9090)),
)]
pub trait Stripe {
    /// Makes a payment. With an idempotency key it is made once, however often it is asked for.
    #[post("/payment_intents", consumes = "stripe", status = 200, errors(400, 402))]
    async fn create_payment(
        &self,
        #[header("Idempotency-Key")] key: Option<&str>,
        #[body(form, lists = "brackets")] body: &NewPayment,
    ) -> Result<Payment>;

    /// Reads a payment.
    #[get("/payment_intents/{id}", consumes = "stripe", errors(404))]
    async fn read_payment(&self, id: &str, #[query(style = "brackets")] expand: Option<&[String]>) -> Result<Payment>;

    /// Lists payments.
    #[get("/payment_intents", consumes = "stripe")]
    async fn list_payments(
        &self,
        #[query(style = "deep")] created: Option<&Range>,
        #[query(default = 10)]
        #[schemars(range(min = 1, max = 100))]
        limit: u32,
    ) -> Result<Payments>;

    /// Hands in a file.
    #[post("/files", consumes = "stripe-files", errors(400))]
    #[tool(hints(destructive = false))]
    async fn hand_in(&self, #[part] purpose: &str, #[part(limit = "16MiB")] file: Upload) -> Result<StoredFile>;
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    naftiko::run(StripeClient::from_env).await
}
