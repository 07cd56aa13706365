//! Headers of callers that a composed capability passes on to the capabilities that it is built on.

use super::{json_of, serve};
use naftiko::testing::{Answer, Upstream};
use naftiko::{Context, Result, capability};
use serde_json::{Value, json};

/// Keeps ledgers.
#[capability(consumes(
    namespace = "ledger",
    base_uri = "https://ledger.example",
    caller_header("Authorization"),
    caller_header("X-Tenant", optional),
))]
pub trait Ledger {
    /// Reads a sum.
    #[get("/sum", caller_header("X-Request-Id", optional))]
    async fn sum(&self, context: &Context) -> Result<u64>;
}

/// Audits ledgers.
#[capability(uses(ledger: Ledger), exposes(rest(port = 0), mcp(port = 0)))]
pub trait Audit {
    /// Audits a sum.
    #[rest(get = "/audit")]
    async fn audit(&self, context: &Context) -> Result<u64> {
        self.ledger().sum(context).await
    }
}

/// Reports on audits.
#[capability(uses(audit: Audit), exposes(rest(port = 0), mcp(port = 0)))]
pub trait Board {
    /// Reports.
    #[rest(get = "/report")]
    async fn report(&self, context: &Context) -> Result<u64> {
        self.audit().audit(context).await
    }
}

#[tokio::test]
async fn headers_of_callers_reach_the_apis_of_used_capabilities() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/sum", Answer::json(200, json!(7)));
    let ledger = LedgerClient::builder().base_uri(upstream.url()).build().unwrap();
    let url = serve(BoardClient::new(AuditClient::new(ledger)).into_capability()).await;
    let message =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "report", "arguments": {} } });
    let http = reqwest::Client::new();
    for request in [http.get(format!("{url}/report")), http.post(format!("{url}/mcp")).json(&message)] {
        let headed =
            request.header("authorization", "Bearer ada").header("x-tenant", "acme").header("x-request-id", "r-7");
        let response = headed.header("x-other", "undeclared").send().await.unwrap();
        let vary: Vec<_> =
            response.headers().get_all("vary").iter().map(|value| value.to_str().unwrap().to_owned()).collect();
        let (status, body) = json_of(response).await;
        assert_eq!(status, 200, "{body}");
        assert_ne!(body["result"]["isError"], Value::Bool(true), "{body}");
        if body == json!(7) {
            assert_eq!(vary, ["authorization, x-tenant, x-request-id"]);
        }
    }
    let sent = upstream.requests();
    assert_eq!(sent.len(), 2);
    for sent in &sent {
        let headers = ["authorization", "x-tenant", "x-request-id", "x-other"].map(|name| sent.header(name));
        assert_eq!(headers, [Some("Bearer ada"), Some("acme"), Some("r-7"), None]);
    }
    // A caller without the header gets an error that does not blame the method.
    let (status, problem) = json_of(reqwest::get(format!("{url}/report")).await.unwrap()).await;
    let why = "missing header `Authorization`, which is forwarded from the caller to `ledger`";
    assert_eq!((status, &problem["detail"]), (400, &json!(why)));
}

/// Calls an API with tokens that it gets in exchange for the tokens of its callers.
#[capability(
    binds(env(COMPOSED_SERVER, COMPOSED_SECRET)),
    consumes(
        namespace = "notes",
        base_uri = "https://notes.example",
        authentication(oauth2(
            token_url = "{{env.COMPOSED_SERVER}}/token",
            client_id = "me",
            client_secret = "{{env.COMPOSED_SECRET}}",
            grant = "token-exchange",
        )),
    )
)]
pub trait Notes {
    /// Counts the notes of the caller.
    #[get("/count")]
    async fn count(&self, context: &Context) -> Result<u64>;
}

/// Shows the notes of its callers.
#[capability(uses(notes: Notes), exposes(rest(port = 0)))]
pub trait Desk {
    /// Counts the notes of the caller.
    #[rest(get = "/count")]
    async fn counted(&self, context: &Context) -> Result<u64> {
        self.notes().count(context).await
    }
}

#[tokio::test]
async fn a_used_capability_exchanges_the_tokens_of_callers() {
    let upstream = Upstream::start().await;
    upstream.answer_with("POST", "/token", |request| {
        let body = String::from_utf8(request.body.to_vec()).unwrap();
        assert!(body.contains("subject_token=ada-token"), "{body}");
        Answer::json(200, json!({ "access_token": "ada-exchanged", "token_type": "Bearer" }))
    });
    upstream.answer("GET", "/count", Answer::json(200, json!(3)));
    let builder = NotesClient::builder().base_uri(upstream.url()).bind("COMPOSED_SERVER", upstream.url());
    let builder = builder.bind("COMPOSED_SECRET", "s3cret");
    let url = serve(DeskClient::new(builder.build().unwrap()).into_capability()).await;
    let request = reqwest::Client::new().get(format!("{url}/count")).header("authorization", "Bearer ada-token");
    assert_eq!(json_of(request.send().await.unwrap()).await, (200, json!(3)));
    let sent = upstream.requests();
    assert_eq!(sent.last().and_then(|sent| sent.header("authorization")), Some("Bearer ada-exchanged"));
}
