//! Routes, tools and operations that cannot be distinguished, and names that clients refuse.

use naftiko::{Result, capability};

/// Has routes, tools and operations with the same names.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090)),
)]
pub trait Things {
    /// Reads one by its ID.
    #[get("/things/{id}")]
    async fn by_id(&self, id: &str) -> Result<String>;

    /// Reads one by its name.
    #[get("/things/{name}")]
    async fn by_name(&self, name: &str) -> Result<String>;

    /// Reads all.
    #[get("/things", name = "read")]
    #[tool(name = "read")]
    async fn all(&self) -> Result<String>;

    /// Reads some.
    #[get("/some", name = "read")]
    #[tool(name = "read")]
    async fn some(&self) -> Result<String>;

    /// Has a name with spaces.
    #[get("/blanks")]
    #[tool(name = "read all things")]
    async fn blanks(&self) -> Result<String>;

    /// Has a long name.
    #[get("/long")]
    async fn a_method_whose_name_is_so_long_that_clients_of_its_tool_refuse_to_take_it(&self) -> Result<String>;
}

struct Fake;

impl Things for Fake {
    async fn by_id(&self, id: &str) -> Result<String> {
        Ok(id.to_owned())
    }

    async fn by_name(&self, name: &str) -> Result<String> {
        Ok(name.to_owned())
    }

    async fn all(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn some(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn blanks(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn a_method_whose_name_is_so_long_that_clients_of_its_tool_refuse_to_take_it(&self) -> Result<String> {
        Ok(String::new())
    }
}

fn main() {
    let _ = Fake.into_capability();
    let _ = ThingsClient::builder().build().unwrap().all();
}
