//! How changed secrets affect idempotency keys, replays, refresh tokens, forwarded requests and caches.

use super::rotation::{
    Folder, Manager, NEW, OLD, accepts, contains, count, document, open, replaces_refresh_tokens, until,
};
use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use http_body_util::BodyExt;
use naftiko::ErrorKind;
use naftiko::document::Settings;
use naftiko::http::{Request, StatusCode};
use naftiko::store::{MemoryStore, Store, StoreFuture};
use naftiko::testing::{Answer, Upstream};
use serde_json::json;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::ServiceExt;

const BEARER: &str = "    authentication: { type: bearer, token: '{{vault.KEY}}' }";

/// Each request has its own signature, so the cache key of an answer does not contain the credential.
const SIGNED: &str =
    "    authentication: { type: oauth1, consumerKey: '{{vault.KEY}}', signingKey: '{{vault.KEY}}' }\n    cache: 1MiB";

/// A failed attempt may have taken effect, so a step that is sent again keeps its key.
#[tokio::test]
async fn a_repeated_step_keeps_its_idempotency_key() {
    let folder = Folder::new("step-key");
    folder.write("key", OLD);
    let upstream = Upstream::start().await;
    let (path, number) = (folder.0.join("key"), AtomicUsize::new(0));
    upstream.answer_with("POST", "/notes", move |_| match number.fetch_add(1, Ordering::SeqCst) {
        0 => Answer::status(503),
        1 => {
            fs::write(&path, NEW).unwrap();
            Answer::status(401)
        }
        _ => Answer::status(204),
    });
    let retry = "    resilience: { retry: { tries: 3, backoff: 1ms, idempotencyKey: Idempotency-Key } }";
    let tool = "    - name: both\n      description: Adds.\n      steps:\n      - { name: one, type: call, call: api.add }\n      \
                outputParameters: [{ type: string, value: done }]\n";
    let yaml = document(&format!("{BEARER}\n{retry}"), "location: ., keys: { KEY: key }", tool);
    let capability = open(&yaml, folder.settings(&upstream)).unwrap();
    capability.call("both", json!({})).await.unwrap();
    let keys: Vec<_> =
        upstream.requests().iter().map(|one| one.header("idempotency-key").unwrap().to_owned()).collect();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

fn hash(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// A replayed request must stay refused, whichever secret changes in the meantime, even if a password is changed and
/// changed back.
#[tokio::test]
async fn a_digest_is_not_accepted_again_after_a_renewal() {
    let folder = Folder::new("replay");
    let secrets = |key: &str, password: &str| {
        folder.write("secrets.json", &json!({ "key": key, "password": password }).to_string());
    };
    secrets(OLD, "pass");
    let upstream = Upstream::start().await;
    let accepted = accepts(&upstream, OLD);
    let rest = "  - type: rest\n    namespace: http\n    port: 2\n    authentication: { type: digest, username: ada, password: \
                '{{vault.PASSWORD}}' }\n    resources:\n    - { path: /read, operations: [{ method: GET, name: read-all, call: api.read }] }\n";
    let yaml = document(BEARER, "location: secrets.json, keys: { KEY: key, PASSWORD: password }", rest);
    let capability = open(&yaml, folder.settings(&upstream)).unwrap();
    let router: axum::Router = capability.rest_router();
    let send = async |authorization: &str| {
        let request = Request::get("/read").header("authorization", authorization).body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap()
    };
    let refused = send("Digest").await;
    let challenge = refused.headers()["www-authenticate"].to_str().unwrap().to_owned();
    let nonce = challenge.split_once("nonce=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let credentials = |count: u32| {
        let (secret, request) = (hash("ada:http:pass"), hash("GET:/read"));
        let response = hash(&format!("{secret}:{nonce}:{count:08x}:0wn:auth:{request}"));
        format!(
            "Digest username=\"ada\", realm=\"http\", nonce=\"{nonce}\", uri=\"/read\", algorithm=SHA-256, qop=auth, \
             nc={count:08x}, cnonce=\"0wn\", response=\"{response}\""
        )
    };
    let copied = credentials(1);
    assert_eq!(send(&copied).await.status(), StatusCode::OK);
    assert_eq!(send(&copied).await.status(), StatusCode::UNAUTHORIZED);
    // Each call is first refused because of the old key, and ends after the secrets have been renewed.
    for (key, password) in [(NEW, "pass"), (OLD, "another"), (NEW, "pass")] {
        secrets(key, password);
        *accepted.lock().unwrap() = key.to_owned();
        capability.call("read", json!({})).await.unwrap();
        assert_eq!(send(&copied).await.status(), StatusCode::UNAUTHORIZED, "{key} {password}");
    }
    // The nonce is still valid.
    assert_eq!(send(&credentials(2)).await.status(), StatusCode::OK);
}

/// A forwarded request is not repeated, but the next one has the new secret, even if the source is read only because of the refusal.
#[tokio::test]
async fn the_next_forwarded_request_has_the_new_secret() {
    let upstream = Upstream::start().await;
    let accepted = accepts(&upstream, OLD);
    let manager = Manager::new(OLD);
    let rest = "  - type: rest\n    namespace: http\n    port: 2\n    resources:\n    - { path: /proxy, forward: { targetNamespace: api } }\n";
    let yaml = document(BEARER, "keys: { KEY: key }", rest);
    let settings = Settings::default().upstream("api", upstream.url()).secrets("vault", manager.clone());
    let capability = open(&yaml, settings).unwrap();
    let router: axum::Router = capability.rest_router();
    let status = async || {
        let request = Request::post("/proxy/notes").body(Body::from("{}")).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        answer.into_body().collect().await.unwrap();
        status
    };
    assert_eq!(status().await, StatusCode::OK);
    manager.set(NEW);
    *accepted.lock().unwrap() = NEW.to_owned();
    assert_eq!((status().await, status().await), (StatusCode::BAD_GATEWAY, StatusCode::OK));
    assert_eq!((upstream.requests().len(), manager.asked()), (3, 2));
}

/// New values that cannot be used must not replace the refresh token, which exists only in memory.
#[tokio::test]
async fn a_replaced_refresh_token_survives_values_that_cannot_be_used() {
    let folder = Folder::new("failed");
    let secrets = |key: &str, refresh: &str| {
        folder.write("secrets.json", &json!({ "key": key, "refresh": refresh }).to_string());
    };
    secrets(OLD, "r1");
    let upstream = Upstream::start().await;
    replaces_refresh_tokens(&upstream);
    let accepted = accepts(&upstream, "token-");
    let consumes = format!(
        "    inputParameters: [{{ name: X-Pin, in: header, value: '{{{{vault.KEY}}}}' }}]\n    authentication: {{ type: oauth2, tokenUrl: \
         '{}/token', clientId: me, refreshToken: '{{{{vault.REFRESH}}}}' }}",
        upstream.url()
    );
    let yaml = document(&consumes, "location: ./secrets.json, keys: { KEY: key, REFRESH: refresh }", "");
    let capability = open(&yaml, folder.settings(&upstream)).unwrap();
    capability.call("read", json!({})).await.unwrap();
    // A header cannot have this value. The refusal causes a read of the file.
    secrets("a\nb", "another");
    *accepted.lock().unwrap() = "nothing".to_owned();
    capability.call("read", json!({})).await.unwrap_err();
    *accepted.lock().unwrap() = "token-".to_owned();
    secrets(NEW, "r1");
    until(async || {
        capability.call("read", json!({})).await.unwrap();
        contains(upstream.requests().last().unwrap(), NEW)
    })
    .await;
}

/// If an API refuses its key, the secrets of other APIs are not read, and each call sends the bad key only once.
#[tokio::test]
async fn a_refusal_reads_the_secrets_of_that_api_alone() {
    let folder = Folder::new("alone");
    folder.write("key", OLD);
    let upstream = Upstream::start().await;
    accepts(&upstream, NEW);
    // The other API uses its secret as its credential, then as a constant of its operation.
    for (number, (credential, constant)) in [
        ("authentication: { type: bearer, token: '{{leases.LEASE}}' }", ""),
        ("description: Another API.", ", inputParameters: [{ name: X-Pin, in: header, value: '{{leases.LEASE}}' }]"),
    ]
    .into_iter()
    .enumerate()
    {
        let leases = Manager::leasing();
        let other = format!(
            "  consumes:\n  - type: http\n    namespace: other\n    baseUri: https://other.acme.io\n    {credential}\n    resources:\n    - \
             {{ name: r, path: /notes, operations: [{{ name: see, method: GET{constant} }}] }}\n"
        );
        let yaml = document(BEARER, "location: ., keys: { KEY: key }", "")
            .replace("capability:\n", "- { namespace: leases, keys: { LEASE: lease } }\ncapability:\n")
            .replace("  consumes:\n", &other)
            .replace("    tools:\n", "    tools:\n    - { name: see, description: Sees., call: other.see }\n");
        let settings = folder.settings(&upstream).upstream("other", upstream.url()).secrets("leases", leases.clone());
        let capability = open(&yaml, settings).unwrap();
        for _ in 0..2 {
            capability.call("add", json!({})).await.unwrap_err();
        }
        assert_eq!((upstream.requests().len(), leases.asked()), (2 * number + 2, 1), "{constant}");
    }
}

/// A file that replaces another one may have the same size and time.
#[tokio::test]
async fn a_new_file_with_the_same_size_and_time_is_noticed() {
    let folder = Folder::new("renamed");
    folder.write("key", OLD);
    let upstream = Upstream::start().await;
    accepts(&upstream, "value");
    let header = "    inputParameters: [{ name: X-Pin, in: header, value: '{{vault.KEY}}' }]";
    let capability =
        open(&document(header, "location: ., keys: { KEY: key }", ""), folder.settings(&upstream)).unwrap();
    capability.call("read", json!({})).await.unwrap();
    let modified = fs::metadata(folder.0.join("key")).unwrap().modified().unwrap();
    folder.write("next", NEW);
    fs::File::options().write(true).open(folder.0.join("next")).unwrap().set_modified(modified).unwrap();
    fs::rename(folder.0.join("next"), folder.0.join("key")).unwrap();
    until(async || {
        capability.call("read", json!({})).await.unwrap();
        contains(upstream.requests().last().unwrap(), NEW)
    })
    .await;
}

/// Answers are private to a credential. A write that began with the old one also invalidates the answers cached for the new one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rotation_invalidates_cached_answers_and_so_does_a_write_that_began_before_it() {
    let upstream = Upstream::start().await;
    let accepted = Arc::new(Mutex::new(OLD));
    let (release, released) = mpsc::channel::<()>();
    let (arrive, arrived) = tokio::sync::oneshot::channel();
    let (released, arrive) = (Mutex::new(Some(released)), Mutex::new(Some(arrive)));
    for (method, path) in [("GET", "/notes"), ("GET", "/books"), ("POST", "/notes")] {
        let accepted = accepted.clone();
        let is_write = method == "POST";
        let released = Mutex::new(released.lock().unwrap().take_if(|_| is_write));
        let arrive = Mutex::new(arrive.lock().unwrap().take_if(|_| is_write));
        upstream.answer_with(method, path, move |request| {
            if !contains(request, *accepted.lock().unwrap()) {
                return Answer::status(401);
            }
            // The first write waits until the test releases it.
            let first = released.lock().unwrap().take();
            if let Some(released) = first {
                arrive.lock().unwrap().take().unwrap().send(()).unwrap();
                let _ = tokio::task::block_in_place(|| released.recv());
            }
            Answer::json(200, json!({ "is": "ok" })).header("cache-control", "max-age=3600")
        });
    }
    let manager = Manager::new(OLD);
    let books = "    - { name: books, path: /books, operations: [{ name: list, method: GET, outputRawFormat: json }] }\n  exposes:\n";
    let tool = "    - { name: books, description: Lists books., call: api.list }\n";
    let yaml = document(SIGNED, "keys: { KEY: key }", tool).replacen("  exposes:\n", books, 1);
    let settings = Settings::default().upstream("api", upstream.url()).secrets("vault", manager.clone());
    let capability = Arc::new(open(&yaml, settings).unwrap());
    let reads = || count(&upstream, "GET", "/notes");
    for _ in 0..2 {
        capability.call("read", json!({})).await.unwrap();
    }
    assert_eq!(reads(), 1);
    let writer = capability.clone();
    let write = tokio::spawn(async move { writer.call("add", json!({})).await });
    arrived.await.unwrap();
    manager.set(NEW);
    *accepted.lock().unwrap() = NEW;
    // This call renews the secret; nothing else invalidates the cached notes.
    capability.call("books", json!({})).await.unwrap();
    for _ in 0..2 {
        capability.call("read", json!({})).await.unwrap();
    }
    assert_eq!(reads(), 2);
    release.send(()).unwrap();
    write.await.unwrap().unwrap();
    capability.call("read", json!({})).await.unwrap();
    assert_eq!(reads(), 3);
}

/// A call ends at its deadline, even while the secrets that its API has refused are read again.
#[tokio::test]
async fn a_source_that_hangs_does_not_make_a_refused_call_late() {
    let upstream = Upstream::start().await;
    accepts(&upstream, NEW);
    let manager = Manager::new(OLD);
    let settings = Settings::default().upstream("api", upstream.url()).secrets("vault", manager.clone());
    let yaml = document(BEARER, "keys: { KEY: key }", "");
    let capability = open(&yaml, settings.timeout(Duration::from_millis(500))).unwrap();
    manager.hangs.store(true, Ordering::SeqCst);
    let error = capability.call("add", json!({})).await.unwrap_err();
    assert_eq!((error.kind(), upstream.requests().len()), (ErrorKind::Credential, 1));
    // The read continues after the deadline.
    assert_eq!((manager.asked(), manager.waiting()), (2, 1));
}

/// A cache is private to the credentials of its API. A new secret of another API does not invalidate its answers.
#[tokio::test]
async fn a_rotation_invalidates_only_the_answers_of_its_own_api() {
    let folder = Folder::new("other-cache");
    folder.write("key", OLD);
    let upstream = Upstream::start().await;
    let accepted = accepts(&upstream, OLD);
    upstream.answer("GET", "/books", Answer::json(200, json!([])).header("cache-control", "max-age=3600"));
    let other = "  - type: http\n    namespace: other\n    baseUri: https://other.acme.io\n    cache: 1MiB\n    resources:\n    - \
                 { name: books, path: /books, operations: [{ name: list, method: GET, outputRawFormat: json }] }\n  exposes:\n";
    let tool = "    - { name: books, description: Lists books., call: other.list }\n";
    let yaml = document(BEARER, "location: ., keys: { KEY: key }", tool).replacen("  exposes:\n", other, 1);
    let capability = open(&yaml, folder.settings(&upstream).upstream("other", upstream.url())).unwrap();
    let asked = || count(&upstream, "GET", "/books");
    capability.call("read", json!({})).await.unwrap();
    capability.call("books", json!({})).await.unwrap();
    folder.write("key", NEW);
    *accepted.lock().unwrap() = NEW.to_owned();
    capability.call("read", json!({})).await.unwrap();
    assert!(contains(upstream.requests().last().unwrap(), NEW));
    capability.call("books", json!({})).await.unwrap();
    assert_eq!(asked(), 1);
}

/// New values that cannot be used replace nothing: answers for the old credential are not shared with replicas that use
/// the new one.
#[tokio::test]
async fn answers_after_a_renewal_that_failed_belong_to_the_credential_in_use() {
    let (folder, others) = (Folder::new("rolled-back"), Folder::new("rolled-back-other"));
    let secrets = |folder: &Folder, key: &str, pin: &str| {
        folder.write("secrets.json", &json!({ "key": key, "pin": pin }).to_string());
    };
    secrets(&folder, OLD, "p1n-one");
    secrets(&others, NEW, "p1n-two");
    let upstream = Upstream::start().await;
    upstream.answer_with("GET", "/notes", |request| {
        let owner = if contains(request, OLD) { "old" } else { "new" };
        Answer::json(200, json!(owner)).header("cache-control", "max-age=3600")
    });
    let pin = Arc::new(Mutex::new("p1n-one"));
    let accepted = pin.clone();
    upstream.answer_with("GET", "/books", move |request| {
        Answer::status(if contains(request, *accepted.lock().unwrap()) { 204 } else { 401 })
    });
    let other = "  - type: http\n    namespace: other\n    baseUri: https://other.acme.io\n    inputParameters: [{ name: X-Pin, in: \
                 header, value: '{{vault.PIN}}' }]\n    resources:\n    - { name: books, path: /books, operations: [{ name: list, method: \
                 GET }] }\n  exposes:\n";
    let tool = "    - { name: books, description: Lists books., call: other.list }\n";
    let binds = "location: secrets.json, keys: { KEY: key, PIN: pin }";
    let yaml = document(SIGNED, binds, tool).replacen("  exposes:\n", other, 1);
    let store = Arc::new(MemoryStore::default());
    let replica = |folder: &Folder| {
        open(&yaml, folder.settings(&upstream).upstream("other", upstream.url()).store(store.clone())).unwrap()
    };
    let first = replica(&folder);
    first.call("books", json!({})).await.unwrap();
    *pin.lock().unwrap() = "p1n-two";
    // A header cannot have this value.
    secrets(&folder, NEW, "a\nb");
    first.call("books", json!({})).await.unwrap_err();
    secrets(&folder, OLD, "p1n-two");
    first.call("books", json!({})).await.unwrap();
    let reads = || count(&upstream, "GET", "/notes");
    // Answers are stored in the background.
    until(async || {
        let before = reads();
        assert_eq!(first.call("read", json!({})).await.unwrap(), json!("old"));
        reads() == before
    })
    .await;
    assert_eq!(replica(&others).call("read", json!({})).await.unwrap(), json!("new"));
}

/// A store that can refuse changes.
#[derive(Default)]
struct FullStore {
    store: MemoryStore,
    is_full: AtomicBool,
}

impl FullStore {
    fn unless_full<'a, T: Send + 'a>(&'a self, change: impl FnOnce() -> StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        if self.is_full.load(Ordering::SeqCst) {
            return Box::pin(async { Err(naftiko::Error::internal("full")) });
        }
        change()
    }
}

impl Store for FullStore {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.store.get(key)
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, bool> {
        self.unless_full(|| self.store.put_if_absent(key, value, lifetime))
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, ()> {
        self.unless_full(|| self.store.put(key, value, lifetime))
    }

    fn take<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.unless_full(|| self.store.take(key))
    }
}

/// The store has answers from before a write that was not reported to it. The replica that wrote does not use these
/// answers, even after its secrets have changed.
#[tokio::test]
async fn a_write_that_was_not_reported_to_the_store_still_counts_after_a_rotation() {
    let upstream = Upstream::start().await;
    let (writes, accepted) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new("s3cret-value")));
    for method in ["GET", "POST"] {
        let (writes, accepted) = (writes.clone(), accepted.clone());
        upstream.answer_with(method, "/notes", move |request| {
            if !contains(request, *accepted.lock().unwrap()) {
                return Answer::status(401);
            }
            let before = writes.fetch_add(usize::from(method == "POST"), Ordering::SeqCst);
            Answer::json(200, json!(before)).header("cache-control", "max-age=3600")
        });
    }
    let yaml = document(SIGNED, "keys: { KEY: key }", "");
    let store = Arc::new(FullStore::default());
    let replica = |manager: &Arc<Manager>| {
        let settings = Settings::default().upstream("api", upstream.url()).secrets("vault", manager.clone());
        open(&yaml, settings.store(store.clone())).unwrap()
    };
    let manager = Manager::new(OLD);
    let (first, second) = (replica(&manager), replica(&Manager::new(NEW)));
    let reads = || count(&upstream, "GET", "/notes");
    // Answers are stored in the background.
    until(async || {
        let before = reads();
        assert_eq!(second.call("read", json!({})).await.unwrap(), json!(0));
        reads() == before
    })
    .await;
    store.is_full.store(true, Ordering::SeqCst);
    first.call("add", json!({})).await.unwrap();
    manager.set(NEW);
    *accepted.lock().unwrap() = NEW;
    assert_eq!(first.call("read", json!({})).await.unwrap(), json!(1));
    store.is_full.store(false, Ordering::SeqCst);
    until(async || second.call("read", json!({})).await.unwrap() == json!(1)).await;
}
