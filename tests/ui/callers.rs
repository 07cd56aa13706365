//! Mistakes in how callers authenticate, and in the scopes that they need.

use naftiko::{Result, capability};

/// Has invalid authentications of callers.
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

/// Has scopes, but no authentication of callers.
#[capability(exposes(rest(port = 1)))]
pub trait Unchecked {
    /// Reads one.
    #[rest(get = "/things/{id}")]
    #[scope("things:read")]
    async fn read(&self, id: &str) -> Result<String>;
}

/// Has `#[scope]` in invalid forms.
#[capability(binds(env(TOKEN)), exposes(rest(port = 1, authentication(bearer = "{{env.TOKEN}}"))))]
pub trait Malformed {
    /// Reads one.
    #[rest(get = "/things/{id}")]
    #[scope]
    async fn read(&self, id: &str) -> Result<String>;

    /// Lists all.
    #[rest(get = "/things")]
    #[scope("things read")]
    async fn list(&self) -> Result<Vec<String>>;
}

/// Takes the credential of its callers as an argument.
#[capability(binds(env(TOKEN)), exposes(rest(port = 1, authentication(bearer = "{{env.TOKEN}}"))))]
pub trait Taken {
    /// Reads one.
    #[rest(get = "/things/{id}")]
    async fn read(&self, id: &str, #[header("Authorization")] caller: &str) -> Result<String>;
}

/// Has unknown values of settings.
#[capability(exposes(mcp(port = 1, structured_content = "none", tool_list = "serch")))]
pub trait Chosen {
    /// Reads one.
    #[tool]
    async fn read(&self, id: &str) -> Result<String>;
}

struct Fake;

impl Callers for Fake {
    async fn read(&self, id: &str) -> Result<String> {
        Ok(id.to_owned())
    }
}

fn main() {
    let _ = Callers::into_capability(Fake);
}
