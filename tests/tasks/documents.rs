//! `task` in documents.
#![cfg(feature = "document")]

use super::support::{Client, is};
use naftiko::document::{self, Settings};
use naftiko::testing::{Answer, Upstream};
use serde_json::json;
use std::fs;

const DOCUMENT: &str = r"naftiko: 1.0.0-alpha2
info:
  label: Reports
  description: Writes reports.
capability:
  consumes:
  - type: http
    namespace: api
    baseUri: http://api.example
    resources:
    - path: /reports
      name: reports
      operations:
      - method: POST
        name: write
  exposes:
  - type: mcp
    namespace: reports-mcp
    port: 9090
    tools:
    - name: write
      description: Writes a report.
      call: api.write
      task: required
";

#[tokio::test]
async fn tools_of_documents_run_as_tasks() {
    let upstream = Upstream::start().await;
    upstream.answer("POST", "/reports", Answer::json(200, json!({ "pages": 7 })));
    let folder = std::env::temp_dir().join(format!("naftiko-tasks-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("reports.naftiko.yaml");
    fs::write(&file, DOCUMENT).unwrap();
    let capability = document::open(&file, Settings::default().upstream("api", upstream.url())).unwrap();
    assert!(capability.document().to_yaml().unwrap().contains("      task: required"));
    let client = Client::of(&capability).await;
    let answer = client.legacy("tools/call", json!({ "name": "write" })).await;
    assert_eq!(answer["error"]["code"], -32601, "{answer}");
    let task = client.legacy_task("write", json!({})).await;
    client.legacy_until(&task["taskId"], is("completed")).await;
    let answer = client.legacy("tasks/result", json!({ "taskId": task["taskId"] })).await;
    assert!(answer["result"]["content"][0]["text"].as_str().unwrap().contains(r#""pages":7"#), "{answer}");
    assert_eq!(upstream.requests().len(), 1);
    fs::remove_dir_all(&folder).unwrap();
}
