//! Tests of the rules for traits: each mistake, with its message and fix.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod addresses;
mod cache;
mod offered;
mod paging;
mod resilience;
mod variables;

use super::{RuleContext, Subject, check};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fragment::{Argument, Draft, Fragment};
use crate::model::{Authentication, Hints, InputParameter, ParameterIn, Placement};
use proptest::prelude::*;
use serde_json::json;

/// Returns a valid capability with three operations: a read, a deletion and an orchestration.
fn good() -> Draft {
    let consumed = |name: &str, method: &str, path: &str| json!({ "consume": 0, "resource": "tokens", "path": path, "operation": { "name": name, "method": method } });
    let route = |method: &str, path: &str| json!([{ "expose": 0, "path": path, "resource": "tokens", "description": "Tokens.", "operation": { "method": method } }]);
    let tool = |name: &str, read_only: bool, destructive: bool| {
        let hints = json!({ "readOnly": read_only, "destructive": destructive, "idempotent": true });
        json!([{ "expose": 1, "tool": { "name": name, "hints": hints } }])
    };
    let arguments = json!([{ "name": "userId", "in": "path", "required": true }]);
    serde_json::from_value(json!({
        "head": {
            "naftiko": "1.0.0-alpha2",
            "info": { "label": "Tokens", "description": "Tokens of a user." },
            "binds": [{ "namespace": "env", "keys": { "API_KEY": "API_KEY" } }],
            "capability": {
                "consumes": [{
                    "namespace": "tokens",
                    "baseUri": "https://[tenant].example.com/v2",
                    "authentication": { "type": "bearer", "token": "{{env.API_KEY}}" },
                }],
                "exposes": [
                    { "type": "rest", "namespace": "tokens-rest", "port": 8080 },
                    { "type": "mcp", "namespace": "tokens-mcp", "port": 9090 },
                ],
            },
        },
        "fragments": [
            {
                "name": "get", "description": "Reads.", "consumed": consumed("get", "GET", "/users/{userId}"),
                "routes": route("GET", "/v1/users/{userid}"), "tools": tool("get", true, false), "arguments": arguments,
            },
            {
                "name": "remove", "description": "Removes.", "consumed": consumed("remove", "DELETE", "/users/{userId}"),
                "routes": route("DELETE", "/v1/users/{userid}"), "tools": tool("remove", false, true), "arguments": arguments,
            },
            {
                "name": "swap", "description": "Swaps.", "routes": route("POST", "/v1/users/{userId}/swap"),
                "tools": tool("swap", false, false), "arguments": [
                    { "name": "userId", "in": "path", "required": true },
                    { "name": "one", "in": "body", "required": true },
                    { "name": "other", "in": "body" },
                ],
            },
        ],
    }))
    .unwrap()
}

fn diagnostics(draft: &Draft) -> Vec<Diagnostic> {
    let mut draft = draft.clone();
    for fragment in &mut draft.fragments {
        // Like the macro, adds an input parameter for each argument.
        let inputs: Vec<InputParameter> = fragment
            .arguments
            .iter()
            .map(|argument| serde_json::from_value(json!({ "name": argument.name, "in": argument.place })).unwrap())
            .collect();
        match &mut fragment.consumed {
            Some(consumed) => consumed.operation.input_parameters = inputs,
            None => fragment.routes.iter_mut().for_each(|it| it.operation.input_parameters.clone_from(&inputs)),
        }
    }
    let (document, paths) = draft.assemble();
    check(Subject { document: &document, context: RuleContext::Trait { draft: &draft, paths: &paths } })
}

/// Returns the findings in a changed draft: rule, location, message and fix.
fn read(change: impl FnOnce(&mut Draft)) -> Vec<(&'static str, String, String)> {
    let mut draft = good();
    change(&mut draft);
    let text = |found: Diagnostic| {
        assert_eq!(found.severity, Severity::Error);
        let fix = found.fix.map(|fix| fix.to_string()).unwrap_or_default();
        (found.rule.name, found.at, format!("{}; {fix}", found.message))
    };
    diagnostics(&draft).into_iter().map(text).collect()
}

#[track_caller]
fn finds(change: impl FnOnce(&mut Draft), rule: &'static str, at: impl AsRef<str>, text: &str) {
    assert_eq!(read(change), [(rule, at.as_ref().to_owned(), text.to_owned())]);
}

/// Returns the location of a part of an operation of [`good`]: in the consumed operation or, if there is none, in the
/// route.
fn own(index: usize, part: &str) -> String {
    let operation = [
        "/capability/consumes/0/resources/0/operations/0",
        "/capability/consumes/0/resources/0/operations/1",
        "/capability/exposes/0/resources/1/operations/0",
    ];
    format!("{}/{part}", operation[index])
}

fn route(index: usize) -> String {
    ["/capability/exposes/0/resources/0/operations/0/path", "", "/capability/exposes/0/resources/1/operations/0/path"]
        [index]
        .to_owned()
}

fn path_of(draft: &mut Draft, path: &str) {
    draft.fragments[0].consumed.as_mut().unwrap().path = path.to_owned();
}

fn argument(name: &str, place: ParameterIn) -> Argument {
    serde_json::from_value(json!({ "name": name, "in": place })).unwrap()
}

fn constant(name: &str, value: &str) -> InputParameter {
    serde_json::from_value(json!({ "name": name, "in": "header", "value": value })).unwrap()
}

#[test]
fn nothing_is_wrong_with_a_good_draft() {
    assert_eq!(read(|_| {}), []);
}

#[test]
fn a_placeholder_needs_an_argument() {
    let at = || own(0, "path");
    let path = "/users/{userId}/{teamId}";
    finds(
        |draft| path_of(draft, path),
        "unfilled_placeholder",
        at(),
        "no parameter fills `{teamId}` in the path of `get`; declare `teamId` under `inputParameters`, with `in: path`, a type \
            and a description",
    );
    finds(
        |draft| {
            path_of(draft, path);
            draft.fragments[0].arguments.push(argument("taem_id", ParameterIn::Query));
        },
        "unfilled_placeholder",
        at(),
        "no parameter fills `{teamId}` in the path of `get`; if you mean the parameter `taem_id`, write `/users/{userId}/{taem_id}`",
    );
    finds(
        |draft| {
            path_of(draft, path);
            draft.fragments[0].arguments.push(argument("team_id", ParameterIn::Query));
        },
        "unfilled_placeholder",
        at(),
        "no parameter fills `{teamId}` in the path of `get`; declare `team_id` with `in: path`",
    );
    finds(
        |draft| draft.fragments[0].routes[0].path = "/v1/{region}/{userid}".to_owned(),
        "unfilled_placeholder",
        route(0),
        "no parameter fills `{region}` of the route `/v1/{region}/{userid}`; declare `region` under `inputParameters`, with \
            `in: path`, a type and a description",
    );
}

#[test]
fn a_path_argument_needs_a_placeholder() {
    finds(
        |draft| draft.fragments[2].arguments.push(argument("teamId", ParameterIn::Path)),
        "unmatched_path_argument",
        own(2, "inputParameters/3"),
        "the route `/v1/users/{userId}/swap` has no placeholder for `teamId`; \
         add `{teamId}` to the path, or write `in: query`",
    );
    finds(
        |draft| draft.fragments[0].routes[0].path = "/v1/users".to_owned(),
        "unmatched_path_argument",
        route(0),
        "the route `/v1/users` has no placeholder for `userId`; add `{userid}` to the route",
    );
}

#[test]
fn arguments_have_unique_names() {
    finds(
        |draft| {
            draft.fragments[0]
                .arguments
                .extend([argument("X-Org", ParameterIn::Header), argument("x-org", ParameterIn::Header)]);
        },
        "duplicate_argument",
        own(0, "inputParameters/2"),
        "another parameter is called `x-org`; remove one of them, or give it another name",
    );
    let swapped = |draft: &mut Draft| draft.fragments[2].arguments.push(argument("one", ParameterIn::Query));
    assert_eq!(read(swapped)[0].0, "duplicate_argument");
}

#[test]
fn a_request_has_one_body_and_a_get_has_none() {
    finds(
        |draft| draft.fragments[0].arguments.push(argument("body", ParameterIn::Body)),
        "unexpected_body",
        own(0, "inputParameters/1"),
        "`body` is sent in the body, but a GET request has none; declare the members of `body` as query parameters, or use a \
            method with a body: POST",
    );
    finds(
        |draft| draft.fragments[1].arguments.push(argument("body", ParameterIn::Body)),
        "unexpected_body",
        own(1, "inputParameters/1"),
        "`body` is sent in the body, but a DELETE request has none; if the API reads a body, declare it with `body`",
    );
    let mut draft = good();
    draft.fragments[1].arguments.push(argument("body", ParameterIn::Body));
    draft.fragments[1].declares_body = true;
    assert!(diagnostics(&draft).is_empty(), "{:?}", diagnostics(&draft));
    finds(
        |draft| draft.fragments[2].arguments[2].whole_body = true,
        "several_bodies",
        own(2, "inputParameters/1"),
        "`other` and `one` cannot both be the body; put both into one object, or send `one` in the query or in a header",
    );
}

#[test]
fn operations_and_tools_have_unique_names() {
    let same = |draft: &mut Draft| {
        "get".clone_into(&mut draft.fragments[1].consumed.as_mut().unwrap().operation.name);
    };
    finds(
        same,
        "duplicate_operation",
        own(1, "name"),
        "another operation is called `get`; give one of them another `name`",
    );
    finds(
        |draft| draft.fragments[2].tools[0].tool.name = "get".to_owned(),
        "duplicate_tool",
        "/capability/exposes/1/tools/2/name",
        "another tool is called `get`: clients see only the first; give this tool another `name`",
    );
}

#[test]
fn tool_names_that_clients_refuse_are_reported() {
    let name = |name: &str| {
        let name = name.to_owned();
        read(move |draft| draft.fragments[0].tools[0].tool.name = name).pop().map(|(rule, at, text)| {
            assert_eq!((rule, at), ("invalid_tool_name", "/capability/exposes/1/tools/0/name".to_owned()));
            text
        })
    };
    assert_eq!(name(&"a".repeat(64)), None);
    assert_eq!(
        name(&"a".repeat(65)).unwrap(),
        format!(
            "the tool name `{}` has 65 characters, but clients accept at most 64; give this tool another `name`",
            "a".repeat(65)
        )
    );
    assert_eq!(
        name("tokens.get").unwrap(),
        "the tool name `tokens.get` contains `.`, which clients refuse; write `tokens-get`"
    );
    assert_eq!(name("").unwrap(), "the name of a tool is empty; give this tool another `name`");
}

#[test]
fn hints_do_not_understate_the_method() {
    let mild = Hints { read_only: Some(true), destructive: Some(false), idempotent: Some(true), open_world: None };
    let says = |index: usize, hints| move |draft: &mut Draft| draft.fragments[index].tools[0].tool.hints = Some(hints);
    finds(
        says(2, mild),
        "understated_hint",
        "/capability/exposes/1/tools/2/hints",
        "the tool `swap` claims to be read-only, but POST writes; \
         remove `readOnly` from its hints",
    );
    finds(
        says(1, Hints { read_only: Some(false), ..mild }),
        "understated_hint",
        "/capability/exposes/1/tools/1/hints",
        "the tool `remove` claims not to be destructive, but DELETE removes data; \
         remove `destructive: false` from its hints",
    );
    assert_eq!(read(says(0, Hints { read_only: Some(false), destructive: Some(true), ..mild })), []);
}

#[test]
fn the_path_of_an_output_must_be_a_jsonpath() {
    let output = |path: &'static str| read(move |draft| draft.fragments[0].output = Some(path.to_owned()));
    assert_eq!(output("$."), []);
    assert_eq!(output("$.data.items[?@.a == 1]"), []);
    let text = |path| {
        let found = output(path);
        assert_eq!((found[0].0, &found[0].1), ("invalid_jsonpath", &own(0, "outputParameters/0/value")));
        found[0].2.clone()
    };
    assert_eq!(
        text("data.items"),
        "`data.items` is not a JSONPath (RFC 9535); a JSONPath begins with `$`, the whole answer: `$.data.items`"
    );
    assert!(text("$.data[").starts_with("`$.data[` is not a JSONPath (RFC 9535); "), "{}", text("$.data["));
}

#[test]
fn headers_have_names_that_http_allows() {
    let header =
        |name: &'static str, place| read(move |draft| draft.fragments[0].arguments.push(argument(name, place)));
    assert_eq!(
        header("X Org", ParameterIn::Header),
        [(
            "invalid_header_name",
            own(0, "inputParameters/1/name"),
            "`X Org` is not a valid header name; write `X-Org`".to_owned()
        )]
    );
    assert_eq!(
        header("Content-Length", ParameterIn::Header),
        [(
            "invalid_header_name",
            own(0, "inputParameters/1/name"),
            "the HTTP client controls the header `Content-Length`; remove it".to_owned()
        )]
    );
    assert_eq!(header("a=b", ParameterIn::Cookie)[0].2, "`a=b` is not a valid cookie name; write `ab`");
    assert_eq!(header("Content-Type", ParameterIn::Header), []);
    assert_eq!(header("x y", ParameterIn::Query), []);
    finds(
        |draft| draft.head.capability.consumes[0].input_parameters.push(constant("Host", "a.example")),
        "invalid_header_name",
        "/capability/consumes/0/inputParameters/0/name",
        "the HTTP client controls the header `Host`; remove it",
    );
}

#[test]
fn adapters_have_unique_ports_and_apis_unique_namespaces() {
    let port = |port: u16| {
        move |draft: &mut Draft| {
            for expose in &mut draft.head.capability.exposes {
                match expose {
                    crate::model::Expose::Rest(rest) => rest.port = Some(port),
                    crate::model::Expose::Mcp(mcp) => mcp.port = Some(port),
                    crate::model::Expose::Skill(_) | crate::model::Expose::Control(_) => {}
                }
            }
        }
    };
    finds(
        port(8080),
        "duplicate_port",
        "/capability/exposes/1/port",
        "the adapters `tokens-rest` and `tokens-mcp` both listen on port 8080; give one of them another port, or 0 for any \
            free port",
    );
    assert_eq!(read(port(0)), []);
    finds(
        |draft| {
            let twin = draft.head.capability.consumes[0].clone();
            draft.head.capability.consumes.push(twin);
        },
        "duplicate_namespace",
        "/capability/consumes/1/namespace",
        "another consumed API has the namespace `tokens`; give one of them another `namespace`",
    );
}

#[test]
fn missing_descriptions_are_reported() {
    finds(
        |draft| draft.head.info.description = " ".to_owned(),
        "missing_description",
        "/info/description",
        "this capability has no description; write a `description`: what it does and for whom",
    );
    finds(
        |draft| draft.fragments[1].description = None,
        "missing_description",
        own(1, "description"),
        "the operation `remove` has no description; write a `description`: what it does and for whom; people and agents use it \
            to choose an operation",
    );
}

#[test]
fn all_findings_are_reported_in_source_order() {
    let found = read(|draft| {
        draft.fragments[1].tools[0].tool.name = "no name".to_owned();
        path_of(draft, "users/{userId}");
        draft.head.capability.consumes[0].base_uri = "nowhere".to_owned();
        draft.head.info.description = String::new();
        draft.fragments[1].description = None;
    });
    let rules: Vec<_> = found.into_iter().map(|(rule, ..)| rule).collect();
    assert_eq!(
        rules,
        ["missing_description", "invalid_base_uri", "invalid_path", "missing_description", "invalid_tool_name"]
    );
}

proptest! {
    #[test]
    fn nothing_makes_the_checks_panic(text in "\\PC{0,20}|[/{}\\[\\]:@?#.$]{0,12}", name in "\\PC{0,8}", index in 0..4_usize) {
        let mut draft = good();
        path_of(&mut draft, &text);
        draft.fragments[2].routes[0].path.clone_from(&text);
        draft.fragments[2].output = Some(text.clone());
        draft.head.capability.consumes[0].base_uri.clone_from(&text);
        draft.head.capability.consumes[0].input_parameters.push(constant(&name, &text));
        draft.fragments[1].tools[0].tool.name.clone_from(&name);
        draft.fragments[1].arguments.push(argument(&name, ParameterIn::Header));
        draft.fragments.push(Fragment { name, ..draft.fragments[0].clone() });
        draft.fragments[0].routes[0].expose = index;
        for finding in diagnostics(&draft) {
            prop_assert!(!finding.message.is_empty() && finding.fix.is_some());
        }
    }
}
