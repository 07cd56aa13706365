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
