//! Tests that constant numbers in a document keep all their digits, in upstream requests and in answers.

use crate::support::{only, serve, tool, upstream, yaml};
use naftiko_runtime::Capability;
use naftiko_runtime::document::{self, Settings};
use naftiko_runtime::spec::load::{Policy, load};
use naftiko_runtime::testing::Upstream;

const WIDE: &str = "12345678901234567890123";
const LONG: &str = "0.1234567890123456789";

fn constants() -> String {
    yaml(
        "",
        "
- name: items
  path: /items
  operations:
  - name: post-item
    method: POST
    description: Writes an item.
    inputParameters:
    - { name: in-query, in: query, value: 12345678901234567890123 }
    - { name: price, in: query }
    body:
      type: json
      data: { wide: 12345678901234567890123, deep: [{ long: 0.1234567890123456789 }], same: 1.50, limit: '{{limit}}' }
",
        "
- type: mcp
  namespace: mcp
  port: 9090
  transport: http
  tools:
  - name: post-item
    description: Writes an item.
    call: api.post-item
    with: { limit: tools.limit, price: 0.1234567890123456789 }
    inputParameters:
    - { name: limit, type: integer, description: A limit. }
    outputParameters:
    - type: object
      properties:
        wide: { type: integer, value: '12345678901234567890123' }
        list: { type: array, value: '[0.1234567890123456789]' }
- type: rest
  namespace: rest
  port: 8080
  resources:
  - path: /constant
    name: constant
    description: A constant.
    operations:
    - method: GET
      name: get-constant
      description: Reads a constant.
      outputParameters:
      - { name: wide, type: integer, value: '12345678901234567890123' }
      - { name: long, type: number, const: 0.1234567890123456789 }
",
    )
}

fn capability(yaml: &str, upstream: &Upstream) -> Capability {
    let loaded = load(yaml, &Policy::default()).unwrap_or_else(|refused| panic!("{:?}", refused.diagnostics));
    let settings = Settings::default().upstream("api", upstream.url());
    document::capability(loaded.document, loaded.lowered, settings).unwrap()
}

#[tokio::test]
async fn numbers_of_a_document_are_sent_with_their_digits() {
    let upstream = upstream(&[("POST", "/items")]).await;
    let url = serve(&capability(&constants(), &upstream)).await;
    let answer = tool(&url, "post-item", serde_json::json!({ "limit": 5 })).await;
    let sent = only(&upstream);
    assert_eq!(sent.query(), Some(format!("in-query={WIDE}&price={LONG}").as_str()));
    let body = String::from_utf8(sent.body.to_vec()).unwrap();
    for part in [format!("\"wide\":{WIDE}"), format!("\"long\":{LONG}"), "\"same\":1.5".to_owned()] {
        assert!(body.contains(&part), "{part} in {body}");
    }
    let text = answer["content"][0]["text"].as_str().unwrap();
    assert_eq!(text, format!("{{\"wide\":{WIDE},\"list\":[{LONG}]}}"));
}

#[tokio::test]
async fn numbers_of_a_constant_answer_keep_their_digits() {
    let upstream = upstream(&[]).await;
    let url = serve(&capability(&constants(), &upstream)).await;
    let text = reqwest::get(format!("{url}/constant")).await.unwrap().text().await.unwrap();
    assert_eq!(text, format!("{{\"wide\":{WIDE},\"long\":{LONG}}}"));
}

#[test]
fn a_document_is_written_with_the_digits_of_its_numbers() {
    let loaded = load(&constants(), &Policy::default()).unwrap();
    let yaml = loaded.document.to_yaml().unwrap();
    assert_eq!((yaml.matches(WIDE).count(), yaml.matches(LONG).count()), (3 + 1, 4), "{yaml}");
    assert_eq!(load(&yaml, &Policy::default()).unwrap().document, loaded.document);
}

#[test]
fn different_numbers_with_the_same_float_value_are_rejected() {
    let yaml = constants().replace("same: 1.50", "same: 12345678901234567890124");
    let refused = load(&yaml, &Policy::default()).unwrap_err();
    let message = &refused.diagnostics[0].message;
    assert_eq!(message, "another number in this document differs from this one only in its last digits");
}
