//! Token exchange (RFC 8693): an API gets a token that was issued for the caller, and never the caller's own token.

use crate::support::Served;
use naftiko::document::Settings;
use naftiko::spec::{Policy, load::load};
use naftiko::testing::{Answer, Upstream};
use naftiko::{Capability, RawJson, Result, capability};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Keeps the notes of users.
#[capability(
    binds(env(SERVER, SECRET)),
    consumes(
        namespace = "api",
        base_uri = "https://api.acme.io",
        authentication(oauth2(
            token_url = "{{env.SERVER}}/token",
            client_id = "me",
            client_secret = "{{env.SECRET}}",
            grant = "token-exchange",
            audience = "notes",
            client_authentication = "body",
        )),
    ),
    exposes(rest(port = 1), mcp(port = 2))
)]
pub trait Notes {
    /// Reads the notes.
    #[get("/notes")]
    async fn read(&self) -> Result<RawJson>;
}

/// Returns the capability of the trait, and the capability of its document.
fn both(upstream: &Upstream) -> [Capability; 2] {
    let binds = [("SERVER", upstream.url()), ("SECRET", "s3cret")];
    let builder = NotesClient::builder().base_uri(upstream.url());
    let builder = binds.iter().fold(builder, |builder, (name, value)| builder.bind(*name, *value));
    let capability = builder.build().unwrap().into_capability();
    let document = capability.document().clone();
    let loaded = load(&document.to_yaml().unwrap(), &Policy { strict: true, ..Policy::default() }).unwrap();
    assert_eq!(loaded.document, document);
    let settings = Settings::default().upstream("api", upstream.url());
    let settings = binds.iter().fold(settings, |settings, (name, value)| settings.bind(*name, *value));
    [capability, naftiko::document::capability(loaded.document, loaded.lowered, settings).unwrap()]
}

/// Makes the upstream both an API and an authorization server, which exchanges `USER-token` for `USER-for-notes-1`, and
/// so on.
fn answers(upstream: &Upstream) {
    let number = AtomicUsize::new(0);
    upstream.answer_with("POST", "/token", move |request| {
        let body = String::from_utf8(request.body.to_vec()).unwrap();
        let fields: Vec<_> = body.split('&').map(|pair| pair.split_once('=').unwrap()).collect();
        let field = |name: &str| fields.iter().find(|(own, _)| *own == name).map_or("", |(_, value)| *value);
        assert_eq!(field("grant_type"), "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange");
        assert_eq!(field("subject_token_type"), "urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token");
        assert_eq!((field("audience"), field("client_id"), field("client_secret")), ("notes", "me", "s3cret"));
        let Some(user) = field("subject_token").strip_suffix("-token") else {
            return match field("subject_token") {
                "elsewhere" => Answer::status(404),
                error => Answer::json(400, json!({ "error": error })),
            };
        };
        let number = number.fetch_add(1, Ordering::SeqCst) + 1;
        Answer::json(200, json!({ "access_token": format!("{user}-for-notes-{number}"), "token_type": "Bearer" }))
    });
    upstream.answer("GET", "/notes", Answer::json(200, json!([])));
}

/// Reads over REST, and over MCP.
async fn read(capability: &Capability, authorization: Option<&str>) -> [(u16, String); 2] {
    let served = Served::new(capability).await;
    let headers: Vec<_> = authorization.map(|value| ("authorization", value)).into_iter().collect();
    let rest = served.get("/notes", &headers).await;
    let tool = served.tool("read", json!({}), &headers).await;
    [(rest.status, rest.text), (tool.status, tool.text)]
}

fn sent(upstream: &Upstream) -> Vec<String> {
    let requests = upstream.requests();
    let of_api = requests.iter().filter(|request| request.path() == "/notes");
    of_api.map(|request| request.header("authorization").unwrap().to_owned()).collect()
}

#[tokio::test]
async fn each_caller_gets_a_token_of_its_own_once() {
    for number in 0..2 {
        let upstream = Upstream::start().await;
        answers(&upstream);
        let capability = both(&upstream)[number].clone();
        for caller in ["Bearer ada-token", "bearer bob-token", "Bearer ada-token"] {
            let [(rest, _), (_, tool)] = read(&capability, Some(caller)).await;
            assert!(rest == 200 && tool.contains("\"isError\":false"), "{tool}");
        }
        let (ada, bob) = ("Bearer ada-for-notes-1", "Bearer bob-for-notes-2");
        assert_eq!(sent(&upstream), [ada, ada, bob, bob, ada, ada]);
        assert_eq!(upstream.requests().iter().filter(|request| request.path() == "/token").count(), 2);
    }
}

#[tokio::test]
async fn a_token_that_the_api_refuses_is_exchanged_again() {
    let upstream = Upstream::start().await;
    answers(&upstream);
    upstream.answer_with("GET", "/notes", |request| match request.header("authorization") {
        Some("Bearer ada-for-notes-1") => Answer::status(401),
        sent => Answer::json(200, json!({ "sent": sent })),
    });
    let [(status, text), _] = read(&both(&upstream)[0], Some("Bearer ada-token")).await;
    // The token is masked in the answer.
    assert_eq!((status, text), (200, format!("{{\"sent\":\"Bearer {}\"}}", "*".repeat("ada-for-notes-2".len()))));
    assert_eq!(sent(&upstream)[..2], ["Bearer ada-for-notes-1", "Bearer ada-for-notes-2"]);
}

#[tokio::test]
async fn without_a_bearer_token_nothing_is_sent() {
    let upstream = Upstream::start().await;
    answers(&upstream);
    for capability in both(&upstream) {
        for (authorization, message) in [
            (None, "missing header `Authorization`, which is forwarded from the caller"),
            (Some("Basic YTpi"), "expected a bearer token in the caller's `Authorization`"),
        ] {
            let [(status, rest), (_, tool)] = read(&capability, authorization).await;
            assert_eq!(status, 400, "{rest}");
            assert!(rest.contains(message) && tool.contains(message), "{rest} {tool}");
        }
    }
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn a_refused_exchange_blames_the_caller_or_the_client() {
    let upstream = Upstream::start().await;
    answers(&upstream);
    for capability in both(&upstream) {
        for (token, expected, message) in [
            ("invalid_grant", 403, "the authorization server of `api` refused to exchange the caller's token"),
            ("invalid_request", 403, "refused to exchange the caller's token"),
            ("expired", 403, "refused to exchange the caller's token"),
            ("elsewhere", 502, "refused the client with 404 Not Found"),
            ("invalid_client", 502, "refused the client with 400 Bad Request, invalid_client"),
            ("invalid_target", 502, "refused the client with 400 Bad Request, invalid_target"),
        ] {
            let [(status, rest), (_, tool)] = read(&capability, Some(&format!("Bearer {token}"))).await;
            assert_eq!(status, expected, "{token}: {rest}");
            assert!(rest.contains(message) && tool.contains(message), "{token}: {rest} {tool}");
        }
    }
    assert!(sent(&upstream).is_empty());
}
