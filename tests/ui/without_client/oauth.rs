//! Callers with access tokens, without the feature `oauth`.

/// Reads things.
#[naftiko::capability(exposes(rest(
    port = 1,
    authentication(oauth2(issuer = "https://login.example", resource = "https://things.example"))
)))]
pub trait Things {
    /// Reads one.
    #[rest(get = "/things/{id}")]
    async fn read(&self, id: &str) -> naftiko::Result<String>;
}

fn main() {}
