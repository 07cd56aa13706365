//! Steps, each with the results of the earlier ones.

use crate::support::{capability, yaml};
use naftiko_runtime::ErrorKind;
use naftiko_runtime::testing::{Answer, Upstream};
use serde_json::json;

fn document() -> String {
    let resources = "
- name: users
  path: /users
  operations:
  - name: list-users
    method: GET
- name: owner
  path: '/repos/{repo}/owner'
  operations:
  - name: get-owner
    method: GET
    inputParameters: [{ name: repo, in: path }]
    outputParameters: [{ name: login, type: string, value: $.owner.login }]
";
    let exposes = "
- type: mcp
  namespace: tools
  tools:
  - name: find-owner
    description: Finds who owns a repository.
    inputParameters: [{ name: repo, type: string, required: true, description: The repository. }]
    steps:
    - { type: call, name: get-owner, call: api.get-owner, with: { repo: tools.repo } }
    - { type: call, name: list-users, call: api.list-users }
    - { type: lookup, name: found, index: list-users, match: login, lookupValue: $.get-owner.login, outputParameters: [name] }
    mappings:
    - { targetName: who, value: $.found.name }
    - { targetName: login, value: $.get-owner.login }
    outputParameters: [{ name: who, type: string }, { name: login, type: string }]
";
    yaml("", resources, exposes)
}

#[tokio::test]
async fn a_step_uses_the_results_of_earlier_steps() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/repos/{repo}/owner", Answer::json(200, json!({ "owner": { "login": "ann" } })));
    upstream.answer(
        "GET",
        "/users",
        Answer::json(200, json!([{ "login": "bob", "name": "Bob" }, { "login": "ann", "name": "Ann" }])),
    );
    let given = capability(&document(), &upstream).call("find-owner", json!({ "repo": "a/b" })).await.unwrap();
    assert_eq!(given, json!({ "who": "Ann", "login": "ann" }));
    let paths: Vec<_> = upstream.requests().into_iter().map(|request| request.path_and_query).collect();
    assert_eq!(paths, ["/repos/a%2Fb/owner", "/users"]);
}

#[tokio::test]
async fn a_failed_step_ends_the_operation() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/repos/{repo}/owner", Answer::status(404));
    let error = capability(&document(), &upstream).call("find-owner", json!({ "repo": "a" })).await.unwrap_err();
    assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::Upstream, 404));
    assert!(error.to_string().contains("the step `get-owner` failed"), "{error}");
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn an_invalid_step_result_is_not_the_callers_fault() {
    let resources = "
- name: owner
  path: /owner
  operations:
  - { name: owner, method: GET }
- name: user
  path: '/users/{login}'
  operations:
  - { name: user, method: GET, inputParameters: [{ name: login, in: path }, { name: X-Trace, in: header }] }
";
    let exposes = "
- type: mcp
  namespace: tools
  tools:
  - name: find-owner
    description: Finds an owner.
    inputParameters: [{ name: trace, type: string, description: A trace. }]
    steps:
    - { type: call, name: owner, call: api.owner }
    - { type: call, name: user, call: api.user, with: { login: $.owner.login, X-Trace: $.owner.trace } }
    mappings: [{ targetName: name, value: $.user.name }]
    outputParameters: [{ name: name, type: string }]
";
    let yaml = yaml("", resources, exposes);
    for (given, why) in [
        (json!({ "login": null }), "needs a value"),
        (json!({}), "needs a value"),
        (json!({ "login": "" }), "empty"),
        (json!({ "login": ".." }), "`..`"),
        (json!({ "login": "x".repeat(70_000) }), "too long"),
        (json!({ "login": "a", "trace": "a\nb" }), "control character"),
    ] {
        let upstream = Upstream::start().await;
        upstream.answer("GET", "/owner", Answer::json(200, given));
        let error = capability(&yaml, &upstream).call("find-owner", json!({ "trace": "t" })).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status().as_u16(), error.pointer()),
            (ErrorKind::BadAnswer, 502, None),
            "{error}"
        );
        assert!(error.to_string().contains(why) && error.to_string().contains("the step `user` failed"), "{error}");
        assert_eq!(upstream.requests().len(), 1);
    }
}
