//! Tests of words and `{{…}}` that refer to another adapter or to nothing: their locations and their fixes.

use super::super::*;
use crate::load::{Errors, Loaded, Policy, load};

/// A document with two operations, one of which sends a body; a route for each, a tool with a call, and a tool with steps.
const TEXT: &str = "\
naftiko: 1.0.0-alpha2
info: {label: Things, description: Things., tags: [things]}
capability:
  consumes:
  - type: http
    namespace: api
    baseUri: https://api.things.dev
    description: Things.
    resources:
    - name: things
      path: /things
      operations:
      - name: get
        method: GET
        description: Gets.
        inputParameters:
        - {name: q, in: query, type: string}
        - {name: X-Kind, in: header, value: plain}
      - name: post
        method: POST
        description: Posts.
        body: {type: json, data: {e: '{{e}}'}}
  exposes:
  - type: rest
    namespace: api-rest
    port: 8080
    resources:
    - path: /things
      name: things
      operations:
      - {method: GET, name: list, description: Gets., call: api.get, with: {q: rest.q}}
      - {method: POST, name: add, description: Posts., call: api.post}
  - type: mcp
    namespace: api-mcp
    port: 9090
    transport: http
    tools:
    - {name: get, description: Gets., hints: {readOnly: true}, call: api.get, with: {q: tools.q}}
    - name: again
      description: Gets twice.
      steps:
      - {name: a, type: call, call: api.get, with: {q: tools.q}}
      - {name: b, type: lookup, index: a, match: id, lookupValue: tools.id, outputParameters: [name]}
      mappings:
      - {targetName: name, value: $.b.name}
";

const TOOL: &str = "/capability/exposes/1/tools/0/with/q";

fn loaded(text: &str) -> Loaded {
    load(text, &Policy { errors: Errors::Report, ..Policy::default() })
        .unwrap_or_else(|error| panic!("{error:?}\n{text}"))
}

/// Returns the findings, as `severity rule location`, except those that are not about references.
fn found(text: &str) -> Vec<String> {
    let findings = loaded(text).diagnostics;
    let findings =
        findings.iter().filter(|found| !matches!(found.rule.name, "R28" | "unused_input" | "missing_description"));
    findings.map(|found| format!("{} {} {}", found.severity, found.rule.name, found.at)).collect()
}

/// Returns the document with another text in place of the tool's `tools.q`.
fn with(written: &str) -> String {
    TEXT.replacen("with: {q: tools.q}}\n    - name: again", &format!("with: {{q: {written}}}}}\n    - name: again"), 1)
}

#[test]
fn a_wrong_prefix_is_found_and_its_fix_works() {
    assert_eq!(found(TEXT), Vec::<String>::new());
    for (written, at) in [
        ("tool.q", TOOL),
        ("rest.q", TOOL),
        ("api-rest.q", TOOL),
        ("Tools.q", TOOL),
        ("$.q", TOOL),
        ("'${tools.q}'", TOOL),
        ("'{tools.q}'", TOOL),
        ("'{{tool.q}}'", TOOL),
        ("'{{ rest.q }}'", TOOL),
        ("'{{api-rest.q}}'", TOOL),
        ("'{{$.q}}'", TOOL),
        ("'a-{{tool.q}}-b'", TOOL),
        ("{a: ['{{tool.q}}']}", "/capability/exposes/1/tools/0/with/q/a/0"),
    ] {
        let text = with(written);
        assert_eq!(found(&text), [format!("warning unknown_prefix {at}")], "{written}");
        let loaded = loaded(&text);
        assert_eq!(loaded.lowered.operations.len(), 4, "{written}");
        let found_there = loaded.diagnostics.iter().find(|found| found.at == at).unwrap();
        assert_eq!(found_there.location.map(|location| location.line), Some(38), "{written}");
        let Some(crate::Fix::Write(fix)) = &found_there.fix else { panic!("{found_there:?}") };
        let fixed = if fix.starts_with("{{") { format!("'{fix}'") } else { fix.clone() };
        assert_eq!(self::found(&with(&fixed)), Vec::<String>::new(), "{written}");
    }
}

#[test]
fn an_unknown_name_is_an_error_at_its_location_and_leaves_out_its_operation() {
    for (written, fix) in [
        ("'{{tols.q}}'", "'{{tools.q}}'"),
        ("'x{{nobody.q}}'", "'{{tools.q}}'"),
        ("'tools.'", "tools.q"),
        ("'{{tools.}}'", "'{{tools.q}}'"),
        ("'{{tools.q | upper}}'", "'{{tools.q}}'"),
        ("'{{tools.q'", "'{{tools.q}}'"),
        ("'$.q.name'", "tools.q"),
    ] {
        let text = with(written);
        assert_eq!(found(&text), [format!("error not_runnable {TOOL}")], "{written}");
        let loaded = loaded(&text);
        assert_eq!(loaded.lowered.operations.len(), 3, "{written}");
        let fixes: Vec<_> = loaded.diagnostics.iter().filter_map(|found| found.fix.clone()).collect();
        assert!(fixes.contains(&crate::Fix::Write(fix.trim_matches('\'').to_owned())), "{written}: {fixes:?}");
        assert_eq!(found(&with(fix)), Vec::<String>::new(), "{written}");
    }
    for written in ["'{{}}'", "'{{tools}}'", "\"{{tools['q']}}\"", "'{{q.}}'", "'{{.q}}'", "'{{ {{tools.q}} }}'"] {
        assert!(found(&with(written)).contains(&format!("error not_runnable {TOOL}")), "{written}");
    }
    // A word that may be plain text is read as plain text.
    for written in ["api.example.com", "v1.2", "$.50", "a.b.c", "'a sentence. Another one'", "'{not a hole}'"] {
        assert_eq!(found(&with(written)), Vec::<String>::new(), "{written}");
    }
}

#[test]
fn a_variable_needs_no_braces_and_is_declared_once() {
    let bound = |text: &str| text.replace("capability:\n", "binds:\n- {namespace: env, keys: {K: K}}\ncapability:\n");
    assert_eq!(found(&bound(&with("env.K"))), Vec::<String>::new());
    assert_eq!(found(&with("env.K")), ["warning R14 /binds/0"]);
    assert_eq!(found(&bound(&with("env.L"))), ["warning unused_bind /binds/0/keys/K", "warning R14 /binds/0/keys/L"]);
}

#[test]
fn bodies_values_mappings_and_lookups_are_checked_too() {
    let exposes = "/capability/exposes/1/tools/1";
    let consumed = "/capability/consumes/0/resources/0/operations";
    for (old, new, expected) in [
        ("'{{e}}'", "'{{tool.e}}'", format!("warning unknown_prefix {consumed}/1/body/data/e")),
        ("'{{e}}'", "'{{tools.e}}'", format!("warning unknown_prefix {consumed}/1/body/data/e")),
        ("'{{e}}'", "'{{rest.e}}'", String::new()),
        ("'{{e}}'", "'{{tols.e}}'", format!("error not_runnable {consumed}/1/body/data/e")),
        ("'{{e}}'", "'{{tools.e'", format!("warning invalid_template {consumed}/1/body/data/e")),
        (
            "value: plain",
            "value: 'a-{{tool.e}}'",
            format!("warning unknown_prefix {consumed}/0/inputParameters/1/value"),
        ),
        ("value: plain", "value: 'a-{{e'", format!("error not_runnable {consumed}/0/inputParameters/1/value")),
        ("value: plain", "value: 'a-{{tols.e}}'", format!("error not_runnable {consumed}/0/inputParameters/1/value")),
        (
            "lookupValue: tools.id",
            "lookupValue: rest.id",
            format!("warning unknown_prefix {exposes}/steps/1/lookupValue"),
        ),
        (
            "lookupValue: tools.id",
            "lookupValue: '{{tols.id}}'",
            format!("error not_runnable {exposes}/steps/1/lookupValue"),
        ),
        ("value: $.b.name", "value: '{{tool.b}}'", format!("warning unknown_prefix {exposes}/mappings/0/value")),
        ("value: $.b.name", "value: '{{tols.b}}'", format!("error not_runnable {exposes}/mappings/0/value")),
        (
            "{name: a, type: call, call: api.get, with: {q: tools.q}}",
            "{name: a, type: call, call: api.get, with: {q: 'x{{rest.q}}'}}",
            format!("warning unknown_prefix {exposes}/steps/0/with/q"),
        ),
    ] {
        assert!(TEXT.contains(old), "{old}");
        let found = found(&TEXT.replacen(old, new, 1));
        let found: Vec<_> = found.into_iter().filter(|found| !found.contains(" unused_")).collect();
        assert_eq!(found, expected.lines().map(str::to_owned).collect::<Vec<_>>(), "{new}");
    }
}

#[test]
fn braces_that_are_sent_as_text_are_reported_when_serving() {
    let loaded = loaded(&TEXT.replacen("'{{e}}'", "'{{e'", 1));
    assert_eq!(loaded.reportable().filter(|found| found.rule.name == "invalid_template").count(), 1);
}

#[test]
fn the_prefix_of_one_adapter_in_a_shared_body_is_only_an_info() {
    let shared = format!("{TEXT}    - {{name: post, description: Posts., call: api.post}}\n");
    assert_eq!(found(&shared), Vec::<String>::new());
    let at = "/capability/consumes/0/resources/0/operations/1/body/data/e";
    for (word, severity) in [("tools", "info"), ("rest", "info"), ("tool", "warning")] {
        let text = shared.replace("'{{e}}'", &format!("'{{{{{word}.e}}}}'"));
        assert_eq!(found(&text), [format!("{severity} unknown_prefix {at}")], "{word}");
        let fix = loaded(&text).diagnostics[0].fix.clone();
        assert_eq!(fix, Some(crate::Fix::Write("{{e}}".to_owned())), "{word}");
    }
}

#[test]
fn inputs_of_callers_cannot_be_addresses_or_credentials() {
    for (old, new, place) in [
        ("https://api.things.dev", "'https://{{tools.host}}'", "baseUri"),
        (
            "    description: Things.\n    resources",
            "    description: Things.\n    authentication: {type: bearer, token: '{{rest.t}}'}\n    resources",
            "authentication/token",
        ),
    ] {
        let text = TEXT.replacen(old, new, 1);
        assert_eq!(found(&text), [format!("error invalid_template /capability/consumes/0/{place}")], "{new}");
        // No operation is left out.
        assert_eq!(loaded(&text).lowered.operations.len(), 4);
    }
}

#[test]
fn only_an_unreadable_tool_is_left_out() {
    let tool = "call: api.get, with: {q: tools.q}}\n    - name: again";
    for (written, lines) in [
        ("with: [7]", 1),
        ("with: [[q]]", 1),
        ("with: [null]", 1),
        ("with: {q: tools.q}, steps: 5", 1),
        ("steps: [x, {name: s}]", 2),
        ("mappings: 7", 1),
        ("mappings: [{targetName: a}]", 1),
        ("inputParameters: 7", 1),
        ("outputParameters: [7]", 1),
        ("wiht: 5", 1),
    ] {
        let text = TEXT.replacen(tool, &tool.replace("with: {q: tools.q}", written), 1);
        let loaded = loaded(&text);
        let names: Vec<_> = loaded.lowered.operations.iter().map(|it| it.fragment.name.as_str()).collect();
        assert_eq!(names, ["list", "add", "again"], "{written}");
        let errors: Vec<_> = loaded.diagnostics.iter().filter(|found| found.severity == Severity::Error).collect();
        assert_eq!(errors.len(), lines, "{written}: {errors:?}");
        for error in errors {
            assert_eq!(error.rule.name, "not_runnable");
            assert!(error.at.starts_with("/capability/exposes/1/tools/0") && error.fix.is_some(), "{error:?}");
            assert_eq!(error.location.map(|location| location.line), Some(38), "{error:?}");
        }
        // The locations of later parts are still correct.
        assert_eq!(loaded.places.of("/capability/exposes/1/tools/0/name").map(|at| at.line), Some(39), "{written}");
        assert!(load(&text, &Policy { errors: Errors::Refuse, ..Policy::default() }).is_err());
        assert!(load(&text, &Policy::default()).is_ok());
    }
    for (written, source) in [
        ("with: [q]", "q"),
        ("with: [tools.q]", "q"),
        ("with: [{q: tools.q}]", "q"),
        ("with: [{name: q, value: tools.q}]", "q"),
    ] {
        let text = TEXT.replacen(tool, &tool.replace("with: {q: tools.q}", written), 1);
        assert_eq!(found(&text), ["warning R06 /capability/exposes/1/tools/0/with"], "{written}");
        assert_eq!(loaded(&text).lowered.operations[2].fragment.arguments[0].name, source, "{written}");
    }
}

#[test]
fn invalid_addresses_of_adapters_are_found() {
    for (address, is_found) in [
        ("127.0.0.1", false),
        ("'::1'", false),
        ("localhost", false),
        ("my-host.example.com", false),
        ("not an address", true),
        ("http://localhost", true),
        ("'localhost:80'", true),
        ("'5'", true),
        ("''", true),
    ] {
        let text = TEXT.replacen("    port: 8080\n", &format!("    port: 8080\n    address: {address}\n"), 1);
        let expected = "error invalid_address /capability/exposes/0/address".to_owned();
        assert_eq!(found(&text).contains(&expected), is_found, "{address}");
    }
}
