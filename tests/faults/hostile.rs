//! An upstream with hostile answers: storms, loops and endless bodies. It counts, for each case, the requests that it
//! gets and the bytes that it sends.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

/// A hostile behaviour of an upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attack {
    /// A certificate of an unknown authority.
    Tls,
    /// Every request is answered with 429, and may be repeated at once.
    Storm,
    /// Every other connection is closed without an answer, starting with the first.
    Flapping,
    /// An endless gzip body of spaces.
    Bomb,
    /// Redirects back and forth.
    Loop,
    /// Redirects to another target each time.
    Chain,
    /// An endless body, byte by byte.
    Drip,
    /// Like `Drip`, but the client's limit of bytes is so high that its time limit comes first.
    Crawl,
    /// An endless stream of items.
    Items,
}

impl Attack {
    pub(crate) const ALL: [Self; 9] = [
        Self::Tls,
        Self::Storm,
        Self::Flapping,
        Self::Bomb,
        Self::Loop,
        Self::Chain,
        Self::Drip,
        Self::Crawl,
        Self::Items,
    ];
}

/// What the upstream has seen and done in a case.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    /// How many requests it has read.
    pub(crate) requests: usize,
    /// How many bytes of endless bodies it has passed to the operating system.
    pub(crate) sent: usize,
    /// How many endless bodies the client has stopped by closing the connection.
    pub(crate) cut: usize,
}

#[derive(Clone)]
pub(crate) struct Hostile {
    pub(crate) url: String,
    seen: Arc<Mutex<HashMap<String, Seen>>>,
    changed: Arc<Notify>,
}

impl Hostile {
    /// Starts the upstream; with TLS if there is an acceptor.
    pub(crate) async fn start(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://localhost:{}", listener.local_addr().unwrap().port());
        let hostile = Self { url, seen: Arc::default(), changed: Arc::default() };
        let serving = hostile.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (serving, tls) = (serving.clone(), tls.clone());
                // A caller that disconnects does not fail the test.
                tokio::spawn(async move { drop(serving.serve(stream, tls).await) });
            }
        });
        hostile
    }

    pub(crate) fn seen(&self, case: &str) -> Seen {
        self.seen.lock().unwrap().get(case).cloned().unwrap_or_default()
    }

    /// Waits until the client has stopped an endless body by closing the connection.
    pub(crate) async fn cut(&self, case: &str) -> Seen {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let seen = self.seen(case);
            if seen.cut > 0 {
                return seen;
            }
            changed.await;
        }
    }

    fn count(&self, case: &str, change: impl FnOnce(&mut Seen)) -> Seen {
        let mut all = self.seen.lock().unwrap();
        let seen = all.entry(case.to_owned()).or_default();
        change(seen);
        let seen = seen.clone();
        self.changed.notify_waiters();
        seen
    }

    async fn serve(&self, stream: TcpStream, tls: Option<TlsAcceptor>) -> io::Result<()> {
        match tls {
            Some(tls) => self.answer(tls.accept(stream).await?).await,
            None => self.answer(stream).await,
        }
    }

    /// Answers one request and closes the connection, so that each attempt opens a new one.
    async fn answer(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
        let mut head = Vec::new();
        while !head.windows(4).any(|window| window == b"\r\n\r\n") {
            if stream.read_buf(&mut head).await? == 0 {
                return Ok(());
            }
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let path = head.split(' ').nth(1).unwrap_or_default();
        let case = path.split('?').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        let seen = self.count(case, |seen| seen.requests += 1);
        let head = |status: &str| format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
        let json = head("200 OK") + "Content-Type: application/json\r\n";
        let attack = case.split('-').next().unwrap_or_default();
        let (start, piece) = match attack {
            "Storm" => (head("429 Slow") + "Retry-After: 0\r\nContent-Length: 0\r\n\r\n", Vec::new()),
            "Flapping" if seen.requests % 2 == 1 => return Ok(()),
            "Flapping" => (json + "Content-Length: 10\r\n\r\n{\"id\":\"a\"}", Vec::new()),
            "Loop" | "Chain" => {
                let target = path.split('?').next().unwrap_or_default();
                let target = match attack {
                    "Chain" => format!("{target}?turn={}", seen.requests),
                    _ if path.contains('?') => target.to_owned(),
                    _ => format!("{target}?turn"),
                };
                (head("302 Found") + &format!("Location: {target}\r\nContent-Length: 0\r\n\r\n"), Vec::new())
            }
            "Bomb" => (json + "Content-Encoding: gzip\r\n\r\n", gzip(&b" ".repeat(64 * 1024))),
            "Drip" | "Crawl" => (json + "\r\n", b" ".to_vec()),
            "Items" => {
                let head = head("200 OK") + "Content-Type: application/x-ndjson\r\n\r\n";
                (head, format!("{{\"id\":\"{}\"}}\n", "a".repeat(3 * 1024)).into_bytes())
            }
            other => panic!("no attack `{other}`"),
        };
        stream.write_all(start.as_bytes()).await?;
        while !piece.is_empty() {
            if let Err(error) = stream.write_all(&piece).await {
                self.count(case, |seen| seen.cut += 1);
                return Err(error);
            }
            self.count(case, |seen| seen.sent += piece.len());
            tokio::task::yield_now().await;
        }
        stream.shutdown().await
    }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}
