//! Tests of the values and defaults of parameters, and of the types of constants.

use super::{document, lowered_lines, read};
use crate::lower::lower;
use serde_json::{Value, json};

/// Returns a document whose API has the operation `get`, with the keys of `operation`, and whose adapter has the tool
/// `t`, with the keys of `tool`.
fn with_tool(operation: &Value, tool: &Value) -> crate::Document {
    let mut own = json!({ "name": "get", "method": "GET" });
    own.as_object_mut().unwrap().extend(operation.as_object().unwrap().clone());
    let mut exposed = json!({ "name": "t" });
    exposed.as_object_mut().unwrap().extend(tool.as_object().unwrap().clone());
    read(json!({
        "binds": [{ "namespace": "env", "keys": { "KEY": "KEY" } }],
        "capability": {
            "consumes": [{ "namespace": "a", "baseUri": "https://a.example", "resources": [
                { "name": "r", "path": "/r", "operations": [own] },
            ] }],
            "exposes": [{ "type": "mcp", "namespace": "m", "tools": [exposed] }],
        },
    }))
}

fn tool(operation: &Value, tool: &Value) -> String {
    lowered_lines(&with_tool(operation, tool)).join("; ")
}

#[test]
fn callers_do_not_send_an_input_with_a_value() {
    let operation = json!({ "inputParameters": [{ "name": "q", "in": "query" }, { "name": "n", "in": "query" }] });
    let exposed = |value: &str, with: Value| {
        let inputs = json!([{ "name": "q", "type": "string", "value": value, "required": true }, { "name": "n" }]);
        tool(&operation, &json!({ "call": "a.get", "inputParameters": inputs, "with": with }))
    };
    for with in [json!({}), json!({ "q": "tools.q" }), json!({ "q": "{{q}}" }), json!({ "q": "q" })] {
        assert_eq!(exposed("fixed", with.clone()), "[n in query] GET /r?q=\"fixed\"&n=<n>", "{with}");
    }
    assert_eq!(exposed("{{env.KEY}}", json!({})), "[n in query] GET /r?q=$env.KEY&n=<n>");
    assert_eq!(exposed("a-{{n}}", json!({})), "[n in query] GET /r?q=a-<n>&n=<n>");
    assert_eq!(exposed("{{tools.q}}", json!({})), "error: the `value` of the input `q` refers to itself");
}

#[test]
fn a_mistake_is_reported_where_it_is_written_in_a_tool_or_in_its_function() {
    let at = |own: Value, shared: Value| {
        let mut function = json!({ "name": "f", "call": "a.get" });
        function.as_object_mut().unwrap().extend(shared.as_object().unwrap().clone());
        let mut tool = json!({ "ref": "shared.f" });
        tool.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        let mut document = with_tool(&json!({ "inputParameters": [{ "name": "q", "in": "query" }] }), &tool);
        let aggregates = json!([{ "namespace": "shared", "label": "S", "functions": [function] }]);
        document.capability.aggregates = serde_json::from_value(aggregates).unwrap();
        lower(&document).1.into_iter().map(|found| found.at).collect::<Vec<_>>()
    };
    let (broken, tool) = (json!({ "q": "{{" }), "/capability/exposes/0/tools/0");
    assert_eq!(at(json!({ "with": broken }), json!({})), [format!("{tool}/with/q")]);
    assert_eq!(at(json!({}), json!({ "with": broken })), ["/capability/aggregates/0/functions/0/with/q"]);
}

#[test]
fn values_that_use_each_other_do_not_multiply() {
    let input = |at: usize| {
        let next = if at == 40 { "x".to_owned() } else { format!("{{{{a{0}}}}}{{{{a{0}}}}}", at + 1) };
        json!({ "name": format!("a{at}"), "type": "string", "value": next })
    };
    let inputs: Vec<Value> = (0..=40).map(input).collect();
    let operation = json!({ "inputParameters": [{ "name": "q", "in": "query" }] });
    let tool = tool(&operation, &json!({ "call": "a.get", "inputParameters": inputs, "with": { "q": "a0" } }));
    assert_eq!(tool, "error: the inputs' `value`s refer to other inputs more than 100 times");
}

#[test]
fn a_value_of_a_route_is_sent_in_its_type() {
    let lines = lowered_lines(&read(json!({ "capability": {
        "consumes": [{ "namespace": "a", "baseUri": "https://a.example", "resources": [
            { "name": "r", "path": "/r/{id}", "operations": [{ "name": "put", "method": "PUT", "inputParameters": [
                { "name": "id", "in": "path" }, { "name": "n", "in": "body" },
                { "name": "own", "in": "body", "type": "boolean", "value": "true" },
            ] }] },
        ] }],
        "exposes": [{ "type": "rest", "namespace": "r", "resources": [{
            "path": "/x", "inputParameters": [{ "name": "n", "in": "header", "type": "integer", "value": "7" }],
            "operations": [{ "method": "PUT", "call": "a.put" }],
        }] }],
    } })));
    assert_eq!(lines, ["[id! in query] PUT /r/<id> json {n: 7, own: true}"]);
}

#[test]
fn a_default_of_the_api_replaces_what_callers_leave_out() {
    let operation = json!({ "inputParameters": [
        { "name": "q", "in": "query", "default": "dq" }, { "name": "n", "in": "query", "type": "integer", "default": 7 },
        { "name": "state", "in": "query", "value": "pinned" }, { "name": "X-A", "in": "header", "required": true, "default": "a" },
    ] });
    let all = |with: Value, inputs: Value| {
        tool(&operation, &json!({ "call": "a.get", "inputParameters": inputs, "with": with }))
    };
    assert_eq!(
        all(json!({ "q": "tools.q" }), json!([{ "name": "q", "type": "string" }])),
        "[q in query] GET /r?q=(<q> or \"dq\")&n=7&state=\"pinned\" X-A: \"a\""
    );
    assert_eq!(
        all(json!({ "n": "tools.m", "state": "tools.state" }), json!([{ "name": "q", "default": "own" }])),
        "[q in query, m in query, state in query] GET /r?q=<q>&n=<m>&state=(<state> or \"pinned\") X-A: \"a\""
    );
    // The schemas of undeclared inputs contain the default.
    assert_eq!(
        all(json!({}), json!([])),
        "[q in query, n in query, X-A in header] GET /r?q=<q>&n=<n>&state=\"pinned\" X-A: <X-A>"
    );
    assert_eq!(
        all(
            json!({ "q": "{{a}}{{b}}" }),
            json!([{ "name": "n", "required": true }, { "name": "a", "type": "string" }, { "name": "b", "type": "string" }])
        ),
        "[n! in query, a in query, b in query] GET /r?q=(<a><b> or \"dq\")&n=<n>&state=\"pinned\" X-A: \"a\""
    );
}

#[test]
fn a_default_applies_in_a_body_and_in_steps() {
    let members = json!([
        { "name": "a", "in": "body", "default": "dq" }, { "name": "b", "in": "body", "value": "c" }, { "name": "n", "in": "body", "default": 3 },
    ]);
    let template = json!({ "method": "POST", "inputParameters": members, "body": { "type": "json", "data": { "x": "{{tools.a}}", "y": "{{b}}" } } });
    let inputs = json!([{ "name": "a", "type": "string" }]);
    assert_eq!(
        tool(&template, &json!({ "call": "a.get", "inputParameters": inputs })),
        "[a in query, n in body] POST /r json {x: (<a> or \"dq\"), y: \"c\", n: <n>}"
    );
    let fields = json!({ "method": "POST", "inputParameters": members });
    let steps = json!([
        { "type": "call", "name": "one", "call": "a.get", "with": { "a": "tools.a" } },
        { "type": "call", "name": "two", "call": "a.get", "with": { "a": "$.one.next" } },
    ]);
    assert_eq!(
        tool(&fields, &json!({ "steps": steps, "inputParameters": inputs })),
        "[a in query] one: POST /r json {a: (<a> or \"dq\"), b: \"c\", n: 3}; \
         two: POST /r json {a: (($.one.next) or \"dq\"), b: \"c\", n: 3} => ($.two)"
    );
}

#[test]
fn the_header_of_the_credential_has_no_default() {
    let mut operation = document(
        "/x",
        "GET",
        &json!({ "inputParameters": [
        { "name": "X-Key", "in": "header", "default": "k" }, { "name": "q", "in": "query" },
    ] }),
        "/x",
        &json!({ "q": "FROM.q" }),
    );
    assert_eq!(lowered_lines(&operation)[0], "[q in query] GET /x?q=<q> X-Key: \"k\"");
    operation.capability.consumes[0].authentication = serde_json::from_value(
        json!({ "type": "apikey", "key": "x-key", "value": "{{env.KEY}}", "placement": "header" }),
    )
    .unwrap();
    assert_eq!(lowered_lines(&operation)[0], "[q in query] GET /x?q=<q>");
}

#[test]
fn constants_of_outputs_have_the_declared_type() {
    let steps = json!([{ "type": "call", "name": "one", "call": "a.get" }]);
    let outputs = json!([
        { "name": "n", "type": "integer" }, { "name": "b", "type": "boolean" }, { "name": "s", "type": "string" },
        { "name": "o", "type": "object", "properties": { "id": { "type": "number" } } }, { "name": "k", "type": "number" },
    ]);
    let mappings = json!([
        { "targetName": "n", "value": "5" }, { "targetName": "b", "value": "true" }, { "targetName": "s", "value": "5" },
        { "targetName": "o.id", "value": "{{tools.id}}" }, { "targetName": "k", "value": "env.KEY" }, { "targetName": "r", "value": "$.one.r" },
    ]);
    let tool = json!({ "steps": steps, "mappings": mappings, "outputParameters": outputs });
    let line = lowered_lines(&with_tool(&json!({}), &tool)).remove(0);
    assert_eq!(
        line,
        "[id in body] one: GET /r => \
         {n: 5, b: true, s: \"5\", o: {id: (number <id>)}, k: (number $env.KEY), r: ($.one.r)}"
    );
    let mock = json!({ "outputParameters": [
        { "name": "id", "type": "number", "value": "{{id}}" }, { "name": "text", "type": "string", "value": "{{id}}" },
        { "name": "both", "type": "string", "value": "a {{id}}" },
    ] });
    let line = lowered_lines(&with_tool(&json!({}), &mock)).remove(0);
    assert_eq!(line, "[id in body] {id: (number <id>), text: (string <id>), both: a <id>}");
}

#[test]
fn the_result_of_steps_has_the_mapped_members() {
    let tool = |more: Value| {
        let mut tool = json!({ "steps": [{ "type": "call", "name": "one", "call": "a.get" }] });
        tool.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        lower(&with_tool(&json!({}), &tool)).0.operations[0].output.clone()
    };
    let mappings = json!([
        { "targetName": "first", "value": "$.one.a" }, { "targetName": "order.id", "value": "$.one.id" },
        { "targetName": "n", "value": "5" },
    ]);
    let outputs = json!([
        { "name": "first", "type": "string", "description": "The first.", "maxLength": 3 }, { "name": "n", "type": "integer" },
        { "name": "order", "type": "object", "properties": { "id": { "type": "string", "description": "Its ID." } } },
    ]);
    let expected = json!({ "type": "object", "properties": {
        "first": { "description": "The first." },
        "order": { "type": "object", "properties": { "id": { "description": "Its ID." } } },
        "n": { "type": "integer" },
    } });
    assert_eq!(tool(json!({ "mappings": mappings, "outputParameters": outputs })), expected);
    assert_eq!(tool(json!({})), json!({}));
    assert_eq!(tool(json!({ "outputParameters": [{ "type": "object", "mapping": "$.one" }] })), json!({}));
    assert_eq!(
        tool(json!({ "outputParameters": [{ "name": "a", "type": "string" }] })),
        json!({ "type": "object", "properties": { "a": {} } })
    );
}

#[test]
fn the_names_of_parameters_are_encoded_in_a_form_that_is_a_text() {
    let parameters = json!([
        { "name": "a&b", "in": "body" }, { "name": "c d", "in": "body" }, { "name": "é=1", "in": "body" },
        { "name": "x y", "in": "body" }, { "name": "page[size]", "in": "body" },
    ]);
    let body = json!({ "type": "formUrlEncoded", "data": "x=1&x+y=2" });
    let more = json!({ "inputParameters": parameters, "body": body });
    let line = &lowered_lines(&document("/r", "POST", &more, "/r", &json!({})))[0];
    let sent = line.split_once("POST /r text ").map(|(_, sent)| sent);
    assert_eq!(sent, Some("x=1&x+y=2&a%26b=<a&b>&c+d=<c d>&%C3%A9%3D1=<é=1>&page%5Bsize%5D=<page[size]>"), "{line}");
}
