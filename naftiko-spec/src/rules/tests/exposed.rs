//! Tests of the rules for adapters: names, hints and input schemas of tools, MCP resources, and forwarded headers.

use super::{document, findings, found};
use crate::lower::lower;
use crate::model::Document;

const TOOL: &str = "    - name: delete-repo\n      description: Removes one.\n      hints: {destructive: true}\n      call: code.delete-repo\n      with: {userId: tools.userId}\n";

/// Returns the findings in [`GOOD`](super::GOOD) with an aggregate of two functions, and with these tools.
fn tools(tools: &str) -> Vec<String> {
    let aggregates = "  aggregates:\n  - namespace: shared\n    functions:\n    - {name: remove, description: Removes., call: code.delete-repo, with: {userId: shared.userId}}\n    - {name: ping, description: Answers., outputParameters: [{type: string, value: pong}]}\n  exposes:\n";
    found(&document(&[(TOOL, tools), ("  exposes:\n", aggregates)]))
}

#[test]
fn a_tool_without_a_name_has_the_name_of_its_function() {
    assert_eq!(tools("    - {ref: shared.remove}\n    - {ref: shared.ping}\n"), Vec::<String>::new());
    let unnamed = tools(
        "    - {ref: shared.remove}\n    - {description: Answers., outputParameters: [{type: string, value: pong}]}\n",
    );
    assert!(
        unnamed.contains(&"warning invalid_tool_name /capability/exposes/1/tools/1/name".to_owned()),
        "{unnamed:?}"
    );
}

#[test]
fn an_input_schema_must_be_a_json_schema() {
    let at = "/capability/exposes/1/tools/0/inputSchema";
    let schema = |schema: &str| found(&document(&[(TOOL, &format!("{TOOL}      inputSchema: {schema}\n"))]));
    for (wrong, place) in [
        ("{anyOf: []}", "anyOf"),
        ("{minProperties: many}", "minProperties"),
        ("{if: 5}", "if"),
        ("{patternProperties: {'(': {}}}", "patternProperties"),
        ("{anyOff: [{minProperties: 1}]}", "anyOff"),
        ("{$ref: '#/nope'}", "$ref"),
        ("{$ref: '#nope'}", "$ref"),
        ("{$ref: 'https://schemas.dev/a.json'}", "$ref"),
        ("{anyOf: [{minProperties: 1}, {$ref: '#/$defs/x'}]}", "anyOf/1/$ref"),
        ("{properties: {userId: {items: {$ref: '#/$defs/x'}}}}", "properties/userId/items/$ref"),
    ] {
        assert_eq!(schema(wrong), [format!("error invalid_constraint {at}/{place}")], "{wrong}");
    }
    for right in [
        "{anyOf: [{required: [userId]}], x-order: 1}",
        "{$ref: '#/$defs/a', $defs: {a: {minProperties: 1}}}",
        "{allOf: [{$ref: '#'}, {$ref: '#one'}], $defs: {a: {$anchor: one}}}",
        "{allOf: [{$ref: '#/$defs/a%20b'}], $defs: {'a b': {}}}",
        "{$id: 'https://schemas.dev/a.json', $ref: 'a.json#/x'}",
        "{const: {$ref: '#/nope'}}",
    ] {
        assert_eq!(schema(right), Vec::<String>::new(), "{right}");
    }
}

#[test]
fn a_resource_without_content_is_named() {
    let resources = "    resources:\n    - {name: all, uri: 'code://all', description: All.}\n";
    let yaml = document(&[("    port: 9090\n    transport: http\n", &format!("    port: 9090\n{resources}"))]);
    let messages: Vec<String> = findings(&yaml).into_iter().map(|found| found.message).collect();
    assert_eq!(messages, ["the resource `all` has no `call`, `steps`, `location` or constant output"]);
}

#[test]
fn a_resource_whose_operation_needs_approval_is_refused() {
    let resource = |adapter: &str, call: &str| {
        let offered = "resources:\n    - {name: all, description: All., uri: 'code://{userId}', call: ";
        let adapter = format!("    port: 9090\n    transport: http\n    {adapter}{offered}{call}}}\n");
        found(&document(&[("    port: 9090\n    transport: http\n", &adapter)]))
    };
    let at = "/capability/exposes/1/resources/0";
    let writes = format!("warning understated_hint {at}");
    let found = resource("confirm: destructive\n    ", "code.delete-repo");
    assert_eq!(found, [format!("error missing_approval {at}"), writes.clone()]);
    assert_eq!(resource("confirm: declared\n    ", "code.delete-repo"), [writes]);
    assert_eq!(resource("confirm: destructive\n    ", "code.list-repos"), Vec::<String>::new());
}

#[test]
fn reading_a_resource_only_reads_and_needs_no_more_than_its_uri() {
    let at = "/capability/exposes/1/resources/0";
    let resource = |keys: &str| {
        let resources =
            format!("    transport: http\n    resources:\n    - {{name: all, description: All., {keys}}}\n");
        found(&document(&[("    port: 9090\n    transport: http\n", &format!("    port: 9090\n{resources}"))]))
    };
    let none = Vec::<String>::new();
    assert_eq!(resource("uri: 'code://{userId}', call: code.list-repos"), none);
    assert_eq!(resource("uri: 'code://{user_id}', call: code.list-repos"), none);
    assert_eq!(resource("uri: 'code://all', call: code.list-repos, with: {userId: me}"), none);
    assert_eq!(resource("uri: 'code://all', call: code.list-repos"), [format!("warning unfed_parameter {at}")]);
    assert_eq!(resource("uri: 'code://{userId}', call: code.delete-repo"), [format!("warning understated_hint {at}")]);
    // The text in the braces may be meant as the argument, so only the template is reported.
    for uri in [
        "{?userId}",
        "{userId*}",
        "{userId:3}",
        "{#userId}",
        "{userId,page}",
        "{{userId}}",
        "{userId}{page}",
        "{userId",
        "{}",
    ] {
        let found = resource(&format!("uri: 'code://{uri}', call: code.list-repos"));
        assert_eq!(found, [format!("warning invalid_uri_template {at}/uri")], "{uri}");
    }
    let folder = resource("uri: 'code://{name}', location: docs");
    assert_eq!(folder, [format!("warning invalid_uri_template {at}/uri")]);
}

#[test]
fn the_hints_of_a_tool_follow_from_all_its_requests() {
    let step = |name: &str, call: &str| {
        format!("{{type: call, name: {name}, call: code.{call}, with: {{userId: tools.userId}}}}")
    };
    let (list, again) = (step("a", "list-repos"), step("b", "list-repos"));
    let delete = step("b", "delete-repo");
    let (reads, deletes) = ([Some(true), Some(false), Some(true)], [Some(false), Some(true), Some(false)]);
    for (keys, expected) in [
        (format!("steps: [{list}, {again}]"), reads),
        (format!("steps: [{list}, {delete}]"), deletes),
        (format!("steps: [{}]", step("a", "delete-repo")), [Some(false), Some(true), Some(true)]),
        ("outputParameters: [{type: string, value: pong}]".to_owned(), reads),
        ("ref: shared.newest".to_owned(), reads),
        ("ref: shared.ping".to_owned(), reads),
    ] {
        let tool = format!("    - name: x\n      description: X.\n      {keys}\n");
        let aggregates = format!(
            "  aggregates:\n  - namespace: shared\n    functions:\n    - {{name: newest, description: N., steps: [{list}, {again}]}}\n    - {{name: ping, description: P., outputParameters: [{{type: string, value: pong}}]}}\n  exposes:\n"
        );
        let yaml = document(&[(TOOL, &tool), ("  exposes:\n", &aggregates)]);
        let lowered = lower(&Document::from_yaml(&yaml).unwrap()).0;
        let tools = lowered.operations.iter().flat_map(|operation| &operation.fragment.tools);
        let hints: Vec<_> = tools.filter_map(|part| part.tool.hints).collect();
        let hints: Vec<_> = hints.iter().map(|it| [it.read_only, it.destructive, it.idempotent]).collect();
        assert_eq!(hints, [expected], "{keys}");
    }
}

#[test]
fn forwarded_headers_are_names_and_do_not_replace_the_credential() {
    let forward = |headers: &str| {
        let resource = format!(
            "    - {{path: '/raw/{{+rest}}', name: raw, description: Raw., forward: {{targetNamespace: code, trustedHeaders: [{headers}]}}}}\n"
        );
        let resources = "    port: 8080\n    resources:\n";
        found(&document(&[(resources, &format!("{resources}{resource}"))]))
    };
    let at = "/capability/exposes/0/resources/0/forward/trustedHeaders/0";
    assert_eq!(forward("X-Trace"), Vec::<String>::new());
    assert_eq!(forward("Accept-encoding"), [format!("warning invalid_caller_header {at}")]);
    assert_eq!(forward("'*'"), [format!("warning invalid_header_name {at}")]);
    assert_eq!(forward("authorization"), [format!("warning invalid_caller_header {at}")]);
}

#[test]
fn a_forwarded_request_contains_the_token_that_is_exchanged() {
    let forward = |headers: &str| {
        let resource = format!(
            "    - {{path: '/raw/{{+rest}}', name: raw, description: Raw., forward: {{targetNamespace: code, trustedHeaders: [{headers}]}}}}\n"
        );
        let resources = "    port: 8080\n    resources:\n";
        let exchange = "    authentication: {type: oauth2, tokenUrl: 'https://login.acme.io/token', clientId: c, clientSecret: \
                        '{{env.TOKEN}}', grant: token-exchange}\n";
        let own = "    authentication: {type: bearer, token: '{{env.TOKEN}}'}\n";
        found(&document(&[(own, exchange), (resources, &format!("{resources}{resource}"))]))
    };
    let at = "/capability/exposes/0/resources/0/forward";
    assert_eq!(forward("X-Trace"), [format!("warning invalid_caller_header {at}")]);
    assert_eq!(forward("authorization"), Vec::<String>::new());
}

#[test]
fn callers_without_a_token_cannot_call_an_api_that_exchanges_it() {
    let found = |callers: &str, forward: &str| {
        let exchange = "    authentication: {type: oauth2, tokenUrl: 'https://login.acme.io/token', clientId: c, clientSecret: \
                        '{{env.TOKEN}}', grant: token-exchange}\n";
        let own = "    authentication: {type: bearer, token: '{{env.TOKEN}}'}\n";
        let resources = "    port: 8080\n    resources:\n";
        let exposed = format!("    port: 8080\n    authentication: {callers}\n    resources:\n{forward}");
        found(&document(&[(own, exchange), (resources, &exposed)]))
    };
    let at = "/capability/exposes/0/authentication";
    for scheme in ["basic", "digest"] {
        let callers = format!("{{type: {scheme}, username: me, password: '{{{{env.TOKEN}}}}'}}");
        assert_eq!(found(&callers, ""), [format!("error invalid_caller_header {at}")], "{scheme}");
    }
    let key = "{type: apikey, key: X-Key, value: '{{env.TOKEN}}', placement: header}";
    let bearer = "{type: bearer, token: '{{env.TOKEN}}'}";
    for callers in [key, bearer] {
        assert_eq!(found(callers, ""), Vec::<String>::new(), "{callers}");
    }
    let forward = "    - {path: '/raw/{+rest}', name: raw, description: Raw., forward: {targetNamespace: code, trustedHeaders: \
                   [Authorization]}}\n";
    assert_eq!(found(key, forward), Vec::<String>::new());
    let at = "/capability/exposes/0/resources/0/forward";
    assert_eq!(found(bearer, forward), [format!("warning invalid_caller_header {at}")]);
}

#[test]
fn answers_of_tools_that_cannot_write_may_be_truncated() {
    let constant = "outputParameters: [{type: string, value: pong}]";
    let tool = |keys: &str| tools(&format!("    - {{name: x, description: X., maxOutput: 1024, {keys}}}\n"));
    let error = ["error cut_write /capability/exposes/1/tools/0/maxOutput"];
    let is_cut_write = |found: &String| found.contains("cut_write");
    for (keys, expected) in [
        (constant.to_owned(), &[][..]),
        ("ref: shared.ping".to_owned(), &[]),
        (format!("hints: {{readOnly: false}}, {constant}"), &error),
        ("ref: shared.remove".to_owned(), &error),
    ] {
        let found: Vec<String> = tool(&keys).into_iter().filter(is_cut_write).collect();
        assert_eq!(found, expected, "{keys}");
    }
}

/// A task has no limit of 55 seconds, whether it calls the operation by itself or through a function.
#[test]
fn attempts_of_tasks_may_take_longer_than_an_operation() {
    let settings = "namespace: code\n    timeout: 5m\n    resilience: {timeout: 10s, retry: {tries: 7}}\n";
    let remove = "    functions:\n    - {name: remove, description: Removes., call: code.delete-repo, with: {userId: shared.userId}}\n";
    let aggregates = format!("  aggregates:\n  - namespace: shared\n{remove}  exposes:\n");
    let found = |tools: &str| {
        let list = "      - name: list-repos\n        method: GET\n";
        let short = format!("{list}        timeout: 5s\n        resilience: {{timeout: 1s, retry: {{tries: 2}}}}\n");
        let replace = [("namespace: code\n", settings), ("  exposes:\n", &*aggregates), (TOOL, tools), (list, &*short)];
        let found = found(&document(&replace));
        found.into_iter().filter(|found| found.contains("retries_too_long")).collect::<Vec<_>>()
    };
    let warning = "warning retries_too_long /capability/consumes/0/resilience/retry";
    let task = |target: &str| format!("    - {{name: t, description: T., {target}, task: required}}\n");
    let (call, reference) = ("call: code.delete-repo, with: {userId: tools.userId}", "ref: shared.remove");
    for target in [call, reference] {
        assert_eq!(found(&task(target)), Vec::<String>::new(), "{target}");
        let also = format!("{}    - {{name: also, description: A., {reference}}}\n", task(target));
        assert_eq!(found(&also), [warning], "{target}");
        let resource = "    resources:\n    - {name: r, label: R, uri: 'r://all', description: R., call: code.delete-repo, with: {userId: '1'}}\n";
        assert_eq!(found(&format!("{}{resource}", task(target))), [warning], "{target}");
    }
}
