//! A client without the feature `client`: what is missing is named where it is called.

/// Reads things.
#[naftiko::capability(consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1)))]
pub trait Things {
    /// Reads one.
    #[get("/things/{id}")]
    async fn read(&self, id: &str) -> naftiko::Result<String>;
}

fn main() {
    let _ = ThingsClient::from_env();
    let _ = ThingsClient::builder();
}
