//! An API that closes a reused connection: which requests are sent again, and how.

use crate::signed::{Guarded as _, GuardedClient, Scans as _, ScansClient};
use naftiko::layer::BoxError;
use naftiko::{Authenticate, Capability, CredentialRequest, ErrorKind, RawJson, Result, capability};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Keeps notes.
#[capability(consumes(namespace = "api", base_uri = "https://api.acme.io"), exposes(rest(port = 1)))]
pub trait Kept {
    /// Reads the notes.
    #[get("/notes")]
    async fn read(&self, of: &str) -> Result<RawJson>;

    /// Reads the notes of someone.
    #[get("/mine", header("X-Constant" = "c"))]
    async fn read_as(&self, #[header("X-Who")] who: &str, #[cookie("session")] session: &str) -> Result<RawJson>;

    /// Adds an empty note.
    #[post("/notes")]
    async fn add(&self) -> Result<RawJson>;
}

/// Keeps notes, with a cache.
#[capability(consumes(namespace = "api", base_uri = "https://api.acme.io", cache), exposes(rest(port = 1)))]
pub trait Remembered {
    /// Reads the notes.
    #[get("/notes")]
    async fn read(&self) -> Result<RawJson>;

    /// Replaces the notes.
    #[put("/notes")]
    async fn replace(&self) -> Result<RawJson>;
}

/// Reads the head of a request.
async fn head(stream: &mut TcpStream) -> Option<String> {
    let (mut text, mut piece) = (String::new(), [0; 4096]);
    while !text.contains("\r\n\r\n") {
        let length = stream.read(&mut piece).await.ok().filter(|length| *length > 0)?;
        text.push_str(std::str::from_utf8(&piece[..length]).unwrap());
    }
    Some(text)
}

/// Starts an API that answers the first request of each connection, and closes the connection when the second one has arrived.
async fn closing() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heads = Arc::new(Mutex::new(Vec::new()));
    let all = heads.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let all = all.clone();
            tokio::spawn(async move {
                let Some(first) = head(&mut stream).await else { return };
                all.lock().unwrap().push(first);
                let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n[]";
                stream.write_all(answer.as_bytes()).await.unwrap();
                let second = head(&mut stream).await;
                all.lock().unwrap().extend(second);
            });
        }
    });
    (url, heads)
}

#[tokio::test]
async fn a_read_is_sent_again_unchanged() {
    for (operation, arguments) in
        [("read", json!({ "of": "a b" })), ("read-as", json!({ "X-Who": "w", "session": "s" }))]
    {
        let (url, heads) = closing().await;
        let capability = KeptClient::builder().base_uri(url).build().unwrap().into_capability();
        for _ in 0..2 {
            capability.call(operation, arguments.clone()).await.unwrap();
        }
        let heads = heads.lock().unwrap();
        assert_eq!(heads.len(), 3, "{heads:?}");
        let sorted = |head: &str| {
            let mut lines: Vec<_> = head.lines().map(str::to_ascii_lowercase).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&heads[1]), sorted(&heads[2]));
        assert!(
            operation == "read" || ["x-who: w", "session=s", "x-constant: c"].iter().all(|own| heads[2].contains(own)),
            "{heads:?}"
        );
    }
}

#[tokio::test]
async fn a_write_is_not_sent_again() {
    let (url, heads) = closing().await;
    let capability = KeptClient::builder().base_uri(url).build().unwrap().into_capability();
    capability.call("add", json!({})).await.unwrap();
    let error = capability.call("add", json!({})).await.unwrap_err();
    assert_eq!((error.kind(), heads.lock().unwrap().len()), (ErrorKind::BadAnswer, 2), "{error}");
}

/// An authenticator that numbers the requests.
#[derive(Default)]
struct Numbers(AtomicUsize);

impl Authenticate for Numbers {
    async fn authenticate(&self, request: &mut CredentialRequest) -> std::result::Result<(), BoxError> {
        request.set_header("authorization", &format!("Number number-{}", self.0.fetch_add(1, Ordering::SeqCst)))?;
        Ok(())
    }
}

/// Returns the credentials of the requests that arrived.
fn credentials(heads: &Mutex<Vec<String>>) -> Vec<String> {
    let own = |head: &String| {
        let lines = head.lines().find_map(|line| line.strip_prefix("authorization: "));
        lines.unwrap_or_else(|| panic!("{head}")).to_owned()
    };
    heads.lock().unwrap().iter().map(own).collect()
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_signed_again() {
    let hmac = |url: String| {
        let builder = ScansClient::builder().base_uri(url).bind("API_ID", "abc123").bind("API_KEY", "0011223344556677");
        ("list", builder.build().unwrap().into_capability())
    };
    let own = |url: String| {
        let client = KeptClient::builder().base_uri(url).authenticate(Numbers::default()).build().unwrap();
        ("read", client.into_capability())
    };
    let clients: [&dyn Fn(String) -> (&'static str, Capability); 2] = [&hmac, &own];
    for client in clients {
        let (url, heads) = closing().await;
        let (operation, capability) = client(url);
        for _ in 0..2 {
            capability.call(operation, json!({ "of": "a" })).await.unwrap();
        }
        let sent = credentials(&heads);
        assert_eq!(sent.len(), 3, "{sent:?}");
        // APIs refuse a nonce that they have seen before.
        assert!(sent[1] != sent[2] && sent[0] != sent[1], "{sent:?}");
    }
}

#[tokio::test]
async fn a_digest_that_is_sent_again_has_the_next_count() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heads = Arc::new(Mutex::new(Vec::new()));
    let all = heads.clone();
    // Each connection serves two requests, and closes when a third one has arrived.
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let all = all.clone();
            tokio::spawn(async move {
                for number in 0..3 {
                    let Some(head) = head(&mut stream).await else { return };
                    let has_proof = head.contains("authorization: Digest");
                    all.lock().unwrap().push(head);
                    let answer = if has_proof {
                        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n[]"
                    } else {
                        "HTTP/1.1 401 X\r\nwww-authenticate: Digest realm=\"a\", nonce=\"n\", qop=\"auth\"\r\ncontent-length: 0\r\n\r\n"
                    };
                    if number < 2 {
                        stream.write_all(answer.as_bytes()).await.unwrap();
                    }
                }
            });
        }
    });
    let builder = GuardedClient::builder().base_uri(url).bind("USER", "u").bind("PASSWORD", "s3cret");
    let capability = builder.build().unwrap().into_capability();
    for _ in 0..2 {
        capability.call("read", json!({ "of": "a" })).await.unwrap();
    }
    let heads = heads.lock().unwrap();
    let counts: Vec<_> =
        heads.iter().map(|head| head.split_once("nc=").map(|(_, rest)| rest[..8].to_owned())).collect();
    let expected = [None, Some("00000001"), Some("00000002"), Some("00000003")];
    assert_eq!(counts, expected.map(|count| count.map(str::to_owned)));
}

#[tokio::test]
async fn a_write_that_took_effect_before_its_connection_closed_invalidates_the_cache() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // The first write takes effect, but gets no answer. The second attempt is refused.
    tokio::spawn(async move {
        let mut writes = 0;
        while let Ok((mut stream, _)) = listener.accept().await {
            while let Some(head) = head(&mut stream).await {
                let answer = match (head.starts_with("PUT"), writes) {
                    (true, 0) => None,
                    (true, _) => Some("HTTP/1.1 412 X\r\ncontent-length: 0\r\n\r\n".to_owned()),
                    (false, _) => Some(format!(
                        "HTTP/1.1 200 OK\r\ncache-control: max-age=600\r\ncontent-type: application/json\r\ncontent-length: \
                         1\r\n\r\n{writes}"
                    )),
                };
                writes += usize::from(head.starts_with("PUT"));
                let Some(answer) = answer else { break };
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    });
    let capability = RememberedClient::builder().base_uri(url).build().unwrap().into_capability();
    for _ in 0..2 {
        assert_eq!(capability.call("read", json!({})).await.unwrap(), json!(0));
    }
    let error = capability.call("replace", json!({})).await.unwrap_err();
    assert_eq!(error.upstream().unwrap().status.as_u16(), 412);
    assert_eq!(capability.call("read", json!({})).await.unwrap(), json!(2));
}
