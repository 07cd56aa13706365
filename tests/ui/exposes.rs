//! Keys of `exposes`, and adapters that get in each other's way.

use naftiko::{Result, capability};

/// Has adapters that do not read.
#[capability(exposes(grpc(port = 1), rest(port = "8080", prefix = "v1"), mcp(port = 70000, prefix = "/mcp"), rest = 8080))]
pub trait Unread {
    /// Reads one.
    #[rest(get = "/things/{id}")]
    async fn read(&self, id: &str) -> Result<String>;
}

/// Has adapters in each other's way.
#[capability(exposes(rest(port = 8080), mcp(port = 8080), rest(port = 8081)))]
pub trait InTheWay {
    /// Reads one.
    #[rest(get = "/things/{id}")]
    async fn read(&self, id: &str) -> Result<String>;
}

/// Has callers that cannot be told apart.
#[capability(
    binds(env(TOKEN)),
    exposes(
        rest(port = 1, authentication(barer = "{{env.TOKEN}}")),
        mcp(port = 2, authentication(bearer = "{{env.TOKEN}}", basic(username = "ada", password = "{{env.TOKEN}}"))),
        rest(port = 3, authentication(apikey(key = "sid", value = "{{env.TOKEN}}", placement = "cookie"))),
        mcp(port = 4, authentication()),
        mcp(port = 5, authentication = "{{env.TOKEN}}"),
    ),
)]
pub trait Callers {
    /// Reads one.
    #[rest(get = "/things/{id}")]
    async fn read(&self, id: &str) -> Result<String>;
}

/// Has a secret of its callers in the source.
#[capability(exposes(rest(port = 1, authentication(bearer = "s3cret-s3cret"))))]
pub trait Known {
    /// Reads one.
    #[rest(get = "/things/{id}")]
    async fn read(&self, id: &str) -> Result<String>;
}

struct Fake;

impl Callers for Fake {
    async fn read(&self, id: &str) -> Result<String> {
        Ok(id.to_owned())
    }
}

impl Known for Fake {
    async fn read(&self, id: &str) -> Result<String> {
        Ok(id.to_owned())
    }
}

impl Unread for Fake {
    async fn read(&self, id: &str) -> Result<String> {
        Ok(id.to_owned())
    }
}

impl InTheWay for Fake {
    async fn read(&self, id: &str) -> Result<String> {
        Ok(id.to_owned())
    }
}

fn main() {
    let _ = Unread::into_capability(Fake);
    let _ = InTheWay::into_capability(Fake);
    let _ = Callers::into_capability(Fake);
    let _ = Known::into_capability(Fake);
}
