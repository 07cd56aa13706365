//! Sources of secrets that users implement.

use super::rotation::{Manager, NEW, OLD, accepts, contains, document, open, until};
use naftiko::document::Settings;
use naftiko::testing::{Answer, Upstream};
use naftiko::{RawJson, Result, Upload, capability};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Keeps notes.
#[capability(
    binds(vault(KEY = "key")),
    consumes(namespace = "api", base_uri = "https://api.acme.io", authentication(bearer = "{{vault.KEY}}")),
    exposes(rest(port = 1))
)]
pub trait Notes {
    /// Reads the notes.
    #[get("/notes")]
    async fn read(&self) -> Result<RawJson>;

    /// Adds a note.
    #[post("/notes")]
    async fn add(&self, body: &str) -> Result<()>;

    /// Adds a long note.
    #[post("/notes")]
    #[rest(path = "/long")]
    async fn add_long(&self, #[body(bytes)] body: Upload) -> Result<()>;

    /// Adds a note, once.
    #[post("/notes", resilience(retry(3, backoff = "1ms", idempotency_key)))]
    #[rest(path = "/once")]
    async fn add_once(&self, body: &str) -> Result<()>;
}

fn client(upstream: &Upstream, manager: &Arc<Manager>) -> Result<NotesClient> {
    NotesClient::builder().base_uri(upstream.url()).secrets("vault", manager.clone()).build()
}

#[tokio::test]
async fn a_source_is_asked_at_start_and_after_a_refusal() {
    let upstream = Upstream::start().await;
    let accepted = accepts(&upstream, OLD);
    let manager = Manager::new(OLD);
    let client = client(&upstream, &manager).unwrap();
    client.read().await.unwrap();
    client.add("one").await.unwrap();
    assert_eq!(manager.asked(), 1);
    manager.set(NEW);
    *accepted.lock().unwrap() = NEW.to_owned();
    // One request to the source serves all calls that wait for it.
    let calls = (0..8).map(|_| client.add("two"));
    for answer in futures_util::future::join_all(calls).await {
        answer.unwrap();
    }
    assert_eq!(manager.asked(), 2);
    // A capability from a document asks the source in the same way.
    let yaml = document("    authentication: { type: bearer, token: '{{vault.KEY}}' }", "keys: { KEY: key }", "");
    let settings = Settings::default().upstream("api", upstream.url()).secrets("vault", manager.clone());
    open(&yaml, settings).unwrap().call("read", json!({})).await.unwrap();
    assert_eq!(manager.asked(), 3);
}

/// A failed attempt may have taken effect, so the request with the new secret has the same key.
#[tokio::test]
async fn a_repeated_request_keeps_its_idempotency_key() {
    let upstream = Upstream::start().await;
    let manager = Manager::new(OLD);
    let (changing, number) = (manager.clone(), AtomicUsize::new(0));
    upstream.answer_with("POST", "/notes", move |_| match number.fetch_add(1, Ordering::SeqCst) {
        0 => Answer::status(503),
        1 => {
            changing.set(NEW);
            Answer::status(401)
        }
        _ => Answer::status(204),
    });
    client(&upstream, &manager).unwrap().add_once("one").await.unwrap();
    let keys: Vec<_> =
        upstream.requests().iter().map(|one| one.header("idempotency-key").unwrap().to_owned()).collect();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

/// A body that is read while it is sent cannot be sent again, but the next one has the new secret.
#[tokio::test]
async fn the_next_streamed_body_is_sent_with_the_new_secret() {
    let upstream = Upstream::start().await;
    let accepted = accepts(&upstream, OLD);
    let manager = Manager::new(OLD);
    let client = client(&upstream, &manager).unwrap();
    let add = async || client.add_long(Upload::from_reader(&b"long"[..])).await;
    add().await.unwrap();
    manager.set(NEW);
    *accepted.lock().unwrap() = NEW.to_owned();
    add().await.unwrap_err();
    add().await.unwrap();
    assert_eq!((upstream.requests().len(), manager.asked()), (3, 2));
}

#[tokio::test]
async fn a_source_is_asked_again_when_a_value_expires_and_its_failure_keeps_the_value() {
    let upstream = Upstream::start().await;
    let accepted = accepts(&upstream, OLD);
    let manager = Manager::lasting(OLD, Duration::from_secs(1));
    let client = client(&upstream, &manager).unwrap();
    manager.set(NEW);
    *accepted.lock().unwrap() = "value".to_owned();
    // The API accepts both values, so only the expiry of the old one makes the client read the new one.
    until(async || {
        client.read().await.unwrap();
        contains(upstream.requests().last().unwrap(), NEW)
    })
    .await;
    manager.fails.store(true, Ordering::SeqCst);
    let asked = manager.asked();
    until(async || manager.asked() > asked).await;
    client.read().await.unwrap();
}

#[test]
fn problems_of_a_source_are_reported_at_start() {
    let build = |manager: Arc<Manager>| {
        let builder = NotesClient::builder().secrets("vault", manager);
        builder.build().map(drop).unwrap_err().to_string()
    };
    let manager = Manager::new(OLD);
    manager.fails.store(true, Ordering::SeqCst);
    let error = build(manager);
    assert!(error.contains("`key` of the secrets of `vault`: the manager is\\nclosed"), "{error}");
    let error = build(Arc::default());
    assert!(
        error.contains("`key` of the secrets of `vault` is not set; it is used for the bearer token of `api`"),
        "{error}"
    );
    let manager = Manager::new(OLD);
    let error = NotesClient::builder().secrets("valt", manager).build().map(drop).unwrap_err().to_string();
    assert!(error.contains("unknown bind `valt`; did you mean `vault`?"), "{error}");
    // A value on the builder takes precedence.
    let manager = Manager::new(OLD);
    NotesClient::builder().bind("KEY", NEW).secrets("vault", manager.clone()).build().map(drop).unwrap();
    assert_eq!(manager.asked(), 0);
}
