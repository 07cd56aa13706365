//! Tests of ambiguous and invalid documents, which are errors.

use super::{INFO, consuming, document, exposing, operation, tool};
use naftiko_spec::read::read;

/// Returns the errors of a document, as `LINE:COLUMN: message; help`.
fn errors_of(text: &str) -> Vec<String> {
    let Err(errors) = read(text) else { panic!("expected errors, but this was read:\n{text}") };
    errors
        .iter()
        .map(|e| {
            let place = e.location.unwrap();
            let help = e.fix.as_ref().map_or("-".to_owned(), ToString::to_string);
            format!("{}:{}: {}; {help}", place.line, place.column, e.message)
        })
        .collect()
}

#[test]
fn a_guess_that_could_send_another_request_is_an_error() {
    let mut found = Vec::new();
    for text in [
        operation("method: POST\nbody: {type: json, data: {}}\npayload: {a: 1}"),
        operation("method: POST\nbody: {type: jsno, data: {}}"),
        operation("method: POST\nbody: 7"),
        operation("body: {data: 1}").replace("        method: GET\n", ""),
        operation("method: OPTIONS"),
        operation("method: [GET]"),
        operation("inputParameters: [{name: a, in: formData}, {in: query}, {name: b, in: environment}]"),
        consuming("authentication: {type: apikey, key: \"{{KEY}}\"}"),
        consuming("authentication: {type: apikey, key: X-Key, value: x, placement: there}"),
        consuming("authentication: {type: apikey, key: X-Key, value: x, placement: query, in: header}"),
        consuming("authentication: {type: bearer, header: X-Token, token: x}"),
        consuming("authentication: {type: bearer}"),
        consuming("authentication: {x: y}"),
        consuming("authentication: [a, b]"),
        consuming("inputParameters: [{name: a, value: b}]"),
        consuming("baseUri: /v1"),
        consuming("baseUri: /"),
        consuming("resources: [{name: a, path: 'https://a.io/b', operations: []}]"),
        consuming("resources: [{name: a, operations: [{name: b, method: GET}]}]"),
        consuming("").replace("baseUri: https://notes.io", "type_: http"),
        consuming("").replace("type: http", "type: grpc"),
        exposing(
            "- {type: rest, namespace: a, port: eighty}\n- {type: rset, namespace: b}\n- {type: mcp, namespace: c, port: 70000}",
        ),
        exposing("- {type: rest, namespace: a, resources: [{operations: []}]}"),
        tool("call: notes.list-notes\nwiht: 3"),
        tool("call: notes.list-notes\nwith: {a: tools.a}\nwiht: {b: tools.b}"),
        tool("steps: [{name: a}, {type: wait, name: b}, {call: a.b}]"),
        tool("steps: [{type: lookup, name: a, match: b}, {type: call, name: b, lookupValue: c}]"),
        tool("x: 1").replace("  - name: a\n    ", "  - "),
        document(INFO, "binds: [{namespace: env, keys: 3}, {location: 'file:///a'}]\n"),
        "- a".to_owned(),
        document(INFO, "capability: []\n"),
    ] {
        found.extend(errors_of(&text));
    }
    let expected = [
        "17:9: `payload` and `body` are both present, and may mean the same thing; keep one of them, as `body`",
        "16:22: `jsno` is not a type of a body; the types are `json`, `text`, `xml`, `sparql`, `yaml`, `binary`, \
            `formUrlEncoded` and `multipartForm`",
        "16:15: expected `type` and `data` in a body, found 7; write `body: {type: json, data: {…}}`",
        "14:9: this operation has a `body` and no `method`; write `method: POST`, `PUT` or `PATCH`",
        "15:17: expected GET, HEAD, POST, PUT, PATCH or DELETE for `method`, found \"OPTIONS\"; write the HTTP method of the \
            operation",
        "15:17: expected GET, HEAD, POST, PUT, PATCH or DELETE for `method`, found a list; write the HTTP method of the \
            operation",
        "16:41: `a` is a form field, which an input parameter cannot express; write `in: body`, and give the operation `body: {type: \
            formUrlEncoded, data: {NAME: \"{{NAME}}\"}}`",
        "16:52: an input parameter has no `name`; write `name: NAME`, the name that the API uses",
        "16:79: `b` is read from the environment, which is not part of a request; declare it in `binds`, and write \
            `{{env.NAME}}` where it is used",
        "10:21: an API key has no `value`; write `value: \"{{env.NAME}}\"`, with a variable that `binds` declares",
        "10:58: `there` is not a placement of an API key; write `placement: header` or `placement: query`",
        "10:76: `in` means the same as `placement`, but has another value; keep one of them, as `placement`",
        "10:36: a bearer token is sent in `Authorization`, but found the header \"X-Token\"; write `type: apikey` with `key`, \
            `value` and `placement: header`",
        "10:21: a bearer authentication has no `token`; write `token: \"{{env.NAME}}\"`, with a variable that `binds` declares",
        "10:21: an authentication has no `type`; write `type: bearer`, `apikey`, `basic`, `digest` or `oauth2`",
        "10:21: expected an object for an authentication, found a list; write `authentication: {type: bearer, token: \
            \"{{env.TOKEN}}\"}`",
        "10:23: `a` has no `in`; write `in: header` or `in: query`",
        "9:14: `/v1` is not a base URI: it has no host; write `baseUri: https://HOST/v1`, or use a variable for the host: \
            `https://{{HOST}}/v1`",
        "9:14: `/` is not a base URI: it has no host; write `baseUri: https://HOST`, or use a variable for the host: \
            `https://{{HOST}}`",
        "10:33: `https://a.io/b` is a whole URL; expected a path below the base URI; move the scheme and the host to \
            `baseUri`, and write the rest here: `path: /…`",
        "10:17: a consumed resource has no `path`; write `path: /…`, the part after the base URI",
        "7:5: a consumed API has no `baseUri`; write `baseUri: https://HOST/PATH`, the part of every URL before the paths of \
            the resources",
        "7:11: a consumed API of type `grpc` cannot be called; only HTTP APIs are supported: write `type: http`",
        "17:38: expected an integer from 0 to 65535 for `port`, found \"eighty\"; write `port: 8080`",
        "18:5: an adapter of type `rset` cannot be served; the types are `rest`, `mcp`, `skill` and `control`",
        "19:37: expected an integer from 0 to 65535 for `port`, found 70000; write `port: 8080`",
        "17:44: a resource of a REST adapter has no `path`; write `path: /…`, the path of the route",
        "23:7: unknown key `wiht` in a tool; it may mean `with`, which changes the request; write `with`, or remove it; the keys \
            are `name`, `label`, `description`, `hints`, `ref`, `call`, `with`, `steps`, `mappings`, `inputParameters`, \
            `outputParameters`, `errors`, `examples`, `scopes`, `confirm`, `maxOutput`, `task`, `inputSchema`",
        "24:7: `wiht` and `with` are both present, and may mean the same thing; keep one of them, as `with`",
        "22:15: a step has no `call`; write `call: NAMESPACE.OPERATION`",
        "22:26: a step of type `wait` cannot be run; write `type: call` or `type: lookup`",
        "22:49: a step has no `name`; write `name: NAME`; mappings refer to it: `$.NAME`",
        "22:15: a step of type `lookup` has neither `index` nor `lookupValue`; write both, or `type: call`",
        "22:50: a step of type `call` has the keys of a lookup; write `type: lookup`, or remove `index` and `lookupValue`",
        "21:9: a tool has no `name`; write `name: NAME`, in kebab-case",
        "5:32: expected an object of names for `keys`, found a number; write `KEY: NAME_AT_THE_SOURCE` for each",
        "5:36: a bind has no `namespace`; write `namespace: NAME` for `{{NAME.KEY}}`",
        "1:1: expected an object for a document, found a list; write its keys: `naftiko`, `info`, `binds`, `consumes`, \
            `capability`, `exposes`, `aggregates`",
        "5:13: expected an object for `capability`, found a list; write its keys: `binds`, `consumes`, `exposes`, `aggregates`",
    ];
    assert_eq!(found, expected);
}

#[test]
fn an_api_without_a_namespace_is_reported_at_its_own_location() {
    let apis = "- {type: http, baseUri: 'https://a.io'}\n- {type: http, baseUri: 'https://b.io'}\n";
    let named = "- {type: http, baseUri: 'https://a.io'}\n";
    for (text, at, written) in [
        (document(INFO, &format!("consumes:\n{apis}")), "/consumes/1", None),
        (
            document(INFO, &format!("capability:\n  consumes:\n{}", super::below(named, 2))),
            "/capability/consumes/0",
            None,
        ),
        (
            document(INFO, "capability:\n  consumes: {type: http, baseUri: 'https://a.io'}\n"),
            "/capability/consumes/0",
            Some("/capability/consumes"),
        ),
    ] {
        let errors = read(&text).unwrap_err();
        let error = errors.last().unwrap();
        assert_eq!((error.at.as_str(), error.written.as_deref()), (at, written), "{errors:?}");
    }
}

#[test]
fn resilience_that_cannot_be_read_is_an_error() {
    for (words, expected) in [
        ("{timeout: 5}", "expected a duration for `timeout`, found 5"),
        ("{timeout: soon}", "expected a duration for `timeout`, found "),
        ("{retry: {backoff: 1s}}", "`retry` has no `tries`"),
        ("{retry: 0}", "expected an integer from 1 to 65535 for `tries`, found 0"),
        ("{retry: {tries: 2, idempotencyKey: 'X Key'}}", "`X Key` is not a valid header name"),
        ("{hedge: true}", "expected a duration for `hedge`, found true"),
        ("{concurrency: many}", "expected an object for `concurrency`, found a string"),
        ("{rateLimit: {calls: 3, queue: -1}}", "expected an integer from 0 to 65535 for `queue`, found -1"),
        ("fast", "expected an object for `resilience`, found a string"),
    ] {
        let found = errors_of(&consuming(&format!("resilience: {words}")));
        assert!(found.len() == 1 && found[0].contains(expected), "{words}: {found:?}");
    }
}

#[test]
fn a_cache_that_cannot_be_read_is_an_error() {
    for (words, expected) in [
        ("64", "expected a size with a unit for `cache`, found 64"),
        ("big", "expected `true` or `false` for `cache`, found \"big\""),
        ("{size: 64 MB}", "expected a size with a unit for `size`, found \"64 MB\""),
        ("{answer: 1}", "expected a size with a unit for `answer`, found 1"),
    ] {
        let found = errors_of(&consuming(&format!("cache: {words}")));
        assert!(found.len() == 1 && found[0].contains(expected), "{words}: {found:?}");
    }
}
