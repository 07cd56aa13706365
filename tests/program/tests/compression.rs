//! Compression of a program's answers: which answers, with which coding, and with which entity tags.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, unreachable_pub, dead_code, reason = "tests")]

mod common;

use common::{Served, tokens};
use naftiko::testing::{Answer, Upstream};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use std::io::Read;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Serves the program in front of an API that has this answer for the list of tokens.
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

fn unpacked(coding: &str, packed: &[u8]) -> Vec<u8> {
    let mut unpacked = Vec::new();
    let read = match coding {
        "gzip" => flate2::read::GzDecoder::new(packed).read_to_end(&mut unpacked),
        "br" => brotli_decompressor::Decompressor::new(packed, 4096).read_to_end(&mut unpacked),
        _ => zstd::stream::read::Decoder::new(packed).unwrap().read_to_end(&mut unpacked),
    };
    read.unwrap();
    unpacked
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
        assert_eq!(unpacked(coding, &packed), plain, "{accepted}");
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
    let unpacked = unpacked("gzip", &answer.bytes().await.unwrap());
    assert_eq!(serde_json::from_slice::<Value>(&unpacked).unwrap()["result"]["structuredContent"]["result"], many());
}

#[tokio::test]
async fn short_answers_stay_as_they_are() {
    let (_upstream, program) = served(Answer::json(200, json!([{ "id": "ci" }]))).await;
    assert_eq!(header(&listed(&program, "gzip").await, "content-encoding"), "");
}

/// Serves a program with a cached catalogue, terms whose entity tag is passed on, and a stream of news.
fn ordering(upstream: &str) -> Served {
    let mut command = common::command(env!("CARGO_BIN_EXE_ordering"));
    command.args(["serve", "--port", "shop-rest=0", "--port", "shop-mcp=0"]);
    command.args(["--upstream", &format!("shop={upstream}")]);
    Served::start(command, 2)
}

async fn sent(program: &Served, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
    let url = format!("{}{path}", program.url("shop-rest"));
    let request = Client::new().request(method.parse().unwrap(), url).header("accept-encoding", "gzip");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap()
}

/// `If-Match` needs the strong tag of these very bytes, so they are not compressed.
#[tokio::test]
async fn an_answer_with_a_strong_tag_stays_as_it_is() {
    let upstream = Upstream::start().await;
    let names: Vec<String> = (0..200).map(|number| format!("thing {number}")).collect();
    upstream.answer("GET", "/catalogue", Answer::json(200, json!(names)));
    upstream.answer("GET", "/terms", Answer::json(200, many()).header("etag", "\"v1\""));
    let program = ordering(upstream.url());
    let terms = sent(&program, "GET", "/terms", &[]).await;
    assert_eq!((header(&terms, "etag"), header(&terms, "content-encoding")), ("\"v1\"".to_owned(), String::new()));
    assert_eq!(terms.json::<Value>().await.unwrap(), many());
    let kept = sent(&program, "GET", "/catalogue", &[]).await;
    let tag = header(&kept, "etag");
    assert!(tag.starts_with('"') && tag.len() == 26, "{tag}");
    assert_eq!(header(&kept, "content-encoding"), "");
    assert_eq!(kept.json::<Vec<String>>().await.unwrap(), names);
    let unchanged = sent(&program, "GET", "/catalogue", &[("if-none-match", &tag)]).await;
    assert_eq!((unchanged.status().as_u16(), header(&unchanged, "etag")), (304, tag));
    assert_eq!((header(&unchanged, "content-encoding"), unchanged.bytes().await.unwrap().len()), (String::new(), 0));
}

#[tokio::test]
async fn a_weak_tag_stays_and_the_answer_is_compressed() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/terms", Answer::json(200, many()).header("etag", "W/\"v1\""));
    let program = ordering(upstream.url());
    let terms = sent(&program, "GET", "/terms", &[]).await;
    assert_eq!(
        (header(&terms, "etag"), header(&terms, "content-encoding")),
        ("W/\"v1\"".to_owned(), "gzip".to_owned())
    );
    assert_eq!(serde_json::from_slice::<Value>(&unpacked("gzip", &terms.bytes().await.unwrap())).unwrap(), many());
}

/// A HEAD has the headers of a GET, or fewer (RFC 9110, section 9.3.2), and no body.
#[tokio::test]
async fn the_headers_of_a_head_agree_with_a_get() {
    let (_upstream, program) = served(Answer::json(200, many())).await;
    let client = Client::new();
    let url = format!("{}/v1/users/u/tokens", program.url("tokens-rest"));
    let [get, head] = [client.get(&url), client.head(&url)].map(|request| request.header("accept-encoding", "gzip"));
    let (get, head) = (get.send().await.unwrap(), head.send().await.unwrap());
    assert_eq!(head.status(), get.status());
    assert_eq!(header(&head, "vary"), header(&get, "vary"));
    for name in ["content-encoding", "content-length", "content-type"] {
        let own = header(&head, name);
        assert!(own.is_empty() || own == header(&get, name), "{name}: {own}");
    }
    assert!(head.bytes().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_event_arrives_before_the_next_one_is_sent() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let program = ordering(&format!("http://{}", upstream.local_addr().unwrap()));
    let asked = async { sent(&program, "GET", "/news", &[("accept", "text/event-stream")]).await };
    let answered = async {
        let (mut stream, _) = upstream.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        stream.write_all(format!("{head}data: {}\n\n", "one".repeat(1000)).as_bytes()).await.unwrap();
        stream
    };
    let (mut answer, mut stream) = tokio::join!(asked, answered);
    assert_eq!((answer.status().as_u16(), header(&answer, "content-encoding")), (200, String::new()));
    let mut text = String::new();
    while !text.contains("oneone") || !text.ends_with("\n\n") {
        text += std::str::from_utf8(&answer.chunk().await.unwrap().unwrap()).unwrap();
    }
    stream.write_all(b"data: two\n\n").await.unwrap();
    drop(stream);
    let rest = answer.text().await.unwrap();
    assert!(rest.contains("two") && !rest.contains("one"), "{rest}");
}
