//! Bodies with wrong types: each is reported at the expression that has it.

use naftiko::{Result, capability};

/// Has bodies that do not have the declared type.
#[capability(exposes(mcp(port = 9090)))]
pub trait Numbers {
    /// Ends with another type.
    #[tool]
    async fn end(&self) -> Result<u32> {
        "one"
    }

    /// Ends with a value that is not a result.
    #[tool]
    async fn other(&self) -> Result<u32> {
        let one: u64 = 1;
        one
    }

    /// Returns another type early.
    #[tool]
    async fn early(&self, few: bool) -> Result<u32> {
        if few {
            return "one";
        }
        Ok(2)
    }

    /// Ends with a semicolon.
    #[tool]
    async fn nothing(&self) -> Result<u32> {
        Ok(1);
    }
}

fn main() {}
