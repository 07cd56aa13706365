//! Tests of the rules for retries, time limits and hedges of traits.

use super::{argument, finds, own, read};
use crate::fragment::Draft;
use crate::model::{Method, Milliseconds, ParameterIn};
use serde_json::json;

/// Sets the time limit of an operation's calls.
fn limit(draft: &mut Draft, fragment: usize, milliseconds: u64) {
    draft.fragments[fragment].consumed.as_mut().unwrap().operation.timeout = Some(Milliseconds(milliseconds));
}

#[test]
fn a_write_is_retried_only_with_an_idempotency_key() {
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
fn all_attempts_begin_within_the_time_limit_of_a_call() {
    let api = |draft: &mut Draft, most: u64| {
        draft.head.capability.consumes[0].resilience =
            serde_json::from_value(json!({ "timeout": "5s", "retry": { "tries": 3, "backoff": "100ms" } })).unwrap();
        limit(draft, 0, most);
    };
    let text = "the last of 3 attempts may start after 10300ms, but the call is limited to 10s; lower the number of attempts, \
                `timeout` or `backoff`, or raise the time limit of the call";
    let at = "/capability/consumes/0/resilience/retry";
    finds(|draft| api(draft, 10_000), "retries_too_long", at, text);
    assert_eq!(read(|draft| api(draft, 11_000)), []);
}

#[test]
fn all_attempts_of_a_served_operation_begin_within_its_time_limit() {
    let api = |draft: &mut Draft, tries: u16| {
        draft.head.capability.consumes[0].timeout = Some(Milliseconds(300_000));
        draft.head.capability.consumes[0].resilience =
            serde_json::from_value(json!({ "timeout": "10s", "retry": { "tries": tries } })).unwrap();
        // The second operation is not served, so the limit of operations does not apply to its calls.
        draft.fragments[1].routes.clear();
        draft.fragments[1].tools.clear();
    };
    let text = "the last of 7 attempts may start after 66300ms, but the operation is limited to 55s; lower the number of attempts, \
                `timeout` or `backoff`";
    let at = "/capability/consumes/0/resilience/retry";
    finds(|draft| api(draft, 7), "retries_too_long", at, text);
    assert_eq!(read(|draft| api(draft, 5)), []);
    let task = |draft: &mut Draft| {
        api(draft, 7);
        draft.fragments[0].routes.clear();
        draft.fragments[0].tools[0].tool.task = serde_json::from_value(json!("required")).unwrap();
    };
    assert_eq!(read(task), []);
}

#[test]
fn unreachable_limits_are_reported() {
    let api = |draft: &mut Draft, words: serde_json::Value, limits: [u64; 2]| {
        draft.head.capability.consumes[0].resilience = serde_json::from_value(words).unwrap();
        limit(draft, 0, limits[0]);
        limit(draft, 1, limits[1]);
    };
    let at = |key: &str| format!("/capability/consumes/0/resilience/{key}");
    for (words, key, text) in [
        (
            json!({ "timeout": "15s" }),
            "timeout",
            "one attempt may take 15s, but a call may take 10s in all; write at most `10s`",
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
        limit(draft, 0, 1_000);
    };
    let text = "one attempt may take 2s, but a call may take 1s in all; write at most `1s`";
    finds(own_limit, "unreachable_limit", own(0, "resilience/timeout"), text);
}

#[test]
fn only_reads_are_hedged() {
    let ask = |draft: &mut Draft, method: Method, words: serde_json::Value| {
        let operation = &mut draft.fragments[0].consumed.as_mut().unwrap().operation;
        operation.method = method;
        operation.resilience = serde_json::from_value(words).unwrap();
        draft.fragments[0].tools.clear();
        draft.fragments[0].routes.clear();
    };
    let at = own(0, "resilience/hedge");
    for method in [Method::Post, Method::Put, Method::Patch, Method::Delete] {
        for words in [json!({ "hedge": "300ms" }), json!({ "hedge": false }), json!({ "hedge": "10m" })] {
            let text = format!(
                "a {} is never hedged, because both requests may take effect; remove `hedge`: only GET and HEAD are sent \
                 twice, and the `hedge` of an API applies to no other method",
                method.as_str()
            );
            finds(|draft| ask(draft, method, words.clone()), "hedged_write", at.clone(), &text);
        }
    }
    for method in [Method::Get, Method::Head] {
        for words in [json!({ "hedge": "300ms" }), json!({ "hedge": false })] {
            assert_eq!(read(|draft| ask(draft, method, words.clone())), []);
        }
    }
    let of_api = |draft: &mut Draft| {
        draft.head.capability.consumes[0].resilience = serde_json::from_value(json!({ "hedge": "300ms" })).unwrap();
        ask(draft, Method::Post, json!({}));
    };
    assert_eq!(read(of_api), []);
}

#[test]
fn a_hedge_is_shorter_than_its_attempt_and_its_call() {
    let api = |draft: &mut Draft, words: serde_json::Value, own: serde_json::Value| {
        draft.head.capability.consumes[0].resilience = serde_json::from_value(words).unwrap();
        draft.fragments[0].consumed.as_mut().unwrap().operation.resilience = serde_json::from_value(own).unwrap();
        limit(draft, 0, 10_000);
        limit(draft, 1, 9_000);
    };
    let of_api = "/capability/consumes/0/resilience/hedge".to_owned();
    let of_operation = own(0, "resilience/hedge");
    for (words, own, at, text) in [
        (json!({ "hedge": "10s" }), json!({}), &of_api, "10s, but the whole call may take 10s"),
        (json!({ "hedge": "2s", "timeout": "1s" }), json!({}), &of_api, "2s, but one attempt may take 1s"),
        (json!({ "timeout": "1s" }), json!({ "hedge": "1s" }), &of_operation, "1s, but one attempt may take 1s"),
        (json!({}), json!({ "hedge": "11s" }), &of_operation, "11s, but the whole call may take 10s"),
    ] {
        let text = format!("the second request would be sent after {text}; lower `hedge`, or raise the time limit");
        finds(|draft| api(draft, words, own), "unreachable_limit", at.clone(), &text);
    }
    for (words, own) in [
        (json!({ "hedge": "9500ms" }), json!({})),
        (json!({ "hedge": "999ms", "timeout": "1s" }), json!({ "hedge": false })),
        (json!({ "timeout": "1s" }), json!({ "hedge": "2s", "timeout": "3s" })),
    ] {
        assert_eq!(read(|draft| api(draft, words, own)), []);
    }
    // With a hedge after 900 ms, the first of two attempts may take 1.9 s.
    let tries = |draft: &mut Draft, hedge: &str| {
        let words = json!({ "timeout": "1s", "retry": { "tries": 2 } });
        api(draft, words, json!({ "hedge": hedge }));
        limit(draft, 0, 2_000);
    };
    let text = "the last of 2 attempts may start after 2s, but the call is limited to 2s; lower the number of attempts, `timeout` or \
                `backoff`, or raise the time limit of the call";
    let at = "/capability/consumes/0/resilience/retry";
    finds(|draft| tries(draft, "900ms"), "retries_too_long", at, text);
    assert_eq!(read(|draft| tries(draft, "899ms")), []);
}
