//! Payments of Stripe: nested forms, an idempotency key, lists in brackets, a range as an object, a file.
//!
//! ```sh
//! STRIPE_KEY=sk_test_… cargo run --example stripe -- serve
//! curl -H 'Idempotency-Key: 1' --json '{"amount": 1000, "currency": "eur"}' http://127.0.0.1:8080/v1/payment_intents
//! curl -F purpose=dispute_evidence -F file=@receipt.pdf http://127.0.0.1:8080/v1/files
//! ```
//!
//! `stripe.naftiko.yaml` beside this file is the same capability as a document; both send the same requests.

use naftiko::{Result, Upload, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A payment to create.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct NewPayment {
    /// The amount, in the smallest unit of the currency.
    pub amount: u64,
    /// The currency, as a lower-case ISO 4217 code.
    #[schemars(length(equal = 3))]
    pub currency: String,
    /// The accepted payment methods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payment_method_types: Vec<String>,
    /// The shipping address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping: Option<Shipping>,
    /// The caller's own data.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// The parts of the answer to return as objects instead of IDs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expand: Vec<String>,
}

/// A shipping address.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Shipping {
    /// The recipient.
    pub name: String,
    /// The address.
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
    /// Its status.
    pub status: String,
}

/// Times, in seconds since 1970.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Range {
    /// The earliest time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gte: Option<u64>,
    /// The end, exclusive.
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

/// An uploaded file.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct StoredFile {
    /// Its ID.
    pub id: String,
}

/// Creates and lists Stripe payments, and uploads files.
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
    /// Creates a payment. With an idempotency key, repeated requests create it only once.
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

    /// Uploads a file.
    #[post("/files", consumes = "stripe-files", errors(400))]
    #[tool(hints(destructive = false))]
    async fn hand_in(&self, #[part] purpose: &str, #[part(limit = "16MiB")] file: Upload) -> Result<StoredFile>;
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    naftiko::run(StripeClient::from_env).await
}
