//! Attributes on items that cannot have them.

use naftiko::{Result, capability};

/// Has attributes in wrong places.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090)),
)]
#[tool(name = "things")]
pub trait Things {
    /// Has an attribute of arguments on the method.
    #[get("/argument")]
    #[query("page")]
    async fn argument(&self, page: u32) -> Result<String>;

    /// Has an attribute of methods on an argument.
    #[get("/method")]
    async fn method(&self, #[tool] page: u32) -> Result<String>;

    /// Has verbs in `cfg_attr`.
    #[cfg_attr(unix, get("/unix"))]
    #[cfg_attr(not(unix), get("/other"))]
    async fn condition(&self) -> Result<String>;
}

/// Is not a trait.
#[capability(exposes(mcp(port = 9090)))]
impl Fake {
    /// Reads one.
    #[get("/things")]
    async fn things(&self, #[query("page")] page: u32) -> Result<String> {
        Ok(page.to_string())
    }
}

/// Lacks `#[capability]`.
pub trait Forgotten {
    /// Reads one.
    #[naftiko::attributes::get("/things")]
    fn read(&self) -> Result<String>;

    /// Reads two.
    #[naftiko::attributes::query("things")]
    fn read_two(&self) -> Result<String>;
}

struct Fake;

impl Things for Fake {
    async fn argument(&self, page: u32) -> Result<String> {
        Ok(page.to_string())
    }

    async fn method(&self, page: u32) -> Result<String> {
        Ok(page.to_string())
    }

    async fn condition(&self) -> Result<String> {
        Ok(String::new())
    }
}

impl Forgotten for Fake {
    fn read(&self) -> Result<String> {
        Ok(String::new())
    }

    fn read_two(&self) -> Result<String> {
        Ok(String::new())
    }
}

fn main() {
    let _ = Fake.into_capability();
    let _ = ThingsClient::builder().build().unwrap().argument(1);
}
