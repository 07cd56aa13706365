//! Runs each attack of a hostile upstream through each adapter, for reads, writes and streams. Each call has the
//! documented outcome, and its requests, its memory and the bytes that it receives are bounded.

use super::documented::Outcome;
use super::hostile::{Attack, Hostile, Seen};
use super::memory::{self, Meter, turn};
use naftiko::{Capability, Result, Stream, capability};
use rustls::pki_types::PrivateKeyDer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio_rustls::TlsAcceptor;

/// The client's limit for answers and items, in bytes.
const MAX_ANSWER: usize = 4 * 1024;
/// The client's default limit for answers, in bytes. `Attack::Crawl` runs with it.
const DEFAULT_ANSWER: usize = 16 << 20;
/// How many bytes a caller reads of an endless stream.
const ENOUGH: usize = 64 * 1024;
/// The time limit of a call under `Attack::Crawl`: it passes before the default limit of bytes is reached.
const TIMEOUT: Duration = Duration::from_millis(500);
/// The maximum number of bytes that the upstream sends of an endless body: most of them only fill the buffers of the
/// operating system.
const MOST_SENT: usize = 16 << 20;
/// The limit of the answer of a tool, in bytes.
const MAX_RESULT: usize = 16 << 20;

/// A thing.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    id: String,
}

/// Reads, writes and watches.
#[capability(
    consumes(namespace = "api", base_uri = "http://localhost", redirects = 2),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Targets {
    /// Reads a thing.
    #[get("/read/{case}", resilience(retry(3, backoff = "1ms")))]
    async fn read(&self, case: &str) -> Result<Item>;

    /// Writes a thing.
    #[post("/write/{case}")]
    async fn write(&self, case: &str) -> Result<Item>;

    /// Watches things.
    #[get("/watch/{case}", resilience(retry(3, backoff = "1ms")))]
    async fn watch(&self, case: &str) -> Result<Stream<Item>>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Adapter {
    Rest,
    /// MCP 2025-11-25 over HTTP.
    Legacy,
    /// MCP 2026-07-28 over HTTP.
    Modern,
    /// MCP over pipes.
    Pipes,
    /// The command `call` of a program.
    Command,
}

impl Adapter {
    const ALL: [Self; 5] = [Self::Rest, Self::Legacy, Self::Modern, Self::Pipes, Self::Command];
}

/// One capability, behind all adapters.
struct Target {
    upstream: Hostile,
    client: TargetsClient,
    url: String,
    http: reqwest::Client,
}

impl Target {
    async fn of(upstream: Hostile, limit: Option<Duration>) -> Self {
        let client = TargetsClient::builder().base_uri(&upstream.url);
        let client = match limit {
            Some(limit) => client.timeout(limit),
            None => client.max_answer(MAX_ANSWER),
        };
        let client = client.build().unwrap();
        let capability = client.clone().into_capability();
        let router: axum::Router = capability.rest_router();
        let router = router.route_service("/mcp", capability.mcp_service());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { upstream, client, url, http: reqwest::Client::new() }
    }

    fn capability(&self) -> Capability {
        self.client.clone().into_capability()
    }

    /// Returns the outcome of a call.
    async fn outcome(&self, adapter: Adapter, operation: &str, case: &str) -> Outcome {
        let http = &self.http;
        match adapter {
            Adapter::Rest => {
                let url = format!("{}/{operation}/{case}", self.url);
                let request = if operation == "write" { http.post(url) } else { http.get(url) };
                let mut response = request.send().await.unwrap();
                let (status, mut text) = (response.status(), String::new());
                // A caller of a stream stops after some items.
                while text.len() < ENOUGH {
                    match response.chunk().await {
                        Ok(Some(chunk)) => text.push_str(&String::from_utf8_lossy(&chunk)),
                        Ok(None) => break,
                        Err(_) => return Outcome::Aborted,
                    }
                }
                if status.is_success() { Outcome::Success } else { Outcome::Error(status.as_u16()) }
            }
            Adapter::Legacy | Adapter::Modern => {
                let request =
                    http.post(format!("{}/mcp", self.url)).header("accept", "application/json, text/event-stream");
                let request = if adapter == Adapter::Modern {
                    let request = request.header("mcp-protocol-version", "2026-07-28");
                    request.header("mcp-method", "tools/call").header("mcp-name", operation)
                } else {
                    request
                };
                let message = message(operation, case, adapter == Adapter::Modern);
                let text = request.json(&message).send().await.unwrap().text().await.unwrap();
                of_answer(&text)
            }
            Adapter::Pipes => {
                let (near, far) = tokio::io::duplex(64 * 1024);
                let (input, output) = tokio::io::split(far);
                let service = self.capability().mcp_service();
                let server = tokio::spawn(async move { service.serve_pipes(input, output).await });
                let (output, mut input) = tokio::io::split(near);
                input.write_all(format!("{}\n", message(operation, case, true)).as_bytes()).await.unwrap();
                let line = BufReader::new(output).lines().next_line().await.unwrap().unwrap();
                server.abort();
                of_answer(&line)
            }
            Adapter::Command => {
                let client = self.client.clone();
                let program = naftiko::run(move || Ok(client.clone().into_capability())).output(AFew(ENOUGH));
                match program.args(["call", operation, "-a", &format!("case={case}")]).await {
                    Ok(()) => Outcome::Success,
                    Err(error) => Outcome::Error(error.status().as_u16()),
                }
            }
        }
    }
}

/// The output of a command whose reader closes it after some bytes.
struct AFew(usize);

impl Write for AFew {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn message(tool: &str, case: &str, modern: bool) -> Value {
    let mut params = json!({ "name": tool, "arguments": { "case": case } });
    if modern {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { "name": "t", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
        });
    }
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })
}

/// Reads the outcome from the answer of an MCP server, which is JSON or the last event of a stream.
fn of_answer(text: &str) -> Outcome {
    let last = text.lines().filter_map(|line| line.strip_prefix("data: ")).rfind(|data| data.starts_with('{'));
    let answer: Value = serde_json::from_str(last.unwrap_or(text)).unwrap_or_else(|_| panic!("{text}"));
    let result = answer.get("result").unwrap_or_else(|| panic!("{answer}"));
    if result["isError"] != true {
        return Outcome::Success;
    }
    let status = result["_meta"]["io.naftiko/error"]["status"].as_u64();
    Outcome::Error(u16::try_from(status.unwrap_or_else(|| panic!("{answer}"))).unwrap())
}

/// Returns the documented outcome, and the number of requests that the upstream gets.
fn documented(attack: Attack, operation: &str) -> (Outcome, usize) {
    let is_write = operation == "write";
    let tries = if is_write { 1 } else { 3 };
    match attack {
        Attack::Tls => (Outcome::Error(502), 0),
        Attack::Storm => (Outcome::Error(429), tries),
        Attack::Flapping if is_write => (Outcome::Error(502), 1),
        Attack::Flapping => (Outcome::Success, 2),
        // A read follows two redirects, but only one in a loop. A write follows none.
        Attack::Chain => (Outcome::Error(502), tries),
        Attack::Loop => (Outcome::Error(502), if is_write { 1 } else { 2 }),
        Attack::Bomb | Attack::Drip => (Outcome::Error(502), 1),
        Attack::Crawl => (Outcome::Error(504), 1),
        // REST and command-line callers stop after `ENOUGH` bytes; a tool's result is truncated at `MAX_RESULT`.
        Attack::Items => (Outcome::Success, 1),
    }
}

/// Returns how many bytes of memory the call may hold.
fn most_held(attack: Attack, adapter: Adapter) -> usize {
    match (attack, adapter) {
        (Attack::Items, Adapter::Legacy | Adapter::Modern | Adapter::Pipes) => memory::most_held_by_result(MAX_RESULT),
        (Attack::Crawl, _) => memory::most_held(DEFAULT_ANSWER),
        _ => memory::most_held(MAX_ANSWER),
    }
}

/// Returns an acceptor with a certificate that nobody trusts.
fn untrusted() -> TlsAcceptor {
    let issued = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(issued.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![issued.cert.der().clone()], key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Makes a call with a new client, since the calls of one client share a retry budget. Returns a description of what is
/// wrong, or `None`.
async fn wrong(attack: Attack, adapter: Adapter, operation: &str, upstream: Hostile) -> Option<String> {
    let limit = (attack == Attack::Crawl).then_some(TIMEOUT);
    let target = Target::of(upstream, limit).await;
    let case = format!("{attack:?}-{adapter:?}-{operation}");
    let meter = Meter::start();
    let is_endless = matches!(attack, Attack::Bomb | Attack::Drip | Attack::Crawl | Attack::Items);
    let ended = async {
        let outcome = target.outcome(adapter, operation, &case).await;
        // The caller has its answer, so the client stops reading and closes the connection.
        let seen = if is_endless { target.upstream.cut(&case).await } else { target.upstream.seen(&case) };
        (outcome, seen)
    };
    // Much longer than any call takes, so that only a hang reaches it.
    let Ok((outcome, Seen { requests, sent, .. })) = tokio::time::timeout(Duration::from_secs(120), ended).await else {
        return Some(format!("{case} does not end: {:?}", target.upstream.seen(&case)));
    };
    let expected = documented(attack, operation);
    // The router waits at most a second for the first item of a stream before it sends the status. On a busy machine,
    // the error comes later, and can only abort the answer.
    let is_late = matches!(expected.0, Outcome::Error(_))
        && (adapter, operation, outcome, requests) == (Adapter::Rest, "watch", Outcome::Aborted, 1);
    let outcome = if is_late { expected.0 } else { outcome };
    let most = if attack == Attack::Items { MAX_RESULT + MOST_SENT } else { MOST_SENT };
    let (held, most_held) = (meter.peak(), most_held(attack, adapter));
    ((outcome, requests) != expected || sent > most || held > most_held).then(|| {
        let found = (outcome, requests);
        format!("{case}: expected {expected:?}, found {found:?}, {sent} bytes sent, {held} of at most {most_held} bytes held")
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn each_attack_ends_as_documented_for_each_adapter() {
    let _turn = turn().await;
    let (plain, tls) = (Hostile::start(None).await, Hostile::start(Some(untrusted())).await);
    let (mut wrong, mut cells) = (Vec::new(), 0);
    for attack in Attack::ALL {
        for adapter in Adapter::ALL {
            for operation in ["read", "write", "watch"] {
                // Only `watch` reads items, and its time limit ends when the stream begins.
                if matches!((attack, operation), (Attack::Items, "read" | "write") | (Attack::Crawl, "watch")) {
                    continue;
                }
                let upstream = if attack == Attack::Tls { tls.clone() } else { plain.clone() };
                // One after another, so that only this call's memory is measured.
                wrong.extend(self::wrong(attack, adapter, operation, upstream).await);
                cells += 1;
            }
        }
    }
    assert_eq!(cells, 7 * 5 * 3 + 5 * 2 + 5);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
