//! Tests of lowering. Each operation is shown as a line with its inputs and its request.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod content_types;
mod limits;
mod values;
mod with_keys;

use super::{Body, Call, Piece, Source, StepWork, Work, lower};
use crate::Document;
use crate::model::{Expose, Hints, Method};
use serde_json::{Value, json};
use std::fmt::Write;

/// Returns a document with one consumed operation (with the keys of `more`), one route and one tool.
fn document(path: &str, method: &str, more: &Value, route: &str, with: &Value) -> Document {
    let mut operation = json!({ "name": "op", "method": method });
    operation.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let rest: Value = serde_json::from_str(&with.to_string().replace("FROM", "rest")).unwrap();
    let tools: Value = serde_json::from_str(&with.to_string().replace("FROM", "tools")).unwrap();
    read(json!({
        "binds": [{ "namespace": "env", "keys": { "KEY": "KEY", "ACCOUNT": "ACCOUNT" } }],
        "capability": {
            "consumes": [{
                "namespace": "api", "baseUri": "https://api.example.com",
                "resources": [{ "name": "things", "path": path, "operations": [operation] }],
            }],
            "exposes": [
                { "type": "rest", "namespace": "api-rest", "resources": [
                    { "path": route, "operations": [{ "method": method, "call": "api.op", "with": rest }] },
                ] },
                { "type": "mcp", "namespace": "api-mcp", "tools": [{ "name": "op", "call": "api.op", "with": tools }] },
            ],
        },
    }))
}

fn read(mut value: Value) -> Document {
    value.as_object_mut().unwrap().insert("naftiko".to_owned(), "1.0.0-alpha2".into());
    serde_json::from_value(value).unwrap()
}

/// Returns a line for each operation, followed by the diagnostics.
fn lowered_lines(document: &Document) -> Vec<String> {
    let (lowered, diagnostics) = lower(document);
    let mut lines: Vec<String> = lowered
        .operations
        .iter()
        .map(|operation| {
            let names: Vec<String> = operation
                .fragment
                .arguments
                .iter()
                .map(|argument| {
                    let body = if argument.whole_body { "whole " } else { "" };
                    format!(
                        "{}{} in {body}{}",
                        argument.name,
                        if argument.required { "!" } else { "" },
                        argument.place.as_str()
                    )
                })
                .collect();
            let work = match &operation.work {
                Work::Call { call, .. } => request(call, &operation.fragment.arguments),
                Work::Constant(source) => shown(source, &operation.fragment.arguments),
                Work::Steps { steps, output } => {
                    let steps = steps.iter().map(|step| match &step.work {
                        StepWork::Call(call) => {
                            format!("{}: {}", step.name, request(call, &operation.fragment.arguments))
                        }
                        StepWork::Lookup { table, key, value, members, .. } => format!(
                            "{}: {table} where {key} = {} give {}",
                            step.name,
                            shown(value, &operation.fragment.arguments),
                            members.join(",")
                        ),
                    });
                    let steps = steps.collect::<Vec<_>>().join("; ");
                    format!("{steps} => {}", shown(output, &operation.fragment.arguments))
                }
            };
            format!("[{}] {work}", names.join(", "))
        })
        .collect();
    lines.extend(diagnostics.iter().map(|diagnostic| {
        format!("{}: {}", diagnostic.rule.repair.map_or("error", |kind| kind.code()), diagnostic.message)
    }));
    lines
}

fn request(call: &Call, arguments: &[crate::fragment::Argument]) -> String {
    let pieces = |pieces: &[Piece]| {
        pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => text.clone(),
                Piece::Value(source) | Piece::Rest(source) => shown(source, arguments),
            })
            .collect::<String>()
    };
    let mut text = format!("{} {}", call.method.as_str(), pieces(&call.path));
    for (at, (name, source)) in call.query.iter().enumerate() {
        let _ = write!(text, "{}{name}={}", if at == 0 { '?' } else { '&' }, shown(source, arguments));
    }
    for (name, source) in call.headers.iter().chain(&call.cookies) {
        let _ = write!(text, " {name}: {}", shown(source, arguments));
    }
    match &call.body {
        None => {}
        Some(Body::Json(source)) => {
            let _ = write!(text, " json {}", shown(source, arguments));
        }
        Some(Body::JsonText(text_pieces) | Body::FormText(text_pieces)) => {
            let _ = write!(text, " text {}", pieces(text_pieces));
        }
        Some(Body::Form(fields)) => {
            let _ = write!(text, " form {}", shown(&Source::Object(fields.clone()), arguments));
        }
        Some(Body::Multipart(parts)) => {
            let parts = parts.iter().map(|part| (part.name.clone(), part.value.clone())).collect();
            let _ = write!(text, " parts {}", shown(&Source::Object(parts), arguments));
        }
        Some(Body::FormObject(style, source)) => {
            let _ = write!(text, " form {style:?} {}", shown(source, arguments));
        }
        Some(Body::Text(kind, source)) => {
            let _ = write!(text, " {kind:?} {}", shown(source, arguments));
        }
    }
    text
}

fn shown(source: &Source, arguments: &[crate::fragment::Argument]) -> String {
    match source {
        Source::Argument(at) => format!("<{}>", arguments[*at].name),
        Source::Variable { namespace, name } => {
            format!("${}{name}", namespace.as_ref().map_or(String::new(), |n| format!("{n}.")))
        }
        Source::Styled(style, source) => format!("{style:?} {}", shown(source, arguments)),
        Source::Default(first, second) => format!("({} or {})", shown(first, arguments), shown(second, arguments)),
        Source::Typed(kind, source) => format!("({kind} {})", shown(source, arguments)),
        Source::Step(path) => format!("({path})"),
        Source::Credential => "<credential>".to_owned(),
        Source::Constant(value) => value.to_string(),
        Source::Json(json) => json.clone(),
        Source::Text(pieces) => pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => text.clone(),
                Piece::Value(source) | Piece::Rest(source) => shown(source, arguments),
            })
            .collect(),
        Source::Object(members) => {
            let members = members.iter().map(|(name, source)| format!("{name}: {}", shown(source, arguments)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        Source::List(list) => {
            format!("[{}]", list.iter().map(|source| shown(source, arguments)).collect::<Vec<_>>().join(", "))
        }
    }
}

#[test]
fn parameters_are_passed_by_name_without_with() {
    let more = json!({ "inputParameters": [
        { "name": "userId", "in": "path" }, { "name": "page", "in": "query", "type": "integer" }, { "name": "X-Org", "in": "header", "required": true },
    ] });
    assert_eq!(
        lowered_lines(&document("/users/{userId}", "GET", &more, "/v1/users/{userid}", &json!({}))),
        [
            "[userId! in path, page in query, X-Org! in header] GET /users/<userId>?page=<page> X-Org: <X-Org>",
            "[userId! in query, page in query, X-Org! in header] GET /users/<userId>?page=<page> X-Org: <X-Org>",
        ]
    );
}

#[test]
fn undeclared_path_parameters_come_from_the_route() {
    let more = json!({ "inputParameters": [{ "name": "body", "in": "body", "type": "object", "required": true }] });
    assert_eq!(
        lowered_lines(&document(
            "/users/{userId}/tokens",
            "POST",
            &more,
            "/v1/users/{userid}/tokens",
            &json!({ "body": "FROM.body" })
        )),
        [
            "[body! in whole body, userId! in path] POST /users/<userId>/tokens json <body>",
            "[body! in whole body, userId! in query] POST /users/<userId>/tokens json <body>",
        ]
    );
}

#[test]
fn with_can_rename_set_and_hide_parameters() {
    let more = json!({ "inputParameters": [
        { "name": "limit", "in": "query" }, { "name": "q", "in": "query" }, { "name": "org", "in": "query" }, { "name": "sort", "in": "query" },
        { "name": "X-Shop", "in": "header", "required": true },
    ] });
    let with = json!({ "q": "FROM.term", "org": "{{env.ACCOUNT}}", "limit": 20 });
    assert_eq!(
        lowered_lines(&document("/search", "GET", &more, "/search", &with)),
        [
            "[term in query, X-Shop in header] GET /search?limit=20&q=<term>&org=$env.ACCOUNT X-Shop: <X-Shop>",
            "[term in query, X-Shop in header] GET /search?limit=20&q=<term>&org=$env.ACCOUNT X-Shop: <X-Shop>",
        ]
    );
}

#[test]
fn a_body_template_keeps_types_and_uses_the_sources_of_with() {
    let more = json!({ "body": { "type": "json", "data": { "name": "{{tools.name}}", "n": { "at": "{{tools.at}}" }, "key": "{{env.KEY}}", "x": "v-{{at}}" } } });
    assert_eq!(
        lowered_lines(&document("/things", "POST", &more, "/things", &json!({ "name": "FROM.title" }))),
        [
            "[title in body, at in body] POST /things json {key: $env.KEY, n: {at: <at>}, name: <title>, x: v-<at>}",
            "[title in body, at in body] POST /things json {key: $env.KEY, n: {at: <at>}, name: <title>, x: v-<at>}",
        ]
    );
    let more = json!({ "body": { "type": "json", "data": "{{tools.payload}}" } });
    assert_eq!(
        lowered_lines(&document("/things", "POST", &more, "/things", &json!({})))[0],
        "[payload in body] POST /things json <payload>"
    );
    let more = json!({ "body": { "type": "json", "data": "{{tools.body}}" } });
    assert_eq!(
        lowered_lines(&document("/things", "POST", &more, "/things", &json!({})))[0],
        "[body in whole body] POST /things json <body>"
    );
}

#[test]
fn a_body_text_is_json_unless_it_is_invalid_or_has_another_content_type() {
    let body = |text: &str, header: Option<&str>| {
        let headers: Vec<_> =
            header.iter().map(|header| json!({ "name": "Content-Type", "in": "header", "value": header })).collect();
        let more = json!({ "body": text, "inputParameters": headers });
        let lines = lowered_lines(&document("/things", "POST", &more, "/things", &json!({}))).remove(0);
        lines.split_once("/things ").unwrap().1.replace("Content-Type: ", "")
    };
    assert_eq!(body("{{tools.a}}", None), "json <a>");
    for json in [r#"{"q": "say \"{{a}}\"", "{{b}}": [{{c}}]}"#, "[{{a}}]", r#""{{a}}""#] {
        assert!(body(json, None).starts_with("text "), "{json}");
    }
    assert_eq!(body("Hello {{tools.a}}", None), "Text Hello <a>");
    assert_eq!(body("<a>{{tools.a}}</a>", None), "Xml <a><a></a>");
    assert_eq!(body("{{tools.a}}", Some("text/csv")), "\"text/csv\" Text <a>");
    assert_eq!(body("{{tools.body}}", Some("application/soap+xml")), "\"application/soap+xml\" Xml <body>");
    assert_eq!(
        body("a={{a}}", Some("application/x-www-form-urlencoded")),
        "\"application/x-www-form-urlencoded\" text a=<a>"
    );
    assert_eq!(body("{{a}}", Some("application/merge-patch+json")), "\"application/merge-patch+json\" json <a>");
}

#[test]
fn each_body_parameter_is_a_member() {
    let more = json!({ "inputParameters": [
        { "name": "to", "in": "body" }, { "name": "body", "in": "body", "type": "string" }, { "name": "id", "in": "path" },
    ] });
    assert_eq!(
        lowered_lines(&document("/mail/{id}", "PUT", &more, "/mail/{id}", &json!({})))[0],
        "[to in body, body in body, id! in path] PUT /mail/<id> json {to: <to>, body: <body>}"
    );
}

#[test]
fn a_body_with_only_a_type_is_sent_by_the_caller() {
    let more = json!({ "body": { "type": "json", "data": null } });
    assert_eq!(
        lowered_lines(&document("/hooks", "POST", &more, "/hooks", &json!({}))),
        ["[body in whole body] POST /hooks json <body>", "[body in whole body] POST /hooks json <body>",]
    );
    let more = json!({ "inputParameters": [{ "name": "a", "in": "body" }], "body": { "type": "formUrlEncoded", "data": null } });
    assert_eq!(
        lowered_lines(&document("/hooks", "POST", &more, "/hooks", &json!({})))[0],
        "[a in body] POST /hooks form {a: <a>}"
    );
}

#[test]
fn values_in_with_can_be_nested() {
    let more = json!({ "inputParameters": [{ "name": "filters", "in": "body", "type": "array" }, { "name": "flags", "in": "body" }] });
    let with = json!({ "filters": [{ "criteria": [{ "type": 1, "value": "FROM.tag" }, { "value": "Microsoft.Code" }] }], "flags": 7 });
    assert_eq!(
        lowered_lines(&document("/q", "POST", &more, "/q", &with))[1],
        "[tag in body] POST /q json {filters: [{criteria: [{type: 1, value: <tag>}, {value: \"Microsoft.Code\"}]}], flags: 7}"
    );
}

#[test]
fn a_path_parameter_without_a_placeholder_gets_one() {
    let more = json!({ "inputParameters": [{ "name": "userId", "in": "path" }] });
    assert_eq!(
        lowered_lines(&document("/users/{id}", "GET", &more, "/users/{id}", &json!({})))[0],
        "[id! in path] GET /users/<id>"
    );
    let lines = lowered_lines(&document("/users/", "GET", &more, "/users/{userId}", &json!({})));
    assert_eq!(lines[0], "[userId! in path] GET /users/<userId>/");
    assert_eq!(
        lines[2],
        "R18: the path `/users/` of `op` has no placeholder for the path parameter `userId`; read as `/users/{userId}/`"
    );
    let more = json!({ "inputParameters": [{ "name": "a", "in": "path" }, { "name": "b", "in": "path" }] });
    assert_eq!(
        lowered_lines(&document("/users", "GET", &more, "/users", &json!({})))[0],
        "error: the path `/users` of `op` has no placeholders for the path parameters `a`, `b`"
    );
}

#[test]
fn undeclared_with_keys_are_sent_in_the_query_or_the_body() {
    let lines = lowered_lines(&document("/search", "GET", &json!({}), "/search", &json!({ "q": "FROM.q" })));
    assert_eq!(lines[0], "[q in query] GET /search?q=<q>");
    assert_eq!(lines[2], "R20: `op` declares no parameter `q`: it is sent in the query");
    assert_eq!(
        lowered_lines(&document("/s", "POST", &json!({}), "/s", &json!({ "q": "FROM.q" })))[0],
        "[q in body] POST /s json {q: <q>}"
    );
}

#[test]
fn queries_and_parts_of_segments_stay_in_the_path() {
    assert_eq!(
        lowered_lines(&document(
            "/geo:{lat};{lng}/?Action=Run&v={v}",
            "GET",
            &json!({}),
            "/geo/{lat}/{lng}",
            &json!({})
        ))[0],
        "[lat! in path, lng! in path, v! in query] GET /geo:<lat>;<lng>/?Action=\"Run\"&v=<v>"
    );
    assert_eq!(
        lowered_lines(&document("/a/{{ACCOUNT}}/{{x}}", "GET", &json!({}), "/a/{x}", &json!({})))[0],
        "[x! in path] GET /a/$ACCOUNT/<x>"
    );
}

#[test]
fn the_only_path_value_without_a_placeholder_fills_the_unused_one() {
    assert_eq!(
        lowered_lines(&document("/users/{userId}", "GET", &json!({}), "/v1/people/{person}", &json!({}))),
        [
            "[person! in path] GET /users/<person>",
            "[userId! in query] GET /users/<userId>",
            "R18: `userId` is read from `{person}` in the route",
        ]
    );
}

#[test]
fn the_own_path_of_an_operation_is_appended_or_is_the_whole_path() {
    let api = |resource: &str, own: &[&str]| {
        let operations: Vec<Value> = own
            .iter()
            .enumerate()
            .map(|(at, path)| json!({ "name": format!("o{at}"), "method": "GET", "path": path }))
            .collect();
        let tools: Vec<Value> =
            (0..own.len()).map(|at| json!({ "name": format!("o{at}"), "call": format!("a.o{at}") })).collect();
        lowered_lines(&read(json!({ "capability": {
            "consumes": [{ "namespace": "a", "baseUri": "https://a.example", "resources": [{ "name": "r", "path": resource, "operations": operations }] }],
            "exposes": [{ "type": "mcp", "namespace": "m", "tools": tools }],
        } })))
    };
    assert_eq!(
        api("/media/1", &["/Files", "/Files/{id}"]),
        ["[] GET /media/1/Files", "[id! in query] GET /media/1/Files/<id>"]
    );
    assert_eq!(api("/app/hook", &["/app/hook/config", "/apps"]), ["[] GET /app/hook/config", "[] GET /apps"]);
}

#[test]
fn steps_pass_on_their_results() {
    let lines = lowered_lines(&read(json!({ "capability": {
        "consumes": [{ "namespace": "a", "baseUri": "https://a.example", "resources": [{ "name": "r", "path": "/r/{id}", "operations": [
            { "name": "get", "method": "GET", "inputParameters": [{ "name": "id", "in": "path" }, { "name": "q", "in": "query" }] },
        ] }] }],
        "exposes": [{ "type": "mcp", "namespace": "m", "tools": [{
            "name": "t", "inputParameters": [{ "name": "user", "type": "string", "required": true }],
            "steps": [
                { "type": "call", "name": "one", "call": "a.get", "with": { "id": "m.user", "q": "{{tools.q}}" } },
                { "type": "lookup", "name": "two", "index": "one", "match": "id", "lookupValue": "$.one.owner", "outputParameters": ["name"] },
                { "type": "call", "name": "three", "call": "a.get", "with": { "id": "$.two.name" } },
            ],
            "mappings": [{ "targetName": "who.name", "value": "$.two.name" }, { "targetName": "three.q", "value": "$.one.q" }],
        }] }],
    } })));
    assert_eq!(
        lines,
        ["[user! in query, q in query] one: GET /r/<user>?q=<q>; two: $.one where id = ($.one.owner) give name; \
         three: GET /r/($.two.name)?q=($.one.q) => {who: {name: ($.two.name)}}",]
    );
}

#[test]
fn a_mapping_feeds_the_path_a_header_or_the_body_of_a_later_step() {
    let lines = lowered_lines(&read(json!({ "capability": {
        "consumes": [{ "namespace": "a", "baseUri": "https://a.example", "resources": [{ "name": "r", "path": "/r/{id}", "operations": [
            { "name": "get", "method": "GET" },
            { "name": "put", "method": "PUT", "inputParameters": [{ "name": "id", "in": "path" }, { "name": "X-Q", "in": "header" }],
              "body": { "type": "json", "data": { "title": "T: {{tools.title}}" } } },
        ] }] }],
        "exposes": [{ "type": "mcp", "namespace": "m", "tools": [{
            "name": "t",
            "steps": [
                { "type": "call", "name": "one", "call": "a.get", "with": { "id": "me" } },
                { "type": "call", "name": "two", "call": "a.put", "with": { "id": "tools.id" } },
            ],
            "mappings": [
                { "targetName": "two.id", "value": "$.one.next" },
                { "targetName": "two.x_q", "value": "{{one.q}}" },
                { "targetName": "two.title", "value": "$.one.title" },
                { "targetName": "got", "value": "$.two.id" },
            ],
        }] }],
    } })));
    assert_eq!(
        lines,
        [
            "[] one: GET /r/\"me\"; two: PUT /r/($.one.next) X-Q: ($.one.q) json {title: T: ($.one.title)} => {got: ($.two.id)}"
        ]
    );
}

#[test]
fn functions_of_aggregates_and_mocks_are_operations() {
    let lines = lowered_lines(&read(json!({ "capability": {
        "aggregates": [{ "namespace": "agg", "functions": [
            { "name": "f", "description": "F.", "semantics": { "safe": true }, "inputParameters": [{ "name": "who", "type": "string" }],
              "outputParameters": [{ "name": "hello", "type": "string", "value": "Hello {{who}}" }, { "name": "n", "type": "number", "value": "5" }] },
        ] }],
        "exposes": [{ "type": "mcp", "namespace": "m", "tools": [{ "name": "t", "ref": "agg.f" }, { "name": "u", "ref": "agg.g" }, { "name": "", "ref": "agg.f" }] }],
    } })));
    assert_eq!(
        lines,
        [
            "[who in query] {hello: Hello <who>, n: 5}",
            "[who in query] {hello: Hello <who>, n: 5}",
            "error: no aggregate has a function `agg.g`"
        ]
    );
}

#[test]
fn a_tool_that_may_write_does_not_get_the_hints_of_a_get() {
    let mut document = document("/things", "GET", &json!({}), "/things", &json!({}));
    let Expose::Mcp(mcp) = &mut document.capability.exposes[1] else { panic!("no tools") };
    mcp.tools[0].hints = Some(Hints { read_only: Some(false), ..Hints::default() });
    let tools: Vec<Hints> = lower(&document)
        .0
        .operations
        .iter()
        .flat_map(|operation| operation.fragment.tools.iter().filter_map(|part| part.tool.hints))
        .collect();
    assert_eq!(tools, [Hints { open_world: Some(true), ..Method::Post.hints() }]);
}

#[test]
fn a_step_that_is_unknown_is_reported_once() {
    let document = read(json!({ "capability": {
        "consumes": [{ "namespace": "a", "baseUri": "https://a.example", "resources": [{ "name": "r", "path": "/r/{id}", "operations": [
            { "name": "get", "method": "GET", "inputParameters": [{ "name": "id", "in": "path" }] },
        ] }] }],
        "exposes": [{ "type": "mcp", "namespace": "m", "tools": [{
            "name": "t",
            "steps": [
                { "type": "call", "name": "user", "call": "a.gett" },
                { "type": "lookup", "name": "two", "index": "user", "match": "id", "lookupValue": "$.user.owner", "outputParameters": ["name"] },
                { "type": "call", "name": "three", "call": "a.get", "with": { "id": "$.user.id" } },
            ],
        }] }],
    } }));
    let messages: Vec<_> = lower(&document).1.into_iter().map(|found| found.message).collect();
    assert_eq!(messages, ["unknown consumed operation `a.gett`"]);
}

#[test]
fn unknown_calls_are_reported() {
    let mut document = document("/x", "GET", &json!({}), "/x", &json!({}));
    let crate::model::Expose::Mcp(mcp) = &mut document.capability.exposes[1] else { panic!("expected an MCP adapter") };
    mcp.tools[0].call = Some("api.opp".to_owned());
    let (_, diagnostics) = lower(&document);
    assert_eq!(diagnostics[0].message, "unknown consumed operation `api.opp`");
    assert_eq!(diagnostics[0].fix.as_ref().unwrap().to_string(), "did you mean `api.op`?");
    assert_eq!(diagnostics[0].at, "/capability/exposes/1/tools/0");
}
