//! Approval of tool calls in documents: the keys `confirm` and `approval`.
#![cfg(feature = "document")]

use super::support::{Client, assert_refused, token};
use naftiko::Capability;
use naftiko::document::{self, Settings};
use naftiko::testing::{Answer, Upstream};
use serde_json::json;
use std::fs;

const DOCUMENT: &str = r"naftiko: 1.0.0-alpha2
info:
  label: Things
  description: Keeps things.
capability:
  consumes:
  - type: http
    namespace: api
    baseUri: http://api.example
    resources:
    - path: /things/{{id}}
      name: things
      operations:
      - method: DELETE
        name: remove
        inputParameters:
        - name: id
          in: path
      - method: GET
        name: show
        inputParameters:
        - name: id
          in: path
  exposes:
  - type: mcp
    namespace: things-mcp
    port: 9090
    confirm: destructive
    approval: host
    tools:
    - name: remove
      description: Removes a thing.
      call: api.remove
    - name: show
      description: Shows a thing.
      call: api.show
      confirm: true
";

/// Opens a document from a file with this name.
fn opened(name: &str, yaml: &str, settings: Settings) -> Capability {
    let folder = std::env::temp_dir().join(format!("naftiko-approval-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("things.naftiko.yaml");
    fs::write(&file, yaml).unwrap();
    let capability = document::open(&file, settings).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    capability
}

#[tokio::test]
async fn tools_of_documents_need_the_same_approval() {
    let upstream = Upstream::start().await;
    upstream.answer("DELETE", "/things/7", Answer::json(200, json!({ "removed": 7 })));
    let capability = opened("things", DOCUMENT, Settings::default().upstream("api", upstream.url()));
    // The keys are written as they were in the file.
    let written = capability.document().to_yaml().unwrap();
    for line in ["    confirm: destructive", "    approval: host", "      confirm: true"] {
        assert!(written.lines().any(|own| own == line), "{line}\n{written}");
    }
    let client = Client::of(&capability).await;
    token(&client.legacy("show", json!({ "id": "7" })).await);
    let waiting = client.legacy("remove", json!({ "id": "7" })).await;
    assert_eq!(waiting["_meta"]["io.naftiko/approval"]["request"], "DELETE /things/{id}", "{waiting}");
    let given = token(&waiting);
    assert!(upstream.requests().is_empty());
    capability.approvals().approve(&given).await.unwrap();
    let done = client.legacy("remove", json!({ "id": "7", "approval": given })).await;
    assert_eq!(done["isError"], false, "{done}");
    assert_refused(&client.legacy("remove", json!({ "id": "7", "approval": given })).await, "not valid");
    assert_eq!(upstream.requests().len(), 1);
}

const AGGREGATE: &str = r"naftiko: 1.0.0-alpha2
info: { label: Things, description: Keeps things. }
capability:
  consumes:
  - type: http
    namespace: api
    baseUri: http://api.example
    resources:
    - { name: things, path: '/things/{{id}}', operations: [{ name: remove, method: DELETE, inputParameters: [{ name: id, in: path }] }] }
  aggregates:
  - label: Things
    namespace: things
    functions:
    - { name: remove, description: Removes a thing., call: api.remove, inputParameters: [{ name: id, type: string, description: Its ID. }] }
  exposes:
  - type: mcp
    namespace: things-mcp
    port: 9090
    approval: host
    tools:
    - { name: remove, description: Removes a thing., ref: things.remove, confirm: true }
";

#[tokio::test]
async fn the_approval_of_a_function_of_an_aggregate_shows_its_request() {
    let client = Client::of(&opened("aggregate", AGGREGATE, Settings::default())).await;
    let waiting = client.legacy("remove", json!({ "id": "7" })).await;
    assert_eq!(waiting["_meta"]["io.naftiko/approval"]["request"], "DELETE /things/{id}", "{waiting}");
}

const HEADERS: &str = r"naftiko: 1.0.0-alpha2
info: { label: Things, description: Keeps things. }
capability:
  consumes:
  - type: http
    namespace: api
    baseUri: http://api.example
    resources:
    - { name: things, path: /things, operations: [{ name: remove, method: DELETE, inputParameters: [{ name: X-Reason, in: header }] }] }
  exposes:
  - type: mcp
    namespace: things-mcp
    port: 9090
    approval: host
    tools:
    - { name: remove, description: Removes things., call: api.remove, confirm: true }
";

#[tokio::test]
async fn nobody_is_asked_to_approve_a_call_of_a_document_that_cannot_be_sent() {
    let client = Client::of(&opened("headers", HEADERS, Settings::default())).await;
    assert_refused(&client.legacy("remove", json!({ "X-Reason": "a\nb" })).await, "control character");
    token(&client.legacy("remove", json!({ "X-Reason": "a" })).await);
}
