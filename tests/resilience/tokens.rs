//! OAuth 2.0: tokens are fetched once, shared, renewed when the API refuses them, and masked.

use super::reopened;
use naftiko::document::Settings;
use naftiko::testing::{Answer, Recorded, Upstream};
use naftiko::{Capability, ErrorKind, RawJson, Result, Upload, capability};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const SECRET: &str = "cl1ent/s3cret";

/// Keeps notes.
#[capability(
    binds(env(SERVER, ID, SECRET)),
    consumes(
        namespace = "api",
        base_uri = "https://api.acme.io",
        authentication(oauth2(
            token_url = "{{env.SERVER}}/token",
            client_id = "{{env.ID}}",
            client_secret = "{{env.SECRET}}",
            scopes = ["read", "write"],
        )),
    ),
    exposes(rest(port = 1), mcp(port = 2))
)]
pub trait Notes {
    /// Reads the notes.
    #[get("/notes")]
    async fn read(&self) -> Result<RawJson>;

    /// Reads the notes as texts.
    #[get("/notes")]
    #[rest(path = "/texts")]
    async fn texts(&self) -> Result<Vec<String>>;

    /// Adds a note.
    #[post("/notes")]
    async fn add(&self, body: &str) -> Result<()>;
}

/// Issues the tokens `t0ken-number-1`, `t0ken-number-2` and so on at `/token`.
fn grants(upstream: &Upstream) {
    let number = AtomicUsize::new(0);
    upstream.answer_with("POST", "/token", move |request| {
        let authorized = request.header("authorization") == Some("Basic bWUlMjY6Y2wxZW50JTJGczNjcmV0");
        let body = String::from_utf8(request.body.to_vec()).unwrap();
        if !authorized || body != "grant_type=client_credentials&scope=read+write" {
            return Answer::json(401, json!({ "error": "invalid_client", "error_description": body }));
        }
        let token = format!("t0ken-number-{}", number.fetch_add(1, Ordering::SeqCst) + 1);
        Answer::json(200, json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600 }))
    });
}

fn client(upstream: &Upstream, secret: &str) -> NotesClient {
    let builder = NotesClient::builder().base_uri(upstream.url()).bind("SERVER", upstream.url());
    builder.bind("ID", "me&").bind("SECRET", secret).build().unwrap()
}

fn both(upstream: &Upstream) -> [Capability; 2] {
    let capability = client(upstream, SECRET).into_capability();
    let settings = Settings::default().upstream("api", upstream.url()).bind("SERVER", upstream.url());
    let settings = settings.bind("ID", "me&").bind("SECRET", SECRET);
    let document = reopened(&capability, settings);
    [capability, document]
}

fn count(upstream: &Upstream, path: &str) -> usize {
    upstream.requests().iter().filter(|request| request.path() == path).count()
}

fn token(request: &Recorded) -> &str {
    request.header("authorization").unwrap().strip_prefix("Bearer ").unwrap()
}

#[tokio::test]
async fn one_token_serves_all_calls() {
    for number in 0..2 {
        let upstream = Upstream::start().await;
        grants(&upstream);
        upstream.answer("GET", "/notes", Answer::json(200, json!(["a"])));
        let capability = both(&upstream)[number].clone();
        let calls = (0..8).map(|_| capability.call("texts", json!({})));
        for answer in futures_util::future::join_all(calls).await {
            assert_eq!(answer.unwrap(), json!(["a"]));
        }
        assert_eq!((count(&upstream, "/token"), count(&upstream, "/notes")), (1, 8));
        let requests = upstream.requests();
        assert!(
            requests
                .iter()
                .filter(|request| request.path() == "/notes")
                .all(|request| token(request) == "t0ken-number-1")
        );
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once() {
    let upstream = Upstream::start().await;
    grants(&upstream);
    upstream.answer_with("POST", "/notes", |request| {
        if token(request) == "t0ken-number-1" { Answer::status(401) } else { Answer::status(204) }
    });
    let client = client(&upstream, SECRET);
    client.add("one").await.unwrap();
    client.add("two").await.unwrap();
    assert_eq!((count(&upstream, "/token"), count(&upstream, "/notes")), (2, 3));
    // An API that refuses every token gets two tokens for each call.
    let upstream = Upstream::start().await;
    grants(&upstream);
    upstream.answer("GET", "/notes", Answer::status(401));
    let error = self::client(&upstream, SECRET).read().await.unwrap_err();
    assert_eq!((error.kind(), count(&upstream, "/notes")), (ErrorKind::Credential, 2));
    assert!(error.to_string().contains("refused the access token"), "{error}");
}

/// Stores files.
#[capability(
    binds(env(SERVER, ID, SECRET)),
    consumes(
        namespace = "api",
        base_uri = "https://api.acme.io",
        authentication(oauth2(
            token_url = "{{env.SERVER}}/token",
            client_id = "{{env.ID}}",
            client_secret = "{{env.SECRET}}",
            scopes = ["read", "write"],
        )),
    )
)]
pub trait Files {
    /// Stores a file.
    #[put("/file", status = 204)]
    async fn store(&self, #[body(bytes)] file: Upload) -> Result<()>;
}

#[tokio::test]
async fn the_token_of_a_file_that_cannot_be_sent_again_is_renewed_for_the_next_one() {
    let upstream = Upstream::start().await;
    grants(&upstream);
    upstream.answer_with("PUT", "/file", |request| {
        if token(request) == "t0ken-number-1" { Answer::status(401) } else { Answer::status(204) }
    });
    let builder = FilesClient::builder().base_uri(upstream.url()).bind("SERVER", upstream.url());
    let client = builder.bind("ID", "me&").bind("SECRET", SECRET).build().unwrap();
    let file = || Upload::from_reader(&b"read once"[..]);
    let error = client.store(file()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credential);
    assert!(error.to_string().contains("asked for new credentials"), "{error}");
    client.store(file()).await.unwrap();
    client.store(file()).await.unwrap();
    assert_eq!((count(&upstream, "/token"), count(&upstream, "/file")), (2, 3));
}

#[tokio::test]
async fn a_token_is_never_shown() {
    for number in 0..2 {
        let upstream = Upstream::start().await;
        grants(&upstream);
        upstream.answer_with("GET", "/notes", |request| {
            Answer::json(200, json!([token(request)])).header("etag", &format!("\"{}\"", token(request)))
        });
        upstream.answer_with("POST", "/notes", |request| {
            Answer::json(409, json!({ "had": token(request), "and": SECRET }))
        });
        let capability = both(&upstream)[number].clone();
        for name in ["read", "texts"] {
            let answer = capability.call(name, json!({})).await.unwrap();
            assert_eq!(answer, json!(["**************"]), "{name}");
        }
        let error = capability.call("add", json!({ "body": "one" })).await.unwrap_err();
        let shown = format!("{error} {error:?} {}", String::from_utf8_lossy(&error.upstream().unwrap().body));
        assert!(shown.contains("had") && !shown.contains("t0ken") && !shown.contains(SECRET), "{shown}");
    }
    let upstream = Upstream::start().await;
    grants(&upstream);
    upstream.answer_with("GET", "/notes", |request| Answer::json(200, json!([token(request)])));
    assert_eq!(client(&upstream, SECRET).texts().await.unwrap(), ["**************"]);
}

#[tokio::test]
async fn an_error_of_the_authorization_server_shows_no_secret() {
    let upstream = Upstream::start().await;
    grants(&upstream);
    let error = client(&upstream, "wr0ng").read().await.unwrap_err();
    assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::Credential, 502));
    let text = format!("{error:?}");
    assert!(text.contains("`api`") && text.contains("401") && text.contains("invalid_client"), "{text}");
    assert!(!text.contains("wr0ng") && !text.contains("grant_type"), "{text}");
    assert_eq!(count(&upstream, "/notes"), 0);

    for (answer, kind) in [
        (Answer::status(503), ErrorKind::Unreachable),
        (Answer::json(200, json!({ "token": "x" })), ErrorKind::Credential),
        (Answer::json(200, json!({ "access_token": "a\nb" })), ErrorKind::Credential),
        (Answer::json(200, json!({ "access_token": "x", "token_type": "mac" })), ErrorKind::Credential),
        (Answer::large(100_000), ErrorKind::Unreachable),
        (Answer::redirect("http://127.0.0.1:1/"), ErrorKind::Unreachable),
    ] {
        let upstream = Upstream::start().await;
        upstream.answer("POST", "/token", answer);
        assert_eq!(client(&upstream, SECRET).read().await.unwrap_err().kind(), kind);
    }
}

/// Keeps notes of a user.
#[capability(
    binds(env(SERVER, REFRESH)),
    consumes(
        namespace = "api",
        base_uri = "https://api.acme.io",
        authentication(oauth2(
            token_url = "{{env.SERVER}}/token",
            client_id = "me",
            refresh_token = "{{env.REFRESH}}"
        )),
    ),
    exposes(rest(port = 1))
)]
pub trait MyNotes {
    /// Reads the notes.
    #[get("/notes")]
    async fn read(&self) -> Result<Vec<String>>;
}

#[tokio::test]
async fn a_refresh_token_is_replaced_by_the_next_one() {
    let upstream = Upstream::start().await;
    let bodies = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = bodies.clone();
    upstream.answer_with("POST", "/token", move |request| {
        let mut seen = seen.lock().unwrap();
        seen.push(String::from_utf8(request.body.to_vec()).unwrap());
        Answer::json(
            200,
            json!({ "access_token": format!("t0ken-{}", seen.len()), "refresh_token": format!("r{}", seen.len()) }),
        )
    });
    upstream.answer_with("GET", "/notes", |request| {
        if token(request) == "t0ken-1" { Answer::status(401) } else { Answer::json(200, json!([])) }
    });
    let builder = MyNotesClient::builder().base_uri(upstream.url()).bind("SERVER", upstream.url());
    builder.bind("REFRESH", "r0").build().unwrap().read().await.unwrap();
    let expected = ["r0", "r1"].map(|token| format!("grant_type=refresh_token&client_id=me&refresh_token={token}"));
    assert_eq!(*bodies.lock().unwrap(), expected);
}

#[tokio::test]
async fn an_answer_with_a_byte_order_mark_and_another_refresh_token_than_a_string_is_read() {
    let upstream = Upstream::start().await;
    let grant = json!({ "access_token": "t0ken-9", "refresh_token": 7 }).to_string();
    upstream.answer("POST", "/token", Answer::of(200, "application/json", format!("\u{feff}{grant}")));
    upstream.answer("GET", "/notes", Answer::json(200, json!([])));
    let builder = MyNotesClient::builder().base_uri(upstream.url()).bind("SERVER", upstream.url());
    builder.bind("REFRESH", "r0").build().unwrap().read().await.unwrap();
    assert_eq!(token(upstream.requests().last().unwrap()), "t0ken-9");
}

#[tokio::test]
async fn a_cancelled_call_does_not_lose_the_next_refresh_token() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/notes", Answer::json(200, json!([])));
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    let builder = MyNotesClient::builder().base_uri(upstream.url()).bind("SERVER", url);
    let client = Arc::new(builder.bind("REFRESH", "r0").build().unwrap());
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.read().await }
    });
    let (mut connection, _) = server.accept().await.unwrap();
    // A server may accept a refresh token only once.
    drop(server);
    let (mut request, mut piece) = (String::new(), [0; 1024]);
    while !request.ends_with("refresh_token=r0") {
        let length = connection.read(&mut piece).await.unwrap();
        request.push_str(std::str::from_utf8(&piece[..length]).unwrap());
    }
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    let body = json!({ "access_token": "t0ken-1", "refresh_token": "r1" }).to_string();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    connection.write_all((head + &body).as_bytes()).await.unwrap();

    client.read().await.unwrap();
    assert_eq!(token(&upstream.requests()[0]), "t0ken-1");
}

/// Keeps notes of a tenant.
#[capability(
    binds(env(SERVER, SECRET, TENANT)),
    consumes(
        namespace = "api",
        base_uri = "https://api.acme.io",
        authentication(oauth2(
            token_url = "{{env.SERVER}}/token",
            client_id = "me",
            client_secret = "{{env.SECRET}}",
            client_authentication = "body",
            scopes = ["{{env.TENANT}}/read", "write"],
            audience = "https://{{env.TENANT}}.acme.io",
            resource = "https://api.acme.io/{{env.TENANT}}",
        )),
    ),
    exposes(rest(port = 1))
)]
pub trait TenantNotes {
    /// Reads the notes.
    #[get("/notes")]
    async fn read(&self) -> Result<Vec<String>>;
}

#[tokio::test]
async fn scopes_audience_and_resource_can_contain_variables() {
    let upstream = Upstream::start().await;
    upstream.answer("POST", "/token", Answer::json(200, json!({ "access_token": "t0ken" })));
    upstream.answer("GET", "/notes", Answer::json(200, json!([])));
    let builder = TenantNotesClient::builder().base_uri(upstream.url()).bind("SERVER", upstream.url());
    builder.bind("SECRET", "s3cret").bind("TENANT", "t-1").build().unwrap().read().await.unwrap();
    let expected = "grant_type=client_credentials&scope=t-1%2Fread+write&audience=https%3A%2F%2Ft-1.acme.io\
        &resource=https%3A%2F%2Fapi.acme.io%2Ft-1&client_id=me&client_secret=s3cret";
    assert_eq!(upstream.requests()[0].body, expected);
}

/// Advances the clock for tokens and connections, without waiting for sockets.
async fn pass(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_token_is_renewed_before_it_expires() {
    // A token is renewed a minute before it expires, or after four fifths of its lifetime if that is later.
    for (lifetime, before, written) in [(3600, 60, json!(3600)), (100, 20, json!(100.0)), (100, 20, json!("100"))] {
        let upstream = Upstream::start().await;
        let number = AtomicUsize::new(0);
        upstream.answer_with("POST", "/token", move |_| {
            let token = format!("t0ken-number-{}", number.fetch_add(1, Ordering::SeqCst) + 1);
            Answer::json(200, json!({ "access_token": token, "expires_in": written }))
        });
        upstream.answer("GET", "/notes", Answer::json(200, json!([])));
        let client = client(&upstream, SECRET);
        client.read().await.unwrap();
        pass(lifetime - before - 5).await;
        client.read().await.unwrap();
        assert_eq!(count(&upstream, "/token"), 1, "of {lifetime}");
        pass(5).await;
        client.read().await.unwrap();
        assert_eq!(count(&upstream, "/token"), 2, "of {lifetime}");
        let notes = upstream.requests().into_iter().filter(|request| request.path() == "/notes");
        let tokens: Vec<_> = notes.map(|request| token(&request).to_owned()).collect();
        assert_eq!(tokens, ["t0ken-number-1", "t0ken-number-1", "t0ken-number-2"]);
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_renewed_serves_until_it_expires() {
    let upstream = Upstream::start().await;
    let granted = AtomicUsize::new(0);
    upstream.answer_with("POST", "/token", move |_| match granted.fetch_add(1, Ordering::SeqCst) {
        0 => Answer::json(200, json!({ "access_token": "t0ken", "expires_in": "3600" })),
        _ => Answer::status(503),
    });
    upstream.answer("GET", "/notes", Answer::json(200, json!([])));
    let client = client(&upstream, SECRET);
    client.read().await.unwrap();
    pass(3570).await;
    client.read().await.unwrap();
    pass(31).await;
    let error = client.read().await.unwrap_err();
    assert_eq!((error.kind(), count(&upstream, "/notes")), (ErrorKind::Unreachable, 2), "{error:?}");
}

#[test]
fn a_token_url_without_tls_is_refused() {
    for url in ["http://acme.io", "ftp://acme.io", "acme"] {
        let builder = MyNotesClient::builder().bind("SERVER", url).bind("REFRESH", "r0");
        let error = builder.build().err().unwrap().to_string();
        assert!(error.contains("the token URL of `api`"), "{error}");
    }
}
