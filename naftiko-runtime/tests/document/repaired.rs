//! Documents whose meaning is clear although they are incomplete: the requests of their routes and tools.

use crate::support::{capability, lowered, only, serve, tool, upstream, yaml};
use naftiko_runtime::document::{self, Settings};
use naftiko_runtime::spec::lower::lower;
use naftiko_runtime::spec::model::Document;
use naftiko_runtime::testing::{Answer, Upstream};
use serde_json::{Value, json};

const TWO_OF_ONE_NAME: &str = include_str!("field/two-operations-of-one-name.yaml");
const KEY_IN_BODY: &str = include_str!("field/with-key-in-body.naftiko.yaml");

#[tokio::test]
async fn operations_with_the_same_name_are_distinguished_by_route_or_description() {
    let upstream = Upstream::start().await;
    let requests = [
        ("GET", "/orgs/o/registries", "lists-available-registries-organization"),
        ("POST", "/orgs/o/registries", "creates-new-registry-record"),
        ("GET", "/orgs/o/registries/r", "loads-registry-record-details"),
        ("DELETE", "/orgs/o/registries/r", "deletes-existing-registry-record-and"),
        ("PATCH", "/orgs/o/registries/r", "updates-patches-existing-registry-record"),
        ("GET", "/orgs/o/registries/r/creds", "returns-current-account-credentials-secret"),
    ];
    for (method, path, _) in requests {
        upstream.answer(method, path, Answer::json(200, json!({ "request": format!("{method} {path}") })));
    }
    let (document, lowered) = lowered(TWO_OF_ONE_NAME);
    let settings = Settings::default().upstream("humanitec-registry", upstream.url());
    let url = serve(&document::capability(document, lowered, settings).unwrap()).await;
    let client = reqwest::Client::new();
    for (method, path, name) in requests {
        let expected = json!({ "request": format!("{method} {path}") });
        let has_body = matches!(method, "POST" | "PATCH");
        let mut request = client.request(method.parse().unwrap(), format!("{url}/v1{path}"));
        if has_body {
            request = request.json(&json!({ "id": "r" }));
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.json::<Value>().await.unwrap(), expected, "{method} {path}");
        let mut arguments = json!({ "orgId": "o" });
        if path.contains("/r") && path.contains("registries/") {
            arguments["regId"] = "r".into();
        }
        if has_body {
            arguments["body"] = json!({ "id": "r" });
        }
        let result = tool(&url, name, arguments).await;
        let text = result["content"][0]["text"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), expected, "{name}");
    }
}

#[test]
fn a_route_or_tool_with_an_ambiguous_call_is_reported_and_left_out() {
    let resources = "
- name: a
  path: '/a/{x}'
  operations: [{ name: get, method: GET, description: Reads an a. }, { name: other, method: GET, description: Reads. }]
- name: b
  path: '/b/{x}'
  operations: [{ name: get, method: GET, description: Reads a b. }, { name: get, method: DELETE, description: Removes a b. }]
";
    let exposes = "
- type: rest
  namespace: rest
  resources:
  - { path: '/v1/b/{X}', operations: [{ method: GET, call: api.get }, { method: POST, call: api.get }] }
  - { path: '/c', operations: [{ method: GET, call: api.get }, { method: POST, call: api.get, description: Removes a b. }] }
- type: mcp
  namespace: tools
  tools:
  - { name: t-a, call: api.get, description: 'reads an A' }
  - { name: t-none, call: api.get, description: Reads something. }
  - { name: t-silent, call: api.get }
  - { name: t-steps, description: Reads an a., steps: [{ name: s, type: call, call: api.get }] }
  - { name: t-other, call: api.other }
";
    let document = Document::from_yaml(&yaml("", resources, exposes)).unwrap();
    let (lowered, diagnostics) = lower(&document);
    let served: Vec<_> = lowered.operations.iter().map(|operation| operation.at.as_str()).collect();
    let place = |rest: &str| format!("/capability/exposes/{rest}");
    assert_eq!(served, [place("0/resources/0/operations/0"), place("1/tools/0"), place("1/tools/4")]);
    let chosen: Vec<_> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.rule.repair.is_some())
        .map(|diagnostic| (diagnostic.rule.repair.unwrap().code(), diagnostic.message.as_str()))
        .collect();
    let several = "`api.get` names 3 operations";
    assert_eq!(
        chosen,
        [
            ("R34", format!("{several}: the matching one, `GET /b/{{x}}`, is called").as_str()),
            ("R34", format!("{several}: the matching one, `GET /a/{{x}}`, is called").as_str()),
        ]
    );
    let left_out: Vec<_> = diagnostics.iter().filter(|diagnostic| diagnostic.rule.repair.is_none()).collect();
    assert_eq!(left_out.len(), 6, "{left_out:?}");
    let is_ambiguous = |message: &str| message.starts_with("3 operations are named `api.get`");
    assert!(left_out.iter().all(|diagnostic| is_ambiguous(&diagnostic.message)), "{left_out:?}");
}

#[tokio::test]
async fn a_value_used_in_the_body_is_not_sent_in_the_query_too() {
    let upstream = upstream(&[("POST", "/applications")]).await;
    let (document, lowered) = lowered(KEY_IN_BODY);
    let settings = Settings::default().upstream("insurer", upstream.url());
    let capability = document::capability(document, lowered, settings).unwrap();
    capability.call("submit", json!({ "lineOfBusiness": "auto", "effectiveDate": "2026-01-01" })).await.unwrap();
    let request = only(&upstream);
    assert_eq!(request.query(), None);
    assert_eq!(request.json().unwrap(), json!({ "lineOfBusiness": "auto", "requestedEffectiveDate": "2026-01-01" }));
}

#[tokio::test]
async fn a_rest_caller_names_a_body_member_as_its_template_does() {
    let bodies = [
        "{ type: json, data: { net: { srcAddress: '{{tools.src_address}}' } } }",
        "{ type: json, data: '{\"net\": {\"srcAddress\": \"{{tools.src_address}}\"}}' }",
        "{ type: formUrlEncoded, data: { srcAddress: '{{tools.src_address}}' } }",
        "{ type: formUrlEncoded, data: 'srcAddress={{tools.src_address}}' }",
        "{ type: multipartForm, data: [{ name: srcAddress, value: '{{tools.src_address}}' }] }",
    ];
    for body in bodies {
        let upstream = upstream(&[("POST", "/rules")]).await;
        let resources =
            format!("- {{ name: r, path: /rules, operations: [{{ name: add, method: POST, body: {body} }}] }}");
        let exposes = "
- type: rest
  namespace: rest
  resources:
  - { path: /rules, operations: [{ method: POST, call: api.add, with: { srcAddress: rest.src_address } }] }
";
        let url = serve(&capability(&yaml("", &resources, exposes), &upstream)).await;
        let request = reqwest::Client::new().post(format!("{url}/rules")).json(&json!({ "src_address": "10.0.0.1" }));
        assert_eq!(request.send().await.unwrap().status(), 200, "{body}");
        let sent = only(&upstream);
        assert_eq!(sent.query(), None, "{body}");
        let text = String::from_utf8_lossy(&sent.body).into_owned();
        assert!(text.contains("10.0.0.1"), "{body}: {text}");
    }
}

#[tokio::test]
async fn a_with_key_with_another_value_is_sent_separately() {
    let upstream = upstream(&[("POST", "/rules")]).await;
    let resources = "
- { name: r, path: /rules, operations: [{ name: add, method: POST, body: { type: json, data: { a: '{{tools.b}}' } } }] }
";
    let exposes = "- { type: mcp, namespace: mcp, tools: [{ name: add, call: api.add, with: { a: tools.c } }] }";
    let capability = capability(&yaml("", resources, exposes), &upstream);
    capability.call("add", json!({ "b": "1", "c": "2" })).await.unwrap();
    let request = only(&upstream);
    assert_eq!((request.query(), request.json().unwrap()), (Some("a=2"), json!({ "a": "1" })));
}
