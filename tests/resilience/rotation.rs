//! Secrets in files that change while the program runs.

use naftiko::document::Settings;
use naftiko::http::{Request, StatusCode};
use naftiko::layer::BoxError;
use naftiko::spec::{Policy, load::load};
use naftiko::testing::{Answer, Recorded, Upstream};
use naftiko::{Capability, ErrorKind, Result, SecretSource, SecretValue};
use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tower::ServiceExt;

pub(crate) const OLD: &str = "0ld-s3cret-value";
pub(crate) const NEW: &str = "n3w-s3cret-value";

/// A folder for the secrets of a test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("naftiko-rotation-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }

    pub(crate) fn settings(&self, upstream: &Upstream) -> Settings {
        Settings::default().folder(&self.0).upstream("api", upstream.url())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Returns a document with an API; `consumes` has further keys of the API, and `binds` the location and the keys of its bind;
/// `tool` is another tool or another adapter.
pub(crate) fn document(consumes: &str, binds: &str, tool: &str) -> String {
    format!(
        "
naftiko: 1.0.0-alpha2
info: {{ label: Notes, description: Keeps notes. }}
binds:
- {{ namespace: vault, {binds} }}
capability:
  consumes:
  - type: http
    namespace: api
    baseUri: https://api.acme.io
{consumes}
    resources:
    - name: notes
      path: /notes
      operations:
      - {{ name: read, method: GET, outputRawFormat: json }}
      - {{ name: add, method: POST, body: {{ type: json, data: '{{\"a\":1}}' }} }}
  exposes:
  - type: mcp
    namespace: notes
    port: 1
    tools:
    - {{ name: read, description: Reads the notes., call: api.read }}
    - {{ name: add, description: Adds a note., call: api.add }}
{tool}"
    )
}

pub(crate) fn open(yaml: &str, settings: Settings) -> Result<Capability> {
    let loaded = load(yaml, &Policy::default()).unwrap_or_else(|refused| panic!("{:?}\n{yaml}", refused.diagnostics));
    naftiko::document::capability(loaded.document, loaded.lowered, settings)
}

/// Makes an API accept only requests with a text in their head or body, and returns the text, which can be changed.
pub(crate) fn accepts(upstream: &Upstream, text: &str) -> Arc<Mutex<String>> {
    let accepted = Arc::new(Mutex::new(text.to_owned()));
    for method in ["GET", "POST"] {
        let accepted = accepted.clone();
        upstream.answer_with(method, "/notes", move |request| {
            if contains(request, &accepted.lock().unwrap()) {
                return Answer::json(200, json!({ "is": "ok" }));
            }
            let challenge = r#"Digest realm="r", nonce="n1", qop="auth", algorithm=SHA-256"#;
            Answer::status(401).header("www-authenticate", challenge)
        });
    }
    accepted
}

pub(crate) fn contains(request: &Recorded, text: &str) -> bool {
    format!("{request:?}").contains(text) || String::from_utf8_lossy(&request.body).contains(text)
}

/// Answers `/token` with `token-1`, `token-2` …. Each refresh token, `r1`, `r2` …, is accepted once, and replaced by the next.
pub(crate) fn replaces_refresh_tokens(upstream: &Upstream) {
    let number = AtomicUsize::new(1);
    upstream.answer_with("POST", "/token", move |request| {
        let now = number.load(Ordering::SeqCst);
        if !contains(request, &format!("refresh_token=r{now}&"))
            && !contains(request, &format!("refresh_token=r{now}\""))
        {
            return Answer::json(400, json!({ "error": "invalid_grant" }));
        }
        number.fetch_add(1, Ordering::SeqCst);
        let (token, next) = (format!("token-{now}"), format!("r{}", now + 1));
        Answer::json(200, json!({ "access_token": token, "expires_in": 3600, "refresh_token": next }))
    });
}

/// Returns the number of requests with a method for a path.
pub(crate) fn count(upstream: &Upstream, method: &str, path: &str) -> usize {
    upstream.requests().iter().filter(|request| request.method == method && request.path() == path).count()
}

/// A source of secrets whose value changes, and which can fail or hang.
#[derive(Default)]
pub(crate) struct Manager {
    pub(crate) value: Mutex<Option<&'static str>>,
    pub(crate) fails: AtomicBool,
    pub(crate) hangs: AtomicBool,
    lifetime: Option<Duration>,
    /// Whether each read returns another value, as a lease does.
    leases: bool,
    asked: AtomicUsize,
    /// The number of reads that have not ended.
    waiting: AtomicUsize,
}

impl Manager {
    pub(crate) fn new(value: &'static str) -> Arc<Self> {
        Arc::new(Self { value: Mutex::new(Some(value)), ..Self::default() })
    }

    pub(crate) fn lasting(value: &'static str, lifetime: Duration) -> Arc<Self> {
        Arc::new(Self { value: Mutex::new(Some(value)), lifetime: Some(lifetime), ..Self::default() })
    }

    pub(crate) fn leasing() -> Arc<Self> {
        // The longest lifetime must not overflow.
        Arc::new(Self { lifetime: Some(Duration::MAX), leases: true, ..Self::default() })
    }

    pub(crate) fn set(&self, value: &'static str) {
        *self.value.lock().unwrap() = Some(value);
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }
}

/// A guard that counts a read as ended, even one that is cancelled.
struct EndOfRead<'a>(&'a AtomicUsize);

impl Drop for EndOfRead<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl SecretSource for Manager {
    async fn get(&self, key: &str) -> Result<Option<SecretValue>, BoxError> {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let _end = EndOfRead(&self.waiting);
        assert!(["key", "lease"].contains(&key), "{key}");
        // A read takes some time, so that concurrent calls can share it.
        tokio::time::sleep(Duration::from_millis(1)).await;
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.fails.load(Ordering::SeqCst) {
            return Err("the manager is\nclosed".into());
        }
        let value = self.value.lock().unwrap().map(str::to_owned);
        let value = if self.leases { Some(format!("lease-{asked}")) } else { value };
        Ok(value.map(SecretValue::new).map(|value| match self.lifetime {
            Some(lifetime) => value.valid_for(lifetime),
            None => value,
        }))
    }
}

/// Waits until a condition is met, for at most 30 seconds.
pub(crate) async fn until(mut happened: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !happened().await {
        assert!(begun.elapsed() < Duration::from_secs(30), "the condition was not met within 30 seconds");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Kubernetes mounts secrets like this: the files are links into a folder behind another link, which is replaced.
#[tokio::test]
async fn a_mounted_secret_that_has_changed_is_used_after_a_refusal() {
    let folder = Folder::new("mounted");
    let mount = |name: &str, value: &str| {
        fs::create_dir(folder.0.join(name)).unwrap();
        folder.write(&format!("{name}/key"), value);
        symlink(name, folder.0.join("..data_tmp")).unwrap();
        fs::rename(folder.0.join("..data_tmp"), folder.0.join("..data")).unwrap();
    };
    mount("..first", OLD);
    symlink("..data/key", folder.0.join("key")).unwrap();
    let upstream = Upstream::start().await;
    let accepted = accepts(&upstream, OLD);
    let yaml =
        document("    authentication: { type: bearer, token: '{{vault.KEY}}' }", "location: ., keys: { KEY: key }", "");
    let capability = open(&yaml, folder.settings(&upstream)).unwrap();
    capability.call("add", json!({})).await.unwrap();
    mount("..second", NEW);
    *accepted.lock().unwrap() = NEW.to_owned();
    capability.call("add", json!({})).await.unwrap();
    capability.call("read", json!({})).await.unwrap();
    let sent: Vec<_> = upstream.requests().iter().map(|one| one.header("authorization").unwrap().to_owned()).collect();
    let [old, new] = [OLD, NEW].map(|value| format!("Bearer {value}"));
    assert_eq!(sent, [&old, &old, &new, &new].map(String::clone));
}

#[tokio::test]
async fn credentials_and_constants_follow_their_files() {
    let query = "    inputParameters: [{ name: pin, in: query, value: '{{vault.KEY}}' }]";
    let header = "    inputParameters: [{ name: X-Pin, in: header, value: '{{vault.KEY}}' }]";
    let cookie = "    authentication: { type: apikey, key: k, value: '{{vault.KEY}}', placement: cookie }";
    let cases = [
        ("bearer", "{ type: bearer, token: '{{vault.KEY}}' }", "Bearer n3w-s3cret-value"),
        ("apikey", "{ type: apikey, key: X-Key, value: '{{vault.KEY}}', placement: header }", NEW),
        ("query", "{ type: apikey, key: k, value: '{{vault.KEY}}', placement: query }", "k=n3w-s3cret-value"),
        ("basic", "{ type: basic, username: u, password: '{{vault.KEY}}' }", "dTpuM3ctczNjcmV0LXZhbHVl"),
        ("digest", "{ type: digest, username: '{{vault.KEY}}', password: '{{vault.KEY}}' }", NEW),
        (
            "aws",
            "{ type: aws-sig-v4, accessKeyId: '{{vault.KEY}}', secretKey: '{{vault.KEY}}', region: r, service: s }",
            "Credential=n3w-s3cret-value/",
        ),
        (
            "oauth1",
            "{ type: oauth1, consumerKey: '{{vault.KEY}}', signingKey: '{{vault.KEY}}' }",
            "oauth_consumer_key=\\\"n3w-s3cret-value",
        ),
    ];
    let cases = cases.map(|(name, how, expected)| (name, format!("    authentication: {how}"), expected));
    let others = [("constant", query, "pin=n3w-s3cret-value"), ("header", header, NEW), ("cookie", cookie, NEW)];
    let others = others.map(|(name, consumes, expected)| (name, consumes.to_owned(), expected));
    for (name, consumes, expected) in cases.into_iter().chain(others) {
        let folder = Folder::new(name);
        folder.write("secrets.json", &json!({ "key": OLD }).to_string());
        let upstream = Upstream::start().await;
        let accepted = accepts(
            &upstream,
            &expected.replace(NEW, OLD).replace("dTpuM3ctczNjcmV0LXZhbHVl", "dTowbGQtczNjcmV0LXZhbHVl"),
        );
        let yaml = document(&consumes, "location: ./secrets.json, keys: { KEY: key }", "");
        let capability = open(&yaml, folder.settings(&upstream)).unwrap();
        capability
            .call("read", json!({}))
            .await
            .unwrap_or_else(|error| panic!("{name}: {error} {:?}", upstream.requests()));
        folder.write("secrets.json", &json!({ "key": NEW }).to_string());
        *accepted.lock().unwrap() = expected.to_owned();
        capability
            .call("read", json!({}))
            .await
            .unwrap_or_else(|error| panic!("{name}: {error} {:?}", upstream.requests()));
    }
}

#[tokio::test]
async fn a_client_secret_is_read_again_after_the_authorization_server_has_refused_it() {
    let folder = Folder::new("oauth");
    folder.write("secret", OLD);
    let upstream = Upstream::start().await;
    let issued = Arc::new(Mutex::new(OLD));
    let known = issued.clone();
    upstream.answer_with("POST", "/token", move |request| {
        let known = *known.lock().unwrap();
        if !contains(request, known) {
            return Answer::json(401, json!({ "error": "invalid_client" }));
        }
        Answer::json(200, json!({ "access_token": format!("token-of-{known}"), "expires_in": 3600 }))
    });
    let accepted = accepts(&upstream, "token-of-0ld");
    let consumes = format!(
        "    authentication: {{ type: oauth2, tokenUrl: '{}/token', clientId: me, clientSecret: '{{{{vault.KEY}}}}', \
         clientAuthentication: body }}",
        upstream.url()
    );
    let yaml = document(&consumes, "location: ./secret, keys: { KEY: secret }", "");
    let capability = open(&yaml, folder.settings(&upstream)).unwrap();
    capability.call("read", json!({})).await.unwrap();
    folder.write("secret", NEW);
    *issued.lock().unwrap() = NEW;
    *accepted.lock().unwrap() = "token-of-n3w".to_owned();
    capability.call("add", json!({})).await.unwrap();
    // `/token` got three requests: one for the old token, one with the old secret, which is refused, and one for the new token.
    assert_eq!((count(&upstream, "POST", "/token"), upstream.requests().len()), (3, 6));
}

/// A refresh token that the server has issued as a replacement exists only in memory.
#[tokio::test]
async fn a_replaced_refresh_token_survives_the_change_of_another_secret() {
    let folder = Folder::new("refresh");
    folder.write("secrets.json", &json!({ "key": OLD, "refresh": "r1" }).to_string());
    let upstream = Upstream::start().await;
    replaces_refresh_tokens(&upstream);
    let accepted = accepts(&upstream, "token-1");
    let consumes = format!(
        "    inputParameters: [{{ name: X-Pin, in: header, value: '{{{{vault.KEY}}}}' }}]\n    authentication: {{ type: oauth2, tokenUrl: \
         '{}/token', clientId: me, refreshToken: '{{{{vault.REFRESH}}}}' }}",
        upstream.url()
    );
    let yaml = document(&consumes, "location: ./secrets.json, keys: { KEY: key, REFRESH: refresh }", "");
    let capability = open(&yaml, folder.settings(&upstream)).unwrap();
    capability.call("read", json!({})).await.unwrap();
    folder.write("secrets.json", &json!({ "key": NEW, "refresh": "r1" }).to_string());
    until(async || {
        capability.call("read", json!({})).await.unwrap();
        contains(upstream.requests().last().unwrap(), NEW)
    })
    .await;
    assert_eq!(count(&upstream, "POST", "/token"), 1);
    *accepted.lock().unwrap() = "token-2".to_owned();
    capability.call("read", json!({})).await.unwrap();
    assert_eq!(count(&upstream, "POST", "/token"), 2);
}

#[tokio::test]
async fn a_half_written_file_leaves_the_old_value_in_use() {
    let folder = Folder::new("half");
    folder.write("secrets.json", &json!({ "key": OLD }).to_string());
    let upstream = Upstream::start().await;
    let accepted = accepts(&upstream, OLD);
    let yaml = document(
        "    authentication: { type: bearer, token: '{{vault.KEY}}' }",
        "location: secrets.json, keys: { KEY: key }",
        "",
    );
    let capability = open(&yaml, folder.settings(&upstream)).unwrap();
    *accepted.lock().unwrap() = NEW.to_owned();
    for half in ["", "{\"key\": \"n3w-s3", "{}", "{\"key\": \"\"}", "{\"key\": \"a\\nb\"}"] {
        folder.write("secrets.json", half);
        let error = capability.call("read", json!({})).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credential, "{half}");
        assert!(!format!("{error:?}").contains("s3"), "{error:?}");
        assert!(contains(upstream.requests().last().unwrap(), OLD), "{half}");
    }
    fs::remove_file(folder.0.join("secrets.json")).unwrap();
    assert_eq!(capability.call("read", json!({})).await.unwrap_err().kind(), ErrorKind::Credential);
    folder.write("secrets.json", &json!({ "key": NEW }).to_string());
    capability.call("read", json!({})).await.unwrap();
}

#[tokio::test]
async fn old_and_new_values_are_masked() {
    let folder = Folder::new("masked");
    folder.write("key", OLD);
    let upstream = Upstream::start().await;
    upstream.answer_with("GET", "/notes", |request| {
        if !contains(request, NEW) {
            return Answer::status(401);
        }
        Answer::json(200, json!([OLD, NEW, request.header("authorization")]))
    });
    let yaml =
        document("    authentication: { type: bearer, token: '{{vault.KEY}}' }", "location: ., keys: { KEY: key }", "");
    let capability = open(&yaml, folder.settings(&upstream)).unwrap();
    folder.write("key", NEW);
    for _ in 0..2 {
        let answer = capability.call("read", json!({})).await.unwrap();
        assert_eq!(answer, json!(["****************", "****************", "Bearer ****************"]));
    }
    assert_eq!(upstream.requests().len(), 3);
}

/// A step whose credential is refused is repeated; the steps before it are not.
#[tokio::test]
async fn only_the_refused_step_is_repeated() {
    let folder = Folder::new("steps");
    folder.write("key", OLD);
    let upstream = Upstream::start().await;
    let posted = Arc::new(AtomicUsize::new(0));
    let counted = posted.clone();
    let path = folder.0.join("key");
    upstream.answer_with("POST", "/notes", move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        // The secret changes between the two steps.
        fs::write(&path, NEW).unwrap();
        Answer::json(200, json!({ "id": 1 }))
    });
    upstream.answer_with("GET", "/notes", |request| {
        if contains(request, NEW) { Answer::json(200, json!({ "is": "ok" })) } else { Answer::status(401) }
    });
    let tool = "    - name: both\n      description: Adds and reads.\n      steps:\n      - { name: one, type: call, call: api.add }\n      \
                - { name: two, type: call, call: api.read }\n      outputParameters: [{ type: string, value: '$.two.is' }]\n";
    let yaml = document(
        "    authentication: { type: bearer, token: '{{vault.KEY}}' }",
        "location: ., keys: { KEY: key }",
        tool,
    );
    let capability = open(&yaml, folder.settings(&upstream)).unwrap();
    let answer = capability.call("both", json!({})).await.unwrap();
    assert!(answer.to_string().contains("ok"), "{answer}");
    assert_eq!((posted.load(Ordering::SeqCst), upstream.requests().len()), (1, 3));
}

#[tokio::test]
async fn a_key_that_stays_wrong_is_refused_once_for_each_call() {
    let folder = Folder::new("wrong");
    folder.write("key", OLD);
    let upstream = Upstream::start().await;
    accepts(&upstream, NEW);
    let yaml =
        document("    authentication: { type: bearer, token: '{{vault.KEY}}' }", "location: ., keys: { KEY: key }", "");
    let capability = open(&yaml, folder.settings(&upstream)).unwrap();
    for _ in 0..2 {
        assert_eq!(capability.call("add", json!({})).await.unwrap_err().kind(), ErrorKind::Credential);
    }
    assert_eq!(upstream.requests().len(), 2);
}

#[tokio::test]
async fn callers_need_the_new_credential_of_an_adapter() {
    let folder = Folder::new("callers");
    folder.write("key", OLD);
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/notes", Answer::json(200, json!({ "is": "ok" })));
    let rest = "  - type: rest\n    namespace: http\n    port: 2\n    authentication: { type: bearer, token: '{{vault.KEY}}' }\n    \
                resources:\n    - { path: /read, operations: [{ method: GET, name: read-all, call: api.read }] }\n";
    let yaml = document("", "location: ., keys: { KEY: key }", rest);
    let capability = open(&yaml, folder.settings(&upstream)).unwrap();
    let router: axum::Router = capability.rest_router();
    let status = async |token: &str| {
        let request = Request::get("/read").header("authorization", format!("Bearer {token}"));
        let request = request.body(axum::body::Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap().status()
    };
    assert_eq!((status(OLD).await, status(NEW).await), (StatusCode::OK, StatusCode::UNAUTHORIZED));
    folder.write("key", NEW);
    until(async || status(NEW).await == StatusCode::OK).await;
    assert_eq!(status(OLD).await, StatusCode::UNAUTHORIZED);
}

/// If an API has no credential, its 401 refuses the secret in a constant. The refused request had no effect (RFC 9110,
/// section 15.5.2).
#[tokio::test]
async fn a_constant_of_one_operation_follows_its_file_after_a_refusal() {
    let folder = Folder::new("operation");
    folder.write("key", OLD);
    let upstream = Upstream::start().await;
    let accepted = accepts(&upstream, OLD);
    let pin = "method: POST, inputParameters: [{ name: X-Pin, in: header, value: '{{vault.KEY}}' }],";
    let yaml = document("", "location: ., keys: { KEY: key }", "").replace("method: POST,", pin);
    let capability = open(&yaml, folder.settings(&upstream)).unwrap();
    capability.call("add", json!({})).await.unwrap();
    folder.write("key", NEW);
    *accepted.lock().unwrap() = NEW.to_owned();
    capability.call("add", json!({})).await.unwrap();
    let sent: Vec<_> = upstream.requests().iter().map(|one| one.header("x-pin").unwrap().to_owned()).collect();
    assert_eq!(sent, [OLD, OLD, NEW]);
    // The value in the file has not changed, so the call is not repeated, and the caller gets the answer of the API.
    *accepted.lock().unwrap() = "another".to_owned();
    let error = capability.call("add", json!({})).await.unwrap_err();
    assert_eq!((error.kind(), error.status().as_u16(), upstream.requests().len()), (ErrorKind::Upstream, 401, 4));
}
