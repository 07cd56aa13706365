//! The results of documents: members are in the order in which the document declares them.
#![cfg(feature = "document")]

use super::{ask, serve};
use naftiko::document::{self, Settings};
use naftiko::testing::{Answer, Upstream};
use serde_json::{Value, json};
use std::fs;

const DOCUMENT: &str = "
naftiko: 1.0.0-alpha2
info: { label: Orders, description: Finds orders. }
capability:
  consumes:
  - type: http
    namespace: api
    baseUri: http://127.0.0.1:1
    resources:
    - { name: list, path: /list, operations: [{ name: list, method: GET }] }
    - { name: one, path: /one, operations: [{ name: one, method: GET }] }
  exposes:
  - type: mcp
    namespace: orders
    port: 9090
    tools:
    - name: mocked
      description: Returns constants.
      outputParameters:
      - { name: zz, type: object, properties: { y: { type: string, value: b }, b: { type: string, value: c } } }
      - { name: aa, type: integer, value: '1' }
    - name: called
      description: Finds an order.
      call: api.one
      outputParameters:
      - type: object
        properties:
          zz: { type: string, mapping: $.zz }
          aa: { type: string, mapping: $.aa }
    - name: listed
      description: Finds orders.
      call: api.list
      outputParameters:
      - type: array
        items: { type: object, properties: { zz: { type: string, mapping: $.zz }, aa: { type: string, mapping: $.aa } } }
    - name: combined
      description: Finds an order in two steps.
      steps:
      - { name: first, type: call, call: api.one }
      - { name: second, type: call, call: api.one }
      mappings:
      - { targetName: zz, value: $.first.zz }
      - { targetName: aa, value: $.second.aa }
    - name: reversed
      description: Finds an order in one step.
      steps:
      - { name: first, type: call, call: api.one }
      mappings:
      - { targetName: aa, value: $.first.aa }
      - { targetName: zz.y, value: $.first.zz }
      - { targetName: zz.b, value: $.first.zz }
";

#[tokio::test]
async fn members_are_in_the_declared_order() {
    let upstream = Upstream::start().await;
    let order = json!({ "aa": "1", "zz": "2" });
    upstream.answer("GET", "/one", Answer::json(200, order.clone()));
    upstream.answer("GET", "/list", Answer::json(200, json!([order])));
    let folder = std::env::temp_dir().join(format!("naftiko-ordered-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("orders.naftiko.yaml");
    fs::write(&file, DOCUMENT).unwrap();
    let capability = document::open(&file, Settings::default().upstream("api", upstream.url())).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    let url = serve(capability).await;
    for (tool, expected) in [
        ("mocked", r#"{"zz":{"y":"b","b":"c"},"aa":1}"#),
        ("called", r#"{"zz":"2","aa":"1"}"#),
        ("listed", r#"{"result":[{"zz":"2","aa":"1"}]}"#),
        ("combined", r#"{"zz":"2","aa":"1"}"#),
        ("reversed", r#"{"aa":"1","zz":{"y":"2","b":"2"}}"#),
    ] {
        let answer = ask(&url, "tools/call", json!({ "name": tool, "arguments": {} })).await;
        assert!(answer.contains(&format!("\"structuredContent\":{expected}")), "{answer}");
        let parsed: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(parsed["result"]["content"][0]["text"], expected, "{answer}");
    }
    // The members of the output schemas have the same order.
    let list = ask(&url, "tools/list", json!({})).await;
    for (tool, members) in [
        ("mocked", &["zz", "y", "b", "aa"][..]),
        ("called", &["zz", "aa"]),
        ("listed", &["zz", "aa"]),
        ("combined", &["zz", "aa"]),
        ("reversed", &["aa", "zz", "y", "b"]),
    ] {
        let (_, tool) = list.split_once(&format!("\"name\":\"{tool}\"")).unwrap();
        let (_, schema) = tool.split_once("\"outputSchema\":").unwrap();
        let at: Vec<_> = members.iter().map(|name| schema.find(&format!("\"{name}\":{{")).unwrap()).collect();
        assert!(at.is_sorted(), "{members:?}: {schema}");
    }
}
