//! A file of 40 MiB, and a stream of as many bytes, are passed on over REST in constant memory.
#![cfg(all(feature = "client", feature = "rest", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use axum::body::Bytes;
use naftiko::testing::{Answer, Upstream};
use naftiko::{Download, Result, Stream, capability};

const PIECE: usize = 64 * 1024;
const LENGTH: usize = 40 * 1024 * 1024;

/// Reads files.
#[capability(consumes(namespace = "api", base_uri = "https://api.acme.io"), exposes(rest(port = 1)))]
pub trait Files {
    /// Reads a file.
    #[get("/file")]
    async fn file(&self) -> Result<Download>;

    /// Reads items.
    #[get("/items")]
    async fn items(&self) -> Result<Stream<String>>;
}

#[tokio::test]
async fn forty_mebibytes_need_constant_memory() {
    let upstream = Upstream::start().await;
    let piece = Bytes::from(vec![b'x'; PIECE]);
    upstream.answer(
        "GET",
        "/file",
        Answer::of(200, "application/zip", "").body(std::iter::repeat_n(piece, LENGTH / PIECE)),
    );
    let line = Bytes::from(format!("\"{}\"\n", "x".repeat(PIECE - 3)));
    upstream.answer(
        "GET",
        "/items",
        Answer::of(200, "application/x-ndjson", "").body(std::iter::repeat_n(line, LENGTH / PIECE)),
    );
    let client = FilesClient::builder().base_uri(upstream.url()).build().unwrap();
    let router: axum::Router = client.into_capability().rest_router();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    // The first download allocates the memory that is reused.
    for path in ["/file", "/file", "/items"] {
        let Some(before) = resident() else { return };
        let (mut most, mut length) = (before, 0);
        let mut answer = reqwest::get(format!("{url}{path}")).await.unwrap();
        while let Some(piece) = answer.chunk().await.unwrap() {
            length += piece.len();
            most = most.max(resident().unwrap());
        }
        assert_eq!(length, LENGTH);
        println!("{before} KiB before, {most} KiB at most");
        assert!(most - before < 16 * 1024, "{before} KiB before, {most} KiB at most");
    }
}

/// Returns the memory of this process in KiB, if the system reports it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
