//! Streams of items.

// part: all
use naftiko::{Result, Stream, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A prompt.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Prompt {
    /// Its text.
    pub text: String,
}

/// A part of a completion.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Token {
    /// Its text.
    pub text: String,
}

/// Completes texts.
#[capability(
    consumes(namespace = "model", base_uri = "https://model.example"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Model {
    /// Completes a text, token by token.
    #[post("/completions")]
    async fn complete(&self, body: &Prompt) -> Result<Stream<Token>>;
}
// end: all

use naftiko::testing::{Answer, Upstream};

#[tokio::test]
async fn each_event_is_an_item() {
    let upstream = Upstream::start().await;
    let events = "data: {\"text\":\"Good\"}\n\ndata: {\"text\":\" day\"}\n\ndata: [DONE]\n\n";
    upstream.answer("POST", "/completions", Answer::of(200, "text/event-stream", events));
    let client = ModelClient::builder().base_uri(upstream.url()).build().unwrap();
    // part: use
    let mut whole = String::new();
    let mut tokens = client.complete(&Prompt { text: "Say hello.".to_owned() }).await.unwrap();
    while let Some(token) = tokens.next().await {
        whole.push_str(&token.unwrap().text);
    }
    // end: use
    assert_eq!(whole, "Good day");

    let router = client.into_capability().rest_router();
    let post = || naftiko::http::Request::post("/completions").header("content-type", "application/json");
    let lines = crate::ask(&router, post().body("{\"text\":\"\"}".to_owned()).unwrap()).await;
    assert_eq!(lines, (200, "{\"text\":\"Good\"}\n{\"text\":\" day\"}\n".to_owned()));
    let events = post().header("accept", "text/event-stream").body("{\"text\":\"\"}".to_owned()).unwrap();
    assert!(crate::ask(&router, events).await.1.starts_with("data: {\"text\":\"Good\"}\n\n"));
}
