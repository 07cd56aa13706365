//! Tests of the rules for caches of traits.

use super::{finds, own, read};
use crate::fragment::Draft;
use crate::model::Method;
use serde_json::json;

#[test]
fn only_reads_are_cached() {
    let ask = |draft: &mut Draft, method: Method, cache: serde_json::Value| {
        let operation = &mut draft.fragments[0].consumed.as_mut().unwrap().operation;
        operation.method = method;
        operation.cache = Some(serde_json::from_value(cache).unwrap());
        draft.fragments[0].tools.clear();
        draft.fragments[0].routes.clear();
    };
    let help = "remove `cache`: it applies only to GET and HEAD, and other methods invalidate the cached answers of their path";
    for (method, cache, what) in [
        (Method::Post, json!(true), "the answer to a POST cannot be cached: each request may have an effect"),
        (
            Method::Put,
            json!({ "answer": "1KiB" }),
            "the answer to a PUT cannot be cached: each request may have an effect",
        ),
        (Method::Delete, json!(false), "the answer to a DELETE is never cached, so there is nothing to switch off"),
    ] {
        finds(|draft| ask(draft, method, cache), "cached_write", own(0, "cache"), &format!("{what}; {help}"));
    }
    for method in [Method::Get, Method::Head] {
        assert_eq!(read(|draft| ask(draft, method, json!(true))), []);
    }
    // The cache of an API does not apply to its writes.
    let api = |draft: &mut Draft| {
        draft.head.capability.consumes[0].cache = Some(serde_json::from_value(json!(true)).unwrap());
    };
    assert_eq!(read(api), []);
}

#[test]
fn an_answer_fits_into_the_cache() {
    let api = |draft: &mut Draft, cache: serde_json::Value| {
        draft.head.capability.consumes[0].cache = Some(serde_json::from_value(cache).unwrap());
    };
    let text = "`answer` is 2MiB, but the whole cache has room for 1MiB; write at most `\"1MiB\"`, or a larger size \
                in `cache(\"…\")` of the API";
    let cache = json!({ "size": "1MiB", "answer": "2MiB" });
    finds(|draft| api(draft, cache), "oversized_answer", "/capability/consumes/0/cache", text);
    let text = "`answer` is 33MiB, but the whole cache has room for 32MiB; write at most `\"32MiB\"`, or a larger size \
                in `cache(\"…\")` of the API";
    let get = |draft: &mut Draft, answer: &str| {
        let operation = &mut draft.fragments[0].consumed.as_mut().unwrap().operation;
        operation.method = Method::Get;
        operation.cache = Some(serde_json::from_value(json!({ "answer": answer })).unwrap());
        draft.fragments[0].tools.clear();
        draft.fragments[0].routes.clear();
    };
    finds(|draft| get(draft, "33MiB"), "oversized_answer", own(0, "cache"), text);
    assert_eq!(read(|draft| get(draft, "32MiB")), []);
    let more = |draft: &mut Draft| {
        api(draft, json!({ "size": "64MiB" }));
        get(draft, "33MiB");
    };
    assert_eq!(read(more), []);
}
