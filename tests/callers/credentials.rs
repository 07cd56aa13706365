//! Adapters with one credential for all callers: a bearer token, an API key, or a user name with a password.

use crate::support::Served;
use naftiko::testing::{Answer, Upstream};
use naftiko::{CallerAuthentication, Capability, Context, Result, capability};
use serde_json::json;

const TOKEN: &str = "caller-s3cret";

/// Reads things.
#[capability(
    binds(env(API_KEY, CALLER_TOKEN)),
    consumes(namespace = "things", base_uri = "https://things.example", authentication(bearer = "{{env.API_KEY}}")),
    exposes(
        rest(port = 8080, authentication(bearer = "{{env.CALLER_TOKEN}}")),
        mcp(port = 9090, authentication(bearer = "{{env.CALLER_TOKEN}}")),
    )
)]
pub trait Things {
    /// Reads one.
    #[get("/things/{id}")]
    async fn thing(&self, id: &str) -> Result<naftiko::Value>;

    /// Reads one with the credential in an argument.
    #[get("/mine/{id}", allow(credential_argument, reason = "a test shows that it never arrives"))]
    async fn mine(&self, id: &str, #[header("Authorization")] authorization: Option<&str>) -> Result<naftiko::Value>;
}

/// Says who calls.
#[capability(exposes(rest(port = 8080), mcp(port = 9090)))]
pub trait Who {
    /// The caller.
    #[rest(get = "/who")]
    async fn who(&self, context: &Context) -> Result<String>;
}

struct Whoever;

impl Who for Whoever {
    async fn who(&self, context: &Context) -> Result<String> {
        let caller = context.caller();
        Ok(caller.map_or("nobody", |caller| caller.subject().unwrap_or("no name")).to_owned())
    }
}

async fn things() -> (Served, Upstream) {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/things/{id}", Answer::json(200, json!({ "id": "1" })));
    upstream.answer("GET", "/mine/{id}", Answer::json(200, json!({ "id": "1" })));
    let client = ThingsClient::builder().base_uri(upstream.url()).bind("API_KEY", "upstream-s3cret");
    let client = client.bind("CALLER_TOKEN", TOKEN).build().unwrap();
    (Served::new(&client.into_capability()).await, upstream)
}

#[tokio::test]
async fn both_adapters_accept_the_bearer_token() {
    let (served, upstream) = things().await;
    for good in [format!("Bearer {TOKEN}"), format!("bearer  {TOKEN}")] {
        let read = served.get("/things/1", &[("authorization", &good)]).await;
        assert_eq!((read.status, read.json()), (200, json!({ "id": "1" })));
        let read = served.tool("thing", json!({ "id": "1" }), &[("authorization", &good)]).await;
        assert_eq!(read.json()["result"]["structuredContent"]["result"], json!({ "id": "1" }), "{read:?}");
    }
    let sent = upstream.requests();
    assert_eq!(sent.len(), 4);
    assert!(sent.iter().all(|sent| sent.header("authorization") == Some("Bearer upstream-s3cret")));
}

#[tokio::test]
async fn other_callers_are_told_how_to_authenticate() {
    let (served, upstream) = things().await;
    let many = [
        (None, "the request has no credential: send `Authorization: Bearer TOKEN`"),
        (Some("Bearer nonsense-token"), "the bearer token is not valid"),
        (Some("Bearer"), "expected a credential after `Bearer` in `Authorization`, found nothing"),
        (Some("Bearer "), "expected a credential after `Bearer` in `Authorization`, found nothing"),
        (Some("Bearers3cret"), "expected `Authorization` to begin with the scheme `Bearer` and a space"),
        (Some("Basic Y2FsbGVyLXMzY3JldA=="), "expected `Authorization` to begin with the scheme `Bearer` and a space"),
        (Some("caller-s3cret"), "expected `Authorization` to begin with the scheme `Bearer` and a space"),
        (Some("Bearer caller-s3cret2"), "the bearer token is not valid"),
    ];
    for (credential, why) in many {
        let headers: Vec<_> = credential.iter().map(|credential| ("authorization", *credential)).collect();
        let refused = served.get("/things/1", &headers).await;
        assert_eq!((refused.status, refused.header("content-type")), (401, "application/problem+json"));
        assert_eq!(refused.header("www-authenticate"), "Bearer realm=\"things-rest\"");
        assert_eq!(
            refused.json(),
            json!({ "type": "about:blank", "title": "Unauthorized", "status": 401, "detail": why })
        );
        for (method, params) in [("tools/call", json!({ "name": "thing", "arguments": {} })), ("tools/list", json!({}))]
        {
            let refused = served.mcp(method, params, &headers).await;
            assert_eq!(refused.status, 401, "{method}");
            assert_eq!(refused.header("www-authenticate"), "Bearer realm=\"things-mcp\"");
            assert_eq!(refused.json()["error"]["message"], why);
        }
    }
    let twice = [("authorization", "Bearer caller-s3cret"), ("authorization", "Bearer caller-s3cret")];
    assert_eq!(served.get("/things/1", &twice).await.status, 401);
    assert_eq!(upstream.requests().len(), 0);
    // A path that does not exist answers 404 without a credential; a wrong method on an existing path answers 401.
    assert_eq!(served.get("/nothing", &[]).await.status, 404);
    let post = served.http.post(format!("{}/things/1", served.url)).send().await.unwrap();
    assert_eq!(post.status(), 401);
}

#[tokio::test]
async fn the_credential_of_a_caller_ends_at_its_adapter() {
    let (served, upstream) = things().await;
    // The caller's credential is not sent to the API, even if a method has an argument that is sent in the same header.
    let read = served.get("/mine/1", &[("authorization", "Bearer caller-s3cret")]).await;
    assert_eq!(read.status, 200, "{read:?}");
    let sent = upstream.requests();
    assert_eq!(sent[0].header("authorization"), Some("Bearer upstream-s3cret"));
    assert!(!format!("{sent:?}").contains(TOKEN));
}

#[tokio::test]
async fn a_program_says_how_callers_authenticate() {
    let with = |how| Whoever.into_capability().with_authentication(how);
    let open = Served::new(&Whoever.into_capability()).await;
    assert_eq!(open.get("/who", &[]).await.json(), json!("nobody"));

    let bearer = Served::new(&with(CallerAuthentication::bearer("{{not a variable}}"))).await;
    assert_eq!(bearer.get("/who", &[]).await.status, 401);
    let read = bearer.get("/who", &[("authorization", "Bearer {{not a variable}}")]).await;
    assert_eq!(read.json(), json!("no name"));

    let basic = Served::new(&with(CallerAuthentication::basic("ada", "pass:word"))).await;
    let read = basic.http.get(format!("{}/who", basic.url)).basic_auth("ada", Some("pass:word")).send().await.unwrap();
    assert_eq!(read.text().await.unwrap(), "\"ada\"");
    let call =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "who", "arguments": {} } });
    let call = basic.http.post(format!("{}/mcp", basic.url)).json(&call).basic_auth("ada", Some("pass:word"));
    assert!(call.send().await.unwrap().text().await.unwrap().contains(r#""ada""#));
    for (user, password) in [("ada", "pass"), ("ada:pass", "word2"), ("", "pass:word"), ("ADA", "pass:word")] {
        let read = basic.http.get(format!("{}/who", basic.url)).basic_auth(user, Some(password)).send().await.unwrap();
        assert_eq!(read.status(), 401, "{user} {password}");
        let how = read.headers()["www-authenticate"].to_str().unwrap();
        assert_eq!(how, "Basic realm=\"who-rest\", charset=\"UTF-8\"");
    }
    let read = basic.get("/who", &[("authorization", "Basic !!!")]).await;
    assert_eq!(
        (read.status, read.json()["detail"].as_str()),
        (401, Some("the user name or the password is not valid"))
    );

    let key = Served::new(&with(CallerAuthentication::apikey("X-Api-Key", "k3y"))).await;
    assert_eq!(key.get("/who", &[("x-api-key", "k3y")]).await.json(), json!("no name"));
    let refused = key.get("/who", &[("x-api-key", "k3y2")]).await;
    assert_eq!((refused.status, refused.json()["detail"].as_str()), (401, Some("the key is not valid")));
    let how = "ApiKey realm=\"who-rest\", in=\"header\", name=\"X-Api-Key\"";
    assert_eq!(refused.header("www-authenticate"), how);
    assert_eq!(key.get("/who", &[("authorization", "Bearer k3y")]).await.status, 401);
}

#[tokio::test]
async fn no_secret_is_shown() {
    let how = CallerAuthentication::basic("ada", TOKEN);
    let capability = Whoever.into_capability().with_authentication(how.clone());
    for shown in [format!("{how:?}"), format!("{capability:?}"), format!("{:?}", capability.mcp_service())] {
        assert!(!shown.contains(TOKEN), "{shown}");
    }
    let (served, _upstream) = things().await;
    let refused = served.get("/things/1", &[("authorization", "Bearer nearly-the-s3cret")]).await;
    assert!(!format!("{refused:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_variable_without_a_usable_value_is_an_error_at_start_and_all_callers_are_refused() {
    let upstream = Upstream::start().await;
    let client = ThingsClient::builder().base_uri(upstream.url()).bind("API_KEY", "k").build().unwrap();
    let capability = client.into_capability();
    let error = capability.check_callers().unwrap_err().to_string();
    assert_eq!(
        error,
        "cannot set up the authentication of the callers of `things-rest`:\n  CALLER_TOKEN is not set; it is used for the token of the callers of \
         `things-rest`\ncannot set up the authentication of the callers of `things-mcp`:\n  CALLER_TOKEN is not set; it is used for the token of \
         the callers of `things-mcp`"
    );
    let served = Served::new(&capability).await;
    for authorization in ["Bearer ", "Bearer x", "Bearer {{env.CALLER_TOKEN}}"] {
        assert_eq!(served.get("/things/1", &[("authorization", authorization)]).await.status, 500);
        let call = served.tool("thing", json!({ "id": "1" }), &[("authorization", authorization)]).await;
        assert_eq!(call.status, 500);
    }
    assert_eq!(upstream.requests().len(), 0);
    let empty = Whoever.into_capability().with_authentication(CallerAuthentication::bearer(""));
    assert!(empty.check_callers().unwrap_err().to_string().contains("the token of the callers of `who-rest` is empty"));
    for token in ["t-1 ", "\tt-1"] {
        let spaces = Whoever.into_capability().with_authentication(CallerAuthentication::bearer(token));
        let error = spaces.check_callers().unwrap_err().to_string();
        assert!(
            error.contains("the token of the callers of `who-rest` begins or ends with a space or a tab"),
            "{error}"
        );
    }
    for how in [CallerAuthentication::bearer("s3c\n"), CallerAuthentication::apikey("X-Key", "s3\0c")] {
        let error = Whoever.into_capability().with_authentication(how).check_callers().unwrap_err().to_string();
        let expected =
            "of the callers of `who-rest` has a line break or another control character, which no caller can send";
        assert!(error.contains(expected) && !error.contains("s3"), "{error}");
    }
    let fine: Capability = Whoever.into_capability();
    fine.check_callers().unwrap();
}
