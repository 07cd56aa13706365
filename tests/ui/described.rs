//! A trait whose description only the compiler can evaluate.

use naftiko::{Result, capability};

macro_rules! described {
    () => {
        "Says things."
    };
}

#[capability(exposes(rest(port = 8080)))]
#[doc = described!()]
pub trait Described {
    /// Says one.
    #[rest(get = "/things/{id}")]
    async fn say(&self, id: &str) -> Result<String> {
        Ok(id.to_owned())
    }
}

fn main() {}
