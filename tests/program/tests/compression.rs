//! What a program compresses for its callers.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, unreachable_pub, dead_code, reason = "tests")]

mod common;

use common::{Served, tokens};
use naftiko::testing::{Answer, Upstream};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use std::io::Read;

/// Serves the program over an API that answers with that list of tokens.
async fn served(answer: Answer) -> (Upstream, Served) {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/users/{user}/tokens", answer);
    let mut command = tokens();
    command.args(["serve", "--port", "tokens-rest=0", "--port", "tokens-mcp=0"]);
    command.args(["--upstream", &format!("tokens={}", upstream.url())]).env("TOKENS_KEY", "s3cret");
    let program = Served::start(command, 2);
    (upstream, program)
}

async fn listed(program: &Served, accepted: &str) -> Response {
    let url = format!("{}/v1/users/u/tokens", program.url("tokens-rest"));
    Client::new().get(url).header("accept-encoding", accepted).send().await.unwrap()
}

fn header(response: &Response, name: &str) -> String {
    response.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>().join(", ")
}

/// Returns a list of tokens as JSON, of a few kilobytes.
fn many() -> Value {
    (0..200).map(|number| json!({ "id": format!("token-{number}") })).collect()
}

#[tokio::test]
async fn callers_get_the_coding_that_they_prefer() {
    let (_upstream, program) = served(Answer::json(200, many())).await;
    let plain = listed(&program, "identity").await;
    assert_eq!(
        (header(&plain, "content-encoding"), header(&plain, "vary").contains("accept-encoding")),
        (String::new(), true)
    );
    let plain = plain.bytes().await.unwrap();
    for (accepted, coding) in [("gzip", "gzip"), ("br", "br"), ("zstd", "zstd"), ("gzip;q=0.5, br;q=0", "gzip")] {
        let answer = listed(&program, accepted).await;
        assert_eq!(header(&answer, "content-encoding"), coding, "{accepted}");
        assert_eq!(header(&answer, "content-length"), "");
        let packed = answer.bytes().await.unwrap();
        assert!(packed.len() < plain.len() / 2, "{accepted}: {} of {}", packed.len(), plain.len());
        if coding == "gzip" {
            let mut unpacked = Vec::new();
            flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut unpacked).unwrap();
            assert_eq!(unpacked, plain);
        }
    }
}

#[tokio::test]
async fn tools_are_compressed_too() {
    let (_upstream, program) = served(Answer::json(200, many())).await;
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "list-tokens", "arguments": { "userId": "u" } } });
    let request = Client::new().post(program.url("tokens-mcp")).json(&call);
    let request = request.header("accept", "application/json, text/event-stream").header("accept-encoding", "gzip");
    let answer = request.send().await.unwrap();
    assert_eq!(header(&answer, "content-encoding"), "gzip");
    let (packed, mut text) = (answer.bytes().await.unwrap(), String::new());
    flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["result"]["structuredContent"]["result"], many());
}

#[tokio::test]
async fn short_answers_and_those_with_a_strong_validator_stay_as_they_are() {
    let (_upstream, program) = served(Answer::json(200, json!([{ "id": "ci" }]))).await;
    assert_eq!(header(&listed(&program, "gzip").await, "content-encoding"), "");
    let (_upstream, program) = served(Answer::json(200, many()).header("etag", "\"1\"")).await;
    let answer = listed(&program, "gzip").await;
    // Whether the route passes the validator on is not the question here.
    let is_strong = header(&answer, "etag") == "\"1\"";
    assert_eq!(header(&answer, "content-encoding").is_empty(), is_strong, "{answer:?}");
}
