//! The control port of a program: its declaration in a trait, the log level, and metrics with exemplars.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, unreachable_pub, dead_code, reason = "tests")]

mod common;

use common::Served;
use naftiko::testing::{Answer, Upstream};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use std::process::Command;

const SECRET: &str = "k3y-of-the-shop";

fn measured() -> Command {
    let mut command = common::command(env!("CARGO_BIN_EXE_measured"));
    command.env("SHOP_KEY", SECRET);
    command
}

/// Starts the program, which calls `upstream`, with a control port.
fn program(upstream: &Upstream) -> Served {
    let mut command = measured();
    command.args(["serve", "--control", "0", "--upstream", &format!("shop={}", upstream.url())]);
    Served::start(command, 3)
}

async fn get(url: String) -> Response {
    reqwest::get(url).await.unwrap()
}

async fn page(program: &Served, path: &str) -> (StatusCode, String) {
    let answer = get(format!("{}{path}", program.url("control"))).await;
    (answer.status(), answer.text().await.unwrap())
}

/// A control port in a trait is opened without `--control`, and `--control` replaces it.
#[tokio::test]
async fn a_trait_has_a_control_port_that_the_option_replaces() {
    let watched = || {
        let mut command = common::command(env!("CARGO_BIN_EXE_watched"));
        command.arg("serve");
        command
    };
    let mut command = watched();
    command.args(["--port", "control=0"]);
    let program = Served::start(command, 2);
    let echo = get(format!("{}/echo/hello", program.url("watched-rest"))).await;
    assert_eq!(echo.status(), StatusCode::OK);
    let (status, text) = page(&program, "/status").await;
    assert_eq!(status, StatusCode::OK);
    let adapters = serde_json::from_str::<Value>(&text).unwrap()["capabilities"][0]["adapters"].clone();
    assert_eq!(adapters[1]["type"], "control", "{text}");
    assert!(program.url("control").starts_with("http://127.0.0.1:"), "{}", program.url("control"));
    let mut command = watched();
    command.args(["--control", "127.0.0.1:0", "--port", "control=0"]);
    let refused = String::from_utf8(common::run(command).stderr).unwrap();
    assert!(refused.contains("the adapter `control` is not served: `--control` replaces it"), "{refused}");
    // The port of the trait, 9100, is not opened.
    let mut command = watched();
    command.args(["--control", "127.0.0.2:0"]);
    let program = Served::start(command, 2);
    assert!(program.url("control").starts_with("http://127.0.0.2:"), "{}", program.url("control"));
    assert_eq!(page(&program, "/ready").await.0, StatusCode::OK);
    program.signal("TERM");
    let (_, out, _) = program.wait();
    assert_eq!(out, "", "another adapter listens");
}

/// Reads or changes the level of the log.
async fn log_level(program: &Served, body: Option<&str>) -> (StatusCode, Value) {
    let url = format!("{}/logs", program.url("control"));
    let request = match body {
        Some(body) => Client::new().put(url).body(body.to_owned()),
        None => Client::new().get(url),
    };
    let answer = request.send().await.unwrap();
    let status = answer.status();
    (status, answer.json().await.unwrap())
}

#[tokio::test]
async fn the_log_level_changes_while_the_program_runs() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/stock", Answer::status(404));
    let program = program(&upstream);
    let stock = || get(format!("{}/stock", program.url("shop-rest")));
    assert_eq!(log_level(&program, None).await, (StatusCode::OK, json!({ "level": "warn" })));
    stock().await;
    let debug = r#"{"level": "warn,naftiko_runtime=debug"}"#;
    let changed = (StatusCode::OK, json!({ "level": "naftiko_runtime=debug,warn" }));
    assert_eq!(log_level(&program, Some(debug)).await, changed);
    stock().await;
    for (wrong, detail) in [
        (r#"{"level": "naftiko_runtime=loud"}"#, "invalid level: "),
        (r#"{"level": "debgu"}"#, "unknown level `debgu`; did you mean `debug`?"),
        (r#"{"level": " "}"#, "found an empty string"),
        (r#"{"filter": "debug"}"#, "unknown field `filter`"),
        ("debug", "expected `{\"level\": \"debug\"}`"),
    ] {
        let (status, problem) = log_level(&program, Some(wrong)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}");
        assert!(problem["detail"].as_str().unwrap().contains(detail), "{problem}");
    }
    let long = format!("{{\"level\": \"{}\"}}", "a=info,".repeat(1000));
    assert_eq!(log_level(&program, Some(&long)).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(log_level(&program, None).await, changed, "a refused request changed the level");
    // As a regular expression, this would need gigabytes.
    let expensive = format!(r#"{{"level": "warn,[{{f=a{}}}]=trace"}}"#, "(a|b)".repeat(28));
    assert_eq!(log_level(&program, Some(&expensive)).await.0, StatusCode::OK);
    assert_eq!(log_level(&program, Some(r#"{"level": "off"}"#)).await.1, json!({ "level": "off" }));
    stock().await;
    program.signal("TERM");
    let (_, _, lines) = program.wait();
    let debug = lines.lines().filter(|line| line.contains("DEBUG") && line.contains("read-stock"));
    assert!(debug.count() > 0, "{lines}");
    assert_eq!(lines.matches("the control port changes the log level").count(), 3, "{lines}");
    assert!(!lines.contains(SECRET), "{lines}");
}

/// Whoever reaches the port from another machine can read the level, but not change it.
#[tokio::test]
async fn other_machines_cannot_change_the_log_level() {
    let Some(own) = own_address() else {
        // Unlike `eprintln!`, this is shown although the test passes.
        let reason = b"NOT RUN HERE: other_machines_cannot_change_the_log_level needs a network\n";
        std::io::Write::write_all(&mut std::io::stderr(), reason).unwrap();
        return;
    };
    let mut command = measured();
    command.args(["serve", "--control", "0.0.0.0:0"]);
    let program = Served::start(command, 3);
    let port = program.url("control").rsplit(':').next().unwrap();
    let url = format!("http://{own}:{port}/logs");
    assert_eq!(get(url.clone()).await.json::<Value>().await.unwrap(), json!({ "level": "warn" }));
    let body = json!({ "level": "trace" });
    let answer = Client::new().put(url).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(log_level(&program, None).await.1, json!({ "level": "warn" }));
}

/// Requests of a browser on this machine, and requests through a proxy, do not count as local.
#[tokio::test]
async fn browsers_and_proxies_cannot_change_the_log_level() {
    let mut command = measured();
    // An IPv6 socket shows IPv4 callers as `::ffff:127.0.0.1`.
    command.args(["serve", "--control", "[::]:0", "--allow-origin", "https://good.example"]);
    let program = Served::start(command, 3);
    let port = program.url("control").rsplit(':').next().unwrap();
    let url = format!("http://127.0.0.1:{port}/logs");
    let put = || Client::new().put(&url).json(&json!({ "level": "trace" }));
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "https://good.example"),
        ("origin", "http://localhost:3000"),
        ("forwarded", "for=192.0.2.1"),
        ("x-forwarded-for", "192.0.2.1"),
        ("via", "1.1 proxy"),
    ] {
        assert_eq!(put().header(name, value).send().await.unwrap().status(), StatusCode::FORBIDDEN, "{name}: {value}");
    }
    assert_eq!(get(url.clone()).await.json::<Value>().await.unwrap(), json!({ "level": "warn" }));
    assert_eq!(put().send().await.unwrap().status(), StatusCode::OK);
}

/// Returns an address of this machine that is not a loopback address.
fn own_address() -> Option<std::net::IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    // Nothing is sent: the system only chooses the local address for this destination.
    socket.connect("192.0.2.1:9").ok()?;
    let own = socket.local_addr().ok()?.ip();
    (!own.is_loopback() && !own.is_unspecified()).then_some(own)
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

/// Reads the metrics with an `Accept`; returns the media type and the text.
async fn scraped(program: &Served, accept: &str) -> (String, String) {
    let request = Client::new().get(format!("{}/metrics", program.url("control"))).header("accept", accept);
    let answer = request.send().await.unwrap();
    (answer.headers()["content-type"].to_str().unwrap().to_owned(), answer.text().await.unwrap())
}

/// The `Accept` header of Prometheus 3.
const PROMETHEUS: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
     application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,\
     text/plain;version=0.0.4;q=0.2,*/*;q=0.1";

#[tokio::test]
async fn sampled_traces_are_exemplars_of_open_metrics() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/stock", Answer::json(200, json!("full")));
    let program = program(&upstream);
    let stock = |flags: &str| {
        let request = Client::new().get(format!("{}/stock", program.url("shop-rest")));
        request.header("traceparent", format!("00-{TRACE}-{SPAN}-{flags}")).send()
    };
    assert_eq!(stock("00").await.unwrap().status(), StatusCode::OK);
    let (media_type, text) = scraped(&program, PROMETHEUS).await;
    assert_eq!(media_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(!text.contains(TRACE), "a trace that is not sampled is an exemplar: {text}");
    assert!(text.ends_with("\n# EOF\n"), "{text}");
    assert!(text.contains("# TYPE naftiko_retries counter\n"), "{text}");
    assert!(text.contains("le=\"1.0\"} 1\n"), "{text}");

    assert_eq!(stock("01").await.unwrap().status(), StatusCode::OK);
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "read-stock", "arguments": {}, "_meta": { "traceparent": format!("00-{TRACE}-{SPAN}-01") },
    }});
    let call = Client::new().post(program.url("shop-mcp")).json(&call);
    let call = call.header("accept", "application/json, text/event-stream").send().await.unwrap();
    assert_eq!(call.json::<Value>().await.unwrap()["result"]["isError"], json!(false));
    let (_, text) = scraped(&program, PROMETHEUS).await;
    for family in ["http_server_request", "http_client_request", "mcp_server_operation"] {
        let lines = text.lines().filter(|line| line.starts_with(&format!("{family}_duration_seconds_bucket{{")));
        let exemplars: Vec<&str> =
            lines.filter_map(|line| line.split_once(" # ")).map(|(_, exemplar)| exemplar).collect();
        assert!(!exemplars.is_empty(), "{family}: {text}");
        for exemplar in exemplars {
            let labels = format!("{{trace_id=\"{TRACE}\",span_id=\"{SPAN}\"}} ");
            let numbers = exemplar.strip_prefix(&labels).unwrap_or_else(|| panic!("{exemplar}"));
            let numbers: Vec<f64> = numbers.split(' ').map(|number| number.parse().unwrap()).collect();
            assert!(matches!(numbers[..], [seconds, at] if seconds < 60.0 && at > 1e9), "{exemplar}");
        }
    }

    for accept in
        ["*/*", "text/plain", "text/plain, application/openmetrics-text;q=0.5", "application/openmetrics-text;q=0"]
    {
        let (media_type, text) = scraped(&program, accept).await;
        assert_eq!(media_type, "text/plain; version=0.0.4; charset=utf-8", "{accept}");
        assert!(!text.contains(TRACE) && !text.contains("# EOF"), "{accept}: {text}");
        assert!(text.contains("# TYPE naftiko_retries_total counter\n") && text.contains("le=\"1\"}"), "{text}");
    }
    assert!(scraped(&program, "application/openmetrics-text; version=1.0.0").await.1.contains(TRACE));
}

/// A Prometheus server that scrapes a program. It is killed when it is dropped.
struct Prometheus {
    process: std::process::Child,
    folder: std::path::PathBuf,
    url: String,
}

impl Prometheus {
    /// Starts the server with the control port of a program as its only target.
    fn start(program: &Served) -> Self {
        let folder = std::env::temp_dir().join(format!("naftiko-prometheus-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let target = program.url("control").strip_prefix("http://").unwrap();
        let config = json!({
            "global": { "scrape_interval": "1s" },
            "scrape_configs": [{ "job_name": "shop", "static_configs": [{ "targets": [target] }] }],
        });
        // JSON is valid YAML.
        std::fs::write(folder.join("prometheus.yml"), config.to_string()).unwrap();
        // The port is free again when Prometheus begins to listen.
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new("prometheus");
        command.current_dir(&folder).args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
        command.arg("--enable-feature=exemplar-storage").arg(format!("--web.listen-address={address}"));
        let process = command.stderr(std::process::Stdio::null()).spawn().unwrap();
        Self { process, folder, url: format!("http://{address}/api/v1") }
    }

    /// Repeats a query until it has a result, and returns the result.
    async fn ask(&mut self, question: &str) -> Value {
        loop {
            assert!(self.process.try_wait().unwrap().is_none(), "prometheus has ended");
            if let Ok(answer) = reqwest::get(format!("{}/{question}", self.url)).await {
                let data = answer.json::<Value>().await.unwrap_or_default()["data"].take();
                let found = data.get("result").unwrap_or(&data).clone();
                if found.as_array().is_some_and(|found| !found.is_empty()) {
                    return found;
                }
            }
        }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test]
#[ignore = "needs Prometheus: bash .ci/run prometheus"]
async fn a_prometheus_reads_the_metrics_and_stores_exemplars() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/stock", Answer::json(200, json!("full")));
    let program = program(&upstream);
    let request = Client::new().get(format!("{}/stock", program.url("shop-rest")));
    let request = request.header("traceparent", format!("00-{TRACE}-{SPAN}-01"));
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    let (_, text) = scraped(&program, "text/plain").await;
    let mut promtool = Command::new("promtool");
    let promtool = promtool.args(["check", "metrics"]).stdin(std::process::Stdio::piped());
    let mut promtool =
        promtool.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut promtool.stdin.take().unwrap(), text.as_bytes()).unwrap();
    let checked = promtool.wait_with_output().unwrap();
    assert!(checked.status.success(), "{checked:?}");

    let mut prometheus = Prometheus::start(&program);
    let up = prometheus.ask("query?query=up==1").await;
    assert_eq!(up[0]["metric"]["job"], "shop", "{up}");
    let exemplars = "query_exemplars?query=http_client_request_duration_seconds_bucket&start=0&end=9999999999";
    let found = prometheus.ask(exemplars).await;
    let labels = json!({ "trace_id": TRACE, "span_id": SPAN });
    assert_eq!(found[0]["exemplars"][0]["labels"], labels, "{found}");
    assert_eq!(found[0]["seriesLabels"]["naftiko_operation"], "read-stock", "{found}");
}
