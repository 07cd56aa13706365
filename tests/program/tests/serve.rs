//! `serve` as a process, over real sockets, until a signal ends it.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

mod common;

use common::{Served, run, several, tokens};
use naftiko::testing::{Answer, Upstream};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::process::Command;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const ANY_PORT: [&str; 5] = ["serve", "--port", "tokens-rest=0", "--port", "tokens-mcp=0"];

fn demo() -> Served {
    let mut command = tokens();
    command.args(ANY_PORT).arg("--demo");
    Served::start(command, 2)
}

/// Returns the command of the program, which calls `upstream`.
fn over(upstream: &str) -> Command {
    let mut command = tokens();
    command.args(ANY_PORT).args(["--upstream", &format!("tokens={upstream}")]).env("TOKENS_KEY", "s3cret");
    command
}

/// Calls a tool, and returns its result.
async fn tool(url: &str, name: &str, arguments: Value) -> Value {
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": name, "arguments": arguments } });
    let request = Client::new().post(url).header("accept", "application/json, text/event-stream").json(&call);
    request.send().await.unwrap().json::<Value>().await.unwrap()["result"].clone()
}

#[tokio::test]
async fn the_demo_needs_neither_network_nor_credentials() {
    let program = demo();
    let rest = format!("{}/v1/users/u-1/tokens", program.url("tokens-rest"));
    let answer = reqwest::get(&rest).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    // The program's layer is around the router.
    assert_eq!(answer.headers()["x-layer"], "seen");
    let tokens = answer.json::<Value>().await.unwrap();
    assert_eq!(tokens, json!([{ "id": "ci", "days": 30 }, { "id": "laptop" }]));
    let made = Client::new().post(&rest).json(&json!({ "id": "new" })).send().await.unwrap();
    assert_eq!(made.status(), StatusCode::CREATED);
    // Both adapters serve the same implementation.
    let listed = tool(program.url("tokens-mcp"), "list-tokens", json!({ "userId": "u-1" })).await;
    assert_eq!(listed["structuredContent"]["result"].as_array().unwrap().len(), 3, "{listed}");
    let nothing = reqwest::get(format!("{}/nothing", program.url("tokens-rest"))).await.unwrap();
    assert_eq!(nothing.status(), StatusCode::NOT_FOUND);
    assert_eq!(nothing.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn an_upstream_is_called_with_the_capability_s_credential() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/base/users/{user}/tokens", Answer::json(200, json!([{ "id": "ci" }])));
    let program = Served::start(over(&format!("{}/base", upstream.url())), 2);
    let rest = format!("{}/v1/users/a%20b/tokens?limit=2", program.url("tokens-rest"));
    assert_eq!(reqwest::get(&rest).await.unwrap().json::<Value>().await.unwrap(), json!([{ "id": "ci" }]));
    tool(program.url("tokens-mcp"), "list-tokens", json!({ "userId": "u" })).await;
    let requests = upstream.requests();
    assert_eq!(requests[0].path_and_query, "/base/users/a%20b/tokens?limit=2");
    assert_eq!(requests[0].header("authorization"), Some("Bearer s3cret"));
    assert_eq!(requests[1].path_and_query, "/base/users/u/tokens");
    // The credential is not in any output.
    program.signal("TERM");
    let (status, out, err) = program.wait();
    assert!(status.success());
    assert!(!out.contains("s3cret") && !err.contains("s3cret"));
}

/// Accepts a request at the upstream, without answering it.
async fn accept_request(upstream: &TcpListener) -> TcpStream {
    let (mut stream, _) = upstream.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    stream
}

/// Waits until the port is closed.
async fn closed(url: &str) {
    let address = url.strip_prefix("http://").unwrap();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_running_call_is_answered_before_the_server_stops() {
    for signal in ["TERM", "INT"] {
        let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let program = Served::start(over(&format!("http://{}", upstream.local_addr().unwrap())), 2);
        let rest = program.url("tokens-rest").to_owned();
        let call = tokio::spawn(reqwest::get(format!("{rest}/v1/users/u/tokens")));
        let mut stream = accept_request(&upstream).await;
        program.signal(signal);
        closed(&rest).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n[{\"id\":\"ci\"}]").await.unwrap();
        let answer = call.await.unwrap().unwrap();
        assert_eq!(answer.json::<Value>().await.unwrap(), json!([{ "id": "ci" }]));
        let (status, out, err) = program.wait();
        assert_eq!((status.code(), out.as_str(), err.as_str()), (Some(0), "", ""), "{signal}");
    }
}

#[tokio::test]
async fn a_second_signal_stops_the_server_immediately() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let program = Served::start(over(&format!("http://{}", upstream.local_addr().unwrap())), 2);
    let rest = program.url("tokens-rest").to_owned();
    let call = tokio::spawn(reqwest::get(format!("{rest}/v1/users/u/tokens")));
    let _never_answered = accept_request(&upstream).await;
    program.signal("TERM");
    closed(&rest).await;
    program.signal("TERM");
    assert!(call.await.unwrap().is_err());
    assert_eq!(program.wait().0.code(), Some(143));
}

#[tokio::test]
async fn an_idle_connection_does_not_delay_the_stop() {
    let program = demo();
    let address = program.url("tokens-rest").strip_prefix("http://").unwrap().to_owned();
    let mut silent = TcpStream::connect(&address).await.unwrap();
    let mut kept = TcpStream::connect(&address).await.unwrap();
    kept.write_all(b"GET /v1/users/u/tokens HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    // Reads the whole answer; the connection stays open.
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n[]") {
        answer.push(kept.read_u8().await.unwrap());
    }
    program.signal("TERM");
    assert_eq!(kept.read(&mut [0]).await.unwrap(), 0);
    assert_eq!(silent.read(&mut [0]).await.unwrap(), 0);
    assert_eq!(program.wait().0.code(), Some(0));
}

#[tokio::test]
async fn clients_learn_how_long_they_can_reuse_a_connection() {
    let served = demo();
    for url in [format!("{}/no/such", served.url("tokens-rest")), served.url("tokens-mcp").to_owned()] {
        let answer = reqwest::get(&url).await.unwrap();
        assert_eq!(answer.headers()["keep-alive"], "timeout=70", "{url}");
    }
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut command = tokens();
    command.args(["serve", "--demo", "--port", "tokens-rest=0", "--port", &format!("tokens-mcp={port}")]);
    let output = run(command);
    assert_eq!(output.status.code(), Some(1));
    // No adapter is announced unless all adapters listen.
    assert!(output.stdout.is_empty());
    let error = String::from_utf8(output.stderr).unwrap();
    for part in [&format!("port {port} of the adapter"), "`tokens-mcp`", "--port tokens-mcp=PORT"] {
        assert!(error.contains(part), "{part} is missing in: {error}");
    }
}

#[test]
fn all_missing_variables_are_named_at_once() {
    let mut command = tokens();
    command.args(ANY_PORT);
    let output = run(command);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("TOKENS_KEY") && error.contains("TENANT_ID"), "{error}");
    assert!(!error.contains("panicked"), "{error}");
}

#[test]
fn an_invalid_command_line_exits_with_2() {
    for arguments in [&["--prot"][..], &["call", "nothing", "--demo"], &["--port", "x=1"]] {
        let mut command = tokens();
        command.args(arguments);
        let output = run(command);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
        assert!(String::from_utf8(output.stderr).unwrap().starts_with("error: "));
    }
}

#[test]
fn a_failure_exits_with_1() {
    let mut command = tokens();
    command.args(["call", "list_tokens", "--demo"]);
    let output = run(command);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stderr).unwrap().lines().count(), 1);
}

#[tokio::test]
async fn only_allowed_hosts_and_origins_are_answered() {
    let mut command = tokens();
    command.args(ANY_PORT).args([
        "--demo",
        "--allow-host",
        "api.example.com",
        "--allow-origin",
        "https://app.example.com",
    ]);
    let program = Served::start(command, 2);
    let rest = format!("{}/v1/users/u/tokens", program.url("tokens-rest"));
    for (host, origin, expected) in [
        ("localhost", None, 200),
        ("api.example.com", None, 200),
        ("evil.example", None, 403),
        ("localhost", Some("https://app.example.com"), 200),
        ("localhost", Some("https://evil.example"), 403),
    ] {
        for url in [rest.as_str(), program.url("tokens-mcp")] {
            let mut request = if url == rest {
                Client::new().get(url)
            } else {
                Client::new()
                    .post(url)
                    .json(&json!({
                        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
                        "params": { "name": "list-tokens", "arguments": { "userId": "u" } },
                    }))
                    .header("accept", "application/json, text/event-stream")
            };
            request = request.header("host", host);
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            let status = request.send().await.unwrap().status();
            assert_eq!(status, expected, "{url} as {host} from {origin:?}");
        }
    }
}

#[tokio::test]
async fn several_capabilities_have_their_own_adapters() {
    let mut command = several();
    command.env("TOKENS_KEY", "key").env("TENANT_ID", "tenant");
    for namespace in ["tokens-rest", "tokens-mcp", "echo-rest", "echo-mcp"] {
        command.args(["--port", &format!("{namespace}=0")]);
    }
    let program = Served::start(command, 4);
    let echo = reqwest::get(format!("{}/echo/hello", program.url("echo-rest"))).await.unwrap();
    assert_eq!(echo.json::<Value>().await.unwrap(), "hello");
    let other = reqwest::get(format!("{}/echo/hello", program.url("tokens-rest"))).await.unwrap();
    assert_eq!(other.status(), StatusCode::NOT_FOUND);
    assert_eq!(tool(program.url("echo-mcp"), "echo", json!({ "text": "x" })).await["structuredContent"]["result"], "x");
}

#[tokio::test]
async fn pages_of_an_allowed_origin_can_call() {
    let mut command = tokens();
    command.args(ANY_PORT).args(["--demo", "--allow-origin", "https://app.example.com"]);
    let program = Served::start(command, 2);
    let rest = format!("{}/v1/users/u/tokens", program.url("tokens-rest"));
    let client = Client::new();
    let origin = "https://app.example.com";
    for url in [rest.as_str(), program.url("tokens-mcp")] {
        let preflight = client
            .request(reqwest::Method::OPTIONS, url)
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type,mcp-protocol-version");
        let preflight = preflight.send().await.unwrap();
        assert_eq!(preflight.status(), 204, "{url}");
        let header = |name: &str| {
            preflight.headers().get_all(name).iter().map(|v| v.to_str().unwrap()).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(header("access-control-allow-origin"), origin);
        assert!(header("access-control-allow-methods").contains("POST"));
        assert_eq!(header("access-control-allow-headers"), "authorization,content-type,mcp-protocol-version");
        assert!(header("vary").contains("Origin"), "{}", header("vary"));
        assert!(!preflight.headers().contains_key("access-control-allow-credentials"));

        // The page can read both answers and errors.
        for method in [reqwest::Method::GET, reqwest::Method::PATCH] {
            let answer = client.request(method, url).header("origin", origin).send().await.unwrap();
            assert_eq!(answer.headers()["access-control-allow-origin"], origin, "{url}");
            assert_eq!(answer.headers()["vary"], "Origin");
            assert_eq!(answer.headers()["access-control-expose-headers"], "*");
        }

        // Other origins get no access, and caches keep the answers apart.
        let evil = client
            .request(reqwest::Method::OPTIONS, url)
            .header("origin", "https://evil.example")
            .header("access-control-request-method", "POST");
        let evil = evil.send().await.unwrap();
        assert_eq!((evil.status().as_u16(), evil.headers().get("access-control-allow-origin")), (403, None));
        assert_eq!(evil.headers()["vary"], "Origin");
        let plain = client.get(url).send().await.unwrap();
        assert_eq!(
            (plain.headers().get("access-control-allow-origin"), &plain.headers()["vary"]),
            (None, &"Origin".parse().unwrap())
        );
    }
}

#[tokio::test]
async fn the_printed_address_answers() {
    for address in ["0.0.0.0", "127.0.0.2"] {
        let mut command = tokens();
        command.args(ANY_PORT).args(["--demo", "--address", address]);
        let program = Served::start(command, 2);
        assert!(!program.url("tokens-rest").contains("0.0.0.0"), "{}", program.url("tokens-rest"));
        let rest = format!("{}/v1/users/u/tokens", program.url("tokens-rest"));
        assert_eq!(reqwest::get(&rest).await.unwrap().status(), 200, "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_error_text_can_forge_a_log_line() {
    let mut command = common::failing();
    command.args(["serve", "--port", "failing-rest=0", "--port", "failing-mcp=0"]);
    let served = Served::start(command, 2);
    let hostile = "x\n2026-01-01T00:00:00Z ERROR fake\r\u{1b}[2J\u{202e}y";
    let encoded = hostile.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
    let (rest, mcp) = (served.url("failing-rest").to_owned(), served.url("failing-mcp").to_owned());
    let http = reqwest::Client::new();
    for (path, tool) in [("panic", "panics"), ("internal", "internal")] {
        let answer = http.get(format!("{rest}/{path}?text={encoded}")).send().await.unwrap();
        assert_eq!(answer.status(), 500);
        assert!(!answer.text().await.unwrap().contains("fake"));
        let params = json!({ "name": tool, "arguments": { "text": hostile } });
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let answer = http.post(&mcp).json(&call).send().await.unwrap().text().await.unwrap();
        assert!(answer.contains(r#""isError":true"#) && !answer.contains("fake"), "{answer}");
    }
    served.signal("TERM");
    let (_, out, log) = served.wait();
    assert!(log.matches("fake").count() >= 4, "fewer than four errors are logged: {log}");
    let forged = log.lines().chain(log.split('\r')).any(|line| line.starts_with("2026-01-01T00:00:00Z"));
    assert!(!forged && !log.contains(['\u{1b}', '\u{202e}', '\r']), "{log:?}");
    assert!(!out.contains("fake"), "{out}");
}

/// Starts the program from a shell that sets a limit first.
#[cfg(target_os = "linux")]
fn limited(limit: &str, upstream: &str) -> Served {
    let program = over(upstream);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit {limit} && exec \"$0\" \"$@\"")]).arg(program.get_program());
    shell.args(program.get_args()).env("TOKENS_KEY", "s3cret");
    Served::start(shell, 2)
}

/// Requests the tokens of a user on an open connection.
#[cfg(target_os = "linux")]
async fn ask(stream: &mut TcpStream) {
    stream.write_all(b"GET /v1/users/u/tokens HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_soft_limit_of_descriptors_is_raised_to_the_hard_one() {
    let program = limited("-S -n 100", "http://127.0.0.1:9");
    let limits = std::fs::read_to_string(program.proc("limits")).unwrap();
    let open: Vec<_> =
        limits.lines().find(|line| line.starts_with("Max open files")).unwrap().split_whitespace().collect();
    assert_eq!(open[3], open[4], "{limits}");
    assert_ne!(open[3], "100");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn idle_connections_leave_descriptors_for_upstreams() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/users/u/tokens", Answer::json(200, json!([{ "id": "ci" }])));
    let program = limited("-n 64", upstream.url());
    let address = program.url("tokens-rest").strip_prefix("http://").unwrap();
    let descriptors = || std::fs::read_dir(program.proc("fd")).unwrap().count();
    let before = descriptors();
    let mut waiting = Vec::new();
    // Half of the descriptors are for callers. One connection was answered and can be reused, one sent a part of a request,
    // the others sent nothing.
    for number in 0..32 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        match number {
            0 => {
                stream.write_all(b"GET /v1/users/u/tokens HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
                let mut answer = Vec::new();
                while !answer.ends_with(b"]") {
                    answer.push(stream.read_u8().await.unwrap());
                }
            }
            1 => stream.write_all(b"GET /v1").await.unwrap(),
            _ => {}
        }
        waiting.push(stream);
    }
    // One more descriptor is the connection to the upstream.
    while descriptors() < before + 33 {
        tokio::task::yield_now().await;
    }
    let accepted = std::time::Instant::now();
    // A connection is protected for 50 ms after it was accepted, since its first request may be on its way.
    while accepted.elapsed() < std::time::Duration::from_millis(60) {
        tokio::task::yield_now().await;
    }
    let mut caller = TcpStream::connect(address).await.unwrap();
    ask(&mut caller).await;
    let mut answer = String::new();
    caller.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("[{\"id\":\"ci\"}]"), "{answer}");
    // Only the oldest connection without the whole head of a request was closed.
    let closed = waiting.iter_mut().enumerate().filter_map(|(number, stream)| {
        let read = stream.try_read(&mut [0]);
        (!read.is_err_and(|why| why.kind() == std::io::ErrorKind::WouldBlock)).then_some(number)
    });
    assert_eq!(closed.collect::<Vec<_>>(), [1]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_lack_of_descriptors_is_reported() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let program = limited("-n 32", &format!("http://{}", upstream.local_addr().unwrap()));
    let address = program.url("tokens-rest").strip_prefix("http://").unwrap();
    // Each call needs a descriptor for itself and one for its upstream, which never answers.
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let address = address.to_owned();
        calls.spawn(async move {
            let mut caller = TcpStream::connect(address).await.unwrap();
            ask(&mut caller).await;
            let mut answer = String::new();
            caller.read_to_string(&mut answer).await.unwrap();
            answer
        });
    }
    let answer = calls.join_next().await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("file descriptors") && answer.contains("ulimit -n"), "{answer}");
}

#[test]
fn served_collects_a_log_that_is_longer_than_a_pipe_holds() {
    let mut shell = Command::new("sh");
    let log = "head -c 300000 /dev/zero | tr '\\0' x >&2";
    shell.args(["-c", &format!("echo listening rest shell-rest http://127.0.0.1:9; {log}; echo done")]);
    let (status, out, err) = Served::start(shell, 1).wait();
    assert!(status.success(), "{status}");
    assert_eq!((out.as_str(), err.len()), ("done\n", 300_000));
}
