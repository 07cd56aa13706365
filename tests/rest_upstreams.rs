//! What REST callers get through the adapter and the client: what is passed on from the upstream, the problem for each
//! of its failures, and never a secret.
#![cfg(all(feature = "client", feature = "rest", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use naftiko::testing::{Answer, Upstream};
use naftiko::{RawJson, Result, Stream, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

const SECRET: &str = "s3cret-t0ken";

/// A token.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    id: String,
}

/// What a token is made of.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct NewToken {
    /// Its name.
    #[schemars(length(min = 1, max = 8))]
    name: String,
}

/// How many there are.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Count {
    tokens: usize,
}

/// Reads and makes tokens.
#[capability(
    binds(env(API_KEY)),
    consumes(namespace = "tokens", base_uri = "https://tokens.example", authentication(bearer = "{{env.API_KEY}}")),
    exposes(rest(port = 8080, prefix = "/v1"))
)]
pub trait Tokens {
    /// Lists tokens.
    #[get("/users/{userId}/tokens")]
    async fn list_tokens(&self, user_id: &str, tag: Option<Vec<String>>) -> Result<Vec<Token>>;

    /// Makes a token.
    #[post("/users/{userId}/tokens", status = 201)]
    async fn create_token(&self, user_id: &str, body: &NewToken) -> Result<Token>;

    /// Reads a token.
    #[get("/tokens/{tokenId}")]
    async fn read_token(&self, token_id: &str) -> Result<Token>;

    /// Reads a token as it comes.
    #[get("/raw/{tokenId}")]
    async fn raw_token(&self, token_id: &str) -> Result<RawJson>;

    /// Reads a token as it comes, and decodes it.
    #[rest(get = "/decoded/{tokenId}")]
    async fn decoded_token(&self, token_id: &str) -> Result<Token> {
        self.raw_token(token_id).await?.json().await
    }

    /// Watches tokens.
    #[get("/watched/{tokenId}")]
    async fn watch_token(&self, token_id: &str) -> Result<Stream<Token>>;

    /// Deletes a token.
    #[delete("/tokens/{tokenId}")]
    async fn delete_token(&self, token_id: &str) -> Result<()>;

    /// Makes a token for each name, and counts all tokens.
    #[rest(post = "/doubles")]
    async fn double(&self, user: &str, names: &[String]) -> Result<Count> {
        for name in names {
            self.create_token(user, &NewToken { name: name.clone() }).await?;
        }
        Ok(Count { tokens: self.list_tokens(user, None).await?.len() })
    }
}

/// Returns the URL of a REST adapter in front of an upstream.
async fn serve(upstream: &Upstream) -> String {
    let client = TokensClient::builder()
        .base_uri(upstream.url())
        .bind("API_KEY", SECRET)
        .timeout(Duration::from_millis(300))
        .max_answer(1024 * 1024)
        .build()
        .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router: axum::Router = client.into_capability().rest_router();
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

/// Returns the status, the headers and the JSON of a GET.
async fn get(url: &str, path: &str) -> (u16, reqwest::header::HeaderMap, Value) {
    let response = reqwest::get(format!("{url}{path}")).await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    assert!(!text.contains(SECRET), "{text}");
    (status, headers, serde_json::from_str(&text).unwrap())
}

/// Returns the problem for an answer of the upstream. Checks that typed and raw answers have the same status and `upstream`.
async fn problem_of(answer: Answer) -> (u16, reqwest::header::HeaderMap, Value) {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/tokens/t", answer.clone()).answer("GET", "/raw/t", answer);
    let url = serve(&upstream).await;
    let typed = get(&url, "/v1/tokens/t").await;
    let raw = get(&url, "/v1/raw/t").await;
    assert_eq!((typed.0, &typed.2["upstream"]), (raw.0, &raw.2["upstream"]));
    assert_eq!(upstream.requests().len(), 2, "a request was retried");
    assert_eq!(typed.1["content-type"], "application/problem+json");
    assert_eq!(typed.2["status"], typed.0);
    typed
}

#[tokio::test]
async fn successes_are_passed_on() {
    let upstream = Upstream::start().await;
    upstream
        .answer("GET", "/users/u%201/tokens", Answer::json(200, json!([{ "id": "a", "hidden": 1 }])))
        .answer("POST", "/users/u%201/tokens", Answer::json(202, json!({ "id": "b" })))
        .answer("GET", "/raw/t", Answer::of(200, "application/json", " {\"id\" :\"t 1\"}"))
        .answer("DELETE", "/tokens/t", Answer::status(200));
    let url = serve(&upstream).await;
    let (status, _, tokens) = get(&url, "/v1/users/u%201/tokens?tag=x+y&tag=z").await;
    assert_eq!((status, tokens), (200, json!([{ "id": "a" }])));

    let http = reqwest::Client::new();
    let made = http.post(format!("{url}/v1/users/u%201/tokens")).json(&json!({ "name": "n", "more": 1 }));
    let made = made.header("authorization", "Bearer the-callers").header("x-other", "1").send().await.unwrap();
    // The upstream's own 2xx status, not the declared one.
    assert_eq!((made.status().as_u16(), made.text().await.unwrap().as_str()), (202, r#"{"id":"b"}"#));

    let raw = reqwest::get(format!("{url}/v1/raw/t")).await.unwrap();
    assert_eq!((raw.content_length(), raw.text().await.unwrap().as_str()), (Some(14), " {\"id\" :\"t 1\"}"));
    let deleted = http.delete(format!("{url}/v1/tokens/t")).send().await.unwrap();
    assert_eq!((deleted.status().as_u16(), deleted.text().await.unwrap().as_str()), (204, ""));

    let requests = upstream.requests();
    assert_eq!(requests[0].path(), "/users/u%201/tokens");
    assert!(matches!(requests[0].query(), Some("tag=x+y&tag=z" | "tag=x%20y&tag=z")), "{:?}", requests[0].query());
    assert_eq!(requests[1].json().unwrap(), json!({ "name": "n" }));
    // Only what the trait declares is passed on from the caller's request.
    assert!(requests.iter().all(|request| request.header("authorization") == Some(&format!("Bearer {SECRET}"))));
    assert_eq!(requests[1].header("x-other"), None);
}

#[tokio::test]
async fn an_orchestration_has_the_declared_status() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/users/u/tokens", Answer::json(203, json!([{ "id": "a" }, { "id": "b" }]))).answer(
        "POST",
        "/users/u/tokens",
        Answer::json(201, json!({ "id": "b" })),
    );
    let url = serve(&upstream).await;
    let double = |body: Value| reqwest::Client::new().post(format!("{url}/v1/doubles")).json(&body).send();
    let made = double(json!({ "user": "u", "names": ["a", "b"] })).await.unwrap();
    assert_eq!((made.status().as_u16(), made.text().await.unwrap().as_str()), (200, r#"{"tokens":2}"#));
    let refused: Value = double(json!({ "user": "u", "names": ["a", 7] })).await.unwrap().json().await.unwrap();
    assert_eq!(refused["pointer"], "/names/1");
    assert_eq!(upstream.requests().len(), 3);
}

#[tokio::test]
async fn path_values_stay_one_segment() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/tokens/{token}", Answer::status(404));
    let url = serve(&upstream).await;
    for (sent, seen) in [
        ("..%2Fadmin", "/tokens/..%2Fadmin"),
        ("a%2Fb", "/tokens/a%2Fb"),
        ("a%3Fb%23c", "/tokens/a%3Fb%23c"),
        ("%5C", "/tokens/%5C"),
        ("%0D%0A", "/tokens/%0D%0A"),
        ("%00", "/tokens/%00"),
        ("caf%C3%A9", "/tokens/caf%C3%A9"),
    ] {
        let (status, ..) = get(&url, &format!("/v1/tokens/{sent}")).await;
        assert_eq!((status, upstream.requests().last().unwrap().path_and_query.as_str()), (404, seen));
    }
    let before = upstream.requests().len();
    // Sends the paths unchanged, since the HTTP client would resolve the dots.
    for sent in ["..", ".", "%2e%2e", "%2E", "%252e%252e"] {
        let (status, problem) = get_unnormalized(&url, &format!("/v1/tokens/{sent}")).await;
        assert_eq!((status, &problem["pointer"]), (400, &json!("/tokenId")), "{sent}");
    }
    assert_eq!(upstream.requests().len(), before);
    let long = "x".repeat(10_000);
    get(&url, &format!("/v1/tokens/{long}")).await;
    assert_eq!(upstream.requests().last().unwrap().path(), format!("/tokens/{long}"));
}

async fn get_unnormalized(url: &str, target: &str) -> (u16, Value) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut socket = tokio::net::TcpStream::connect(url.trim_start_matches("http://")).await.unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap())
}

#[tokio::test]
async fn a_refusal_is_passed_on_with_its_body() {
    for status in [400, 403, 404, 409, 422] {
        let (found, _, problem) = problem_of(Answer::json(status, json!({ "code": "none", "echo": SECRET }))).await;
        assert_eq!((found, &problem["upstream"]["status"]), (status, &json!(status)));
        assert_eq!(problem["upstream"]["body"]["code"], "none");
    }
    let (_, _, problem) = problem_of(Answer::of(422, "text/plain", "no such thing")).await;
    assert_eq!(problem["upstream"]["body"], "no such thing");
    let (_, _, problem) = problem_of(Answer::status(404)).await;
    assert_eq!(problem["upstream"], json!({ "status": 404, "body": "" }));
}

#[tokio::test]
async fn a_refused_credential_is_the_servers_fault() {
    let (found, _, problem) = problem_of(Answer::json(401, json!({ "error": SECRET }))).await;
    assert_eq!(found, 502);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("refused the bearer token") && problem.get("upstream").is_none(), "{problem}");
}

#[tokio::test]
async fn a_retry_after_is_passed_on() {
    for status in [403, 429, 503] {
        let (found, headers, _) = problem_of(Answer::status(status).header("retry-after", "17")).await;
        assert_eq!((found, headers["retry-after"].to_str().unwrap()), (status, "17"));
    }
}

#[tokio::test]
async fn answers_that_cannot_be_used_are_bad_gateways() {
    for answer in [
        Answer::status(500),
        Answer::status(503),
        Answer::redirect("https://elsewhere.example/"),
        Answer::large(2 * 1024 * 1024),
    ] {
        assert_eq!(problem_of(answer).await.0, 502);
    }
    let upstream = Upstream::start().await;
    let url = serve(&upstream).await;
    for garbage in [
        Answer::of(200, "text/html", "<h1>hello</h1>"),
        Answer::json(200, json!({ "no": "token" })),
        Answer::json(200, json!({ "id": 7 })),
        Answer::status(204),
        Answer::cut_off(),
    ] {
        upstream.answer("GET", "/tokens/t", garbage);
        let (status, headers, _) = get(&url, "/v1/tokens/t").await;
        assert_eq!((status, &headers["content-type"]), (502, &"application/problem+json".parse().unwrap()));
    }
}

#[tokio::test]
async fn a_silent_upstream_is_a_timeout_and_a_missing_one_is_unreachable() {
    assert_eq!(problem_of(Answer::hang()).await.0, 504);
    let nobody = Upstream::refusing();
    let url = serve(&nobody).await;
    assert_eq!(get(&url, "/v1/tokens/t").await.0, 502);
    assert_eq!(get(&url, "/v1/raw/t").await.0, 502);
}

#[tokio::test]
async fn an_answer_that_fails_early_is_a_problem_and_a_later_failure_is_logged() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let upstream = Upstream::start().await;
    let url = serve(&upstream).await;
    let nothing = || Answer::of(200, "application/json", "").header("content-length", "100");
    upstream.answer("GET", "/raw/t", nothing().then_stall());
    assert_eq!(get(&url, "/v1/raw/t").await.0, 504);
    upstream.answer("GET", "/raw/t", Answer::cut_off().body([]));
    assert_eq!(get(&url, "/v1/raw/t").await.0, 502);
    assert!(!log.text().contains("after it had begun"), "{}", log.text());

    upstream.answer("GET", "/raw/t", Answer::cut_off());
    let raw = reqwest::get(format!("{url}/v1/raw/t")).await.unwrap();
    assert_eq!(raw.status(), 200);
    raw.bytes().await.unwrap_err();
    let text = log.text();
    assert!(text.contains("WARN") && text.contains("a streamed answer ended early"), "{text}");
    assert!(text.contains("raw-token") && text.contains("closed the connection in the middle of its answer"), "{text}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_logged_once() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let upstream = Upstream::start().await;
    let url = serve(&upstream).await;
    upstream.answer("GET", "/raw/t", Answer::cut_off());
    upstream.answer("GET", "/watched/t", Answer::cut_off().body(["{\"id\":\"t\"}\n".into()]));
    assert_eq!(get(&url, "/v1/decoded/t").await.0, 502);
    assert_eq!(log.taken().len(), 1);
    for accept in ["application/x-ndjson", "text/event-stream"] {
        let caller = reqwest::Client::new().get(format!("{url}/v1/watched/t")).header("accept", accept);
        let _ = caller.send().await.unwrap().bytes().await;
        let lines = log.taken();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("a stream of items ended with an error"), "{lines:?}");
    }
}

/// A subscriber that collects the log of this thread.
#[derive(Clone, Default)]
struct Log(std::sync::Arc<std::sync::Mutex<String>>);

impl Log {
    fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }

    /// Returns the warnings and errors since the last call.
    fn taken(&self) -> Vec<String> {
        let text = std::mem::take(&mut *self.0.lock().unwrap());
        let is_shown = |line: &&str| line.starts_with("WARN") || line.starts_with("ERROR");
        text.lines().filter(is_shown).map(ToOwned::to_owned).collect()
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target().starts_with("naftiko")
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = event.metadata().level().to_string();
        event.record(&mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
            text.extend([" ".to_owned(), field.to_string(), format!("={value:?}")]);
        });
        text.push('\n');
        self.0.lock().unwrap().push_str(&text);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn an_unparsed_answer_keeps_its_validators() {
    let upstream = Upstream::start().await;
    let answer = Answer::json(200, json!({ "id": "t" })).header("etag", &format!("\"{SECRET}\""));
    let answer = answer.header("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT").header("link", "</x>; rel=next");
    upstream.answer("GET", "/tokens/t", answer.clone()).answer("GET", "/raw/t", answer);
    let url = serve(&upstream).await;
    let (_, raw, _) = get(&url, "/v1/raw/t").await;
    assert_eq!(raw["last-modified"], "Sun, 06 Nov 1994 08:49:37 GMT");
    assert!(!raw["etag"].to_str().unwrap().contains(SECRET), "{raw:?}");
    assert_eq!(raw.get("link"), None);
    // A type can omit fields, so its JSON can differ from the answer that `ETag` and `Last-Modified` describe.
    let (_, typed, _) = get(&url, "/v1/tokens/t").await;
    assert_eq!((typed.get("etag"), typed.get("last-modified")), (None, None));
}
