//! Tests of the rules for paging in traits.

use super::{argument, finds, own, read};
use crate::fragment::Draft;
use crate::model::{Method, ParameterIn};
use serde_json::json;

/// Adds paging and a query argument to the first operation.
fn paged(draft: &mut Draft, page: serde_json::Value) {
    draft.fragments[0].arguments.push(argument("after", ParameterIn::Query));
    let operation = &mut draft.fragments[0].consumed.as_mut().unwrap().operation;
    operation.page = Some(serde_json::from_value(page).unwrap());
}

#[test]
fn every_kind_of_paging_is_valid() {
    for page in [
        json!({ "cursor": "$.next", "into": "after", "more": "$.more", "maxPages": 3 }),
        json!({ "offset": true, "into": "after", "items": "$" }),
        json!({ "number": true, "into": "after", "items": "$.items[*]", "first": 0 }),
        json!({ "number": true, "into": "after", "more": "$.more" }),
        json!({ "keyset": "$.id", "into": "after", "items": "$.data" }),
        json!({ "link": "header" }),
        json!({ "link": "$['@odata.nextLink']" }),
        json!({ "link": "header", "into": "after" }),
    ] {
        assert_eq!(read(|draft| paged(draft, page.clone())), [], "{page}");
    }
}

#[test]
fn a_mistake_is_reported_at_its_key() {
    for (page, key, text) in [
        (
            json!({}),
            "page",
            "`page` does not specify how the next page is found; write one of `cursor`, `offset`, `number`, `keyset` and `link`",
        ),
        (
            json!({ "offset": true, "link": "header" }),
            "page/link",
            "`offset` and `link` are two ways to find the next page; keep one of them",
        ),
        (
            json!({ "cursor": "$.next", "into": "userId" }),
            "page/into",
            "`userId` is a path parameter, but the next page is requested in the query; set `into` to an argument that is sent in the query",
        ),
        (
            json!({ "cursor": "$.next", "into": "aftr" }),
            "page/into",
            "the operation has no argument `aftr`; did you mean `after`?",
        ),
    ] {
        finds(|draft| paged(draft, page), "invalid_page", own(0, key), text);
    }
    let path = "`$.next[` is not a JSONPath (RFC 9535); the mistake is at `[`; write `$.data.items` for a member, `$.items[0]` for an element";
    let found = |draft: &mut Draft| paged(draft, json!({ "cursor": "$.next[", "into": "after" }));
    finds(found, "invalid_jsonpath", own(0, "page/cursor"), path);
}

#[test]
fn a_stream_has_no_pages() {
    let ask = |draft: &mut Draft, format: &str| {
        paged(draft, json!({ "cursor": "$.next", "into": "after" }));
        draft.fragments[0].consumed.as_mut().unwrap().operation.output_raw_format = Some(format.to_owned());
    };
    assert_eq!(read(|draft| ask(draft, "json")), []);
    let text = "a stream has no pages: its items arrive one after another; remove `page`";
    finds(|draft| ask(draft, "stream"), "invalid_page", own(0, "page"), text);
}

#[test]
fn the_next_page_of_a_file_is_in_a_header() {
    let ask = |draft: &mut Draft, page: serde_json::Value| {
        paged(draft, page);
        draft.fragments[0].consumed.as_mut().unwrap().operation.output_raw_format = Some("binary".to_owned());
    };
    assert_eq!(read(|draft| ask(draft, json!({ "link": "header" }))), []);
    let text = "`cursor` paging reads the JSON of the answer, but the answer is a file; set `link` to `header` if the API sends the \
                header `Link`, or remove `page`";
    let cursor = json!({ "cursor": "$.next", "into": "after" });
    finds(|draft| ask(draft, cursor), "invalid_page", own(0, "page"), text);
}

#[test]
fn only_reads_have_pages() {
    let ask = |draft: &mut Draft, method: Method| {
        paged(draft, json!({ "cursor": "$.next", "into": "after" }));
        draft.fragments[0].consumed.as_mut().unwrap().operation.method = method;
        draft.fragments[0].tools.clear();
        draft.fragments[0].routes.clear();
    };
    assert_eq!(read(|draft| ask(draft, Method::Head)), []);
    for (method, name) in [(Method::Post, "POST"), (Method::Put, "PUT")] {
        let text = format!("each page is a separate {name}, which may change something; remove `page`");
        finds(|draft| ask(draft, method), "paged_write", own(0, "page"), &text);
    }
}
