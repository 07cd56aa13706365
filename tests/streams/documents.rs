//! Streams of documents: they equal the streams of a trait, output parameters shape each item, and the format has other
//! names.

use crate::{SECRET, Watcher, client};
use naftiko::Capability;
use naftiko::document::Settings;
use naftiko::spec::load::load;
use naftiko::spec::{Policy, Severity};
use naftiko::testing::{Answer, Upstream};
use serde_json::json;

/// Returns the capability of a document, which must have no findings other than infos and `nothing_to_do`.
fn capability(text: &str, upstream: &Upstream) -> Capability {
    let loaded = load(text, &Policy { strict: true, ..Policy::default() }).unwrap();
    let is_reported =
        |found: &&naftiko::spec::Diagnostic| found.severity != Severity::Info && found.rule.name != "nothing_to_do";
    let found: Vec<_> = loaded.diagnostics.iter().filter(is_reported).collect();
    assert!(found.is_empty(), "{found:?}");
    let settings = Settings::default().upstream("api", upstream.url());
    let settings = if text.contains("KEY") { settings.bind("KEY", SECRET) } else { settings };
    naftiko::document::capability(loaded.document, loaded.lowered, settings).unwrap()
}

async fn upstream() -> Upstream {
    let upstream = Upstream::start().await;
    let events = format!(
        "data: {{\"id\": 1,\ndata: \"name\": \"{SECRET}\"}}\n\ndata:\n\ndata: {{\"id\":2}}\n\ndata: [DONE]\n\n"
    );
    upstream.answer("GET", "/events/all", Answer::of(200, "text/event-stream", events));
    upstream.answer("GET", "/texts", Answer::of(200, "text/event-stream", "data: a \"b\n\n"));
    upstream
}

async fn serve(capability: &Capability) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, axum::Router::new().merge(capability.rest_router())).into_future());
    url
}

#[tokio::test]
async fn the_document_of_a_trait_streams_too() {
    let upstream = upstream().await;
    let own = client(upstream.url()).into_capability();
    let document = own.document();
    let consumed = &document.capability.consumes[0].resources[0].operations[0];
    assert_eq!(consumed.output_raw_format.as_deref(), Some("stream"));
    let capability = capability(&serde_json::to_string(document).unwrap(), &upstream);
    let url = serve(&capability).await;
    let answer = reqwest::get(format!("{url}/events/all")).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
    let masked = "*".repeat(SECRET.len());
    assert_eq!(answer.text().await.unwrap(), format!("{{\"id\": 1, \"name\": \"{masked}\"}}\n{{\"id\":2}}\n"));
    let texts = reqwest::get(format!("{url}/texts")).await.unwrap().text().await.unwrap();
    assert_eq!(texts, "\"a \\\"b\"\n");
    let all = capability.call("watch", json!({ "topic": "all" })).await.unwrap();
    assert_eq!(all, json!([{ "id": 1, "name": masked }, { "id": 2 }]));
}

const SHAPED: &str = r#"
naftiko: "1.0.0-alpha2"
info: { label: Events, description: Events of an API. }
capability:
  consumes:
    - namespace: api
      type: http
      description: The API.
      baseUri: https://api.acme.io
      resources:
        - name: events
          path: /events/all
          operations:
            - { name: watch, method: GET, description: Watches., outputRawFormat: stream }
  exposes:
    - type: rest
      port: 8080
      namespace: events-rest
      resources:
        - name: events
          path: /events
          description: Events.
          operations:
            - method: GET
              name: watch
              call: api.watch
              outputParameters:
                - { name: number, type: number, mapping: $.id }
"#;

#[tokio::test]
async fn output_parameters_shape_each_item() {
    let upstream = upstream().await;
    let capability = capability(SHAPED, &upstream);
    let url = serve(&capability).await;
    let answer = reqwest::get(format!("{url}/events")).await.unwrap().text().await.unwrap();
    assert_eq!(answer, "1\n2\n");
    let schema = &capability.openapi()["paths"]["/events"]["get"]["responses"]["200"]["content"]["text/event-stream"];
    assert!(schema["schema"]["description"].as_str().unwrap().starts_with("A number"), "{schema}");
}

#[test]
fn other_names_of_the_format_are_read_as_stream() {
    for word in ["sse", "ndjson", "jsonl", "event-stream"] {
        let text = SHAPED.replace("outputRawFormat: stream", &format!("outputRawFormat: {word}"));
        let loaded = load(&text, &Policy::default()).unwrap();
        let repaired: Vec<_> = loaded.diagnostics.iter().map(|found| found.message.as_str()).collect();
        assert!(repaired.contains(&format!("the format `{word}` read as `stream`").as_str()), "{repaired:?}");
    }
}
