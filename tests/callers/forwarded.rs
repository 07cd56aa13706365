//! Headers of callers that are sent to an API, because the trait or the document declares them.

use crate::support::Served;
use naftiko::testing::{Answer, Upstream};
use naftiko::{Capability, Context, Result, capability};
use serde_json::{Value, json};

const TOKEN: &str = "caller-s3cret";

/// Reads things with the credentials of callers.
#[capability(
    binds(env(CALLER_TOKEN)),
    consumes(
        namespace = "things",
        base_uri = "https://things.example",
        caller_header("Authorization"),
        caller_header("X-Request-Id", optional),
    ),
    exposes(
        rest(port = 8080),
        rest(namespace = "closed", port = 8081, authentication(bearer = "{{env.CALLER_TOKEN}}")),
        mcp(port = 9090),
        mcp(namespace = "closed-mcp", port = 9091, authentication(bearer = "{{env.CALLER_TOKEN}}")),
    )
)]
pub trait Things {
    /// Reads one.
    #[get("/things/{id}", caller_header("X-Tenant", optional))]
    async fn thing(&self, id: &str) -> Result<Value>;

    /// Reads one in the context of its caller.
    #[get("/owned/{id}")]
    async fn owned(&self, context: &Context, id: &str) -> Result<Value>;

    /// Reads two for the same caller.
    #[rest(get = "/both")]
    async fn both(&self, context: &Context) -> Result<Vec<Value>> {
        Ok(vec![self.owned(context, "1").await?, self.owned(context, "2").await?])
    }

    /// Reads one without passing the context on.
    #[rest(get = "/forgotten")]
    async fn forgotten(&self) -> Result<Value> {
        self.owned(&Context::none(), "1").await
    }

    /// Removes one.
    #[delete("/things/{id}")]
    #[tool(confirm)]
    async fn remove(&self, id: &str) -> Result<()>;
}

async fn upstream() -> Upstream {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/things/{id}", Answer::json(200, json!({ "id": "1" })));
    upstream.answer("GET", "/owned/{id}", Answer::json(200, json!({ "id": "1" })));
    upstream.answer("DELETE", "/things/{id}", Answer::status(204));
    upstream
}

fn capability(upstream: &Upstream) -> Capability {
    let client = ThingsClient::builder().base_uri(upstream.url()).bind("CALLER_TOKEN", TOKEN);
    client.build().unwrap().into_capability()
}

/// Serves the adapters that authenticate their callers.
async fn closed(capability: &Capability) -> Served {
    let rest: axum::Router = capability.rest_router_of("closed").unwrap();
    Served::with(rest.route_service("/mcp", capability.mcp_service_of("closed-mcp").unwrap())).await
}

#[tokio::test]
async fn only_the_declared_headers_of_callers_arrive() {
    let upstream = upstream().await;
    let served = Served::new(&capability(&upstream)).await;
    let headers = [
        ("authorization", "Bearer ada-s3cret"),
        ("x-tenant", "acme"),
        ("x-other", "undeclared"),
        ("cookie", "session=undeclared"),
        ("proxy-authorization", "Basic undeclared"),
    ];
    let read = served.get("/things/1", &headers).await;
    assert_eq!((read.status, read.json()), (200, json!({ "id": "1" })), "{read:?}");
    assert_eq!(read.header("vary"), "Authorization, X-Request-Id, X-Tenant");
    let read = served.tool("thing", json!({ "id": "1" }), &headers).await;
    assert_eq!(read.json()["result"]["structuredContent"]["result"], json!({ "id": "1" }), "{read:?}");
    let sent = upstream.requests();
    assert_eq!(sent.len(), 2);
    for sent in &sent {
        assert_eq!(sent.header("authorization"), Some("Bearer ada-s3cret"));
        assert_eq!((sent.header("x-tenant"), sent.header("x-request-id")), (Some("acme"), None));
        assert!(!format!("{sent:?}").contains("undeclared"), "{sent:?}");
    }
    // A header of one operation is not sent with another.
    assert_eq!(served.get("/owned/1", &headers).await.status, 200);
    assert_eq!(upstream.requests()[2].header("x-tenant"), None);
}

#[tokio::test]
async fn a_declared_credential_passes_an_adapter_that_checks_it() {
    let upstream = upstream().await;
    let served = closed(&capability(&upstream)).await;
    let good = [("authorization", "Bearer caller-s3cret")];
    assert_eq!(served.get("/things/1", &good).await.status, 200);
    assert_eq!(served.tool("thing", json!({ "id": "1" }), &good).await.json()["result"]["isError"], false);
    let sent = upstream.requests();
    assert!(sent.iter().all(|sent| sent.header("authorization") == Some("Bearer caller-s3cret")));
    assert_eq!(sent.len(), 2);
    assert_eq!(served.get("/things/1", &[("authorization", "Bearer other-s3cret")]).await.status, 401);
    assert_eq!(upstream.requests().len(), 2);
}

#[tokio::test]
async fn models_do_not_see_forwarded_headers() {
    let upstream = upstream().await;
    let served = Served::new(&capability(&upstream)).await;
    let listed = served.mcp("tools/list", json!({}), &[]).await;
    assert!(!listed.text.to_lowercase().contains("authorization"), "{listed:?}");
    let arguments = json!({ "id": "1", "Authorization": "Bearer forged" });
    let refused = served.tool("thing", arguments, &[("authorization", "Bearer ada-s3cret")]).await;
    assert_eq!(refused.json()["result"]["isError"], true, "{refused:?}");
    assert_eq!(upstream.requests().len(), 0);
}

#[tokio::test]
async fn a_required_header_that_is_missing_is_an_error() {
    let upstream = upstream().await;
    let capability = capability(&upstream);
    let served = Served::new(&capability).await;
    let refused = served.get("/things/1", &[]).await;
    assert_eq!(refused.status, 400);
    let why = "missing header `Authorization`, which is forwarded from the caller to `things`";
    assert_eq!(refused.json()["detail"], why);
    let refused = served.tool("thing", json!({ "id": "1" }), &[]).await.json();
    assert_eq!(refused["result"]["isError"], true);
    assert!(refused["result"]["content"][0]["text"].as_str().unwrap().contains(why), "{refused}");
    // Over stdin and in Rust there are no headers.
    let client = ThingsClient::builder().base_uri(upstream.url()).bind("CALLER_TOKEN", TOKEN).build().unwrap();
    let refused = client.thing("1").await.unwrap_err().to_string();
    assert!(
        refused.ends_with(&format!(
            "{why}; only calls over HTTP have headers, and a method that is implemented in Rust must pass them on with its `Context`"
        )),
        "{refused}"
    );
    assert_eq!(upstream.requests().len(), 0);
}

#[tokio::test]
async fn a_method_passes_the_headers_on_with_its_context() {
    let upstream = upstream().await;
    let capability = capability(&upstream);
    let served = Served::new(&capability).await;
    let ada = [("authorization", "Bearer ada-s3cret"), ("x-request-id", "r-7")];
    let both = served.get("/both", &ada).await;
    assert_eq!((both.status, both.header("vary")), (200, "authorization, x-request-id, x-tenant"));
    assert_eq!(served.tool("both", json!({}), &ada).await.json()["result"]["isError"], false);
    let sent = upstream.requests();
    assert_eq!(sent.len(), 4);
    assert!(sent.iter().all(|sent| sent.header("authorization") == Some("Bearer ada-s3cret")));
    assert!(sent.iter().all(|sent| sent.header("x-request-id") == Some("r-7")));
    // The header is only sent if the method passes its context on.
    assert_eq!(served.get("/forgotten", &ada).await.status, 400);
    assert_eq!(upstream.requests().len(), 4);
    let client = ThingsClient::builder().base_uri(upstream.url()).bind("CALLER_TOKEN", TOKEN).build().unwrap();
    let context = Context::none().with_caller_header("authorization", "Bearer rust-s3cret").unwrap();
    client.owned(&context, "1").await.unwrap();
    assert_eq!(upstream.requests()[4].header("authorization"), Some("Bearer rust-s3cret"));
    let wrong = Context::none().with_caller_header("authorization", "line\nbreak").unwrap_err().to_string();
    assert!(!wrong.contains("break"), "{wrong}");
}

#[tokio::test]
async fn a_credential_is_masked_where_the_api_repeats_it() {
    let upstream = Upstream::start().await;
    upstream.answer(
        "GET",
        "/things/{id}",
        Answer::json(200, json!({ "you": "Bearer ada-s3cret", "bare": "ada-s3cret", "tenant": "acme" })),
    );
    upstream.answer("GET", "/owned/{id}", Answer::json(403, json!({ "no": "ada-s3cret" })));
    let served = Served::new(&capability(&upstream)).await;
    let headers = [("authorization", "Bearer ada-s3cret"), ("x-tenant", "acme")];
    let read = served.get("/things/1", &headers).await;
    assert!(!read.text.contains("ada-s3cret"), "{read:?}");
    // Only credentials are secret.
    assert_eq!(read.json()["tenant"], "acme");
    upstream.answer("GET", "/things/{id}", Answer::json(200, json!({ "you": "Bearer \u{e4}da-s3cret" })));
    let read = served.get("/things/1", &[("authorization", "Bearer \u{e4}da-s3cret"), ("x-tenant", "acme")]).await;
    assert!(!read.text.contains("s3cret") && read.status == 200, "{read:?}");
    upstream.answer("GET", "/things/{id}", Answer::json(200, json!({ "you": "Bearer ada-s3cret", "tenant": "acme" })));
    let read = served.tool("thing", json!({ "id": "1" }), &headers).await;
    assert!(!read.text.contains("ada-s3cret") && read.text.contains("acme"), "{read:?}");
    for read in [served.get("/owned/1", &headers).await, served.tool("owned", json!({ "id": "1" }), &headers).await] {
        assert!(!read.text.contains("ada-s3cret") && read.text.contains("no"), "{read:?}");
    }
}

#[tokio::test]
async fn a_refused_caller_gets_the_status_of_the_api() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/things/{id}", Answer::json(401, json!({ "error": "expired" })));
    let served = Served::new(&capability(&upstream)).await;
    let refused = served.get("/things/1", &[("authorization", "Bearer old-s3cret")]).await;
    assert_eq!((refused.status, &refused.json()["upstream"]["body"]["error"]), (401, &json!("expired")), "{refused:?}");
}

#[tokio::test]
async fn an_approval_is_valid_only_for_the_same_headers() {
    let upstream = upstream().await;
    let capability = capability(&upstream);
    let served = Served::new(&capability).await;
    let (ada, bob) = ([("authorization", "Bearer ada-s3cret")], [("authorization", "Bearer bob-s3cret")]);
    let waiting = served.tool("remove", json!({ "id": "1" }), &ada).await.json();
    let token = waiting["result"]["_meta"]["io.naftiko/approval"]["token"].as_str().unwrap().to_owned();
    let call = capability.approvals().approve(&token).await.unwrap();
    assert!(!format!("{call:?} {call}").contains("s3cret"));
    let approved = json!({ "id": "1", "approval": token });
    let refused = served.tool("remove", approved.clone(), &bob).await.json();
    assert!(refused["result"]["content"][0]["text"].as_str().unwrap().contains("another caller"), "{refused}");
    assert_eq!(upstream.requests().len(), 0);
    let removed = served.tool("remove", approved, &ada).await.json();
    assert_eq!(removed["result"]["isError"], false, "{removed}");
    assert_eq!(upstream.requests()[0].header("authorization"), Some("Bearer ada-s3cret"));
}

#[tokio::test]
async fn openapi_describes_the_headers() {
    let openapi = capability(&Upstream::start().await).openapi();
    let operation = &openapi["paths"]["/things/{id}"]["get"];
    assert_eq!(operation["security"][0]["authorization"], json!([]), "{operation}");
    assert!(operation["parameters"].to_string().contains("X-Tenant"), "{operation}");
}

#[cfg(feature = "document")]
mod documents {
    use super::*;
    use naftiko::document::{self, Settings};
    use std::fs;

    const DOCUMENT: &str = "\
naftiko: 1.0.0-alpha2
info: { label: Things, description: Things. }
capability:
  consumes:
  - type: http
    namespace: api
    baseUri: http://api.example
    callerHeaders: [Authorization, { name: X-Tenant, required: false }]
    resources:
    - path: /things
      name: things
      operations:
      - { method: GET, name: list, callerHeaders: [{ name: X-Request-Id, required: false }] }
      - { method: POST, name: add }
  exposes:
  - type: rest
    namespace: things-rest
    port: 8080
    resources:
    - path: /things
      operations:
      - { method: GET, name: list, call: api.list }
    - path: /steps
      operations:
      - { method: GET, name: steps, steps: [{ name: one, type: call, call: api.list }, { name: two, type: call, call: api.add }] }
  - type: mcp
    namespace: things-mcp
    port: 9090
    tools: [{ name: list, description: Lists., call: api.list }]
";

    #[tokio::test]
    async fn a_document_can_declare_headers_of_callers() {
        let upstream = Upstream::start().await;
        upstream.answer("GET", "/things", Answer::json(200, json!([])));
        upstream.answer("POST", "/things", Answer::json(200, json!({})));
        let folder = std::env::temp_dir().join(format!("naftiko-forwarded-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("things.naftiko.yaml");
        fs::write(&file, DOCUMENT).unwrap();
        let capability = document::open(&file, Settings::default().upstream("api", upstream.url())).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        let served = Served::new(&capability).await;
        let headers = [("authorization", "Bearer ada-s3cret"), ("x-request-id", "r-7"), ("x-other", "undeclared")];
        assert_eq!(served.get("/things", &headers).await.status, 200);
        assert_eq!(served.tool("list", json!({}), &headers).await.status, 200);
        let steps = served.get("/steps", &headers).await;
        assert_eq!(steps.status, 200, "{steps:?}");
        let sent = upstream.requests();
        let ids: Vec<_> = sent.iter().map(|sent| sent.header("x-request-id")).collect();
        assert_eq!(ids, [Some("r-7"), Some("r-7"), Some("r-7"), None]);
        assert!(sent.iter().all(|sent| sent.header("authorization") == Some("Bearer ada-s3cret")));
        assert!(!format!("{sent:?}").contains("undeclared"));
        let refused = served.get("/steps", &[]).await;
        assert_eq!(refused.status, 400, "{refused:?}");
        assert_eq!(upstream.requests().len(), 4);
    }
}
