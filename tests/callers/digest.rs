//! Callers that prove that they know a password: Digest (RFC 7616).

use crate::support::{Reply, Served};
use aws_lc_rs::digest::{SHA256, digest};
#[cfg(feature = "document")]
use naftiko::testing::{Answer, Upstream};
use naftiko::{CallerAuthentication, Context, Result, capability};
use serde_json::json;

/// Knows its caller.
#[capability(
    binds(env(NAFTIKO_TEST_USER, NAFTIKO_TEST_PASSWORD)),
    exposes(
        rest(
            port = 8080,
            authentication(digest(
                username = "{{env.NAFTIKO_TEST_USER}}",
                password = "{{env.NAFTIKO_TEST_PASSWORD}}"
            ))
        ),
        mcp(
            port = 9090,
            authentication(digest(
                username = "{{env.NAFTIKO_TEST_USER}}",
                password = "{{env.NAFTIKO_TEST_PASSWORD}}"
            ))
        )
    )
)]
pub trait Whom {
    /// Says who calls.
    #[rest(get = "/who")]
    #[tool]
    async fn who(&self, context: &Context) -> Result<String>;
}

struct Whoever;

impl Whom for Whoever {
    async fn who(&self, context: &Context) -> Result<String> {
        Ok(context.caller().and_then(naftiko::Caller::subject).unwrap_or("nobody").to_owned())
    }
}

/// Calls the API that `Whom` exposes.
#[capability(
    consumes(
        namespace = "api",
        base_uri = "http://api.example",
        authentication(digest(username = "{{env.NAFTIKO_TEST_USER}}", password = "{{env.NAFTIKO_TEST_PASSWORD}}"))
    ),
    binds(env(NAFTIKO_TEST_USER, NAFTIKO_TEST_PASSWORD)),
    exposes(mcp(port = 9090))
)]
pub trait Api {
    /// Says who calls.
    #[get("/who")]
    async fn who(&self) -> Result<String>;

    /// Says who calls; the request has a query.
    #[get("/who")]
    async fn asked(&self, #[query("a-b")] query: &str) -> Result<String>;
}

async fn served() -> Served {
    let how = CallerAuthentication::digest("ada", "pass:word");
    Served::new(&Whoever.into_capability().with_authentication(how)).await
}

fn hash(text: &str) -> String {
    let digest = digest(&SHA256, text.as_bytes());
    digest.as_ref().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Returns the nonce of a challenge.
fn nonce(refused: &Reply) -> String {
    assert_eq!(refused.status, 401, "{refused:?}");
    let how = refused.header("www-authenticate");
    let (start, rest) = how.split_once("nonce=\"").unwrap_or_else(|| panic!("{how}"));
    assert_eq!(start, "Digest realm=\"whom-rest\", qop=\"auth\", algorithm=SHA-256, ");
    rest.split_once('"').unwrap().0.to_owned()
}

/// Returns credentials as a client writes them.
fn credentials(nonce: &str, count: &str, method: &str, target: &str, password: &str) -> String {
    let secret = hash(&format!("ada:whom-rest:{password}"));
    let request = hash(&format!("{method}:{target}"));
    let response = hash(&format!("{secret}:{nonce}:{count}:0wn:auth:{request}"));
    format!(
        "Digest username=\"ada\", realm=\"whom-rest\", nonce=\"{nonce}\", uri=\"{target}\", algorithm=SHA-256, qop=auth, \
         nc={count}, cnonce=\"0wn\", response=\"{response}\""
    )
}

#[tokio::test]
async fn our_own_client_is_accepted() {
    let served = served().await;
    let client = ApiClient::builder()
        .base_uri(&served.url)
        .bind("NAFTIKO_TEST_USER", "ada")
        .bind("NAFTIKO_TEST_PASSWORD", "pass:word")
        .build()
        .unwrap();
    for _ in 0..3 {
        assert_eq!(client.who().await.unwrap(), "ada");
    }
    let calls = (0..20).map(|_| client.who());
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.unwrap(), "ada");
    }
    assert_eq!(client.asked("ä&/").await.unwrap(), "ada");
    let other = ApiClient::builder()
        .base_uri(&served.url)
        .bind("NAFTIKO_TEST_USER", "ada")
        .bind("NAFTIKO_TEST_PASSWORD", "password")
        .build()
        .unwrap();
    assert!(other.who().await.is_err());
}

#[tokio::test]
async fn a_request_is_valid_once_and_only_as_it_was_signed() {
    let served = served().await;
    let nonce = nonce(&served.get("/who", &[]).await);
    let get = async |path: &str, value: &str| served.get(path, &[("authorization", value)]).await;
    let first = credentials(&nonce, "00000001", "GET", "/who", "pass:word");
    let answer = get("/who", &first).await;
    assert_eq!((answer.status, answer.json()), (200, json!("ada")));
    let again = get("/who", &first).await;
    assert_eq!(again.status, 401);
    assert!(again.header("www-authenticate").ends_with(", stale=true"), "{again:?}");
    let next = |target: &str| credentials(&nonce, "00000002", "GET", target, "pass:word");
    for (path, value, why) in [
        ("/who?x=1", next("/who"), "the `uri` in `Authorization` differs from the target of the request"),
        ("/who", next("/who").replace("qop=auth", "qop=auth-int"), "expected the `qop` auth, found `auth-int`"),
        ("/who", next("/who").replace("SHA-256", "MD5"), "expected the `algorithm` SHA-256, found `MD5`"),
        ("/who", next("/who").replace("nc=00000002", "nc=2"), "`nc` must be 8 hexadecimal digits, and not zero"),
        ("/who", next("/who").replace("nc=00000002", "nc=00000000"), "`nc` must be 8 hexadecimal digits, and not zero"),
        ("/who", next("/who").replace("nc=00000002", "nc=00000003"), "the user name or the password is not valid"),
        ("/who", next("/who").replace("\"ada\"", "\"eve\""), "the user name or the password is not valid"),
        ("/who", next("/who").replace(", cnonce=\"0wn\"", ""), "`cnonce` is missing in `Authorization`"),
        ("/who", next("/who").replace(&nonce, "AAAA"), "the user name or the password is not valid"),
        (
            "/who",
            credentials(&nonce, "00000002", "POST", "/who", "pass:word"),
            "the user name or the password is not valid",
        ),
        (
            "/who",
            "Basic YWRhOnBhc3M6d29yZA==".to_owned(),
            "expected `Authorization` to begin with the scheme `Digest` and a space",
        ),
        ("/who", "Digest".to_owned(), "`realm` is missing in `Authorization`"),
    ] {
        let refused = get(path, &value).await;
        assert_eq!((refused.status, refused.json()["detail"].as_str()), (401, Some(why)), "{value}");
        assert!(!refused.header("www-authenticate").contains("stale"), "{refused:?}");
    }
    // A client may have the nonce of a process that has ended: if its password is right, it only needs a new nonce.
    let unknown = get("/who", &credentials("AAAA", "00000002", "GET", "/who", "pass:word")).await;
    assert_eq!(unknown.status, 401);
    assert!(unknown.header("www-authenticate").ends_with(", stale=true"), "{unknown:?}");
    // None of these requests used up the next count of the nonce.
    assert_eq!(get("/who", &next("/who")).await.status, 200);
}

#[tokio::test]
async fn mcp_adapters_can_require_digest_too() {
    let served = served().await;
    let refused = served.tool("who", json!({}), &[]).await;
    assert_eq!(refused.status, 401);
    let how = refused.header("www-authenticate");
    let nonce = how.split_once("nonce=\"").unwrap().1.split_once('"').unwrap().0;
    let value = credentials(nonce, "00000001", "POST", "/mcp", "pass:word").replace("whom-rest", "whom-mcp");
    let secret = hash("ada:whom-mcp:pass:word");
    let response = hash(&format!("{secret}:{nonce}:00000001:0wn:auth:{}", hash("POST:/mcp")));
    let start = value.split_once("response=").unwrap().0;
    let answer = served.tool("who", json!({}), &[("authorization", &format!("{start}response=\"{response}\""))]).await;
    assert!(answer.text.contains(r#""ada""#), "{answer:?}");
}

#[cfg(feature = "document")]
#[tokio::test]
async fn documents_can_require_digest_too() {
    use naftiko::document::{self, Settings};

    let upstream = Upstream::start().await;
    upstream.answer("GET", "/who", Answer::json(200, json!("somebody")));
    let document = r"naftiko: 1.0.0-alpha2
info: { label: Things, description: Things. }
capability:
  consumes:
  - type: http
    namespace: api
    baseUri: http://api.example
    resources:
    - { path: /who, name: who, operations: [{ method: GET, name: who }] }
  exposes:
  - type: rest
    namespace: whom-rest
    port: 8080
    authentication: { type: digest, username: '{{USER}}', password: '{{PASSWORD}}' }
    resources:
    - { path: /who, operations: [{ method: GET, name: who, call: api.who }] }
";
    let folder = std::env::temp_dir().join(format!("naftiko-digest-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("things.naftiko.yaml");
    std::fs::write(&file, document).unwrap();
    let settings =
        Settings::default().upstream("api", upstream.url()).bind("USER", "ada").bind("PASSWORD", "pass:word");
    let served = Served::new(&document::open(&file, settings).unwrap()).await;
    let nonce = nonce(&served.get("/who", &[]).await);
    let value = credentials(&nonce, "00000001", "GET", "/who", "pass:word");
    assert_eq!(served.get("/who", &[("authorization", &value)]).await.status, 200);
    // The adapter does not pass the credentials on.
    assert!(upstream.requests()[0].headers.get("authorization").is_none());
    std::fs::remove_dir_all(&folder).unwrap();
}
