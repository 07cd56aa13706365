//! Tests of mistakes and their severity: an unsendable constant is an error, an unknown prefix a warning. Unusable
//! values are ignored, and operations that cannot be read are left out with their callers.
#![cfg(feature = "yaml")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use naftiko_spec::load::{Policy, load};
use naftiko_spec::lower::lower;
use naftiko_spec::read::read;
use naftiko_spec::rules::{RuleContext, Subject, check};
use std::fmt::Write;

const DOCUMENT: &str = r#"
naftiko: 1.0.0-alpha2
info: { label: Notes, description: Notes., tags: [notes] }
binds:
- { namespace: env, keys: { TOKEN: TOKEN } }
capability:
  consumes:
  - type: http
    namespace: notes
    baseUri: https://notes.dev
    description: Notes.
    authentication: { type: bearer, token: "{{env.TOKEN}}" }
    inputParameters:
    - { name: X-Team, in: header, value: core }
    resources:
    - name: notes
      path: /notes
      operations:
      - name: list
        method: GET
        description: Lists.
        inputParameters:
        - { name: X-Kind, in: header, value: plain }
        - { name: kind, in: cookie, value: plain }
        - { name: label, in: query }
  exposes:
  - type: rest
    namespace: notes-rest
    port: 8080
    resources:
    - path: /notes
      name: notes
      operations:
      - { method: GET, name: list, call: notes.list, with: { label: rest.label }, outputParameters: [{ type: object, mapping: $. }] }
  - type: mcp
    namespace: notes-mcp
    port: 9090
    tools:
    - name: list
      description: Lists.
      hints: { readOnly: true }
      call: notes.list
      with: { label: tools.label }
      outputParameters: [{ type: object, mapping: $. }]
"#;

fn findings(text: &str) -> Vec<String> {
    let reading = read(text).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
    let (lowered, lowering) = lower(&reading.document);
    assert_eq!(lowered.operations.len(), 2, "{lowering:?}");
    let (document, repairs) = (&reading.document, reading.repairs.as_slice());
    let subject = Subject { document, context: RuleContext::File { repairs, lowered: &lowered, lowering: &lowering } };
    let mut found: Vec<_> = check(subject).iter().map(|it| format!("{} {}", it.severity, it.rule.name)).collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn the_rules_report_unsendable_constants_as_errors() {
    let before: Vec<String> = findings(DOCUMENT);
    for (written, mistake, rule) in [
        (
            "path: /notes\n      operations:\n      - name: list",
            "path: /notes/../x\n      operations:\n      - name: list",
            "invalid_path",
        ),
        (
            "path: /notes\n      operations:\n      - name: list",
            "path: /a/%2E%2e/x\n      operations:\n      - name: list",
            "invalid_path",
        ),
        (
            "path: /notes\n      operations:\n      - name: list",
            "path: '/a\\..\\x'\n      operations:\n      - name: list",
            "invalid_path",
        ),
        (
            "X-Kind, in: header, value: plain",
            "X-Kind, in: header, value: \"a\\r\\nX-Other: b\"",
            "invalid_header_value",
        ),
        ("kind, in: cookie, value: plain", "kind, in: cookie, value: 'a;b'", "invalid_header_value"),
        ("X-Kind, in: header", "Host, in: header", "invalid_header_name"),
        ("X-Kind, in: header", "Content-Length, in: header", "invalid_header_name"),
        ("X-Team, in: header", "Host, in: header", "invalid_header_name"),
        ("X-Team, in: header, value: core", "X-Team, in: header, value: \"a\\nb\"", "invalid_header_value"),
        ("X-Team, in: header, value: core", "X-Team, in: cookie, value: 'a b'", "invalid_header_value"),
        ("\"{{env.TOKEN}}\"", "\"a\\n{{env.TOKEN}}\"", "invalid_header_value"),
        (
            "type: bearer, token: \"{{env.TOKEN}}\"",
            "type: basic, username: 'a:b', password: \"{{env.TOKEN}}\"",
            "invalid_header_value",
        ),
    ] {
        assert!(DOCUMENT.contains(written), "{written}");
        let found = findings(&DOCUMENT.replacen(written, mistake, 1));
        assert!(found.contains(&format!("error {rule}")), "{mistake}: {found:?}");
        assert!(!before.contains(&format!("error {rule}")), "{before:?}");
    }
}

#[test]
fn a_wrong_prefix_is_found() {
    let rule = "warning unknown_prefix".to_owned();
    assert!(!findings(DOCUMENT).contains(&rule));
    for word in [
        "tool.label",
        "rest.label",
        "mcp.label",
        "notes-rest.label",
        "tols.label",
        "notes-mpc.label",
        // Without steps, `$.label` can only be the input.
        "$.label",
    ] {
        assert!(findings(&DOCUMENT.replace("tools.label", word)).contains(&rule), "{word}");
    }
    for word in ["tools.label", "notes-mcp.label", "env.TOKEN", "api.example.com", "v1.2", "label"] {
        assert!(!findings(&DOCUMENT.replace("tools.label", word)).contains(&rule), "{word}");
    }
}

#[test]
fn an_invalid_number_is_ignored_and_an_invalid_with_leaves_out_its_operation() {
    for (written, mistake, served) in [
        ("{ type: object, mapping: $. }", "{ type: string, mapping: $., maxLength: i }", 2),
        ("with: { label: tools.label }", "with: tools.label", 1),
        ("with: { label: tools.label }", "with: 7", 1),
    ] {
        let reading = read(&DOCUMENT.replacen(written, mistake, 1)).unwrap();
        let repairs = reading.repairs.iter().filter(|repair| repair.message.starts_with("expected "));
        assert_eq!(repairs.count(), 1, "{:?}", reading.repairs);
        assert_eq!(lower(&reading.document).0.operations.len(), served, "{mistake}");
        let again = read(&reading.document.to_yaml().unwrap()).unwrap();
        assert_eq!(again.document, reading.document, "{mistake}");
    }
}

#[test]
fn suggestions_for_thousands_of_unknown_names_are_limited() {
    let many = 8_000;
    let mut text = String::from(
        "naftiko: 1.0.0-alpha2\ninfo: { label: Many, description: Many. }\ncapability:\n  consumes:\n  - type: http\n    \
         namespace: api\n    baseUri: https://api.dev\n    resources:\n    - name: r\n      path: /r\n      operations:\n",
    );
    for number in 0..many {
        let _ = writeln!(text, "      - {{ name: read-the-thing-of-number-{number}, method: GET }}");
    }
    text.push_str("  exposes:\n  - type: mcp\n    namespace: mcp\n    tools:\n");
    for number in 0..many {
        let _ = writeln!(text, "    - {{ name: t{number}, call: api.reed-that-thing-off-number-{number}x }}");
    }
    let reading = read(&text).unwrap();
    let (lowered, lowering) = lower(&reading.document);
    let (document, repairs) = (&reading.document, reading.repairs.as_slice());
    let found =
        check(Subject { document, context: RuleContext::File { repairs, lowered: &lowered, lowering: &lowering } });
    let unresolved: Vec<_> = found.iter().filter(|finding| finding.rule.name == "unresolved_call").collect();
    assert_eq!(unresolved.len(), many);
    let suggested = |help: &Option<String>| help.as_ref().is_some_and(|help| help.starts_with("did you mean"));
    let help = |found: &naftiko_spec::Diagnostic| found.fix.as_ref().map(ToString::to_string);
    assert!(suggested(&help(unresolved[0])));
    assert!(unresolved.iter().filter(|finding| suggested(&help(finding))).count() < 100);
}

#[test]
fn an_unreadable_operation_or_function_is_left_out_with_its_callers() {
    let yaml = "
naftiko: 1.0.0-alpha2
info: { label: Notes, description: Notes. }
capability:
  consumes:
  - type: http
    namespace: notes
    baseUri: https://notes.example
    resources:
    - name: note
      path: /notes/{id}
      inputParameters: [{ name: id, in: path, type: string, required: true }]
      operations:
      - { name: get-note, method: GET, noneOn: [200] }
      - { name: delete-note, method: DELETE }
    - name: list
      inputParameters: [{ name: page, in: query }]
      operations:
      - { name: list-notes, method: GET }
  aggregates:
  - namespace: shared
    functions:
    - { name: read-note, description: Reads a note., call: notes.delete-note, semantics: { safe: maybe } }
    - { name: remove-note, description: Removes a note., call: notes.delete-note, inputParameters: [{ name: id, type: string, description: The id. }] }
    - { name: get-note, description: Reads a note., call: notes.get-note }
  exposes:
  - type: mcp
    namespace: mcp
    port: 9090
    transport: http
    tools:
    - { name: get-note, description: Reads a note., call: notes.get-note }
    - { name: list-notes, description: Lists notes., call: notes.list-notes }
    - { name: both, description: Reads twice., steps: [{ type: call, name: one, call: notes.get-note }] }
    - { name: read-note, description: Reads a note., ref: shared.read-note }
    - { name: get-shared, description: Reads a note., ref: shared.get-note }
    - { name: remove-note, description: Removes a note., ref: shared.remove-note }
";
    let loaded = load(yaml, &Policy::default()).unwrap_or_else(|refused| panic!("{:?}", refused.diagnostics));
    let served: Vec<_> = loaded.lowered.operations.iter().map(|operation| operation.fragment.name.as_str()).collect();
    assert_eq!(served, ["remove-note"]);
    let mut found: Vec<_> = loaded.reportable().map(|found| (found.at.as_str(), found.message.as_str())).collect();
    found.sort_unstable();
    let tools = "/capability/exposes/0/tools";
    assert_eq!(
        found,
        [
            (
                "/capability/aggregates/0/functions/0/semantics/safe",
                "expected `true` or `false` for `safe`, found \"maybe\""
            ),
            ("/capability/consumes/0/resources/0/operations/0/noneOn/0", "expected a supported 4xx status, found 200"),
            ("/capability/consumes/0/resources/1", "a consumed resource has no `path`"),
            (&*format!("{tools}/0"), "`notes.get-note` cannot be read"),
            (&*format!("{tools}/1"), "`notes.list-notes` cannot be read"),
            (&*format!("{tools}/2"), "`notes.get-note` cannot be read"),
            (&*format!("{tools}/3/ref"), "`shared.read-note` cannot be read"),
            (&*format!("{tools}/4"), "`notes.get-note` cannot be read"),
        ]
    );
}
