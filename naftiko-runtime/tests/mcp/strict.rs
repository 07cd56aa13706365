//! Messages with JSON errors, over HTTP and over pipes: a duplicate member, half of a surrogate pair.

use crate::pipes::open;
use crate::support::{start, text};
use serde_json::{Value, json};
use std::sync::Arc;

fn call(id: i64, arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"list-tokens","arguments":{arguments}}}}}"#
    )
}

/// Returns the answer over HTTP and over pipes, which must be equal.
async fn answer(message: &str) -> Value {
    let http = start().await.post(&[], message.to_owned()).await.json();
    let mut pipes = open(&Arc::default());
    pipes.initialize().await;
    pipes.say(message).await;
    assert_eq!(pipes.hear().await, http, "{message}");
    pipes.close().await.unwrap();
    http
}

#[tokio::test]
async fn an_argument_that_is_given_twice_is_refused_by_name() {
    let twice = answer(&call(1, r#"{"userId":"u","userId":"v"}"#)).await;
    assert_eq!(twice["id"], 1);
    assert_eq!(twice["result"]["isError"], true, "{twice}");
    assert!(text(&twice["result"]).contains("`/userId` is given twice"), "{twice}");
    let below = answer(&call(1, r#"{"userId":{"a":[{"b":1,"b":2}]}}"#)).await;
    assert!(text(&below["result"]).contains("`/userId/a/0/b` is given twice"), "{below}");
}

#[tokio::test]
async fn a_member_of_the_message_that_is_given_twice_is_refused_by_name() {
    let twice = answer(r#"{"jsonrpc":"2.0","id":3,"method":"tools/list","method":"ping"}"#).await;
    assert_eq!(twice["error"]["code"], -32600, "{twice}");
    assert_eq!(twice["error"]["message"], "`/method` is given twice");
    assert_eq!(twice["id"], 3);
    let name = answer(r#"{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"a","name":"b"}}"#).await;
    assert_eq!(name["error"]["message"], "`/params/name` is given twice");
}

#[tokio::test]
async fn half_of_a_surrogate_pair_is_a_parse_error() {
    for half in [r"\ud800", r"\udc00", r"\ud800\u0041"] {
        let broken = answer(&call(5, &format!(r#"{{"userId":"{half}"}}"#))).await;
        assert_eq!(broken["error"]["code"], -32700, "{broken}");
        let message = broken["error"]["message"].as_str().unwrap();
        assert!(message.contains("unpaired surrogate at line 1, column"), "{message}");
        assert_eq!(broken["id"], 5, "{broken}");
    }
    let whole = answer(&call(6, r#"{"userId":"\ud83d\ude00"}"#)).await;
    assert_eq!(whole["result"]["isError"], json!(false), "{whole}");
}
