//! Tests of the rules for retries of traits.

use super::{argument, finds, own, read};
use crate::fragment::Draft;
use crate::model::{Method, ParameterIn};
use serde_json::json;

#[test]
fn a_write_is_tried_again_only_with_a_key() {
    let ask = |draft: &mut Draft, method: Method, retry: serde_json::Value| {
        let operation = &mut draft.fragments[0].consumed.as_mut().unwrap().operation;
        operation.method = method;
        operation.resilience = serde_json::from_value(json!({ "retry": retry })).unwrap();
        draft.fragments[0].tools.clear();
        draft.fragments[0].routes.clear();
    };
    let text = "a retried POST may take effect twice; remove `retry`, or add an `idempotencyKey` to it if the \
                API supports one";
    finds(|draft| ask(draft, Method::Post, json!({ "tries": 2 })), "retried_write", own(0, "resilience/retry"), text);
    for (method, retry) in [
        (Method::Put, json!({ "tries": 2 })),
        (Method::Post, json!({ "tries": 1 })),
        (Method::Patch, json!({ "tries": 2, "idempotencyKey": "X-Key" })),
    ] {
        assert_eq!(read(|draft| ask(draft, method, retry)), []);
    }
    let key = |draft: &mut Draft| {
        ask(draft, Method::Post, json!({ "tries": 2 }));
        draft.fragments[0].arguments.push(argument("idempotency-key", ParameterIn::Header));
    };
    assert_eq!(read(key), []);
}

#[test]
fn all_tries_begin_within_the_time_of_a_call() {
    let api = |draft: &mut Draft, limit: u64| {
        draft.head.capability.consumes[0].resilience =
            serde_json::from_value(json!({ "timeout": "5s", "retry": { "tries": 3, "backoff": "100ms" } })).unwrap();
        draft.fragments[0].timeout_ms = Some(limit);
    };
    let text = "the last of 3 tries may start after 10300ms, but the call is limited to 10s; lower the tries, their \
                `timeout` or their `backoff`, or raise the time limit of the call";
    let at = "/capability/consumes/0/resilience/retry";
    finds(|draft| api(draft, 10_000), "retries_too_long", at, text);
    assert_eq!(read(|draft| api(draft, 11_000)), []);
}

#[test]
fn a_limit_can_be_reached() {
    let api = |draft: &mut Draft, words: serde_json::Value, limits: [u64; 2]| {
        draft.head.capability.consumes[0].resilience = serde_json::from_value(words).unwrap();
        draft.fragments[0].timeout_ms = Some(limits[0]);
        draft.fragments[1].timeout_ms = Some(limits[1]);
    };
    let at = |key: &str| format!("/capability/consumes/0/resilience/{key}");
    for (words, key, text) in [
        (
            json!({ "timeout": "15s" }),
            "timeout",
            "one try may take 15s, but a call may take 10s in all; write at most `10s`",
        ),
        (
            json!({ "retry": { "tries": 2, "maxBackoff": "1m" } }),
            "retry/maxBackoff",
            "the wait before a retry may take 1m, but a call may take 10s in all; write at most `10s`",
        ),
        (
            json!({ "retry": { "tries": 2, "backoff": "2s", "maxBackoff": "1s" } }),
            "retry/maxBackoff",
            "`max_backoff` is 1s, but the first wait (`backoff`) may already take 2s; write `maxBackoff: 2s` or more, or \
             `backoff: 1s` or less",
        ),
        (
            json!({ "retry": { "tries": 2, "backoff": "6s" } }),
            "retry/backoff",
            "`backoff` is 6s, but no wait takes longer than `max_backoff`, which is 5s; write `maxBackoff: 6s` or more, or \
             `backoff: 5s` or less",
        ),
    ] {
        finds(|draft| api(draft, words, [10_000, 9_000]), "unreachable_limit", at(key), text);
    }
    for words in [
        json!({ "timeout": "10s" }),
        json!({ "retry": { "tries": 2, "maxBackoff": "10s" } }),
        json!({ "retry": { "tries": 2, "backoff": "1s", "maxBackoff": "1s" } }),
        json!({ "retry": { "tries": 1, "maxBackoff": "1m", "backoff": "2m" } }),
    ] {
        assert_eq!(read(|draft| api(draft, words.clone(), [10_000, 20_000])), [], "{words}");
    }
    let own_limit = |draft: &mut Draft| {
        let operation = &mut draft.fragments[0].consumed.as_mut().unwrap().operation;
        operation.resilience = serde_json::from_value(json!({ "timeout": "2s" })).unwrap();
        draft.fragments[0].timeout_ms = Some(1_000);
    };
    let text = "one try may take 2s, but a call may take 1s in all; write at most `1s`";
    finds(own_limit, "unreachable_limit", own(0, "resilience/timeout"), text);
}
