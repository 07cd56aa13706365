//! An upstream that writes exactly the bytes that a test specifies.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// An upstream on a free port; it ends with the test's runtime.
pub(crate) struct Wire {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Wire {
    /// Starts an upstream that answers `per_connection` requests on each connection with `answer`, and then closes the
    /// connection.
    pub(crate) async fn start(per_connection: usize, answer: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, per_connection, answer, seen.clone()));
            }
        });
        Self { url, requests }
    }

    /// Returns the head of each request.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, per_connection: usize, answer: &[u8], seen: Arc<Mutex<Vec<String>>>) {
    for _ in 0..per_connection {
        let Some(head) = read_request(&mut stream).await else { return };
        seen.lock().unwrap().push(head);
        if stream.write_all(answer).await.is_err() {
            return;
        }
    }
}

/// Reads one request; returns its head in lower case.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(bytes).ok()?.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
    stream.read_exact(&mut vec![0; length]).await.ok()?;
    Some(head)
}
