//! The test drivers: the `naftiko` command as a child process, a client that calls it, and an upstream that records
//! requests.

use crate::oracle::{self, Request};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request as HttpRequest, Response};
use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, HashMap};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// An upstream for all namespaces: the first segment of a path is the namespace.
pub struct Upstream {
    url: String,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    requests: Vec<(String, Request)>,
    format: String,
}

impl Upstream {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Mutex::new(Shared::default()));
        let state = shared.clone();
        let app = Router::new().fallback(move |request: HttpRequest<Body>| record(state.clone(), request));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, shared }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sets the format of the next answers.
    pub fn answers_in(&self, format: &str) {
        format.clone_into(&mut self.shared.lock().unwrap().format);
    }

    /// Returns the requests since the last call of this method.
    pub fn take(&self) -> Vec<(String, Request)> {
        std::mem::take(&mut self.shared.lock().unwrap().requests)
    }
}

async fn record(shared: Arc<Mutex<Shared>>, request: HttpRequest<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let mut segments = parts.uri.path().split('/').skip(1);
    let namespace = oracle::decode(segments.next().unwrap_or_default());
    let rest: Vec<String> = segments.map(oracle::decode).collect();
    let path = if rest.is_empty() { vec![String::new()] } else { std::iter::once(String::new()).chain(rest).collect() };
    let pairs = parts.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let mut query: Vec<(String, String)> = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (oracle::decode(name), oracle::decode(value)))
        .collect();
    query.sort();
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let is_form =
        parts.headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form"));
    let body = (!body.is_empty()).then(|| {
        if is_form {
            let text = String::from_utf8_lossy(&body).replace('+', " ");
            let field = |pair: &str| {
                pair.split_once('=').map(|(name, value)| (oracle::decode(name), Value::from(oracle::decode(value))))
            };
            return Value::Object(text.split('&').filter_map(field).collect());
        }
        serde_json::from_slice(&body).unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&body).into_owned()))
    });
    let request = Request { method: parts.method.to_string(), path, query, headers: headers.collect(), body };
    let mut shared = shared.lock().unwrap();
    shared.requests.push((namespace, request));
    let (media, text) = match shared.format.as_str() {
        "xml" => ("application/xml", "<ok>true</ok>"),
        "csv" => ("text/csv", "ok\ntrue\n"),
        "yaml" => ("application/yaml", "ok: true\n"),
        "html" => ("text/html", "<table><tr><th>ok</th></tr><tr><td>true</td></tr></table>"),
        "text" | "markdown" => ("text/plain", "ok"),
        "binary" => ("application/octet-stream", "\u{1}ok"),
        _ => ("application/json", "{\"ok\":true}"),
    };
    Response::builder().header("content-type", media).body(Body::from(text)).unwrap()
}

/// The command, serving one document.
pub struct Served {
    child: Child,
    urls: HashMap<String, String>,
    client: reqwest::Client,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the command that serves a document, with a value for each of its variables.
fn command(path: &Path, document: &Value) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_naftiko"));
    command.arg("serve").arg(path).env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut names = BTreeSet::new();
    let text = document.to_string();
    for hole in text.split("{{").skip(1).filter_map(|part| part.split_once("}}")) {
        names.insert(hole.0.rsplit('.').next().unwrap().trim().to_owned());
    }
    let binds = document.get("binds").and_then(Value::as_array).into_iter().flatten();
    for keys in binds.filter_map(|bind| bind.get("keys").and_then(Value::as_object)) {
        for (name, source) in keys {
            names.remove(name);
            command.env(source.as_str().unwrap_or(name), oracle::variable(name));
        }
    }
    for name in names.iter().filter(|name| !name.is_empty() && !name.contains(['=', ' '])) {
        command.env(name, oracle::variable(name));
    }
    command
}

impl Served {
    /// Returns the command's error output if it refuses the document, or an empty string if it serves the document.
    pub fn refused(path: &Path, document: &Value) -> String {
        let mut command = command(path, document);
        command.args(["--address", "127.0.0.1"]);
        for expose in document["capability"]["exposes"].as_array().into_iter().flatten() {
            command.arg("--port").arg(format!("{}=0", expose["namespace"].as_str().unwrap_or_default()));
        }
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let _ = child.kill();
        let mut why = String::new();
        child.stderr.take().unwrap().read_to_string(&mut why).unwrap();
        let _ = child.wait();
        if line.is_empty() { why } else { String::new() }
    }

    /// Starts the command, and waits until every adapter listens.
    pub fn start(path: &Path, document: &Value, upstream: &str) -> Result<Self, String> {
        let mut command = command(path, document);
        command.args(["--address", "127.0.0.1"]);
        let mut adapters = 0;
        for expose in document["capability"]["exposes"].as_array().into_iter().flatten() {
            let served = matches!(expose["type"].as_str(), Some("rest" | "mcp"))
                && expose["transport"].as_str() != Some("stdio");
            if served {
                adapters += 1;
                command.arg("--port").arg(format!("{}=0", expose["namespace"].as_str().unwrap_or_default()));
            }
        }
        for consume in document["capability"]["consumes"].as_array().into_iter().flatten() {
            let namespace = consume["namespace"].as_str().unwrap_or_default();
            command.arg("--upstream").arg(format!("{namespace}={upstream}/{}", oracle::encode(namespace)));
        }
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut urls = HashMap::new();
        for _ in 0..adapters {
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            let words: Vec<_> = line.split_whitespace().collect();
            let ["listening", _, namespace, url] = words[..] else {
                let mut why = String::new();
                let _ = child.kill();
                child.stderr.take().unwrap().read_to_string(&mut why).unwrap();
                let _ = child.wait();
                return Err(why.lines().filter(|line| line.contains("error")).take(3).collect::<Vec<_>>().join(" | "));
            };
            urls.insert(namespace.to_owned(), url.to_owned());
        }
        // Unless somebody reads the log, the pipe fills up and the command blocks.
        let mut stderr = child.stderr.take().unwrap();
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).no_proxy().build().unwrap();
        Ok(Self { child, urls, client })
    }

    /// Sends a REST request; returns the answer, or why it is not a success.
    pub async fn rest(
        &mut self,
        adapter: &str,
        method: &str,
        target: &str,
        headers: &[(String, String)],
        body: Option<&Value>,
    ) -> Result<String, String> {
        let url = format!("{}{target}", self.urls.get(adapter).ok_or("no such adapter listens")?);
        let mut request = self.client.request(method.parse().unwrap(), url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|error| error.to_string())?;
        let status = response.status();
        let text = response.text().await.map_err(|error| error.to_string())?;
        if status.is_success() { Ok(text) } else { Err(format!("answered {status}: {text}")) }
    }

    /// Calls a tool; returns the result, or why it is not a success.
    pub async fn tool(&mut self, adapter: &str, name: &str, arguments: &Map<String, Value>) -> Result<String, String> {
        let url = self.urls.get(adapter).ok_or("no such adapter listens")?;
        // A tool lists its arguments under names that model providers accept.
        let arguments: Map<String, Value> =
            arguments.iter().map(|(name, value)| (naftiko_spec::names::tool_argument(name), value.clone())).collect();
        let call = json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": name, "arguments": arguments },
        });
        let response = self
            .client
            .post(url)
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-06-18")
            .json(&call)
            .send()
            .await
            .map_err(|error| error.to_string())?;
        let text = response.text().await.map_err(|error| error.to_string())?;
        let answer: Value = serde_json::from_str(&text).map_err(|_| format!("answered {text}"))?;
        let result = answer.get("result").ok_or_else(|| format!("answered {text}"))?;
        if result["isError"] == json!(true) { Err(format!("answered {}", result["content"])) } else { Ok(text) }
    }
}
