//! APIs over HTTP/2 that write frames by hand. One disappears without closing its connections: the client notices, and sends reads
//! again. One refuses requests that it has not processed: the client sends them again once, writes too.

use crate::closed::{Kept as _, KeptClient};
use crate::tls::{Authority, Counted as _, CountedClient};
use naftiko::testing::{Answer, Upstream};
use naftiko::{ErrorKind, Result, capability};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

// Types of frames (RFC 9113, section 6).
pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;

/// The flag of the last frame of a request or of an answer (RFC 9113, sections 6.1 and 6.2).
pub(super) const END_STREAM: u8 = 1;

/// `REFUSED_STREAM` (RFC 9113, section 7).
const REFUSED: [u8; 4] = [0, 0, 0, 7];

/// Charges behind a private authority.
#[capability(
    binds(env(CA)),
    consumes(namespace = "api", base_uri = "https://api.acme.io", tls(ca = "{{env.CA}}")),
    exposes(rest(port = 1))
)]
pub trait Charges {
    /// Charges an amount.
    #[post("/charges")]
    async fn charge(&self, amount: u64) -> Result<u64>;
}

/// Writes an HTTP/2 frame.
pub(super) async fn write(stream: &mut TlsStream<TcpStream>, kind: u8, flags: u8, of: [u8; 4], payload: &[u8]) {
    let length = u8::try_from(payload.len()).unwrap();
    let frame = [&[0, 0, length, kind, flags][..], &of, payload].concat();
    stream.write_all(&frame).await.unwrap();
    stream.flush().await.unwrap();
}

/// A frame that was read: its type, its flags, its stream and its payload.
pub(super) type Frame = (u8, u8, [u8; 4], Vec<u8>);

/// Reads an HTTP/2 frame; returns `None` at the end of the connection.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Frame> {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.ok()?;
    let [_, high, low, kind, flags, of @ ..] = head;
    let mut payload = vec![0; usize::from(u16::from_be_bytes([high, low]))];
    stream.read_exact(&mut payload).await.ok()?;
    Some((kind, flags, of, payload))
}

/// Reads one request over HTTP/2, and answers it with `7`, or refuses it.
async fn answer_one(stream: &mut TlsStream<TcpStream>, is_refused: bool) {
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await.unwrap();
    write(stream, SETTINGS, 0, [0; 4], &[]).await;
    loop {
        let (kind, flags, of, _) = read(stream).await.unwrap();
        if kind == SETTINGS && flags == 0 {
            write(stream, SETTINGS, 1, [0; 4], &[]).await;
        } else if matches!(kind, HEADERS | DATA) && flags & END_STREAM == END_STREAM {
            if is_refused {
                return write(stream, RST_STREAM, 0, of, &REFUSED).await;
            }
            // `:status: 200` and `content-type` of the static table of HPACK (RFC 7541, appendix A).
            let fields = [&[0x88, 0x0f, 0x10, 0x10][..], b"application/json"].concat();
            write(stream, HEADERS, 4, of, &fields).await;
            write(stream, DATA, 1, of, b"7").await;
            return;
        }
    }
}

/// Returns an acceptor of TLS connections that selects this protocol by ALPN (RFC 7301, section 3.1).
pub(super) fn acceptor(authority: &Authority, protocol: &[u8]) -> TlsAcceptor {
    acceptor_of(authority, &[protocol])
}

/// Returns an acceptor of TLS connections that selects the first of these protocols that the client offers.
pub(super) fn acceptor_of(authority: &Authority, protocols: &[&[u8]]) -> TlsAcceptor {
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let (certificate, key) = authority.issues("localhost");
    let certificates = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let mut config = builder.with_single_cert(certificates, key).unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

/// Starts an HTTP/2 API that answers one request on each connection, and is then silent; it refuses the requests on its first
/// `refused` connections. Returns its URL, and the counter of its connections.
async fn silent(authority: &Authority, refused: usize) -> (String, Arc<AtomicUsize>) {
    let acceptor = acceptor(authority, b"h2");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let is_refused = counted.fetch_add(1, Ordering::SeqCst) < refused;
            // Otherwise TCP may wait for an acknowledgement in real time, while the test's clock is paused.
            connection.set_nodelay(true).unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut stream = acceptor.accept(connection).await.unwrap();
                answer_one(&mut stream, is_refused).await;
                std::future::pending::<()>().await;
            });
        }
    });
    (url, connections)
}

#[tokio::test]
async fn a_read_on_a_silent_connection_of_http_2_is_sent_again() {
    let authority = Authority::new();
    let (url, connections) = silent(&authority, 0).await;
    let client = CountedClient::builder().base_uri(url).bind("CA", authority.pem()).build().unwrap();
    assert_eq!(client.count().await.unwrap(), 7);
    tokio::time::pause();
    // Without a PING, the call would wait until its time limit.
    assert_eq!(client.count().await.unwrap(), 7);
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_write_that_was_refused_unprocessed_is_sent_again_once() {
    let authority = Authority::new();
    for (refused, expected) in [(0, 1), (1, 2), (9, 2)] {
        let (url, connections) = silent(&authority, refused).await;
        let client = ChargesClient::builder().base_uri(url).bind("CA", authority.pem()).build().unwrap();
        let charged = client.charge(5).await;
        assert_eq!(charged.is_ok(), refused < 2, "{refused}: {charged:?}");
        if let Err(error) = charged {
            assert_eq!(error.kind(), ErrorKind::BadAnswer, "{error}");
        }
        assert_eq!(connections.load(Ordering::SeqCst), expected, "{refused}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn idle_connections_are_probed() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/notes", Answer::json(200, json!([])));
    let client = KeptClient::builder().base_uri(upstream.url()).build().unwrap();
    client.read("all").await.unwrap().bytes().await.unwrap();
    let (_, port) = upstream.url().rsplit_once(':').unwrap();
    let remote = format!(":{:04X}", port.parse::<u16>().unwrap());
    // The third column is the remote address, the fourth the state, which is 1 for an open connection; the sixth begins with the kind
    // of the timer, which is 2 for probes (proc(5)).
    let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
    let rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let timers: Vec<_> =
        rows.filter(|row| row[2].ends_with(&remote) && row[3] == "01").map(|row| &row[5][..2]).collect();
    assert_eq!(timers, ["02"]);
}
