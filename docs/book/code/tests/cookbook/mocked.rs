//! Tests of methods with mockall.

// part: all
use naftiko::{Result, capability};

/// Knows what is in stock.
#[capability(consumes(namespace = "stock", base_uri = "https://stock.example"), exposes(rest(port = 8080)))]
pub trait Stock {
    /// Counts how many of an item are left.
    #[get("/items/{item}/left")]
    async fn left(&self, item: &str) -> Result<u32>;

    /// Checks whether an order can be filled.
    #[rest(get = "/items/{item}/enough")]
    async fn enough(&self, item: &str, amount: u32) -> Result<bool> {
        Ok(self.left(item).await? >= amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mockall::predicate::eq;
    use serde_json::json;

    mockall::mock! {
        Stock {}

        impl Stock for Stock {
            async fn left(&self, item: &str) -> Result<u32>;
        }
    }

    #[tokio::test]
    async fn two_chairs_are_not_enough_for_three() {
        let mut stock = MockStock::new();
        stock.expect_left().with(eq("chair")).times(2).returning(|_| Ok(2));
        assert!(!stock.enough("chair", 3).await.unwrap());

        // The mock as callers see it.
        let capability = stock.into_capability();
        let enough = capability.call("enough", json!({ "item": "chair", "amount": 2 })).await.unwrap();
        assert_eq!(enough, true);
    }
}
// end: all
