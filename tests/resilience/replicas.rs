//! Replicas: clients with one store share their rate limits and their cached answers.

use super::caching::{Articles, ArticlesClient};
use super::{Orders, OrdersClient, client, documented_with, reopened};
use naftiko::document::Settings;
use naftiko::layer::BoxError;
use naftiko::store::{MemoryStore, Store, StoreFuture};
use naftiko::testing::{Answer, Recorded, Upstream};
use naftiko::{Authenticate, Capability, CredentialRequest, Error, ErrorKind, Result, capability};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Returns the capabilities of two replicas, one made from the trait and one from its document.
fn replicas(upstream: &Upstream, store: &Arc<dyn Store>) -> [Capability; 2] {
    let of_trait = OrdersClient::builder().base_uri(upstream.url()).store(store.clone()).build().unwrap();
    [of_trait.into_capability(), documented_with(upstream, |settings| settings.store(store.clone()))]
}

/// Checks that two replicas with these stores can make only one call together in nine minutes.
async fn assert_one_call(stores: [Arc<dyn Store>; 2]) {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/find", Answer::json(200, json!(7)));
    let [first, _] = replicas(&upstream, &stores[0]);
    let [_, second] = replicas(&upstream, &stores[1]);
    assert_eq!(first.call("find", json!({})).await.unwrap(), json!(7));
    for replica in [&second, &first] {
        let error = replica.call("find", json!({})).await.unwrap_err();
        assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::Throttled, 429));
        let wait = error.retry_after().unwrap().delay().unwrap().as_secs();
        assert!((530..=540).contains(&wait), "{wait}");
    }
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_rate_limit_counts_the_calls_of_all_replicas() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    assert_one_call([store.clone(), store]).await;
}

/// Checks that two replicas with these stores share answers, and that a write of one invalidates them for both.
async fn assert_shared_answers(stores: [Arc<dyn Store>; 2]) {
    // Much longer than a store needs, so that only an answer that is never shared reaches it.
    tokio::time::timeout(Duration::from_secs(60), share_answers(stores)).await.expect("a shared answer");
}

async fn share_answers(stores: [Arc<dyn Store>; 2]) {
    let upstream = Upstream::start().await;
    let count = AtomicUsize::new(0);
    let fresh = move |_: &_| {
        Answer::json(200, json!(count.fetch_add(1, Ordering::SeqCst))).header("cache-control", "max-age=600")
    };
    upstream.answer_with("GET", "/articles/{id}", fresh);
    upstream.answer("PUT", "/articles/{id}", Answer::json(200, json!(null)));
    let client = |store: &Arc<dyn Store>, key: &str| {
        ArticlesClient::builder().base_uri(upstream.url()).bind("KEY", key).store(store.clone())
    };
    let first = client(&stores[0], "s3cret-key").build().unwrap().into_capability();
    let settings =
        Settings::default().bind("KEY", "s3cret-key").upstream("api", upstream.url()).store(stores[1].clone());
    let second = reopened(&first, settings);
    let read = async |replica: &Capability| replica.call("read", json!({ "id": "a" })).await.unwrap();
    // Answers are stored in the background.
    let shared = loop {
        let answer = read(&first).await;
        if read(&second).await == answer {
            break answer;
        }
    };
    second.call("write", json!({ "id": "a", "body": {} })).await.unwrap();
    let after = loop {
        let answer = read(&first).await;
        assert_ne!(answer, shared);
        if read(&second).await == answer {
            break answer;
        }
    };
    // Clients with another key, or with an authenticator, get their own answers.
    let other = client(&stores[0], "s3cond-key").build().unwrap().into_capability();
    let unknown = |key| client(&stores[0], "s3cret-key").authenticate(Fixed(key)).build().unwrap().into_capability();
    let mut answers = vec![after];
    for replica in [other, unknown("a"), unknown("b")] {
        let answer = read(&replica).await;
        assert!(!answers.contains(&answer), "{answer}");
        answers.push(answer);
    }
}

/// An authenticator of the user, with a fixed key.
struct Fixed(&'static str);

impl Authenticate for Fixed {
    async fn authenticate(&self, request: &mut CredentialRequest) -> Result<(), BoxError> {
        Ok(request.set_header("x-key", self.0)?)
    }
}

#[tokio::test]
async fn replicas_share_cached_answers() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    assert_shared_answers([store.clone(), store]).await;
}

/// Keeps the notes of a tenant, and those of a partner.
#[capability(
    binds(env(SERVER, TENANT, SECRET, OWN, PARTNERS)),
    consumes(
        namespace = "own",
        base_uri = "https://own.acme.io",
        authentication(oauth2(
            token_url = "{{env.SERVER}}/{{env.TENANT}}/token",
            client_id = "me",
            client_secret = "{{env.SECRET}}",
            refresh_token = "{{env.OWN}}",
        )),
        cache,
    ),
    consumes(
        namespace = "partner",
        base_uri = "https://partner.acme.io",
        authentication(oauth2(
            token_url = "{{env.SERVER}}/any/token",
            client_id = "me",
            client_secret = "{{env.SECRET}}",
            refresh_token = "{{env.PARTNERS}}",
        )),
        cache,
    ),
    exposes(rest(namespace = "notes-rest", port = 1))
)]
pub trait Notes {
    /// Reads the notes.
    #[get("/notes", consumes = "own")]
    async fn own(&self) -> Result<Value>;

    /// Reads the notes of the partner.
    #[get("/shared", consumes = "partner")]
    async fn shared(&self) -> Result<Value>;
}

#[tokio::test]
async fn replicas_that_use_the_same_secrets_differently_share_no_answers() {
    let upstream = Upstream::start().await;
    upstream.answer_with("POST", "/{tenant}/token", |request| {
        let body = String::from_utf8(request.body.to_vec()).unwrap();
        let refresh = body.split_once("refresh_token=").unwrap().1.split('&').next().unwrap();
        let tenant = request.path().split('/').nth(1).unwrap();
        Answer::json(200, json!({ "access_token": format!("t0ken-of-{tenant}-{refresh}"), "expires_in": 3600 }))
    });
    let whose = |request: &Recorded| {
        let token = request.header("authorization").unwrap().strip_prefix("Bearer t0ken-of-").unwrap();
        Answer::json(200, json!(token.to_uppercase())).header("cache-control", "max-age=600")
    };
    upstream.answer_with("GET", "/notes", whose).answer_with("GET", "/shared", whose);
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let replica = |tenant: &str, own: &str, partners: &str| {
        let builder = NotesClient::builder().base_uri(upstream.url()).base_uri_of("partner", upstream.url());
        let builder = builder.bind("SERVER", upstream.url()).bind("SECRET", "s3cret").bind("TENANT", tenant);
        builder.bind("OWN", own).bind("PARTNERS", partners).store(store.clone()).build().unwrap()
    };
    let (mine, same) = (replica("acme", "r-x", "r-y"), replica("acme", "r-x", "r-y"));
    let count = || upstream.requests().iter().filter(|request| !request.path().ends_with("token")).count();
    // Answers are stored in the background; until then, each read is a request to the API.
    loop {
        let before = count();
        assert_eq!(same.own().await.unwrap(), json!("ACME-R-X"));
        assert_eq!(mine.shared().await.unwrap(), json!("ANY-R-Y"));
        if count() == before {
            break;
        }
    }
    // An equal replica needs no requests: it gets the answers of the other one.
    let before = count();
    assert_eq!(mine.own().await.unwrap(), json!("ACME-R-X"));
    assert_eq!(same.shared().await.unwrap(), json!("ANY-R-Y"));
    assert_eq!(count(), before);
    assert_eq!(replica("umbrella", "r-x", "r-y").own().await.unwrap(), json!("UMBRELLA-R-X"));
    let swapped = replica("acme", "r-y", "r-x");
    assert_eq!(swapped.own().await.unwrap(), json!("ACME-R-Y"));
    assert_eq!(swapped.shared().await.unwrap(), json!("ANY-R-X"));
}

/// A store that cannot count, like one that was written before the trait `Store` had a counter.
struct Old(MemoryStore);

impl Store for Old {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.0.get(key)
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, bool> {
        self.0.put_if_absent(key, value, lifetime)
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, ()> {
        self.0.put(key, value, lifetime)
    }

    fn take<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.0.take(key)
    }
}

/// Checks that each of two replicas counts its own calls, because the store cannot count.
async fn assert_own_counts(store: Arc<dyn Store>) {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/find", Answer::json(200, json!(7)));
    for replica in replicas(&upstream, &store) {
        assert_eq!(replica.call("find", json!({})).await.unwrap(), json!(7));
        assert_eq!(replica.call("find", json!({})).await.unwrap_err().status().as_u16(), 429);
    }
}

#[tokio::test]
async fn a_store_that_cannot_count_leaves_each_replica_its_own_count() {
    assert_own_counts(Arc::new(Old(MemoryStore::default()))).await;
}

/// A factory that takes a setup gets the store of its program.
#[cfg(feature = "cli")]
#[tokio::test]
async fn a_program_gives_its_store_to_its_clients() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/find", Answer::json(200, json!(7)));
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let clients = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..2 {
        let (url, made) = (upstream.url().to_owned(), clients.clone());
        let factory = move |setup: naftiko::Setup| -> Result<Capability> {
            made.lock().unwrap().push(OrdersClient::builder().base_uri(url).setup(&setup).build()?);
            Err(Error::configuration("the test has its client"))
        };
        let ended = naftiko::run(factory).store(store.clone()).args(["serve"]).await;
        assert!(ended.unwrap_err().to_string().contains("the test has its client"));
    }
    let clients = clients.lock().unwrap().clone();
    assert_eq!(clients[0].find().await.unwrap(), 7);
    assert_eq!(clients[1].find().await.unwrap_err().status().as_u16(), 429);
    assert_eq!(client(&upstream).find().await.unwrap(), 7);
}

/// Tests with Redis. The ignored ones need a server, whose URL is in `NAFTIKO_TEST_REDIS`: `bash .ci/run redis` starts one.
#[cfg(feature = "redis")]
mod redis {
    use super::*;
    use naftiko::store::RedisStore;

    /// Returns a store on the Redis server of the tests, with its own connection.
    fn store() -> Arc<dyn Store> {
        let url = std::env::var("NAFTIKO_TEST_REDIS").expect("set `NAFTIKO_TEST_REDIS` to the URL of a Redis server");
        Arc::new(RedisStore::new(&url).unwrap())
    }

    /// Deletes the counts of a capability's calls, which an earlier run may have left.
    fn forget_counts(capability: &str) {
        let url = std::env::var("NAFTIKO_TEST_REDIS").unwrap();
        // The names of the keys end with a hash of the limit.
        let script = "for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end";
        let mut redis = std::process::Command::new("redis-cli");
        let redis = redis.args(["-u", &url, "--no-auth-warning", "EVAL", script, "0"]);
        let output = redis.arg(format!("naftiko:rate:{capability}:*")).output().unwrap();
        assert!(output.status.success() && output.stdout.trim_ascii().is_empty(), "{output:?}");
    }

    #[tokio::test]
    #[ignore = "needs a Redis server: bash .ci/run redis"]
    async fn a_rate_limit_counts_the_calls_of_all_replicas() {
        forget_counts("Orders");
        assert_one_call([store(), store()]).await;
    }

    #[tokio::test]
    #[ignore = "needs a Redis server: bash .ci/run redis"]
    async fn replicas_share_cached_answers() {
        assert_shared_answers([store(), store()]).await;
    }

    #[tokio::test]
    async fn a_redis_that_cannot_be_reached_leaves_each_replica_its_own_count() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://:s3cret@{}", listener.local_addr().unwrap());
        // The server accepts connections and closes them at once.
        tokio::spawn(async move { while listener.accept().await.is_ok() {} });
        assert_own_counts(Arc::new(RedisStore::new(&url).unwrap())).await;
    }
}
