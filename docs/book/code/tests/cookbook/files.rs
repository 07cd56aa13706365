//! Uploads and downloads.

// part: all
use naftiko::{Download, Result, Upload, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A stored file.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Stored {
    /// Its ID.
    pub id: String,
}

/// Keeps files.
#[capability(
    consumes(namespace = "files", base_uri = "https://files.example"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Files {
    /// Stores a file of up to 50 MiB, as it is.
    #[put("/files/{id}")]
    async fn store(&self, id: &str, #[body(bytes, limit = "50MiB")] file: Upload) -> Result<Stored>;

    /// Stores a file with its purpose, as a form.
    #[post("/files")]
    async fn add(&self, #[part] purpose: &str, #[part] file: Upload) -> Result<Stored>;

    /// Reads a file.
    #[get("/files/{id}")]
    async fn read(&self, id: &str) -> Result<Download>;
}
// end: all

use naftiko::testing::{Answer, Upstream};
use serde_json::json;

#[tokio::test]
async fn files_are_uploaded_and_downloaded() {
    let upstream = Upstream::start().await;
    upstream
        .answer("PUT", "/files/a", Answer::json(200, json!({ "id": "a" })))
        .answer("POST", "/files", Answer::json(200, json!({ "id": "b" })))
        .answer("GET", "/files/a", Answer::of(200, "text/plain", "hello"));
    let client = FilesClient::builder().base_uri(upstream.url()).build().unwrap();
    // part: use
    let file = Upload::from("hello".to_owned()).named("a.txt").typed("text/plain");
    client.add("greeting", file).await.unwrap();

    // From a reader: it is sent while it is read, and never held in memory.
    let reader = std::io::Cursor::new(b"hello");
    client.store("a", Upload::from_reader(reader).sized(5)).await.unwrap();

    let mut down = client.read("a").await.unwrap();
    while let Some(piece) = down.chunk().await.unwrap() {
        println!("{} bytes of {}", piece.len(), down.content_type());
    }
    // end: use
    let requests = upstream.requests();
    assert!(requests[0].header("content-type").unwrap().starts_with("multipart/form-data"));
    assert_eq!((&requests[1].body[..], requests[1].header("content-length")), (&b"hello"[..], Some("5")));

    let router = client.into_capability().rest_router();
    let put = naftiko::http::Request::put("/files/a").header("content-type", "text/plain");
    assert_eq!(crate::ask(&router, put.body("hello".into()).unwrap()).await.0, 200);
    assert_eq!(crate::ask(&router, crate::get("/files/a")).await, (200, "hello".into()));
}
