//! Tests of the rules for documents: each mistake in a good document, with its findings.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod allow;
#[cfg(feature = "yaml")]
mod examples;
#[cfg(feature = "yaml")]
mod exposed;
#[cfg(feature = "yaml")]
mod operations;
#[cfg(feature = "yaml")]
mod references;
#[cfg(feature = "yaml")]
mod routes;
#[cfg(feature = "yaml")]
mod secrets;
#[cfg(feature = "yaml")]
mod steps;
#[cfg(feature = "yaml")]
mod unused_keys;
#[cfg(feature = "yaml")]
mod upstreams;
#[cfg(feature = "yaml")]
mod variables;
#[cfg(feature = "yaml")]
mod work;

use super::*;
use crate::lower::lower;
use crate::model::Document;

/// Returns the findings in a YAML document, as `severity rule location`.
fn found(yaml: &str) -> Vec<String> {
    let show = |finding: &Diagnostic| format!("{} {} {}", finding.severity, finding.rule.name, finding.at);
    findings(yaml).iter().map(show).collect()
}

fn findings(yaml: &str) -> Vec<Diagnostic> {
    let document = Document::from_yaml(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    let (lowered, lowering) = lower(&document);
    let context = RuleContext::File { repairs: &[], lowered: &lowered, lowering: &lowering };
    let findings = check(Subject { document: &document, context });
    for Diagnostic { severity, rule, .. } in &findings {
        assert!(*severity <= rule.severity, "{severity} by the rule `{rule}` of level {}", rule.severity);
    }
    findings
}

/// Returns [`GOOD`] after these replacements, each made once.
fn document(replace: &[(&str, &str)]) -> String {
    let mut yaml = GOOD.to_owned();
    for (old, new) in replace {
        assert!(yaml.contains(old), "{old}");
        yaml = yaml.replacen(old, new, 1);
    }
    yaml
}

const GOOD: &str = "\
naftiko: 1.0.0-alpha2
info:
  label: Repositories
  description: Lists and removes repositories.
  tags: [code]
binds:
- namespace: env
  keys: {TOKEN: TOKEN}
capability:
  consumes:
  - type: http
    namespace: code
    baseUri: https://api.code.dev
    description: Where the code is.
    authentication: {type: bearer, token: '{{env.TOKEN}}'}
    resources:
    - name: repos
      path: /users/{userId}/repos
      operations:
      - name: list-repos
        method: GET
        description: Lists them.
        inputParameters:
        - {name: userId, in: path, type: string}
        - {name: page, in: query, type: integer}
        outputParameters:
        - {name: result, type: object, value: $.}
      - name: delete-repo
        method: DELETE
        description: Removes one.
        inputParameters:
        - {name: userId, in: path, type: string}
  exposes:
  - type: rest
    namespace: code-rest
    port: 8080
    resources:
    - path: /users/{userId}/repos
      name: repos
      description: The repositories.
      operations:
      - method: GET
        name: list-repos
        description: Lists them.
        call: code.list-repos
        with: {userId: rest.userId, page: rest.page}
        outputParameters:
        - {type: object, mapping: $.}
  - type: mcp
    namespace: code-mcp
    port: 9090
    transport: http
    tools:
    - name: delete-repo
      description: Removes one.
      hints: {destructive: true}
      call: code.delete-repo
      with: {userId: tools.userId}
";

/// A schema is published with 64-bit numbers.
#[cfg(feature = "yaml")]
#[test]
fn inexact_numbers_of_a_schema_are_found() {
    for (keys, expected) in [
        ("default: 12345678901234567890123", &["default"] as &[&str]),
        ("type: number, enum: [7, 0.1000000000000000055], minimum: 0.1234567890123456789", &["enum", "minimum"]),
        ("type: number, enum: [7, 0.10, 1e3, 18446744073709551615], minimum: 0.1", &[]),
    ] {
        let inputs =
            format!("inputParameters: [{{name: page, description: A page., {keys}}}]\n        call: code.list-repos");
        let document = crate::read::read(&document(&[("call: code.list-repos", &inputs)])).unwrap().document;
        let (lowered, lowering) = lower(&document);
        let context = RuleContext::File { repairs: &[], lowered: &lowered, lowering: &lowering };
        let found = check(Subject { document: &document, context });
        let found = found.iter().filter(|found| found.rule.name == "inexact_number");
        let found: Vec<_> = found.map(|found| found.at.rsplit('/').next().unwrap()).collect();
        assert_eq!(found, expected, "{keys}");
    }
}

#[test]
fn a_good_document_has_no_findings() {
    assert_eq!(found(GOOD), Vec::<String>::new());
}

#[test]
fn a_bind_that_only_a_nested_output_uses_is_used() {
    let own = "        call: code.list-repos\n        with: {userId: rest.userId, page: rest.page}\n        outputParameters:\n        - {type: object, mapping: $.}";
    let nested = "        outputParameters:\n        - {type: object, properties: {all: {type: array, items: {type: string, value: '{{env.X}}'}}}}";
    assert!(GOOD.contains(own));
    let yaml = GOOD.replace(own, nested).replace("{TOKEN: TOKEN}", "{TOKEN: TOKEN, X: X}");
    let found = found(&yaml);
    assert!(!found.iter().any(|finding| finding.contains("unused_bind")), "{found:?}");
}

#[test]
fn a_bind_that_only_the_value_of_an_input_uses_is_used() {
    let (of_operation, of_resource) =
        ("        with: {userId: rest.userId, page: rest.page}\n", "    - path: /users/{userId}/repos\n");
    let input = |name: &str| format!("inputParameters: [{{name: {name}, in: query, value: '{{{{env.{name}}}}}'}}]\n");
    for (place, indent) in [(of_operation, 8), (of_resource, 6)] {
        assert!(GOOD.contains(place), "{place}");
        let yaml = GOOD.replacen(place, &format!("{place}{:indent$}{}", "", input("X")), 1);
        let found = found(&yaml.replace("{TOKEN: TOKEN}", "{TOKEN: TOKEN, X: X}"));
        assert!(!found.iter().any(|finding| finding.contains("unused_bind")), "{found:?}");
    }
}

#[test]
fn a_document_without_apis_and_adapters_is_empty() {
    let findings = findings("naftiko: 1.0.0-alpha2\ninfo: {label: A, description: A., tags: [a]}\n");
    assert_eq!(findings.iter().map(|finding| finding.rule.name).collect::<Vec<_>>(), ["empty_document"]);
}

/// Changes to [`GOOD`], most of them mistakes: the replaced text, the replacement, and the findings, which exclude repairs.
const MISTAKES: &[(&str, &str, &[&str])] = &[
    ("  label: Repositories\n", "", &["info missing_label /info/label"]),
    ("  tags: [code]\n", "", &["info missing_tags /info/tags"]),
    ("  description: Lists and removes repositories.\n", "", &["warning missing_description /info/description"]),
    ("Lists and removes", "<SCRIPT>x</SCRIPT>", &["warning script_in_markdown /info/description"]),
    ("Lists and removes", "See (javascript:x) and", &["warning script_in_markdown /info/description"]),
    ("Lists and removes", "A retrieval(s) service", &[]),
    ("{TOKEN: TOKEN}", "{TOKEN: TOKEN, X: X}", &["warning unused_bind /binds/0/keys/X"]),
    ("  keys: {T", "  location: k8s-secret://kv\n  keys: {T", &["error unsupported_location /binds/0/location"]),
    ("  keys: {T", "  location: vault://secret/data/github\n  keys: {T", &[]),
    ("  keys: {T", "  location: file:///run/secrets/code.env\n  keys: {T", &[]),
    (
        "    transport: http\n",
        "    resources: [{name: guide, uri: 'docs://guide', location: 'https://code.dev'}]\n",
        &["error unsupported_location /capability/exposes/1/resources/0/location"],
    ),
    ("    transport: http\n", "    resources: [{name: guide, uri: 'docs://guide', location: ../guide}]\n", &[]),
    ("{{env.TOKEN}}", "{{env.TOKEN", &["error invalid_template /capability/consumes/0/authentication/token"]),
    ("{{env.TOKEN}}", "{{env.TOKN}}", &["warning undeclared_variable /capability/consumes/0/authentication/token"]),
    ("type: http", "type: grpc", &["error unsupported_kind /capability/consumes/0/type"]),
    ("https://api.code.dev", "https://api.code.dev/", &["warning trailing_slash /capability/consumes/0/baseUri"]),
    ("https://api.code.dev", "https://api.code.dev?v=1", &["error invalid_base_uri /capability/consumes/0/baseUri"]),
    ("https://api.code.dev", "http://api.code.dev", &["warning insecure_http /capability/consumes/0/baseUri"]),
    (
        "https://api.code.dev",
        "http://api.code.dev\n    tls: {ca: '{{env.TOKEN}}'}",
        &["error unused_tls /capability/consumes/0/baseUri"],
    ),
    ("https://api.code.dev", "https://api.code.dev\n    tls: {ca: '{{env.TOKEN}}'}", &[]),
    ("https://api.code.dev", "https://api.example.com", &["warning example_host /capability/consumes/0/baseUri"]),
    ("https://api.code.dev", "https://your-org.code.dev", &["warning example_host /capability/consumes/0/baseUri"]),
    ("https://api.code.dev", "http://localhost:80", &["info example_host /capability/consumes/0/baseUri"]),
    ("https://api.code.dev", "https://{org}.code.dev", &[]),
    (
        "https://api.code.dev",
        "https://api.code.dev\n    resilience: {timeout: 15s, retry: {tries: 4}}",
        &["warning retries_too_long /capability/consumes/0/resilience/retry"],
    ),
    ("https://api.code.dev", "https://api.code.dev\n    resilience: {timeout: 5s, retry: {tries: 4}}", &[]),
    (
        "{type: bearer, token: '{{env.TOKEN}}'}",
        "{type: oauth1, token: '{{env.TOKEN}}'}",
        &["error unsupported_authentication /capability/consumes/0/authentication"],
    ),
    (
        "{type: bearer, token: '{{env.TOKEN}}'}",
        "{type: bearer, token: 'x'}",
        &[
            "warning unused_bind /binds/0/keys/TOKEN",
            "warning literal_secret /capability/consumes/0/authentication/token",
        ],
    ),
    (
        "{type: bearer, token: '{{env.TOKEN}}'}",
        "{type: apikey, key: k, value: '{{env.TOKEN}}', placement: query}",
        &["warning secret_in_url /capability/consumes/0/authentication/placement"],
    ),
    (
        "{type: bearer, token: '{{env.TOKEN}}'}",
        "{type: apikey, key: a b, value: '{{env.TOKEN}}', placement: header}",
        &["error invalid_header_name /capability/consumes/0/authentication/key"],
    ),
    (
        "    resources:\n    - name: repos\n      path: /users/{userId}",
        "    inputParameters:\n    - {name: authorization, in: header, value: '{{env.TOKEN}}'}\n    resources:\n    - name: repos\n      path: /users/{userId}",
        &["error repeated_credential /capability/consumes/0/inputParameters/0/name"],
    ),
    (
        "{name: page, in: query, type: integer}",
        "{name: Authorization, in: header, value: '{{env.TOKEN}}'}",
        &["error repeated_credential /capability/consumes/0/resources/0/operations/0/inputParameters/1/name"],
    ),
    ("{name: page, in: query, type: integer}", "{name: Authorization, in: header}", &[]),
    (
        "{name: page, in: query",
        "{name: api_key, in: query",
        &["warning secret_in_url /capability/consumes/0/resources/0/operations/0/inputParameters/1"],
    ),
    (
        "{name: page, in: query, type: integer}",
        "{name: page, in: query, type: integer}\n        - {name: Host, in: header}",
        &["warning invalid_header_name /capability/consumes/0/resources/0/operations/0/inputParameters/2/name"],
    ),
    (
        "{name: page, in: query, type: integer}",
        "{name: page, in: query, type: integer}\n        - {name: page, in: query}",
        &["warning duplicate_argument /capability/consumes/0/resources/0/operations/0/inputParameters/2"],
    ),
    (
        "{name: page, in: query, type: integer}",
        "{name: page, in: query, type: integer}\n        - {name: x, in: query, value: ghp_0}",
        &["warning literal_secret /capability/consumes/0/resources/0/operations/0/inputParameters/2/value"],
    ),
    (
        "{name: page, in: query, type: integer}",
        "{name: page, in: query, type: integer}\n        - {name: x, in: query, type: integer, value: i}",
        &["warning unfit_value /capability/consumes/0/resources/0/operations/0/inputParameters/2/value"],
    ),
    (
        "{name: page, in: query, type: integer}",
        "{name: page, in: query, type: integer}\n        - {name: x, in: query, type: integer, value: '-0x1F'}",
        &[],
    ),
    (
        "        - {type: object, mapping: $.}",
        "        - {type: object, properties: {a: {type: string, const: x}, b: {type: string, mapping: $.b, const: x}}}",
        &["warning unused_const /capability/exposes/0/resources/0/operations/0/outputParameters/0/properties/a/const"],
    ),
    (
        "        - {type: object, mapping: $.}",
        "        - {type: array, mapping: $., items: {type: string, value: 'a {{page}}'}}",
        &["warning unfilled_output /capability/exposes/0/resources/0/operations/0/outputParameters/0/items/value"],
    ),
    (
        "{name: page, in: query, type: integer}",
        "{name: page, in: query, type: integer, contentType: text/csv}",
        &["warning unused_content_type /capability/consumes/0/resources/0/operations/0/inputParameters/1/contentType"],
    ),
    (
        "{name: page, in: query, type: integer}",
        "{name: page, in: query, type: integer, format: email, constraints: {multipleOf: 5, x-order: 1}}",
        &[],
    ),
    (
        "{name: page, in: query, type: integer}",
        "{name: page, in: query, type: integer, constraints: {multipleOf: 0, multipleof: 5}}",
        &["error invalid_constraint /capability/consumes/0/resources/0/operations/0/inputParameters/1/constraints"; 2],
    ),
    (
        "{name: page, in: query, type: integer}",
        "{name: page, in: query, type: array, items: {type: integer, minimum: a}}",
        &["error invalid_constraint /capability/consumes/0/resources/0/operations/0/inputParameters/1/items"],
    ),
    (
        "{name: page, in: query, type: integer}",
        "{name: page, in: body}",
        &["warning unexpected_body /capability/consumes/0/resources/0/operations/0/inputParameters/1"],
    ),
    (
        "      - name: delete-repo\n        method: DELETE\n",
        "      - name: idle\n        method: GET\n      - name: delete-repo\n        method: DELETE\n",
        &[
            "info unfilled_placeholder /capability/consumes/0/resources/0/operations/1",
            "info unused_operation /capability/consumes/0/resources/0/operations/1",
        ],
    ),
    (
        "      - name: delete-repo\n        method: DELETE\n",
        "      - name: idle\n        method: GET\n        path: /{tool.page}\n      - name: delete-repo\n        method: DELETE\n",
        &[
            "warning unfilled_placeholder /capability/consumes/0/resources/0/operations/1",
            "info unused_operation /capability/consumes/0/resources/0/operations/1",
        ],
    ),
    (
        "      - name: delete-repo\n        method: DELETE\n",
        "      - name: list-repos\n        method: DELETE\n",
        &[
            "warning duplicate_operation /capability/consumes/0/resources/0/operations/1/name",
            "error unresolved_call /capability/exposes/1/tools/0/call",
        ],
    ),
    (
        "      path: /users/{userId}/repos\n      operations",
        "      path: /users/{userId}/repos?all=1\n      operations",
        &["warning query_in_path /capability/consumes/0/resources/0/path"],
    ),
    (
        "      path: /users/{userId}/repos\n      operations",
        "      path: /users/{userId/repos\n      operations",
        &["error invalid_path /capability/consumes/0/resources/0/path"],
    ),
    (
        "        inputParameters:\n        - {name: userId, in: path, type: string}\n  exposes",
        "  exposes",
        &["info unfilled_placeholder /capability/consumes/0/resources/0/operations/1"],
    ),
    (
        "        outputParameters:\n        - {name: result",
        "        outputRawFormat: avro\n        outputParameters:\n        - {name: result",
        &["error unsupported_format /capability/consumes/0/resources/0/operations/0/outputRawFormat"],
    ),
    (
        "value: $.}",
        "value: '$.a['}",
        &["error invalid_jsonpath /capability/consumes/0/resources/0/operations/0/outputParameters/0/value"],
    ),
    (
        "call: code.list-repos",
        "call: code.list-repo",
        &["error unresolved_call /capability/exposes/0/resources/0/operations/0/call"],
    ),
    (
        "call: code.list-repos",
        "call: kode.list-repos",
        &["error unresolved_call /capability/exposes/0/resources/0/operations/0/call"],
    ),
    (
        "call: code.list-repos",
        "ref: code.list-repos",
        &[
            "info unused_operation /capability/consumes/0/resources/0/operations/0",
            "error unresolved_reference /capability/exposes/0/resources/0/operations/0/ref",
        ],
    ),
    ("port: 9090", "port: 8080", &["error duplicate_port /capability/exposes/1/port"]),
    ("port: 9090", "port: 8080\n    address: 127.0.0.2", &[]),
    ("namespace: code-mcp", "namespace: code-rest", &["warning duplicate_namespace /capability/exposes/1/namespace"]),
    ("namespace: code-mcp", "namespace: code", &["warning shared_namespace /capability/exposes/1/namespace"]),
    ("namespace: code-mcp", "namespace: codeMcp", &["info unconventional_name /capability/exposes/1/namespace"]),
    (
        "    - path: /users/{userId}/repos\n",
        "    - path: /users/{userId}/repos/\n",
        &["warning trailing_slash /capability/exposes/0/resources/0/path"],
    ),
    (
        "    - path: /users/{userId}/repos\n",
        "    - path: /users/{userId}/repos?all=1\n",
        &["warning invalid_path /capability/exposes/0/resources/0/path"],
    ),
    (
        "    - name: delete-repo\n      description",
        "    - name: delete repo\n      description",
        &["warning invalid_tool_name /capability/exposes/1/tools/0/name"],
    ),
    ("{destructive: true}", "{readOnly: true}", &["warning understated_hint /capability/exposes/1/tools/0/hints"]),
    ("{destructive: true}", "{destructive: false}", &["warning understated_hint /capability/exposes/1/tools/0/hints"]),
    (
        "        call: code.list-repos\n        with: {userId: rest.userId, page: rest.page}",
        "        call: code.delete-repo\n        with: {userId: rest.userId}",
        &[
            "info unused_operation /capability/consumes/0/resources/0/operations/0",
            "warning unsafe_get /capability/exposes/0/resources/0/operations/0/method",
        ],
    ),
    (
        "page: rest.page}\n        outputParameters:\n        - {type: object, mapping: $.}",
        "page: rest.page}\n        inputParameters:\n        - {name: sort, in: query}\n        outputParameters:\n        - {type: object, mapping: $.}",
        &["warning unused_input /capability/exposes/0/resources/0/operations/0/inputParameters/0"],
    ),
    (
        "    transport: http\n",
        "    transport: http\n    prompts: [{name: x}]\n",
        &["warning not_served /capability/exposes/1/prompts/0"],
    ),
    (
        "    transport: http\n",
        "    transport: http\n    prompts: [{name: x, template: [{role: user, content: a}, {role: user, content: '{{b}}'}]}]\n",
        &["warning prompt_arguments /capability/exposes/1/prompts/0/template/1/content"],
    ),
    (
        "    port: 8080\n",
        "    port: 8080\n    authentication: {type: apikey, key: page, value: '{{env.TOKEN}}', placement: query}\n",
        &[
            "warning secret_in_url /capability/exposes/0/authentication/placement",
            "warning credential_argument /capability/exposes/0/resources/0/operations/0",
        ],
    ),
    (
        "    port: 9090\n",
        "    port: 9090\n    authentication: {type: hmac}\n",
        &["error unchecked_callers /capability/exposes/1/authentication"],
    ),
    (
        "    port: 9090\n",
        "    port: 9090\n    authentication: {type: oauth2, resource: 'https://things.example'}\n",
        &["error unchecked_callers /capability/exposes/1/authentication"],
    ),
    (
        "    port: 9090\n",
        "    port: 9090\n    authentication: {type: apikey, key: 'X Key', value: '{{env.TOKEN}}'}\n",
        &["error invalid_header_name /capability/exposes/1/authentication/key"],
    ),
    (
        "    port: 9090\n",
        "    port: 9090\n    authentication: {type: basic, username: ada, password: lovelace}\n",
        &["warning literal_secret /capability/exposes/1/authentication/password"],
    ),
    (
        "    port: 9090\n",
        "    port: 9090\n    authentication: {type: apikey, key: key, value: '{{env.TOKEN}}', placement: query}\n",
        &["warning secret_in_url /capability/exposes/1/authentication/placement"],
    ),
    (
        "  - type: mcp\n",
        "  - type: control\n    port: 9999\n    address: 0.0.0.0\n  - type: mcp\n",
        &["warning exposed_control /capability/exposes/1/address"],
    ),
    (
        "  - type: mcp\n",
        "  - type: control\n    port: 9999\n    address: 0.0.0.0\n    authentication: {type: bearer, token: '{{env.TOKEN}}'}\n  - type: mcp\n",
        &[],
    ),
    (
        "  - type: mcp\n",
        "  - type: control\n    port: 9999\n    management: {reload: true}\n    authentication: {type: bearer, token: '{{env.TOKEN}}'}\n  - type: mcp\n",
        &["warning not_served /capability/exposes/1/management/reload"],
    ),
];

#[test]
fn each_mistake_has_exactly_its_findings() {
    for (old, new, expected) in MISTAKES {
        assert_eq!(found(&document(&[(old, new)])), *expected, "{new}");
    }
}

#[test]
fn every_rule_has_a_unique_name_and_an_explanation() {
    let mut names: Vec<_> = rules().map(|rule| rule.name).collect();
    for rule in rules() {
        assert!(rule.name.bytes().all(|c| c.is_ascii_lowercase() || c == b'_'), "{}", rule.name);
        for text in [rule.summary, rule.why] {
            assert!(text.ends_with(['.', ')']) && !text.contains("  "), "{}: {text}", rule.name);
        }
        assert!(!rule.wrong.is_empty() && !rule.right.is_empty() && rule.wrong != rule.right, "{}", rule.name);
        assert!(rule.allow != Allow::Nowhere || rule.severity != Severity::Info, "{}", rule.name);
    }
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}
