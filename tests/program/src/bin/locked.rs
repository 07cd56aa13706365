//! A program whose API needs an access token.

use naftiko::{Result, capability};

/// Reads a secret.
#[capability(
    label = "Locked",
    binds(env(SERVER, CLIENT_SECRET)),
    consumes(
        namespace = "vault",
        base_uri = "https://vault.example",
        authentication(oauth2(
            token_url = "{{env.SERVER}}/token",
            client_id = "me",
            client_secret = "{{env.CLIENT_SECRET}}",
        )),
    ),
    exposes(rest(port = 0))
)]
trait Locked {
    /// Reads the door.
    #[get("/door")]
    async fn read_door(&self) -> Result<String>;
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    naftiko::run(LockedClient::from_env).await
}
