//! A capability written by hand, its MCP server on a real socket, and a client that sends raw JSON-RPC.

use axum::Router;
use naftiko_runtime::__private as p;
use naftiko_runtime::http::StatusCode;
use naftiko_runtime::{Capability, Error, Limits, McpService, RawJson, Result};
use reqwest::header::HeaderMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};

pub(crate) const LEGACY: &str = "2025-11-25";
pub(crate) const MODERN: &str = "2026-07-28";

/// A repeated header, with which the adapter passes the call to rmcp instead of answering it itself.
pub(crate) const THROUGH_RMCP: [(&str, &str); 2] = [("mcp-protocol-version", LEGACY), ("mcp-protocol-version", LEGACY)];

#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Token {
    /// Its ID.
    id: String,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

/// An argument that clients of the newest revision repeat in a header.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(extend("x-mcp-header" = "Region"))]
struct Region(String);

/// The implementation of the tools, with the signals that tests wait for.
#[derive(Default)]
pub(crate) struct Fake {
    /// Notified when the method that hangs has begun.
    pub(crate) begun: Notify,
    /// Notified when the method that hangs is dropped.
    pub(crate) dropped: Notify,
    /// Where calls of `meets` wait until a test lets them through.
    pub(crate) gate: Gate,
}

/// A gate that counts the callers that arrive, and lets them through once a test opens it.
pub(crate) struct Gate {
    arrived: Semaphore,
    pub(crate) open: Semaphore,
}

impl Default for Gate {
    fn default() -> Self {
        Self { arrived: Semaphore::new(0), open: Semaphore::new(0) }
    }
}

impl Gate {
    async fn pass(&self) {
        self.arrived.add_permits(1);
        let _permit = self.open.acquire().await.unwrap();
    }

    /// Waits until that many calls have arrived at the gate.
    pub(crate) async fn arrival(&self, callers: u32) {
        let _all = self.arrived.acquire_many(callers).await.unwrap();
    }

    pub(crate) async fn open_for(&self, callers: u32) {
        let _all = self.arrived.acquire_many(callers).await.unwrap();
        self.open.add_permits(callers as usize);
    }
}

struct NotifyOnDrop<'a>(&'a Notify);

impl Drop for NotifyOnDrop<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Fake {
    fn list_tokens(user: &str, page: Option<u32>) -> Vec<Token> {
        vec![Token { id: format!("{user}-{}", page.unwrap_or(0)), expires_at: None }]
    }

    async fn hang(&self) -> Result<()> {
        let _guard = NotifyOnDrop(&self.dropped);
        self.begun.notify_one();
        std::future::pending().await
    }
}

static PAGE: p::ArgumentCodec<u32> = p::scalar::<u32>();
static TOKEN: p::ArgumentCodec<Token> = p::body::<Token>();
static REGION: p::ArgumentCodec<Region> = p::input::<Region>();
static TOKENS: p::ReturnCodec<Result<Vec<Token>>> = p::answer(&[]);
static ONE: p::ReturnCodec<Result<Token>> = p::answer(&[]);
static NOTHING: p::ReturnCodec<Result<()>> = p::answer(&[]);
static RAW: p::ReturnCodec<Result<RawJson>> = p::answer(&[]);
static MAYBE: p::ReturnCodec<Result<Option<String>>> = p::answer(&[]);

macro_rules! operation {
    ($index:literal, $fragment:literal, [$($input:expr),*], $output:expr) => {
        p::OperationDefinition { index: $index, method: "", plan: concat!(r#"{"fragment":"#, $fragment, "}"), inputs: &[$($input),*], output: $output }
    };
}

static DEFINITION: p::Definition = p::Definition::new(
    r#"{"naftiko":"1.0.0-alpha2","info":{"label":"Humanitec tokens","description":"Lists, creates and deletes tokens."},"capability":{"consumes":[{"type":"http","namespace":"humanitec","baseUri":"https://api.humanitec.io"}],"exposes":[{"type":"rest","namespace":"humanitec-rest"},{"type":"mcp","namespace":"humanitec-mcp","transport":"http"},{"type":"mcp","namespace":"second-mcp","description":"A second adapter."}]}}"#,
    &[
        operation!(
            0,
            r#"{"name":"list-tokens","tools":[{"expose":1,"tool":{"name":"list-tokens","description":"Lists the tokens of a user.","hints":{"readOnly":true,"idempotent":true}}}],"arguments":[{"name":"userId","in":"path","required":true,"description":"The user ID."},{"name":"page","in":"query"}]}"#,
            [&p::STR, &PAGE],
            &TOKENS
        ),
        operation!(
            1,
            r#"{"name":"create-token","tools":[{"expose":1,"tool":{"name":"create-token","label":"Make a token","description":"Creates a token."}}],"routes":[{"expose":0,"path":"/t","resource":"t","description":"T.","operation":{"method":"POST"}}],"arguments":[{"name":"userId","in":"path","required":true},{"name":"body","in":"body","required":true,"wholeBody":true}]}"#,
            [&p::STR, &TOKEN],
            &ONE
        ),
        operation!(
            2,
            r#"{"name":"delete-token","tools":[{"expose":1,"tool":{"name":"delete-token","description":"Deletes a token.","hints":{"destructive":true,"idempotent":true,"openWorld":false}}},{"expose":2,"tool":{"name":"remove"}}],"arguments":[{"name":"userId","in":"path","required":true}]}"#,
            [&p::STR],
            &NOTHING
        ),
        operation!(
            3,
            r#"{"name":"raw-tokens","tools":[{"expose":1,"tool":{"name":"raw-tokens","description":"The tokens as they come."}}]}"#,
            [],
            &RAW
        ),
        operation!(4, r#"{"name":"panics","tools":[{"expose":1,"tool":{"name":"panics"}}]}"#, [], &NOTHING),
        operation!(5, r#"{"name":"hangs","tools":[{"expose":1,"tool":{"name":"hangs"}}]}"#, [], &NOTHING),
        operation!(6, r#"{"name":"conflicts","tools":[{"expose":1,"tool":{"name":"conflicts"}}]}"#, [], &ONE),
        operation!(7, r#"{"name":"fails","tools":[{"expose":1,"tool":{"name":"fails"}}]}"#, [], &NOTHING),
        operation!(8, r#"{"name":"meets","tools":[{"expose":1,"tool":{"name":"meets"}}]}"#, [], &NOTHING),
        operation!(9, r#"{"name":"maybe","tools":[{"expose":1,"tool":{"name":"maybe"}}]}"#, [], &MAYBE),
        operation!(
            10,
            r#"{"name":"mirrors","tools":[{"expose":1,"tool":{"name":"mirrors"}}],"arguments":[{"name":"region","in":"body"}]}"#,
            [&REGION],
            &MAYBE
        ),
    ],
);

pub(crate) struct Tokens;

impl p::Describe for Tokens {
    fn definition() -> &'static p::Definition {
        &DEFINITION
    }
}

impl p::Expose<Arc<Fake>> for Tokens {
    fn operations(this: Arc<Fake>) -> Arc<dyn p::Operations> {
        Arc::new(Served(this))
    }
}

struct Served(Arc<Fake>);

impl p::Operations for Served {
    fn call<'a>(&'a self, operation: usize, args: &'a p::Arguments) -> Result<p::BoxFuture<'a, Result<p::Output>>> {
        let fake = &*self.0;
        match operation {
            0 => {
                let (user, page) = (args.str(0)?, args.opt_value(1, &PAGE)?);
                p::run(&TOKENS, async move { Ok(Fake::list_tokens(user, page)) })
            }
            1 => {
                let token: Token = args.value(1, &TOKEN)?;
                p::run(&ONE, async move { Ok(token) })
            }
            2 => p::run(&NOTHING, async { Ok(()) }),
            3 => p::run(&RAW, async { Ok(RawJson::from("{ \"é\" :[1, 2.50] }\n".to_owned())) }),
            4 => p::run(&NOTHING, async { panic!("with a secret") }),
            5 => p::run(&NOTHING, fake.hang()),
            6 => p::run(&ONE, async { Err(Error::new(StatusCode::CONFLICT, "there is such a token already")) }),
            7 => p::run(&NOTHING, async { Err(Error::internal("a secret detail")) }),
            8 => p::run(&NOTHING, async {
                fake.gate.pass().await;
                Ok(())
            }),
            9 => p::run(&MAYBE, async { Ok(None) }),
            10 => {
                let region = args.opt_value(0, &REGION)?;
                p::run(&MAYBE, async move { Ok(region.map(|Region(name)| name)) })
            }
            other => p::no_operation(other),
        }
    }
}

/// Returns the capability, with the default limits.
pub(crate) fn capability(fake: &Arc<Fake>) -> Capability {
    Capability::of::<Tokens, Arc<Fake>>(fake.clone())
}

/// Returns the capability with a short time limit.
pub(crate) fn hasty(fake: &Arc<Fake>) -> Capability {
    let limits = Limits { operation: Duration::from_millis(50), ..Limits::default() };
    capability(fake).with_limits(limits)
}

/// A client, and the address of its server.
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) url: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.headers["content-type"], "application/json", "{}", self.text);
        serde_json::from_str(&self.text).unwrap()
    }
}

/// Serves a new capability.
pub(crate) async fn start() -> Client {
    serve(capability(&Arc::default()).mcp_service()).await
}

pub(crate) async fn serve(service: McpService) -> Client {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, Router::new().route_service("/mcp", service)).into_future());
    Client { http: reqwest::Client::new(), url }
}

impl Client {
    /// Posts any body with any headers. `extra` can replace headers that a client always sends; a repeated header is
    /// sent repeatedly.
    pub(crate) async fn post(&self, extra: &[(&str, &str)], body: impl Into<reqwest::Body>) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/json".parse().unwrap());
        headers.insert("accept", "application/json, text/event-stream".parse().unwrap());
        for (name, _) in extra {
            headers.remove(*name);
        }
        for (name, value) in extra {
            let name: reqwest::header::HeaderName = name.parse().unwrap();
            headers.append(name, value.parse().unwrap());
        }
        let response = self.http.post(&self.url).headers(headers).body(body).send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap() }
    }

    /// Sends a request as clients of the revisions up to 2025-11-25 do.
    pub(crate) async fn legacy(&self, method: &str, params: Value) -> Answer {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        self.post(&[("mcp-protocol-version", LEGACY)], message.to_string()).await
    }

    /// Sends a request as clients of the revision 2026-07-28 do.
    pub(crate) async fn modern(&self, method: &str, mut params: Value) -> Answer {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let mut headers = vec![("mcp-protocol-version", MODERN), ("mcp-method", method)];
        let name = params["name"].as_str().or(params["taskId"].as_str()).map(str::to_owned);
        headers.extend(name.as_deref().map(|name| ("mcp-name", name)));
        let message = json!({ "jsonrpc": "2.0", "id": "a", "method": method, "params": params });
        self.post(&headers, message.to_string()).await
    }

    /// Returns the result of calling a tool, in an older revision.
    pub(crate) async fn call(&self, name: &str, arguments: Value) -> Value {
        let answer = self.legacy("tools/call", json!({ "name": name, "arguments": arguments })).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let mut answer = answer.json();
        assert_eq!(answer["id"], 1, "{answer}");
        answer["result"].take()
    }
}

/// Returns the text of a result.
pub(crate) fn text(result: &Value) -> &str {
    assert_eq!(result["content"].as_array().map(Vec::len), Some(1), "{result}");
    result["content"][0]["text"].as_str().unwrap()
}
