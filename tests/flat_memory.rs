//! Files and streams of 40 MiB are passed on over REST in constant memory, in both directions. Linux reports the memory.
#![cfg(all(target_os = "linux", feature = "client", feature = "rest", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use axum::body::{Body, Bytes};
use futures_util::StreamExt;
use naftiko::testing::{Answer, Upstream};
use naftiko::{Download, Result, Stream, Upload, Value, capability};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tokio::sync::Mutex;

const PIECE: usize = 64 * 1024;
const LENGTH: usize = 40 * 1024 * 1024;

/// Held by the running test: the memory of the process is measured, so the tests run one after another.
static TURN: Mutex<()> = Mutex::const_new(());

/// Reads and writes files.
#[capability(consumes(namespace = "api", base_uri = "https://api.acme.io"), exposes(rest(port = 1)))]
pub trait Files {
    /// Reads a file.
    #[get("/file")]
    async fn file(&self) -> Result<Download>;

    /// Reads items.
    #[get("/items")]
    async fn items(&self) -> Result<Stream<String>>;

    /// Takes a file as it is.
    #[put("/file")]
    async fn replace(&self, #[body(bytes, limit = "48MiB")] body: Upload) -> Result<Value>;

    /// Takes a form with a file in it.
    #[post("/forms")]
    async fn form(&self, #[part] purpose: &str, #[part(limit = "48MiB")] file: Upload) -> Result<Value>;
}

/// Serves the files of an API over REST, and returns the URL.
async fn serve(api: &str) -> String {
    let client = FilesClient::builder().base_uri(api).build().unwrap();
    let router: axum::Router = client.into_capability().rest_router();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

#[tokio::test]
async fn forty_mebibytes_need_constant_memory() {
    let _turn = TURN.lock().await;
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
    let url = serve(upstream.url()).await;
    // The first download allocates memory that the later ones reuse.
    for path in ["/file", "/file", "/items"] {
        let before = memory();
        let (mut most, mut length) = (before, 0);
        let mut answer = reqwest::get(format!("{url}{path}")).await.unwrap();
        while let Some(piece) = answer.chunk().await.unwrap() {
            length += piece.len();
            most = most.max(memory());
        }
        assert_eq!(length, LENGTH);
        println!("{before} KiB before, {most} KiB at most");
        assert!(most - before < 16 * 1024, "{before} KiB before, {most} KiB at most");
    }
}

#[tokio::test]
async fn an_upload_of_forty_mebibytes_needs_constant_memory() {
    let _turn = TURN.lock().await;
    let (api, seen) = counting().await;
    let url = serve(&api).await;
    let http = reqwest::Client::new();
    let before = memory();
    let answer = http.put(format!("{url}/file")).body(zeros(b"", b"")).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), seen.bytes.swap(0, Ordering::Relaxed)), (200, LENGTH));
    let head = b"--x\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\np\r\n\
        --x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n";
    let form = http.post(format!("{url}/forms")).header("content-type", "multipart/form-data; boundary=x");
    let answer = form.body(zeros(head, b"\r\n--x--\r\n")).send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, 200, "{text}");
    assert!(seen.bytes.load(Ordering::Relaxed) > LENGTH);
    let most = seen.most_memory.load(Ordering::Relaxed);
    println!("{before} KiB before, {most} KiB at most");
    assert!(most.saturating_sub(before) < 24 * 1024, "{before} KiB before, {most} KiB at most");
}

/// What an API has seen.
#[derive(Default)]
struct Seen {
    bytes: AtomicUsize,
    /// The most memory that this process used when a piece arrived, in KiB.
    most_memory: AtomicU64,
}

/// Starts an API that counts the bytes that it receives, and keeps none of them.
async fn counting() -> (String, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let count = seen.clone();
    let take = move |body: Body| {
        let count = count.clone();
        async move {
            let mut pieces = body.into_data_stream();
            while let Some(Ok(piece)) = pieces.next().await {
                count.bytes.fetch_add(piece.len(), Ordering::Relaxed);
                count.most_memory.fetch_max(memory(), Ordering::Relaxed);
            }
            axum::Json(Value::Null)
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, axum::Router::new().fallback(take)).into_future());
    (url, seen)
}

/// Returns a streamed body: 40 MiB of zeros between `head` and `tail`.
fn zeros(head: &'static [u8], tail: &'static [u8]) -> reqwest::Body {
    static ZEROS: [u8; PIECE] = [0; PIECE];
    let pieces = (0..LENGTH / PIECE).map(|_| &ZEROS[..]);
    let pieces = std::iter::once(head).chain(pieces).chain([tail]).filter(|piece| !piece.is_empty());
    reqwest::Body::wrap_stream(futures_util::stream::iter(pieces.map(Ok::<_, std::convert::Infallible>)))
}

/// Returns the resident memory of this process, in KiB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
