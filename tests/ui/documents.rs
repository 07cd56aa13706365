//! Traits with the operations of a document: the file is missing or invalid, or the trait contradicts it.

use naftiko::{Result, capability};

#[capability(document = "/nowhere/things.naftiko.yaml")]
pub trait Missing {}

#[capability(document = "tests/ui/documents/broken.naftiko.yaml")]
pub trait Broken {}

#[capability(document = "tests/ui/documents/calls.naftiko.yaml")]
pub trait Calls {}

#[capability(document(path = "tests/ui/documents/old.naftiko.yaml", strict))]
pub trait Strict {}

#[capability(
    document = "tests/ui/documents/things.naftiko.yaml",
    label = "Things",
    exposes(rest(port = 8080)),
)]
pub trait Twice {}

#[capability(document(strict))]
pub trait Nameless {}

#[capability(document = "tests/ui/documents/things.naftiko.yaml")]
pub trait Things {
    async fn read(&self, ident: &str, #[query] part: &str) -> Result<String>;

    async fn reed(&self, id: &str) -> Result<String>;
}

#[capability(document = "tests/ui/documents/things.naftiko.yaml")]
pub trait Short {
    #[tool]
    async fn read(&self, id: &str) -> Result<String>;
}

#[capability(document = "tests/ui/documents/things.naftiko.yaml")]
pub trait Scoped {
    #[scope("things:read")]
    #[example("a thing")]
    async fn read(&self, id: &str, part: Option<&str>) -> Result<String>;
}

#[capability(document = "tests/ui/documents/things.naftiko.yaml")]
pub trait Implemented {
    #[scope("things:read")]
    async fn read(&self, id: &str, part: Option<&str>) -> Result<String> {
        Ok(format!("{id} {part:?}"))
    }
}

fn main() {
    // The clients of traits with mistakes are generated, too.
    let _ = MissingClient::from_env();
    let _ = CallsClient::builder();
}
