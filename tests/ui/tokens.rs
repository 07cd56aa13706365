//! OAuth 2.0: the keys of an authorization server.

use naftiko::{Result, capability};

/// Misses and misspells keys.
#[capability(
    binds(env(SECRET)),
    consumes(
        namespace = "one",
        base_uri = "https://one.example",
        authentication(oauth2(token_url = "https://a.example/token", client_id = "me")),
    ),
    consumes(
        namespace = "two",
        base_uri = "https://two.example",
        authentication(oauth2(url = "https://a.example/token")),
    ),
    consumes(
        namespace = "three",
        base_uri = "https://three.example",
        authentication(oauth2(
            token_url = "https://a.example/token",
            client_id = "me",
            client_secret = "{{env.SECRET}}",
            scopes = "read",
            client_authentication = "query",
        )),
    ),
    consumes(
        namespace = "four",
        base_uri = "https://four.example",
        authentication(oauth2 = "{{env.SECRET}}"),
    ),
    exposes(rest(port = 8080)),
)]
pub trait Tokens {
    /// Reads.
    #[get("/things", consumes = "one")]
    async fn read(&self) -> Result<String>;
}

fn main() {}
