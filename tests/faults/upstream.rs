//! An upstream that sends exactly the bytes of a case; the last segment of the request's path selects the case.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The bytes that a case sends, and what happens then.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: End,
}

/// What happens after the last byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Leaves the connection open for the next request.
    Keep,
    /// Closes the connection.
    Close,
    /// Resets the connection.
    Reset,
    /// Sends nothing more, and leaves the connection open until the peer gives up.
    Hang,
    /// Repeats the last byte until the peer gives up.
    Endless,
}

/// A scripted upstream.
#[derive(Clone)]
pub(crate) struct Scripted {
    pub(crate) url: String,
    scripts: Arc<Mutex<HashMap<String, Script>>>,
    /// The cases that were requested.
    requested: Arc<Mutex<HashSet<String>>>,
}

impl Scripted {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let scripted = Self { url, scripts: Arc::default(), requested: Arc::default() };
        let serving = scripted.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                // A caller that disconnects does not fail the test.
                tokio::spawn(async move { drop(serving.answer(stream).await) });
            }
        });
        scripted
    }

    pub(crate) fn script(&self, case: &str, script: Script) {
        self.scripts.lock().unwrap().insert(case.to_owned(), script);
    }

    /// Returns how many cases were requested.
    pub(crate) fn requested(&self) -> usize {
        self.requested.lock().unwrap().len()
    }

    async fn answer(&self, mut stream: TcpStream) -> io::Result<()> {
        let mut read = Vec::new();
        loop {
            let Some(head) = head(&mut stream, &mut read).await? else { return Ok(()) };
            let target = head.split(' ').nth(1).unwrap_or_default();
            let path = target.split('?').next().unwrap_or_default();
            let case = path.rsplit('/').next().unwrap_or_default();
            let script = self.scripts.lock().unwrap().get(case).cloned();
            let script = script.unwrap_or_else(|| panic!("no case `{case}` for {target}"));
            self.requested.lock().unwrap().insert(case.to_owned());
            stream.write_all(&script.bytes).await?;
            match script.end {
                End::Keep => {}
                End::Close => return stream.shutdown().await,
                End::Reset => {
                    stream.set_zero_linger()?;
                    return Ok(());
                }
                End::Hang => {
                    let mut rest = Vec::new();
                    stream.read_to_end(&mut rest).await?;
                    return Ok(());
                }
                End::Endless => {
                    let last = [*script.bytes.last().unwrap(); 8192];
                    loop {
                        stream.write_all(&last).await?;
                    }
                }
            }
        }
    }
}

/// Reads the head of the next request; `None` if the peer is done. No case has a request body.
async fn head(stream: &mut TcpStream, read: &mut Vec<u8>) -> io::Result<Option<String>> {
    loop {
        if let Some(at) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&read[..at]).into_owned();
            read.drain(..at + 4);
            return Ok(Some(head));
        }
        if stream.read_buf(read).await? == 0 {
            return Ok(None);
        }
    }
}
