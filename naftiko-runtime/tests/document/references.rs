//! References and `{{…}}` in requests: in `with`, in texts and in bodies, for routes and for tools. Also bodies that no
//! operation uses.

use crate::support::{only, serve, tool, upstream, yaml};
use naftiko_runtime::Capability;
use naftiko_runtime::document::{self, Settings};
use naftiko_runtime::testing::{Recorded, Upstream};
use naftiko_spec::load::{Loaded, Policy, load};
use serde_json::{Value, json};

/// Returns a document with a route and a tool for each of two operations: `get` has a query parameter, `post` a body with `data`.
fn text(with: &str, data: &str) -> String {
    let resources = format!(
        "
- name: r
  path: /r
  operations:
  - {{ name: get, method: GET, inputParameters: [{{ name: q, in: query, type: string }}] }}
  - {{ name: post, method: POST, body: {{ type: json, data: {data} }} }}
"
    );
    let exposes = format!(
        "
- type: rest
  namespace: rest-api
  resources:
  - path: /r
    operations:
    - {{ name: route-get, method: GET, call: api.get, {with} }}
    - {{ name: route-post, method: POST, call: api.post, {with} }}
- type: mcp
  namespace: mcp-api
  tools:
  - {{ name: get, description: Gets., call: api.get, {with} }}
  - {{ name: post, description: Posts., call: api.post, {with} }}
"
    );
    yaml("", &resources, &exposes)
}

/// Opens a document with that text and upstream; returns the capability and the findings.
fn opened(text: &str, upstream: &Upstream) -> (Capability, Vec<String>) {
    let Loaded { document, lowered, diagnostics, .. } = load(text, &Policy::default()).unwrap();
    let capability = document::capability(document, lowered, Settings::default().upstream("api", upstream.url()));
    let shown = diagnostics.iter().map(|found| format!("{} {}", found.severity, found.rule));
    (capability.unwrap(), shown.collect())
}

/// Returns the path and the query of a request.
fn target(request: &Recorded) -> String {
    request.path().to_owned() + &request.query().map(|query| format!("?{query}")).unwrap_or_default()
}

#[tokio::test]
async fn every_prefix_for_the_caller_selects_the_input() {
    for (word, value) in [
        ("tool.q", "1"),
        ("rest.q", "1"),
        ("'{{tool.q}}'", "1"),
        ("'{{rest.q}}'", "1"),
        ("'{{Tools.q}}'", "1"),
        ("'{{rest-api.q}}'", "1"),
        ("'a-{{tool.q}}-b'", "a-1-b"),
        ("'${tools.q}'", "1"),
        ("'$.q'", "1"),
        ("[q]", "1"),
    ] {
        let upstream = upstream(&[("GET", "/r")]).await;
        let with = if word == "[q]" { "with: [q]".to_owned() } else { format!("with: {{ q: {word} }}") };
        let (capability, found) = opened(&text(&with, "{ a: 1 }"), &upstream);
        let url = serve(&capability).await;
        assert_eq!(reqwest::get(format!("{url}/r?q=1")).await.unwrap().status(), 200, "{word}");
        tool(&url, "get", json!({ "q": "1" })).await;
        let targets: Vec<String> = upstream.requests().iter().map(target).collect();
        assert_eq!(targets, [format!("/r?q={value}"), format!("/r?q={value}")], "{word}");
        let expected = if word == "[q]" { "warning R06" } else { "warning unknown_prefix" };
        assert!(found.iter().any(|found| found == expected), "{word}: {found:?}");
    }
}

#[tokio::test]
async fn a_tool_with_an_unknown_reference_is_left_out_and_the_rest_is_served() {
    for word in
        ["'{{tols.q}}'", "'tools.'", "'{{tools.}}'", "'$.a.b'", "'{{tools.q'", "'{{tools.q | upper}}'", "'{{}}'"]
    {
        let upstream = upstream(&[("GET", "/r")]).await;
        let mut whole = text("with: { q: rest.q }", "{ a: 1 }");
        let at = whole.rfind("call: api.get, with: { q: rest.q }").unwrap();
        whole.replace_range(at.., &whole[at..].replacen("rest.q", word, 1));
        let (capability, found) = opened(&whole, &upstream);
        assert!(found.contains(&"error not_runnable".to_owned()), "{word}: {found:?}");
        assert!(capability.call("get", json!({})).await.is_err(), "{word}");
        capability.call("route-get", json!({ "q": "1" })).await.unwrap();
        assert_eq!(target(&only(&upstream)), "/r?q=1", "{word}");
    }
}

#[tokio::test]
async fn a_with_key_that_names_a_body_member_is_sent_only_in_the_body() {
    for (data, with, sent) in [
        ("{ d: 'x-{{rest.e}}' }", "{ d: rest.e }", json!({ "d": "x-1" })),
        ("{ d: '{{tool.e}}' }", "{ d: '{{rest.e}}' }", json!({ "d": "1" })),
        ("{ a: [{ d: '{{e}}{{tools.f}}' }] }", "{ d: tools.e }", json!({ "a": [{ "d": "1" }] })),
        ("{ d: 'x-{{tools.d}}' }", "{ d: rest.e }", json!({ "d": "x-1" })),
        ("'{ \"d\": {{rest.e}}, \"f\": \"{{rest.e}}\" }'", "{ d: rest.e }", json!({ "d": "1", "f": "1" })),
    ] {
        let upstream = upstream(&[("POST", "/r")]).await;
        let (capability, found) = opened(&text(&format!("with: {with}"), data), &upstream);
        let url = serve(&capability).await;
        let body = |value: Value| reqwest::Client::new().post(format!("{url}/r")).json(&value).send();
        assert_eq!(body(json!({ "e": "1" })).await.unwrap().status(), 200, "{data}: {found:?}");
        let seen = only(&upstream);
        assert_eq!((target(&seen), seen.json().unwrap()), ("/r".to_owned(), sent), "{data}");
        assert_eq!(body(json!({ "e": "1", "x": 2 })).await.unwrap().status(), 400, "{data}");
    }
}

#[tokio::test]
async fn members_of_an_unused_body_are_refused() {
    let upstream = upstream(&[("POST", "/r")]).await;
    let exposes = "
- type: rest
  namespace: rest-api
  resources:
  - path: /r/{id}
    operations:
    - { method: POST, call: api.post, with: { id: rest.id } }
";
    let resources = "
- name: r
  path: /r
  operations:
  - { name: post, method: POST, inputParameters: [{ name: id, in: query }] }
";
    let (capability, _) = opened(&yaml("", resources, exposes), &upstream);
    let url = serve(&capability).await + "/r/1";
    let post = || reqwest::Client::new().post(&url);
    let refused = post().json(&json!({ "e": 1 })).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert!(refused.text().await.unwrap().contains("unknown member `e`"));
    assert_eq!(post().body("e=1").send().await.unwrap().status(), 415);
    assert!(upstream.requests().is_empty());
    assert_eq!(post().json(&json!({})).send().await.unwrap().status(), 200);
    assert_eq!(post().send().await.unwrap().status(), 200);
}
