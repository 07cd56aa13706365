//! Credentials that users implement: when they are asked for, what they see, and that their values are shown nowhere.

use crate::{Orders, OrdersClient, documented_with};
use naftiko::http::StatusCode;
use naftiko::layer::BoxError;
use naftiko::testing::{Answer, Recorded, Upstream};
use naftiko::{Authenticate, Capability, CredentialRequest, ErrorKind, Result, Upload, capability};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// Gives `s3cret-session-1`, and another one after each refusal.
#[derive(Default)]
struct Sessions {
    number: Mutex<usize>,
    seen: Mutex<Vec<String>>,
}

impl Authenticate for Sessions {
    async fn authenticate(&self, request: &mut CredentialRequest) -> Result<(), BoxError> {
        tokio::task::yield_now().await;
        let challenges: Vec<_> = request.challenges().map(|value| value.to_str().unwrap().to_owned()).collect();
        let body = request.body().map_or("a stream".into(), |body| String::from_utf8_lossy(body).into_owned());
        let (operation, method, path) = (request.operation(), request.method(), request.uri().path());
        self.seen.lock().unwrap().push(format!("{operation} {method} {path} {body} {challenges:?}"));
        let mut number = self.number.lock().unwrap();
        *number += usize::from(request.was_refused() || *number == 0);
        request.set_header("x-session", &format!("s3cret-session-{number}"))?;
        request.push_query("sig", &format!("s3cret sig {number}"))?;
        Ok(())
    }
}

fn both(upstream: &Upstream) -> [(Capability, Arc<Sessions>); 2] {
    let sessions = [Arc::new(Sessions::default()), Arc::new(Sessions::default())];
    let builder = OrdersClient::builder().base_uri(upstream.url()).authenticate(sessions[0].clone());
    let document = documented_with(upstream, |settings| settings.authenticate_of("api", sessions[1].clone()));
    let [first, second] = sessions;
    [(builder.build().unwrap().into_capability(), first), (document, second)]
}

fn session(request: &Recorded) -> &str {
    request.header("x-session").unwrap()
}

#[tokio::test]
async fn it_is_asked_once_more_after_a_refusal_whatever_the_method() {
    for number in 0..2 {
        let upstream = Upstream::start().await;
        upstream.answer_with("POST", "/orders", |request| match session(request) {
            "s3cret-session-1" => Answer::status(401).header("www-authenticate", "Session realm=\"a\""),
            _ => Answer::status(204),
        });
        let (capability, sessions) = both(&upstream)[number].clone();
        capability.call("place", json!({ "body": "one" })).await.unwrap();
        capability.call("place", json!({ "body": "two" })).await.unwrap();
        let expected = [
            "place POST /orders \"one\" []",
            r#"place POST /orders "one" ["Session realm=\"a\""]"#,
            "place POST /orders \"two\" []",
        ];
        assert_eq!(*sessions.seen.lock().unwrap(), expected);
        let queries: Vec<_> = upstream.requests().iter().map(|request| request.query().unwrap().to_owned()).collect();
        assert_eq!(queries, ["sig=s3cret%20sig%201", "sig=s3cret%20sig%202", "sig=s3cret%20sig%202"]);
    }
}

#[tokio::test]
async fn other_refusals_and_failures_are_not_repeated_and_every_401_is_repeated_once() {
    for (status, requests, kind) in
        [(401, 2, ErrorKind::Credential), (403, 1, ErrorKind::Upstream), (500, 1, ErrorKind::BadAnswer)]
    {
        let upstream = Upstream::start().await;
        upstream.answer("POST", "/orders", Answer::status(status));
        for (capability, _) in both(&upstream) {
            let before = upstream.requests().len();
            let error = capability.call("place", json!({ "body": "one" })).await.unwrap_err();
            assert_eq!((error.kind(), upstream.requests().len() - before), (kind, requests), "{status}: {error:?}");
        }
    }
}

#[tokio::test]
async fn it_is_asked_for_each_try() {
    let upstream = Upstream::start().await;
    crate::fails(&upstream, "GET", "/orders", 2, json!([]));
    let (capability, sessions) = both(&upstream)[0].clone();
    capability.call("list", json!({})).await.unwrap();
    assert_eq!((upstream.requests().len(), sessions.seen.lock().unwrap().len()), (3, 3));
}

/// Fails with a text that nobody may see.
struct Broken;

impl Authenticate for Broken {
    async fn authenticate(&self, _: &mut CredentialRequest) -> Result<(), BoxError> {
        Err("the vault refused s3cret".into())
    }
}

#[tokio::test]
async fn its_failure_is_a_502_without_its_text_and_nothing_is_sent() {
    let upstream = Upstream::start().await;
    let client = OrdersClient::builder().base_uri(upstream.url()).authenticate(Broken).build().unwrap();
    let error = client.list().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Credential, StatusCode::BAD_GATEWAY));
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("the credential of `api` could not be obtained") && !shown.contains("s3cret"), "{shown}");
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn what_it_adds_shows_nowhere() {
    for number in 0..2 {
        let upstream = Upstream::start().await;
        upstream.answer_with("GET", "/orders", |request| {
            Answer::json(200, json!([session(request), "s3cret sig 1", "kept"]))
        });
        upstream.answer_with("POST", "/orders", |request| Answer::json(409, json!({ "had": session(request) })));
        let (capability, _) = both(&upstream)[number].clone();
        let answer = capability.call("list", json!({})).await.unwrap();
        assert_eq!(answer, json!(["*".repeat(16), "*".repeat(12), "kept"]));
        let error = capability.call("place", json!({ "body": "one" })).await.unwrap_err();
        let shown = format!("{error} {error:?} {}", String::from_utf8_lossy(&error.upstream().unwrap().body));
        assert!(shown.contains("had") && !shown.contains("s3cret"), "{shown}");
    }
}

/// Keeps files.
#[capability(
    binds(env(TOKEN)),
    consumes(namespace = "api", base_uri = "https://api.acme.io", authentication(bearer = "{{env.TOKEN}}")),
    exposes(rest(port = 1))
)]
pub trait Files {
    /// Lists the files.
    #[get("/files")]
    async fn list(&self, #[header("Authorization")] caller: Option<&str>) -> Result<Value>;

    /// Adds a file.
    #[post("/files")]
    async fn add(&self, #[body(bytes)] file: Upload) -> Result<()>;
}

#[tokio::test]
async fn it_takes_the_place_of_the_authentication_but_not_of_the_callers() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/files", Answer::json(200, json!([]))).answer("POST", "/files", Answer::status(401));
    // Without a value for TOKEN.
    let sessions = Arc::new(Sessions::default());
    let client = FilesClient::builder().base_uri(upstream.url()).authenticate(sessions.clone()).build().unwrap();
    client.list(None).await.unwrap();
    client.list(Some("Bearer theirs")).await.unwrap();
    let sent = |at: usize, name: &str| upstream.requests()[at].header(name).map(str::to_owned);
    assert_eq!((sent(0, "authorization"), sent(0, "x-session")), (None, Some("s3cret-session-1".to_owned())));
    assert_eq!((sent(1, "authorization"), sent(1, "x-session")), (Some("Bearer theirs".to_owned()), None));
    // A body that is read while it is sent cannot be sent again.
    let error = client.add(Upload::from_reader(&b"a file"[..])).await.unwrap_err();
    assert_eq!((error.kind(), upstream.requests().len()), (ErrorKind::Credential, 3));
    assert_eq!(sessions.seen.lock().unwrap()[1], "add POST /files a stream []");
}

#[test]
fn a_namespace_that_does_not_exist_is_reported() {
    let builder = OrdersClient::builder().authenticate_of("apy", Broken);
    let error = builder.build().err().unwrap().to_string();
    assert!(error.contains("`apy`") && error.contains("`api`"), "{error}");
}
