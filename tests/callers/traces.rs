//! The traces of callers, which are passed on to APIs (W3C Trace Context).

use crate::support::Served;
use naftiko::testing::{Answer, Recorded, Upstream};
use naftiko::{Context, Result, capability};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const OTHER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

/// Reads things.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Things {
    /// Reads one, with retries.
    #[get("/things/{id}", resilience(retry(3, backoff = "1ms")))]
    async fn thing(&self, id: &str) -> Result<Value>;

    /// Reads one in the context of its caller.
    #[get("/owned/{id}")]
    async fn owned(&self, context: &Context, id: &str) -> Result<Value>;

    /// Returns the trace, after it has read two things in it.
    #[rest(get = "/trace")]
    async fn trace(&self, context: &Context) -> Result<Option<String>> {
        self.owned(context, "1").await?;
        self.owned(context, "2").await?;
        Ok(context.trace_parent().map(str::to_owned))
    }

    /// Reads one, with a trace of its own.
    #[get("/traced", header("traceparent" = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"))]
    async fn traced(&self) -> Result<Value>;
}

async fn upstream() -> Upstream {
    let upstream = Upstream::start().await;
    for path in ["/things/{id}", "/owned/{id}", "/traced", "/a", "/b", "/below"] {
        upstream.answer("GET", path, Answer::json(200, json!({ "id": "1" })));
    }
    upstream
}

async fn served(upstream: &Upstream) -> Served {
    let client = ThingsClient::builder().base_uri(upstream.url()).build().unwrap();
    Served::new(&client.into_capability()).await
}

/// Checks that the requests are different spans of the trace, and are not the span of the caller.
fn assert_spans(sent: &[Recorded], trace: &str, flags: &str) {
    let mut spans = BTreeSet::from(["00f067aa0ba902b7", "b7ad6b7169203331"]);
    for sent in sent {
        assert_eq!(sent.headers.get_all("traceparent").iter().count(), 1, "{sent:?}");
        let parent = sent.header("traceparent").unwrap();
        let parts: Vec<&str> = parent.split('-').collect();
        assert_eq!([parts[0], parts[1], parts[3]], ["00", trace, flags], "{parent}");
        assert!(parts[2].len() == 16 && spans.insert(parts[2]), "{parent}");
    }
}

#[tokio::test]
async fn each_try_is_a_span_of_the_trace() {
    let upstream = upstream().await;
    upstream.answer("GET", "/things/{id}", Answer::status(503));
    let served = served(&upstream).await;
    let headers = [("traceparent", PARENT), ("tracestate", "a=1"), ("tracestate", "b@c=2"), ("baggage", "x=1")];
    served.get("/things/1", &headers).await;
    let sent = upstream.requests();
    assert_eq!(sent.len(), 3);
    assert_spans(&sent, TRACE, "01");
    for sent in sent {
        assert_eq!(sent.header("tracestate"), Some("a=1,b@c=2"));
        assert_eq!(sent.header("baggage"), None);
    }
}

#[tokio::test]
async fn a_method_passes_the_trace_on_with_its_context() {
    let upstream = upstream().await;
    let served = served(&upstream).await;
    let answer = served.get("/trace", &[("traceparent", PARENT)]).await;
    assert_eq!(answer.json(), json!(PARENT));
    assert_eq!(upstream.requests().len(), 2);
    assert_spans(&upstream.requests(), TRACE, "01");
    assert_eq!(served.get("/trace", &[]).await.json(), json!(null));
}

#[tokio::test]
async fn mcp_clients_send_the_trace_in_meta_or_in_headers() {
    let upstream = upstream().await;
    let served = served(&upstream).await;
    let http = [("traceparent", PARENT), ("tracestate", "a=1")];
    let meta = json!({ "traceparent": OTHER, "tracestate": "b=2" });
    let invalid = json!({ "traceparent": "00-0", "tracestate": "b=2" });
    // `thing` takes no `Context`, so its call does not go through rmcp.
    for (name, arguments) in [("thing", json!({ "id": "1" })), ("trace", json!({})), ("owned", json!({ "id": "1" }))] {
        for (meta, trace, state) in
            [(None, PARENT, "a=1"), (Some(&meta), OTHER, "b=2"), (Some(&invalid), PARENT, "a=1")]
        {
            let before = upstream.requests().len();
            let mut params = json!({ "name": name, "arguments": arguments });
            if let Some(meta) = meta {
                params["_meta"] = meta.clone();
            }
            let answer = served.mcp("tools/call", params, &http).await.json();
            assert_eq!(answer["result"]["isError"], false, "{answer}");
            let sent = upstream.requests().split_off(before);
            assert!(!sent.is_empty());
            assert_spans(&sent, &trace[3..35], &trace[53..]);
            assert!(sent.iter().all(|sent| sent.header("tracestate") == Some(state)), "{sent:?}");
        }
    }
}

#[tokio::test]
async fn nothing_is_added_without_a_valid_trace() {
    let upstream = upstream().await;
    let served = served(&upstream).await;
    let twice = [("traceparent", PARENT), ("traceparent", OTHER)];
    let uppercase = PARENT.to_uppercase();
    for headers in [&[][..], &[("traceparent", &*uppercase)], &[("tracestate", "a=1")], &twice] {
        assert_eq!(served.get("/things/1", headers).await.status, 200);
        let sent = upstream.requests().pop().unwrap();
        assert!(sent.header("traceparent").is_none() && sent.header("tracestate").is_none(), "{sent:?}");
    }
}

#[tokio::test]
async fn a_header_of_the_operation_is_not_replaced() {
    let upstream = upstream().await;
    let served = served(&upstream).await;
    let headers = [("traceparent", PARENT), ("tracestate", "a=1")];
    assert_eq!(served.get("/traced", &headers).await.status, 200);
    let sent = upstream.requests().pop().unwrap();
    assert_eq!((sent.header("traceparent"), sent.header("tracestate")), (Some(OTHER), None));
}

#[cfg(feature = "document")]
#[tokio::test]
async fn steps_and_forwards_of_a_document_pass_the_trace_on() {
    let upstream = upstream().await;
    let served = Served::new(&document(&upstream)).await;
    let headers = [("traceparent", PARENT), ("tracestate", "a=1")];
    for (path, requests) in [("/both", 2), ("/forwarded/below", 1), ("/a", 1)] {
        let before = upstream.requests().len();
        let answer = served.get(path, &headers).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let sent = upstream.requests().split_off(before);
        assert_eq!(sent.len(), requests, "{path}");
        assert_spans(&sent, TRACE, "01");
        assert!(sent.iter().all(|sent| sent.header("tracestate") == Some("a=1")), "{sent:?}");
    }
    // This route forwards the caller's own header.
    assert_eq!(served.get("/trusted/below", &headers).await.status, 200);
    let sent = upstream.requests().pop().unwrap();
    assert_eq!(sent.headers.get_all("traceparent").iter().collect::<Vec<_>>(), [PARENT]);
}

#[cfg(feature = "document")]
fn document(upstream: &Upstream) -> naftiko::Capability {
    let text = r"naftiko: 1.0.0-alpha2
info: { label: Things, description: Things. }
capability:
  consumes:
  - type: http
    namespace: api
    baseUri: http://api.example
    resources:
    - { path: /a, name: a, operations: [{ method: GET, name: read-a }] }
    - { path: /b, name: b, operations: [{ method: GET, name: read-b }] }
  exposes:
  - type: rest
    namespace: things
    port: 8080
    resources:
    - { path: /a, operations: [{ method: GET, name: one, call: api.read-a }] }
    - path: /both
      operations:
      - { method: GET, name: both, steps: [{ type: call, name: x, call: api.read-a }, { type: call, name: y, call: api.read-b }] }
    - { path: /forwarded, forward: { targetNamespace: api } }
    - { path: /trusted, forward: { targetNamespace: api, trustedHeaders: [traceparent] } }
";
    let folder = std::env::temp_dir().join(format!("naftiko-traces-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("things.naftiko.yaml");
    std::fs::write(&file, text).unwrap();
    let settings = naftiko::document::Settings::default().upstream("api", upstream.url());
    let capability = naftiko::document::open(&file, settings).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    capability
}
