//! Texts and bytes that would be sent as JSON, and a Content-Type that contradicts its body.

use naftiko::{Result, capability};

/// Has bodies and results that do not match their formats.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    consumes(
        namespace = "forms",
        base_uri = "https://forms.example",
        header("Content-Type" = "application/x-www-form-urlencoded"),
    ),
    exposes(rest(port = 8080), mcp(port = 9090)),
)]
pub trait Things {
    /// Sends a string as JSON, with the Content-Type of the caller.
    #[post("/form", consumes = "things")]
    async fn form(&self, #[header("Content-Type")] kind: &str, body: &str) -> Result<String>;

    /// Sends an optional string as JSON, with the Content-Type of the caller.
    #[put("/form", consumes = "things")]
    async fn owned(&self, body: Option<String>, #[header] content_type: Option<&str>) -> Result<String>;

    /// Sends JSON with the Content-Type of plain text.
    #[post("/labelled", consumes = "things")]
    async fn labelled(
        &self,
        #[header("content-type", default = "text/plain")] kind: &str,
        body: &naftiko::Value,
    ) -> Result<String>;

    /// Sends JSON to an API whose requests have the Content-Type of a form.
    #[post("/constant", consumes = "forms")]
    async fn constant(&self, body: &naftiko::Value) -> Result<String>;

    /// Returns bytes.
    #[get("/bytes", consumes = "things")]
    async fn bytes(&self) -> Result<Vec<u8>>;

    /// Returns optional bytes.
    #[get("/optional", consumes = "things")]
    async fn optional(&self) -> naftiko::Result<Option<Box<[u8]>>>;

    /// Sends bytes.
    #[post("/bytes", consumes = "things")]
    async fn upload(&self, body: &[u8]) -> Result<()>;

    /// Takes bytes.
    #[tool]
    async fn take(&self, name: &str, content: Option<Vec<u8>>) -> Result<usize> {
        Ok(name.len() + content.map_or(0, |content| content.len()))
    }

    /// Returns optional bytes with their headers.
    #[get("/whole", consumes = "things")]
    async fn whole(&self) -> Result<naftiko::http::Response<Option<Vec<u8>>>>;
}

fn main() {}
