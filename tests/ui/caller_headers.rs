//! Mistakes in the headers of callers that are sent to an API.

use naftiko::{Result, capability};

/// Forwards headers that cannot be forwarded, or that the request already has.
#[capability(
    binds(env(KEY)),
    consumes(
        namespace = "keyed",
        base_uri = "https://keyed.example",
        authentication(apikey(key = "X-Key", value = "{{env.KEY}}")),
        header("X-Org" = "acme"),
        caller_header("Host", "Connection", "Content-Length"),
        caller_header("x-key", "x-org", "X-Tenant", "x-tenant", optional),
    ),
    consumes(
        namespace = "tokens",
        base_uri = "https://tokens.example",
        authentication(bearer = "{{env.KEY}}"),
        caller_header("Authorization"),
    ),
    exposes(rest(port = 8080)),
)]
pub trait Clashing {
    /// Has headers that are not valid.
    #[get("/invalid", consumes = "keyed", caller_header("X Y", "", "Cookie", "TE", "Accept"))]
    async fn invalid(&self) -> Result<String>;

    /// Has several values for one header.
    #[get("/several", consumes = "keyed", header("X-A" = "1"), caller_header("X-A", "X-B", "X-Tenant", "X-B"))]
    async fn several(&self) -> Result<String>;

    /// Has arguments for headers that are also forwarded.
    #[get("/argument", consumes = "keyed", caller_header("If-Match"))]
    async fn argument(
        &self,
        #[header("X-Tenant")] tenant: &str,
        #[header("If-Match")] etag: Option<&str>,
    ) -> Result<String>;
}

/// Has `caller_header` in invalid forms.
#[capability(
    consumes(namespace = "api", base_uri = "https://api.example", caller_header = "Authorization"),
    exposes(rest(port = 8080))
)]
pub trait Malformed {
    /// Names no header.
    #[get("/empty", caller_header(), caller_header(optional))]
    async fn empty(&self) -> Result<String>;

    /// Has the unknown key `required`.
    #[get("/word", caller_header("X-A", required))]
    async fn word(&self) -> Result<String>;

    /// Misspells `caller_header`.
    #[get("/misspelt", caller_headers("X-A"))]
    async fn misspelt(&self) -> Result<String>;
}

fn main() {}
