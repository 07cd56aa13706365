//! Paths, placeholders and the arguments that fill them.

use naftiko::{Result, capability};

/// Has mistakes in paths.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090)),
)]
pub trait Things {
    /// Has a placeholder that nothing fills.
    #[get("/users/{userId}/tokens")]
    async fn unfilled(&self, user: &str) -> Result<String>;

    /// Has a path argument without a placeholder.
    #[get("/users")]
    async fn unmatched(&self, #[path] user_id: &str) -> Result<String>;

    /// Does not begin with a slash.
    #[get("users")]
    async fn relative(&self) -> Result<String>;

    /// Has a query.
    #[get("/users?all=true")]
    async fn query(&self) -> Result<String>;

    /// Has a brace that is not closed.
    #[get("/users/{id")]
    async fn brace(&self, id: &str) -> Result<String>;

    /// Has a route without the placeholder of the path.
    #[get("/users/{id}/names")]
    #[rest(path = "/names")]
    async fn route(&self, id: &str) -> Result<String>;
}

struct Fake;

impl Things for Fake {
    async fn unfilled(&self, user: &str) -> Result<String> {
        Ok(user.to_owned())
    }

    async fn unmatched(&self, user_id: &str) -> Result<String> {
        Ok(user_id.to_owned())
    }

    async fn relative(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn query(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn brace(&self, id: &str) -> Result<String> {
        Ok(id.to_owned())
    }

    async fn route(&self, id: &str) -> Result<String> {
        Ok(id.to_owned())
    }
}

fn main() {
    let _ = Fake.into_capability();
    let _ = ThingsClient::builder().build().unwrap().unmatched("1");
}
