//! Methods with Rust bodies that call operations of two upstreams, as `steps` do in a document: a tool, a resource and
//! a prompt.
//!
//! ```sh
//! cargo run --example orchestrate -- serve --demo
//! curl http://127.0.0.1:8080/v1/customers/c-1/summary
//! ```

use naftiko::{Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A customer.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Customer {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// An order.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    /// Its identifier.
    pub id: String,
    /// What it costs, in cents.
    pub total: u64,
    /// Whether it has been paid.
    pub paid: bool,
}

/// The part of a customer's data that an agent needs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// The customer's name.
    pub name: String,
    /// How many orders there are.
    pub orders: usize,
    /// The unpaid amount, in cents.
    pub open: u64,
}

/// Summarises what a customer has ordered and owes.
#[capability(
    label = "Customers and orders",
    binds(env(ORDERS_API_KEY)),
    consumes(namespace = "crm", base_uri = "http://localhost:9001"),
    consumes(
        namespace = "orders",
        base_uri = "http://localhost:9002",
        authentication(bearer = "{{env.ORDERS_API_KEY}}"),
    ),
    exposes(
        rest(namespace = "customers-rest", port = 8080, prefix = "/v1"),
        mcp(namespace = "customers-mcp", port = 9090)
    )
)]
pub trait Customers {
    /// Reads a customer. (Skipped: a building block that callers do not see.)
    #[get("/customers/{id}", consumes = "crm")]
    #[skip]
    async fn customer(&self, id: &str) -> Result<Customer>;

    /// Lists the orders of a customer.
    #[get("/orders", consumes = "orders")]
    #[output("$.orders")]
    #[skip]
    async fn orders(&self, customer: &str, paid: Option<bool>) -> Result<Vec<Order>>;

    /// Summarises a customer: name, number of orders, unpaid amount.
    #[rest(get = "/customers/{id}/summary")]
    async fn summary(
        &self,
        /// The customer's identifier.
        id: &str,
    ) -> Result<Summary> {
        // Both upstreams are asked at once; the first failure ends the operation.
        let (customer, orders) = tokio::try_join!(self.customer(id), self.orders(id, None))?;
        let open = orders.iter().filter(|order| !order.paid).map(|order| order.total).sum();
        Ok(Summary { name: customer.name, orders: orders.len(), open })
    }

    /// The unpaid orders of a customer.
    #[resource(uri = "customers://{id}/open-orders")]
    async fn open_orders(&self, id: &str) -> Result<Vec<Order>> {
        self.orders(id, Some(false)).await
    }

    /// Asks for a reminder of the unpaid orders.
    #[prompt(template = "Read customers://{{id}}/open-orders and write a reminder of at most {{words}} words.")]
    async fn remind(
        &self,
        /// The customer's identifier.
        id: &str,
        /// Its maximum length.
        words: u16,
    ) -> Result<String>;
}

/// The demo: every customer is Ada, with two orders. `summary` is not implemented again: it calls these methods.
struct InMemory;

impl Customers for InMemory {
    async fn customer(&self, id: &str) -> Result<Customer> {
        Ok(Customer { id: id.to_owned(), name: "Ada".to_owned() })
    }

    async fn orders(&self, _customer: &str, paid: Option<bool>) -> Result<Vec<Order>> {
        let orders = [("o-1", 1200, true), ("o-2", 850, false)];
        Ok(orders
            .into_iter()
            .filter(|(_, _, is_paid)| paid.is_none_or(|paid| paid == *is_paid))
            .map(|(id, total, paid)| Order { id: id.to_owned(), total, paid })
            .collect())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    naftiko::run(CustomersClient::from_env).demo(|| InMemory).await
}
