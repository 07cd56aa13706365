//! An API that refuses an upload before it has read it, and then resets the connection: the caller gets its answer.

use crate::half_open::acceptor;
use crate::tls::Authority;
use naftiko::{Result, capability};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

/// Keeps files.
#[capability(
    binds(env(CA)),
    consumes(namespace = "api", base_uri = "https://api.acme.io", tls(ca = "{{env.CA}}")),
    exposes(rest(port = 1))
)]
pub trait Files {
    /// Adds a file.
    #[post("/files")]
    async fn add(&self, body: &str) -> Result<u64>;
}

/// Reads the head of a request, and refuses the request.
async fn refuse(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let answer =
        "HTTP/1.1 413 Payload Too Large\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n\"too large\"";
    stream.write_all(answer.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    // Closing the socket with unread data makes the system reset the connection.
}

// On other systems, a reset may discard an answer that has arrived.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_is_refused_early_has_the_answer_of_the_api() {
    let authority = Authority::new();
    let text = "x".repeat(4 << 20);
    for scheme in ["http", "https"] {
        let acceptor = acceptor(&authority, b"http/1.1");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{scheme}://localhost:{}", listener.local_addr().unwrap().port());
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                // Otherwise TCP may keep the answer until an earlier record is acknowledged, and drop it with the reset.
                connection.set_nodelay(true).unwrap();
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    match scheme {
                        "http" => refuse(connection).await,
                        _ => refuse(acceptor.accept(connection).await.unwrap()).await,
                    }
                });
            }
        });
        let client = FilesClient::builder().base_uri(url).bind("CA", authority.pem()).build().unwrap();
        for _ in 0..5 {
            let error = client.add(&text).await.unwrap_err();
            assert!(error.to_string().contains("413"), "{scheme}: {error}");
        }
    }
}
