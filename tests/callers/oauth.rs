//! Access tokens of an authorization server: which ones an adapter accepts, and which ones it must refuse.
#![cfg(feature = "oauth")]

use crate::support::{Reply, Served};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use naftiko::testing::{Answer, Upstream};
use naftiko::{Caller, Capability, Context, Result, capability};
use serde_json::{Value, json};
use std::sync::{Mutex, mpsc};
use std::time::{SystemTime, UNIX_EPOCH};
use tower::ServiceExt;

const RESOURCE: &str = "https://tokens.example/mcp";

/// Keeps tokens.
#[capability(
    binds(env(ISSUER, API_KEY)),
    consumes(namespace = "tokens", base_uri = "https://api.example", authentication(bearer = "{{env.API_KEY}}")),
    exposes(
        rest(
            port = 8080,
            authentication(oauth2(issuer = "{{env.ISSUER}}", resource = "https://tokens.example/mcp", scopes = ["tokens:read"])),
        ),
        mcp(port = 9090, authentication(oauth2(issuer = "{{env.ISSUER}}", audience = "https://tokens.example/mcp"))),
    ),
)]
pub trait Tokens {
    /// Lists tokens.
    #[get("/tokens")]
    async fn list(&self) -> Result<Vec<String>>;

    /// Says who calls.
    #[rest(get = "/who")]
    async fn who(&self, context: &Context) -> Result<String> {
        let caller = context.caller().unwrap();
        let scopes: Vec<_> = caller.scopes().collect();
        Ok(format!("{} {} {}", caller.subject().unwrap_or_default(), scopes.join("+"), caller.claims()["tenant"]))
    }
}

/// Checks the tokens of callers by introspection.
#[capability(
    binds(env(ISSUER, SECRET)),
    exposes(rest(
        port = 8080,
        authentication(oauth2(
            issuer = "{{env.ISSUER}}",
            resource = "https://tokens.example/mcp",
            introspection,
            client_id = "tokens",
            client_secret = "{{env.SECRET}}",
        )),
    )),
    consumes(namespace = "tokens", base_uri = "https://api.example")
)]
pub trait Asking {
    /// Says who calls.
    #[rest(get = "/who")]
    async fn who(&self, context: &Context) -> Result<String> {
        Ok(context.caller().and_then(Caller::subject).unwrap_or_default().to_owned())
    }
}

/// An authorization server with a key.
struct Server {
    upstream: Upstream,
    pair: EcdsaKeyPair,
}

impl Server {
    async fn new() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
        let issuer = Self { upstream: Upstream::start().await, pair };
        let url = issuer.url();
        let metadata = json!({
            "issuer": url, "jwks_uri": format!("{url}/keys"), "introspection_endpoint": format!("{url}/introspect"),
        });
        issuer.upstream.answer("GET", "/.well-known/oauth-authorization-server", Answer::json(200, metadata));
        issuer.upstream.answer("GET", "/keys", Answer::json(200, issuer.keys()));
        issuer
    }

    fn keys(&self) -> Value {
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        let key = json!({
            "kty": "EC", "crv": "P-256", "kid": "one", "use": "sig", "alg": "ES256",
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
        });
        let other = json!({ "kty": "something new", "kid": "two" });
        json!({ "keys": [other, key] })
    }

    fn url(&self) -> String {
        self.upstream.url().to_owned()
    }

    /// Returns the claims of a good token.
    fn claims(&self) -> Value {
        json!({
            "iss": self.url(), "aud": RESOURCE, "sub": "ada", "exp": now() + 600, "scope": "tokens:read tokens:write",
            "tenant": "acme",
        })
    }

    /// Returns a token of the issuer.
    fn token(&self, claims: &Value) -> String {
        self.signed(&json!({ "alg": "ES256", "kid": "one", "typ": "at+jwt" }), claims)
    }

    fn signed(&self, head: &Value, claims: &Value) -> String {
        let text = unsigned(head, claims);
        let signature = self.pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }

    fn asked_for(&self, path: &str) -> usize {
        self.upstream.requests().iter().filter(|request| request.path() == path).count()
    }
}

fn unsigned(head: &Value, claims: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(head.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

async fn served(issuer: &Server, api: &Upstream) -> (Served, Capability) {
    let client = TokensClient::builder().base_uri(api.url()).bind("API_KEY", "api-s3cret").bind("ISSUER", issuer.url());
    let capability = client.build().unwrap().into_capability();
    capability.check_callers().unwrap();
    (Served::new(&capability).await, capability)
}

async fn read(served: &Served, path: &str, token: &str) -> Reply {
    served.get(path, &[("authorization", &format!("Bearer {token}"))]).await
}

#[tokio::test]
async fn both_adapters_accept_a_token_of_the_server_and_do_not_pass_it_on() {
    let (issuer, api) = (Server::new().await, Upstream::start().await);
    api.answer("GET", "/tokens", Answer::json(200, json!(["ci"])));
    let (served, _) = served(&issuer, &api).await;
    let token = issuer.token(&issuer.claims());
    assert_eq!(read(&served, "/who", &token).await.json(), json!("ada tokens:read+tokens:write \"acme\""));
    assert_eq!(read(&served, "/tokens", &token).await.json(), json!(["ci"]));
    let bearer = format!("Bearer {token}");
    let who = served.tool("who", json!({}), &[("authorization", &bearer)]).await;
    assert!(who.text.contains("ada tokens:read+tokens:write"), "{who:?}");
    assert_eq!(served.tool("list", json!({}), &[("authorization", &bearer)]).await.status, 200);
    // A token may have several audiences.
    let several = with(&issuer.claims(), "aud", json!(["https://other.example", RESOURCE]));
    assert_eq!(read(&served, "/who", &issuer.token(&several)).await.status, 200);
    let sent = api.requests();
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|sent| sent.header("authorization") == Some("Bearer api-s3cret")));
    assert!(!format!("{sent:?}").contains(&token));
}

#[tokio::test]
async fn no_other_token_is_accepted() {
    let (issuer, api) = (Server::new().await, Upstream::start().await);
    let (served, _) = served(&issuer, &api).await;
    let (claims, es256) = (issuer.claims(), json!({ "alg": "ES256", "kid": "one" }));
    let without = |name: &str| {
        let mut claims = claims.clone();
        claims.as_object_mut().unwrap().remove(name);
        issuer.token(&claims)
    };
    let without_signature = |alg: &str| format!("{}.", unsigned(&json!({ "alg": alg, "kid": "one" }), &claims));
    let public = issuer.pair.public_key().as_ref().to_vec();
    let by_public_key = |key: &[u8]| {
        let text = unsigned(&json!({ "alg": "HS256", "kid": "one" }), &claims);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
    };
    let good = issuer.token(&claims);
    let (head, rest) = good.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let promoted = URL_SAFE_NO_PAD.encode(with(&claims, "sub", json!("root")).to_string());
    let not_a_jwt = "the access token is not a JSON Web Token with a known signature algorithm";
    let invalid = "the signature or the claims of the access token are not valid";
    let symmetric = "the access token is signed with HS256, which is not accepted";
    let stranger = Server::new().await;
    for (token, why) in [
        (issuer.token(&with(&claims, "exp", json!(now() - 3600))), "the access token has expired"),
        (issuer.token(&with(&claims, "nbf", json!(now() + 3600))), "the access token is not valid yet"),
        (
            issuer.token(&with(&claims, "aud", json!("https://other.example"))),
            "the access token is for another audience",
        ),
        (issuer.token(&with(&claims, "iss", json!("https://evil.example"))), "the access token is from another issuer"),
        (issuer.token(&with(&claims, "iss", json!([issuer.url()]))), "the access token is from another issuer"),
        (without("exp"), "the access token has no `exp`"),
        (without("aud"), "the access token has no `aud`"),
        (without("iss"), "the access token has no `iss`"),
        (issuer.token(&with(&claims, "iss", Value::Null)), "the access token has no `iss`"),
        (issuer.token(&with(&claims, "exp", json!("9999999999"))), "`exp` of the access token is not a number"),
        (without("sub"), "the access token has neither `sub` nor `client_id`"),
        (issuer.token(&with(&claims, "sub", json!(""))), "the access token has neither `sub` nor `client_id`"),
        (without_signature("none"), not_a_jwt),
        (without_signature("None"), not_a_jwt),
        (without_signature("ES256"), invalid),
        (by_public_key(&public), symmetric),
        (by_public_key(&public[1..]), symmetric),
        (
            issuer.signed(&json!({ "alg": "ES384", "kid": "one" }), &claims),
            "the access token is signed with ES384, but no matching key of the issuer is for this algorithm",
        ),
        (
            issuer.signed(&json!({ "alg": "RS256", "kid": "one" }), &claims),
            "the access token is signed with RS256, but no matching key of the issuer is for this algorithm",
        ),
        (stranger.signed(&es256, &claims), invalid),
        (
            issuer.signed(&json!({ "alg": "ES256", "kid": "unknown" }), &claims),
            "the access token is signed with an unknown key",
        ),
        (format!("{head}.{promoted}.{signature}"), invalid),
        ("opaque".to_owned(), not_a_jwt),
        (format!("{good}.{signature}"), not_a_jwt),
    ] {
        let refused = read(&served, "/who", &token).await;
        assert_eq!((refused.status, refused.json()["detail"].as_str()), (401, Some(why)), "{token}");
        let how = refused.header("www-authenticate");
        assert!(how.contains("error=\"invalid_token\""), "{how}");
        let bearer = format!("Bearer {token}");
        let call = served.tool("list", json!({}), &[("authorization", &bearer)]).await;
        assert_eq!((call.status, call.json()["error"]["message"].as_str()), (401, Some(why)), "{token}");
    }
    // A list of audiences is valid if one of them is the adapter's. If `scope` is empty, the scopes are in `scp`.
    let several = with(&claims, "aud", json!([RESOURCE, 5]));
    assert_eq!(read(&served, "/who", &issuer.token(&several)).await.status, 200);
    let scopes = with(&with(&claims, "scope", json!("")), "scp", json!(["tokens:read"]));
    assert_eq!(read(&served, "/who", &issuer.token(&scopes)).await.status, 200);
    // A token may leave out the ID of the only key that can have signed it.
    assert_eq!(read(&served, "/who", &issuer.signed(&json!({ "alg": "ES256" }), &claims)).await.status, 200);
    assert_eq!(api.requests().len(), 0);
}

#[tokio::test]
async fn tokens_with_unknown_keys_do_not_make_the_adapter_fetch_the_keys_again() {
    let (issuer, api) = (Server::new().await, Upstream::start().await);
    let (served, _) = served(&issuer, &api).await;
    for number in 0..20 {
        let token = issuer.signed(&json!({ "alg": "ES256", "kid": format!("k{number}") }), &issuer.claims());
        assert_eq!(read(&served, "/who", &token).await.status, 401);
    }
    // The keys are fetched for the first token, and once more for the first unknown key after it.
    assert_eq!(issuer.asked_for("/keys"), 2);
    assert_eq!(read(&served, "/who", &issuer.token(&issuer.claims())).await.status, 200);
    assert_eq!(issuer.asked_for("/keys"), 2);
}

#[tokio::test]
async fn a_key_that_is_replaced_right_after_the_first_token_is_fetched_at_once() {
    let (issuer, api) = (Server::new().await, Upstream::start().await);
    let (served, _) = served(&issuer, &api).await;
    assert_eq!(read(&served, "/who", &issuer.token(&issuer.claims())).await.status, 200);
    let mut keys = issuer.keys();
    keys["keys"][1]["kid"] = json!("two");
    issuer.upstream.answer("GET", "/keys", Answer::json(200, keys));
    let token = issuer.signed(&json!({ "alg": "ES256", "kid": "two" }), &issuer.claims());
    assert_eq!(read(&served, "/who", &token).await.status, 200);
    assert_eq!(issuer.asked_for("/keys"), 2);
}

#[tokio::test]
async fn each_key_that_can_have_signed_a_token_is_tried() {
    let (issuer, api) = (Server::new().await, Upstream::start().await);
    let (key, other) = (issuer.keys()["keys"][1].clone(), Server::new().await.keys()["keys"][1].clone());
    // An RSA key with the exponent 65537; nothing is signed with it.
    let rsa = json!({ "kty": "RSA", "kid": "one", "n": URL_SAFE_NO_PAD.encode([0xc5; 256]), "e": "AQAB" });
    let without = |key: &Value, name: &str| {
        let mut key = key.clone();
        key.as_object_mut().unwrap().remove(name);
        key
    };
    let (by_id, by_none) = (json!({ "alg": "ES256", "kid": "one" }), json!({ "alg": "ES256" }));
    for (keys, head, status) in [
        (json!([rsa, key]), &by_id, 200),
        (json!([other, key]), &by_id, 200),
        (json!([with(&key, "alg", json!("ES384")), key]), &by_id, 200),
        (json!([without(&key, "kid")]), &by_id, 200),
        (json!([without(&rsa, "kid"), without(&key, "kid")]), &by_none, 200),
        (json!([other]), &by_id, 401),
        (json!([rsa]), &by_id, 401),
        (json!([with(&key, "key_ops", json!(["verify"]))]), &by_id, 200),
        (json!([with(&key, "key_ops", json!(["encrypt"]))]), &by_id, 401),
        (json!([with(&key, "use", json!("enc"))]), &by_id, 401),
    ] {
        issuer.upstream.answer("GET", "/keys", Answer::json(200, json!({ "keys": keys })));
        let client = TokensClient::builder().base_uri(api.url()).bind("API_KEY", "k").bind("ISSUER", issuer.url());
        let served = Served::new(&client.build().unwrap().into_capability()).await;
        let read = read(&served, "/who", &issuer.signed(head, &issuer.claims())).await;
        assert_eq!(read.status, status, "{keys} {head}: {read:?}");
    }
}

#[tokio::test]
async fn clients_discover_where_to_get_a_token() {
    let (issuer, api) = (Server::new().await, Upstream::start().await);
    let (served, capability) = served(&issuer, &api).await;
    let url = "https://tokens.example/.well-known/oauth-protected-resource/mcp";
    let refused = served.get("/who", &[]).await;
    let how = format!("Bearer resource_metadata=\"{url}\", scope=\"tokens:read\"");
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, how.as_str()));
    let refused = served.mcp("tools/list", json!({}), &[]).await;
    let how = format!("Bearer resource_metadata=\"{url}\"");
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, how.as_str()));

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}/.well-known/oauth-protected-resource/mcp", listener.local_addr().unwrap());
    let router: axum::Router = capability.metadata_router();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let metadata = Reply::of(served.http.get(&at)).await;
    assert_eq!((metadata.status, metadata.header("access-control-allow-origin")), (200, "*"));
    assert_eq!(
        metadata.json(),
        json!({
            "resource": RESOURCE, "authorization_servers": [issuer.url()], "bearer_methods_supported": ["header"],
            "resource_name": "tokens-rest", "scopes_supported": ["tokens:read"],
        })
    );
    let preflight = Reply::of(served.http.request(reqwest::Method::OPTIONS, &at)).await;
    assert_eq!((preflight.status, preflight.header("access-control-allow-headers")), (204, "*"));
}

#[tokio::test]
async fn no_token_is_accepted_while_the_keys_are_unavailable() {
    let (issuer, api) = (Server::new().await, Upstream::start().await);
    issuer.upstream.answer("GET", "/keys", Answer::status(500));
    let (served, _) = served(&issuer, &api).await;
    let refused = read(&served, "/who", &issuer.token(&issuer.claims())).await;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert_eq!(
        refused.json()["detail"],
        "the access token cannot be checked now; the log of the server has the details"
    );
}

#[tokio::test]
async fn tokens_are_checked_by_introspection() {
    let issuer = Server::new().await;
    let good = with(&issuer.claims(), "active", json!(true));
    let client = AskingClient::builder().bind("ISSUER", issuer.url()).bind("SECRET", "s3cret+%/");
    let served = Served::new(&client.build().unwrap().into_capability()).await;
    for (answer, status, why) in [
        (json!({ "active": false }), 401, "the access token is not active"),
        (json!({ "active": "true" }), 401, "the access token is not active"),
        (with(&good, "exp", json!(now() - 3600)), 401, "the access token has expired"),
        (with(&good, "exp", json!(1.5)), 401, "the access token has expired"),
        (with(&good, "exp", json!(-1)), 401, "the access token has expired"),
        (with(&good, "exp", json!("9999999999")), 401, "`exp` of the access token is not a number"),
        (with(&good, "nbf", json!(now() + 3600)), 401, "the access token is not valid yet"),
        (with(&good, "exp", Value::Null), 200, ""),
        (with(&good, "aud", json!("https://other.example")), 401, "the access token is for another audience"),
        (with(&good, "aud", Value::Null), 401, "the authorization server's answer about the access token has no `aud`"),
        (with(&good, "iss", Value::Null), 200, ""),
        (with(&good, "iss", json!("https://evil.example")), 401, "the access token is from another issuer"),
        (json!("active"), 503, "the access token cannot be checked now; the log of the server has the details"),
        (with(&good, "exp", json!(u64::MAX)), 200, ""),
        (good.clone(), 200, ""),
    ] {
        issuer.upstream.answer("POST", "/introspect", Answer::json(200, answer.clone()));
        let read = read(&served, "/who", "opaque-t0ken").await;
        assert_eq!(read.status, status, "{answer}: {read:?}");
        assert_eq!(read.json(), if status == 200 { json!("ada") } else { with(&read.json(), "detail", json!(why)) });
    }
    let asked = issuer.upstream.requests().into_iter().rev().find(|request| request.path() == "/introspect").unwrap();
    // The ID and the secret are URL-encoded before Base64: `tokens:s3cret%2B%25%2F` (RFC 6749, section 2.3.1).
    assert_eq!(asked.header("authorization"), Some("Basic dG9rZW5zOnMzY3JldCUyQiUyNSUyRg=="));
    assert_eq!(asked.body, "token=opaque-t0ken&token_type_hint=access_token");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_caller_that_disconnects_does_not_end_the_fetch_of_the_keys() {
    let (issuer, api) = (Server::new().await, Upstream::start().await);
    let keys = issuer.keys();
    let (arrive, mut arrived) = tokio::sync::mpsc::unbounded_channel();
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    issuer.upstream.answer_with("GET", "/keys", move |_| {
        let _ = arrive.send(());
        // The answer waits until the test drops `release`.
        let _ = tokio::task::block_in_place(|| released.lock().unwrap().recv());
        Answer::json(200, keys.clone())
    });
    let (_, capability) = served(&issuer, &api).await;
    let router: axum::Router = capability.rest_router();
    let get = |token: &str| {
        let request = axum::http::Request::get("/who").header("host", "localhost");
        let request = request.header("authorization", format!("Bearer {token}"));
        router.clone().oneshot(request.body(Body::empty()).unwrap())
    };
    let unknown = issuer.signed(&json!({ "alg": "ES256", "kid": "unknown" }), &issuer.claims());
    // The router is called without a server, so dropping the future ends the caller's request.
    tokio::select! {
        answer = get(&unknown) => panic!("the keys came too early: {answer:?}"),
        request = arrived.recv() => assert!(request.is_some()),
    }
    drop(release);
    let good = get(&issuer.token(&issuer.claims())).await.unwrap();
    assert_eq!(good.status(), 200, "{good:?}");
    assert_eq!(issuer.asked_for("/keys"), 1);
}

#[tokio::test]
async fn a_token_with_an_unknown_critical_extension_is_refused() {
    let (issuer, api) = (Server::new().await, Upstream::start().await);
    let (served, _) = served(&issuer, &api).await;
    for critical in [json!(["b64"]), json!(["urn:bound-to-a-key"]), json!([])] {
        let head = json!({ "alg": "ES256", "kid": "one", "crit": critical, "urn:bound-to-a-key": true });
        assert_eq!(read(&served, "/who", &issuer.signed(&head, &issuer.claims())).await.status, 401, "{head}");
    }
}
