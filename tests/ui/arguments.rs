//! Arguments that callers cannot send, or that have no place in the request.

use naftiko::{Result, capability};

/// Has arguments in the wrong places.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090)),
)]
pub trait Things {
    /// Has two arguments that are sent with the same name.
    #[get("/things")]
    async fn two_of_one_name(&self, page: u32, #[query("page")] other: u32) -> Result<String>;

    /// Has a body, which a GET cannot have.
    #[get("/body")]
    async fn body_on_get(&self, body: &String) -> Result<String>;

    /// Has two bodies.
    #[post("/bodies")]
    async fn two_bodies(&self, body: &String, #[body] other: &String) -> Result<String>;

    /// Has an invalid header name, and a header that the HTTP client sets.
    #[get("/headers")]
    async fn headers(&self, #[header("X Org")] org: &str, #[header("Content-Length")] length: u32) -> Result<String>;

    /// Has an argument in two places, and one whose name is not a string.
    #[get("/places/{id}")]
    async fn two_places(&self, #[path] #[query] id: &str, #[header(X)] x: &str) -> Result<String>;

    /// Has an argument behind `cfg`.
    #[get("/cfg")]
    async fn conditional(&self, #[cfg(unix)] page: u32) -> Result<String>;

    /// Has two arguments with the same name in Rust.
    #[get("/twice")]
    async fn twice(&self, page: u32, page: u32) -> Result<String>;
}

struct Fake;

impl Things for Fake {
    async fn two_of_one_name(&self, page: u32, other: u32) -> Result<String> {
        Ok((page + other).to_string())
    }

    async fn body_on_get(&self, body: &String) -> Result<String> {
        Ok(body.clone())
    }

    async fn two_bodies(&self, body: &String, other: &String) -> Result<String> {
        Ok(body.clone() + other)
    }

    async fn headers(&self, org: &str, length: u32) -> Result<String> {
        Ok(format!("{org} {length}"))
    }

    async fn two_places(&self, id: &str, x: &str) -> Result<String> {
        Ok(id.to_owned() + x)
    }

    async fn conditional(&self, page: u32) -> Result<String> {
        Ok(page.to_string())
    }

    async fn twice(&self, page: u32, other: u32) -> Result<String> {
        Ok((page + other).to_string())
    }
}

fn main() {
    let _ = Fake.into_capability();
    let _ = ThingsClient::builder().build().unwrap().body_on_get(&String::new());
}
