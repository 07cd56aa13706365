//! Proxies from the environment: the requests that they get, and invalid settings.
#![allow(clippy::unwrap_used, reason = "tests")]

#[allow(dead_code, reason = "no program serves here")]
mod common;

use common::{run, tokens};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::thread::JoinHandle;

/// A proxy that answers one request itself. Tests also use it as an upstream.
struct Proxy {
    address: String,
    request: JoinHandle<String>,
}

impl Proxy {
    fn start(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let request = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.extend(byte);
            }
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8(head).unwrap()
        });
        Self { address, request }
    }

    /// Returns the one request that it got, after the program has ended. Panics if it got none.
    fn request(self) -> String {
        // A proxy that still waits gets this connection, which ends without a request.
        drop(TcpStream::connect(&self.address));
        self.request.join().unwrap()
    }
}

/// Lists the tokens of a user. The API does not exist, unless the arguments set an upstream that does.
fn list(variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command: Command = tokens();
    command.args(["call", "list_tokens", "--argument", "userId=u-1"]).args(arguments);
    command.env("TOKENS_KEY", "s3cret").env("TENANT_ID", "acme").envs(variables.iter().copied());
    run(command)
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

const PLAIN: [&str; 2] = ["--upstream", "tokens=http://tokens.invalid/v1"];

#[test]
fn a_proxy_forwards_requests_without_tls() {
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let proxy = Proxy::start(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\nConnection: close\r\n\r\n[{\"id\":\"t\"}]",
        );
        let address = format!("http://ada:pass@{}", proxy.address);
        let output = list(&[(name, &address)], &PLAIN);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(String::from_utf8_lossy(&output.stdout).contains("\"t\""));
        let request = proxy.request();
        assert!(request.starts_with("GET http://tokens.invalid/v1/users/u-1/tokens HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("\r\nproxy-authorization: Basic YWRhOnBhc3M=\r\n"), "{request}");
    }
}

#[test]
fn a_tunnel_is_requested_for_tls() {
    let proxy = Proxy::start("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    let output = list(&[("HTTPS_PROXY", &format!("ada:pass@{}", proxy.address))], &[]);
    assert!(!output.status.success());
    let request = proxy.request();
    assert!(request.starts_with("CONNECT acme.tokens.example:443 HTTP/1.1\r\n"), "{request}");
    assert!(request.to_ascii_lowercase().contains("\r\nproxy-authorization: basic ywrhonbhc3m=\r\n"), "{request}");
    assert!(!request.contains("s3cret"), "{request}");
}

#[test]
fn a_proxy_that_opens_no_connection_is_named_without_its_password() {
    let refusing = Proxy::start("HTTP/1.1 403 Forbidden\r\n\r\n");
    for (variable, address, arguments) in [
        ("HTTP_PROXY", "127.0.0.1:1", &PLAIN[..]),
        ("HTTPS_PROXY", "127.0.0.1:1", &[]),
        ("all_proxy", &refusing.address, &[]),
    ] {
        let output = list(&[(variable, &format!("http://ada:pass@{address}"))], arguments);
        let why = stderr(&output);
        let expected = format!("`tokens` cannot be reached through the proxy of {variable}: check the proxy's address");
        assert!(!output.status.success() && why.contains(&expected), "{why}");
        assert!(why.contains(&format!("the proxy `http://{address}` did not open a connection")), "{why}");
        assert!(!why.contains("pass") && !why.contains("base URI"), "{why}");
    }
}

#[test]
fn a_proxy_that_requires_other_credentials_is_named() {
    let proxy =
        Proxy::start("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let output = list(&[("ALL_PROXY", &format!("http://ada:pass@{}", proxy.address))], &PLAIN);
    let why = stderr(&output);
    let expected =
        "`tokens` cannot be reached through the proxy of ALL_PROXY: check the proxy's address and credentials";
    assert!(!output.status.success() && why.contains(expected) && !why.contains("pass"), "{why}");
    proxy.request();
}

#[test]
fn hosts_that_need_no_proxy_are_called_without_one() {
    for entry in ["127.0.0.1", "*", "PORT"] {
        let upstream = Proxy::start("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]");
        let to = format!("tokens=http://{}", upstream.address);
        let entry = if entry == "PORT" { &upstream.address } else { entry };
        let variables = [("HTTP_PROXY", "http://proxy.invalid:3128"), ("NO_PROXY", entry)];
        let output = list(&variables, &["--upstream", &to]);
        assert!(output.status.success(), "{}", stderr(&output));
        let request = upstream.request();
        assert!(request.starts_with("GET /users/u-1/tokens HTTP/1.1\r\n") && !request.contains("proxy-"), "{request}");
    }
}

#[test]
fn settings_that_are_not_http_proxies_are_refused() {
    for name in ["HTTP_PROXY", "https_proxy", "all_proxy"] {
        for value in ["socks5://ada:pass@127.0.0.1:1080", "ftp://ada:pass@127.0.0.1", "http://ada:pass@"] {
            let output = list(&[(name, value)], &PLAIN);
            assert!(!output.status.success());
            let why = stderr(&output);
            assert!(why.contains(&format!("expected the address of an HTTP proxy in {name}")), "{why}");
            assert!(!why.contains("pass"), "{why}");
        }
    }
}
