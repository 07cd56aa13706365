//! Implementations of `Authenticate`: when they are called, what they see of a request, and that the values they add are never shown.

use crate::{Orders, OrdersClient, documented_with};
use naftiko::http::StatusCode;
use naftiko::layer::BoxError;
use naftiko::testing::{Answer, Recorded, Upstream};
use naftiko::{Authenticate, Capability, CredentialRequest, ErrorKind, Result, Upload, capability};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// An authenticator that adds a session, and a new session after each refusal.
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
async fn an_authenticator_is_called_again_after_a_401_even_for_a_post() {
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
async fn a_401_is_repeated_once_and_other_refusals_and_failures_are_not() {
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
async fn an_authenticator_is_called_for_each_try() {
    let upstream = Upstream::start().await;
    crate::fails(&upstream, "GET", "/orders", 2, json!([]));
    let (capability, sessions) = both(&upstream)[0].clone();
    capability.call("list", json!({})).await.unwrap();
    assert_eq!((upstream.requests().len(), sessions.seen.lock().unwrap().len()), (3, 3));
}

/// An authenticator that fails with a secret in its error.
struct Broken;

impl Authenticate for Broken {
    async fn authenticate(&self, _: &mut CredentialRequest) -> Result<(), BoxError> {
        Err("the vault refused s3cret".into())
    }
}

#[tokio::test]
async fn a_failure_of_an_authenticator_is_a_502_without_its_text_and_nothing_is_sent() {
    let upstream = Upstream::start().await;
    let client = OrdersClient::builder().base_uri(upstream.url()).authenticate(Broken).build().unwrap();
    let error = client.list().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Credential, StatusCode::BAD_GATEWAY));
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("the credential of `api` could not be obtained") && !shown.contains("s3cret"), "{shown}");
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn values_that_an_authenticator_adds_are_masked() {
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
async fn an_authenticator_replaces_the_authentication_but_not_the_header_of_a_caller() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/files", Answer::json(200, json!([]))).answer("POST", "/files", Answer::status(401));
    // `TOKEN` needs no value.
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
