//! Files: as streams that are not held in memory, or as bytes.

use crate::{documented, serve, tool, tools};
use axum::body::Bytes;
use naftiko::testing::{Answer, Upstream};
use naftiko::{Download, Result, capability, http};
use serde_json::{Value, json};
use std::time::Duration;

/// Reads files.
#[capability(consumes(namespace = "api", base_uri = "https://api.acme.io"), exposes(rest(port = 1), mcp(port = 2)))]
pub trait Files {
    /// Reads a file.
    #[get("/files/{name}")]
    async fn file(&self, name: &str) -> Result<Download>;

    /// Reads a file, or nothing.
    #[get("/maybe/{name}", none_on(404))]
    async fn maybe(&self, name: &str) -> Result<Option<Download>>;

    /// Reads a file into memory.
    #[get("/files/{name}")]
    #[rest(path = "/bytes/{name}")]
    async fn bytes(&self, name: &str) -> Result<Bytes>;

    /// Reads a file into memory, or nothing, with its headers.
    #[get("/maybe/{name}", none_on(404), response_headers("X-Kind"))]
    #[rest(path = "/maybe-bytes/{name}")]
    async fn maybe_bytes(&self, name: &str) -> Result<http::Response<Option<Bytes>>>;

    /// Makes bytes.
    #[rest(get = "/made-bytes/{name}")]
    async fn made_bytes(&self, name: &str) -> Result<Bytes> {
        Ok(Bytes::from(name.to_owned()))
    }

    /// Makes a file.
    #[rest(get = "/made/{name}")]
    async fn made(&self, name: &str) -> Result<Download> {
        Ok(Download::new("text/plain", name.to_owned()).named(&format!("{name}.txt")))
    }
}

const LONG: usize = 40 * 1024 * 1024;

async fn upstream() -> (Upstream, FilesClient) {
    let upstream = Upstream::start().await;
    let image = || {
        let answer = Answer::of(200, "image/png", vec![0x89, b'P', 0, 255]);
        answer.header("content-disposition", "attachment; filename=\"dir/ü.png\"; filename*=UTF-8''%C3%BC.png")
    };
    let piece = Bytes::from(vec![b'x'; 64 * 1024]);
    let long = Answer::of(200, "application/zip", "").body(std::iter::repeat_n(piece, LONG / (64 * 1024)));
    upstream.answer("GET", "/files/image", image()).answer("GET", "/maybe/image", image());
    upstream.answer("GET", "/files/long", long.clone()).answer("GET", "/files/endless", long.without_length());
    upstream.answer("GET", "/files/empty", Answer::of(200, "text/csv", ""));
    upstream.answer("GET", "/files/json", Answer::json(200, json!({ "a": 1 })));
    upstream.answer("GET", "/files/none", Answer::status(404)).answer("GET", "/maybe/none", Answer::status(404));
    let client = FilesClient::builder().base_uri(upstream.url()).timeout(Duration::from_secs(30)).build().unwrap();
    (upstream, client)
}

#[tokio::test]
async fn a_client_gets_a_stream() {
    let (upstream, client) = upstream().await;
    let file = client.file("image").await.unwrap();
    assert_eq!((file.content_type(), file.length()), ("image/png", Some(4)));
    assert_eq!(file.file_name().as_deref(), Some("ü.png"));
    assert_eq!(file.bytes().await.unwrap(), [0x89, b'P', 0, 255][..]);
    assert_eq!(upstream.requests()[0].header("accept"), Some("*/*"));

    let mut long = client.file("long").await.unwrap();
    assert_eq!(long.length(), Some(LONG as u64));
    let mut length = 0;
    while let Some(piece) = long.chunk().await.unwrap() {
        length += piece.len();
    }
    assert_eq!(length, LONG);
    // A file that is read into memory has the same size limit as other answers.
    client.file("long").await.unwrap().bytes().await.unwrap_err();
    client.file("endless").await.unwrap().bytes().await.unwrap_err();

    let empty = client.file("empty").await.unwrap();
    assert_eq!((empty.length(), empty.content_type()), (Some(0), "text/csv"));
    assert_eq!(client.file("json").await.unwrap().bytes().await.unwrap(), r#"{"a":1}"#);
    assert_eq!(client.file("none").await.unwrap_err().status(), 404);
    assert!(client.maybe("none").await.unwrap().is_none());
    assert_eq!(client.maybe("image").await.unwrap().unwrap().length(), Some(4));
}

#[tokio::test]
async fn bytes_are_read_into_memory() {
    let (upstream, client) = upstream().await;
    upstream.answer("GET", "/maybe/kind", Answer::of(203, "image/png", vec![1]).header("x-kind", "part"));
    let image = client.bytes("image").await.unwrap();
    assert_eq!(image, [0x89, b'P', 0, 255][..]);
    assert_eq!(upstream.requests()[0].header("accept"), Some("*/*"));
    assert_eq!(client.bytes("empty").await.unwrap(), "");
    assert_eq!(client.bytes("json").await.unwrap(), r#"{"a":1}"#);
    assert_eq!(client.bytes("none").await.unwrap_err().status(), 404);
    // The size limit of answers applies.
    client.bytes("long").await.unwrap_err();
    client.bytes("endless").await.unwrap_err();
    let kind = client.maybe_bytes("kind").await.unwrap();
    assert_eq!((kind.status().as_u16(), kind.headers()["x-kind"].to_str().unwrap()), (203, "part"));
    assert_eq!(kind.into_body().unwrap(), [1][..]);
    assert!(client.maybe_bytes("none").await.unwrap().into_body().is_none());

    // Callers get the bytes as a stream without that limit, with their content type and file name.
    let capability = client.into_capability();
    let url = serve(capability.clone()).await;
    let answer = reqwest::get(format!("{url}/bytes/image")).await.unwrap();
    let header =
        |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    assert_eq!((header("content-type").as_str(), header("content-length").as_str()), ("image/png", "4"));
    assert!(answer.headers()["content-disposition"].as_bytes().ends_with(b"%C3%BC.png"));
    assert_eq!(answer.bytes().await.unwrap(), [0x89, b'P', 0, 255][..]);
    let long = reqwest::get(format!("{url}/bytes/long")).await.unwrap().bytes().await.unwrap();
    assert_eq!(long.len(), LONG);
    let kind = reqwest::get(format!("{url}/maybe-bytes/kind")).await.unwrap();
    assert_eq!((kind.status().as_u16(), kind.headers()["x-kind"].to_str().unwrap()), (203, "part"));
    assert_eq!(reqwest::get(format!("{url}/maybe-bytes/none")).await.unwrap().text().await.unwrap(), "null");
    let made = reqwest::get(format!("{url}/made-bytes/a")).await.unwrap();
    assert_eq!(made.headers()["content-type"], "application/octet-stream");
    assert_eq!(made.text().await.unwrap(), "a");
    let answer = &capability.openapi()["paths"]["/bytes/{name}"]["get"]["responses"]["200"];
    let binary = json!({ "schema": { "contentMediaType": "application/octet-stream" } });
    assert_eq!(answer["content"], json!({ "*/*": binary }));
    let blob = tool(&url, "bytes", json!({ "name": "image" })).await;
    assert_eq!(blob["content"][0]["resource"]["mimeType"], "image/png", "{blob}");
}

#[tokio::test]
async fn a_route_passes_a_file_on() {
    let (upstream, client) = upstream().await;
    let capability = client.into_capability();
    for (url, is_trait) in
        [(serve(capability.clone()).await, true), (serve(documented(&capability, &upstream)).await, false)]
    {
        let answer = reqwest::get(format!("{url}/files/image")).await.unwrap();
        let header = |name: &str| answer.headers().get(name).map(|value| value.as_bytes().to_vec()).unwrap_or_default();
        assert_eq!(header("content-type"), b"image/png");
        assert_eq!(header("content-length"), b"4");
        assert_eq!(header("x-content-type-options"), b"nosniff");
        assert!(header("content-disposition").ends_with(b"filename*=UTF-8''%C3%BC.png"), "{:?}", answer.headers());
        for path in ["long", "endless"] {
            let mut answer = reqwest::get(format!("{url}/files/{path}")).await.unwrap();
            assert_eq!(answer.content_length(), (path == "long").then_some(LONG as u64));
            let mut length = 0;
            while let Some(piece) = answer.chunk().await.unwrap() {
                length += piece.len();
            }
            assert_eq!(length, LONG);
        }
        assert_eq!(reqwest::get(format!("{url}/files/none")).await.unwrap().status(), 404);
        let none = reqwest::get(format!("{url}/maybe/none")).await.unwrap();
        assert_eq!((none.status().as_u16(), none.text().await.unwrap().as_str()), (200, "null"));
        if is_trait {
            let made = reqwest::get(format!("{url}/made/a%20b")).await.unwrap();
            assert_eq!(made.headers()["content-disposition"], "attachment; filename=\"a b.txt\"");
            assert_eq!(made.text().await.unwrap(), "a b");
        }
    }
    let answers = &capability.openapi()["paths"]["/files/{name}"]["get"]["responses"]["200"];
    let binary = json!({ "schema": { "contentMediaType": "application/octet-stream" } });
    assert_eq!(answers["content"], json!({ "*/*": binary }));
}

#[tokio::test]
async fn a_tool_returns_a_blob_or_the_size() {
    let (upstream, client) = upstream().await;
    let capability = client.into_capability();
    for url in [serve(capability.clone()).await, serve(documented(&capability, &upstream)).await] {
        let result = tool(&url, "file", json!({ "name": "image" })).await;
        let resource = json!({ "uri": "file:///%C3%BC.png", "mimeType": "image/png", "blob": "iVAA/w==" });
        assert_eq!(result["content"], json!([{ "type": "resource", "resource": resource }]), "{result}");
        assert_eq!((&result["isError"], &result["structuredContent"]), (&json!(false), &Value::Null));
        for (name, size) in
            [("long", "the file has 41943040 bytes"), ("endless", "the file has more than 1048576 bytes")]
        {
            let result = tool(&url, "file", json!({ "name": name })).await;
            let text = result["content"][0]["text"].as_str().unwrap();
            assert!(result["isError"] == true && text.contains(size), "{text}");
        }
        let none = tool(&url, "maybe", json!({ "name": "none" })).await;
        assert_eq!(none["isError"], false, "{none}");
        assert_eq!(tools(&url).await[0]["outputSchema"], Value::Null);
    }
}
