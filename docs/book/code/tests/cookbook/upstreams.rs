//! A capability that calls several upstreams.

// part: all
use naftiko::{Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A customer.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Customer {
    /// Their name.
    pub name: String,
}

/// A customer and what they owe.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// Their name.
    pub name: String,
    /// The amount due, in cents.
    pub amount_due: u64,
}

/// Looks up what customers owe.
#[capability(
    binds(env(BILLING_KEY)),
    consumes(namespace = "crm", base_uri = "https://crm.example"),
    consumes(
        namespace = "billing",
        base_uri = "https://billing.example",
        authentication(bearer = "{{env.BILLING_KEY}}"),
    ),
    exposes(rest(namespace = "accounts-rest", port = 8080), mcp(namespace = "accounts-mcp", port = 9090))
)]
pub trait Accounts {
    /// Reads a customer.
    #[get("/customers/{id}", consumes = "crm")]
    #[skip]
    async fn customer(&self, id: u32) -> Result<Customer>;

    /// Adds up the unpaid bills of a customer, in cents.
    #[get("/customers/{id}/amount-due", consumes = "billing")]
    #[skip]
    async fn amount_due(&self, id: u32) -> Result<u64>;

    /// Reads the account of a customer.
    #[rest(get = "/accounts/{id}")]
    async fn account(&self, id: u32) -> Result<Account> {
        // Both are asked at the same time; the first error ends the operation.
        let (customer, amount_due) = tokio::try_join!(self.customer(id), self.amount_due(id))?;
        Ok(Account { name: customer.name, amount_due })
    }
}
// end: all

use naftiko::testing::{Answer, Upstream};
use serde_json::json;

#[tokio::test]
async fn each_api_gets_its_own_request_and_only_its_own_credential() {
    let (crm, billing) = (Upstream::start().await, Upstream::start().await);
    crm.answer("GET", "/customers/7", Answer::json(200, json!({ "name": "Ada" })));
    billing.answer("GET", "/customers/7/amount-due", Answer::json(200, json!(1250)));
    // part: client
    let client = AccountsClient::builder()
        .base_uri_of("crm", crm.url())
        .base_uri_of("billing", billing.url())
        .bind("BILLING_KEY", "s3cret")
        .build()
        .unwrap();
    // end: client
    let account = client.account(7).await.unwrap();
    assert_eq!((account.name.as_str(), account.amount_due), ("Ada", 1250));
    assert_eq!(crm.requests()[0].header("authorization"), None);
    assert_eq!(billing.requests()[0].header("authorization"), Some("Bearer s3cret"));
}

mod articles {
    // part: credentials
    use naftiko::{Result, capability};

    /// Publishes articles.
    #[capability(
        binds(env(READER_KEY, EDITOR_KEY)),
        consumes(
            namespace = "articles",
            base_uri = "https://articles.example",
            authentication(bearer = "{{env.READER_KEY}}"),
        ),
        consumes(
            namespace = "articles-editor",
            base_uri = "https://articles.example",
            authentication(bearer = "{{env.EDITOR_KEY}}"),
        ),
        exposes(rest(port = 8080), mcp(port = 9090))
    )]
    pub trait Articles {
        /// Lists the titles.
        #[get("/titles", consumes = "articles")]
        async fn titles(&self) -> Result<Vec<String>>;

        /// Deletes an article.
        #[delete("/articles/{id}", consumes = "articles-editor")]
        async fn delete(&self, id: u32) -> Result<()>;
    }
    // end: credentials
}

#[tokio::test]
async fn methods_of_one_api_send_the_credential_of_their_entry() {
    use articles::{Articles, ArticlesClient};
    let api = Upstream::start().await;
    api.answer("GET", "/titles", Answer::json(200, json!(["News"])));
    api.answer("DELETE", "/articles/7", Answer::status(204));
    // part: editor
    let client = ArticlesClient::builder()
        .base_uri_of("articles", api.url())
        .base_uri_of("articles-editor", api.url())
        .bind("READER_KEY", "reader")
        .bind("EDITOR_KEY", "editor")
        .build()
        .unwrap();
    // end: editor
    assert_eq!(client.titles().await.unwrap(), ["News"]);
    client.delete(7).await.unwrap();
    let sent = api.requests();
    assert_eq!(sent[0].header("authorization"), Some("Bearer reader"));
    assert_eq!(sent[1].header("authorization"), Some("Bearer editor"));
}
