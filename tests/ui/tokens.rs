//! Mistakes in the keys of `oauth2` of a consumed API.

use naftiko::{Result, capability};

/// Has missing, unknown and invalid keys.
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

/// Has a token endpoint without TLS, invalid scopes, and a secret in the source.
#[capability(
    binds(env(SECRET)),
    consumes(
        namespace = "plain",
        base_uri = "https://one.example",
        authentication(oauth2(
            token_url = "http://id.example/token",
            client_id = "me",
            client_secret = "{{env.SECRET}}",
            scopes = ["read", "read write", "\"all\""],
        )),
    ),
    consumes(
        namespace = "written",
        base_uri = "https://two.example",
        authentication(oauth2(
            token_url = "id.example/token",
            client_id = "me",
            client_secret = "s3cr3t",
            refresh_token = "r3fr3sh",
        )),
    ),
    consumes(
        namespace = "local",
        base_uri = "https://three.example",
        authentication(oauth2(
            token_url = "http://127.0.0.1:8080/token",
            client_id = "me",
            client_secret = "{{env.SECRET}}",
            scopes = ["https://api.example/.default"],
        )),
    ),
    exposes(rest(port = 8080)),
)]
pub trait Endpoints {
    /// Reads.
    #[get("/things", consumes = "plain")]
    async fn read(&self) -> Result<String>;
}

fn main() {}
