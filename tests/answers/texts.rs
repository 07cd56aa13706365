//! Texts and bytes: which answers a method that returns a `String` accepts, its error for any other answer, and the
//! formats `json`, `binary` and `markdown` of a trait.

use crate::{documented, get, serve, tool};
use axum::body::Bytes;
use naftiko::testing::{Answer, Upstream};
use naftiko::{Capability, Download, ErrorKind, Result, capability, http};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// An order.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    id: u32,
}

/// Reads texts.
#[capability(consumes(namespace = "api", base_uri = "https://api.acme.io"), exposes(rest(port = 1), mcp(port = 2)))]
pub trait Texts {
    /// Reads plain text or a JSON string.
    #[get("/page")]
    async fn page(&self) -> Result<String>;

    /// Reads plain text, a JSON string or null.
    #[get("/page")]
    #[rest(path = "/maybe")]
    async fn maybe(&self) -> Result<http::Response<Option<String>>>;

    /// Reads any text.
    #[get("/page", format = "text")]
    #[rest(path = "/text")]
    async fn text(&self) -> Result<String>;

    /// Reads the text of a page in Markdown.
    #[get("/markdown", format = "markdown")]
    #[output("$.text")]
    async fn markdown(&self) -> Result<String>;

    /// Reads JSON.
    #[get("/json", format = "json")]
    async fn json(&self) -> Result<Order>;

    /// Reads a file.
    #[get("/binary", format = "binary")]
    async fn binary(&self) -> Result<Download>;

    /// Reads a file into memory.
    #[get("/binary", format = "binary")]
    #[rest(path = "/bytes")]
    async fn bytes(&self) -> Result<http::Response<Option<Bytes>>>;
}

const BINARY: &[u8] = &[0, 1, 255];

async fn upstream() -> (Upstream, TextsClient) {
    let upstream = Upstream::start().await;
    upstream
        .answer("GET", "/page", Answer::of(200, "text/html; charset=utf-8", "<p>"))
        .answer("GET", "/markdown", Answer::of(200, "text/markdown", "---\nid: 7\n---\nHello\n"))
        .answer("GET", "/json", Answer::json(200, json!({ "id": 7 })))
        .answer("GET", "/binary", Answer::of(200, "image/png", BINARY));
    let client = TextsClient::builder().base_uri(upstream.url()).build().unwrap();
    (upstream, client)
}

/// Serves the trait and its document, and returns their URLs.
async fn urls(capability: &Capability, upstream: &Upstream) -> [String; 2] {
    [serve(capability.clone()).await, serve(documented(capability, upstream)).await]
}

#[tokio::test]
async fn another_type_than_plain_text_needs_a_format() {
    let (upstream, client) = upstream().await;
    let message = "`api` answered with text/html, which is not read as a string: check its base URI; to read any text, write \
                `format = \"text\"`";
    for error in [client.page().await.unwrap_err(), client.maybe().await.unwrap_err()] {
        assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::BadAnswer, 502));
        assert_eq!(error.to_string(), message);
    }
    // With `format = "text"`, as the message advises, the answer is read.
    assert_eq!(client.text().await.unwrap(), "<p>");
    let capability = client.clone().into_capability();
    let url = serve(capability).await;
    let (status, problem) = get(&url, "/page").await;
    assert_eq!((status, &problem["detail"]), (502, &json!(message)));
    let result = tool(&url, "page", json!({})).await;
    assert!(result["isError"] == true && result["content"][0]["text"].as_str().unwrap().contains(message), "{result}");
    assert_eq!(get(&url, "/text").await, (200, json!("<p>")));
    // An answer is parsed as JSON if its content type says so, or if it is not plain text and its text is JSON.
    upstream.answer("GET", "/page", Answer::of(200, "application/json", "<p>"));
    let error = client.page().await.unwrap_err().to_string();
    assert!(error.starts_with("`api` sent an unexpected answer"), "{error}");
    upstream.answer("GET", "/page", Answer::of(200, "text/html", "\"a\""));
    assert_eq!(client.page().await.unwrap(), "a");
    upstream.answer("GET", "/page", Answer::of(200, "text/html", "7"));
    let error = client.page().await.unwrap_err().to_string();
    assert!(error.contains("expected a string"), "{error}");
}

#[tokio::test]
async fn a_part_of_a_page_can_be_a_string() {
    let (upstream, client) = upstream().await;
    assert_eq!(client.markdown().await.unwrap(), "Hello\n");
    for url in urls(&client.into_capability(), &upstream).await {
        assert_eq!(get(&url, "/markdown").await, (200, json!("Hello\n")));
        let result = tool(&url, "markdown", json!({})).await;
        assert_eq!(result["structuredContent"]["result"], "Hello\n", "{result}");
    }
}

#[tokio::test]
async fn json_and_bytes_can_be_written_as_formats() {
    let (upstream, client) = upstream().await;
    assert_eq!(client.json().await.unwrap(), Order { id: 7 });
    let file = client.binary().await.unwrap();
    assert_eq!((file.content_type(), file.length()), ("image/png", Some(3)));
    assert_eq!(file.bytes().await.unwrap(), BINARY);
    assert_eq!(client.bytes().await.unwrap().into_body().unwrap(), BINARY);
    let accepts: Vec<String> =
        upstream.requests().iter().map(|request| request.header("accept").unwrap().to_owned()).collect();
    assert_eq!(accepts, ["application/json", "*/*", "*/*"]);
    for url in urls(&client.into_capability(), &upstream).await {
        assert_eq!(get(&url, "/json").await, (200, json!({ "id": 7 })));
        let result = tool(&url, "json", json!({})).await;
        let text = result["content"][0]["text"].as_str().unwrap_or_default();
        assert_eq!(text, r#"{"id":7}"#, "{result}");
        for path in ["binary", "bytes"] {
            let answer = reqwest::get(format!("{url}/{path}")).await.unwrap();
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()["content-type"]),
                (200, &"image/png".parse().unwrap())
            );
            assert_eq!(answer.bytes().await.unwrap(), BINARY, "{path}");
            let result = tool(&url, path, json!({})).await;
            let resource = &result["content"][0]["resource"];
            assert_eq!((&resource["blob"], &resource["mimeType"]), (&json!("AAH/"), &json!("image/png")), "{result}");
        }
    }
}
