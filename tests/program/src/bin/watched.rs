//! A program whose trait has a control port.

use naftiko::{Result, capability};

/// Repeats a text.
#[capability(label = "Watched", exposes(rest(port = 0), control(port = 9100)))]
trait Watched {
    /// Says a text again.
    #[rest(get = "/echo/{text}")]
    async fn echo(&self, text: &str) -> Result<String> {
        Ok(text.to_owned())
    }
}

struct Wall;

impl Watched for Wall {}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    naftiko::run(|| Ok(Wall.into_capability())).await
}
