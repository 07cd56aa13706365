//! Verbs whose API is missing, unknown or ambiguous.

use naftiko::{Result, capability};

/// Consumes two APIs.
#[capability(
    consumes(namespace = "github", base_uri = "https://api.github.com"),
    consumes(namespace = "notion", base_uri = "https://api.notion.com"),
    exposes(rest(port = 8080)),
)]
pub trait Two {
    /// Does not name its API.
    #[get("/which")]
    async fn which(&self) -> Result<String>;

    /// Names an API that does not exist.
    #[get("/unknown", consumes = "github-api")]
    async fn unknown(&self) -> Result<String>;
}

/// Consumes no API.
#[capability(exposes(rest(port = 8080)))]
pub trait None {
    /// Has a verb, but no API.
    #[get("/nobody")]
    async fn nobody(&self) -> Result<String>;

    /// Has neither a verb nor a body.
    async fn hidden(&self) -> Result<String>;
}

struct Fake;

impl Two for Fake {
    async fn which(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn unknown(&self) -> Result<String> {
        Ok(String::new())
    }
}

impl None for Fake {
    async fn nobody(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn hidden(&self) -> Result<String> {
        Ok(String::new())
    }
}

fn main() {
    let _ = Two::into_capability(Fake);
    let _ = None::into_capability(Fake);
    let _ = TwoClient::builder().build().unwrap().which();
}
