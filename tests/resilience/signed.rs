//! Digest authentication and signed requests: what the API sees, and when a request is repeated.

use super::reopened;
use naftiko::document::{DryRun, Settings};
use naftiko::spec::{Policy, load::load};
use naftiko::testing::{Answer, Recorded, Upstream};
use naftiko::{Capability, ErrorKind, RawJson, Result, Upload, capability};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const PASSWORD: &str = "Circle of Life";

/// Keeps notes behind a password.
#[capability(
    binds(env(USER, PASSWORD)),
    consumes(
        namespace = "api",
        base_uri = "https://api.acme.io",
        authentication(digest(username = "{{env.USER}}", password = "{{env.PASSWORD}}")),
    ),
    exposes(rest(port = 1), mcp(port = 2))
)]
pub trait Guarded {
    /// Reads the notes.
    #[get("/notes")]
    async fn read(&self, of: &str) -> Result<RawJson>;

    /// Adds a note.
    #[post("/notes")]
    async fn add(&self, body: &str) -> Result<()>;
}

/// Keeps scans of applications.
#[capability(
    binds(env(API_ID, API_KEY)),
    consumes(
        namespace = "api",
        base_uri = "https://api.acme.io",
        authentication(hmac(api_id = "{{env.API_ID}}", api_key = "{{env.API_KEY}}")),
    ),
    exposes(rest(port = 1))
)]
pub trait Scans {
    /// Lists the scans.
    #[get("/scans")]
    async fn list(&self, of: &str) -> Result<RawJson>;
}

/// Keeps tables.
#[capability(
    binds(env(ID, SECRET, TOKEN, REGION)),
    consumes(
        namespace = "api",
        base_uri = "https://api.acme.io",
        authentication(aws_sig_v4(
            access_key_id = "{{env.ID}}",
            secret_key = "{{env.SECRET}}",
            region = "{{env.REGION}}",
            service = "dynamodb",
            session_token = "{{env.TOKEN}}",
        )),
    ),
    exposes(rest(port = 1))
)]
pub trait Tables {
    /// Lists the tables.
    #[post("/", header("X-Amz-Target" = "DynamoDB_20120810.ListTables"))]
    async fn list(&self, body: &Value) -> Result<RawJson>;
}

/// Keeps the donations of an API with OAuth 1.0a.
#[capability(
    binds(env(KEY, SECRET, TOKEN, TOKEN_SECRET)),
    consumes(
        namespace = "api",
        base_uri = "https://api.acme.io",
        authentication(oauth1(
            consumer_key = "{{env.KEY}}",
            signing_key = "{{env.SECRET}}",
            token = "{{env.TOKEN}}",
            token_secret = "{{env.TOKEN_SECRET}}",
            signature_method = "HMAC-SHA256",
        )),
    ),
    exposes(rest(port = 1))
)]
pub trait Donations {
    /// Adds a donation.
    #[post("/donations")]
    async fn add(&self, of: &str, body: &Value) -> Result<RawJson>;
}

/// Returns the capability of a trait, and the capability of its document.
fn both(capability: Capability, upstream: &Upstream, binds: &[(&str, &str)]) -> [Capability; 2] {
    let settings = Settings::default().upstream("api", upstream.url());
    let settings = binds.iter().fold(settings, |settings, (name, value)| settings.bind(*name, *value));
    let document = reopened(&capability, settings);
    [capability, document]
}

fn guarded(upstream: &Upstream) -> [Capability; 2] {
    let builder = GuardedClient::builder().base_uri(upstream.url()).bind("USER", "Mufasa").bind("PASSWORD", PASSWORD);
    let binds = [("USER", "Mufasa"), ("PASSWORD", PASSWORD)];
    both(builder.build().unwrap().into_capability(), upstream, &binds)
}

/// Returns the parameters of `Authorization`, without their quotes.
fn parameters(request: &Recorded) -> Option<HashMap<String, String>> {
    let text = request.header("authorization")?.split_once(' ')?.1.to_owned();
    let pairs = text.split(", ").filter_map(|pair| pair.split_once('='));
    Some(pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())).collect())
}

fn challenge(nonce: &str, more: &str) -> Answer {
    let value = format!("Digest realm=\"a\", nonce=\"{nonce}\", qop=\"auth\", algorithm=SHA-256{more}");
    Answer::status(401).header("www-authenticate", &value)
}

/// Guards `/notes` with digest authentication; each nonce is valid for two requests.
fn guards(upstream: &Upstream, method: &str) {
    let used = AtomicUsize::new(0);
    upstream.answer_with(method, "/notes", move |request| {
        let Some(sent) = parameters(request) else { return challenge("nonce-0", "") };
        let current = used.load(Ordering::SeqCst) / 2;
        if sent["nonce"] != format!("nonce-{current}") {
            return challenge(&format!("nonce-{current}"), ", stale=true");
        }
        used.fetch_add(1, Ordering::SeqCst);
        Answer::json(200, json!([sent["nc"], sent["uri"], sent["username"]]))
    });
}

#[tokio::test]
async fn a_challenge_is_answered_and_its_nonce_used_again() {
    for number in 0..2 {
        let upstream = Upstream::start().await;
        guards(&upstream, "GET");
        let capability = guarded(&upstream)[number].clone();
        let mut answers = Vec::new();
        for _ in 0..3 {
            answers.push(capability.call("read", json!({ "of": "a b" })).await.unwrap());
        }
        let expected = ["00000001", "00000002", "00000001"].map(|nc| json!([nc, "/notes?of=a%20b", "Mufasa"]));
        assert_eq!(answers, expected);
        // The first call gets the challenge; the third call gets another one, because the nonce has expired.
        let sent: Vec<_> =
            upstream.requests().iter().map(|request| parameters(request).map(|sent| sent["nonce"].clone())).collect();
        let expected = [None, Some("nonce-0"), Some("nonce-0"), Some("nonce-0"), Some("nonce-1")];
        assert_eq!(sent, expected.map(|nonce| nonce.map(str::to_owned)));
    }
}

#[tokio::test]
async fn a_session_keeps_the_client_nonce_of_its_first_answer() {
    for (algorithm, is_session) in [("SHA-256-sess", true), ("MD5-sess", true), ("SHA-256", false)] {
        let upstream = Upstream::start().await;
        let used = AtomicUsize::new(0);
        upstream.answer_with("GET", "/notes", move |request| {
            let current = format!("nonce-{}", used.load(Ordering::SeqCst) / 3);
            if parameters(request).is_some_and(|sent| sent["nonce"] == current) {
                used.fetch_add(1, Ordering::SeqCst);
                return Answer::json(200, json!([]));
            }
            let value = format!("Digest realm=\"a\", nonce=\"{current}\", qop=\"auth\", algorithm={algorithm}");
            Answer::status(401).header("www-authenticate", &value)
        });
        let capability = guarded(&upstream)[0].clone();
        for _ in 0..6 {
            capability.call("read", json!({ "of": "a" })).await.unwrap();
        }
        let sent: Vec<_> = upstream.requests().iter().filter_map(parameters).collect();
        let own: Vec<_> = sent.iter().map(|sent| (&sent["nonce"], &sent["cnonce"], &sent["nc"])).collect();
        // Three requests answer the first challenge, one is refused since its nonce has expired, and three answer the second one.
        assert_eq!(own.len(), 7, "{own:?}");
        let same = |range: std::ops::Range<usize>| own[range.clone()].iter().all(|one| one.1 == own[range.start].1);
        assert_eq!((same(0..4), same(4..7), same(3..5)), (is_session, is_session, false), "{own:?}");
        assert_eq!(own[6], (&"nonce-1".to_owned(), own[6].1, &"00000003".to_owned()));
    }
}

#[tokio::test]
async fn a_stale_nonce_is_answered_again_even_if_it_stays_the_same() {
    for (stale, requests, expected) in [(", stale=true", 4, Some(json!("00000003"))), (", stale=false", 3, None)] {
        let upstream = Upstream::start().await;
        upstream.answer_with("GET", "/notes", move |request| match parameters(request) {
            Some(sent) if sent["nc"] != "00000002" => Answer::json(200, json!(sent["nc"])),
            Some(_) => challenge("n", stale),
            None => challenge("n", ""),
        });
        let capability = guarded(&upstream)[0].clone();
        assert_eq!(capability.call("read", json!({ "of": "a" })).await.unwrap(), json!("00000001"));
        let second = capability.call("read", json!({ "of": "a" })).await;
        assert_eq!((second.ok(), upstream.requests().len()), (expected, requests), "{stale}");
    }
}

#[tokio::test]
async fn a_refused_write_is_sent_again_with_its_body() {
    let upstream = Upstream::start().await;
    guards(&upstream, "POST");
    guarded(&upstream)[0].call("add", json!({ "body": "one" })).await.unwrap();
    let bodies: Vec<_> = upstream.requests().iter().map(|request| request.json().unwrap()).collect();
    assert_eq!(bodies, [json!("one"), json!("one")]);
}

/// Stores files behind a password.
#[capability(
    binds(env(USER, PASSWORD)),
    consumes(
        namespace = "api",
        base_uri = "https://api.acme.io",
        authentication(digest(username = "{{env.USER}}", password = "{{env.PASSWORD}}")),
    )
)]
pub trait GuardedFiles {
    /// Stores a file.
    #[put("/notes")]
    async fn store(&self, #[body(bytes)] file: Upload) -> Result<RawJson>;
}

#[tokio::test]
async fn a_file_that_can_be_sent_only_once_fails_at_a_challenge_which_the_next_call_answers() {
    let upstream = Upstream::start().await;
    guards(&upstream, "PUT");
    let builder = GuardedFilesClient::builder().base_uri(upstream.url());
    let client = builder.bind("USER", "Mufasa").bind("PASSWORD", PASSWORD).build().unwrap();
    let file = || Upload::from_reader(&b"read once"[..]);
    let asked = "asked for new credentials (401 Unauthorized), but this body can be sent only once: call again";
    for is_stored in [false, true, true, false, true] {
        let stored = client.store(file()).await;
        assert_eq!(stored.is_ok(), is_stored, "{:?}", upstream.requests());
        let is_now = |error: &naftiko::Error| error.retry_after().is_some_and(|delay| delay.0 == "0");
        assert!(stored.err().is_none_or(|error| error.to_string().ends_with(asked) && is_now(&error)));
    }
    assert_eq!(upstream.requests().len(), 5);
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_and_never_shown() {
    for number in 0..2 {
        let upstream = Upstream::start().await;
        upstream.answer_with("GET", "/notes", |_| challenge("n", ""));
        let capability = guarded(&upstream)[number].clone();
        for calls in 1..3 {
            let error = capability.call("read", json!({ "of": "a" })).await.unwrap_err();
            assert_eq!((error.kind(), upstream.requests().len()), (ErrorKind::Credential, calls * 2));
            let text = format!("{error:?}");
            assert!(text.contains("refused the user name and password") && !text.contains(PASSWORD), "{text}");
        }
        let heads = upstream.requests().into_iter().map(|request| format!("{:?}", request.headers));
        assert!(heads.into_iter().all(|head| !head.contains(PASSWORD)));
    }
}

#[tokio::test]
async fn a_challenge_that_cannot_be_answered_is_blamed_instead_of_the_password() {
    for (challenge, found) in [
        (Some("Basic realm=\"a\", Bearer"), "`Basic, Bearer`"),
        (
            Some("Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\", algorithm=SHA-256"),
            "`Digest algorithm=\"SHA-256\" qop=\"auth-int\"`",
        ),
        (Some("Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256"), "`Digest algorithm=\"SHA-512-256\"`"),
        (None, "none"),
    ] {
        let upstream = Upstream::start().await;
        let refused = Answer::status(401);
        let refused = challenge.iter().fold(refused, |refused, value| refused.header("www-authenticate", value));
        upstream.answer("GET", "/notes", refused);
        let error = guarded(&upstream)[0].call("read", json!({ "of": "a" })).await.unwrap_err();
        assert_eq!((error.kind(), upstream.requests().len()), (ErrorKind::Credential, 1));
        let text = error.to_string();
        assert!(text.contains(&format!("or none, found {found} (401 Unauthorized)")), "{text}");
        assert!(!text.contains("refused the user name"), "{text}");
    }
}

#[tokio::test]
async fn a_nonce_that_is_stale_again_is_replaced_again_but_not_forever() {
    for (stale, fails) in [(2, false), (usize::MAX, true)] {
        let upstream = Upstream::start().await;
        let answered = AtomicUsize::new(0);
        upstream.answer_with("GET", "/notes", move |request| {
            if parameters(request).is_none() {
                return challenge("nonce", "");
            }
            let before = answered.fetch_add(1, Ordering::SeqCst);
            if before < stale {
                challenge(&format!("nonce-{before}"), ", stale=true")
            } else {
                Answer::json(200, json!(1))
            }
        });
        let called = guarded(&upstream)[0].call("read", json!({ "of": "a" })).await;
        assert_eq!((called.is_err(), upstream.requests().len()), (fails, if fails { 5 } else { 4 }));
        let text = called.err().map(|error| error.to_string());
        assert!(text.is_none_or(|text| text.contains("refuses the nonces of its own challenges as stale")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_calls_do_not_use_up_each_others_nonces() {
    // Each nonce is accepted once (RFC 7616, section 5.4).
    let upstream = Upstream::start().await;
    let (next, open) = (AtomicUsize::new(0), Mutex::new(HashSet::new()));
    upstream.answer_with("GET", "/notes", move |request| {
        let mut open = open.lock().unwrap();
        if parameters(request).is_some_and(|sent| open.remove(&sent["nonce"])) {
            return Answer::json(200, json!([]));
        }
        let nonce = format!("nonce-{}", next.fetch_add(1, Ordering::SeqCst));
        open.insert(nonce.clone());
        challenge(&nonce, "")
    });
    let capability = guarded(&upstream)[0].clone();
    let calls = (0..64).map(|_| {
        let capability = capability.clone();
        tokio::spawn(async move { capability.call("read", json!({ "of": "a" })).await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_refused_digest_is_not_sent_with_the_first_request_of_the_next_call() {
    let upstream = Upstream::start().await;
    upstream.answer_with("GET", "/notes", |_| challenge("n", ""));
    let capability = guarded(&upstream)[0].clone();
    for _ in 0..2 {
        capability.call("read", json!({ "of": "a" })).await.unwrap_err();
    }
    let proved: Vec<_> = upstream.requests().iter().map(|request| parameters(request).is_some()).collect();
    assert_eq!(proved, [false, true, false, true]);
}

#[tokio::test]
async fn an_expired_nonce_is_replaced_without_being_called_stale() {
    for quality in ["", ", qop=\"auth\""] {
        let upstream = Upstream::start().await;
        let used = AtomicUsize::new(0);
        upstream.answer_with("GET", "/notes", move |request| {
            let current = format!("nonce-{}", used.load(Ordering::SeqCst));
            if parameters(request).is_some_and(|sent| sent["nonce"] == current) {
                used.fetch_add(1, Ordering::SeqCst);
                return Answer::json(200, json!([]));
            }
            let value = format!("Digest realm=\"a\", nonce=\"{current}\"{quality}");
            Answer::status(401).header("www-authenticate", &value)
        });
        let capability = guarded(&upstream)[0].clone();
        for _ in 0..4 {
            capability.call("read", json!({ "of": "a" })).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_request_is_signed_by_hmac() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/scans", Answer::json(200, json!([])));
    let binds = [("API_ID", "abc123"), ("API_KEY", "00112233445566778899aabbccddeeff")];
    let builder = ScansClient::builder().base_uri(upstream.url());
    let builder = binds.iter().fold(builder, |builder, (name, value)| builder.bind(*name, *value));
    for capability in both(builder.build().unwrap().into_capability(), &upstream, &binds) {
        capability.call("list", json!({ "of": "a" })).await.unwrap();
    }
    let values: Vec<_> =
        upstream.requests().iter().map(|request| request.header("authorization").unwrap().to_owned()).collect();
    let prefix = "VERACODE-HMAC-SHA-256 id=abc123,ts=";
    assert!(values.iter().all(|value| value.starts_with(prefix) && value.contains(",nonce=")), "{values:?}");
    // A nonce is used once.
    assert_ne!(values[0].split_once(",nonce=").unwrap().1, values[1].split_once(",nonce=").unwrap().1);
    let builder = ScansClient::builder().bind("API_ID", "abc123").bind("API_KEY", "s3cret");
    let error = builder.build().err().unwrap().to_string();
    assert!(error.contains("the API key of `api`") && !error.contains("s3cret"), "{error}");
    let builder = ScansClient::builder().bind("API_ID", "to\nk").bind("API_KEY", "00");
    let error = builder.build().err().unwrap().to_string();
    assert!(error.contains("the API ID of `api` cannot be sent in a header: API_ID has a line break"), "{error}");
}

#[tokio::test]
async fn a_part_of_aws_credentials_that_cannot_be_sent_is_reported_at_startup() {
    for (name, what) in [("ID", "access key ID"), ("TOKEN", "session token"), ("REGION", "AWS region")] {
        let binds = [("ID", "a"), ("SECRET", "b"), ("TOKEN", "c"), ("REGION", "d"), (name, "s3c\nret")];
        let builder = binds.iter().fold(TablesClient::builder(), |builder, (name, value)| builder.bind(*name, *value));
        let error = builder.build().err().unwrap().to_string();
        let expected = format!("the {what} of `api` cannot be sent in a header: {name} has a line break");
        assert!(error.contains(&expected) && !error.contains("s3c"), "{error}");
    }
}

#[tokio::test]
async fn a_request_is_signed_for_aws() {
    let upstream = Upstream::start().await;
    upstream.answer_with("POST", "/", |request| {
        Answer::json(200, json!([request.header("x-amz-security-token").unwrap(), "s3cret+key"]))
    });
    let binds = [("ID", "AKIDEXAMPLE"), ("SECRET", "s3cret+key"), ("TOKEN", "s3cret-token"), ("REGION", "eu-north-1")];
    let builder = TablesClient::builder().base_uri(upstream.url());
    let builder = binds.iter().fold(builder, |builder, (name, value)| builder.bind(*name, *value));
    for capability in both(builder.build().unwrap().into_capability(), &upstream, &binds) {
        let answer = capability.call("list", json!({ "body": {} })).await.unwrap();
        assert_eq!(answer, json!(["*".repeat(12), "*".repeat(10)]));
    }
    for request in upstream.requests() {
        let date = request.header("x-amz-date").unwrap().to_owned();
        let scope = format!("AKIDEXAMPLE/{}/eu-north-1/dynamodb/aws4_request", &date[..8]);
        let signed = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target";
        let expected = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={signed}, Signature=");
        assert!(request.header("authorization").unwrap().starts_with(&expected));
    }
}

#[tokio::test]
async fn a_request_is_signed_by_oauth1() {
    let upstream = Upstream::start().await;
    upstream.answer("POST", "/donations", Answer::json(200, json!(["s3cret+key", "s3cret-token"])));
    let binds =
        [("KEY", "consumer/1"), ("SECRET", "s3cret+key"), ("TOKEN", "user-1"), ("TOKEN_SECRET", "s3cret-token")];
    let builder = DonationsClient::builder().base_uri(upstream.url());
    let builder = binds.iter().fold(builder, |builder, (name, value)| builder.bind(*name, *value));
    for capability in both(builder.build().unwrap().into_capability(), &upstream, &binds) {
        let answer = capability.call("add", json!({ "of": "a b", "body": { "amount": 5 } })).await.unwrap();
        assert_eq!(answer, json!(["*".repeat(10), "*".repeat(12)]));
    }
    let sent: Vec<_> = upstream.requests().iter().filter_map(parameters).collect();
    for sent in &sent {
        assert_eq!(sent["oauth_consumer_key"], "consumer%2F1");
        assert_eq!((&*sent["oauth_token"], &*sent["oauth_signature_method"]), ("user-1", "HMAC-SHA256"));
        assert!(!sent.contains_key("oauth_body_hash"), "{sent:?}");
    }
    // A nonce is used once.
    assert_ne!(sent[0]["oauth_nonce"], sent[1]["oauth_nonce"]);
    let error = DonationsClient::builder().build().err().unwrap().to_string();
    assert!(["KEY", "SECRET", "TOKEN_SECRET"].iter().all(|name| error.contains(name)), "{error}");
}

#[tokio::test]
async fn a_dry_run_needs_no_key_to_sign_with() {
    let kinds = [
        "hmac, apiId: '{{ID}}', apiKey: '{{KEY}}'",
        "oauth1, consumerKey: '{{ID}}', signingKey: '{{KEY}}', signatureMethod: RSA-SHA256",
    ];
    for kind in kinds {
        let yaml = SCANS.replace("KIND", kind);
        let loaded = load(&yaml, &Policy::default()).unwrap();
        let run = DryRun::default();
        let settings = Settings::default().dry_run(run.clone());
        let capability = naftiko::document::capability(loaded.document, loaded.lowered, settings).unwrap();
        capability.call("list", json!({})).await.unwrap_err();
        let shown = run.requests().join("");
        assert!(shown.starts_with("GET https://api.acme.io/scans\n") && !shown.contains("{{"), "{shown}");
    }
}

const SCANS: &str = "\
naftiko: 1.0.0-alpha2
info: {label: Scans, description: Keeps scans.}
binds:
- {namespace: env, keys: {ID: NAFTIKO_TEST_UNSET_ID, KEY: NAFTIKO_TEST_UNSET_KEY}}
capability:
  consumes:
  - type: http
    namespace: api
    baseUri: https://api.acme.io
    authentication: {type: KIND}
    resources:
    - name: scans
      path: /scans
      operations:
      - {name: list, method: GET, description: Lists the scans.}
  exposes:
  - type: mcp
    port: 9090
    namespace: scans
    tools:
    - {name: list, description: Lists the scans., call: api.list}
";
