//! A credential that an upstream returns does not reach callers of REST, MCP or the client, in any of the encodings below.
#![cfg(all(feature = "client", feature = "rest", feature = "mcp"))]

use naftiko::testing::{Answer, Upstream};
use naftiko::{Error, PromptMessage, RawJson, Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const KEY: &str = "Bearer tok-SECRET/x+y==9";
/// The credential, as URLs and JSON may encode it.
const ECHOES: [&str; 5] =
    ["tok-SECRET/x+y==9", "tok-SECRET/x%2By%3D%3D9", "tok-SECRET%2fx%2by%3d%3d9", "tok-SECRET\\/x+y==9", KEY];

/// An API whose key includes its scheme, and whose callers can send their own key.
#[capability(
    binds(env(ECHO_API_KEY)),
    consumes(
        namespace = "echo",
        base_uri = "https://api.example.com",
        authentication(apikey(key = "Authorization", value = "{{env.ECHO_API_KEY}}", placement = "header"))
    ),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
trait Echo {
    /// Sends the capability's key.
    #[get("/own")]
    async fn own(&self) -> Result<()>;

    /// Sends the caller's key.
    #[get("/theirs")]
    async fn theirs(&self, #[header("Authorization")] authorization: &str) -> Result<()>;
}

/// Returns everything that callers see, in one text: REST's headers and body, and the tool's result.
async fn shown_to_callers(upstream: &Upstream) -> String {
    let client = EchoClient::builder().base_uri(upstream.url()).bind("ECHO_API_KEY", KEY).build().unwrap();
    let capability = client.into_capability();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().merge(capability.rest_router()).route_service("/mcp", capability.mcp_service());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let http = reqwest::Client::new();
    let mut shown = String::new();
    for (path, tool, arguments) in [("own", "own", json!({})), ("theirs", "theirs", json!({ "Authorization": KEY }))] {
        let answer = http.get(format!("http://{address}/{path}")).header("authorization", KEY).send().await.unwrap();
        let headers = answer.headers().iter().map(|(name, value)| format!("{name}: {value:?}\n"));
        shown.extend(headers);
        shown += &answer.text().await.unwrap();
        let params = json!({ "name": tool, "arguments": arguments });
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let answer = http.post(format!("http://{address}/mcp")).json(&message).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        shown += &answer.to_string();
    }
    shown
}

#[tokio::test]
async fn an_error_contains_no_credential() {
    for echo in ECHOES {
        let upstream = Upstream::start().await;
        for path in ["/own", "/theirs"] {
            upstream.answer("GET", path, Answer::of(400, "text/plain", format!("you sent {echo}, which is bad")));
        }
        let shown = shown_to_callers(&upstream).await;
        assert!(shown.contains("you sent *"), "the rest of the answer is not shown: {shown}");
        assert!(!shown.contains("SECRET"), "{echo}: {shown}");
    }
}

#[tokio::test]
async fn an_invalid_retry_after_is_not_passed_on() {
    let upstream = Upstream::start().await;
    for path in ["/own", "/theirs"] {
        upstream.answer("GET", path, Answer::status(429).header("retry-after", "soon tok-SECRET/x+y==9"));
    }
    let shown = shown_to_callers(&upstream).await;
    assert!(!shown.contains("SECRET") && !shown.contains("retry-after"), "{shown}");
}

const SECRET: &str = "Zx9+Qw/7Kp==Lm3&Rt8";

/// The secret, as a JSON answer may encode it.
const WRITTEN: [&str; 7] = [
    "Zx9+Qw/7Kp==Lm3&Rt8",
    r"Zx9+Qw\/7Kp\u003d\u003dLm3\u0026Rt8",
    "Zx9+Qw/7Kp==Lm3&amp;Rt8",
    "Zx9%2BQw%2F7Kp%3D%3DLm3%26Rt8",
    "Wng5K1F3LzdLcD09TG0zJlJ0OA==",
    "5a78392b51772f374b703d3d4c6d3326527438",
    "5A78392B51772F374B703D3D4C6D3326527438",
];

fn assert_no_secret(text: &str, what: &str) {
    for part in ["Qw/7Kp", r"Qw\/7Kp", "7Kp%3D", "LzdLcD09", "7Kp=", "2f374b703d"] {
        assert!(!text.to_lowercase().contains(&part.to_lowercase()), "{what} contains {part}: {text}");
    }
}

/// The upstream's echo of a request.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Said {
    text: String,
    more: Vec<Value>,
}

/// An API that echoes.
#[capability(
    binds(env(ECHO_TOKEN)),
    consumes(namespace = "echo", base_uri = "https://api.example.com", authentication(bearer = "{{env.ECHO_TOKEN}}")),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
trait Echoes {
    /// As a type.
    #[get("/said")]
    async fn typed(&self) -> Result<Said>;

    /// As it comes.
    #[get("/raw")]
    async fn raw(&self) -> Result<RawJson>;

    /// A part.
    #[get("/said")]
    #[rest(path = "/part")]
    #[output("$.text")]
    async fn part(&self) -> Result<String>;

    /// Any JSON.
    #[get("/said")]
    #[rest(path = "/any")]
    async fn any(&self) -> Result<Value>;
}

#[tokio::test]
async fn no_answer_of_a_trait_contains_a_secret() {
    for written in WRITTEN {
        let upstream = Upstream::start().await;
        let json = format!(r#"{{"text":"you sent {written}","more":[{{"a":["{written}"]}},7]}}"#);
        for path in ["/said", "/raw"] {
            upstream.answer("GET", path, Answer::of(200, "application/json", json.clone()));
        }
        let client = EchoesClient::builder().base_uri(upstream.url()).bind("ECHO_TOKEN", SECRET).build().unwrap();
        let typed = client.typed().await.unwrap();
        assert_no_secret(&format!("{typed:?}"), "typed");
        assert!(typed.text.starts_with("you sent *"), "{typed:?}");
        assert_no_secret(&client.part().await.unwrap(), "part");
        assert_no_secret(&client.any().await.unwrap().to_string(), "any");
        assert_no_secret(&String::from_utf8_lossy(&client.raw().await.unwrap().bytes().await.unwrap()), "raw");
        let capability = client.into_capability();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router: axum::Router = capability.rest_router();
        let router = router.route_service("/mcp", capability.mcp_service());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let http = reqwest::Client::new();
        for (path, tool) in [("said", "typed"), ("raw", "raw"), ("part", "part"), ("any", "any")] {
            let text = http.get(format!("{url}/{path}")).send().await.unwrap().text().await.unwrap();
            assert!(text.contains("you sent *"), "{path}: {text}");
            assert_no_secret(&text, path);
            let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": tool } });
            let text = http.post(format!("{url}/mcp")).json(&call).send().await.unwrap().text().await.unwrap();
            assert!(text.contains("you sent *"), "{tool}: {text}");
            assert_no_secret(&text, tool);
        }
    }
}

/// The text of a configuration error, which reveals where the program keeps its secrets.
const PRIVATE: &str = "the file /etc/private/notes.yaml has no NOTES_TOKEN";

/// A capability whose methods find that the program is not configured.
#[capability(exposes(rest(port = 8080), mcp(port = 9090)))]
trait Unconfigured {
    /// Reads a note.
    #[rest(get = "/notes/{id}")]
    async fn note(&self, id: u32) -> Result<String> {
        Err(Error::configuration(format!("{PRIVATE} for {id}")))
    }

    /// All notes of a person.
    #[resource(uri = "notes://{person}")]
    #[complete(person = complete_person)]
    async fn notes(&self, person: &str) -> Result<String> {
        Err(Error::configuration(format!("{PRIVATE} for {person}")))
    }

    /// The names of people.
    async fn complete_person(&self, typed: &str) -> Result<Vec<String>> {
        Err(Error::configuration(format!("{PRIVATE} for {typed}")))
    }

    /// Asks for a summary.
    #[prompt]
    async fn summarize(&self) -> Result<Vec<PromptMessage>> {
        Err(Error::configuration(PRIVATE))
    }
}

struct Program;

impl Unconfigured for Program {}

#[tokio::test]
async fn the_details_of_a_faulty_configuration_reach_no_caller() {
    let capability = Program.into_capability();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().merge(capability.rest_router()).route_service("/mcp", capability.mcp_service());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let http = reqwest::Client::new();
    let answer = http.get(format!("http://{address}/notes/1")).send().await.unwrap();
    assert_eq!(answer.status(), 500);
    let mut shown = vec![("REST", answer.text().await.unwrap())];
    let completion = json!({
        "ref": { "type": "ref/resource", "uri": "notes://{person}" },
        "argument": { "name": "person", "value": "a" },
    });
    for (method, params) in [
        ("tools/call", json!({ "name": "note", "arguments": { "id": 1 } })),
        ("resources/read", json!({ "uri": "notes://ada" })),
        ("prompts/get", json!({ "name": "summarize" })),
        ("completion/complete", completion),
    ] {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer = http.post(format!("http://{address}/mcp")).json(&message).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert!(answer.get("error").is_some() || answer["result"]["isError"] == true, "{method}: {answer}");
        shown.push((method, answer.to_string()));
    }
    for (what, shown) in shown {
        assert!(!shown.contains("private") && !shown.contains("NOTES_TOKEN"), "{what}: {shown}");
    }
}
