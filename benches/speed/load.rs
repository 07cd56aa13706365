//! The load generator: connections that each send one request after the other, with minimal parsing of the answers.

use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The token of the callers.
pub(crate) const TOKEN: &str = "a-token-of-the-callers-0123456789";

/// One request, as bytes on the wire.
#[derive(Clone)]
pub(crate) struct Request(Vec<u8>);

impl Request {
    pub(crate) fn get(path: &str) -> Self {
        Self(format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").into_bytes())
    }

    pub(crate) fn tool(name: &str, size: usize) -> Self {
        Self::tool_at("/mcp", name, size, "")
    }

    /// Returns a call to a tool of a server that authenticates its callers.
    pub(crate) fn tool_of_caller(name: &str, size: usize) -> Self {
        Self::tool_at("/bearer", name, size, &format!("authorization: Bearer {TOKEN}\r\n"))
    }

    fn tool_at(path: &str, name: &str, size: usize, headers: &str) -> Self {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{name}","arguments":{{"size":{size}}}}}}}"#
        );
        Self(
            format!(
                "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}content-type: application/json\r\naccept: application/json, \
                 text/event-stream\r\nmcp-protocol-version: 2025-06-18\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
            .into_bytes(),
        )
    }
}

/// Connections to one server.
pub(crate) struct Load {
    port: u16,
    request: Request,
    connections: usize,
}

impl Load {
    pub(crate) fn new(port: u16, request: Request, connections: usize) -> Self {
        Self { port, request, connections }
    }

    /// Keeps all connections busy for a while; returns the number of answered requests.
    pub(crate) async fn run(&self, time: Duration) -> usize {
        let until = Instant::now() + time;
        let tasks: Vec<_> = (0..self.connections)
            .map(|_| tokio::task::spawn(connection(self.port, self.request.clone(), until)))
            .collect();
        let mut requests = 0;
        for task in tasks {
            requests += task.await.expect("a connection works");
        }
        requests
    }
}

async fn connection(port: u16, request: Request, until: Instant) -> usize {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the server listens");
    stream.set_nodelay(true).expect("a TCP stream");
    let mut buffer = Vec::with_capacity(256 * 1024);
    let mut requests = 0;
    while Instant::now() < until {
        stream.write_all(&request.0).await.expect("the server reads");
        answer(&mut stream, &mut buffer).await;
        requests += 1;
    }
    requests
}

/// Reads one answer to its end.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    buffer.clear();
    let mut end = None;
    loop {
        let read = stream.read_buf(buffer).await.expect("the server answers");
        assert!(read > 0, "the server closed: {}", String::from_utf8_lossy(buffer));
        if end.is_none()
            && let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n")
        {
            let head = String::from_utf8_lossy(&buffer[..at]).to_lowercase();
            assert!(head.starts_with("http/1.1 200"), "{}", String::from_utf8_lossy(buffer));
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            end = Some(length.map(|length| at + 4 + length.trim().parse::<usize>().expect("a length")));
        }
        match end {
            Some(Some(end)) if buffer.len() >= end => return,
            Some(None) if buffer.ends_with(b"0\r\n\r\n") => return,
            _ => {}
        }
    }
}
