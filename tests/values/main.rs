//! Values as callers, methods, upstreams and documents handle them, over REST, MCP, `Capability::call` and the typed
//! client: numbers, nulls, duplicate and unknown names, statuses without a body.
#![cfg(all(feature = "client", feature = "rest", feature = "mcp", feature = "testing", feature = "document"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod absence;
mod names;
mod numbers;

use naftiko::testing::{Answer, Upstream};
use naftiko::{Capability, RawJson, Result, Scalar, Value, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

/// A number or a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Key {
    /// A number.
    Id(u64),
    /// A name.
    Name(String),
}

impl Scalar for Key {}

/// What to change.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Patch {
    /// A count.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    /// Null removes it.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[allow(clippy::option_option, reason = "null clears, absence keeps")]
    note: Option<Option<String>>,
    /// A factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    factor: Option<f64>,
    /// More of it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    parts: Vec<Patch>,
}

fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// What a calculation gives.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Numbers {
    ratio: f64,
    #[serde(skip_serializing_if = "is_blank")]
    label: Option<String>,
    plain: Option<u8>,
}

#[allow(clippy::ref_option, reason = "what serde calls it with")]
fn is_blank(label: &Option<String>) -> bool {
    label.as_deref() == Some("")
}

/// A note, or null to remove it.
type Clearing = Option<String>;

/// Takes and returns values.
#[capability(
    consumes(namespace = "values", base_uri = "http://values.example"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Values {
    /// Finds by parameters in the query.
    #[get("/find/{id}")]
    async fn find(
        &self,
        id: u64,
        big: Option<u128>,
        signed: Option<i128>,
        share: Option<f32>,
        key: Option<Key>,
        many: Option<Vec<u32>>,
    ) -> Result<RawJson>;

    /// Changes something.
    #[patch("/things")]
    async fn change(&self, body: &Patch) -> Result<RawJson>;

    /// Sends anything.
    #[post("/any")]
    async fn send(&self, body: &Value) -> Result<Value>;

    /// Starts something.
    #[post("/jobs", status = 202)]
    async fn start(&self) -> Result<()>;

    /// Calculates.
    #[rest(get = "/numbers")]
    async fn numbers(&self, by: f64) -> Result<Numbers> {
        Ok(Numbers { ratio: 0.0 * (1.0 / by), label: None, plain: None })
    }

    /// Takes numbers in types that serde buffers.
    #[rest(post = "/buffered")]
    async fn buffered(&self, flat: Option<Flat>, tagged: Option<Tagged>) -> Result<Vec<String>> {
        Ok(vec![format!("{flat:?}"), format!("{tagged:?}")])
    }

    /// Repeats a large number and takes a note.
    #[rest(post = "/large")]
    async fn large(&self, large: u128, note: Option<Clearing>) -> Result<Vec<String>> {
        Ok(vec![large.to_string(), format!("{note:?}")])
    }
}

/// A type with the members of another one.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Flat {
    #[serde(flatten)]
    inner: Inner,
}

/// The members.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Inner {
    large: Option<u128>,
    small: Option<u64>,
}

/// A tagged enum.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
pub enum Tagged {
    Signed { large: Option<i128>, small: Option<i64> },
}

/// What an upstream counts.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Counted {
    count: u64,
    share: f64,
    large: u128,
    keys: Vec<Key>,
    more: More,
}

/// More of it.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct More {
    many: std::collections::BTreeMap<String, Option<i32>>,
}

/// Counts.
#[capability(
    consumes(namespace = "values", base_uri = "http://values.example"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Counting {
    /// Counts.
    #[get("/counted")]
    async fn counted(&self) -> Result<Counted>;

    /// Counts a part.
    #[get("/part")]
    #[output("$.data.total")]
    async fn total(&self) -> Result<Option<u32>>;
}

/// Takes values, and refuses unknown names.
#[capability(
    consumes(namespace = "values", base_uri = "http://values.example"),
    exposes(
        rest(port = 8080, unknown_query = "refuse", unknown_members = "refuse", page),
        mcp(port = 9090, unknown_members = "refuse")
    )
)]
pub trait Strict {
    /// Changes something.
    #[patch("/things")]
    async fn change(&self, page: Option<u32>, body: &Patch) -> Result<RawJson>;

    /// Sends anything.
    #[post("/any")]
    async fn send(&self, body: &Value) -> Result<Value>;
}

/// A capability behind its adapters.
struct Served {
    url: String,
    http: reqwest::Client,
}

async fn serve(capability: Capability) -> Served {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router: axum::Router = capability.rest_router();
    let router = router.route_service("/mcp", capability.mcp_service());
    tokio::spawn(axum::serve(listener, router).into_future());
    Served { url, http: reqwest::Client::new() }
}

impl Served {
    async fn rest(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let request = self.http.request(method.parse().unwrap(), format!("{}{path}", self.url));
        let request = if body.is_empty() { request } else { request.body(body.to_owned()) };
        let response = request.header("content-type", "application/json").send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Returns the `detail` of the problem for a request.
    async fn refused(&self, method: &str, path: &str, body: &str) -> String {
        let (status, text) = self.rest(method, path, body).await;
        assert_eq!(status, 400, "{text}");
        serde_json::from_str::<Value>(&text).unwrap()["detail"].as_str().unwrap().to_owned()
    }

    /// Returns the unparsed answer to a tool call.
    async fn tool(&self, name: &str, arguments: &str) -> String {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{name}","arguments":{arguments}}}}}"#
        );
        let request = self.http.post(format!("{}/mcp", self.url)).header("content-type", "application/json");
        request.body(body).send().await.unwrap().text().await.unwrap()
    }

    async fn tools(&self) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }).to_string();
        let request = self.http.post(format!("{}/mcp", self.url)).header("content-type", "application/json");
        let answer: Value = request.body(body).send().await.unwrap().json().await.unwrap();
        answer["result"]["tools"].clone()
    }
}

async fn upstream() -> Upstream {
    let upstream = Upstream::start().await;
    let ok = Answer::json(200, json!({ "ok": true }));
    upstream.answer("GET", "/find/5", ok.clone()).answer("GET", "/find/1000", ok.clone());
    upstream.answer("PATCH", "/things", ok.clone()).answer("POST", "/any", ok).answer(
        "POST",
        "/jobs",
        Answer::status(202),
    );
    upstream
}

fn client(upstream: &Upstream) -> ValuesClient {
    ValuesClient::builder().base_uri(upstream.url()).build().unwrap()
}

/// Returns the paths and queries of the requests.
fn targets(upstream: &Upstream) -> Vec<String> {
    upstream.requests().iter().map(|request| request.path_and_query.clone()).collect()
}

fn bodies(upstream: &Upstream) -> Vec<String> {
    upstream.requests().iter().map(|request| String::from_utf8(request.body.to_vec()).unwrap()).collect()
}

/// Returns the answers over pipes to tool calls, each given as the JSON of its params.
async fn piped(capability: &Capability, calls: &[&str]) -> Vec<String> {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

    let (here, there) = tokio::io::duplex(64 * 1024);
    let (input, output) = tokio::io::split(there);
    let service = capability.mcp_service();
    let server = tokio::spawn(async move { service.serve_pipes(input, output).await });
    let (output, mut input) = tokio::io::split(here);
    let mut output = BufReader::new(output).lines();
    let hello = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#;
    let ready = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    input.write_all(format!("{hello}\n{ready}\n").as_bytes()).await.unwrap();
    output.next_line().await.unwrap().unwrap();
    let mut answers = Vec::new();
    for (id, params) in calls.iter().enumerate() {
        let call = format!(r#"{{"jsonrpc":"2.0","id":{},"method":"tools/call","params":{params}}}"#, id + 1);
        input.write_all(format!("{call}\n").as_bytes()).await.unwrap();
        answers.push(output.next_line().await.unwrap().unwrap());
    }
    input.shutdown().await.unwrap();
    server.await.unwrap().unwrap();
    answers
}
