//! Traits that are not capabilities.

use naftiko::{Result, capability};

/// Has a type parameter.
#[capability(exposes(mcp(port = 9090)))]
pub trait Generic<T>
where
    T: Send,
{
    /// Reads one.
    #[tool]
    async fn read(&self) -> Result<String>;
}

/// Is unsafe.
#[capability(exposes(mcp(port = 9090)))]
pub unsafe trait Unsafe {
    /// Reads one.
    #[tool]
    async fn read(&self) -> Result<String>;
}

/// Has items that are not methods.
#[capability(exposes(mcp(port = 9090)))]
pub trait Items {
    /// How many there are.
    const MOST: usize;

    /// What there is.
    #[tool]
    type Item;

    std::thread_local! {}

    /// Reads one.
    #[tool]
    async fn read(&self) -> Result<String>;
}

/// A struct.
#[capability(exposes(mcp(port = 9090)))]
pub struct Things {
    name: String,
}

/// Has a method twice.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090)),
)]
pub trait Twice {
    /// Lists them.
    #[get("/things")]
    async fn list(&self) -> Result<String>;

    /// Reads one.
    #[get("/things/{id}")]
    async fn list(&self, id: u32) -> Result<String>;
}

struct Fake;

impl<T: Send> Generic<T> for Fake {
    async fn read(&self) -> Result<String> {
        Ok(String::new())
    }
}

unsafe impl Unsafe for Fake {
    async fn read(&self) -> Result<String> {
        Ok(String::new())
    }
}

impl Items for Fake {
    const MOST: usize = 3;

    type Item = u8;

    async fn read(&self) -> Result<String> {
        Ok(String::new())
    }
}

fn main() {
    let _ = Items::into_capability(Fake);
    let _ = Unsafe::into_capability(Fake);
    let _ = Generic::<u8>::into_capability(Fake);
    let _ = Things { name: String::new() };
}
