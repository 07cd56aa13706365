//! The errors of calls whose last attempt was refused, although an earlier one may have taken effect.

use naftiko::testing::{Answer, Upstream};
use naftiko::{ErrorKind, Result, capability};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

/// Keeps notes.
#[capability(
    consumes(namespace = "api", base_uri = "https://api.acme.io", resilience(retry(3, backoff = "1ms"))),
    exposes(rest(port = 1), mcp(port = 2))
)]
pub trait Notes {
    /// Adds a note.
    #[post("/notes", resilience(retry(3, backoff = "1ms", idempotency_key)))]
    async fn add(&self, body: &str) -> Result<()>;

    /// Replaces a note.
    #[put("/notes")]
    async fn replace(&self, body: &str) -> Result<()>;

    /// Removes a note.
    #[delete("/notes")]
    async fn remove(&self) -> Result<Option<String>>;

    /// Reads a note.
    #[get("/notes")]
    async fn read(&self) -> Result<Option<String>>;
}

/// Calls an operation of an API that gives these answers in turn, and then repeats the last one. Returns the number of
/// requests, and the result.
async fn call(name: &str, answers: Vec<Answer>) -> (usize, naftiko::Result<Value>) {
    let upstream = Upstream::start().await;
    for method in ["GET", "POST", "PUT", "DELETE"] {
        let (answers, number) = (answers.clone(), AtomicUsize::new(0));
        upstream.answer_with(method, "/notes", move |_| {
            answers[number.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1)].clone()
        });
    }
    let client = NotesClient::builder().base_uri(upstream.url()).build().unwrap();
    let arguments = if matches!(name, "add" | "replace") { json!({ "body": "one" }) } else { json!({}) };
    let result = client.into_capability().call(name, arguments).await;
    (upstream.requests().len(), result)
}

fn throttled(status: u16) -> Answer {
    Answer::status(status).header("retry-after", "60")
}

#[tokio::test]
async fn a_refusal_does_not_hide_an_earlier_attempt_that_may_have_taken_effect() {
    for (name, refusal, attempts) in [
        ("add", throttled(429), 2),
        ("add", throttled(503), 2),
        ("add", throttled(403), 2),
        ("add", Answer::status(404), 2),
        ("add", Answer::json(409, json!("exists")), 3),
        ("replace", Answer::status(412), 2),
        ("remove", Answer::status(404), 2),
    ] {
        let (seen, result) = call(name, vec![Answer::status(500), refusal.clone()]).await;
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::BadAnswer, 502), "{name} {refusal:?}");
        assert!(error.to_string().ends_with("; an earlier attempt of this call may have taken effect"), "{error}");
        assert_eq!((error.retry_after(), seen), (None, attempts), "{name} {refusal:?}");
    }
}

#[tokio::test]
async fn other_refusals_are_passed_on_as_they_are() {
    for (name, answers, status) in [
        // No earlier attempt had an effect.
        ("add", vec![throttled(429)], 429),
        ("add", vec![Answer::status(429).header("retry-after", "0"), throttled(503)], 503),
        ("add", vec![Answer::status(503).header("retry-after", "0"), throttled(429)], 429),
        ("add", vec![Answer::status(409)], 409),
        // The API has recognized the key, or refuses each such request.
        ("add", vec![Answer::status(500), Answer::status(422)], 422),
        ("replace", vec![Answer::status(500), Answer::status(400)], 400),
    ] {
        let error = call(name, answers).await.1.unwrap_err();
        assert_eq!(error.status().as_u16(), status, "{name}");
        assert!(!error.to_string().contains("earlier attempt"), "{error}");
    }
    // A PUT can be repeated: the effect stays the same.
    let error = call("replace", vec![Answer::status(500), throttled(429)]).await.1.unwrap_err();
    assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::Throttled, 429));
    assert!(error.retry_after().is_some() && error.to_string().ends_with("may have taken effect"), "{error}");
    // A read has no effect.
    let (seen, read) = call("read", vec![Answer::status(500), Answer::status(404)]).await;
    assert_eq!((seen, read.unwrap_err().to_string().as_str()), (2, "`api` answered with 404 Not Found"));
}

#[tokio::test]
async fn a_write_may_have_taken_effect_if_the_api_disappears() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let api = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        assert!(connection.read(&mut [0; 1024]).await.unwrap() > 0);
        drop(listener);
    });
    let client = NotesClient::builder().base_uri(url).build().unwrap();
    let error = client.add("one").await.unwrap_err();
    api.await.unwrap();
    assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::BadAnswer, 502));
    assert!(error.to_string().ends_with("may have taken effect"), "{error}");
    // Nothing listens there any more, so nothing is sent.
    let error = client.add("two").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
}
